"""The size that an image is to have, and shrinking to it what a network made larger."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import numpy as np
import numpy.typing as npt

from srfast.errors import OptionError
from srfast.images import libvips

LARGEST_SCALE = 64
"""Beyond it there is nothing that a network could still add."""


@dataclasses.dataclass(frozen=True)
class TargetSize:
    """What size images are to have. One of the four is given; proportions are kept.

    Attributes:
        scale: Pixels of the result per pixel of the image along each axis; may be a fraction, or below 1.
        width: Pixels of the result from left to right.
        height: Pixels of the result from top to bottom.
        fit: Width and height of a box that the result fills along one axis and does not exceed along the
            other.

    Raises:
        OptionError: Not one of them is given, or it makes no sense.
    """

    scale: float | None = None
    width: int | None = None
    height: int | None = None
    fit: tuple[int, int] | None = None

    def __post_init__(self) -> None:
        given = [value for value in (self.scale, self.width, self.height, self.fit) if value is not None]
        if len(given) != 1:
            raise OptionError("give one of scale, width, height and fit")
        if self.scale is not None and not (math.isfinite(self.scale) and 0 < self.scale <= LARGEST_SCALE):
            raise OptionError(f"a scale lies above 0 and not above {LARGEST_SCALE}; {self.scale:g} does not")
        for pixels in (self.width, self.height, *(self.fit or ())):
            if pixels is not None and pixels < 1:
                raise OptionError(f"{pixels} pixels are no width or height")

    def of(self, height: int, width: int) -> tuple[int, int]:
        """The height and width of the result for an image of a height and width; at least a pixel each."""
        if self.width is not None:
            factor = self.width / width
        elif self.height is not None:
            factor = self.height / height
        elif self.fit is not None:
            factor = min(self.fit[0] / width, self.fit[1] / height)
        else:
            assert self.scale is not None
            factor = self.scale
        # Half up. The axis that was given comes out exactly.
        return max(1, math.floor(height * factor + 0.5)), max(1, math.floor(width * factor + 0.5))

    def __str__(self) -> str:
        """As it stands in the names of files: x2.5, w1920, h1080 or 1920x1080."""
        if self.width is not None:
            return f"w{self.width}"
        if self.height is not None:
            return f"h{self.height}"
        if self.fit is not None:
            return f"{self.fit[0]}x{self.fit[1]}"
        return f"x{self.scale:g}"


def shrink(image: npt.NDArray[Any], height: int, width: int) -> npt.NDArray[Any]:
    """Makes an image smaller, by Lanczos' filter with three lobes, widened by the ratio against aliasing.

    Done by libvips, in float; colours are weighted by alpha, so what is transparent does not bleed.

    Args:
        image: HxW, HxWx1 to HxWx4 (2 and 4 with alpha last, not premultiplied); uint8, uint16 or float32; any
            strides.
        height: Of the result, at most the image's.
        width: Of the result, at most the image's.

    Returns:
        An array of the same type and number of dimensions. Integers are rounded to nearest and clipped;
        float32 is clipped to 0..1.
    """
    if image.shape[:2] == (height, width):
        return image
    vips = libvips.load()
    full = float(np.iinfo(image.dtype).max) if image.dtype.kind == "u" else 1.0
    bands = 1 if image.ndim == 2 else image.shape[2]
    kind = {"uint8": "uchar", "uint16": "ushort", "float32": "float"}[image.dtype.name]
    pixels = np.ascontiguousarray(image)
    picture = vips.Image.new_from_memory(pixels.data, image.shape[1], image.shape[0], bands, kind)
    picture = picture.copy(interpretation="b-w" if bands < 3 else "srgb").cast("float")
    if bands in (2, 4):
        picture = picture.premultiply(max_alpha=full)
    picture = picture.resize(width / image.shape[1], vscale=height / image.shape[0], kernel="lanczos3")
    if bands in (2, 4):
        picture = picture.unpremultiply(max_alpha=full)
    values = np.frombuffer(picture.write_to_memory(), np.float32).reshape(height, width, bands)
    if image.dtype.kind == "u":
        values = np.rint(values)
    result = values.clip(0, full).astype(image.dtype)
    return result[:, :, 0] if image.ndim == 2 else result
