from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("skimage")

import numpy as np
import skimage.metrics
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from skimage.color import rgb2ycbcr

from srfast.bicubic import imresize
from srfast.errors import ImageError, OptionError
from srfast.metrics import luma, psnr, ssim
from srfast.pairs import read_pairs

independent: Any = skimage.metrics

COLORS = arrays.arrays(np.uint8, st.tuples(st.integers(11, 24), st.integers(11, 24), st.just(3)))


def _damaged(image: np.ndarray, amount: int = 40) -> np.ndarray:
    noise = np.random.default_rng(1).integers(-amount, amount + 1, image.shape)
    return np.clip(image + noise, 0, 255).astype(np.uint8)


@given(COLORS)
def test_luma_is_that_of_scikit_image(image: np.ndarray) -> None:
    np.testing.assert_allclose(luma(image), rgb2ycbcr(image)[:, :, 0], atol=1e-9)


def test_luma_spans_16_to_235() -> None:
    assert luma(np.zeros((1, 1, 3), np.uint8))[0, 0] == 16.0
    assert luma(np.full((1, 1, 3), 255, np.uint8))[0, 0] == pytest.approx(235.0)


@given(COLORS)
def test_psnr_is_that_of_scikit_image(image: np.ndarray) -> None:
    other = _damaged(image)
    expected = independent.peak_signal_noise_ratio(image, other, data_range=255)
    assert psnr(image, other) == pytest.approx(expected)
    expected = independent.peak_signal_noise_ratio(luma(image), luma(other), data_range=255)
    assert psnr(image, other, channels="y") == pytest.approx(expected)


@given(COLORS)
def test_ssim_is_that_of_scikit_image(image: np.ndarray) -> None:
    other = _damaged(image)
    options = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False, "data_range": 255}
    expected = independent.structural_similarity(image, other, channel_axis=2, **options)
    assert ssim(image, other) == pytest.approx(expected, abs=1e-9)
    expected = independent.structural_similarity(luma(image), luma(other), **options)
    assert ssim(image, other, channels="y") == pytest.approx(expected, abs=1e-9)


def test_equal_images() -> None:
    image = np.random.default_rng(0).integers(0, 256, (16, 16, 3), dtype=np.uint8)
    assert psnr(image, image) == math.inf
    assert ssim(image, image) == pytest.approx(1.0)


def test_the_border_is_left_out() -> None:
    image = np.random.default_rng(0).integers(0, 256, (20, 20, 3), dtype=np.uint8)
    other = image.copy()
    other[:3] = 0
    other[:, -3:] = 0
    assert psnr(image, other, border=2) < 40
    assert psnr(image, other, border=3) == math.inf
    assert ssim(image, other, border=3) == pytest.approx(1.0)


def test_gray_images_are_compared_as_they_are() -> None:
    gray = np.random.default_rng(0).integers(0, 256, (16, 16), dtype=np.uint8)
    other = _damaged(gray)
    for metric in (psnr, ssim):
        assert (
            metric(gray, other)
            == metric(gray, other, channels="y")
            == metric(gray[..., None], other[..., None])
        )


@pytest.mark.data
@pytest.mark.parametrize(("scale", "published"), [(2, 33.66), (3, 30.39), (4, 28.42)])
def test_bicubic_on_set5_is_what_papers_publish(data_dir: Path, scale: int, published: float) -> None:
    """As in the tables of SRCNN, FSRCNN and VDSR, which round the luma; that costs up to 0.02 dB."""
    folder = data_dir / f"Set5/x{scale}"
    values = [
        psnr(pair.high, imresize(pair.low, scale), border=scale, channels="y")
        for pair in read_pairs(folder, folder, scale)
    ]
    assert len(values) == 5
    assert np.mean(values) == pytest.approx(published, abs=0.025)


@pytest.mark.parametrize("metric", [psnr, ssim])
def test_refuses_what_cannot_be_compared(metric: object) -> None:
    assert callable(metric)
    image = np.zeros((16, 16, 3), np.uint8)
    with pytest.raises(ImageError, match="differ in shape"):
        metric(image, image[:-1])
    with pytest.raises(ImageError, match="float32"):
        metric(image, image.astype(np.float32))
    with pytest.raises(ImageError, match="uint8 HxW"):
        metric(np.zeros((16, 16, 4), np.uint8), np.zeros((16, 16, 4), np.uint8))
    with pytest.raises(ImageError, match="nothing is left"):
        metric(image, image, border=8)
    with pytest.raises(OptionError, match="border"):
        metric(image, image, border=-1)
    with pytest.raises(OptionError, match="channels"):
        metric(image, image, channels="luma")


def test_ssim_says_that_an_image_is_too_small() -> None:
    for image in (np.zeros((12, 12, 3), np.uint8), np.zeros((12, 40, 3), np.uint8)):
        with pytest.raises(ImageError, match="11x11"):
            ssim(image, image, border=1)
