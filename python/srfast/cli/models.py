"""`srfast models`: lists the shipped models, with what each is worth."""

from __future__ import annotations

import argparse
import dataclasses
import json

from srfast import zoo
from srfast.cli.status import DONE
from srfast.cli.terminal import say

EXAMPLES = """\
examples:
  srfast models
  srfast models --json                       for programs
  srfast upscale photo.jpg -m fast-x2        runs one of them
"""


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds `srfast models` to the command's parser."""
    parser = commands.add_parser(
        "models",
        help="list the shipped models",
        description="Lists the shipped models: how many times they enlarge, how well and how fast. "
        "The default is marked with a star.",
        epilog=EXAMPLES,
    )
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Prints one model a line."""
    described = [zoo.describe(name) for name in zoo.models()]
    if options.json:
        say(json.dumps([dataclasses.asdict(each) for each in described]))
        return DONE
    say("  model          scale    size    PSNR    speed  licence")
    for each in described:
        star = "*" if each.name == zoo.DEFAULT else " "
        figures = (
            f"{each.psnr_y:6.3f}  {each.times_recipe:6.1f}x"
            if each.psnr_y and each.times_recipe
            else f"{'':15}"
        )
        say(f"{star} {each.name:14} x{each.scale}  {each.bytes / 1e3:5.0f} kB  {figures}  {each.licence}")
    say("")
    say("PSNR: dB on Set5, luma. Speed: times that of SRCNN at the same scale, run by")
    say("onnxruntime's Python package as a tutorial has it. Each model has a card:")
    say(str(zoo.card(zoo.DEFAULT)))
    return DONE
