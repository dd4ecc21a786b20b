"""Where C and C++ programs find the library that comes with the package."""

from __future__ import annotations

from pathlib import Path

from srfast import _core

# Beside the native module: in an editable installation that is not where this file lies.
_FOLDER = Path(_core.__file__).parent


def get_include() -> str:
    """The folder of the headers `srfast/srfast.h` (C) and `srfast/upscaler.h` (C++), for a compiler's -I."""
    return str(_FOLDER / "include")


def get_cmake_dir() -> str:
    """The folder of `srfastConfig.cmake`, for CMake's `-Dsrfast_DIR=` and `find_package(srfast)`."""
    return str(_FOLDER / "lib" / "cmake" / "srfast")
