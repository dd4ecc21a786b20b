"""Files that appear whole or not at all."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import secrets
import shutil
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import IO

if sys.platform != "win32":  # there a file that is open cannot be removed, which is as good as a lock
    import fcntl

_MARK = "srfast-tmp"
_LEFTOVER = re.compile(rf"\..*\.[0-9a-f]{{8}}\.{_MARK}(\..*)?", re.DOTALL)

_state = threading.Condition()
_live: set[Path] = set()  # the temporary files of this process
_ending = False


@contextlib.contextmanager
def replacing(target: Path, *, overwrite: bool = True) -> Iterator[Path]:
    """Gives a temporary path beside `target` to write to, then renames it over `target`.

    If the block raises, or the process dies, `target` is what it was before. The temporary file keeps the
    target's suffix, because encoders choose the format by it. It is empty and locked: a lock that ends with
    the process tells other processes whether it is in use (`remove_leftovers`). So write into it rather than
    put another file in its place. A file that is replaced passes its permissions on; a new one has those that
    the umask gives. A symbolic link stays; the file it points to is replaced.

    Args:
        target: The file to make or to replace. Its folder must exist.
        overwrite: Whether a file that is there may be replaced. If not, one that appears while the block runs
            is kept, too (but on file systems without hard links, where looking and renaming are two steps).

    Yields:
        The path of an empty file in the folder of the file.

    Raises:
        OSError: The folder is missing or not writable, `target` is a folder or a device, or exists and may
            not be replaced, or the disk is full. The error names `target`, not the temporary file.
    """
    file = Path(os.path.realpath(target))  # the temporary file must be on the file system of the file itself
    # Checked before the work is done, and because the rename would replace a device such as /dev/null.
    if file.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(target))
    if file.exists() and not file.is_file():
        raise OSError(errno.EINVAL, "Not a regular file", str(target))
    if file.exists() and not overwrite:
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(target))
    temporary, lock = _create_temporary(file, target)
    try:
        try:
            yield temporary
            with open(temporary, "rb+") as written:
                os.fsync(written.fileno())
            if sys.platform == "win32":
                lock.close()  # nor can a file that is open be renamed there
            if overwrite:
                if file.exists():
                    shutil.copymode(file, temporary)
                os.replace(temporary, file)
            else:
                _rename_to_free_name(temporary, file)
        finally:
            lock.close()
            temporary.unlink(missing_ok=True)
            with _state:
                _live.discard(temporary)
                _state.notify_all()
    except OSError as error:
        if error.errno is None or error.filename not in (None, str(temporary)):
            raise  # about something else that the block works with
        raise OSError(error.errno, error.strerror, str(target)) from error


def remove_leftovers(folder: Path) -> int:
    """Removes the temporary files that killed processes left in a folder, but none that is being written.

    Args:
        folder: The folder to look into, not its subfolders.

    Returns:
        How many were removed. What cannot be looked into or removed is left.
    """
    removed = 0
    try:
        names = os.listdir(folder)
    except OSError:
        return 0
    for name in names:
        if not _LEFTOVER.fullmatch(name):
            continue
        with contextlib.suppress(OSError):  # it is gone or of somebody else
            _unlink_unlocked(folder / name)
            removed += 1
    return removed


def end_all(seconds: float) -> None:
    """Prepares for the end of this process, which must follow: no temporary file of it stays.

    Files that are about to be put in place are waited for, and no others are begun.

    Args:
        seconds: How long to wait. Files that are not in place by then are given up.
    """
    global _ending
    with _state:
        _ending = True
        _state.wait_for(lambda: not _live, timeout=seconds)
        for temporary in _live:
            with contextlib.suppress(OSError):
                temporary.unlink()


def _create_temporary(file: Path, target: Path) -> tuple[Path, IO[bytes]]:
    """Makes an empty file beside `file` and locks it; gives its path and the open file with the lock."""
    while True:
        temporary = file.with_name(f".{file.stem[:40]}.{secrets.token_hex(4)}.{_MARK}{file.suffix}")
        with _state:
            if _ending:
                raise OSError(errno.ECANCELED, "Not begun, because the process is ending", str(target))
            try:
                lock = open(temporary, "xb+")  # noqa: SIM115 - it is held until the file is in place
            except OSError as error:
                raise OSError(error.errno, error.strerror, str(target)) from error
            _live.add(temporary)
        if sys.platform != "win32":
            # On a file system without locks, nobody else gets one either, so nobody removes the file.
            with contextlib.suppress(OSError):
                fcntl.flock(lock, fcntl.LOCK_EX)
        if os.fstat(lock.fileno()).st_nlink > 0:
            return temporary, lock
        # It was taken for a leftover before it was locked.
        lock.close()
        with _state:
            _live.discard(temporary)


def _unlink_unlocked(temporary: Path) -> None:
    """Removes a temporary file; fails where a living process writes it."""
    if sys.platform == "win32":
        temporary.unlink()
    else:
        file = os.open(temporary, os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            temporary.unlink()
        finally:
            os.close(file)


def _rename_to_free_name(temporary: Path, file: Path) -> None:
    try:
        os.link(temporary, file)  # unlike a rename, it fails where there is a file
    except FileExistsError as error:
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(temporary)) from error
    except OSError:  # no hard links here
        if file.exists():
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(temporary)) from None
        os.replace(temporary, file)
