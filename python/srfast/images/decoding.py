"""From the bytes of an image file to an array and what the file says beside it."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from srfast.errors import ImageError
from srfast.images import bmp, exif, formats, libvips, tiff_colors, tiff_exif, xmp
from srfast.images.metadata import Metadata

if TYPE_CHECKING:
    import pyvips

_LOADERS = {
    formats.PNG: "pngload_buffer",
    formats.JPEG: "jpegload_buffer",
    formats.TIFF: "tiffload_buffer",
    formats.WEBP: "webpload_buffer",
    formats.AVIF: "heifload_buffer",
    formats.GIF: "gifload_buffer",
}
# What libvips calls the types of samples that are not decoded.
_DTYPES = {"char": "int8", "short": "int16", "uint": "uint32", "int": "int32", "float": "float32",
           "double": "float64", "complex": "complex64", "dpcomplex": "complex128"}  # fmt: skip
_MM_PER_INCH = 25.4


def decode(data: bytes, label: str, max_pixels: int | None) -> tuple[npt.NDArray[Any], Metadata]:
    """What `srfast.images.decode` does; None for `max_pixels` is no limit."""
    if not data:
        raise ImageError(f"{label} is empty")
    kind = formats.of_content(data)
    if kind is None:
        hint = "; HEIC is not read: save it as JPEG first" if data[4:8] == b"ftyp" else ""
        raise ImageError(f"{label} cannot be decoded: it is damaged, cut short, or not an image{hint}")
    if kind is formats.BMP:
        _require_size(label, *bmp.size(data), max_pixels)
        image, metadata = bmp.decode(data), Metadata()
        if image is None:
            raise _damaged(label)
        if bmp.has_alpha(data) and image.shape[2:] != (4,):
            _warn(f"{label} is read without its transparency; {bmp.NEWER}")
    else:
        image, metadata = _decode_with_libvips(data, kind, label, max_pixels)
    return _without_opaque_alpha(image), metadata


def _decode_with_libvips(
    data: bytes, kind: formats.Format, label: str, max_pixels: int | None
) -> tuple[npt.NDArray[Any], Metadata]:
    vips = libvips.load()
    load = getattr(vips.Image, _LOADERS[kind])
    if kind is formats.TIFF and (colors := tiff_colors.unread(data)) is not None:
        raise ImageError(f"{label} holds {colors} colours; convert it to gray or RGB first")
    # libvips keeps one log for all threads, so what it says of an error may be about another file.
    try:
        header = load(data)  # only the header is read here
        _require_size(label, header.width, header.height, max_pixels)
        _warn_of_further_pictures(header, data, label)
        turned = _field(header, "orientation") not in (None, 1)
        metadata = _metadata(header, data, turned=turned)
        access = "random" if turned else "sequential"
        try:
            # libjpeg alone goes on where the data are damaged, and then warns.
            strictness = "warning" if kind is formats.JPEG else "error"
            array = _pixels(load(data, fail_on=strictness, access=access), label)
        except vips.Error:
            if kind is not formats.JPEG:
                raise
            array = _pixels(load(data, fail_on="error", access=access), label)
            _warn(f"{label} is damaged; what could be read of it was read")
    except vips.Error as error:
        raise _damaged(label) from error
    if kind is formats.AVIF and array.dtype == np.uint16:
        array |= array >> _field(header, "bits-per-sample")  # libvips leaves the lowest bits of 16 zero
    return array, metadata


def _pixels(picture: pyvips.Image, label: str) -> npt.NDArray[Any]:
    plain = _in_our_order(_plain(picture.autorot(), label))
    array: npt.NDArray[Any] = plain.numpy()
    # Of a single gray pixel pyvips makes an array without dimensions.
    return array.reshape(plain.height, plain.width, plain.bands) if array.ndim == 0 else array


def _plain(picture: pyvips.Image, label: str) -> pyvips.Image:
    """The picture as gray or sRGB samples of 8 or 16 bits, maybe with alpha."""
    if picture.format not in ("uchar", "ushort"):
        dtype = _DTYPES[picture.format]
        raise ImageError(f"{label} holds {dtype} samples; convert it to 8 or 16 bits a channel first")
    if picture.interpretation == "cmyk":
        profile = "its profile" if picture.get_typeof("icc-profile-data") else "a common press profile"
        _warn(f"{label} holds CMYK, converted to sRGB with {profile}")
        picture = picture.icc_transform(
            "srgb",
            embedded=True,
            input_profile="cmyk",
            depth=16 if picture.format == "ushort" else 8,
            intent="relative",
            black_point_compensation=True,
        )
    if picture.interpretation not in ("b-w", "grey16", "srgb", "rgb16") or picture.bands > 4:
        raise ImageError(
            f"{label} holds {picture.bands} channels of {picture.interpretation}; convert it to gray or RGB "
            "first"
        )
    return picture


def _in_our_order(picture: pyvips.Image) -> pyvips.Image:
    """RGB as BGR, while it is decoded rather than in a second array."""
    if picture.bands < 3:
        return picture
    return picture[2].bandjoin([picture[band] for band in (1, 0, 3)[: picture.bands - 1]])


def _metadata(header: pyvips.Image, data: bytes, *, turned: bool) -> Metadata:
    exif_data = _field(header, "exif-data")
    if formats.of_content(data) is formats.TIFF:
        exif_data = tiff_exif.taken_out(data)
    xmp_data = _field(header, "xmp-data")
    if xmp_data is not None and turned:
        xmp_data = xmp.upright(xmp_data)
    cmyk = header.interpretation == "cmyk"  # its profile is used up
    return Metadata(
        icc=None if cmyk else _field(header, "icc-profile-data"),
        exif=None if exif_data is None else exif.upright(exif_data),
        xmp=xmp_data,
        dpi=_dpi(header),
    )


def _dpi(header: pyvips.Image) -> tuple[float, float] | None:
    if header.xres == header.yres == 1.0:  # libvips's word for nothing said
        return None
    return (round(header.xres * _MM_PER_INCH, 3), round(header.yres * _MM_PER_INCH, 3))


def _field(picture: pyvips.Image, name: str) -> Any:
    return picture.get(name) if picture.get_typeof(name) else None


def _require_size(label: str, width: int, height: int, max_pixels: int | None) -> None:
    if width <= 0 or height <= 0:
        raise _damaged(label)
    if max_pixels is not None and width * height > max_pixels:
        raise ImageError(
            f"{label} has {width}x{height} pixels, more than the limit of {max_pixels}; if you trust the "
            "file, raise max_pixels (--max-pixels)"
        )


def _warn_of_further_pictures(header: pyvips.Image, data: bytes, label: str) -> None:
    count = _field(header, "n-pages") or 1
    if count > 1:
        _warn(f"{label} holds {count} pictures; only the first is read")
    elif formats.is_animated(data):
        _warn(f"{label} is animated; only its first picture is read")


def _without_opaque_alpha(image: npt.NDArray[Any]) -> npt.NDArray[Any]:
    if image.ndim == 3 and image.shape[2] in (2, 4):
        if image[:, :, -1].min() < np.iinfo(image.dtype).max:
            return image
        image = np.ascontiguousarray(image[:, :, :-1])
    return image[:, :, 0] if image.shape[2:] == (1,) else image


def _damaged(label: str) -> ImageError:
    return ImageError(f"{label} cannot be decoded: it is damaged, cut short, or not an image")


def _warn(message: str) -> None:
    warnings.warn(message, UserWarning, stacklevel=2)
