"""Whether what a file says of itself is true."""

from __future__ import annotations

import dataclasses
import itertools
import math
from fractions import Fraction

import numpy as np

from srfast import geometry, parity
from srfast.checking import probing
from srfast.checking.subject import Subject
from srfast.checking.verdict import Finding, SkippedError, failed, passed, skipped
from srfast.errors import Error, OptionError, RunError
from srfast.metrics import psnr
from srfast.pairs import shrink
from srfast.receptive_field import ReceptiveField, receptive_field

_RANGES = ((0.0, 1.0), (0.0, 255.0), (-1.0, 1.0))
_CLEARLY = 1.0
"""dB by which another range must be better to say that the stated one is wrong. Measured on the shipped
photograph: 0..255 instead of 0..1 costs fast-x2, -x3 and -x4 2.6, 1.9 and 1.6, SRCNN with OpenMMLab's weights
1.5, and Real-ESRGAN's animevideov3 9.9."""
_CLEARLY_IN_ORDER = 3.0
"""The same for the order of the channels, which hardly shows: the wrong one costs the first four 0.2 to 0.3,
and gives animevideov3, which was trained for looks, 1.0 more."""
_LIKENESS = 16.0
"""dB below which a result is no likeness of the image."""


def scale(subject: Subject) -> Finding:
    """The scale that the file states, against its graph and against a run."""
    if isinstance(subject.tags, OptionError):
        return failed(str(subject.tags))
    stated = subject.stated.scale
    beside = subject.enlarged * subject.shuffled
    field = receptive_field(subject.graph)
    if isinstance(field, ReceptiveField) and field.scale * beside != stated:
        return failed(f"it says {stated}, but its graph enlarges {_number(field.scale * beside)} times")
    seen = _seen_scale(subject)
    if seen != stated:
        return failed(f"it says {stated}, but in a run it enlarges {seen} times")
    how = "the graph and a run show" if isinstance(field, ReceptiveField) else "a run shows"
    return passed(f"x{stated}, as {how}", scale=stated)


def color(subject: Subject) -> Finding:
    """The colours that the file states, against the channels of its input and output."""
    stated = subject.stated.color
    wanted = parity.channels(subject.stated)
    for entry, takes in (
        (subject.session.get_inputs()[0], "takes"),
        (subject.session.get_outputs()[0], "makes"),
    ):
        planes = entry.shape[1]
        if isinstance(planes, int) and planes not in (wanted, wanted * subject.shuffled**2):
            return failed(f'it says "{stated}", which is {wanted} channel(s), but it {takes} {planes}')
    try:
        made = subject.run(*subject.trial_size).shape[1]
    except RunError:
        raise SkippedError("it does not run") from None
    if made != wanted * subject.shuffled**2:
        return failed(f'it says "{stated}", which is {wanted} channel(s), but a run makes {made}')
    return passed(f'"{stated}", {wanted} channel{"s" if wanted > 1 else ""} in and out')


