"""Standard input, output and error, of which who starts a command may have closed some."""

from __future__ import annotations

import os
import sys


def fill_gaps() -> None:
    """Puts the null device where a standard stream was closed.

    The next file that is opened would otherwise take its number, and get what libraries print. Errors then go
    nowhere; `sys.stdin` and `sys.stdout` stay None, so that who reads or writes an image there is told.
    """
    while (number := os.open(os.devnull, os.O_RDWR)) <= 2:
        os.set_inheritable(number, True)
    os.close(number)
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 - open to the end of the process
