"""Image files as the arrays that `Upscaler` takes and gives, read and written with OpenCV."""

from __future__ import annotations

import os
import warnings
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import numpy.typing as npt

from srfast.atomic import replacing
from srfast.errors import DependencyError, ImageError

_BITS = {
    ".png": 16,
    ".tif": 16,
    ".tiff": 16,
    ".jpg": 8,
    ".jpeg": 8,
    ".webp": 8,
    ".avif": 8,
    ".bmp": 8,
}
"""The formats to write, by suffix, and the bits of a sample that OpenCV stores in each."""


def read(path: str | os.PathLike[str]) -> npt.NDArray[Any]:
    """Reads an image file.

    The rotation that EXIF data asks for is applied. Other metadata and colour profiles are not used: the
    numbers are given as they are in the file. An alpha channel that is opaque everywhere is dropped.

    OpenCV and its codecs write what they notice about damaged files to standard error, as they do for any
    user of OpenCV in the process; the `srfast` command collects these messages and shows them in its own way.

    May be called from several threads.

    Args:
        path: A file in a format that OpenCV decodes, such as PNG, JPEG, WebP, TIFF, AVIF or BMP. The name may
            hold any characters.

    Returns:
        HxW for a gray file or HxWx3 in the order blue, green, red; uint8 or uint16, full range, C-contiguous.

    Raises:
        ImageError: The file is missing, empty, damaged, not an image, larger than OpenCV decodes, has
            transparent pixels, or holds samples other than 8 or 16 bits.
        DependencyError: OpenCV cannot be imported.

    Warns:
        UserWarning: The file holds several pictures (pages or frames); only the first is read.
    """
    path = Path(path)
    cv2 = _import_cv2()
    try:
        data = path.read_bytes()
    except IsADirectoryError as error:
        raise ImageError(f"{path} is a folder, not an image file") from error
    except OSError as error:
        raise ImageError(f"{path}: {error.strerror}") from error
    if not data:
        raise ImageError(f"{path} is empty")

    damaged = ImageError(f"{path} cannot be decoded: it is damaged, cut short, or not an image")
    if data.startswith(b"\xff\xd8") and not _is_whole_jpeg(data):
        raise damaged
    buffer = np.frombuffer(data, np.uint8)
    try:
        image = cv2.imdecode(buffer, cv2.IMREAD_ANYCOLOR | cv2.IMREAD_ANYDEPTH)
        # Only a decoding without conversion gives alpha, and only one with conversion turns by EXIF.
        unconverted = image if data.startswith(b"\xff\xd8") else cv2.imdecode(buffer, cv2.IMREAD_UNCHANGED)
    except cv2.error as error:
        if "CV_IO_MAX_IMAGE" in error.err:
            raise ImageError(
                f"{path} has more pixels than OpenCV decodes; if you trust the file, lift the limit with the "
                "environment variables OPENCV_IO_MAX_IMAGE_PIXELS, _WIDTH and _HEIGHT"
            ) from error
        raise damaged from error
    if image is None or unconverted is None:
        raise damaged

    if image.dtype not in (np.uint8, np.uint16):
        raise ImageError(f"{path} holds {image.dtype} samples; convert it to 8 or 16 bits a channel first")
    if _is_transparent(unconverted) or _has_gray_transparency(data):
        raise ImageError(
            f"{path} has transparent pixels, which srfast does not enlarge yet; put it on a background "
            "first, for example with ImageMagick: magick IN.png -background white -flatten OUT.png"
        )
    if (pictures := _picture_count(path)) > 1:
        warnings.warn(f"{path} holds {pictures} pictures; only the first is read", UserWarning, stacklevel=2)
    if _is_gray_png(data) and image.ndim == 3:  # gray with an alpha channel; OpenCV has no such array
        image = image[:, :, 0]
    return np.ascontiguousarray(image)


