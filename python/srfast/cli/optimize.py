"""`srfast optimize`: an ONNX file becomes one that srfast runs faster."""

from __future__ import annotations

import argparse
from pathlib import Path

from srfast.cli.status import DONE
from srfast.cli.terminal import say

EXAMPLES = """\
examples:
  srfast optimize net.onnx -o net.srfast.onnx
"""


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds `srfast optimize` to the command's parser."""
    parser = commands.add_parser(
        "optimize",
        help="make an ONNX file that srfast alone runs, faster, for C and C++ programs",
        description="Rewrites a network for srfast and proves that it gives the same image. From Python, and "
        "for the srfast command, every file is rewritten in memory when it is opened; C and C++ programs get "
        "the speed by the file that this makes. Other runtimes make wrong images of it.",
        epilog=EXAMPLES,
    )
    parser.add_argument("model", metavar="MODEL", help="an ONNX file, or the name of a shipped model")
    parser.add_argument(
        *("-o", "--output"),
        metavar="FILE",
        type=Path,
        required=True,
        help="the file to make; its name ends in .srfast.onnx",
    )
    parser.add_argument("--force", action="store_true", help="replace FILE where it exists")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Rewrites, and says what was done and what was written."""
    from srfast.optimization import optimize

    report = optimize(options.model, options.output, force=options.force)
    say(f"{options.model}: {', '.join(name.replace('_', ' ') for name in report.passes)}")
    say(f"{report.path}: {report.bytes:,} bytes, for srfast alone")
    return DONE
