"""TIFF files in colours that libvips gives as if they were red, green and blue, or does not read at all."""

from __future__ import annotations

from srfast.images import tiff_exif

_COMPRESSION, _PHOTOMETRIC = 259, 262  # TIFF 6.0, section 3
_BY_JPEG = {6, 7}  # libjpeg makes RGB of it
_YCBCR = 6
_NAMES = {_YCBCR: "YCbCr", 8: "L*a*b*", 9: "L*a*b*", 10: "L*a*b*"}


def unread(data: bytes) -> str | None:
    """What the colours of such a file are called; None for all other files."""
    tags = tiff_exif.numbers(data, {_COMPRESSION, _PHOTOMETRIC})
    photometric = tags.get(_PHOTOMETRIC)
    if photometric == _YCBCR and tags.get(_COMPRESSION) in _BY_JPEG:
        return None
    return None if photometric is None else _NAMES.get(photometric)
