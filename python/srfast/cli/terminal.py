"""What the command shows: plain lines, and a progress bar below them where standard error is a terminal."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from types import TracebackType
from typing import Any, TextIO

from srfast.errors import Error

_RED, _YELLOW, _GREEN, _PLAIN = "\033[31;1m", "\033[33m", "\033[32m", "\033[0m"


def say(line: str, file: TextIO | None = None) -> None:
    """Prints a line at once, above the progress bar if there is one, by default to standard output."""
    file = file or sys.stdout
    if file is None:  # standard output was closed by who started us
        return
    tqdm = sys.modules.get("tqdm")  # there is no bar before it is imported
    try:
        if tqdm is None:
            print(line, file=file, flush=True)
        else:
            tqdm.tqdm.write(line, file=file)
            file.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        raise OSError(error.errno, error.strerror, "standard output") from error


def remark(line: str) -> None:
    """Prints a line to standard error: what is neither a result nor a warning."""
    say(f"srfast: {line}", sys.stderr)


def warn(message: object) -> None:
    """Prints a warning as one line to standard error."""
    file = sys.stderr
    say(f"srfast: {_painted('warning:', _YELLOW, file)} {one_line(message)}", file)


def complain(error: BaseException | str) -> None:
    """Prints an error as one line to standard error."""
    file = sys.stderr
    say(f"srfast: {_painted('error:', _RED, file)} {one_line(described(error))}", file)


def described(error: BaseException | str) -> str:
    """An error in words."""
    if isinstance(error, OSError) and not isinstance(error, Error) and error.filename is not None:
        return f"{error.filename}: {error.strerror}"  # Python puts "[Errno 2]" first
    return str(error) or "there is not enough memory"  # only Python's own MemoryError says nothing


def list_below(lines: Iterable[str]) -> None:
    """Prints lines to standard error, set in below a remark."""
    for line in lines:
        say(f"srfast:   {one_line(line)}", sys.stderr)


def has_colors(file: TextIO) -> bool:
    """Whether colours may be written to a file: to a terminal that has them, unless NO_COLOR is set."""
    return file.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def mark(status: str, file: TextIO | None = None) -> str:
    """A word for how something went, in its colour where the file has colours: failed, passed, skipped."""
    color = {"failed": _RED, "passed": _GREEN, "skipped": _YELLOW}.get(status, "")
    return _painted(status, color, file or sys.stdout) if color else status


def _painted(text: str, color: str, file: TextIO) -> str:
    return f"{color}{text}{_PLAIN}" if has_colors(file) else text


def one_line(message: object) -> str:
    """One line of a text: messages of libraries have several, and file names may hold control characters."""
    return "".join(
        each if each.isprintable() or "\ud800" <= each <= "\udfff" else ascii(each)[1:-1]
        for each in str(message).replace("\n", " ")
    )


class Progress:
    """A bar over all images and their parts. Without a terminal there is none, and nothing is printed.

    Args:
        total: How much there is to do: images, or whatever `set` counts in.
        shown: Whether there is a bar on a terminal.
    """

    def __init__(self, total: float, *, shown: bool = True) -> None:
        self._total = total
        self._done = 0
        self._bar: Any = None
        if shown and sys.stderr.isatty():
            from tqdm import tqdm  # slow to import, so only where it is seen

            layout = "{desc} |{bar}| {percentage:3.0f}% [{elapsed}<{remaining}]"
            self._bar = tqdm(total=total, bar_format=layout, leave=False, dynamic_ncols=True)

    def __enter__(self) -> Progress:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.close()

    def begin(self, name: str) -> None:
        """Names the image that is worked on, where `advance` counts images."""
        self.set(self._done, f"{self._done + 1}/{self._total:g} {name}" if self._total > 1 else name)

    def advance(self) -> None:
        """Counts one image."""
        self._done += 1
        self.set(self._done)

    def leave_out(self, amount: float) -> None:
        """Counts less to do, such as what turns out to be done already: it says nothing of the time left."""
        self._total = max(self._total - amount, 1e-9)  # tqdm takes 0 for an unknown total
        if self._bar is not None:
            self._bar.total = self._total

    def set(self, done: float, label: str | None = None) -> None:
        """Moves the bar, and the clock in it."""
        if self._bar is not None:
            if label is not None:
                self._bar.set_description_str(_shortened(one_line(label)), refresh=False)
            self._bar.n = min(done, self._total)
            self._bar.refresh()


def _shortened(label: str) -> str:
    return label if len(label) <= 40 else f"{label[:12]}...{label[-25:]}"
