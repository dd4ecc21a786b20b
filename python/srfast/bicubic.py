"""Bicubic resizing as MATLAB's `imresize` does it, which super-resolution papers measure with."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from srfast.errors import ImageError, OptionError


def _cubic(x: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """The cubic convolution kernel with a = -0.5.

    R. Keys, "Cubic Convolution Interpolation for Digital Image Processing", IEEE Trans. ASSP 29 (1981),
    equation 15.
    """
    x = np.abs(x)
    near = (1.5 * x - 2.5) * x * x + 1.0
    far = ((-0.5 * x + 2.5) * x - 4.0) * x + 2.0
    return np.where(x <= 1.0, near, np.where(x <= 2.0, far, 0.0))


def _taps(size: int, new_size: int, ratio: float) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.float64]]:
    """Which input samples make each output sample, and with which weights.

    Returns:
        Two arrays of shape (new_size, taps): indices into the input, and weights that sum to 1.
    """
    # When it shrinks, MATLAB widens the kernel by the ratio: that is its antialiasing.
    stretch = min(ratio, 1.0)
    width = 4.0 / stretch
    # Centre of each output pixel in input coordinates; pixel i covers i - 0.5 .. i + 0.5.
    centers = (np.arange(new_size) + 0.5) / ratio - 0.5
    count = math.ceil(width) + 2
    first = np.floor(centers - width / 2.0).astype(np.intp)
    positions = first[:, None] + np.arange(count)
    weights = _cubic((centers[:, None] - positions) * stretch)
    weights /= weights.sum(axis=1, keepdims=True)
    # Beyond the border the edge pixel is repeated: the benchmark images were made so.
    return np.clip(positions, 0, size - 1), weights


def _resize_rows(image: npt.NDArray[np.uint8], new_height: int, ratio: float) -> npt.NDArray[np.uint8]:
    indices, weights = _taps(image.shape[0], new_height, ratio)
    total = np.zeros((new_height, *image.shape[1:]))
    for tap in range(indices.shape[1]):
        total += weights[:, tap].reshape(-1, *[1] * (image.ndim - 1)) * image[indices[:, tap]]
    return np.clip(np.floor(total + 0.5), 0, 255).astype(np.uint8)


def imresize(image: npt.NDArray[np.uint8], ratio: float) -> npt.NDArray[np.uint8]:
    """Resizes an image as MATLAB's `imresize(image, ratio)` does: bicubic, antialiased when it shrinks.

    The new size is the old one times `ratio`, rounded up. Columns are resized before rows, and each of the
    two passes is rounded to uint8, half up, as MATLAB rounds an image of that class. With that, every pixel
    of the x2, x3 and x4 images of Set5 that accompany "Single Image Super-Resolution from Transformed
    Self-Exemplars" (Huang, Singh and Ahuja, CVPR 2015) comes out the same.

    Args:
        image: HxW or HxWxC, uint8; any strides.
        ratio: New pixels per old pixel along both axes; 1/3 shrinks to a third, 3 enlarges three times.

    Returns:
        A new array of the same number of dimensions, uint8.

    Raises:
        ImageError: `image` is not uint8, not HxW or HxWxC, or empty.
        OptionError: `ratio` is not a positive number.
    """
    if image.dtype != np.uint8 or image.ndim not in (2, 3) or image.size == 0:
        raise ImageError(
            f"imresize takes a uint8 HxW or HxWxC image, not {image.dtype} of shape {image.shape}"
        )
    if not (math.isfinite(ratio) and ratio > 0):
        raise OptionError(f"ratio must be a positive number, not {ratio!r}")
    height, width = (math.ceil(size * ratio - 1e-9) for size in image.shape[:2])
    tall = _resize_rows(image, height, ratio)
    return np.ascontiguousarray(_resize_rows(tall.swapaxes(0, 1), width, ratio).swapaxes(0, 1))
