from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from srfast.bicubic import imresize
from srfast.errors import ImageError, OptionError
from srfast.pairs import read_rgb

IMAGES = arrays.arrays(
    np.uint8, st.one_of(st.tuples(*[st.integers(1, 9)] * 2), st.tuples(*[st.integers(1, 9)] * 2, st.just(3)))
)


@pytest.mark.data
@pytest.mark.parametrize("scale", [2, 3, 4])
def test_makes_the_benchmarks_own_low_resolution_images(data_dir: Path, scale: int) -> None:
    """Not one value differs from MATLAB's. Its phase is a whole pixel at odd factors, half at even."""
    files = sorted((data_dir / f"Set5/x{scale}").glob("*_HR.png"))
    assert len(files) == 5
    for file in files:
        expected = read_rgb(file.with_name(file.name.replace("_HR", "_LR")))
        np.testing.assert_array_equal(imresize(read_rgb(file), 1 / scale), expected)


def test_a_step_is_what_the_kernel_of_keys_makes_of_it() -> None:
    """By hand, with a = -0.5: the weights of both phases at x2 are -3, 29, 111 and -9 of 128, and mirrored.

    When it shrinks to a half, they are -3, -9, 29, 111, 111, 29, -9 and -3 of 256.
    """
    step = np.repeat(np.array([0, 128], np.uint8), 4)
    large = [0, 0, 0, 0, 0, 0, 0, 26, 102, 137, 131, 128, 128, 128, 128, 128]
    small = [0, 9, 120, 130]  # halves are rounded up
    for ratio, expected in ((2.0, large), (0.5, small)):
        size = len(expected)
        across = imresize(np.tile(step, (8, 1)), ratio)
        np.testing.assert_array_equal(across, np.tile(np.array(expected, np.uint8), (size, 1)))
        np.testing.assert_array_equal(imresize(np.tile(step, (8, 1)).T, ratio), across.T)


@given(IMAGES, st.sampled_from([1 / 4, 1 / 3, 0.5, 0.7, 1.0, 1.5, 2.0, 3.0]))
def test_size_is_rounded_up_and_the_rest_is_kept(image: np.ndarray, ratio: float) -> None:
    before = image.copy()
    resized = imresize(image, ratio)
    assert resized.shape[:2] == tuple(int(np.ceil(size * ratio - 1e-9)) for size in image.shape[:2])
    assert resized.shape[2:] == image.shape[2:]
    assert resized.dtype == np.uint8
    np.testing.assert_array_equal(image, before)


@given(IMAGES)
def test_ratio_one_changes_nothing(image: np.ndarray) -> None:
    np.testing.assert_array_equal(imresize(image, 1.0), image)


@given(IMAGES, st.sampled_from([1 / 3, 0.5, 2.0, 3.0]))
def test_flips_commute_with_resizing(image: np.ndarray, ratio: float) -> None:
    """The grid of samples is symmetric, unless a size that was rounded up hangs over at one end."""
    sides = np.array(image.shape[:2])
    assume(ratio >= 1 or not np.any(sides % round(1 / ratio)))
    flipped = imresize(np.ascontiguousarray(image[::-1, ::-1]), ratio)[::-1, ::-1]
    np.testing.assert_array_equal(flipped, imresize(image, ratio))


@pytest.mark.parametrize("value", [0, 1, 127, 255])
@pytest.mark.parametrize("ratio", [1 / 3, 0.5, 0.61, 3.0])
def test_a_flat_image_stays_flat(value: int, ratio: float) -> None:
    assert np.all(imresize(np.full((13, 7, 3), value, np.uint8), ratio) == value)


def test_takes_any_strides() -> None:
    image = np.random.default_rng(0).integers(0, 256, (12, 15, 3), dtype=np.uint8)
    for view in (image[::-1, ::2], image.transpose(1, 0, 2), image[:, :, ::-1], np.asfortranarray(image)):
        np.testing.assert_array_equal(imresize(view, 0.5), imresize(np.ascontiguousarray(view), 0.5))


@pytest.mark.parametrize(
    "image",
    [
        np.zeros((4, 4), np.float32),
        np.zeros(4, np.uint8),
        np.zeros((0, 4), np.uint8),
        np.zeros((1, 2, 3, 4), np.uint8),
    ],
)
def test_refuses_what_is_not_an_image(image: np.ndarray) -> None:
    with pytest.raises(ImageError, match="uint8"):
        imresize(image, 2.0)


@pytest.mark.parametrize("ratio", [0.0, -1.0, float("nan"), float("inf")])
def test_refuses_a_ratio_that_makes_no_sense(ratio: float) -> None:
    with pytest.raises(OptionError, match="ratio"):
        imresize(np.zeros((4, 4), np.uint8), ratio)
