"""The kernels as NumPy says them: slow, plain, and what the native ones are compared with."""

from __future__ import annotations

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
) -> npt.NDArray[np.generic]:
    """Image (H x W x C) of planes: picked or mixed, scaled, clipped, rounded to nearest even; NaN is 0."""
    dtype = np.dtype(dtype)
    with np.errstate(all="ignore"):
        if weight is None:
            values = np.stack([planes[p] for p in plane or ()], axis=-1)
        else:
            total = planes[0] * np.float32(weight[0])
            for values, w in zip(planes[1:], weight[1:], strict=True):
                total = total + values * np.float32(w)
            values = total[:, :, np.newaxis]
        values = values * np.float32(gain) + np.float32(bias)
    values = np.clip(np.where(np.isnan(values), np.float32(0), values), 0, np.float32(FULL_SCALE[dtype]))
    image: npt.NDArray[np.generic] = (values if dtype == np.float32 else np.rint(values)).astype(dtype)
    return image
