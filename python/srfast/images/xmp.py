"""XMP says in its own words how a picture lies; some programs write that there as well as in EXIF data."""

from __future__ import annotations

import re

# As an attribute or as an element (XMP Specification Part 2, 3.6: values as in EXIF).
_ORIENTATION = re.compile(rb"""(tiff:Orientation(?:\s*=\s*["']|\s*>\s*))[2-8]""")


def upright(packet: bytes) -> bytes:
    """An XMP packet as it should be once the picture has been turned: of the same length."""
    return _ORIENTATION.sub(rb"\g<1>1", packet)
