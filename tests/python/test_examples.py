"""The C++ programs in examples/cpp: built on the library inside the package, as their readers would."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

import srfast
from srfast import images, runtime_library, zoo

SOURCES = Path(__file__).parents[2] / "examples" / "cpp"
MODEL = str(zoo.optimized(zoo.path("fast-x3")))
PHOTO = np.random.default_rng(7).integers(0, 256, (40, 52, 3), np.uint8)


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the built examples."""
    if shutil.which("cmake") is None:
        pytest.skip("needs cmake")
    build = tmp_path_factory.mktemp("examples")
    flags = "-DCMAKE_CXX_FLAGS=-std=c++17 -Wall -Wextra -Wpedantic -Werror"
    for words in (
        ["cmake", "-S", SOURCES, "-B", build, f"-Dsrfast_DIR={srfast.get_cmake_dir()}", flags],
        ["cmake", "--build", build, "--parallel", "2"],
    ):
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
    return build


def run(*words: Any) -> str:
    environment = os.environ | {"SRFAST_ONNXRUNTIME": str(runtime_library.find())}
    done = subprocess.run([*map(str, words)], capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    Image.fromarray(PHOTO).save(tmp_path / "photo.ppm")
    return tmp_path / "photo.ppm"


def rgb(file: Path) -> npt.NDArray[np.uint8]:
    return np.asarray(Image.open(file))


def expected(image: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    return srfast.Upscaler(MODEL, color="rgb").run(image)


def test_enlarge(programs: Path, photo: Path, tmp_path: Path) -> None:
    run(programs / "enlarge", MODEL, photo, tmp_path / "large.ppm")
    np.testing.assert_array_equal(rgb(tmp_path / "large.ppm"), expected(PHOTO))


def test_pool(programs: Path, tmp_path: Path) -> None:
    names = [f"{index}.ppm" for index in range(5)]
    for index, name in enumerate(names):
        Image.fromarray(PHOTO[index:]).save(tmp_path / name)
    run(programs / "pool", MODEL, *(tmp_path / name for name in names))
    for index in range(5):
        np.testing.assert_array_equal(rgb(tmp_path / f"{index}_large.ppm"), expected(PHOTO[index:]))


def test_cancel(programs: Path, tmp_path: Path) -> None:
    large = np.random.default_rng(0).integers(0, 256, (300, 400, 3), np.uint8)
    Image.fromarray(large).save(tmp_path / "photo.ppm")
    lines = run(programs / "cancel", MODEL, tmp_path / "photo.ppm", tmp_path / "large.ppm").splitlines()
    assert lines[0].startswith("1 of ")
    assert lines[-1] == "cancelled"
    np.testing.assert_array_equal(rgb(tmp_path / "large.ppm"), expected(large))


def test_opencv(programs: Path, tmp_path: Path) -> None:
    if not (programs / "opencv").exists():
        pytest.skip("needs OpenCV's C++ headers: apt-get install libopencv-imgcodecs-dev")
    for picture in (PHOTO, PHOTO[:, :, 0], PHOTO.astype(np.uint16) * 257):
        images.write(tmp_path / "photo.png", np.ascontiguousarray(picture))
        run(programs / "opencv", MODEL, tmp_path / "photo.png", tmp_path / "large.png")
        large = images.read(tmp_path / "large.png")
        np.testing.assert_array_equal(large, srfast.Upscaler(MODEL).run(picture))
        run(programs / "opencv", MODEL, tmp_path / "photo.png", tmp_path / "part.png", 7, 3, 30, 20)
        part = images.read(tmp_path / "part.png")
        np.testing.assert_array_equal(part, srfast.Upscaler(MODEL).run(picture[3:23, 7:37]))
