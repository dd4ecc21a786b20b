"""`srfast check`: is an ONNX file what it should be?"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from srfast.cli.status import DONE, SOME_FAILED
from srfast.cli.terminal import mark, say

if TYPE_CHECKING:
    from srfast.checking import CheckReport

EXAMPLES = """\
examples:
  srfast check net.onnx                                        what can be said of the file alone
  srfast check net.onnx --against weights.pth                  and whether PyTorch gives the same
  srfast check net.onnx --image photo.png                      and its PSNR, beside bicubic's
  srfast check net.onnx --image small.png --reference large.png
"""


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds `srfast check` to the command's parser."""
    parser = commands.add_parser(
        "check",
        help="check an ONNX file: structure, sizes, tags, tiles, parity, quality",
        description="Checks an ONNX file and prints a table of verdicts: is it whole, at which sizes does it "
        "run, is true what it says of itself, is an image in tiles that of the whole, does PyTorch give the "
        "same, how near to the truth does it come. Exit status 0: no check failed; 1: one did; 2: there was "
        "nothing to check.",
        epilog=EXAMPLES,
    )
    parser.add_argument("model", metavar="MODEL", help="an ONNX file, or the name of a shipped model")
    parser.add_argument(
        "--against", type=Path, metavar="FILE", help="the weights that it was made of; needs PyTorch"
    )
    parser.add_argument(
        "--image",
        type=Path,
        metavar="FILE",
        help="an image to judge it by: the true one, which is shrunk and enlarged again, or the small one of "
        "--reference",
    )
    parser.add_argument("--reference", type=Path, metavar="FILE", help="the true large image of --image")
    parser.add_argument(
        "--json", action="store_true", help="print JSON, figures included, instead of a table"
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Prints the verdicts."""
    from srfast.checking import check

    report = check(options.model, against=options.against, image=options.image, reference=options.reference)
    if options.json:
        say(json.dumps(report.to_dict(), indent=2, allow_nan=False))
    else:
        for line in _as_table(report):
            say(line)
    return SOME_FAILED if report.failed else DONE


def _as_table(report: CheckReport) -> Iterator[str]:
    from srfast.cli.inspect_tables import printable

    width = max(len(verdict.check) for verdict in report.verdicts)
    for verdict in report.verdicts:
        space = " " * (7 - len(verdict.status))
        yield f"{mark(verdict.status)}{space}  {verdict.check:{width}}  {printable(verdict.reason)}"
    counts = Counter(verdict.status for verdict in report.verdicts)
    yield ", ".join(f"{count} {status}" for status, count in sorted(counts.items()))
