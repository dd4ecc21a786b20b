"""`srfast compare`: what several models make of one image."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from srfast.cli.force_option import add_force
from srfast.cli.status import DONE
from srfast.cli.terminal import say
from srfast.errors import OptionError
from srfast.target_file import check_target

EXAMPLES = """\
examples:
  srfast compare small.png --models bicubic,fast-x3 -o side_by_side.png
  srfast compare small.png --models net.onnx,bicubic --hr large.png -o side_by_side.png --html slider.html
"""


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds `srfast compare` to the command's parser."""
    parser = commands.add_parser(
        "compare",
        help="show what several models make of one image",
        description="Enlarges an image with several models and shows the same detail of every result side by "
        "side, with the PSNR (luma, without a border as wide as the scale) where the truth is given.",
        epilog=EXAMPLES,
    )
    parser.add_argument("image", metavar="PHOTO", type=Path, help="the image to enlarge")
    parser.add_argument(
        "--models",
        required=True,
        metavar="A,B,...",
        help='paths, names of shipped models, or "bicubic", separated by commas; all of one scale',
    )
    parser.add_argument("--hr", type=Path, metavar="FILE", help="the true large image")
    parser.add_argument(
        "--scale",
        metavar="N",
        type=int,
        help='how many times larger (default: what the models do; "bicubic" alone needs it)',
    )
    parser.add_argument(
        "-o", "--output", type=Path, required=True, metavar="FILE", help="the picture to write"
    )
    parser.add_argument(
        "--html",
        type=Path,
        metavar="FILE",
        help="also write a page with a slider; it works without a network",
    )
    add_force(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Writes the picture, and the page if asked for."""
    from srfast import images
    from srfast.atomic import replacing
    from srfast.comparison import page, side_by_side, views_of
    from srfast.evaluation import BICUBIC, enlarger, require_inside
    from srfast.pairs import match, read_rgb
    from srfast.upscaler import Upscaler

    images.check_writable(options.output, "uint8")
    models = [model for model in options.models.split(",") if model]
    if not models:
        raise OptionError("--models names no model")
    sources = [options.image, *models, *([options.hr] if options.hr else [])]
    check_target(options.output, OptionError, force=options.force, sources=sources)
    if options.html:
        check_target(options.html, OptionError, force=options.force, sources=sources)
        if os.path.realpath(options.html) == os.path.realpath(options.output):
            raise OptionError("-o and --html name one file; the page needs a name of its own")
    scale = options.scale
    if scale is None:
        real = next((model for model in models if model != BICUBIC), None)
        if real is None:
            raise OptionError("bicubic enlarges by any scale: give --scale")
        scale = Upscaler(real).scale
    low = read_rgb(options.image)
    truth = match(options.hr.name, read_rgb(options.hr), low, scale) if options.hr else None
    if truth is not None:
        require_inside(truth)
    stems = [Path(model).stem for model in models]
    names = [model if stems.count(stem) > 1 else stem for model, stem in zip(models, stems, strict=True)]
    views = views_of(
        low, {name: enlarger(model, scale) for name, model in zip(names, models, strict=True)}, truth
    )
    images.write(options.output, side_by_side(views, low, scale)[:, :, ::-1])
    if options.html:
        with replacing(options.html) as temporary:
            temporary.write_text(
                page(views, f"{options.image.name}, {scale} times as large"), encoding="utf-8"
            )
    for view in views:
        say(view.caption)
    say(f"{options.output}: the same detail of each, side by side")
    if options.html:
        say(f"{options.html}: open it in a browser")
    return DONE
