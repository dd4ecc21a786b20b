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
    """A bar that counts the images done. Without a terminal there is none, and nothing is printed."""

    def __init__(self, total: int) -> None:
        self._bar: Any = None
        if sys.stderr is not None and sys.stderr.isatty():
            from tqdm import tqdm  # slow to import, so only where it is seen

            layout = "{desc} |{bar}| {n_fmt}/{total_fmt} [{elapsed}<{remaining}]"
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
            self._bar.set_description_str(name if len(name) <= 30 else f"...{name[-27:]}")

    def advance(self) -> None:
        """Counts one image."""
        if self._bar is not None:
            self._bar.update()

    def wait_for(self, work: Callable[[], Result]) -> Result:
        """Runs `work` in a thread; meanwhile the clock of the bar moves, and Ctrl-C is heard.

        Python answers Ctrl-C only in the main thread and between its own instructions, which on a large image
        are minutes apart.
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
        while thread.is_alive():
            thread.join(0.2)
            if self._bar is not None:
                self._bar.refresh()
        if errors:
            raise errors[0]
        return results[0]
