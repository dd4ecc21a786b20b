"""EXIF data of TIFF files, which is not a block in them but a part of their own directories.

libvips neither takes it out nor puts it in, so that is done here, on the bytes of the file.
"""

from __future__ import annotations

import dataclasses
import struct
from collections.abc import Sequence
from typing import Any

import numpy as np

_EXIF, _GPS, _INTEROPERABILITY = 0x8769, 0x8825, 0xA005
_POINTERS = {_EXIF, _GPS, _INTEROPERABILITY}  # to directories of their own
_DEPTH = 2  # the last lies in the first, which lies in that of the picture
_MAKER_NOTE = 0x927C  # has offsets of its own, which lead nowhere once it is moved
# What EXIF adds to the directory of the picture (Exif 2.32, 4.6.4): ImageDescription, Make, Model, Software,
# DateTime, Artist, HostComputer and Copyright; and what Windows adds. Orientation and resolution are carried
# over otherwise, and the rest says how the pixels are stored.
_OF_PICTURE = {270, 271, 272, 305, 306, 315, 316, 33432, 18246, 18249, *range(40091, 40096), _EXIF, _GPS}
# Of each type, the bytes of a value, and those that the byte order of the file reverses (TIFF 6.0, section 2;
# 16 to 18 are BigTIFF's).
_BYTES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4}
_BYTES |= {16: 8, 17: 8, 18: 8}
_WORD = _BYTES | {5: 4, 10: 4}
_OFFSETS = {4: "I", 13: "I", 16: "Q", 18: "Q"}  # types that offsets of directories have

# By tag: type, count, and the value in the byte order of the file, or the directory that it points to.
_Directory = dict[int, tuple[int, int, Any]]


@dataclasses.dataclass(frozen=True)
class _Layout:
    """How numbers are written.

    Attributes:
        order: "<" or ">".
        big: Whether it is BigTIFF, whose counts and offsets have 64 bits.
    """

    order: str
    big: bool = False

    @property
    def first(self) -> int:
        """Where the offset of the first directory lies."""
        return 8 if self.big else 4

    @property
    def offset(self) -> str:
        return self.order + ("Q" if self.big else "I")

    @property
    def count(self) -> str:
        """Of the entries of a directory."""
        return self.order + ("Q" if self.big else "H")

    @property
    def entry(self) -> str:
        """Tag, type, count, and the value or its offset."""
        return self.order + ("HHQ8s" if self.big else "HHI4s")


def taken_out(data: bytes) -> bytes | None:
    """The EXIF data in a TIFF file, as a TIFF structure of its own; None if there is none.

    Maker notes are left out: they would not survive the move. So is what is damaged.
    """
    layout = _layout(data)
    directory = {} if layout is None else _read(data, layout, layout.first, _OF_PICTURE)
    if layout is None or not directory:
        return None
    block = _Layout(layout.order)
    header = (b"II*\0" if block.order == "<" else b"MM\0*") + struct.pack(block.offset, 8)
    return header + _written(directory, block, len(header))


def put_in(data: bytes, exif: bytes) -> bytes:
    """A TIFF file with EXIF data in it, too, but for maker notes.

    Args:
        data: The file. A new directory is written after it; nothing in it moves.
        exif: A TIFF structure, in any byte order. Where both say something, the file is right.
    """
    layout, source = _layout(data), _layout(exif)
    if layout is None or source is None:
        return data
    (at,) = struct.unpack_from(layout.offset, data, layout.first)
    (count,) = struct.unpack_from(layout.count, data, at)
    size = struct.calcsize(layout.entry)
    at += struct.calcsize(layout.count)
    present = [data[place : place + size] for place in range(at, at + count * size, size)]
    tags = {_tag(entry, layout) for entry in present}
    new = _read(exif, source, source.first, _OF_PICTURE - tags)
    if not new:
        return data
    if source.order != layout.order:
        new = _reversed(new)
    data += bytes(-len(data) % 2)
    patched = data[: layout.first] + struct.pack(layout.offset, len(data))
    return patched + data[len(patched) :] + _written(new, layout, len(data), present)


def numbers(data: bytes, tags: set[int]) -> dict[int, int]:
    """The first value of those of some tags that the directory of the picture has, as whole numbers."""
    layout = _layout(data)
    directory = {} if layout is None else _read(data, layout, layout.first, tags)
    return {
        tag: int.from_bytes(value[: _BYTES[kind]], "little" if data.startswith(b"II") else "big")
        for tag, (kind, _, value) in directory.items()
    }


def _layout(data: bytes) -> _Layout | None:
    layouts = {
        b"II*\0": _Layout("<"),
        b"MM\0*": _Layout(">"),
        b"II+\0": _Layout("<", big=True),
        b"MM\0+": _Layout(">", big=True),
    }
    return layouts.get(data[:4])


def _read(data: bytes, layout: _Layout, pointer: int, tags: set[int] | None, depth: int = 0) -> _Directory:
    """What can be read of the directory whose offset lies at `pointer`; of some tags, or of all."""
    found: _Directory = {}
    size = struct.calcsize(layout.entry)
    try:
        (at,) = struct.unpack_from(layout.offset, data, pointer)
        (count,) = struct.unpack_from(layout.count, data, at)
        at += struct.calcsize(layout.count)
        for place in range(at, at + count * size, size):
            tag, kind, number, field = struct.unpack_from(layout.entry, data, place)
            if (tags is not None and tag not in tags) or kind not in _BYTES or tag == _MAKER_NOTE:
                continue
            if tag in _POINTERS:
                below = {}
                if depth < _DEPTH and kind in _OFFSETS:
                    below = _read(data, layout, place + size - len(field), None, depth + 1)
                if below:
                    found[tag] = (kind, 1, below)
                continue
            length = number * _BYTES[kind]
            (offset,) = struct.unpack(layout.offset, field)
            value = field[:length] if length <= len(field) else data[offset : offset + length]
            if len(value) == length > 0:
                found[tag] = (kind, number, value)
    except (struct.error, OverflowError):  # it leads beyond the end, or beyond all files
        pass
    return found


def _written(directory: _Directory, layout: _Layout, at: int, present: Sequence[bytes] = ()) -> bytes:
    """A directory and its values, to stand at an offset; with entries that are there already, as bytes."""
    size = struct.calcsize(layout.entry)
    count = len(directory) + len(present)
    head = struct.pack(layout.count, count)
    values = b""
    first = at + len(head) + count * size + struct.calcsize(layout.offset)
    entries = list(present)
    for tag, (kind, number, value) in directory.items():
        field = value
        if isinstance(value, dict):
            kind = 18 if layout.big else 4
            field = struct.pack(layout.offset, first + len(values))
            values += _written(value, layout, first + len(values))
        elif len(value) > struct.calcsize(layout.offset):
            field = struct.pack(layout.offset, first + len(values))
            values += value + bytes(len(value) % 2)
        entries.append(struct.pack(layout.entry, tag, kind, number, field))
    entries.sort(key=lambda entry: _tag(entry, layout))
    return head + b"".join(entries) + struct.pack(layout.offset, 0) + values


def _tag(entry: bytes, layout: _Layout) -> int:
    tag: int = struct.unpack_from(layout.order + "H", entry)[0]
    return tag


def _reversed(directory: _Directory) -> _Directory:
    """The same in the other byte order."""
    return {
        tag: (
            kind,
            number,
            _reversed(value)
            if isinstance(value, dict)
            else np.frombuffer(value, f"u{_WORD[kind]}").byteswap().tobytes(),
        )
        for tag, (kind, number, value) in directory.items()
    }
