"""`srfast quantize`: a network that computes with 8-bit integers, and what that costs and brings."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from srfast.cli.model_options import add_model_options
from srfast.cli.status import DONE
from srfast.cli.terminal import Progress, say

if TYPE_CHECKING:
    from srfast.quantization import QuantizationReport
    from srfast.quantization.speed import Speed

EXAMPLES = """\
examples:
  srfast quantize fast-x3 -o fast-x3.int8.onnx
  srfast quantize net.onnx -o net.int8.onnx --images photos/     judged by your own photographs
  srfast quantize net.onnx -o net.int8.onnx --max-loss 0.1       refused if it loses more than 0.1 dB
"""


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds `srfast quantize` to the command's parser."""
    parser = commands.add_parser(
        "quantize",
        help="make a model compute with 8-bit integers, if that pays",
        description="Makes an ONNX file that computes with 8-bit integers, for any runtime. Several ways are "
        "tried; the file is written if the quickest that loses little is quicker than float. Give the "
        "machine nothing else to do: speed is measured.",
        epilog=EXAMPLES,
    )
    parser.add_argument("model", metavar="MODEL", help="an ONNX file, or the name of a shipped model")
    parser.add_argument(
        "-o", "--output", metavar="FILE", type=Path, required=True, help="the ONNX file to make"
    )
    parser.add_argument(
        "--images",
        metavar="DIR",
        type=Path,
        help="photographs like those that the model is for, in full resolution (default: eight that srfast "
        "ships)",
    )
    parser.add_argument(
        "--max-loss",
        metavar="DB",
        type=float,
        default=0.3,
        help="how many dB of PSNR may be lost (default: 0.3)",
    )
    parser.add_argument(
        "--threads",
        metavar="N",
        type=int,
        help="cores to measure with (default: all that this process may use)",
    )
    add_model_options(parser)
    parser.add_argument(
        "--force",
        action="store_true",
        help="replace FILE where it exists, and write it even if it lost too much or gained no speed",
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Quantizes, and says what each way lost, how quick it was, and what was written."""
    from srfast.quantization import quantize

    with Progress(1) as progress:
        report = quantize(
            options.model,
            options.output,
            images=options.images,
            max_loss=options.max_loss,
            threads=options.threads,
            model_color=options.model_color,
            model_range=options.model_range,
            force=options.force,
            progress=lambda part, step: progress.set(part, step),
        )
    for line in _as_lines(report):
        say(line)
    return DONE


def _as_lines(report: QuantizationReport) -> Iterator[str]:
    truth, speed = report.float_score, report.speed
    yield (
        f"{report.windows} windows of photographs, PSNR in dB against the truth; {report.threads} threads, "
        "medians (quartiles)"
    )
    titles = f"{'int8 layers':>12}{'PSNR Y':>9}{'RGB':>9}{'lost':>7}{'like float':>12}"
    yield f"{'in float':16}{titles}  times as fast"
    yield f"{'everything':16}{0:12}{truth.psnr_y:9.3f}{truth.psnr_rgb:9.3f}"
    for trial in report.trials:
        yield (
            f"{trial.kept:16}{trial.integers:12}{trial.score.psnr_y:9.3f}{trial.score.psnr_rgb:9.3f}"
            f"{trial.lost:7.3f}{trial.agreement:12.1f}  "
            + ("not measured: lost too much" if trial.speed is None else _gain(trial.speed))
        )
    cores = "one tile on all cores" if report.parallel == "pool" else "a tile on each core"
    yield (
        f"{report.path}: {report.chosen.kept} in float, {report.bytes:,} bytes ({report.float_bytes:,} in "
        f"float), {speed.seconds * 1e3:.1f} ms a run ({speed.float_seconds * 1e3:.1f} in float), "
        f"{_gain(speed)} times as fast, {cores}"
    )


def _gain(speed: Speed) -> str:
    low, middle, high = speed.ratio
    return f"{middle:.2f} ({low:.2f}-{high:.2f})"
