"""Files that are about to be made: may they be?"""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterable
from pathlib import Path

from srfast.errors import Error


def check_target(
    target: Path, error: type[Error], *, force: bool, sources: Iterable[str | os.PathLike[str]] = ()
) -> None:
    """Makes sure, before the work is done, that a file may be made at `target`.

    Args:
        target: The file to make.
        error: What is raised if it may not.
        force: Whether a file that is there may be replaced.
        sources: What the work begins with, and is not replaced in any case; names of no files are left out.

    Raises:
        Error: Of the class `error`: the file exists and `force` is not given, it is one of `sources`, or a
            folder or a device, its folder does not exist or cannot be written to, or there can be none of its
            name.
    """
    try:
        folder, exists, is_file = target.is_dir(), target.exists(), target.is_file()
        parent = Path(os.path.realpath(target)).parent if target.is_symlink() else target.parent
        has_parent = parent.is_dir()
    except OSError as refusal:
        raise error(f"cannot write {target}: {refusal.strerror}") from refusal
    if folder:
        raise error(f"{target} is a folder: name a file in it")
    if exists and not is_file:
        raise error(f"cannot write {target}: it is not a regular file")
    if exists and not force:
        raise error(f"{target} exists: give another name, or replace it with force (--force)")
    if exists and any(Path(each).exists() and target.samefile(each) for each in sources):
        raise error(f"{target} is to be read and is not overwritten: give another name")
    if not has_parent:
        raise error(f"cannot write {target}: the folder {parent} does not exist")
    if (reason := why_closed(parent)) is not None:
        raise error(f"cannot write {target}: {reason}")


def why_closed(folder: Path) -> str | None:
    """Why no file can be made in a folder, as the system will say it; None where nothing is seen against it.

    A folder that does not exist yet is as open as the one above it.
    """
    while not os.path.lexists(folder) and folder != folder.parent:
        folder = folder.parent
    if not os.path.isdir(folder):
        return os.strerror(errno.ENOTDIR)
    if os.access(folder, os.W_OK | os.X_OK):
        return None
    read_only = sys.platform != "win32" and os.statvfs(folder).f_flag & os.ST_RDONLY
    return os.strerror(errno.EROFS if read_only else errno.EACCES)
