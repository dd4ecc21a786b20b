"""Full disks: what was there stays, nothing half-written is left, and one line says which file it was."""

from __future__ import annotations

import contextlib
import os
import resource
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("torch")

import numpy as np

from srfast import images, zoo
from srfast.cli.main import main
from srfast.training.trainer import Recipe, state_file, train


@contextlib.contextmanager
def room_for_files_of(size: int) -> Iterator[None]:
    """A limit that fails in the middle of a write, as a full disk does, and for root as well."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    shutil.copy(zoo.path("fast-x2"), "net.onnx")
    shutil.copy(zoo.path("fast-x2").with_suffix(".safetensors"), "weights.safetensors")
    return tmp_path


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ("new.onnx", ["tag", "net.onnx", "--scale", "2", "--color", "rgb", "--range", "1", "--force", "-o"]),
        ("new.srfast.onnx", ["optimize", "net.onnx", "--force", "-o"]),
        pytest.param(
            *("new.onnx", ["export", "weights.safetensors", "--force", "-o"]), marks=pytest.mark.slow
        ),
        ("new.html", ["inspect", "net.onnx", "--force", "--html"]),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else None,
)
def test_the_old_file_stays_and_one_line_says_why(
    target: str, words: list[str], folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Path(target).write_bytes(b"old")
    before = sorted(os.listdir(folder))
    with room_for_files_of(4096):
        assert main([*words, target]) == 2
    (line,) = (line for line in capsys.readouterr().err.splitlines() if "error" in line)
    assert target in line
    assert line.endswith(": File too large")
    assert Path(target).read_bytes() == b"old"
    assert sorted(os.listdir(folder)) == before


def test_temporary_files_say_where_they_go(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    place = folder / "temporary"
    place.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(place))
    with room_for_files_of(4096):
        assert main(["quantize", "net.onnx", "-o", "new.onnx"]) == 2
    (line,) = (line for line in capsys.readouterr().err.splitlines() if "error" in line)
    assert line.endswith(f"{place}: File too large. Temporary files go there; TMPDIR names another folder")
    assert not Path("new.onnx").exists()
    assert os.listdir(place) == []


@pytest.mark.parametrize(
    "room",
    [pytest.param(4096, id="weights", marks=pytest.mark.slow), pytest.param(150_000, id="state")],
)
def test_training_goes_on_when_there_is_room_again(room: int, tmp_path: Path) -> None:
    photographs = tmp_path / "photographs"
    photographs.mkdir()
    for number in range(12):
        coarse = np.random.default_rng(number).integers(0, 256, (6, 8, 3), np.uint8)
        images.write(photographs / f"{number:02}.png", coarse.repeat(8, axis=0).repeat(8, axis=1))
    recipe = Recipe(arch="fast", scale=2, steps=2, batch=2, patch=8, sizes=(48, 32), seed=3)
    weights = tmp_path / "net.safetensors"
    failing = weights if room < 10_000 else state_file(weights)
    with room_for_files_of(room), pytest.raises(OSError, match="File too large") as caught:
        train(recipe, photographs, weights, every=1)
    assert caught.value.filename == str(failing)
    assert not failing.exists()
    assert not [name for name in os.listdir(tmp_path) if "tmp" in name]
    assert train(recipe, photographs, weights, every=1).step == 2
