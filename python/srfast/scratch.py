"""A folder for what only lives while something else is made."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def folder() -> Iterator[Path]:
    """Makes a folder where the system keeps temporary files, and removes it with all that is in it.

    Raises:
        OSError: It cannot be made, or a file in it cannot be written; the error names the place and the way
            to another.
    """
    place = ""
    try:
        with tempfile.TemporaryDirectory(prefix="srfast-") as place:
            yield Path(place)
    except OSError as error:
        if place and error.filename is not None and not str(error.filename).startswith(place):
            raise  # about another file that the block works with
        where = tempfile.tempdir or os.environ.get("TMPDIR", "/tmp")
        message = f"{error.strerror}. Temporary files go there; TMPDIR names another folder"
        raise OSError(error.errno, message, where) from error
