"""Any size: which one an image gets, and how what is too large is shrunk to it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from srfast.errors import OptionError
from srfast.target_size import TargetSize, shrink

SIDES = st.integers(1, 5000)


@pytest.mark.parametrize(
    ("size", "expected", "text"),
    [
        (TargetSize(scale=2.5), (25, 50), "x2.5"),
        (TargetSize(scale=3), (30, 60), "x3"),
        (TargetSize(scale=0.01), (1, 1), "x0.01"),
        (TargetSize(width=50), (25, 50), "w50"),
        (TargetSize(height=25), (25, 50), "h25"),
        (TargetSize(fit=(60, 25)), (25, 50), "60x25"),
        (TargetSize(fit=(50, 100)), (25, 50), "50x100"),
    ],
)
def test_sizes_and_their_names(size: TargetSize, expected: tuple[int, int], text: str) -> None:
    assert size.of(10, 20) == expected
    assert str(size) == text


@given(SIDES, SIDES, SIDES, SIDES)
def test_the_side_that_is_given_comes_out_exactly(height: int, width: int, a: int, b: int) -> None:
    assert TargetSize(width=a).of(height, width)[1] == a
    assert TargetSize(height=a).of(height, width)[0] == a
    new_height, new_width = TargetSize(fit=(a, b)).of(height, width)
    assert new_width == a or new_height == b
    assert new_width <= a
    assert new_height <= b


@given(SIDES, SIDES, st.integers(1, 64))
def test_a_whole_factor_is_exact(height: int, width: int, scale: int) -> None:
    assert TargetSize(scale=scale).of(height, width) == (height * scale, width * scale)


@pytest.mark.parametrize(
    "sizes",
    [
        {},
        {"scale": 0},
        {"scale": -2},
        {"scale": float("nan")},
        {"scale": float("inf")},
        {"scale": 65},
        {"width": 0},
        {"height": -1},
        {"fit": (0, 5)},
        {"width": 5, "height": 5},
    ],
)
def test_sizes_that_make_no_sense(sizes: dict[str, float]) -> None:
    with pytest.raises(OptionError):
        TargetSize(**sizes)


# --- shrinking


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
@pytest.mark.parametrize("shape", [(30, 40), (30, 40, 1), (30, 40, 2), (30, 40, 3), (30, 40, 4)])
def test_type_and_dimensions_are_kept_and_an_even_image_stays_so(
    dtype: type[np.generic], shape: tuple[int, ...]
) -> None:
    full = np.iinfo(dtype).max if np.issubdtype(dtype, np.integer) else 1
    for value in (0, full // 3 if full > 1 else 0.3, full):
        image = np.full(shape, value, dtype)
        if len(shape) == 3 and shape[2] in (2, 4):
            image[..., -1] = full  # so that colours count
        small = shrink(image, 17, 23)
        assert small.shape == (17, 23, *shape[2:])
        assert small.dtype == dtype
        np.testing.assert_allclose(small, image[:17, :23], atol=1e-6 * full)


def test_the_filter_is_lanczos_as_another_library_has_it() -> None:
    image = np.random.default_rng(0).integers(90, 170, (90, 120, 3), np.uint8)
    small = shrink(image, 45, 60).astype(int)
    other = np.asarray(Image.fromarray(image).resize((60, 45), Image.Resampling.LANCZOS)).astype(int)
    inner = (slice(4, -4), slice(4, -4))
    assert np.abs(small[inner] - other[inner]).max() <= 2  # Pillow rounds between its two passes


def test_integers_are_rounded_to_nearest() -> None:
    image = np.random.default_rng(0).integers(0, 256, (60, 80, 3), np.uint8)
    small = shrink(image, 25, 33).astype(int)
    exact = shrink(image.astype(np.float32) / 255, 25, 33) * 255
    assert np.abs(small - exact).max() < 0.501


def test_fine_stripes_become_gray_rather_than_other_stripes() -> None:
    stripes = np.zeros((64, 64), np.uint8)
    stripes[:, ::2] = 255
    small = shrink(stripes, 24, 24)[4:-4, 4:-4]
    assert np.abs(small.astype(int) - 127).max() <= 12


def test_transparent_colours_do_not_bleed() -> None:
    image = np.zeros((40, 40, 4), np.uint8)
    image[:, :20] = (0, 0, 255, 255)  # opaque red beside transparent green
    image[:, 20:] = (0, 255, 0, 0)
    small = shrink(image, 16, 16)
    seen = small[..., 3] > 0
    assert small[seen][:, 1].max() == 0
    assert small[seen][:, 2].min() >= 254
    assert small[:, 0, 3].min() == 255
    assert small[:, -1, 3].max() == 0


def test_the_same_size_is_the_same_array_and_views_are_taken() -> None:
    image = np.random.default_rng(0).integers(0, 65536, (20, 30, 3), np.uint16)
    assert shrink(image, 20, 30) is image
    image.flags.writeable = False
    view = image[::-1, ::2]
    np.testing.assert_array_equal(shrink(view, 7, 5), shrink(view.copy(), 7, 5))


@given(st.integers(1, 40), st.integers(1, 40), st.data())
def test_any_smaller_size(height: int, width: int, data: st.DataObject) -> None:
    size = (data.draw(st.integers(1, height)), data.draw(st.integers(1, width)))
    assert shrink(np.zeros((height, width), np.uint8), *size).shape == size
