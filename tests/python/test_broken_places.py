"""Files that go, cannot be read or lead in circles; folders that are missing or cannot be written to."""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import srfast
from srfast import images, zoo
from srfast.cli.main import main

PHOTO = np.full((9, 12, 3), 77, np.uint8)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    shutil.copy(zoo.path("fast-x2"), "net.onnx")
    for name in "abc":
        images.write(f"{name}.png", PHOTO)
    return tmp_path


def errors(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return [line for line in capsys.readouterr().err.splitlines() if "error" in line]


def test_a_photo_that_goes_in_the_middle_of_a_batch(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    read = images.read_with_metadata

    def read_and_remove(path: Any, **options: Any) -> Any:
        if Path(path).name == "a.png":
            Path("b.png").unlink()
        return read(path, **options)

    monkeypatch.setattr(images, "read_with_metadata", read_and_remove)
    assert main(["upscale", "a.png", "b.png", "c.png", "-m", "net.onnx"]) == 1
    (line,) = errors(capsys)
    assert line.startswith("srfast: error: b.png: No such file or directory")
    assert sorted(path.name for path in folder.glob("*_x2.png")) == ["a_x2.png", "c_x2.png"]


@pytest.mark.parametrize("before", [True, False], ids=["before it is opened", "after it was opened"])
def test_a_model_that_goes_while_it_is_opened(
    before: bool, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_native = srfast.Upscaler._open

    def open_and_remove(self: Any, *arguments: Any) -> Any:
        if before:
            Path("net.onnx").unlink(missing_ok=True)
        native = open_native(self, *arguments)
        Path("net.onnx").unlink(missing_ok=True)
        return native

    monkeypatch.setattr(srfast.Upscaler, "_open", open_and_remove)
    if before:
        with pytest.raises(srfast.ModelError, match=r"there is no model file .*net.onnx"):
            srfast.Upscaler("net.onnx")
        return
    with pytest.warns(UserWarning, match="run whole, not in tiles.*No such file"):
        upscaler = srfast.Upscaler("net.onnx")
    assert upscaler.run(PHOTO).shape == (18, 24, 3)


def test_circles_of_links(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    os.symlink("loop.png", "loop.png")
    os.symlink("loop.onnx", "loop.onnx")
    os.symlink("folder", "folder")
    assert main(["upscale", "loop.png", "-m", "net.onnx"]) == 2
    assert errors(capsys) == ["srfast: error: loop.png: Too many levels of symbolic links"]
    assert main(["upscale", "a.png", "-m", "loop.onnx"]) == 2
    (line,) = errors(capsys)
    assert "loop.onnx" in line
    assert main(["upscale", "a.png", "-m", "net.onnx", "-o", "folder/large.png"]) == 2
    (line,) = errors(capsys)
    assert "folder" in line
    assert main(["upscale", "a.png", "-m", "net.onnx", "-o", "loop.png"]) == 2
    (line,) = errors(capsys)
    assert "loop.png" in line
    assert Path("loop.png").is_symlink()


def without_the_powers_of_root() -> None:
    """Root may read and write everything, unless its children lose that."""
    pr_capbset_drop, cap_dac_override, cap_dac_read_search = 24, 1, 2
    libc = ctypes.CDLL(None)
    for capability in (cap_dac_override, cap_dac_read_search):
        libc.prctl(pr_capbset_drop, capability, 0, 0, 0)


@pytest.mark.skipif(sys.platform != "linux", reason="capabilities are Linux's")
def test_what_may_not_be_read_or_written(folder: Path) -> None:
    for name in ("b.png", "net.onnx"):
        Path(name).chmod(0)
    for name in ("closed", "sealed"):
        Path(name).mkdir()
    Path("closed").chmod(0o500)
    Path("sealed").chmod(0)
    code = (
        "from srfast.cli import main\n"
        "print(main(['upscale', 'a.png', 'b.png', 'c.png', '-m', 'fast-x2', '-o', 'out/']))\n"
        "print(main(['upscale', 'a.png', '-m', 'net.onnx']))\n"
        "from srfast.batch import flow\n"
        "flow.enlarge = None\n"  # what cannot be written is not enlarged
        "print(main(['upscale', 'a.png', '-m', 'fast-x2', '-o', 'closed/a.png']))\n"
        "print(main(['upscale', 'a.png', '-m', 'fast-x2', '-o', 'closed/new/']))\n"
        "print(main(['upscale', 'a.png', '-m', 'fast-x2', '-o', 'sealed/a.png']))\n"
        "print(main(['upscale', 'sealed', '-m', 'fast-x2']))\n"
        "print(main(['compare', 'a.png', '--models', 'none', '-o', 'b.jpg', '--html', 'closed/b.html']))\n"
        "print(main(['inspect', 'none', '--html', 'closed/b.html']))\n"
        "print(main(['tag', 'net.onnx', '--scale', '2', '--color', 'rgb', '--range', '1']))\n"
        "print(main(['inspect', 'net.onnx']))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        preexec_fn=without_the_powers_of_root,
        # Nothing of the user's is needed: neither a home nor a place for temporary files.
        env=os.environ
        | {"HOME": "/nonexistent", "TMPDIR": "/nonexistent", "XDG_CACHE_HOME": str(folder / "closed")},
    )
    for name in ("closed", "sealed"):
        Path(name).chmod(0o700)
    statuses = [line for line in done.stdout.splitlines() if line.isdigit()]
    assert statuses == ["1", *["2"] * 9], done.stdout + done.stderr
    lines = [line for line in done.stderr.splitlines() if "error" in line]
    named = ["b.png", "net.onnx", "closed/a.png", "closed/new/a_x2.png", "sealed/a.png", "sealed"]
    named += ["closed/b.html", "closed/b.html", "net.onnx", "net.onnx"]
    assert len(lines) == len(named), done.stderr
    for line, name in zip(lines, named, strict=True):
        assert name in line
        assert "ermission denied" in line
    assert sorted(os.listdir("out")) == ["a_x2.png", "c_x2.png"]
    assert os.listdir("closed") == []
