"""From an array, and what is to be said beside it, to the bytes of an image file."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from srfast.errors import ImageError, OptionError
from srfast.images import bmp, formats, libvips, tiff_exif
from srfast.images.metadata import Metadata

if TYPE_CHECKING:
    import pyvips

_QUALITY = {formats.JPEG: 95, formats.AVIF: 90, formats.WEBP: 95}
_MM_PER_INCH = 25.4
_DPI = 72.0  # what files of no stated resolution are taken for, where a format must state one
_FITS_IN_JPEG = 2**15  # bytes of EXIF or of XMP that certainly do
_MOST_IN_CLASSIC_TIFF = 2**31


def encode(
    image: npt.NDArray[Any],
    kind: formats.Format,
    label: str,
    metadata: Metadata,
    quality: int | None,
    lossless: bool,
) -> bytes:
    """What `srfast.images.encode` does."""
    if image.ndim not in (2, 3) or image.shape[2:] not in ((), (1,), (2,), (3,), (4,)) or image.size == 0:
        raise ImageError(
            f"an image is HxW or HxWx1 to HxWx4 and not empty; this array has shape {image.shape}"
        )
    height, width = image.shape[:2]
    channels = 1 if image.ndim == 2 else image.shape[2]
    formats.require_storable(kind, label, image.dtype, channels, height, width, lossless)
    if quality is not None and not 1 <= quality <= 100:
        raise OptionError(f"quality must be between 1 and 100, not {quality}")
    if kind is formats.BMP:
        data = bmp.encode(image)
    else:
        data = _encode_with_libvips(image, kind, metadata, quality, lossless)
    if kind is formats.JPEG and data is not None:
        _warn_of_what_was_too_long(data, label, metadata)
    if data is None:
        raise ImageError(
            f"{label}: this image of {width}x{height} cannot be stored as {kind.name}; choose .png or .tif"
        )
    return data


def _encode_with_libvips(
    image: npt.NDArray[Any], kind: formats.Format, metadata: Metadata, quality: int | None, lossless: bool
) -> bytes | None:
    vips = libvips.load()
    picture = _with_metadata(vips, _picture(vips, image), metadata)
    if kind in (formats.AVIF, formats.WEBP) and picture.bands < 3:
        picture = _in_colors(vips, picture, metadata.icc is not None)
    keep = ["icc", "xmp"] + (["exif"] if metadata.exif or metadata.dpi else [])
    options: dict[str, Any] = {"keep": ":".join(keep)}
    if kind is formats.PNG:
        # Photographs come out as small as with every filter tried, in half the time.
        options |= {"compression": 3, "filter": "up"}
    elif kind is formats.TIFF:
        options |= {
            "compression": "lzw",
            "predictor": "horizontal",
            "bigtiff": image.nbytes >= _MOST_IN_CLASSIC_TIFF,
        }
    elif kind is formats.WEBP and (lossless or quality is None):
        options |= {"lossless": True, "exact": True}
    elif kind is formats.AVIF and lossless:
        options |= {"lossless": True}
    else:
        options |= {"Q": _QUALITY[kind] if quality is None else quality}
    if kind is formats.AVIF:
        options |= {"bitdepth": 12 if image.dtype == np.uint16 else 8}
    try:
        data: bytes = picture.write_to_buffer(kind.suffixes[0], **options)
    except vips.Error:
        return None
    return tiff_exif.put_in(data, metadata.exif) if kind is formats.TIFF and metadata.exif else data


def _in_colors(vips: Any, picture: pyvips.Image, has_profile: bool) -> pyvips.Image:
    """A gray picture as colours, for formats that hold no gray; libvips would drop the profile with it."""
    if has_profile:
        try:
            depth = 16 if picture.format == "ushort" else 8
            return picture.icc_transform("srgb", embedded=True, intent="relative", depth=depth)
        except vips.Error:  # it is damaged, or not for gray
            pass
    return picture.colourspace("rgb16" if picture.format == "ushort" else "srgb")


def _warn_of_what_was_too_long(data: bytes, label: str, metadata: Metadata) -> None:
    """Names what libvips left out silently, because a segment of a JPEG file holds no more than 64 KB."""
    if max(len(metadata.exif or b""), len(metadata.xmp or b"")) < _FITS_IN_JPEG:
        return
    written = libvips.load().Image.new_from_buffer(data, "")
    for word, field, given in (
        ("EXIF", "exif-data", metadata.exif),
        ("XMP", "xmp-data", metadata.xmp),
    ):
        kept = len(written.get(field)) if written.get_typeof(field) else 0
        if given and kept < len(given) // 2:  # of EXIF a little is written in any case
            warnings.warn(
                f"{label}: JPEG holds 64 KB of {word}, and these {len(given)} bytes are left out; "
                "choose .png to keep them",
                UserWarning,
                stacklevel=2,
            )


def _picture(vips: Any, image: npt.NDArray[Any]) -> pyvips.Image:
    height, width = image.shape[:2]
    bands = 1 if image.ndim == 2 else image.shape[2]
    pixels = np.ascontiguousarray(image)
    picture = vips.Image.new_from_memory(
        pixels.data, width, height, bands, "uchar" if image.dtype == np.uint8 else "ushort"
    )
    if bands >= 3:
        picture = picture[2].bandjoin([picture[band] for band in (1, 0, 3)[: bands - 1]])
    names = {np.uint8: ("b-w", "srgb"), np.uint16: ("grey16", "rgb16")}[image.dtype.type]
    return picture.copy(interpretation=names[bands >= 3])


def _with_metadata(vips: Any, picture: pyvips.Image, metadata: Metadata) -> pyvips.Image:
    across, down = metadata.dpi or (_DPI, _DPI)
    picture = picture.copy(xres=across / _MM_PER_INCH, yres=down / _MM_PER_INCH)
    picture.set_type(vips.GValue.gint_type, "orientation", 1)
    picture.set_type(vips.GValue.gstr_type, "resolution-unit", "in")
    for name, value in (
        ("icc-profile-data", metadata.icc),
        ("exif-data", metadata.exif and b"Exif\0\0" + metadata.exif),
        ("xmp-data", metadata.xmp),
    ):
        if value:
            picture.set_type(vips.GValue.blob_type, name, value)
    return picture
