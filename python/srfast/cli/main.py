"""Parses the command line, runs one subcommand, turns errors into one line and an exit status."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from srfast.errors import Error

DONE = 0
"""Exit status: everything was done."""
SOME_FAILED = 1
"""Exit status: some of several inputs failed."""
NOTHING_DONE = 2
"""Exit status: nothing was done, or the command line was wrong."""


def build_parser() -> argparse.ArgumentParser:
    """The parser of the whole command, each subcommand's options included."""
    # Imported here so that `import srfast.cli` stays cheap; the modules themselves import nothing heavy.
    from srfast import __version__
    from srfast.cli import export, info, train, upscale

    parser = argparse.ArgumentParser(prog="srfast", description="Super-resolution, from PyTorch to production.")
    parser.add_argument("--version", action="version", version=f"srfast {__version__}")
    commands = parser.add_subparsers(title="commands", dest="command", metavar="COMMAND", required=True)
    for module in (upscale, export, train, info):
        module.add_parser(commands)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the `srfast` command.

    Args:
        arguments: The words after `srfast`; those of the process by default.

    Returns:
        The exit status: 0 all done, 1 some of several inputs failed, 2 nothing done or wrong usage.
    """
    parser = build_parser()
    options = parser.parse_args(arguments)
    try:
        status: int = options.run(options)
    except Error as error:
        print(f"srfast: error: {error}", file=sys.stderr)
        return NOTHING_DONE
    except KeyboardInterrupt:
        print("srfast: interrupted", file=sys.stderr)
        return 130
    except BrokenPipeError:
        # The reader of our output went away (`srfast ... | head`): say nothing, and keep the interpreter from
        # complaining when it flushes standard output at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return NOTHING_DONE
    return status
