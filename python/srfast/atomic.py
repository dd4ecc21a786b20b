"""Files that appear whole or not at all."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def replacing(target: Path) -> Iterator[Path]:
    """Gives a temporary path beside `target` to write to, then renames it over `target`.

    If the block raises, or the process dies, `target` is what it was before. The temporary file keeps the
    target's suffix, because encoders choose the format by it. A file that is replaced passes its permissions
    on; a new one has those that the umask gives. A symbolic link stays; the file it points to is replaced.

    Args:
        target: The file to make or to replace. Its folder must exist.

    Yields:
        A path that does not exist yet, in the folder of the file.

    Raises:
        OSError: The folder is missing or not writable, `target` is a folder or a device, or the disk is full.
            The error names `target`, not the temporary file.
    """
    file = Path(os.path.realpath(target))  # the temporary file must be on the file system of the file itself
    # Checked before the work is done, and because the rename would replace a device such as /dev/null.
    if file.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(target))
    if file.exists() and not file.is_file():
        raise OSError(errno.EINVAL, "Not a regular file", str(target))
    temporary = file.with_name(f".{file.stem[:40]}.{secrets.token_hex(4)}.tmp{file.suffix}")
    try:
        try:
            yield temporary
            with open(temporary, "rb+") as written:
                os.fsync(written.fileno())
            if file.exists():
                shutil.copymode(file, temporary)
            os.replace(temporary, file)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        if error.errno is None or error.filename not in (None, str(temporary)):
            raise  # about something else that the block works with
        raise OSError(error.errno, error.strerror, str(target)) from error
