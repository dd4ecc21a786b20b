"""`srfast inspect`: what is in an ONNX file."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from srfast.cli.force_option import add_force
from srfast.cli.size_option import width_by_height
from srfast.cli.status import DONE
from srfast.cli.terminal import remark, say
from srfast.errors import DependencyError, OptionError
from srfast.target_file import check_target

if TYPE_CHECKING:
    from srfast.inspection import Inspection

EXAMPLES = """\
examples:
  srfast inspect net.onnx
  srfast inspect fast-x3 --size 640x480 --profile      where the time goes
  srfast inspect net.onnx --node Conv_0 --values       one node and its weights
  srfast inspect net.onnx --html net.html              the graph as a page for a browser
"""


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds `srfast inspect` to the command's parser."""
    parser = commands.add_parser(
        "inspect",
        help="look into an ONNX file",
        description="Shows an ONNX file's inputs and outputs, its nodes with their parameters and "
        "multiplications, its metadata and how far it looks; or one of its nodes; or all of it as a drawing.",
        epilog=EXAMPLES,
    )
    parser.add_argument("model", metavar="MODEL", help="an ONNX file, or the name of a shipped model")
    parser.add_argument(
        "--size",
        metavar="WxH",
        type=width_by_height,
        help="give shapes and multiplications for an input of this width and height "
        "(default: the file's own, else 256x256)",
    )
    parser.add_argument(
        "--profile",
        action="store_true",
        help="run the network a few times at that size and say which node takes how much of the time",
    )
    parser.add_argument(
        "--node", metavar="NAME", help="show one node: attributes, neighbours, statistics of its weights"
    )
    parser.add_argument("--values", action="store_true", help="with --node: its weights in full too")
    parser.add_argument("--json", action="store_true", help="print JSON instead of tables")
    parser.add_argument(
        "--html",
        type=Path,
        metavar="FILE",
        help="write a page with the graph drawn; it works without a network",
    )
    parser.add_argument(
        "--netron", action="store_true", help="open the file in Netron, where it is installed"
    )
    add_force(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Prints tables or JSON, or writes the page, or opens Netron."""
    if options.values and options.node is None:
        raise OptionError("--values shows the weights of one node: name it with --node")
    if options.html is not None:
        check_target(options.html, OptionError, force=options.force, sources=[options.model])
    if options.netron:
        return _open_in_netron(options.model)

    from srfast.cli.inspect_tables import model_lines, node_lines
    from srfast.inspection import find_node, inspect_model, weight_values
    from srfast.inspection.report import json_ready

    size = None if options.size is None else options.size[::-1]
    inspection = inspect_model(options.model, size=size, profile=options.profile)
    node = None if options.node is None else find_node(inspection, options.node)
    if options.html is not None:
        _write_page(options.html, inspection, remark if options.json else say)
    values = {}
    if node is not None and options.values:
        values = {weights.name: weight_values(options.model, weights.name) for weights in node.weights}
    if options.json:
        shown = inspection.to_dict() if node is None else node.to_dict()
        if values:
            shown["values"] = {name: json_ready(array.tolist()) for name, array in values.items()}
        say(json.dumps(shown, indent=2, allow_nan=False, default=str))
    elif node is not None:
        for line in node_lines(node, values):
            say(line)
    elif options.html is None:
        for line in model_lines(inspection):
            say(line)
    return DONE


def _write_page(file: Path, inspection: Inspection, tell: Callable[[str], None]) -> None:
    from srfast.atomic import replacing
    from srfast.inspection.page import page

    with replacing(file) as temporary:
        temporary.write_text(page(inspection), encoding="utf-8", errors="backslashreplace")
    tell(f"{file}: {len(inspection.nodes)} nodes drawn; open it in a browser")


def _open_in_netron(model: str) -> int:
    from srfast.model_file import model_path

    try:
        import netron
    except ImportError as error:
        raise DependencyError(
            "--netron needs the package netron, which is not installed: pip install netron; or write a page "
            "that needs no other package: --html FILE"
        ) from error
    path = model_path(model)
    if not path.is_file():
        raise OptionError(f"{model} is not a file")
    say(f"{model} is open in Netron; Ctrl-C ends it")
    netron.start(str(path))
    netron.wait()
    return DONE
