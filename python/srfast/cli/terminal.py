"""What the command shows: plain lines, and a progress bar below them where standard error is a terminal."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Any, TextIO, TypeVar

from srfast.errors import Error

Result = TypeVar("Result")


def say(line: str, file: TextIO | None = None) -> None:
    """Prints a line at once, above the progress bar if there is one, by default to standard output."""
    tqdm = sys.modules.get("tqdm")  # there is no bar before it is imported
    if tqdm is None:
        print(line, file=file, flush=True)
    else:
        tqdm.tqdm.write(line, file=file)
        (file or sys.stdout).flush()


def warn(message: object) -> None:
    """Prints a warning as one line to standard error."""
    say(f"srfast: warning: {message}", sys.stderr)


def complain(error: Error | OSError) -> None:
    """Prints an error as one line to standard error."""
    message = str(error)
    if isinstance(error, OSError) and error.filename is not None:
        message = f"{error.filename}: {error.strerror}"  # Python puts "[Errno 2]" first
    say(f"srfast: error: {message}", sys.stderr)


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
