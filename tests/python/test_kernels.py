"""Pack and unpack against their NumPy twins, on every instruction set that this processor has."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import kernels_numpy
from kernel_arrays import (
    DTYPES,
    Array,
    buffers,
    dtypes,
    heights,
    images,
    numbers,
    plane_buffers,
    random_values,
    widths,
)
from srfast import errors
from srfast._core import kernels

SETS = kernels.supported_instruction_sets()


@given(st.data(), images(), st.integers(1, 4))
def test_pack_is_what_numpy_says(data: st.DataObject, image: Array, count: int) -> None:
    channel = data.draw(st.lists(st.integers(0, image.shape[2] - 1), min_size=count, max_size=count))
    gain = data.draw(st.lists(numbers, min_size=count, max_size=count))
    bias = data.draw(st.lists(numbers, min_size=count, max_size=count))
    memory, planes = data.draw(plane_buffers((count, *image.shape[:2])))
    before = memory.copy()
    expected = kernels_numpy.pack(image, channel, gain, bias)
    for name in SETS:
        memory[...] = before
        kernels.pack(image, planes, channel=channel, gain=gain, bias=bias, instruction_set=name)
        np.testing.assert_array_equal(planes, expected, err_msg=name)
        planes[...] = -123.0
        np.testing.assert_array_equal(memory, before, err_msg=f"{name}: wrote outside the planes")


@given(st.data(), heights, widths, st.integers(1, 4), dtypes, numbers, numbers, st.integers(0, 2**32))
@settings(max_examples=200)
def test_unpack_is_what_numpy_says(
    data: st.DataObject, height: int, width: int, count: int, dtype: Any, gain: float, bias: float, seed: int
) -> None:
    planes = data.draw(plane_buffers((count, height, width)))[1]
    planes[...] = random_values(planes.shape, seed)
    options: dict[str, Any] = {"gain": gain, "bias": bias}
    if data.draw(st.booleans()):
        options["weight"] = data.draw(st.lists(numbers, min_size=count, max_size=count))
        channels = 1
    else:
        options["plane"] = data.draw(st.lists(st.integers(0, count - 1), min_size=1, max_size=4))
        channels = len(options["plane"])
    memory, image = data.draw(buffers((height, width, channels), dtype))
    expected = kernels_numpy.unpack(planes, dtype, **options)
    for name in SETS:
        memory[...] = 0
        kernels.unpack(planes, image, **options, instruction_set=name)
        np.testing.assert_array_equal(image, expected, err_msg=name)
        image[...] = 0
        assert not memory.any(), f"{name}: wrote outside the image"


def per_plane(data: st.DataObject, count: int) -> list[float]:
    return data.draw(st.lists(numbers, min_size=count, max_size=count))


@given(st.data(), heights, widths, st.integers(1, 3), dtypes, st.integers(0, 2**32))
@settings(max_examples=200)
def test_unpack_makes_the_values_as_numpy_does(
    data: st.DataObject, height: int, width: int, count: int, dtype: Any, seed: int
) -> None:
    shuffle = data.draw(st.integers(1, 5))
    y, x = data.draw(st.integers(0, 6)), data.draw(st.integers(0, 6))
    beyond = data.draw(st.integers(0, 2))
    raw_shape = (
        count * shuffle**2,
        -(-(y + height) // shuffle) + beyond,
        -(-(x + width) // shuffle) + beyond,
    )
    planes = data.draw(plane_buffers(raw_shape))[1]
    planes[...] = random_values(raw_shape, seed)
    plane_gain, plane_bias = per_plane(data, count), per_plane(data, count)
    options: dict[str, Any] = {"plane_gain": plane_gain, "plane_bias": plane_bias}
    added: tuple[Any, ...] = ()
    if data.draw(st.booleans()):
        factor = data.draw(st.integers(1, 5))
        top, left = data.draw(st.integers(0, 6)), data.draw(st.integers(0, 6))
        residual = data.draw(
            plane_buffers((count, -(-(top + height) // factor), -(-(left + width) // factor)))
        )[1]
        residual[...] = random_values(residual.shape, seed + 1)
        gain, bias = per_plane(data, count), per_plane(data, count)
        options |= {"residual": residual, "residual_gain": gain, "residual_bias": bias}
        options |= {"residual_factor": factor, "residual_y": top, "residual_x": left}
        enlarged = residual.repeat(factor, 1).repeat(factor, 2)
        added = (enlarged[:, top : top + height, left : left + width], gain, bias)
    shuffled = kernels_numpy.assemble(planes, shuffle, [1] * count, [0] * count)
    values = kernels_numpy.assemble(
        shuffled[:, y : y + height, x : x + width], 1, plane_gain, plane_bias, *added
    )

    to_image: dict[str, Any] = {"gain": data.draw(numbers), "bias": data.draw(numbers)}
    if dtype == np.float32:
        to_image["clip"] = data.draw(st.booleans())
    if data.draw(st.booleans()):
        to_image["weight"] = per_plane(data, count)
        channels = 1
    else:
        to_image["plane"] = data.draw(st.lists(st.integers(0, count - 1), min_size=1, max_size=4))
        channels = len(to_image["plane"])
    memory, image = data.draw(buffers((height, width, channels), dtype))
    expected = kernels_numpy.unpack(values, dtype, **to_image)
    for name in SETS:
        memory[...] = 0
        kernels.unpack(planes, image, shuffle=shuffle, y=y, x=x, **options, **to_image, instruction_set=name)
        np.testing.assert_array_equal(image, expected, err_msg=name)
        image[...] = 0
        assert not memory.any(), f"{name}: wrote outside the image"


@pytest.mark.parametrize("name", SETS)
@pytest.mark.parametrize("shuffle", [2, 3, 4, 7])
def test_every_width_of_a_shuffled_picture(name: str, shuffle: int) -> None:
    for width in [*range(1, 70), 255, 256, 257, 600, 1025]:
        values = random_values((3 * shuffle**2, 2, -(-width // shuffle)), width)
        shuffled = kernels_numpy.assemble(values, shuffle, [1, 1, 1], [0, 0, 0])[:, :, :width]
        image = np.empty((*shuffled.shape[1:], 3), np.uint8)
        kernels.unpack(values, image, shuffle=shuffle, plane=[2, 1, 0], gain=255, instruction_set=name)
        np.testing.assert_array_equal(image, kernels_numpy.unpack(shuffled, np.uint8, [2, 1, 0], gain=255))


@pytest.mark.parametrize("name", SETS)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("order", [[0, 1, 2], [2, 1, 0], [1, 0, 2]])
def test_every_width_of_an_ordinary_picture(name: str, dtype: Any, order: list[int]) -> None:
    rng = np.random.default_rng(0)
    for width in [*range(1, 140), 1023, 1024, 1025, 4001]:
        image = (rng.random((2, width, 3)) * kernels_numpy.FULL_SCALE[np.dtype(dtype)]).astype(dtype)
        planes = np.empty((3, 2, width), np.float32)
        kernels.pack(image, planes, channel=order, gain=[2, 3, 4], bias=[5, 6, 7], instruction_set=name)
        np.testing.assert_array_equal(planes, kernels_numpy.pack(image, order, [2, 3, 4], [5, 6, 7]))
        values = random_values(planes.shape, width)
        kernels.unpack(values, image, plane=order, gain=3, bias=1, instruction_set=name)
        np.testing.assert_array_equal(image, kernels_numpy.unpack(values, dtype, order, gain=3, bias=1))


@pytest.mark.parametrize("name", SETS)
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_every_integer_comes_back(name: str, dtype: Any) -> None:
    top = np.iinfo(dtype).max
    image = np.arange(top + 1, dtype=dtype).reshape(1, -1, 1)
    planes = np.empty((1, 1, top + 1), np.float32)
    kernels.pack(image, planes, channel=[0], gain=[1 / top], bias=[0], instruction_set=name)
    back = np.zeros_like(image)
    kernels.unpack(planes, back, plane=[0], gain=top, instruction_set=name)
    np.testing.assert_array_equal(back, image)


@pytest.mark.parametrize("name", SETS)
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_halves_are_rounded_to_even(name: str, dtype: Any) -> None:
    top = np.iinfo(dtype).max
    halves = np.arange(-2, top + 3, dtype=np.float32) + np.float32(0.5)
    image = np.zeros((1, halves.size, 1), dtype)
    kernels.unpack(halves.reshape(1, 1, -1), image, plane=[0], instruction_set=name)
    # Python's round() goes to even too.
    assert image.ravel().tolist() == [min(max(round(float(value)), 0), top) for value in halves]


@pytest.mark.parametrize("name", SETS)
def test_what_is_no_number_or_out_of_range(name: str) -> None:
    values = np.array([[[math.nan, math.inf, -math.inf, -1.0, 2.0, -0.0]]], np.float32)
    image = np.ones((1, 6, 1), np.float32)
    kernels.unpack(values, image, plane=[0], instruction_set=name)
    assert image.ravel().tolist() == [0, 1, 0, 0, 1, 0]
    levels = np.ones((1, 6, 1), np.uint8)
    kernels.unpack(values, levels, plane=[0], gain=255, instruction_set=name)
    assert levels.ravel().tolist() == [0, 255, 0, 0, 255, 0]


def test_the_best_set_is_the_last_and_the_default() -> None:
    assert SETS[0] == "baseline"
    assert kernels.best_instruction_set() == SETS[-1]


def good_pack() -> dict[str, Any]:
    return {
        "image": np.zeros((4, 5, 3), np.uint8),
        "planes": np.zeros((2, 4, 5), np.float32),
        "channel": [0, 2],
        "gain": [1, 1],
        "bias": [0, 0],
    }


def read_only(array: Array) -> Array:
    array.flags.writeable = False
    return array


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"image": np.zeros((4, 5, 3), np.int64)}, "int64; srfast takes uint8"),
        ({"image": np.zeros((4, 5, 3), ">u2")}, "byte order"),
        ({"image": np.zeros((1, 4, 5, 3), np.uint8)}, "shape \\(1, 4, 5, 3\\)"),
        ({"image": np.zeros((4, 5, 0), np.uint8)}, "no channels"),
        ({"image": np.zeros((4, 6, 3), np.uint8)}, "differ in height or width"),
        ({"planes": np.zeros((2, 4, 5))}, "must be a float32 array"),
        ({"planes": np.zeros((4, 5), np.float32)}, "planes x H x W"),
        ({"planes": np.zeros((5, 4, 5), np.float32)}, "5 planes; give 1 to 4"),
        ({"planes": np.zeros((2, 4, 10), np.float32)[:, :, ::2]}, "side by side"),
        ({"planes": np.frombuffer(bytearray(161), np.float32, 40, 1).reshape(2, 4, 5)}, "aligned"),
        ({"planes": read_only(np.zeros((2, 4, 5), np.float32))}, "planes is read-only"),
        ({"channel": [0, 3]}, "channel must hold 2 numbers from 0 to 2"),
        ({"channel": [0, -1]}, "channel must hold 2 numbers from 0 to 2"),
        ({"channel": [0]}, "channel must hold 2 numbers"),
        ({"gain": [1]}, "gain must hold 2 numbers"),
        ({"bias": [1, 2, 3]}, "bias must hold 2 numbers"),
        ({"instruction_set": "mmx"}, "'mmx', but .* has: baseline"),
    ],
)
def test_what_pack_refuses(change: dict[str, Any], message: str) -> None:
    kernels.pack(**good_pack())
    with pytest.raises(errors.Error, match=message):
        kernels.pack(**(good_pack() | change))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"image": read_only(np.zeros((4, 5, 2), np.uint8))}, "read-only"),
        ({"image": np.zeros((4, 5, 5), np.uint8), "plane": [0, 0, 0, 0, 0]}, "5 channels; give 1 to 4"),
        ({"plane": [0, 2]}, "plane must hold 2 numbers from 0 to 1"),
        ({"plane": None}, "either plane or weight"),
        ({"weight": [1, 1]}, "either plane or weight"),
        ({"plane": None, "weight": [1, 1]}, "one channel"),
        (
            {"plane": None, "weight": [1], "image": np.zeros((4, 5, 1), np.uint8)},
            "weight must hold 2 numbers",
        ),
        ({"shuffle": 2}, "2 planes; give 1 to 4 times shuffle \\* shuffle, 4"),
        ({"shuffle": 0}, "shuffle is 0; give 1 to 64"),
        ({"y": 1}, "must lie inside planes"),
        ({"x": -1}, "must lie inside planes"),
        ({"image": np.zeros((4, 6, 2), np.uint8)}, "must lie inside planes"),
        ({"clip": False}, "must be float32"),
        ({"plane_gain": [1]}, "plane_gain must hold 2 numbers"),
        ({"residual": np.zeros((1, 4, 5), np.float32)}, "differ in their number of planes"),
        ({"residual": np.zeros((2, 1, 2), np.float32), "residual_factor": 2}, "must lie inside residual"),
        ({"residual": np.zeros((2, 4, 5), np.float32), "residual_bias": []}, "residual_bias must hold 2"),
    ],
)
def test_what_unpack_refuses(change: dict[str, Any], message: str) -> None:
    good: dict[str, Any] = {
        "planes": np.zeros((2, 4, 5), np.float32),
        "image": np.zeros((4, 5, 2), np.uint8),
        "plane": [0, 1],
    }
    kernels.unpack(**good)
    with pytest.raises(errors.Error, match=message):
        kernels.unpack(**(good | change))