def write(path: str | os.PathLike[str], image: npt.NDArray[Any]) -> None:
    """Writes an image file in the format that its suffix names.

    The file appears whole or not at all; one that is there already is replaced. JPEG and AVIF lose a little
    (quality 95); the others, WebP included, keep every value.

    May be called from several threads.

    Args:
        path: The file, ending in .png, .tif, .tiff, .jpg, .jpeg, .webp, .avif or .bmp. Its folder must exist.
        image: HxW or HxWx1 (gray), or HxWx3 in the order blue, green, red; uint8, or uint16 for PNG and TIFF;
            full range, any strides.

    Raises:
        ImageError: The suffix is unknown or cannot hold such an array, the array is not an image, or the file
            cannot be written.
        DependencyError: OpenCV cannot be imported.
    """
    path = Path(path)
    if image.ndim not in (2, 3) or image.shape[2:] not in ((), (1,), (3,)) or image.size == 0:
        raise ImageError(f"an image is HxW, HxWx1 or HxWx3 and not empty; this array has shape {image.shape}")
    check_writable(path, image.dtype)
    cv2 = _import_cv2()
    try:
        done, data = cv2.imencode(path.suffix.lower(), np.ascontiguousarray(image))
    except cv2.error:
        done = False
    if not done:
        height, width = image.shape[:2]
        raise ImageError(
            f"{path}: an image of {width}x{height} cannot be stored as {path.suffix} (WebP ends at 16383 "
            "pixels a side, JPEG at 65500); choose .png or .tif"
        )
    try:
        with replacing(path) as temporary:
            temporary.write_bytes(data)
    except OSError as error:
        raise ImageError(f"{path} cannot be written: {error.strerror}") from error


def check_writable(path: str | os.PathLike[str], dtype: npt.DTypeLike) -> None:
    """Checks, before the work is done, that `write` can store samples of a type in a file of a name.

    Args:
        path: The file. Only its suffix is looked at.
        dtype: The type of the samples.

    Raises:
        ImageError: The suffix is unknown, or its format does not hold such samples.
        DependencyError: OpenCV cannot be imported.
    """
    suffix = Path(path).suffix.lower()
    if suffix not in _BITS:
        known = ", ".join(_BITS)
        raise ImageError(
            f"{path}: images are not written as {suffix or 'a file without suffix'}; choose one of {known}"
        )
    dtype = np.dtype(dtype)
    if dtype not in (np.uint8, np.uint16):
        raise ImageError(f"{path}: image files take uint8 or uint16, not {dtype}")
    if dtype.itemsize * 8 > _BITS[suffix]:
        raise ImageError(
            f"{path}: {suffix} holds 8 bits a channel, and the image has 16; choose .png or .tif"
        )
    if not _import_cv2().haveImageWriter(f"image{suffix}"):
        raise ImageError(f"{path}: the installed OpenCV does not write {suffix}; choose .png")


def _import_cv2() -> ModuleType:
    try:
        import cv2
    except ImportError as error:
        if isinstance(error, ModuleNotFoundError) and error.name == "cv2":
            cure = "is not installed; run: pip install opencv-python"
        else:
            cure = (
                f"is installed but cannot be loaded ({error}); on Debian and Ubuntu run: apt-get install "
                "libgl1 libglib2.0-0; or take the build that needs no windows: "
                "pip uninstall -y opencv-python && pip install opencv-python-headless"
            )
        raise DependencyError(f"image files need OpenCV, which {cure}") from error
    return cv2


def _picture_count(path: Path) -> int:
    try:
        str(path).encode()
    except UnicodeEncodeError:
        return 1  # OpenCV 5.0 crashes on a name that is not text
    if not path.is_file():
        return 1  # a pipe, which is empty by now
    count: int = _import_cv2().imcount(str(path))
    return count


def _is_whole_jpeg(data: bytes) -> bool:
    """Whether the end marker follows the scan; OpenCV 4 fills a file that was cut short up with gray."""
    at = 2
    while (
        data[at : at + 1] == b"\xff" and data[at + 1 : at + 2] != b"\xda"
    ):  # segments; their length is in them
        at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")
    return data.find(b"\xff\xd9", at) >= 0


def _is_transparent(image: npt.NDArray[Any]) -> bool:
    return image.ndim == 3 and image.shape[2] == 4 and bool(image[:, :, 3].min() < np.iinfo(image.dtype).max)


_PNG = b"\x89PNG\r\n\x1a\n"
_PNG_COLOR_TYPE = (
    25  # the offset of this byte in a PNG file: 0 is gray, 4 gray with alpha (PNG specification, 11.2.1)
)


def _is_gray_png(data: bytes) -> bool:
    return data.startswith(_PNG) and data[_PNG_COLOR_TYPE] in (0, 4)


def _has_gray_transparency(data: bytes) -> bool:
    """Whether one gray value of a PNG stands for transparent pixels, which OpenCV ignores."""
    return data.startswith(_PNG) and data[_PNG_COLOR_TYPE] == 0 and b"tRNS" in data[: data.find(b"IDAT")]
