"""What an image file says beside its pixels."""

from __future__ import annotations

import dataclasses


@dataclasses.dataclass(frozen=True)
class Metadata:
    """What an image file says beside its pixels, to be carried to the enlarged file.

    Attributes:
        icc: The colour profile that the samples are meant in, or None: sRGB, as far as anybody knows.
        exif: EXIF data: a TIFF structure, from its byte order mark on. The picture is upright already, and
            the orientation in here says so; a thumbnail is taken out, since it shows the picture as it was.
        xmp: An XMP packet (XML).
        dpi: Pixels per inch, horizontally and vertically.
    """

    icc: bytes | None = None
    exif: bytes | None = None
    xmp: bytes | None = None
    dpi: tuple[float, float] | None = None
