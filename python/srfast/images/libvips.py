"""libvips, imported where it is used."""

from __future__ import annotations

import os
import sys
from types import ModuleType

from srfast.errors import DependencyError

_inherited = False  # whether this process was forked from one that used libvips
_used = False


def load() -> ModuleType:
    """The module `pyvips`.

    Raises:
        DependencyError: It cannot be imported, or this is a forked process whose parent has used it: libvips
            would wait for threads that are not here.
    """
    global _used
    if _inherited:
        raise DependencyError(
            "image files were read or written before this process was forked, and the threads of libvips are "
            'not here; start the child process by "spawn" or "forkserver"'
        )
    try:
        import pyvips
    except (ImportError, OSError) as error:  # OSError: the package is there, and the library is not
        raise DependencyError(
            f"image files need libvips, which cannot be loaded ({error}); run: pip install 'pyvips[binary]'"
        ) from error
    _used = True
    module: ModuleType = pyvips
    return module


def _after_fork() -> None:
    global _inherited
    _inherited = _used


if sys.platform != "win32":
    os.register_at_fork(after_in_child=_after_fork)
