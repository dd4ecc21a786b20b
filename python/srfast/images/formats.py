"""The formats of image files: how each is recognised, and what it can hold."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import numpy.typing as npt

from srfast.errors import ImageError
from srfast.images import bmp


@dataclasses.dataclass(frozen=True)
class Format:
    """A format of image files.

    Attributes:
        name: What people call it.
        suffixes: How the names of its files end; none if srfast does not write it.
        bits: The most bits of a sample that it stores.
        alpha: Whether it stores transparency.
        lossless: Whether it can keep every value.
        lossy: Whether it can give values up for a smaller file.
        side: The most pixels of a side that its library writes.
    """

    name: str
    suffixes: tuple[str, ...] = ()
    bits: int = 8
    alpha: bool = True
    lossless: bool = True
    lossy: bool = False
    side: int = 2**31 - 1


PNG = Format("PNG", (".png",), bits=16)
TIFF = Format("TIFF", (".tif", ".tiff"), bits=16)
JPEG = Format("JPEG", (".jpg", ".jpeg"), alpha=False, lossless=False, lossy=True, side=65500)
WEBP = Format("WebP", (".webp",), lossy=True, side=16383)
AVIF = Format("AVIF", (".avif",), bits=12, lossy=True, side=16384)
BMP = Format("BMP", (".bmp",))
GIF = Format("GIF")

SUFFIXES = tuple(suffix for kind in (PNG, TIFF, JPEG, WEBP, AVIF, BMP) for suffix in kind.suffixes)
"""How the names of files end that are written."""


def of_content(data: bytes) -> Format | None:
    """The format that a file's first bytes show, or None where srfast reads no such files."""
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return PNG
    if data.startswith(b"\xff\xd8\xff"):
        return JPEG
    if data.startswith((b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")):  # the last two are BigTIFF
        return TIFF
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return WEBP
    if data[4:8] == b"ftyp" and {b"avif", b"avis"} & _brands(data):
        return AVIF
    if data.startswith((b"GIF87a", b"GIF89a")):
        return GIF
    if data.startswith(b"BM"):
        return BMP
    return None


def is_animated(data: bytes) -> bool:
    """Whether a PNG or AVIF file says that it is, of which libvips knows the first picture only."""
    if of_content(data) is PNG:
        return b"acTL" in data[: data.find(b"IDAT")]
    return of_content(data) is AVIF and data[8:12] == b"avis"


def of_name(path: str | Path) -> Format:
    """The format that a file's suffix names.

    Raises:
        ImageError: No format that is written has this suffix.
    """
    suffix = Path(path).suffix.lower()
    for kind in (PNG, TIFF, JPEG, WEBP, AVIF, BMP):
        if suffix in kind.suffixes:
            return kind
    known = ", ".join(SUFFIXES)
    raise ImageError(
        f"{path}: images are not written as {suffix or 'a file without suffix'}; choose one of {known}"
    )


def require_storable(
    kind: Format, label: str, dtype: npt.DTypeLike, channels: int, height: int, width: int, lossless: bool
) -> None:
    """Refuses an image that a format cannot hold.

    Raises:
        ImageError: The format has too few bits, no transparency, an end below this size, or loses values
            that are to be kept.
    """
    dtype = np.dtype(dtype)
    if dtype not in (np.uint8, np.uint16):
        raise ImageError(f"{label}: image files take uint8 or uint16, not {dtype}")
    if channels not in (1, 2, 3, 4):
        raise ImageError(f"{label}: an image has 1 to 4 channels, not {channels}")
    if dtype == np.uint16 and kind.bits == 8:
        raise ImageError(
            f"{label}: {kind.name} holds 8 bits a channel, and the image has 16; choose .png or .tif"
        )
    if channels in (2, 4) and not kind.alpha:
        raise ImageError(
            f"{label}: {kind.name} has no transparency, and the image has; choose .png, .webp, .avif or .tif"
        )
    if channels in (2, 4) and kind is BMP and not bmp.keeps_alpha():
        raise ImageError(f"{label}: the image has transparency; choose .png, or a newer OpenCV: {bmp.NEWER}")
    if max(height, width) > kind.side:
        raise ImageError(
            f"{label}: {kind.name} ends at {kind.side} pixels a side, and the image has {width}x{height}; "
            "choose .png or .tif"
        )
    if lossless and not kind.lossless:
        raise ImageError(
            f"{label}: {kind.name} always loses a little; for lossless files choose .png or .webp"
        )
    if lossless and dtype.itemsize * 8 > kind.bits:
        raise ImageError(f"{label}: {kind.name} keeps {kind.bits} of 16 bits; for lossless files choose .png")


def _brands(data: bytes) -> set[bytes]:
    """The brands of a file in the ISO base media format (ISO/IEC 14496-12, 4.3): major, then compatible."""
    end = min(int.from_bytes(data[:4], "big"), 256)
    return {data[8:12], *(data[at : at + 4] for at in range(16, end, 4))}
