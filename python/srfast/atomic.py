"""Files that appear whole or not at all."""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def replacing(target: Path) -> Iterator[Path]:
    """Gives a temporary path beside `target` to write to, then renames it over `target`.

    If the block raises, or the process dies, `target` is what it was before. The temporary file keeps the target's
    suffix, because encoders choose the format by it, and the permissions that a new file would have.

    Args:
        target: The file to make or to replace. Its folder must exist.

    Yields:
        A path that does not exist yet, in the same folder.

    Raises:
        OSError: The folder is missing or not writable, or the disk is full. The message names `target`.
    """
    temporary = target.with_name(f".{target.stem[:40]}.{secrets.token_hex(4)}.tmp{target.suffix}")
    try:
        yield temporary
        with open(temporary, "rb+") as file:
            os.fsync(file.fileno())
        os.replace(temporary, target)
    finally:
        temporary.unlink(missing_ok=True)
