"""What happens to transparency, as NumPy says it: what the native side is compared with."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

import kernels_numpy

Array = npt.NDArray[Any]


def _mean(colors: Array, weight: Array) -> tuple[Array, Array]:
    """The sum of the weights of 3 x 3 pixels, and the weighted mean of their colours where it is not 0."""
    height, width = weight.shape
    parts = np.where(weight[:, :, np.newaxis] > 0, colors * weight[:, :, np.newaxis], 0.0)
    total, sums = np.zeros_like(weight), np.zeros_like(colors)
    for dy in range(3):
        for dx in range(3):
            total += np.pad(weight, 1)[dy : dy + height, dx : dx + width]
            sums += np.pad(parts, ((1, 1), (1, 1), (0, 0)))[dy : dy + height, dx : dx + width]
    return total, sums / np.where(total > 0, total, 1)[:, :, np.newaxis]


def without_hidden_colors(image: Array, reach: int) -> Array:
    """The colours (H x W x C-1) of an image whose last channel is alpha, those where it is 0 replaced.

    A pixel whose alpha is above 0 and below 1/16 gets the mean of its 3 x 3, weighted by alpha. Then a
    transparent one that touches visible ones gets their mean, weighted by alpha; one that touches those the
    mean of these; and so on for `reach` rings. The rest is 0.
    """
    white = kernels_numpy.FULL_SCALE[image.dtype]
    alpha = image[:, :, -1].astype(np.float64)
    ring = np.where(alpha > 0, 0, -1)
    weight = np.where(alpha > 0, np.minimum(alpha, white), 0.0)
    colors = np.where(ring[:, :, np.newaxis] == 0, image[:, :, :-1].astype(np.float64), 0.0)

    def set_where(which: Array, values: Array) -> None:
        rounded = values if image.dtype == np.float32 else np.rint(values)
        colors[which] = rounded[which].astype(image.dtype)

    set_where((ring == 0) & (16 * alpha < white), _mean(colors, weight)[1])
    for number in range(1, reach + 1):
        total, mean = _mean(colors, weight if number == 1 else (ring == number - 1).astype(np.float64))
        new = (ring == -1) & (total > 0)
        set_where(new, mean)
        ring[new] = number
    return colors.astype(image.dtype)


def enlarge(alpha: Array, factor: int) -> Array:
    """Alpha (H x W) enlarged: bicubic, held between the extremes of the 2 x 2 samples around each pixel."""
    plane = alpha.astype(np.float32)
    values = kernels_numpy.enlarge(plane[np.newaxis], "cubic", factor)[0]
    least = greatest = plane
    for axis in (0, 1):
        size = plane.shape[axis]
        first = kernels_numpy.taps(size * factor, "linear", factor)[0]
        before, after = (np.clip(first + step, 0, size - 1) for step in (0, 1))
        least = np.minimum(np.take(least, before, axis), np.take(least, after, axis))
        greatest = np.maximum(np.take(greatest, before, axis), np.take(greatest, after, axis))
    held = np.clip(values, least, greatest)
    return kernels_numpy.unpack(held[np.newaxis], alpha.dtype, plane=[0])[:, :, 0]
