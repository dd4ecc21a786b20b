"""Reshape: which sides of a tensor come apart and which are joined."""

from __future__ import annotations

from srfast.receptive_field.size import Size, product
from srfast.receptive_field.stencil import repeated, window
from srfast.receptive_field.values import Axis, UnboundedError, size_of

_ONE = Size.of(1)


def regroup(sides: tuple[Axis | Size, ...], target: list[Size]) -> tuple[Axis | Size, ...]:
    """The sides of a tensor of shape `target` that has the elements of a tensor of `sides` in the same order.

    Both are cut into the shortest groups of neighbours that hold equally many elements. In a group, channels
    may be split and joined at will. A side with pixels may be split into pixels and their parts, or joined
    with parts behind it, as pixel shuffles do; anything else would tear neighbours apart.

    Raises:
        UnboundedError: It would.
    """
    result: list[Axis | Size] = []
    old, new = 0, 0
    while old < len(sides) or new < len(target):
        taken, given = _shortest([size_of(side) for side in sides[old:]], target[new:])
        result += _group(list(sides[old : old + taken]), target[new : new + given])
        old, new = old + taken, new + given
    return tuple(result)


def _shortest(old: list[Size], new: list[Size]) -> tuple[int, int]:
    for total in range(1, len(old) + len(new) + 1):
        for taken in range(min(total, len(old)) + 1):
            given = total - taken
            if given <= len(new) and product(old[:taken]) == product(new[:given]):
                return taken, given
    raise UnboundedError("it joins or splits sides in a way that is not known")


def _group(old: list[Axis | Size], new: list[Size]) -> list[Axis | Size]:
    axes = [side for side in old if isinstance(side, Axis)]
    if not axes:
        return list(new)
    # Of a side of one pixel and a side of length one, only the order could tell which is which.
    old = [side for side in old if isinstance(side, Axis) or side != _ONE]
    kept = [size for size in new if size != _ONE]
    if len(axes) == 1 and len(old) == 1 and kept == [axes[0].size]:
        side = axes[0]
    elif len(axes) == 1 and isinstance(old[0], Axis) and len(old) > 1 and len(kept) == 1:
        side = _joined(axes[0], [size_of(part) for part in old[1:]])
    elif len(axes) == 1 and len(old) == 1 and len(kept) == 2:
        side = _split(axes[0], kept[1])
    else:
        raise UnboundedError("it lays out pixels in another order than a pixel shuffle does")
    place = new.index(kept[0])
    return [*new[:place], side, *new[place + 1 :]]


def _joined(axis: Axis, parts: list[Size]) -> Axis:
    times = _whole(product(parts).over(product([])))
    return axis.through(repeated(times), axis.extra * times)


def _split(axis: Axis, part: Size) -> Axis:
    times = _whole(part)
    if axis.extra % times:
        raise UnboundedError("it splits rows of pixels that are no multiple of its parts")
    return axis.through(window(times, 0, times - 1), axis.extra // times)


def _whole(size: Size) -> int:
    if not size.is_constant or size.constant.denominator != 1 or size.constant < 1:
        raise UnboundedError("it splits or joins pixels by a number that depends on the image's size")
    return int(size.constant)


def resolved(sides: tuple[Axis | Size, ...], target: list[Size], *, zero_copies: bool) -> list[Size]:
    """The target of a reshape without its 0 (the same as before) and its -1 (whatever is left).

    Raises:
        NotLinearError: What is left is no linear formula of the image's size.
        UnboundedError: There are more zeros than sides.
    """
    zero, minus_one = Size(), Size.of(-1)
    known: list[Size] = []
    for place, size in enumerate(target):
        if size == zero and zero_copies:
            if place >= len(sides):
                raise UnboundedError("it copies a side that is not there")
            known.append(size_of(sides[place]))
        else:
            known.append(size)
    if minus_one in known:
        rest = product([size for size in known if size != minus_one])
        left = product([size_of(side) for side in sides]).over(rest)
        known = [left if size == minus_one else size for size in known]
    return known
