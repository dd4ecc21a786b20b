"""The native enlargement: against its NumPy twin to the bit, against PyTorch and ONNX Runtime closely."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
import pytest
from hypothesis import given
from hypothesis import strategies as st

import kernels_numpy
import onnx_files
from kernel_arrays import DTYPES, Array, images, numbers, plane_buffers
from srfast import errors
from srfast._core import kernels

SETS = kernels.supported_instruction_sets()
TORCH_MODES = {"nearest": "nearest", "linear": "bilinear", "cubic": "bicubic"}
SIZES = [(1, 1), (1, 7), (5, 1), (2, 3), (17, 31), (64, 201)]
FACTORS = [1, 2, 3, 4, 5, 8]

modes = st.sampled_from(list(TORCH_MODES))


def enlarge(image: Array, mode: str, factor: int, **options: Any) -> Array:
    """All of the image, as planes of 0..1."""
    channels = image.shape[2]
    planes = np.empty((channels, image.shape[0] * factor, image.shape[1] * factor), np.float32)
    scale = 1 / kernels_numpy.FULL_SCALE[image.dtype]
    kernels.enlarge(
        image,
        planes,
        channel=range(channels),
        gain=[scale] * channels,
        bias=[0] * channels,
        mode=mode,
        factor=factor,
        **options,
    )
    return planes


def random_image(height: int, width: int, dtype: Any = np.uint8) -> Array:
    rng = np.random.default_rng(height * 1000 + width)
    return (rng.random((height, width, 3)) * kernels_numpy.FULL_SCALE[np.dtype(dtype)]).astype(dtype)


def to_planes(image: Array) -> Array:
    count = image.shape[2]
    return kernels_numpy.pack(
        image, range(count), [1 / kernels_numpy.FULL_SCALE[image.dtype]] * count, [0] * count
    )


@given(st.data(), images(), st.integers(1, 4), modes, st.integers(1, 9))
def test_any_window_is_what_numpy_says(
    data: st.DataObject, image: Array, count: int, mode: str, factor: int
) -> None:
    channel = data.draw(st.lists(st.integers(0, image.shape[2] - 1), min_size=count, max_size=count))
    gain = data.draw(st.lists(numbers, min_size=count, max_size=count))
    bias = data.draw(st.lists(numbers, min_size=count, max_size=count))
    whole = kernels_numpy.enlarge(kernels_numpy.pack(image, channel, gain, bias), mode, factor)
    y = data.draw(st.integers(0, whole.shape[1]))
    x = data.draw(st.integers(0, whole.shape[2]))
    height = data.draw(st.integers(0, whole.shape[1] - y))
    width = data.draw(st.integers(0, whole.shape[2] - x))
    memory, planes = data.draw(plane_buffers((count, height, width)))
    before = memory.copy()
    for name in SETS:
        memory[...] = before
        kernels.enlarge(
            image,
            planes,
            channel=channel,
            gain=gain,
            bias=bias,
            mode=mode,
            factor=factor,
            y=y,
            x=x,
            instruction_set=name,
        )
        np.testing.assert_array_equal(planes, whole[:, y : y + height, x : x + width], err_msg=name)
        planes[...] = -123.0
        np.testing.assert_array_equal(memory, before, err_msg=f"{name}: wrote outside the planes")


@pytest.mark.parametrize("factor", FACTORS)
@pytest.mark.parametrize("mode", TORCH_MODES)
@pytest.mark.parametrize("dtype", DTYPES)
def test_it_is_what_torch_says(mode: str, factor: int, dtype: Any) -> None:
    torch = pytest.importorskip("torch")
    options = {} if mode == "nearest" else {"align_corners": False}
    for size in SIZES:
        image = random_image(*size, dtype)
        exact = torch.nn.functional.interpolate(
            torch.from_numpy(to_planes(image)).double()[None],
            scale_factor=factor,
            mode=TORCH_MODES[mode],
            **options,
        )
        for name in SETS:
            planes = enlarge(image, mode, factor, instruction_set=name)
            # Twice 4 products and 3 sums of up to 1.4, each off by up to 2^-25 of that; seen: 3e-7.
            atol = 0 if mode == "nearest" else 5e-7
            np.testing.assert_allclose(planes, exact[0].numpy(), rtol=0, atol=atol, err_msg=f"{size} {name}")


def resize_model(mode: str, factor: int) -> bytes:
    """ONNX's Resize with the attributes that PyTorch's exporters give it."""
    attributes: dict[str, Any] = (
        {"coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}
        if mode == "nearest"
        else {"coordinate_transformation_mode": "pytorch_half_pixel", "cubic_coeff_a": -0.75}
    )
    node = onnx.helper.make_node("Resize", ["input", "", "scales"], ["output"], mode=mode, **attributes)
    return onnx_files.serialized([node], weights={"scales": np.array([1, 1, factor, factor], np.float32)})


@pytest.mark.parametrize("factor", FACTORS)
@pytest.mark.parametrize("mode", TORCH_MODES)
def test_it_is_what_onnxruntime_says(mode: str, factor: int) -> None:
    import onnxruntime

    session = onnxruntime.InferenceSession(resize_model(mode, factor), providers=["CPUExecutionProvider"])
    for size in SIZES:
        image = random_image(*size)
        expected = session.run(None, {"input": to_planes(image)[np.newaxis]})[0][0]
        # ONNX Runtime computes the places of the samples in float32: that is nearly all of the difference.
        np.testing.assert_allclose(enlarge(image, mode, factor), expected, rtol=0, atol=2e-5)


@pytest.mark.parametrize("mode", TORCH_MODES)
def test_gray_feeds_every_plane(mode: str) -> None:
    gray = random_image(6, 7)[:, :, 0]
    planes = np.empty((3, 18, 21), np.float32)
    kernels.enlarge(gray, planes, channel=[0, 0, 0], gain=[1] * 3, bias=[0] * 3, mode=mode, factor=3)
    np.testing.assert_array_equal(planes[1], planes[0])
    np.testing.assert_array_equal(planes[2], planes[0])
    expected = kernels_numpy.enlarge(gray[np.newaxis].astype(np.float32), mode, 3)
    np.testing.assert_array_equal(planes[:1], expected)


@pytest.mark.parametrize("mode", TORCH_MODES)
def test_at_a_factor_of_one_it_is_pack(mode: str) -> None:
    image = random_image(9, 40)
    np.testing.assert_array_equal(enlarge(image, mode, 1), to_planes(image))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"mode": "bicubic"}, "mode is 'bicubic'; give nearest, linear or cubic"),
        ({"factor": 0}, "factor is 0; give 1 or more"),
        ({"y": 3}, "must lie inside"),
        ({"x": -1}, "must lie inside"),
        ({"planes": np.zeros((2, 8, 11), np.float32)}, "must lie inside"),
        ({"planes": np.zeros((2, 8, 10))}, "must be a float32 array"),
        ({"channel": [0, 3]}, "channel must hold 2 numbers from 0 to 2"),
        ({"instruction_set": "mmx"}, "'mmx', but .* has: baseline"),
    ],
)
def test_what_it_refuses(change: dict[str, Any], message: str) -> None:
    good: dict[str, Any] = {
        "image": np.zeros((5, 5, 3), np.uint8),
        "planes": np.zeros((2, 8, 10), np.float32),
        "channel": [0, 2],
        "gain": [1, 1],
        "bias": [0, 0],
        "mode": "cubic",
        "factor": 2,
        "y": 2,
    }
    kernels.enlarge(**good)
    with pytest.raises(errors.Error, match=message):
        kernels.enlarge(**(good | change))
