"""Which sizes of image a network takes, found by trying."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable

from srfast.errors import RunError

MULTIPLES = (1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 16, 20, 24, 28, 32, 48, 64)
"""What sizes are tried to be multiples of: the strides, windows and blocks of the networks that there are."""

ORDINARY = 47
"""Sizes are first tried from here on: a prime, above what most networks need at least."""

MadeSize = Callable[[int, int], tuple[int, int]]
"""Runs a network on an image of a height and a width; gives those of what it makes, or raises RunError."""


@dataclasses.dataclass(frozen=True)
class Taken:
    """The sizes that a network was seen to take.

    Attributes:
        multiple: Heights and widths are multiples of this.
        minimum: The smallest of them.
        growth: Pixels that the output grows by for each pixel of the input.
        missing: Pixels that the output has less than `growth` times the input.
    """

    multiple: int
    minimum: int
    growth: int
    missing: int

    def makes(self, height: int, width: int) -> tuple[int, int]:
        """The size of what comes out."""
        return height * self.growth - self.missing, width * self.growth - self.missing


def find(made_size: MadeSize, least: int) -> Taken | str:
    """Finds out by trying; says what was wrong with the first size where none will do.

    Args:
        made_size: The network.
        least: The smallest size that it is said to take.
    """
    reason = ""
    for multiple in MULTIPLES:
        count = -(-max(ORDINARY, least) // multiple)
        # Odd and even counts, and the two sides unlike, so that a mix-up of them shows.
        first, second, third = (multiple * (count + more) for more in range(3))
        try:
            growth = _growth(
                (first, second), made_size(first, second), (second, third), made_size(second, third)
            )
        except RunError as error:
            reason = reason or f"at {second}x{first}: {error}"
            continue
        if growth is not None:
            return Taken(multiple, _minimum(made_size, multiple, growth, first), *growth)
        height, width = made_size(first, second)
        reason = (
            reason or f"{second}x{first} becomes {width}x{height}, and {third}x{second} is not in proportion"
        )
    return reason


def works_at(made_size: MadeSize, candidates: Iterable[tuple[int, int]]) -> tuple[int, int] | None:
    """The first of some sizes that becomes a whole multiple of itself."""
    for height, width in candidates:
        try:
            made = made_size(height, width)
        except RunError:
            continue
        if made[0] % height == 0 and made[0] * width == made[1] * height:
            return height, width
    return None


def _growth(
    first: tuple[int, int], of_first: tuple[int, int], second: tuple[int, int], of_second: tuple[int, int]
) -> tuple[int, int] | None:
    """What all sides grow by, and what they miss; None where they differ."""
    found = set()
    for small, large, of_small, of_large in zip(first, second, of_first, of_second, strict=True):
        growth, left = divmod(of_large - of_small, large - small)
        if left or growth < 1:
            return None
        found.add((growth, growth * small - of_small))
    return found.pop() if len(found) == 1 else None


def _minimum(made_size: MadeSize, multiple: int, growth: tuple[int, int], most: int) -> int:
    for size in range(multiple, most, multiple):
        expected = growth[0] * size - growth[1]
        try:
            if expected > 0 and made_size(size, size) == (expected, expected):
                return size
        except RunError:
            continue
    return most
