"""PSNR and SSIM as super-resolution papers compute them."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from srfast.errors import ImageError, OptionError

CHANNELS = ("rgb", "y")

# Wang, Bovik, Sheikh and Simoncelli, "Image Quality Assessment: From Error Visibility to Structural
# Similarity", IEEE Trans. Image Processing 13 (2004): the window of section III.B and the constants of
# their published code.
_WINDOW = 11
_SIGMA = 1.5
_C1 = (0.01 * 255.0) ** 2
_C2 = (0.03 * 255.0) ** 2


def luma(image: npt.NDArray[np.uint8]) -> npt.NDArray[np.float64]:
    """BT.601 luma in studio range, as the super-resolution literature measures it.

    Not rounded, as BasicSR and MMagic have it; MATLAB's `rgb2ycbcr` rounds a uint8 image.

    Args:
        image: HxWx3, uint8, RGB.

    Returns:
        HxW, float64, 16 (black) to 235 (white).
    """
    # ITU-R BT.601-7, section 2.5.1 and 2.5.3: 219 steps over the weights 0.299, 0.587, 0.114.
    weights = np.array([65.481, 128.553, 24.966]) / 255.0
    return 16.0 + image.astype(np.float64) @ weights


def _prepared(
    reference: npt.NDArray[np.uint8], image: npt.NDArray[np.uint8], border: int, channels: str
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Both images as float64 HxWxC without their border, after checking that they can be compared."""
    if channels not in CHANNELS:
        raise OptionError(f"channels must be one of {', '.join(CHANNELS)}, not {channels!r}")
    if border < 0:
        raise OptionError(f"border must not be negative, but is {border}")
    prepared = []
    for array in (reference, image):
        if (
            array.dtype != np.uint8
            or array.ndim not in (2, 3)
            or (array.ndim == 3 and array.shape[2] not in (1, 3))
        ):
            raise ImageError(
                f"metrics take uint8 HxW, HxWx1 or HxWx3 images, not {array.dtype} of shape {array.shape}"
            )
        if array.shape != reference.shape:
            raise ImageError(f"the images differ in shape: {reference.shape} and {image.shape}")
        if min(array.shape[:2]) <= 2 * border:
            raise ImageError(
                f"nothing is left of an image of shape {array.shape} without a border of {border}"
            )
        inner = array[border : array.shape[0] - border, border : array.shape[1] - border]
        if channels == "y" and inner.ndim == 3 and inner.shape[2] == 3:
            prepared.append(luma(inner)[:, :, None])
        else:
            prepared.append(inner.astype(np.float64).reshape(*inner.shape[:2], -1))
    return prepared[0], prepared[1]


def psnr(
    reference: npt.NDArray[np.uint8], image: npt.NDArray[np.uint8], *, border: int = 0, channels: str = "rgb"
) -> float:
    """Peak signal-to-noise ratio in dB, with a peak of 255.

    Args:
        reference: The true image: HxW, HxWx1 or HxWx3 (RGB), uint8.
        image: The image to judge; the same shape.
        border: Pixels left out at each edge; papers leave out as many as the scale.
        channels: "rgb": the mean squared error over all channels; "y": over the BT.601 studio-range luma. A
            gray image is compared as it is.

    Returns:
        dB; infinity when the two are equal.

    Raises:
        ImageError: The images cannot be compared: dtype, shapes, or nothing left inside the border.
        OptionError: `border` is negative or `channels` unknown.
    """
    first, second = _prepared(reference, image, border, channels)
    error = float(np.mean((first - second) ** 2))
    return math.inf if error == 0.0 else 10.0 * math.log10(255.0**2 / error)


def _blurred(plane: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Gaussian means of a plane, only where the whole window fits."""
    offsets = np.arange(_WINDOW) - _WINDOW // 2
    kernel = np.exp(-(offsets**2) / (2.0 * _SIGMA**2))
    kernel /= kernel.sum()
    rows = np.lib.stride_tricks.sliding_window_view(plane, _WINDOW, axis=0) @ kernel
    blurred: npt.NDArray[np.float64] = (
        np.lib.stride_tricks.sliding_window_view(rows, _WINDOW, axis=1) @ kernel
    )
    return blurred


def ssim(
    reference: npt.NDArray[np.uint8], image: npt.NDArray[np.uint8], *, border: int = 0, channels: str = "rgb"
) -> float:
    """Structural similarity with a Gaussian window of 11 and sigma 1.5, over the region where it fits.

    Wang et al. 2004, with their constants. Equal to scikit-image's `structural_similarity` with
    `gaussian_weights=True, sigma=1.5, use_sample_covariance=False, data_range=255`.

    Args:
        reference: The true image: HxW, HxWx1 or HxWx3 (RGB), uint8, at least 11x11 inside the border.
        image: The image to judge; the same shape.
        border: Pixels left out at each edge; papers leave out as many as the scale.
        channels: "rgb": the mean over the channels; "y": of the BT.601 studio-range luma.

    Returns:
        At most 1, for equal images.

    Raises:
        ImageError: The images cannot be compared: dtype, shapes, or too small.
        OptionError: `border` is negative or `channels` unknown.
    """
    first, second = _prepared(reference, image, border, channels)
    if min(first.shape[:2]) < _WINDOW:
        raise ImageError(
            f"SSIM needs at least {_WINDOW}x{_WINDOW} pixels inside the border, not {first.shape[:2]}"
        )
    values = []
    for channel in range(first.shape[2]):
        a, b = first[:, :, channel], second[:, :, channel]
        mean_a, mean_b = _blurred(a), _blurred(b)
        variance_a = _blurred(a * a) - mean_a**2
        variance_b = _blurred(b * b) - mean_b**2
        covariance = _blurred(a * b) - mean_a * mean_b
        likeness = (2 * mean_a * mean_b + _C1) * (2 * covariance + _C2)
        likeness /= (mean_a**2 + mean_b**2 + _C1) * (variance_a + variance_b + _C2)
        values.append(float(np.mean(likeness)))
    return float(np.mean(values))
