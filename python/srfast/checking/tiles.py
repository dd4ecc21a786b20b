"""Whether an image that is run in tiles comes out as from one run."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from srfast import parity
from srfast.checking.subject import Pixels, Subject
from srfast.checking.verdict import Finding, SkippedError, failed, passed, skipped
from srfast.conventions import Conventions
from srfast.errors import Error, MemoryLimitError
from srfast.upscaler import Upscaler

_LEAST_KEPT = 32
_ATTEMPTS = 12


def tiles(subject: Subject) -> Finding:
    """Runs a piece of the photograph with so little memory that it takes several tiles, and in one."""
    upscaler = subject.upscaler
    if upscaler.info.halo is None:
        return skipped("srfast runs it whole, not in tiles")
    try:
        if all(subject.fixed_size):
            return _of_one_size(subject)
        return _of_any_size(subject)
    except Error as error:
        return failed(str(error))


def _of_any_size(subject: Subject) -> Finding:
    info = subject.upscaler.info
    assert info.halo is not None
    top, left, bottom, right = info.halo
    kept = max(_LEAST_KEPT, top + bottom, left + right)
    # In the network's own pixels, which are smaller where the image is enlarged before it.
    sides = kept + top + bottom, kept + left + right
    height, width = ((side + side // 2) // info.enlargement + 1 for side in sides)
    image = _image(height, width)
    whole, count = _run(subject.reopened(memory_limit="64GB"), image)
    if count > 1:
        raise SkippedError("it cannot be run whole to compare with")
    limit = _memory(subject, sides[0] * sides[1])
    for _ in range(_ATTEMPTS):
        try:
            tiled, count = _run(subject.reopened(memory_limit=round(limit)), image)
        except MemoryLimitError:
            limit *= 1.5
            continue
        if count > 1:
            return _verdict(whole, tiled, f"{width}x{height} in {count} tiles and in one")
        limit /= 1.6
    raise SkippedError("no limit of memory was found that makes several tiles")


def _memory(subject: Subject, pixels: int) -> float:
    """What srfast counts for tiles of so many of the network's pixels: csrc/tile_size.cpp."""
    told = subject.tile_tags
    info = subject.upscaler.info
    scale = info.scale / info.enlargement
    per_pixel = float(told.get("srfast.bytes_per_pixel", 0)) + subject.planes * 4 * (1 + scale**2)
    return pixels * per_pixel * (4 if told.get("srfast.parallel") == "tiles" else 1)


def _of_one_size(subject: Subject) -> Finding:
    """A file of one size: tiles of a larger image against one run of a part of it, away from the cuts."""
    info = subject.upscaler.info
    assert info.halo is not None
    sides = [int(side or 0) // subject.enlarged for side in subject.fixed_size]
    steps = [int(word) for word in subject.tile_tags.get("srfast.align", "1 1").split()]
    first = [side // 4 // step * step for side, step in zip(sides, steps, strict=True)]
    image = _image(*(side + side // 2 + 1 for side in sides))
    # An enlargement before the network looks further itself: cubic two pixels.
    beyond = 2 if info.enlargement > 1 else 0
    halo = [-(-each // info.enlargement) + beyond for each in info.halo]
    begin, end = halo[:2], [side - after for side, after in zip(sides, halo[2:], strict=True)]
    if any(last <= start for start, last in zip(begin, end, strict=True)):
        return skipped("what it looks at is larger than its one size")
    tiled, count = _run(subject.upscaler, image)
    alone, _ = _run(subject.upscaler, image[first[0] : first[0] + sides[0], first[1] : first[1] + sides[1]])

    def kept(result: Pixels, from_: Sequence[int]) -> Pixels:
        rows, columns = (
            slice((at + start) * info.scale, (at + last) * info.scale)
            for at, start, last in zip(from_, begin, end, strict=True)
        )
        return np.ascontiguousarray(result[rows, columns], np.float32)

    what = f"{image.shape[1]}x{image.shape[0]} in {count} tiles and a part of it in one"
    return _verdict(kept(alone, (0, 0)), kept(tiled, first), what)


def _run(upscaler: Upscaler, image: Pixels) -> tuple[Pixels, int]:
    totals: list[int] = []
    result = upscaler.run(image, progress=lambda done, total: totals.append(total))
    return result, totals[-1]


def _image(height: int, width: int) -> Pixels:
    return parity.cut(height, width, Conventions(1), 1).reshape(height, width, 3)


def _verdict(whole: Pixels, tiled: Pixels, what: str) -> Finding:
    allowed = parity.tolerance(*whole.shape[:2])
    difference = float(np.abs(whole - tiled).max())
    said = f"{what} differ by {difference:.1e} of the value range"
    if not difference <= allowed:  # a NaN fails too
        return failed(f"{said}; {allowed:.1e} is allowed", difference=difference)
    return passed(said, difference=difference)