def size_limits(subject: Subject) -> Finding:
    """The multiple and the minimum that the file states, against runs."""
    if all(subject.fixed_size):
        return skipped("the file declares its one size")
    taken = subject.taken
    if isinstance(taken, str):
        raise SkippedError("it runs at no size that was tried")
    if subject.tags is None:
        return skipped(
            f"the file has no tags; it takes multiples of {taken.multiple}, at least {taken.minimum}"
        )
    stated = subject.conventions
    aligned = subject.tile_tags.get("srfast.align", "1 1").split()
    multiple = math.lcm(stated.multiple, *(int(word) for word in aligned if word.isdecimal() and int(word)))
    minimum = -(-stated.minimum // multiple) * multiple
    if multiple % taken.multiple:
        return failed(
            f"it takes multiples of {taken.multiple} only, and says {multiple} (srfast.multiple)",
            says=multiple,
        )
    if minimum < taken.minimum:
        return failed(f"it takes {taken.minimum} pixels at least, and says {minimum} (srfast.minimum)")
    return passed(f"multiples of {multiple}, at least {minimum}: it takes them")


def halo(subject: Subject) -> Finding:
    """How far the file says that it looks, and where tiles may begin, against its graph."""
    said = {key: subject.metadata[key] for key in ("srfast.halo", "srfast.align") if key in subject.metadata}
    if "srfast.halo" not in said:  # without it, the alignment means nothing
        return skipped("the file says nothing of tiles; srfast derives it from the graph")
    if subject.shuffled > 1:
        return skipped("the graph ends before the image does; the tiles show whether it is true")
    derived = geometry.tags(subject.graph)
    if not derived:
        return skipped("how far it looks cannot be derived from its graph; the tiles show whether it is true")
    try:
        sides = [int(word) for word in said["srfast.halo"].split()]
        steps = [int(word) for word in said.get("srfast.align", "1 1").split()]
    except ValueError:
        return failed(f"{said} makes no sense")
    true_sides = [int(word) for word in derived["srfast.halo"].split()]
    true_steps = [int(word) for word in derived["srfast.align"].split()]
    if len(sides) != 4 or len(steps) != 2 or min(steps) < 1:
        return failed(f"{said} makes no sense")
    words = " ".join(map(str, true_sides))
    if any(mine < true for mine, true in zip(sides, true_sides, strict=True)):
        return failed(f"it says {said['srfast.halo']} (srfast.halo), but its graph looks {words} pixels far")
    if any(mine % true for mine, true in zip(steps, true_steps, strict=True)):
        return failed(
            f"it says {' '.join(map(str, steps))} (srfast.align), but its graph goes in steps of "
            f"{derived['srfast.align']}"
        )
    if sides != true_sides:
        return passed(f"{said['srfast.halo']}, more than the {words} that its graph needs")
    return passed(f"{words}, as its graph shows")


def margin(subject: Subject) -> Finding:
    """The border that the file says its result lacks, against its graph and a run."""
    said = subject.metadata.get("srfast.margin")
    if said is None:
        return skipped("the file says nothing of a border that its result lacks")
    words = said.split()
    if len(words) != 4 or not all(word.removeprefix("-").isdecimal() for word in words):
        return failed(f"srfast.margin is {said!r}, which makes no sense")
    top, left, bottom, right = map(int, words)
    field = receptive_field(subject.graph)
    if isinstance(field, ReceptiveField) and subject.shuffled == 1:
        true = dataclasses.astuple(field.margin)
        if true != (top, left, bottom, right):
            shown = " ".join(map(str, true))
            return failed(f"it says {said} (srfast.margin), but by its graph the result lacks {shown} pixels")
    height, width = subject.trial_size
    try:
        made = subject.made_size(height, width)
    except RunError:
        raise SkippedError("it does not run") from None
    seen = tuple(side * subject.stated.scale - has for side, has in zip((height, width), made, strict=True))
    if seen != (top + bottom, left + right):
        return failed(
            f"it says {said} (srfast.margin), but in a run the result lacks {seen[0]} rows and {seen[1]} "
            "columns"
        )
    return passed(f"the result lacks {said} pixels, as a run shows")


def value_range(subject: Subject) -> Finding:
    """The range of values and the order of colours, against others: which gives the truth best?

    The image is always the photograph that srfast ships, on which the margins were measured.
    """
    info = subject.upscaler.info
    pair = shrink("the shipped photograph", (parity.photograph() * 255).round().astype(np.uint8), info.scale)
    stated = (info.color, info.range)
    orders = ("rgb", "bgr") if info.color in ("rgb", "bgr") else (info.color,)
    decibels = {}
    for order, values in itertools.product(orders, dict.fromkeys((info.range, *_RANGES))):
        upscaler = subject.reopened(model_color=order, model_range=values)
        try:
            decibels[order, values] = psnr(pair.high, upscaler.run(pair.low), border=0)
        except Error as error:
            return failed(f"{pair.name} cannot be enlarged: {error}")
    if max(decibels.values()) < _LIKENESS:
        return skipped(f"it makes no likeness of {pair.name} whatever it is given: untrained?")
    figures = {_named(each): round(value, 3) for each, value in decibels.items()}
    mine = decibels[stated]
    said = f"{_named(stated)}, {'as assumed' if info.assumed else 'as stated'}: {pair.name} has {mine:.2f} dB"
    for other, decibel in sorted(decibels.items(), key=lambda pair: -pair[1]):
        if decibel - mine > (_CLEARLY if other[0] == info.color else _CLEARLY_IN_ORDER):
            return failed(f"{said}, but {decibel:.2f} with {_named(other)}", psnr=figures)
    return passed(said, psnr=figures)


def _named(conventions: tuple[str, tuple[float, float]]) -> str:
    return f"{conventions[0]}, {conventions[1][0]:g} to {conventions[1][1]:g}"


def _number(value: Fraction) -> str:
    return str(value) if value.denominator == 1 else f"{float(value):.3g}"


def _seen_scale(subject: Subject) -> int:
    height, width = subject.fixed_size
    if height and width:
        taken = height // subject.enlarged
        made, _ = subject.made_size(taken, width // subject.enlarged)
        return -(-made // taken)  # its output may lack a border, of fewer pixels than the input has
    if isinstance(subject.taken, probing.Taken):
        return subject.taken.growth
    raise SkippedError("it runs at no size that was tried")
