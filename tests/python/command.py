"""The `srfast` command in a process of its own, and any command on a terminal."""

from __future__ import annotations

import fcntl
import os
import pty
import struct
import subprocess
import sys
import termios
from collections.abc import Mapping, Sequence
from pathlib import Path

COMMAND = [sys.executable, "-c", "import sys; from srfast.cli import main; sys.exit(main())"]


def on_a_terminal(
    words: Sequence[str | Path],
    *,
    environment: Mapping[str, str] | None = None,
    columns: int = 100,
    output_too: bool = False,
) -> tuple[int, str, str]:
    """Runs a command with standard error on a terminal, and standard output, too, if that is wanted.

    Gives the status, and what went to standard output and to the terminal.
    """
    terminal, end = pty.openpty()
    fcntl.ioctl(end, termios.TIOCSWINSZ, struct.pack("4H", 24, columns, 0, 0))  # rows, columns
    output = end if output_too else subprocess.PIPE
    process = subprocess.Popen(words, stdout=output, stderr=end, env=environment)
    os.close(end)
    shown = b""
    try:
        while piece := os.read(terminal, 4096):
            shown += piece
    except OSError:  # how Linux says that nobody has the other end open any more
        pass
    os.close(terminal)
    said, _ = process.communicate(timeout=120)
    return process.returncode, (said or b"").decode(), shown.decode()
