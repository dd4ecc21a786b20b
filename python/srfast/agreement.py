"""Whether two networks that are open make the same image."""

from __future__ import annotations

import numpy as np

from srfast import _core
from srfast.errors import MemoryLimitError
from srfast.parity import tolerance

_SIZE = (13, 11)  # odd: nothing falls into place by luck
_MOST_PIXELS = 8_000_000  # a network that is fixed to more is believed


# Where a network computes with integers, what lies between two of them may become either, and the last bits
# of a float decide: single values then differ by a few steps of 8 bits, but the whole image does not move.
_QUANTIZED_MOST = 16 / 255
_QUANTIZED_MEAN = 0.5 / 255


def disagreement(
    one: _core.Upscaler,
    other: _core.Upscaler,
    multiple: tuple[int, int] = (1, 1),
    *,
    quantized: bool = False,
) -> str:
    """Runs both on an image of noise: a tiny one, or of the size that the network is fixed to.

    Args:
        one: A network.
        other: What should be the same one.
        multiple: What the height and the width of images must be multiples of, if they do not know it.
        quantized: Whether they compute with 8-bit integers.

    Returns:
        What is wrong with their results, "" where they are the same but for the order of sums, or where the
        memory limit leaves no room for even such an image, or it would be a very large one.

    Raises:
        Error: One of them cannot be run.
    """
    # Of little contrast, so that less of the result is clipped, which would hide what differs.
    height, width = (
        fixed or -(-side // step) * step
        for fixed, side, step in zip(one.info.fixed_size, _SIZE, multiple, strict=True)
    )
    if height * width > _MOST_PIXELS:
        return ""
    image = np.random.default_rng(0).uniform(0.2, 0.8, (height, width, 3)).astype(np.float32)
    try:
        first, second = (each.run(image, None, None, True) for each in (one, other))
    except MemoryLimitError:
        return ""
    if first.shape != second.shape:
        return f"one gives {first.shape}, the other {second.shape}"
    differences = np.abs(first - second)
    difference = float(differences.max())
    allowed = _QUANTIZED_MOST if quantized else tolerance(height, width)
    if quantized and not float(differences.mean()) <= _QUANTIZED_MEAN:
        return f"they differ by {float(differences.mean()):.2g} in the mean; {_QUANTIZED_MEAN:.2g} is allowed"
    if difference <= allowed:  # a NaN is none
        return ""
    return f"they differ by {difference:.2g} of the distance from black to white; {allowed:.2g} is allowed"
