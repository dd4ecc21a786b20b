"""What `run` and `upscale` take as an image: Pillow's images by their mode, and no tensors."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("torch")

import numpy as np
import torch
from PIL import Image

import onnx_files
import srfast
from srfast import images

PHOTOGRAPH = Path(__file__).parents[2] / "examples" / "chelsea.png"


@pytest.fixture(scope="module")
def twice() -> srfast.Upscaler:
    return srfast.Upscaler(onnx_files.repeat(2))


@pytest.fixture(scope="module")
def colors() -> Image.Image:
    return Image.open(PHOTOGRAPH).convert("RGB").crop((100, 60, 124, 76))


def enlarged(picture: Image.Image) -> np.ndarray:
    return np.asarray(picture).repeat(2, axis=0).repeat(2, axis=1)


@pytest.mark.parametrize("mode", ["L", "LA", "RGB", "RGBA"])
@pytest.mark.parametrize("color", ["bgr", "rgb"])
def test_a_pictures_own_mode_counts(colors: Image.Image, mode: str, color: str) -> None:
    upscaler = srfast.Upscaler(onnx_files.repeat(2), color=color)
    picture = colors.convert(mode)
    large = upscaler.run(picture)
    assert isinstance(large, Image.Image)
    assert (large.mode, large.size) == (mode, (48, 32))
    np.testing.assert_array_equal(np.asarray(large), enlarged(picture))


def test_it_is_the_same_as_an_arrays_way(colors: Image.Image) -> None:
    upscaler = srfast.Upscaler("fast-x2", color="bgr")
    expected = upscaler.run(np.asarray(colors)[..., ::-1])[..., ::-1]
    np.testing.assert_array_equal(np.asarray(upscaler.run(colors)), expected)


def test_sixteen_bits_of_gray(twice: srfast.Upscaler) -> None:
    gray = np.random.default_rng(0).integers(0, 65536, (6, 8), np.uint16)
    large = twice.run(Image.fromarray(gray))
    assert large.mode == "I;16"
    np.testing.assert_array_equal(np.asarray(large), gray.repeat(2, 0).repeat(2, 1))


@pytest.mark.parametrize(
    ("mode", "becomes"), [("1", "L"), ("P", "RGB"), ("RGBX", "RGB"), ("YCbCr", "RGB"), ("RGBa", "RGBA")]
)
def test_other_forms_of_the_same_colors(
    twice: srfast.Upscaler, colors: Image.Image, mode: str, becomes: str
) -> None:
    picture = colors.convert("RGBA").convert(mode) if mode == "RGBa" else colors.convert(mode)
    large = twice.run(picture)
    assert large.mode == becomes
    np.testing.assert_array_equal(np.asarray(large), enlarged(picture.convert(becomes)))


@pytest.mark.parametrize(("mode", "becomes"), [("P", "RGBA"), ("L", "LA"), ("RGB", "RGBA")])
def test_a_transparent_color_becomes_alpha(
    twice: srfast.Upscaler, colors: Image.Image, mode: str, becomes: str
) -> None:
    picture = colors.quantize(8) if mode == "P" else colors.convert(mode)
    picture.info["transparency"] = picture.getpixel((0, 0))
    large = twice.run(picture)
    assert large.mode == becomes
    np.testing.assert_array_equal(np.asarray(large), np.asarray(twice.run(picture.convert(becomes))))
    assert (np.asarray(large)[0, 0, -1], np.asarray(large)[..., -1].max()) == (0, 255)


@pytest.mark.parametrize("mode", ["CMYK", "F", "I", "HSV", "LAB"])
def test_modes_without_a_meaning_are_refused_with_a_cure(twice: srfast.Upscaler, mode: str) -> None:
    with pytest.raises(srfast.ImageError, match=rf"mode {mode}; .*convert"):
        twice.run(Image.new(mode, (4, 4)))


def test_profile_and_resolution_stay(twice: srfast.Upscaler, colors: Image.Image) -> None:
    picture = colors.copy()
    picture.info = {"icc_profile": b"profile", "exif": b"Exif\0\0", "dpi": (300, 300), "gamma": 0.4}
    assert twice.run(picture).info == {"icc_profile": b"profile", "exif": b"Exif\0\0", "dpi": (300, 300)}
    assert picture.info["gamma"] == 0.4


def test_out_is_for_arrays(twice: srfast.Upscaler, colors: Image.Image) -> None:
    with pytest.raises(srfast.ImageError, match="out is for arrays"):
        twice.run(colors, out=np.zeros((32, 48, 3), np.uint8))
    with pytest.raises(srfast.ImageError, match="out is a Image, not a NumPy array"):
        twice.run(np.asarray(colors), out=colors)


def test_many_pictures(twice: srfast.Upscaler, colors: Image.Image) -> None:
    for large in twice.map([colors] * 3):
        np.testing.assert_array_equal(np.asarray(large), enlarged(colors))


def test_tensors_are_refused_with_the_cure(twice: srfast.Upscaler) -> None:
    tensor = torch.rand(3, 6, 8)
    with pytest.raises(srfast.ImageError, match=r"PyTorch Tensor; .*img\.permute\(1, 2, 0\)"):
        twice.run(tensor)
    with pytest.raises(srfast.ImageError, match=r"\(3, 6, 8\): channels x .*img\.transpose\(1, 2, 0\)"):
        twice.run(tensor.numpy())
    assert twice.run(tensor.numpy().transpose(1, 2, 0)).shape == (12, 16, 3)
    with pytest.raises(srfast.ImageError, match="5 channels"):
        twice.run(np.zeros((7, 6, 5), np.uint8))


def test_upscale_takes_what_run_takes(colors: Image.Image, tmp_path: Path) -> None:
    model = onnx_files.repeat(2)
    large = srfast.upscale(colors, 2, model=model)
    assert isinstance(large, Image.Image)
    np.testing.assert_array_equal(np.asarray(large), enlarged(colors))
    assert srfast.upscale(colors, 1.5, model=model).size == (36, 24)
    with pytest.raises(srfast.ImageError, match="CHW"):
        srfast.upscale(np.zeros((3, 6, 8), np.uint8), 2, model=model)
    with pytest.raises(srfast.ImageError, match="PyTorch Tensor"):
        srfast.upscale(torch.rand(3, 6, 8), 2, model=model)
    with pytest.raises(srfast.ImageError, match="is a list"):
        srfast.upscale([[1]], 2, model=model)


@pytest.mark.parametrize("mode", ["L", "LA", "RGB", "RGBA", "P"])
def test_what_read_returns_is_what_run_takes(
    twice: srfast.Upscaler, colors: Image.Image, mode: str, tmp_path: Path
) -> None:
    picture = colors.convert(mode)
    if "A" in mode:
        picture.putalpha(Image.linear_gradient("L").resize(picture.size))
    picture.save(tmp_path / "image.png")
    image = images.read(tmp_path / "image.png")
    images.write(tmp_path / "large.png", twice.run(image))
    from_file = np.asarray(Image.open(tmp_path / "large.png"))
    np.testing.assert_array_equal(from_file, np.asarray(twice.run(picture)))


def test_pillow_is_not_imported_for_arrays() -> None:
    program = (
        "import sys, numpy, srfast; up = srfast.Upscaler('fast-x2')\n"
        "up.run(numpy.zeros((4, 4, 3), numpy.uint8)); print('PIL' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
