"""Image files as the arrays that `Upscaler` takes and gives.

Pixels are decoded and encoded by libvips, which reads and writes 8 and 16 bits with and without alpha, turns
pictures upright, converts CMYK by colour profiles, reads headers alone, and passes metadata on; BMP, which it
lacks, by OpenCV. Both are imported when they are first needed.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy.typing as npt

from srfast.atomic import replacing
from srfast.did_you_mean import why_missing
from srfast.errors import ImageError
from srfast.images import decoding, encoding, formats
from srfast.images.metadata import Metadata

__all__ = [
    "MAX_PIXELS",
    "SUFFIXES",
    "Metadata",
    "check_writable",
    "decode",
    "encode",
    "has_quality",
    "read",
    "read_with_metadata",
    "write",
]

MAX_PIXELS = 2**28
"""The most pixels that are decoded unless the caller says otherwise: more than any camera's picture has, and
0.8 GB of 8-bit RGB. A file of a few kilobytes can claim as many as it likes."""

SUFFIXES = formats.SUFFIXES
"""How the names of files end that `write` writes."""


def read(path: str | os.PathLike[str], *, max_pixels: int | None = MAX_PIXELS) -> npt.NDArray[Any]:
    """Reads an image file.

    The picture is turned as EXIF data or the format ask for. The samples are those of the file, meant in its
    colour profile; only CMYK is converted, to sRGB. An alpha channel that is opaque everywhere is dropped.

    May be called from several threads; but not in a process that was forked after image files were used.

    Args:
        path: A PNG, JPEG, WebP, TIFF, AVIF, GIF or BMP file, whatever its suffix says. The name may hold any
            characters.
        max_pixels: Files of more pixels are refused before they are decoded. None: no limit.

    Returns:
        HxW (gray), HxWx2 (gray, alpha), HxWx3 (blue, green, red) or HxWx4 (blue, green, red, alpha); uint8 or
        uint16, full range, C-contiguous. Colours are not multiplied by alpha.

    Raises:
        ImageError: The file is missing, empty, damaged, not an image, larger than `max_pixels`, or holds
            samples other than 8 or 16 bits.
        DependencyError: libvips (or OpenCV, for BMP) cannot be imported.

    Warns:
        UserWarning: The file holds several pictures (pages or frames), of which the first is read, or CMYK.
    """
    return read_with_metadata(path, max_pixels=max_pixels)[0]


def read_with_metadata(
    path: str | os.PathLike[str], *, max_pixels: int | None = MAX_PIXELS
) -> tuple[npt.NDArray[Any], Metadata]:
    """Reads an image file, and what it says beside its pixels, for `write` to pass on.

    Args:
        path: As for `read`.
        max_pixels: As for `read`.

    Returns:
        The image as `read` gives it, and the metadata.

    Raises:
        ImageError: As `read` does.
        DependencyError: As `read` does.

    Warns:
        UserWarning: As `read` does.
    """
    path = Path(path)
    try:
        data = path.read_bytes()
    except IsADirectoryError as error:
        raise ImageError(f"{path} is a folder, not an image file") from error
    except FileNotFoundError as error:
        raise ImageError(why_missing(path)) from error
    except OSError as error:
        raise ImageError(f"{path}: {error.strerror}") from error
    return decoding.decode(data, str(path), max_pixels)


def decode(
    data: bytes, label: str, *, max_pixels: int | None = MAX_PIXELS
) -> tuple[npt.NDArray[Any], Metadata]:
    """Decodes an image file that is in memory, such as one that came through a pipe.

    Args:
        data: The content of the file.
        label: What to call it in messages.
        max_pixels: As for `read`.

    Returns:
        As `read_with_metadata`.

    Raises:
        ImageError: As `read` does.
        DependencyError: As `read` does.

    Warns:
        UserWarning: As `read` does.
    """
    return decoding.decode(data, label, max_pixels)


def write(
    path: str | os.PathLike[str],
    image: npt.NDArray[Any],
    *,
    metadata: Metadata | None = None,
    quality: int | None = None,
    lossless: bool = False,
    overwrite: bool = True,
) -> None:
    """Writes an image file in the format that its suffix names.

    The file appears whole or not at all. PNG, TIFF and BMP keep every
    value, WebP too unless a quality is given; JPEG and AVIF lose a little. Threads: as for `read`.

    Args:
        path: The file, ending in one of `SUFFIXES`. Its folder must exist.
        image: HxW or HxWx1 (gray), HxWx2 (gray, alpha), HxWx3 (blue, green, red) or HxWx4 (blue, green, red,
            alpha); uint8, or uint16 for PNG, TIFF and AVIF (which keeps 12 bits); full range, any strides.
        metadata: What to say beside the pixels. None: nothing. BMP holds none of it.
        quality: 1 to 100 for JPEG, WebP and AVIF; the others have no such choice and do not mind it. None: 95
            for JPEG, 90 for AVIF, lossless for WebP.
        lossless: Keep every value, where the format can (WebP, AVIF of 8 bits). `quality` is then not used.
        overwrite: Whether a file that is there already is replaced, rather than an error.

    Raises:
        ImageError: The suffix is unknown or its format cannot hold such an array, the array is not an image,
            or the file cannot be written.
        OptionError: `quality` is not between 1 and 100.
        DependencyError: libvips (or OpenCV, for BMP) cannot be imported.
    """
    path = Path(path)
    data = encoding.encode(image, formats.of_name(path), str(path), metadata or Metadata(), quality, lossless)
    try:
        with replacing(path, overwrite=overwrite) as temporary:
            temporary.write_bytes(data)
    except OSError as error:
        raise ImageError(f"{path} cannot be written: {error.strerror}") from error


def encode(
    image: npt.NDArray[Any],
    suffix: str,
    *,
    metadata: Metadata | None = None,
    quality: int | None = None,
    lossless: bool = False,
) -> bytes:
    """Encodes an image as the content of a file, to send through a pipe.

    Args:
        image: As for `write`.
        suffix: The format, as one of `SUFFIXES`.
        metadata: As for `write`.
        quality: As for `write`.
        lossless: As for `write`.

    Returns:
        The content of the file.

    Raises:
        ImageError: As `write` does.
        OptionError: As `write` does.
        DependencyError: As `write` does.
    """
    kind = formats.of_name(f"image{suffix}")
    return encoding.encode(image, kind, f"the {kind.name} image", metadata or Metadata(), quality, lossless)


def check_writable(
    path: str | os.PathLike[str],
    dtype: npt.DTypeLike,
    channels: int = 3,
    *,
    height: int = 1,
    width: int = 1,
    lossless: bool = False,
) -> None:
    """Checks, before the work is done, that `write` can store an image in a file of a name.

    Args:
        path: The file. Only its suffix is looked at.
        dtype: The type of the samples.
        channels: How many channels the image has, 1 to 4; 2 and 4 have alpha.
        height: Its height, where it is known.
        width: Its width, where it is known.
        lossless: As for `write`.

    Raises:
        ImageError: The suffix is unknown, or its format does not hold such an image.
    """
    kind = formats.of_name(Path(path))
    formats.require_storable(kind, str(path), dtype, channels, height, width, lossless)


def has_quality(suffix: str) -> bool:
    """Whether files of a suffix can be made smaller by a `quality`.

    Raises:
        ImageError: The suffix is unknown.
    """
    return formats.of_name(f"image{suffix}").lossy
