"""`srfast eval`: how good a model is, beside plain bicubic."""

from __future__ import annotations

import argparse
import dataclasses
import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from srfast.cli.status import DONE
from srfast.cli.terminal import Progress, say

if TYPE_CHECKING:
    from srfast.evaluation import Score
    from srfast.pairs import Pair

EXAMPLES = """\
examples:
  srfast eval fast-x3 --hr photographs/ --scale 3            shrinks them first, as papers do
  srfast eval net.onnx --hr Set5/ --lr Set5_LR/ --scale 4    with small twins of your own
  srfast eval net.onnx --hr Set5/ --scale 4 --json           for programs
"""


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds `srfast eval` to the command's parser."""
    parser = commands.add_parser(
        "eval",
        help="measure a model on images whose truth is known",
        description="Measures a model, bicubic beside it: PSNR and SSIM over luma (BT.601, studio range) "
        "and RGB, per image and on average, without a border as wide as the scale, as papers do.",
        epilog=EXAMPLES,
    )
    parser.add_argument(
        "model", metavar="MODEL", help='an ONNX file, the name of a shipped model, or "bicubic"'
    )
    parser.add_argument("--hr", type=Path, required=True, metavar="DIR", help="the true images")
    parser.add_argument(
        "--lr",
        type=Path,
        metavar="DIR",
        help="their low-resolution twins, under the same names or with _LR, x3 or _x3 behind "
        "(default: made from the true images with MATLAB's bicubic)",
    )
    parser.add_argument(
        "--scale", metavar="N", type=int, required=True, help="output pixels per input pixel along each axis"
    )
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Prints the table, or JSON."""
    from srfast.evaluation import BICUBIC, enlarger, evaluate, require_inside
    from srfast.pairs import read_pairs

    models = list(dict.fromkeys([options.model, BICUBIC]))
    enlargers = {model: enlarger(model, options.scale) for model in models}
    pairs = read_pairs(options.hr, options.lr, options.scale)
    for pair in pairs:
        require_inside(pair)
    scores: dict[str, list[Score]] = {model: [] for model in models}
    with Progress(len(pairs)) as progress:
        for pair in pairs:
            progress.begin(pair.name)
            for model, enlarge in enlargers.items():
                scores[model] += evaluate(enlarge, [pair])
            progress.advance()
    if options.json:
        say(json.dumps(_as_json(options.scale, pairs, scores), indent=2, allow_nan=False))
    else:
        for line in _as_table(pairs, scores):
            say(line)
    return DONE


def _as_table(pairs: Sequence[Pair], scores: Mapping[str, Sequence[Score]]) -> list[str]:
    from srfast.evaluation import mean

    names = [pair.name for pair in pairs]
    width = max(map(len, [*names, "image", "mean"]))
    titles = [Path(model).stem for model in scores]
    column = max(30, *(len(title) for title in titles))
    lines = [
        " " * width + "".join(f"  {title:^{column}}" for title in titles),
        f"{'image':{width}}" + f"  {'Y dB   SSIM    RGB dB   SSIM':>{column}}" * len(titles),
    ]
    for row, name in enumerate(names):
        lines.append(
            f"{name:{width}}" + "".join(f"  {_cells(each[row]):>{column}}" for each in scores.values())
        )
    lines.append(
        f"{'mean':{width}}" + "".join(f"  {_cells(mean(each)):>{column}}" for each in scores.values())
    )
    return lines


def _cells(score: Score) -> str:
    return f"{score.psnr_y:6.3f} {score.ssim_y:6.4f}   {score.psnr_rgb:6.3f} {score.ssim_rgb:6.4f}"


def _as_json(scale: int, pairs: Sequence[Pair], scores: Mapping[str, Sequence[Score]]) -> dict[str, Any]:
    from srfast.evaluation import mean

    return {
        "scale": scale,
        "border": scale,
        "models": {
            model: {
                "mean": _finite(mean(each)),
                "images": {pair.name: _finite(score) for pair, score in zip(pairs, each, strict=True)},
            }
            for model, each in scores.items()
        },
    }


def _finite(score: Score) -> dict[str, float | None]:
    """JSON knows neither infinity (equal images) nor NaN (too small for SSIM): both become null."""
    return {key: value if math.isfinite(value) else None for key, value in dataclasses.asdict(score).items()}
