"""`srfast train`: makes the weights of a network from a folder of photographs."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from srfast.cli.status import DONE
from srfast.cli.terminal import say
from srfast.dependencies import require

if TYPE_CHECKING:
    from srfast.training.curve import Point

EXAMPLES = """\
examples:
  srfast train --arch fast --scale 3 --data photographs/ -o fast.safetensors
  srfast train --arch fast --scale 2 --data photographs/ -o x2.safetensors --start fast.safetensors
  srfast train --arch srvgg --scale 4 --data photographs/ -o real.safetensors --real-world
"""


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the subcommand to the command's parser."""
    parser = commands.add_parser(
        "train",
        help="train a network on a folder of photographs",
        description="Trains a network on photographs. Run again, it goes on where it was stopped.",
        epilog=EXAMPLES,
    )
    parser.add_argument(
        "--arch",
        metavar="NAME",
        required=True,
        help="the network: edsr, espcn, fast, fsrcnn, srcnn, srvgg or vdsr",
    )
    parser.add_argument(
        "--scale", metavar="N", type=int, required=True, help="output pixels per input pixel along each axis"
    )
    parser.add_argument("--data", type=Path, required=True, metavar="DIR", help="the photographs")
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        required=True,
        metavar="FILE",
        help="the .safetensors file to write; its curve and the state to resume from are written beside it",
    )
    parser.add_argument(
        "--validate",
        type=Path,
        metavar="DIR",
        help="high-resolution images to validate on (default: a twelfth of the photographs, held out)",
    )
    parser.add_argument(
        "--start",
        type=Path,
        metavar="FILE",
        help="weights of the same network to begin with, of any scale (default: random ones)",
    )
    parser.add_argument(
        "--features",
        metavar="N",
        type=int,
        help="channels between the convolutions, where the network leaves a choice (default: its own)",
    )
    parser.add_argument(
        "--layers",
        metavar="N",
        type=int,
        help="repeated convolutions, where the network leaves a choice (default: its own)",
    )
    parser.add_argument(
        "--steps", metavar="N", type=int, default=20000, help="length of the run (default: %(default)s)"
    )
    parser.add_argument(
        "--batch", metavar="N", type=int, default=16, help="patches a step (default: %(default)s)"
    )
    parser.add_argument(
        "--patch",
        metavar="PIXELS",
        type=int,
        default=48,
        help="side of a low-resolution patch in pixels (default: %(default)s)",
    )
    parser.add_argument(
        "--learning-rate", metavar="RATE", type=float, default=1e-3, help="Adam's (default: %(default)s)"
    )
    parser.add_argument(
        "--sizes",
        type=int,
        nargs="+",
        default=[1600, 1000, 640],
        metavar="PIXELS",
        help="longest sides at which the photographs are shown (default: 1600 1000 640)",
    )
    parser.add_argument(
        "--collapsible",
        action="store_true",
        help="train each convolution with wide ones beside it, and write them as one: learns more in a step",
    )
    parser.add_argument(
        "--real-world",
        action="store_true",
        help="train for blurred, noisy, JPEG-compressed input instead of clean bicubic",
    )
    parser.add_argument(
        "--every", metavar="N", type=int, default=500, help="steps between validations (default: %(default)s)"
    )
    parser.add_argument(
        "--seed", metavar="N", type=int, default=0, help="of weights and patches (default: %(default)s)"
    )
    parser.add_argument("--device", metavar="NAME", default="cpu", help="cpu or cuda (default: %(default)s)")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Trains, with a progress bar; prints what came out."""
    require("torch", "safetensors", "matplotlib", extra="train")
    from tqdm import tqdm

    from srfast.training.trainer import Recipe, train

    recipe = Recipe(
        arch=options.arch,
        scale=options.scale,
        steps=options.steps,
        batch=options.batch,
        patch=options.patch,
        learning_rate=options.learning_rate,
        sizes=tuple(options.sizes),
        real_world=options.real_world,
        seed=options.seed,
        features=options.features,
        layers=options.layers,
        collapsible=options.collapsible,
    )
    # Without a terminal there is no bar (that is what None means), only the lines.
    with tqdm(
        desc="reading photographs", total=recipe.steps, unit="step", dynamic_ncols=True, disable=None
    ) as bar:

        def show(done: int, point: Point | None) -> None:
            if bar.n == 0:  # a resumed run begins further on
                bar.set_description("training", refresh=False)
                bar.initial = done - 1
            bar.update(done - bar.n)
            if point:
                say(f"step {point.step}: loss {point.loss:.4f}, validation {point.psnr:.3f} dB (Y)")

        last = train(
            recipe,
            options.data,
            options.output,
            validation=options.validate,
            start=options.start,
            device=options.device,
            every=options.every,
            progress=show,
        )
    say(f"{options.output}: {last.step} steps in {last.seconds / 60:.1f} minutes, {last.psnr:.3f} dB (Y)")
    return DONE
