"""The kernels as NumPy says them: slow, plain, and what the native ones are compared with."""

from __future__ import annotations

import functools
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

FULL_SCALE = {np.dtype(np.uint8): 255.0, np.dtype(np.uint16): 65535.0, np.dtype(np.float32): 1.0}


def pack(
    image: npt.NDArray[np.generic], channel: Sequence[int], gain: Sequence[float], bias: Sequence[float]
) -> npt.NDArray[np.float32]:
    """Planes (float32, P x H x W) of an image (H x W x C): sample * gain + bias."""
    with np.errstate(all="ignore"):
        planes = [
            image[:, :, c].astype(np.float32) * np.float32(g) + np.float32(b)
            for c, g, b in zip(channel, gain, bias, strict=True)
        ]
    return np.stack(planes)


def unpack(
    planes: npt.NDArray[np.float32],
    dtype: npt.DTypeLike,
    plane: Sequence[int] | None = None,
    weight: Sequence[float] | None = None,
    gain: float = 1.0,
    bias: float = 0.0,
    clip: bool = True,
) -> npt.NDArray[np.generic]:
    """Image (H x W x C) of planes: scaled, clipped, picked or mixed, rounded to nearest even; NaN is 0."""
    dtype = np.dtype(dtype)

    def clipped(values: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        if not clip:
            return np.where(np.isnan(values), np.float32(-np.inf), values)
        return np.clip(np.where(np.isnan(values), np.float32(0), values), 0, np.float32(FULL_SCALE[dtype]))

    with np.errstate(all="ignore"):
        scaled = clipped(planes * np.float32(gain) + np.float32(bias))
        if weight is None:
            values = np.stack([scaled[p] for p in plane or ()], axis=-1)
        else:
            total = scaled[0] * np.float32(weight[0])
            for each, w in zip(scaled[1:], weight[1:], strict=True):
                total = total + each * np.float32(w)
            values = clipped(total)[:, :, np.newaxis]
    image: npt.NDArray[np.generic] = (values if dtype == np.float32 else np.rint(values)).astype(dtype)
    return image


def assemble(
    planes: npt.NDArray[np.float32],
    shuffle: int,
    gain: Sequence[float],
    bias: Sequence[float],
    residual: npt.NDArray[np.float32] | None = None,
    residual_gain: Sequence[float] = (),
    residual_bias: Sequence[float] = (),
) -> npt.NDArray[np.float32]:
    """Planes of smaller ones as PyTorch's pixel_shuffle orders them, scaled, plus others, scaled too."""

    def column(values: Sequence[float]) -> npt.NDArray[np.float32]:
        return np.array(values, np.float32).reshape(-1, 1, 1)

    count, height, width = planes.shape
    blocks = planes.reshape(count // shuffle**2, shuffle, shuffle, height, width)
    shuffled = blocks.transpose(0, 3, 1, 4, 2).reshape(len(blocks), height * shuffle, width * shuffle)
    with np.errstate(all="ignore"):
        result: npt.NDArray[np.float32] = shuffled * column(gain) + column(bias)
        if residual is not None:
            result = result + (residual * column(residual_gain) + column(residual_bias))
    return result


def taps(count: int, mode: str, factor: int) -> tuple[npt.NDArray[np.int64], list[npt.NDArray[np.float32]]]:
    """Of `count` pixels in a row: the first sample that each is made of, and the weights from there on."""
    pixels = np.arange(count)
    if mode == "nearest":
        return pixels // factor, [np.ones(count, np.float32)]
    # A pixel's centre lies t behind that of the sample before it.
    before, rest = np.divmod(2 * pixels + 1 - factor, 2 * factor)
    t = rest / (2 * factor)
    if mode == "linear":
        return before, [(1 - t).astype(np.float32), t.astype(np.float32)]
    # Keys' two cubics, within one sample and between one and two, with PyTorch's a.
    a = -0.75
    weights = []
    for distance in (1 + t, t, 1 - t, 2 - t):
        near = ((a + 2) * distance - (a + 3)) * distance * distance + 1
        far = ((a * distance - 5 * a) * distance + 8 * a) * distance - 4 * a
        weights.append(np.where(distance <= 1, near, far).astype(np.float32))
    return before - 1, weights


def enlarge(planes: npt.NDArray[np.float32], mode: str, factor: int) -> npt.NDArray[np.float32]:
    """Planes (P x H x W) enlarged as PyTorch's nn.Upsample does, along the rows first."""
    for axis in (2, 1):
        size = planes.shape[axis]
        first, weights = taps(size * factor, mode, factor)
        with np.errstate(all="ignore"):
            products = [
                np.take(planes, np.clip(first + k, 0, max(size - 1, 0)), axis)
                * (weight if axis == 2 else weight[:, np.newaxis])
                for k, weight in enumerate(weights)
            ]
            planes = functools.reduce(np.add, products)
    return planes
