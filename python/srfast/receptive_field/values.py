"""What is known of a tensor without running the network."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt

from srfast.receptive_field.size import Size
from srfast.receptive_field.stencil import IDENTITY, Stencil

# Longer ones come of resizes by odd fractions, one after another; no tile would be a multiple of them.
_LONGEST_PERIOD = 4096


class UnboundedError(Exception):
    """A tensor has no finite receptive field, or none that is known. Stays inside this package."""


class Constant:
    """A tensor that no input has a part in. Its values are computed when they are asked for."""

    def __init__(self, compute: Callable[[], npt.NDArray[Any]], shape: tuple[int, ...] | None = None) -> None:
        self._compute = compute
        self._shape = shape
        self._value: npt.NDArray[Any] | None = None

    @property
    def value(self) -> npt.NDArray[Any]:
        """The values.

        Raises:
            UnboundedError: They cannot be computed.
        """
        if self._value is None:
            try:
                self._value = np.asarray(self._compute())
            except UnboundedError:
                raise
            # ONNX's reference implementation and its readers of weights raise whatever comes.
            except Exception as error:
                raise UnboundedError(f"a constant cannot be computed: {error}") from error
        return self._value

    @property
    def shape(self) -> tuple[int, ...]:
        """The sides; like `value`, may raise `UnboundedError`."""
        return self.value.shape if self._shape is None else self._shape


@dataclasses.dataclass(frozen=True)
class Sizes:
    """A small tensor computed from the sizes of other tensors.

    Attributes:
        values: `Size` objects, of the tensor's shape.
        is_float: Whether the tensor holds floats: a division then leaves fractions.
    """

    values: npt.NDArray[np.object_]
    is_float: bool = False


@dataclasses.dataclass(frozen=True)
class Axis:
    """A side of a tensor along which the image lies: the first pixel of both is at the same end.

    Attributes:
        direction: 0 for the image's rows (from top to bottom), 1 for its columns.
        side: The size of the image in this direction.
        stencil: The pixels of the image that each position along the side is computed from.
        extra: The side has `side` / step + `extra` positions.
        shortest: A tile of fewer pixels of the image may miss some that padding repeats.
        computed_from: The same as `stencil`, without the pixels that positions are only said to need.
    """

    direction: int
    side: Size
    stencil: Stencil
    extra: int = 0
    shortest: int = 1
    computed_from: Stencil = IDENTITY

    @property
    def size(self) -> Size:
        """How many positions the side has."""
        return self.side.scaled(1 / self.stencil.step) + Size.of(self.extra)

    def through(self, operation: Stencil, extra: int) -> Axis:
        """The side of a tensor computed from this one by `operation`.

        Every position is also said to need the pixel that it stands on, counted from the first position and
        from the last one. Nearly always it does. The proof in `srfast.receptive_field` leans on it: what
        needs no pixel outside a tile then lies inside the tile's tensors, not in their padding.
        """
        stencil = self.stencil.then(operation)
        if stencil.period > _LONGEST_PERIOD:
            raise UnboundedError(f"its pattern repeats only every {stencil.period} pixels")
        positions = range(stencil.period)
        standing = Stencil(
            stencil.period,
            stencil.advance,
            tuple(math.floor(i * stencil.step) for i in positions),
            tuple(math.floor((i - extra) * stencil.step) for i in positions),
        )
        return dataclasses.replace(
            self,
            stencil=stencil.union(standing),
            extra=extra,
            computed_from=self.computed_from.then(operation),
        )

    def repeating(self, before: int, after: int) -> Axis:
        """The same side, of which positions up to `before` are repeated in front of the first one.

        And as many as `after` before the last one are repeated behind it.
        """
        first_end = self.stencil.last_of(range(before + 1)) + 1
        last_begin = self.stencil.first_of(range(self.extra - 1 - after, self.extra))
        return dataclasses.replace(self, shortest=max(self.shortest, first_end, -last_begin))


@dataclasses.dataclass(frozen=True)
class Tensor:
    """A tensor that is computed from an input.

    Attributes:
        sides: `Axis` for sides along which the image lies, `Size` for the others.
    """

    sides: tuple[Axis | Size, ...]


Value = Constant | Sizes | Tensor


def size_of(side: Axis | Size) -> Size:
    """How many positions a side has."""
    return side.size if isinstance(side, Axis) else side


def ratio(value: float) -> Fraction:
    """The fraction that a file's float stands for: 0.33333334 is a third.

    Raises:
        UnboundedError: No fraction of small numbers is that float.
    """
    number = Fraction(float(value)).limit_denominator(1024)
    if np.float32(number.numerator / number.denominator) != np.float32(value):
        raise UnboundedError(f"the scale {value!r} is no ratio of small whole numbers")
    return number
