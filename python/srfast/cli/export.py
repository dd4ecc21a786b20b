"""`srfast export`: a file of weights becomes a proven ONNX file."""

from __future__ import annotations

import argparse
from pathlib import Path

from srfast.cli.size_option import width_by_height
from srfast.cli.terminal import say

EXAMPLES = """\
examples:
  srfast export srcnn_x4.pth -o net.onnx
  srfast export weights.safetensors -o net.onnx --scale 3       where the file does not say its scale
  srfast export srcnn_x4.pth -o fixed.onnx --size 320x240       for a runtime that wants one fixed size
"""


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds `srfast export` to the command's parser."""
    parser = commands.add_parser(
        "export",
        help="make an ONNX file of a network's weights and prove it right",
        description="Makes an ONNX file of a network's weights (.pth, .safetensors). Before it is put in "
        "place, PyTorch, ONNX Runtime and srfast run it on real pixels at several sizes and must agree.",
        epilog=EXAMPLES,
    )
    parser.add_argument("checkpoint", metavar="CHECKPOINT", type=Path, help="the file of weights")
    parser.add_argument(
        "-o", "--output", metavar="FILE", type=Path, required=True, help="the ONNX file to make"
    )
    parser.add_argument(
        "--scale", metavar="N", type=int, help="enlargement (default: what the weights were trained for)"
    )
    parser.add_argument(
        "--opset",
        metavar="N",
        type=int,
        help="ONNX operator set, 11 to 20 (default: 17, or 18 where only PyTorch's newer exporter will do)",
    )
    parser.add_argument(
        "--size",
        metavar="WxH",
        type=width_by_height,
        help="fix the input to this width and height (default: any)",
    )
    parser.add_argument("--force", action="store_true", help="replace FILE where it exists")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Exports, and says what was loaded, how far the three ways to run it differ, and what was written."""
    from srfast.checkpoints import load_checkpoint
    from srfast.errors import ExportError
    from srfast.export import export_onnx
    from srfast.target_file import check_target

    # Before PyTorch is loaded, which takes seconds.
    check_target(options.output, ExportError, force=options.force, sources=[options.checkpoint])
    checkpoint = load_checkpoint(options.checkpoint, scale=options.scale)
    eats = checkpoint.conventions
    values = "values {:g} to {:g}".format(*eats.range)
    say(f"{options.checkpoint}: {checkpoint.source}")
    say(f"{checkpoint.architecture}, x{eats.scale}, {eats.color}, {values}")
    report = export_onnx(
        checkpoint,
        options.output,
        opset=options.opset,
        size=None if options.size is None else options.size[::-1],
        force=options.force,
    )

    differences = report.differences
    sizes = ", ".join(f"{width}x{height}" for height, width in report.sizes)
    say(f"largest differences at {sizes}, of the value range:")
    say(f"  PyTorch and ONNX Runtime  {differences.pytorch_onnxruntime:.1e}")
    say(f"  ONNX Runtime and srfast   {differences.onnxruntime_native:.1e}")
    say(f"  PyTorch and srfast        {differences.pytorch_native:.1e}")
    fixed = f"fixed to {report.size[1]}x{report.size[0]}" if report.size else "any size"
    batch = "" if report.any_batch or report.size else ", one image at a time"
    used = f"opset {report.opset}, {fixed}{batch}, by PyTorch's {report.exporter}"
    say(f"{report.path}: {report.bytes:,} bytes, {used}")
    return 0
