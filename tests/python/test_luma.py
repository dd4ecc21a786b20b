"""Networks that take luma alone, on colour images: what the literature does, written anew in float64."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")

import numpy as np
import onnxruntime
import torch
from numpy.typing import NDArray

import networks
import onnx_files
import srfast

WHITE = {np.uint8: 255, np.uint16: 65535, np.float32: 1}


def by_luma(
    session: onnxruntime.InferenceSession,
    rgb: NDArray[Any],
    color: str,
    range_: tuple[float, float],
    scale: int,
) -> NDArray[np.float64]:
    """The network's luma with Cb and Cr enlarged by bicubic interpolation, as RGB in 0..1, not rounded.

    Luma in studio range as MATLAB's rgb2ycbcr has it; Cb and Cr as JPEG.
    """
    red, green, blue = np.moveaxis(rgb.astype(np.float64) / WHITE[rgb.dtype.type], 2, 0)
    cb = -0.168736 * red - 0.331264 * green + 0.5 * blue
    cr = 0.5 * red - 0.418688 * green - 0.081312 * blue
    low, high = range_
    if color == "y":
        fed = (16 + 65.481 * red + 128.553 * green + 24.966 * blue) / 255
    else:
        fed = 0.299 * red + 0.587 * green + 0.114 * blue
    network_input = (low + (high - low) * fed).astype(np.float32)[None, None]
    given = (session.run(None, {"input": network_input})[0][0, 0].astype(np.float64) - low) / (high - low)
    luma = (255 * given - 16) / 219 if color == "y" else given
    chroma = torch.from_numpy(np.stack([cb, cr]))[None]
    size = (scale * rgb.shape[0], scale * rgb.shape[1])
    cb, cr = torch.nn.functional.interpolate(chroma, size, mode="bicubic", align_corners=False)[0].numpy()
    colours = [luma + 1.402 * cr, luma - 0.344136 * cb - 0.714136 * cr, luma + 1.772 * cb]
    return np.clip(np.stack(colours, axis=2), 0, 1)


def photograph(height: int, width: int, dtype: type) -> NDArray[Any]:
    """A real one, RGB, mirrored as often as it takes."""
    whole = np.load(Path(srfast.__file__).parent / "data" / "chelsea.npy")
    part = np.pad(whole, [(0, 150), (0, 150), (0, 0)], "symmetric")[:height, :width].astype(np.float64) / 255
    return (part * WHITE[dtype]).round(0 if dtype != np.float32 else 9).astype(dtype)


@pytest.fixture(scope="module", params=[("espcn", 2), ("srcnn", 3), ("fsrcnn", 4)], ids=lambda p: p[0])
def network(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, int]:
    """Of three kinds: with a pixel shuffle, with an enlargement at the start, with a deconvolution."""
    name, scale = request.param
    path = tmp_path_factory.mktemp("luma") / f"{name}.onnx"
    return networks.exported(name, scale, path, color="y"), scale


@pytest.mark.parametrize("color", ["y", "y-full"])
@pytest.mark.parametrize("range_", [(0.0, 1.0), (0.0, 255.0)])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
@pytest.mark.parametrize("size", [(1, 1), (1, 7), (37, 31)])
def test_a_colour_image_keeps_its_colours(
    network: tuple[Path, int], color: str, range_: tuple[float, float], dtype: type, size: tuple[int, int]
) -> None:
    path, scale = network
    rgb = photograph(*size, dtype)
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    expected = by_luma(session, rgb, color, range_, scale) * WHITE[dtype]
    for order, step in (("rgb", 1), ("bgr", -1)):
        upscaler = srfast.Upscaler(path, color=order, model_color=color, model_range=range_)
        result = upscaler.run(rgb[..., ::step])[..., ::step]
        assert result.dtype == dtype
        # Half a step of rounding, and what float32 leaves of a network that takes 0..255.
        tolerance = 4e-5 * WHITE[dtype] + (0 if dtype == np.float32 else 0.5)
        assert np.abs(result - expected).max() <= tolerance


def test_tiles_make_the_same(network: tuple[Path, int]) -> None:
    path, _ = network
    image = photograph(150, 131, np.uint8)
    calls: list[int] = []
    whole = srfast.Upscaler(path).run(image)
    tiles = srfast.Upscaler(path, memory_limit="1MB").run(
        image, progress=lambda _, total: calls.append(total)
    )
    assert calls[-1] > 1
    assert np.abs(whole.astype(int) - tiles).max() <= 1
    assert np.mean(whole == tiles) > 0.9999


def test_gray_images_are_luma_already(network: tuple[Path, int]) -> None:
    path, scale = network
    gray = photograph(23, 18, np.uint8)[..., 1]
    result = srfast.Upscaler(path).run(gray)
    as_colour = srfast.Upscaler(path).run(np.repeat(gray[..., None], 3, axis=2))
    assert result.shape == (23 * scale, 18 * scale)
    assert np.abs(as_colour - result[..., None].astype(int)).max() <= 1  # R = G = B = luma, but for rounding


def test_a_fixed_size_in_tiles(tmp_path: Path) -> None:
    """As PyTorch's own super-resolution example has it: luma of 224x224 and nothing else."""
    free = srfast.Upscaler(networks.exported("espcn", 2, tmp_path / "free.onnx", color="y-full"))
    fixed = srfast.Upscaler(
        networks.exported("espcn", 2, tmp_path / "fixed.onnx", color="y-full", size=(64, 48))
    )
    image = photograph(90, 101, np.uint8)
    assert np.abs(free.run(image).astype(int) - fixed.run(image)).max() <= 1


def test_any_strides_and_a_result_of_ones_own() -> None:
    upscaler = srfast.Upscaler(onnx_files.repeat(2, channels=1, metadata=onnx_files.tags(2, color="y")))
    image = photograph(21, 30, np.uint8)
    image.flags.writeable = False
    view = image[::-1, ::2]
    out = np.zeros((42, 60, 3), np.uint8)[:, ::2]
    assert upscaler.run(view, out=out[:, :30]) is not None
    np.testing.assert_array_equal(out[:, :30], upscaler.run(view.copy()))
