"""High-resolution images and their low-resolution twins, to train on and to measure with."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from srfast import images
from srfast.bicubic import imresize
from srfast.errors import ImageError, OptionError

SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff")
"""What files in a folder are taken for images."""

Pixels = npt.NDArray[np.uint8]


@dataclasses.dataclass(frozen=True)
class Pair:
    """An image, and the same made smaller.

    Attributes:
        name: What the image is called.
        high: HxWx3, uint8, RGB; height and width are multiples of the scale.
        low: (H / scale)x(W / scale)x3, uint8, RGB.
    """

    name: str
    high: Pixels
    low: Pixels

    @property
    def scale(self) -> int:
        """High-resolution pixels per low-resolution pixel along each axis."""
        return int(self.high.shape[0] // self.low.shape[0])


def image_files(folder: Path) -> list[Path]:
    """The image files in a folder, not in its subfolders and not hidden ones, by name.

    Raises:
        OptionError: The folder is missing or holds no image.
    """
    if not folder.is_dir():
        raise OptionError(f"{folder} is not a folder: name one that holds images")
    files = sorted(
        path
        for path in folder.iterdir()
        if path.suffix.lower() in SUFFIXES and not path.name.startswith(".") and not path.is_dir()
    )
    if not files:
        raise OptionError(f"{folder} holds no image ({', '.join(SUFFIXES)})")
    return files


def read_rgb(file: Path) -> Pixels:
    """Reads an image file as HxWx3, uint8, RGB; gray is given three times, 16 bits are rounded to 8.

    Raises:
        ImageError: The file cannot be read or decoded, or has transparent pixels.
        DependencyError: libvips cannot be imported.
    """
    image = images.read(file)
    if image.shape[2:] in ((2,), (4,)):
        raise ImageError(f"{file} has transparent pixels; put it on a background first")
    if image.dtype == np.uint16:
        image = ((image + np.uint32(128)) // 257).astype(np.uint8)
    image = np.repeat(image[:, :, None], 3, axis=2) if image.ndim == 2 else image[:, :, ::-1]
    return np.ascontiguousarray(image, dtype=np.uint8)


def shrink(name: str, image: Pixels, scale: int) -> Pair:
    """Crops an image to a multiple of the scale and makes its twin with MATLAB's bicubic.

    Raises:
        OptionError: `scale` is below 1.
        ImageError: The image is smaller than one pixel of its twin.
    """
    if scale < 1:
        raise OptionError(f"scale must be a whole number of at least 1, not {scale}")
    height, width = (size - size % scale for size in image.shape[:2])
    if min(height, width) == 0:
        raise ImageError(f"{name} has {image.shape[1]}x{image.shape[0]} pixels, too few for scale {scale}")
    high = np.ascontiguousarray(image[:height, :width])
    return Pair(name, high, imresize(high, 1 / scale))


def match(name: str, image: Pixels, low: Pixels, scale: int) -> Pair:
    """Pairs an image with a twin that somebody else made, cropping the image to a multiple of the scale.

    Raises:
        ImageError: The twin's size is not the image's, divided by the scale.
    """
    expected = tuple(size // scale for size in image.shape[:2])
    height, width = low.shape[:2]
    if (height, width) != expected:
        raise ImageError(
            f"{name}: the low-resolution image has {width}x{height} pixels, but {image.shape[1]}x"
            f"{image.shape[0]} made {scale} times smaller is {expected[1]}x{expected[0]}"
        )
    return Pair(name, np.ascontiguousarray(image[: height * scale, : width * scale]), low)


def read_pairs(high_folder: Path, low_folder: Path | None, scale: int) -> list[Pair]:
    """Reads the images of a benchmark.

    Args:
        high_folder: The true images.
        low_folder: Their twins, under the same names, or with `_LR` or the scale, as `x3` or `_x3`,
            behind where the true ones have nothing or `_HR`; it may be the same folder. None: the twins are
            made with MATLAB's bicubic.
        scale: High-resolution pixels per low-resolution pixel along each axis.

    Returns:
        A pair for every true image, by name.

    Raises:
        OptionError: A folder is missing or empty, or a true image has no twin.
        ImageError: An image cannot be read, or two do not fit together.
    """
    highs = [file for file in image_files(high_folder) if not file.stem.endswith("_LR")]
    if low_folder is None:
        keys = [_key(file, scale) for file in highs]
        names = [file.name if keys.count(key) > 1 else key for key, file in zip(keys, highs, strict=True)]
        return [shrink(name, read_rgb(file), scale) for name, file in zip(names, highs, strict=True)]
    lows = [file for file in image_files(low_folder) if not file.stem.endswith("_HR")]
    if high_folder.samefile(low_folder):
        small = re.compile(rf"(_LR|_?x{scale})$")
        highs = [file for file in highs if not small.search(file.stem)]
        lows = [file for file in lows if small.search(file.stem)]
    true, twins = _by_key(highs, scale), _by_key(lows, scale)
    if missing := sorted(true.keys() - twins.keys()):
        raise OptionError(f"{low_folder} holds no twin of {', '.join(missing[:5])}")
    return [match(name, read_rgb(file), read_rgb(twins[name]), scale) for name, file in true.items()]


def _by_key(files: Sequence[Path], scale: int) -> dict[str, Path]:
    found: dict[str, Path] = {}
    for file in files:
        other = found.setdefault(_key(file, scale), file)
        if other is not file:
            raise OptionError(f"{other} and {file} would be the same image's: keep one of them in the folder")
    return found


def _key(file: Path, scale: int) -> str:
    return re.sub(rf"(_HR|_LR|_?x{scale})$", "", file.stem)
