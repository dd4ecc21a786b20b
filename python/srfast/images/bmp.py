"""BMP, which libvips does not have: through OpenCV."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np
import numpy.typing as npt

from srfast.errors import DependencyError

NEWER = "OpenCV 4.13 is the first with transparency in BMP files: pip install --upgrade opencv-python"


def size(data: bytes) -> tuple[int, int]:
    """The (width, height) that the header states, or (0, 0) where it is too short."""
    if len(data) < 26:
        return (0, 0)
    if int.from_bytes(data[14:18], "little") == 12:  # the header of OS/2
        return int.from_bytes(data[18:20], "little"), int.from_bytes(data[20:22], "little")
    width = int.from_bytes(data[18:22], "little", signed=True)
    return width, abs(int.from_bytes(data[22:26], "little", signed=True))  # negative: from top to bottom


def has_alpha(data: bytes) -> bool:
    """Whether the header (version 4 or 5) says where alpha stands in the samples."""
    mask = data[66:70] if int.from_bytes(data[14:18], "little") >= 108 else b""
    return int.from_bytes(data[28:30], "little") == 32 and any(mask)


def keeps_alpha() -> bool:
    """Whether this OpenCV reads and writes alpha: releases before 4.13 leave it out without a word."""
    major, minor, *_ = _import_cv2().__version__.split(".")
    return (int(major), int(minor)) >= (4, 13)


def decode(data: bytes) -> npt.NDArray[Any] | None:
    """HxW, HxWx3 (BGR) or HxWx4 (BGRA), uint8; None if the file is damaged."""
    cv2 = _import_cv2()
    try:
        image: npt.NDArray[Any] | None = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    except cv2.error:
        return None
    if image is not None and int.from_bytes(data[28:30], "little") == 16 and image.ndim == 3:
        _fill_low_bits(image, data)
    return image


def _fill_low_bits(image: npt.NDArray[Any], data: bytes) -> None:
    """Samples of 5 and 6 bits reach white: OpenCV leaves the lowest bits of 8 zero."""
    bit_fields = int.from_bytes(data[30:34], "little") == 3
    green = 6 if bit_fields and int.from_bytes(data[58:62], "little") == 0x07E0 else 5
    image |= image >> np.array([5, green, 5], np.uint8)


def encode(image: npt.NDArray[Any]) -> bytes | None:
    """The file, or None if the image is too large for it."""
    cv2 = _import_cv2()
    if image.shape[2:] == (2,):
        image = image[:, :, [0, 0, 0, 1]]
    try:
        done, data = cv2.imencode(".bmp", np.ascontiguousarray(image))
    except cv2.error:
        return None
    return bytes(data) if done else None


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
        raise DependencyError(f"BMP files need OpenCV, which {cure}") from error
    return cv2
