"""Which pixels a resized row is made of, in the coordinates of ONNX's Resize operator."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction

import numpy as np

from srfast.receptive_field.stencil import Stencil
from srfast.receptive_field.values import UnboundedError

_HALF = Fraction(1, 2)

# Where the centre of output pixel i lies among the input pixels.
COORDINATES: dict[str, Callable[[int, Fraction], Fraction]] = {
    "half_pixel": lambda i, scale: (i + _HALF) / scale - _HALF,
    # As half_pixel, but for an output of a single pixel; `resized` keeps such outputs from happening.
    "pytorch_half_pixel": lambda i, scale: (i + _HALF) / scale - _HALF,
    # As half_pixel where scale * size is whole; `resized` refuses what is not.
    "half_pixel_symmetric": lambda i, scale: (i + _HALF) / scale - _HALF,
    "tf_half_pixel_for_nn": lambda i, scale: (i + _HALF) / scale,
    "asymmetric": lambda i, scale: i / scale,
}

ROUNDING: dict[str, Callable[[Fraction], int]] = {
    "floor": math.floor,
    "ceil": math.ceil,
    "round_prefer_floor": lambda x: math.ceil(x - _HALF),
    "round_prefer_ceil": lambda x: math.floor(x + _HALF),
}


def resized(
    scale: Fraction,
    mode: str,
    coordinates: str,
    nearest: str = "round_prefer_floor",
    *,
    antialias: bool = False,
) -> Stencil:
    """The stencil of a row resized to `scale` times as many pixels.

    Raises:
        UnboundedError: The coordinates depend on more than the scale, or are unknown, or float32 coordinates
            would decide between two pixels by their rounding errors.
    """
    if coordinates not in COORDINATES:
        raise UnboundedError(f"its coordinates ({coordinates}) depend on the whole size")
    periods = 2 if coordinates == "pytorch_half_pixel" and scale < 1 else 1
    period, advance = scale.numerator * periods, scale.denominator * periods
    first, last = [], []
    for pixel in range(period):
        low, high = _taps(COORDINATES[coordinates](pixel, scale), scale, mode, nearest, antialias)
        first.append(low)
        last.append(high)
    return Stencil(period, advance, tuple(first), tuple(last))


def _taps(x: Fraction, scale: Fraction, mode: str, nearest: str, antialias: bool) -> tuple[int, int]:
    if mode == "nearest" and nearest in ROUNDING:
        low, high = (ROUNDING[nearest](x + error) for error in (Fraction(-1, 10**6), Fraction(1, 10**6)))
        exact = Fraction(float(np.float32(float(scale)))) == scale
        if low != high and not exact:
            raise UnboundedError(f"at scale {scale}, rounding errors decide which pixel is the nearest")
        return (ROUNDING[nearest](x),) * 2
    if mode not in ("linear", "cubic"):
        raise UnboundedError(f"its mode {mode!r} is not known")
    radius = 1 if mode == "linear" else 2
    if antialias and scale < 1:
        reach = radius / scale
        return math.ceil(x - reach), math.floor(x + reach)
    # On a pixel's centre the others have no weight.
    if x.denominator == 1:
        return int(x), int(x)
    return math.floor(x) - radius + 1, math.floor(x) + radius
