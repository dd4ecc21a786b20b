"""Files appear whole or not at all."""

from __future__ import annotations

import errno
import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from srfast.atomic import replacing


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_file_appears_with_what_was_written(tmp_path: Path) -> None:
    target = tmp_path / "model.onnx"
    with replacing(target) as temporary:
        assert temporary.parent == tmp_path.resolve()
        assert temporary.suffix == ".onnx"
        temporary.write_bytes(b"new")
        assert not target.exists()
    assert target.read_bytes() == b"new"
    assert names(tmp_path) == ["model.onnx"]


def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    target = tmp_path / "model.onnx"
    target.write_bytes(b"old")
    with pytest.raises(ZeroDivisionError), replacing(target) as temporary, open(temporary, "wb") as file:
        file.write(b"half" * (1 // 0))
    assert target.read_bytes() == b"old"
    assert names(tmp_path) == ["model.onnx"]


def test_a_killed_process_leaves_the_old_file(tmp_path: Path) -> None:
    target = tmp_path / "model.onnx"
    target.write_bytes(b"old")
    code = (
        "import os, signal, sys; from pathlib import Path; from srfast.atomic import replacing\n"
        "with replacing(Path(sys.argv[1])) as temporary:\n"
        "    temporary.write_bytes(b'half'); os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    done = subprocess.run([sys.executable, "-c", code, str(target)], check=False)
    assert done.returncode == -signal.SIGKILL
    assert target.read_bytes() == b"old"


def test_a_full_disk_names_the_target_and_leaves_the_old_file(tmp_path: Path) -> None:
    target = tmp_path / "model.onnx"
    target.write_bytes(b"old")
    # A limit on the size of files fails in the middle of a write, as a full disk does, and for root as well.
    code = (
        "import resource, sys; from pathlib import Path; from srfast.atomic import replacing\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))\n"
        "try:\n"
        "    with replacing(Path(sys.argv[1])) as temporary:\n"
        "        temporary.write_bytes(bytes(100_000))\n"
        "except OSError as error:\n"
        "    print(error.errno, error.filename)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(target)], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == [str(errno.EFBIG), str(target)]
    assert target.read_bytes() == b"old"
    assert names(tmp_path) == ["model.onnx"]


def test_a_missing_folder_names_the_target(tmp_path: Path) -> None:
    target = tmp_path / "missing" / "model.onnx"
    with pytest.raises(FileNotFoundError) as caught, replacing(target) as temporary:
        temporary.write_bytes(b"new")
    assert caught.value.filename == str(target)


def test_a_file_in_place_of_the_folder_names_the_target(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    target = tmp_path / "file" / "model.onnx"
    with pytest.raises(NotADirectoryError) as caught, replacing(target) as temporary:
        temporary.write_bytes(b"new")
    assert caught.value.filename == str(target)


def test_errors_about_other_files_pass_unchanged(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError) as caught, replacing(tmp_path / "model.onnx"):
        (tmp_path / "weights.pth").read_bytes()
    assert caught.value.filename == str(tmp_path / "weights.pth")


def test_a_folder_is_refused_before_the_work(tmp_path: Path) -> None:
    with pytest.raises(IsADirectoryError), replacing(tmp_path):
        pytest.fail("the block ran")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_what_is_no_regular_file_is_refused_and_kept(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.onnx"
    os.mkfifo(pipe)
    with pytest.raises(OSError, match="Not a regular file"), replacing(pipe):
        pytest.fail("the block ran")
    assert stat.S_ISFIFO(pipe.stat().st_mode)


def test_permissions(tmp_path: Path) -> None:
    private = tmp_path / "private.onnx"
    private.touch(mode=0o600)
    plain = tmp_path / "plain.onnx"
    plain.touch()
    for target in (private, new := tmp_path / "new.onnx"):
        with replacing(target) as temporary:
            temporary.write_bytes(b"new")
    assert stat.S_IMODE(private.stat().st_mode) == 0o600
    assert stat.S_IMODE(new.stat().st_mode) == stat.S_IMODE(plain.stat().st_mode)


def test_a_symbolic_link_stays_and_its_file_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "store").mkdir()
    file = tmp_path / "store" / "model.onnx"
    file.write_bytes(b"old")
    link = tmp_path / "link.onnx"
    link.symlink_to(file)
    dangling = tmp_path / "dangling.onnx"
    dangling.symlink_to(tmp_path / "store" / "later.onnx")
    for target in (link, dangling):
        with replacing(target) as temporary:
            temporary.write_bytes(b"new")
    assert link.is_symlink()
    assert dangling.is_symlink()
    assert file.read_bytes() == b"new"
    assert names(tmp_path / "store") == ["later.onnx", "model.onnx"]


@pytest.mark.parametrize(
    "stem", ["x" * 251, "\N{CJK UNIFIED IDEOGRAPH-5BFF}" * 83, "with space", "-dash", ".hidden"]
)
def test_names_that_the_file_system_takes_are_taken(tmp_path: Path, stem: str) -> None:
    target = tmp_path / f"{stem}.png"
    with replacing(target) as temporary:
        temporary.write_bytes(b"new")
    assert names(tmp_path) == [target.name]
