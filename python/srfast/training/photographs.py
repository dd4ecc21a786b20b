"""Photographs at several sizes, and the patches that are cut from them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from srfast.bicubic import imresize
from srfast.pairs import Pair, Pixels, shrink

CANDIDATES = 3
"""Random patches of which the most detailed one is trained on."""

Degradation = Callable[[Pixels, int, np.random.Generator], Pixels]
"""Makes a low-resolution patch of a high-resolution one and the scale."""


def fingerprint(files: Sequence[Path]) -> str:
    """A checksum over names and contents: tells whether two runs saw the same photographs."""
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.name.encode() + b"\0" + hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()


def at_sizes(name: str, image: Pixels, longest_sides: Sequence[int], smallest: int, scale: int) -> list[Pair]:
    """A photograph as it is, or at the largest of `longest_sides`, and at every smaller one.

    Sizes at which a side would be below `smallest` pixels are left out. Shrinking whole photographs gives a
    network both fine texture and large shapes, and the smaller ones are sharper than any camera's own pixels.
    """
    longest = max(image.shape[:2])
    targets = {min(longest, max(longest_sides))} | {size for size in longest_sides if size < longest}
    pairs = []
    for target in sorted(targets, reverse=True):
        sized = image if target == longest else imresize(image, target / longest)
        if min(sized.shape[:2]) >= smallest + scale:
            pairs.append(shrink(name, sized, scale))
    return pairs


def detail(patch: Pixels) -> float:
    """Mean absolute difference between neighbouring pixels of the green channel, in 0..255 per pixel."""
    green = patch[:, :, 1].astype(np.int16)
    steps = (np.abs(np.diff(green, axis=axis)) for axis in (0, 1))
    return float(sum(each.mean() for each in steps if each.size))  # a single row or column has none across


def cut_batch(
    photographs: Sequence[Sequence[Pair]],
    generator: np.random.Generator,
    batch: int,
    patch: int,
    degradation: Degradation | None = None,
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Cuts random patches out of random photographs at random sizes, flips and turns them.

    Of a few candidates in the same photograph the most detailed one is taken: most of a photograph is sky or
    blur, and teaches nothing.

    Args:
        photographs: For each photograph, its pairs at several sizes.
        generator: Decides everything: the same state gives the same batch.
        batch: How many patches.
        patch: Side of a low-resolution patch in pixels.
        degradation: Makes the low-resolution patches. None: they are cut out of the photograph's twin.

    Returns:
        Low-resolution and high-resolution patches: NCHW, float32, RGB, 0..1.
    """
    lows: list[Pixels] = []
    highs: list[Pixels] = []
    for _ in range(batch):
        sizes = photographs[int(generator.integers(len(photographs)))]
        chosen = sizes[int(generator.integers(len(sizes)))]
        height, width = chosen.low.shape[:2]
        corners = [
            (int(generator.integers(height - patch + 1)), int(generator.integers(width - patch + 1)))
            for _ in range(CANDIDATES)
        ]
        y, x = max(corners, key=lambda corner: detail(chosen.low[corner[0] :, corner[1] :][:patch, :patch]))
        low = chosen.low[y : y + patch, x : x + patch]
        scale = chosen.scale
        high = chosen.high[y * scale : (y + patch) * scale, x * scale : (x + patch) * scale]
        if degradation:
            low = degradation(high, scale, generator)
        turns, mirrored = int(generator.integers(4)), bool(generator.integers(2))
        for image, images in ((low, lows), (high, highs)):
            turned = np.rot90(image, turns)
            images.append(turned[:, ::-1] if mirrored else turned)
    return _to_nchw(lows), _to_nchw(highs)


def _to_nchw(images: Sequence[Pixels]) -> npt.NDArray[np.float32]:
    batch: npt.NDArray[np.float32] = np.stack(images).transpose(0, 3, 1, 2).astype(np.float32, order="C")
    batch /= 255.0
    return batch
