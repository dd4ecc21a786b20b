"""The pixels that a network is quantised with: windows of photographs, as truth and as what it eats."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib import resources
from pathlib import Path

import numpy as np
import numpy.typing as npt

from srfast import parity
from srfast.conventions import Conventions
from srfast.errors import ImageError
from srfast.metrics import luma
from srfast.pairs import Pair, Pixels, image_files, read_rgb, shrink

SIDE = 96
"""The longest side of a window, in pixels that the network eats."""
WINDOWS = 32
"""How many windows are cut in all."""
_LEAST = 16  # pixels a side, below which there is hardly anything to see


def pairs(folder: Path | None, scale: int) -> list[Pair]:
    """Cuts windows of photographs and shrinks them with MATLAB's bicubic.

    Args:
        folder: The photographs; None: those that srfast ships. Of many, some are taken, evenly by name.
        scale: What the network enlarges by.

    Returns:
        At most `WINDOWS` windows and their twins of at most `SIDE` pixels a side: several from each of a few
        large photographs, one from each of many.

    Raises:
        OptionError: The folder is missing or holds no image.
        ImageError: An image cannot be read, or all of them are too small.
    """
    with resources.as_file(resources.files("srfast") / "data" / "calibration") as shipped:
        files = image_files(folder or shipped)
        files = [files[place] for place in _evenly(len(files), WINDOWS)]
        each = max(1, WINDOWS // len(files))
        found = [
            shrink(f"{file.stem} {number}", window, scale)
            for file in files
            for number, window in enumerate(_windows(read_rgb(file), SIDE * scale, each), start=1)
            if min(window.shape[:2]) >= _LEAST * scale
        ]
    if not found:
        raise ImageError(
            f"every image in {folder} is smaller than {_LEAST * scale}x{_LEAST * scale}: give larger ones"
        )
    return found


def planes(
    low: Pixels, conventions: Conventions, fixed_size: tuple[int | None, int | None]
) -> npt.NDArray[np.float32]:
    """A small image as a network takes it.

    Args:
        low: HxWx3, uint8, RGB.
        conventions: What the network eats.
        fixed_size: The height and the width that its file is fixed to; None: any.

    Returns:
        1xCxHxW, float32. Mirrored on where the network wants a larger image than this, and cut where it is
        fixed to a smaller one.
    """
    if conventions.color in ("rgb", "bgr"):
        image = low.astype(np.float32) / np.float32(255)
    else:
        image = ((luma(low) - 16.0) / 219.0).astype(np.float32)[..., None]  # in full range
    taken = parity.taken_size((image.shape[0], image.shape[1]), conventions)
    height, width = (fixed or side for fixed, side in zip(fixed_size, taken, strict=True))
    image = image[:height, :width]
    missing = [(0, height - image.shape[0]), (0, width - image.shape[1]), (0, 0)]
    return parity.to_network(np.pad(image, missing, mode="symmetric")[None], conventions)


def _windows(image: Pixels, side: int, count: int) -> Iterator[Pixels]:
    """At most `count` windows of at most `side` pixels a side, that do not overlap, spread over an image."""
    height, width = image.shape[:2]
    down, across = max(1, height // side), max(1, width // side)
    for place in _evenly(down * across, count):
        # In the middle of one of down x across equal parts.
        row, column = divmod(place, across)
        top = max(0, (2 * row + 1) * height // (2 * down) - side // 2)
        left = max(0, (2 * column + 1) * width // (2 * across) - side // 2)
        yield image[top : top + side, left : left + side]


def _evenly(count: int, wanted: int) -> Sequence[int]:
    """At most `wanted` of the numbers below `count`, evenly spread."""
    if count <= wanted:
        return range(count)
    return [(2 * each + 1) * count // (2 * wanted) for each in range(wanted)]
