"""What is given as an image: NumPy arrays as they are, Pillow's images by their own mode."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, TypeGuard

import numpy as np
import numpy.typing as npt

from srfast.errors import ImageError

if TYPE_CHECKING:
    from PIL import Image

_AS_THEY_ARE = ("L", "LA", "RGB", "RGBA", "I;16")
"""Modes that are arrays already: gray, gray with alpha, colour, colour with alpha, gray of 16 bits."""

_CONVERTED = {"1": "L", "La": "LA", "RGBa": "RGBA", "RGBX": "RGB", "YCbCr": "RGB", "PA": "RGBA"}
"""Modes that stand for the same colours in another form."""

_CURES = {
    "CMYK": 'image.convert("RGB"), or PIL.ImageCms with its profile',
    "I;16B": 'image.convert("I;16")',
}

_KEPT = ("icc_profile", "exif", "dpi")
"""What of a picture's `info` is as true of the larger one."""


def is_picture(image: object) -> TypeGuard[Image.Image]:
    """Whether it is one of Pillow's images, which is not imported for this."""
    pillow = sys.modules.get("PIL.Image")
    return pillow is not None and isinstance(image, pillow.Image)


def to_array(picture: Image.Image) -> npt.NDArray[Any]:
    """The pixels of one of Pillow's images.

    Args:
        picture: Of a mode of 8 bits, or of gray of 16. A palette becomes colours; what is transparent by an
            entry of `info` becomes alpha.

    Returns:
        Height x width, or height x width x 2 (gray, alpha), 3 (red, green, blue) or 4 (red, green, blue,
        alpha); uint8 or uint16.

    Raises:
        ImageError: The mode does not say what its values mean for a picture; the message says what to do.
    """
    mode = picture.mode
    if mode == "P":
        wanted = "RGBA" if picture.has_transparency_data else "RGB"
    elif mode in ("L", "RGB") and "transparency" in picture.info:
        wanted = mode + "A"
    elif mode in _AS_THEY_ARE:
        wanted = mode
    elif mode in _CONVERTED:
        wanted = _CONVERTED[mode]
    else:
        cure = _CURES.get(mode, "image.convert(...), minding the range of its values")
        raise ImageError(
            f"img is a PIL image of mode {mode}; srfast takes {', '.join(_AS_THEY_ARE)}, P, and what is as "
            f"good as one of them. Convert it: {cure}"
        )
    return np.asarray(picture if wanted == mode else picture.convert(wanted))


def to_picture(array: npt.NDArray[Any], like: Image.Image) -> Image.Image:
    """The reverse of `to_array`, with the colour profile, the EXIF data and the resolution of `like`."""
    from PIL import Image

    picture = Image.fromarray(array)
    picture.info = {key: like.info[key] for key in _KEPT if key in like.info}
    return picture


def require_array(name: str, value: object) -> None:
    """Refuses what is no image by its type or layout, with the cure.

    Args:
        name: What messages call it.
        value: It should be a NumPy array, height x width or height x width x channels. The native side looks
            at the rest.

    Raises:
        ImageError: It is something else.
    """
    if not isinstance(value, np.ndarray):
        kind = type(value)
        if kind.__module__.partition(".")[0] == "torch":
            raise ImageError(
                f"{name} is a PyTorch {kind.__name__}; srfast takes NumPy arrays, height x width x channels: "
                f"give {name}.permute(1, 2, 0).cpu().numpy() of each image, float32 in 0..1 or uint8"
            )
        raise ImageError(
            f"{name} is a {kind.__name__}, not a NumPy array; convert it with numpy.asarray, minding its "
            "dtype, its layout (height x width x channels) and its channel order"
        )
    if value.ndim == 3 and value.shape[0] in (1, 3) and value.shape[2] > 4:
        raise ImageError(
            f"{name} has shape {value.shape}: channels x height x width (CHW), as networks have it; srfast "
            f"takes height x width x channels: give {name}.transpose(1, 2, 0)"
        )


def require_pixels(name: str, image: npt.NDArray[Any]) -> None:
    """Refuses an array that the native side would refuse, where it may not get to see it.

    Args:
        name: What messages call it.
        image: Any array.

    Raises:
        ImageError: It is empty, or has other dimensions, channels or samples than images have.
    """
    if image.ndim not in (2, 3) or image.size == 0:
        raise ImageError(f"{name} has shape {image.shape}; an image is HxW or HxWxC, and not empty")
    channels = 1 if image.ndim == 2 else image.shape[2]
    if channels > 4:
        raise ImageError(
            f"{name} has {channels} channels; srfast takes 1 (gray), 2 (gray, alpha), 3 (colour) or "
            "4 (colour, alpha)"
        )
    if image.dtype not in (np.uint8, np.uint16, np.float32):
        raise ImageError(f"{name} holds {image.dtype}; srfast takes uint8, uint16 and float32 in 0..1")
