"""EXIF data is edited where it lies, so maker notes, whose offsets must not move, stay readable."""

from __future__ import annotations

import struct

_ORIENTATION = 0x0112
_HEADER = 8  # bytes: order, magic number, where the first directory is
_ENTRY = 12  # bytes: tag, type, count, value (TIFF 6.0, section 2)
_SHORT = 3
_UPRIGHT = 1


def upright(exif: bytes) -> bytes | None:
    """EXIF data as it should be once the picture has been turned.

    The orientation is reset, and the thumbnail unlinked: it shows the picture unturned and small.

    Args:
        exif: EXIF data: a TIFF structure, maybe after "Exif" and two zeros, as JPEG has it.

    Returns:
        The TIFF structure, of the same length and with everything else in place, or None if there is none.
    """
    data = bytearray(exif.removeprefix(b"Exif\0\0"))
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(bytes(data[:4]))
    if order is None or len(data) < _HEADER:
        return None
    (first,) = struct.unpack_from(order + "I", data, 4)
    if first < _HEADER or first + 2 > len(data):
        return None
    (count,) = struct.unpack_from(order + "H", data, first)
    end = first + 2 + count * _ENTRY
    for at in range(first + 2, min(end, len(data) - _ENTRY + 1), _ENTRY):
        tag, kind = struct.unpack_from(order + "HH", data, at)
        if tag == _ORIENTATION and kind == _SHORT:
            struct.pack_into(order + "H", data, at + 8, _UPRIGHT)
    if end + 4 <= len(data):
        struct.pack_into(order + "I", data, end, 0)  # the next directory is that of the thumbnail
    return bytes(data)
