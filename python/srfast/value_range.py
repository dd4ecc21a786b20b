"""The values that stand for black and white, as callers give them."""

from __future__ import annotations

import math
import numbers
from collections.abc import Sequence

from srfast.errors import OptionError


def pair(value: object, name: str) -> tuple[float, float]:
    """The two values as floats.

    Args:
        value: Two finite numbers, the lower first.
        name: What messages call it.

    Raises:
        OptionError: It is something else.
    """
    wrong = OptionError(f"{name} must be two finite numbers, the lower first, not {value!r}")
    if not isinstance(value, Sequence) or len(value) != 2:
        raise wrong
    if not all(isinstance(end, numbers.Real) for end in value):
        raise wrong
    try:
        low, high = (float(end) for end in value)
    except OverflowError:
        raise wrong from None
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        # In the words of the core, which says it to C and C++ programs.
        raise OptionError(f"{name} must be two finite numbers, the lower first, not {low:g} and {high:g}")
    return low, high
