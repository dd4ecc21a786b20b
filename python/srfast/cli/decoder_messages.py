"""What image decoders and encoders say about a file, kept off the terminal."""

from __future__ import annotations

import contextlib
import os
import re
import sys
import tempfile
import warnings
from collections.abc import Iterator


@contextlib.contextmanager
def collected() -> Iterator[list[str]]:
    """Collects warnings, and what C libraries print to standard error, while the block runs.

    libjpeg, libpng and OpenCV's log write to the file descriptor itself, past `sys.stderr`. What they write
    may be the only sign that a picture was decoded from damaged data. The descriptor is turned elsewhere for
    the whole process, so this is for the command, not for the library.

    Yields:
        The messages, one line each; filled when the block ends without an error.
    """
    messages: list[str] = []
    with contextlib.ExitStack() as stack:
        caught = stack.enter_context(warnings.catch_warnings(record=True))
        try:
            file = stack.enter_context(tempfile.TemporaryFile())
            terminal = os.dup(2)
        except OSError:  # no temporary folder, or standard error is closed: then nothing is turned elsewhere
            yield messages
        else:
            if sys.stderr is not None:
                sys.stderr.flush()
            os.dup2(file.fileno(), 2)
            try:
                yield messages
            finally:
                os.dup2(terminal, 2)
                os.close(terminal)
            file.seek(0)
            lines = file.read().decode("utf-8", "replace").splitlines()
            messages.extend(dict.fromkeys(_without_log_prefix(line) for line in lines if line.strip()))
        messages.extend(str(warning.message) for warning in caught)


def _without_log_prefix(line: str) -> str:
    """A line of OpenCV's log without "[ WARN:0@1.234] global grfmt_png.cpp:793 "."""
    return re.sub(r"^\[ *\w+:\d+@[\d.]+\] global \S+ ", "", line.strip())
