"""What the command shows: plain lines, and a progress bar below them where standard error is a terminal."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Any, TextIO, TypeVar

from srfast.errors import Error

Result = TypeVar("Result")


_RED, _YELLOW, _GREEN, _PLAIN = "\033[31;1m", "\033[33m", "\033[32m", "\033[0m"


def say(line: str, file: TextIO | None = None) -> None:
    """Prints a line at once, above the progress bar if there is one, by default to standard output."""
    tqdm = sys.modules.get("tqdm")  # there is no bar before it is imported
    if tqdm is None:
        print(line, file=file, flush=True)
    else:
        tqdm.tqdm.write(line, file=file)
        (file or sys.stdout).flush()


def remark(line: str) -> None:
    """Prints a line to standard error: what is neither a result nor a warning."""
    say(f"srfast: {line}", _standard_error())


def warn(message: object) -> None:
    """Prints a warning as one line to standard error."""
    file = _standard_error()
    say(f"srfast: {_painted('warning:', _YELLOW, file)} {_one_line(message)}", file)


def complain(error: BaseException | str) -> None:
    """Prints an error as one line to standard error."""
    file = _standard_error()
    say(f"srfast: {_painted('error:', _RED, file)} {_one_line(described(error))}", file)


def described(error: BaseException | str) -> str:
    """An error in words."""
    if isinstance(error, OSError) and not isinstance(error, Error) and error.filename is not None:
        return f"{error.filename}: {error.strerror}"  # Python puts "[Errno 2]" first
    return str(error)


def has_colors(file: TextIO) -> bool:
    """Whether colours may be written to a file: to a terminal that has them, unless NO_COLOR is set."""
    return file.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def keep_standard_error() -> None:
    """From now on, lines and bars find standard error even while its descriptor is turned elsewhere.

    `decoder_messages` turns it elsewhere for moments, in which other threads may have something to say.
    """
    global _kept
    try:
        if _standard_error() is sys.stderr and sys.stderr.fileno() == 2:
            encoding = sys.stderr.encoding
            file = open(os.dup(2), "w", buffering=1, encoding=encoding, errors="backslashreplace")  # noqa: SIM115
            _kept = (sys.stderr, file)
    except (AttributeError, OSError, ValueError):
        pass  # there is none, or it is no file: nothing turns it elsewhere


_kept: tuple[TextIO, TextIO] | None = None
"""Standard error, and the file that stands for it."""


def _standard_error() -> TextIO:
    return _kept[1] if _kept is not None and _kept[0] is sys.stderr else sys.stderr


def _painted(text: str, color: str, file: TextIO) -> str:
    return f"{color}{text}{_PLAIN}" if has_colors(file) else text


def _one_line(message: object) -> str:
    """Messages of other libraries have several lines, and file names may hold control characters."""
    return "".join(
        each if each.isprintable() or "\ud800" <= each <= "\udfff" else ascii(each)[1:-1]
        for each in str(message).replace("\n", " ")
    )


class Progress:
    """A bar over all images and their parts. Without a terminal there is none, and nothing is printed."""

    def __init__(self, total: int) -> None:
        self._total = total
        self._done = 0
        self._bar: Any = None
        if sys.stderr is not None and sys.stderr.isatty():
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
        """Names the image that is worked on."""
        if self._bar is not None:
            short = name if len(name) <= 30 else f"...{name[-27:]}"
            self._bar.set_description_str(
                f"{self._done + 1}/{self._total} {short}" if self._total > 1 else short
            )

    def part(self, done: int, total: int) -> None:
        """Shows that `done` of the `total` parts of the image are done."""
        if self._bar is not None:
            self._bar.n = self._done + done / total

    def advance(self) -> None:
        """Counts one image."""
        self._done += 1
        self.part(0, 1)

    def wait_for(self, work: Callable[[], Result], cancel: Callable[[], None]) -> Result:
        """Runs `work` in a thread; meanwhile the clock of the bar moves, and Ctrl-C is heard.

        Python answers Ctrl-C only in the main thread and between its own instructions, which may be seconds
        apart where the network cannot be run in tiles.

        Args:
            work: What to do. Its result is returned, and its exception raised.
            cancel: Called when this thread is interrupted, to end `work` soon.
        """
        results: list[Result] = []
        errors: list[BaseException] = []

        def target() -> None:
            try:
                results.append(work())
            except BaseException as error:  # raised again below, in the main thread
                errors.append(error)

        thread = threading.Thread(target=target, daemon=True)
        thread.start()
        try:
            while thread.is_alive():
                thread.join(0.2)
                if self._bar is not None:
                    self._bar.refresh()
        except BaseException:
            cancel()
            raise
        if errors:
            raise errors[0]
        return results[0]
