"""Which pixels of one row of pixels another one needs: exact, periodic, in whole numbers."""

from __future__ import annotations

import dataclasses
import math
from fractions import Fraction


@dataclasses.dataclass(frozen=True)
class Stencil:
    """For every pixel of a row, the first and the last pixel of an earlier row that it is computed from.

    What is true of pixel i is true of pixel i + period, `advance` pixels further on in the earlier row. The
    fraction is not reduced: a stride of 2 with a nearest-neighbour enlargement by 2 behind it has the step 1,
    but repeats every 2 pixels only.

    Attributes:
        period: Pixels after which the pattern repeats.
        advance: Pixels of the earlier row that one period stands for.
        first: For each pixel of the first period, the first pixel needed.
        last: For each pixel of the first period, the last pixel needed.
    """

    period: int
    advance: int
    first: tuple[int, ...]
    last: tuple[int, ...]

    @property
    def step(self) -> Fraction:
        """Pixels of the earlier row per pixel."""
        return Fraction(self.advance, self.period)

    def first_of(self, pixels: range) -> int:
        """The first pixel that any of `pixels` (at least one; also negative ones) needs."""
        # Not always what the first of them needs: where a resize falls on a pixel's centre, it needs less.
        return min(self._entry(self.first, pixel) for pixel in pixels)

    def last_of(self, pixels: range) -> int:
        """The last pixel that any of `pixels` (at least one; also negative ones) needs."""
        return max(self._entry(self.last, pixel) for pixel in pixels)

    def _entry(self, entries: tuple[int, ...], pixel: int) -> int:
        turns, phase = divmod(pixel, self.period)
        return entries[phase] + turns * self.advance

    def needs(self, pixel: int) -> range:
        """The pixels that `pixel` needs, and all between them."""
        one = range(pixel, pixel + 1)
        return range(self.first_of(one), self.last_of(one) + 1)

    def then(self, later: Stencil) -> Stencil:
        """The stencil of a row that is computed by `later` from the row that this stencil is of."""
        turns = self.period // math.gcd(later.advance, self.period)
        needed = [later.needs(pixel) for pixel in range(later.period * turns)]
        return Stencil(
            period=later.period * turns,
            advance=later.advance * turns // self.period * self.advance,
            first=tuple(self.first_of(pixels) for pixels in needed),
            last=tuple(self.last_of(pixels) for pixels in needed),
        )

    def union(self, other: Stencil) -> Stencil:
        """The stencil of a row that needs what either needs. Both have the same step."""
        period = math.lcm(self.period, other.period)
        pixels = [range(pixel, pixel + 1) for pixel in range(period)]
        return Stencil(
            period=period,
            advance=period // self.period * self.advance,
            first=tuple(min(self.first_of(pixel), other.first_of(pixel)) for pixel in pixels),
            last=tuple(max(self.last_of(pixel), other.last_of(pixel)) for pixel in pixels),
        )


IDENTITY = Stencil(1, 1, (0,), (0,))


def window(stride: int, first: int, last: int) -> Stencil:
    """Pixel i needs pixels i * stride + first to i * stride + last: a convolution, a pooling, a crop."""
    return Stencil(1, stride, (first,), (last,))


def repeated(times: int) -> Stencil:
    """Pixel i needs pixel i // times: a pixel shuffle."""
    return Stencil(times, 1, (0,) * times, (0,) * times)


def transposed(stride: int, kernel: int, dilation: int, pad: int) -> Stencil:
    """A transposed convolution: pixel j goes to pixels j * stride - pad + tap * dilation."""
    first, last = [], []
    for pixel in range(stride):
        position = pixel + pad
        reached = [
            (position - tap * dilation) // stride
            for tap in range(kernel)
            if (position - tap * dilation) % stride == 0
        ]
        # Where no tap falls there is the bias alone; the pixel it stands on is claimed all the same.
        first.append(min(reached, default=position // stride))
        last.append(max(reached, default=position // stride))
    return Stencil(stride, 1, tuple(first), tuple(last))
