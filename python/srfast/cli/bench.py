"""`srfast bench`: srfast beside other libraries on one network."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from srfast.cli.size_option import width_by_height
from srfast.cli.status import DONE
from srfast.cli.terminal import Progress, say

if TYPE_CHECKING:
    from srfast.bench import Benchmark

EXAMPLES = """\
examples:
  srfast bench fast-x3                                      beside every library that is installed
  srfast bench net.onnx --against ort,openvino --size 640x480
  srfast bench net.onnx --against torch --weights srcnn_x4.pth
  srfast bench net.onnx --also net.int8.onnx                what 8-bit integers bring
"""


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds `srfast bench` to the command's parser."""
    parser = commands.add_parser(
        "bench",
        help="measure a model beside other libraries",
        description="Runs a network with srfast and with other libraries, in turns, a process each: time, "
        "memory, and whether they make the same image. Give the machine nothing else to do.",
        epilog=EXAMPLES,
    )
    parser.add_argument("model", metavar="MODEL", help="an ONNX file, or the name of a shipped model")
    parser.add_argument(
        "--size",
        metavar="WxH",
        type=width_by_height,
        help="the image to enlarge (default: the file's size, or 256x256)",
    )
    parser.add_argument(
        "--against",
        metavar="NAMES",
        type=lambda text: text.split(","),
        help="ort, torch, openvino, openvino-bf16, opencv, ncnn, mmdeploy, or some of them, with commas "
        "between (default: all)",
    )
    parser.add_argument(
        "--also",
        metavar="FILE",
        action="append",
        default=[],
        help="another file of the network, such as its int8 one, for srfast to run too (may be given again)",
    )
    parser.add_argument(
        "--weights", metavar="FILE", type=Path, help="the weights that the file was made of, for PyTorch"
    )
    parser.add_argument(
        "--threads",
        metavar="N",
        type=int,
        help="cores that each may use (default: all that this process may)",
    )
    parser.add_argument("--rounds", metavar="N", type=int, default=9, help="how often each runs (default: 9)")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Prints the table, or JSON."""
    from srfast.bench import benchmark

    with Progress(1) as progress:
        progress.begin(Path(options.model).name)
        found = benchmark(
            options.model,
            size=options.size,
            against=options.against,
            also=options.also,
            weights=options.weights,
            threads=options.threads,
            rounds=options.rounds,
            progress=lambda done, total: progress.set(done / total),
        )
    if options.json:
        say(json.dumps(found.to_json(), indent=2, allow_nan=False))
    else:
        for line in _as_table(found):
            say(line)
    return DONE


def _as_table(found: Benchmark) -> Iterator[str]:
    width, height = found.size
    yield (
        f"{found.model}, {width}x{height} to {width * found.scale}x{height * found.scale}, "
        f"{found.threads} threads, medians of {len(found.measured[0].seconds)} rounds (quartiles)"
    )
    yield found.machine
    yield (f"{'':14}{'ms':>10}{'':20}{'MP/s in':>9}{'peak MB':>9}  {'times srfast':<20}{'off by':<17}version")
    for one in found.measured:
        low, high = (value * 1e3 for value in one.quartiles)
        slower = found.ratio(one.name)
        yield (
            f"{one.name:14}{one.median * 1e3:10.1f}{f'  ({low:.1f}-{high:.1f})':20}"
            f"{found.megapixels_per_second(one.name):9.3f}{one.peak_bytes / 1e6:9.0f}  "
            f"{f'{slower[1]:.2f} ({slower[0]:.2f}-{slower[2]:.2f})':<20}"
            f"{f'{one.off_by} ({one.share_off:.2%})':<17}{one.version}"
        )
        if one.stayed_busy:
            yield f"{'':14}its idle threads went on computing, beside whoever came next"
    for other in found.not_measured:
        yield f"{other.name:14}{other.reason}"
    yield (
        "Every result was compared with srfast's before anything was timed: a value may be off by "
        + " or ".join(str(allowed) for allowed in sorted({one.allowed for one in found.measured} - {255}))
        + " of 255."
    )
