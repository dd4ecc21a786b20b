"""Photographs in memory, at several sizes, each with its low-resolution twin, and patches cut from them."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from srfast.bicubic import imresize
from srfast.errors import ImageError, OptionError

SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff")

CANDIDATES = 3
"""Random patches of which the most detailed one is trained on."""

Pixels = npt.NDArray[np.uint8]


@dataclasses.dataclass(frozen=True)
class Pair:
    """A photograph at one size, and the same made `scale` times smaller.

    Attributes:
        high: HxWx3, uint8, RGB; height and width are multiples of the scale.
        low: (H / scale)x(W / scale)x3, uint8, RGB.
    """

    high: Pixels
    low: Pixels


def image_files(folder: Path) -> list[Path]:
    """The image files in a folder, by name.

    Raises:
        OptionError: The folder is missing or holds no image.
    """
    if not folder.is_dir():
        raise OptionError(f"{folder} is not a folder: name one that holds photographs")
    files = sorted(path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES)
    if not files:
        raise OptionError(f"{folder} holds no image ({', '.join(SUFFIXES)})")
    return files


def fingerprint(files: Sequence[Path]) -> str:
    """A checksum over names and contents: tells whether two runs saw the same photographs."""
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.name.encode() + b"\0" + hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()


def read_rgb(file: Path) -> Pixels:
    """Reads an image file as HxWx3, uint8, RGB.

    Raises:
        ImageError: It cannot be read or decoded.
    """
    try:
        image = cv2.imdecode(np.fromfile(file, np.uint8), cv2.IMREAD_COLOR)
    except (OSError, cv2.error) as error:
        raise ImageError(f"{file} cannot be read: {error}") from error
    if image is None:
        raise ImageError(f"{file} cannot be decoded as an image")
    return np.ascontiguousarray(image[:, :, ::-1]).astype(np.uint8, copy=False)


def pair(image: Pixels, scale: int) -> Pair:
    """Crops an image to a multiple of the scale and makes its low-resolution twin with MATLAB's bicubic."""
    height, width = (size - size % scale for size in image.shape[:2])
    high = np.ascontiguousarray(image[:height, :width])
    return Pair(high, imresize(high, 1 / scale))


def at_sizes(image: Pixels, longest_sides: Sequence[int], smallest: int, scale: int) -> list[Pair]:
    """A photograph as it is (at most as large as the largest size) and at every smaller one of `longest_sides`.

    Sizes at which a side would be below `smallest` pixels are left out. Shrinking whole photographs gives a network
    both fine texture and large shapes, and the smaller ones are sharper than any camera's own pixels.
    """
    longest = max(image.shape[:2])
    targets = {min(longest, max(longest_sides))} | {size for size in longest_sides if size < longest}
    pairs = []
    for target in sorted(targets, reverse=True):
        sized = image if target == longest else imresize(image, target / longest)
        if min(sized.shape[:2]) >= smallest + scale:
            pairs.append(pair(sized, scale))
    return pairs


def detail(patch: Pixels) -> float:
    """Mean absolute difference between neighbouring pixels of the green channel, in 0..255 per pixel."""
    green = patch[:, :, 1].astype(np.int16)
    return float(np.abs(np.diff(green, axis=0)).mean() + np.abs(np.diff(green, axis=1)).mean())


def cut_batch(
    photographs: Sequence[Sequence[Pair]], generator: np.random.Generator, batch: int, patch: int
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Cuts random patches out of random photographs at random sizes, flips and turns them.

    Of a few candidates in the same photograph the most detailed one is taken: most of a photograph is sky or blur,
    and teaches nothing.

    Args:
        photographs: For each photograph, its pairs at several sizes.
        generator: Decides everything: the same state gives the same batch.
        batch: How many patches.
        patch: Side of a low-resolution patch in pixels.

    Returns:
        Low-resolution and high-resolution patches: NCHW, float32, RGB, 0..1.
    """
    lows, highs = [], []
    for _ in range(batch):
        sizes = photographs[generator.integers(len(photographs))]
        chosen = sizes[generator.integers(len(sizes))]
        scale = chosen.high.shape[0] // chosen.low.shape[0]
        height, width = chosen.low.shape[:2]
        corners = [
            (int(generator.integers(height - patch + 1)), int(generator.integers(width - patch + 1)))
            for _ in range(CANDIDATES)
        ]
        y, x = max(corners, key=lambda corner: detail(chosen.low[corner[0] :, corner[1] :][:patch, :patch]))
        low = chosen.low[y : y + patch, x : x + patch]
        high = chosen.high[y * scale : (y + patch) * scale, x * scale : (x + patch) * scale]
        turns, mirrored = int(generator.integers(4)), bool(generator.integers(2))
        for image, images in ((low, lows), (high, highs)):
            turned = np.rot90(image, turns)
            images.append(turned[:, ::-1] if mirrored else turned)
    return _to_nchw(lows), _to_nchw(highs)


def _to_nchw(images: Sequence[Pixels]) -> npt.NDArray[np.float32]:
    return np.ascontiguousarray(np.stack(images).transpose(0, 3, 1, 2), dtype=np.float32) / np.float32(255.0)
