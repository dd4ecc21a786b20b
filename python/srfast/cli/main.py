"""Parses the command line, runs one subcommand, turns errors into one line and an exit status."""

from __future__ import annotations

import argparse
import io
import os
import signal
import sys
import warnings
from collections.abc import Sequence
from typing import TextIO

from srfast.cli.status import NOTHING_DONE
from srfast.cli.terminal import complain, say, warn
from srfast.errors import Error


def build_parser() -> argparse.ArgumentParser:
    """The parser of the whole command, each subcommand's options included."""
    # Imported here so that `import srfast.cli` stays cheap; the modules themselves import nothing heavy.
    from srfast import __version__
    from srfast.cli import compare, evaluate, export, info, train, upscale

    parser = argparse.ArgumentParser(
        prog="srfast",
        description="Super-resolution, from PyTorch to production.",
        epilog="Begin with: srfast upscale photo.jpg. All options of a command: srfast COMMAND --help.",
    )
    parser.add_argument("--version", action="version", version=f"srfast {__version__}")
    commands = parser.add_subparsers(title="commands", dest="command", metavar="COMMAND")
    for module in (upscale, export, train, evaluate, compare, info):
        module.add_parser(commands)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the `srfast` command.

    Args:
        arguments: The words after `srfast`; those of the process by default.

    Returns:
        The exit status: 0 all done, 1 some of several inputs failed, 2 nothing done or wrong usage. Ctrl-C
        ends the process as it ends one that does not catch it (a shell sees 130).
    """
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # file names may hold what the terminal cannot show
    parser = build_parser()
    options = parser.parse_args(arguments)
    if options.command is None:
        parser.print_help(sys.stderr)
        return NOTHING_DONE
    try:
        with warnings.catch_warnings():
            warnings.showwarning = _show_warning
            warnings.simplefilter("always", UserWarning)
            status: int = options.run(options)
    except (Error, OSError) as error:
        if isinstance(error, BrokenPipeError):
            return _end_of_reader()
        complain(error)
        return NOTHING_DONE
    except KeyboardInterrupt:
        return _end_by_interrupt()
    return status


def _show_warning(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    warn(message)


def _end_of_reader() -> int:
    # The reader of our output went away (`srfast ... | head`): say nothing, and keep the interpreter from
    # complaining when it flushes standard output at exit.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return NOTHING_DONE


def _end_by_interrupt() -> int:
    say("srfast: interrupted", sys.stderr)
    # Dying of the signal, rather than returning 130, also stops a shell's loop around the command, and does
    # not wait for the network to finish.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    os.kill(os.getpid(), signal.SIGINT)
    return NOTHING_DONE
