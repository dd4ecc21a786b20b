"""`srfast tag`: writes into somebody's ONNX file what the network eats."""

from __future__ import annotations

import argparse
from pathlib import Path

from srfast.cli.model_options import value_range
from srfast.cli.terminal import say
from srfast.conventions import COLORS

EXAMPLES = """\
examples:
  srfast tag model.onnx --scale 4 --color rgb --range 1
  srfast tag model.onnx --color y --range 255 -o tagged.onnx
  srfast tag vdsr.onnx --scale 3 --enlarge cubic --color y --range 1
"""


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds `srfast tag` to the command's parser."""
    parser = commands.add_parser(
        "tag",
        help="write into an ONNX file what the network takes",
        description="Writes into an ONNX file what the network takes (its conventions) and what its graph "
        "shows: how far it looks, which sizes it takes, which border it cuts off. The file is opened and run "
        "before it is put in place; a tag that the graph contradicts is refused.",
        epilog=EXAMPLES,
    )
    parser.add_argument("model", metavar="MODEL", type=Path, help="the ONNX file")
    parser.add_argument(
        "--scale",
        metavar="N",
        type=int,
        help="enlargement (default: what the file says, or shows when it is run)",
    )
    parser.add_argument(
        "--color",
        choices=COLORS,
        help="what the network takes: rgb, bgr, y (studio-range BT.601 luma) or y-full (full range)",
    )
    parser.add_argument(
        "--range",
        metavar="RANGE",
        type=value_range,
        help="its values for black and white: 1 for 0,1, 255 for 0,255, or LOW,HIGH (--range=-1,1)",
    )
    parser.add_argument(
        "--enlarge",
        choices=("nearest", "linear", "cubic"),
        help="the network wants an image that was enlarged before, by this",
    )
    parser.add_argument(
        "--input",
        dest="inputs",
        metavar="NAME=VALUES",
        type=input_values,
        action="append",
        help="the value of an input beside the image: numbers with commas (default: found, where it carries "
        "the scale)",
    )
    parser.add_argument(
        "-o", "--output", metavar="FILE", type=Path, help="the file to make (default: MODEL is replaced)"
    )
    parser.add_argument("--force", action="store_true", help="replace FILE where it exists")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Tags the file, and says what is written in it."""
    from srfast.tagging import tag_onnx

    report = tag_onnx(
        options.model,
        options.output,
        scale=options.scale,
        color=options.color,
        range=options.range,
        enlarge=options.enlarge,
        inputs=dict(options.inputs or ()),
        force=options.force,
    )
    say(f"{report.path}:")
    for key, value in report.metadata.items():
        say(f"  {key} = {value}")
    return 0


def input_values(text: str) -> tuple[str, list[float]]:
    """The argument of `--input`."""
    name, equals, values = text.rpartition("=")
    try:
        numbers = [float(value) for value in values.split(",")]
    except ValueError:
        numbers = []
    if not equals or not name or not numbers:
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=NUMBER,NUMBER...")
    return name, numbers
