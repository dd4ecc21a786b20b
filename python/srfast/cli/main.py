"""Parses the command line, runs one subcommand, turns errors into one line and an exit status."""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import signal
import sys
import threading
import warnings
from collections.abc import Iterator, Sequence
from types import FrameType
from typing import TextIO

from srfast import atomic
from srfast.cli.parser import Parser
from srfast.cli.standard_streams import fill_gaps
from srfast.cli.status import NOTHING_DONE
from srfast.cli.terminal import complain, remark, warn
from srfast.errors import Error

# By these, beside Ctrl-C, a command is ended.
_ENDING = [signal.SIGTERM]
if sys.platform != "win32":
    _ENDING.append(signal.SIGHUP)

EXAMPLES = """\
examples:
  srfast upscale photo.jpg            writes photo_x3.png beside it
  srfast upscale holiday/ -o large/   a whole folder
  srfast upscale --help               all options of a command, with examples
"""


def build_parser() -> argparse.ArgumentParser:
    """The parser of the whole command, each subcommand's options included."""
    # Imported here so that `import srfast.cli` stays cheap; the modules themselves import nothing heavy.
    from srfast import __version__
    from srfast.cli import (
        bench,
        check,
        compare,
        completion,
        evaluate,
        export,
        info,
        inspect,
        models,
        optimize,
        quantize,
        tag,
        train,
        upscale,
    )

    parser = Parser(
        prog="srfast",
        description="Super-resolution, from PyTorch to production.",
        epilog=EXAMPLES,
    )
    parser.add_argument("--version", action="version", version=f"srfast {__version__}")
    commands = parser.add_subparsers(title="commands", dest="command", metavar="COMMAND")
    for module in (
        upscale,
        models,
        export,
        tag,
        optimize,
        quantize,
        check,
        inspect,
        train,
        evaluate,
        compare,
        bench,
        info,
        completion,
    ):
        module.add_parser(commands)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the `srfast` command.

    Args:
        arguments: The words after `srfast`; those of the process by default.

    Returns:
        The exit status: 0 all done, 1 some of several inputs failed, 2 nothing done or wrong usage. Ctrl-C,
        SIGTERM and SIGHUP end the process as they end one that does not catch them (a shell sees 130, 143
        and 129), but after temporary files are removed.
    """
    fill_gaps()
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # file names may hold what the terminal cannot show
    # What codecs would print by themselves, the library says in warnings and errors.
    os.environ.setdefault("VIPS_WARNING", "0")
    os.environ.setdefault("OPENCV_LOG_LEVEL", "OFF")
    parser = build_parser()
    options = parser.parse_args(arguments)
    if options.command is None:
        parser.print_help(sys.stderr)
        return NOTHING_DONE
    try:
        with _signals_raised(), warnings.catch_warnings():
            warnings.showwarning = _show_warning
            warnings.simplefilter("always", UserWarning)
            status: int = options.run(options)
        if status != 0:
            _forget_the_unwritten()
    except (Error, OSError, MemoryError) as error:
        # The reader of our output went away (`srfast ... | head`): say nothing.
        if not isinstance(error, BrokenPipeError):
            complain(error)
        _forget_the_unwritten()
        return NOTHING_DONE
    except KeyboardInterrupt as interrupt:
        return _end_by_signal(interrupt.args[0] if interrupt.args else signal.SIGINT)
    return status


@contextlib.contextmanager
def _signals_raised() -> Iterator[None]:
    """Raises KeyboardInterrupt for the other signals by which a command is ended, too; for the first one."""

    def interrupt(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt(number)

    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread may handle signals
        return
    # What is ignored stays so: nohup has SIGHUP ignored.
    numbers = [each for each in _ENDING if signal.getsignal(each) == signal.SIG_DFL]
    try:
        for number in numbers:
            signal.signal(number, interrupt)
        yield
    except KeyboardInterrupt:
        numbers = []
        for each in (signal.SIGINT, *_ENDING):  # this is the end already
            signal.signal(each, signal.SIG_IGN)
        raise
    finally:
        for number in numbers:
            signal.signal(number, signal.SIG_DFL)


def _show_warning(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    warn(message)


def _forget_the_unwritten() -> None:
    """Keeps the interpreter from trying again, at exit, to write what standard output did not take.

    It would complain once more, and end with a status of its own.
    """
    if sys.stdout is None:  # closed by who started us
        return
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _end_by_signal(number: int) -> int:
    atomic.end_all(seconds=2)
    remark("interrupted" if number == signal.SIGINT else f"ended by {signal.Signals(number).name}")
    # Dying of the signal, rather than returning a status, also stops a shell's loop around the command, and
    # does not wait for the network to finish.
    signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)
    return NOTHING_DONE
