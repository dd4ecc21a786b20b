"""`srfast upscale`: image files in, larger image files out."""

from __future__ import annotations

import argparse
import os
import re
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from srfast import zoo
from srfast.cli.model_options import add_model_options
from srfast.cli.size_option import width_by_height
from srfast.cli.status import DONE, NOTHING_DONE, SOME_FAILED
from srfast.cli.terminal import warn
from srfast.errors import OptionError

if TYPE_CHECKING:
    from srfast.batch.outcome import Outcome
    from srfast.model_choice import ModelChoice
    from srfast.model_file import Model
    from srfast.target_size import TargetSize
    from srfast.upscaler import Upscaler

FORMATS = ("png", "jpg", "jpeg", "webp", "tif", "tiff", "avif", "bmp")

EXAMPLES = """\
examples:
  srfast upscale photo.jpg                       writes photo_x3.png beside it
  srfast upscale photo.jpg -o large.webp         writes this file
  srfast upscale holiday/ -o large/ -r           a folder with all that is in it; large/ gets the same folders
  srfast upscale holiday/ -o large/ --skip-existing
                                                 goes on where it was stopped
  srfast upscale photo.jpg --scale 2.5           any factor; or --width 1920, --height 1080, --fit 1920x1080
  srfast upscale '*.jpg' -o '{stem}_{model}{ext}' --format jpg --quality 90
  srfast upscale photo.jpg -m net.onnx           runs a network of your own
  cat photo.jpg | srfast upscale - > large.png
"""


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds `srfast upscale` to the command's parser."""
    parser = commands.add_parser(
        "upscale",
        help="enlarge photographs",
        description="Enlarges image files with a super-resolution network.",
        epilog=EXAMPLES,
        usage="srfast upscale PHOTO ... [-o OUT] [options]",
    )
    parser.add_argument(
        "photos", metavar="PHOTO", nargs="+", help="an image file, a folder, a pattern in quotes, or -"
    )
    parser.add_argument(
        "-r",
        "--recursive",
        action="store_true",
        help="take the folders in a folder, too, and keep their tree",
    )
    _add_output(parser.add_argument_group("where the results go"))
    _add_size(
        parser.add_argument_group("how large they become (default: as large as the network makes them)")
    )
    _add_format(parser.add_argument_group("how they are stored"))
    _add_model(parser.add_argument_group("the network"))
    _add_talk(parser.add_argument_group("what is said"))
    parser.set_defaults(run=run)


def _add_output(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "-o",
        "--output",
        metavar="OUT",
        help="a file, a folder (ends in /, exists, or takes several photos), a pattern with {stem}, {model}, "
        "{scale}, {size} and {ext}, or - (default: {stem}_{size}{ext} beside each photo)",
    )
    existing = group.add_mutually_exclusive_group()
    existing.add_argument("--force", action="store_true", help="replace results that exist")
    existing.add_argument("--skip-existing", action="store_true", help="leave out photos whose results exist")


def _add_size(group: argparse._ArgumentGroup) -> None:
    sizes = group.add_mutually_exclusive_group()
    sizes.add_argument("--scale", metavar="FACTOR", type=_factor, help="so many times as large, such as 2.5")
    sizes.add_argument("--width", metavar="PIXELS", type=int, help="so wide")
    sizes.add_argument("--height", metavar="PIXELS", type=int, help="so high")
    sizes.add_argument("--fit", metavar="WxH", type=width_by_height, help="as large as fits into this box")


def _add_format(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--format", metavar="FORMAT", choices=FORMATS, help=f"{', '.join(FORMATS)} (default: png)"
    )
    losses = group.add_mutually_exclusive_group()
    losses.add_argument(
        "--quality",
        metavar="1-100",
        type=_quality,
        help="of JPEG (default: 95), AVIF (default: 90) and WebP (default: lossless)",
    )
    losses.add_argument("--lossless", action="store_true", help="keep every value (WebP, AVIF)")
    group.add_argument(
        "--strip", action="store_true", help="leave colour profile, EXIF, XMP and resolution out"
    )
    group.add_argument(
        "--max-pixels",
        metavar="N",
        type=_pixels,
        help="refuse photos of more pixels, such as 500M; 0: none (default: 268M, against files that are "
        "small and claim to be huge)",
    )


def _add_model(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "-m",
        "--model",
        action="append",
        metavar="MODEL",
        help="an ONNX file, or the name of a shipped model; given several times, the one whose scale fits "
        f"best is taken (default: {zoo.DEFAULT}, or another shipped model of its kind)",
    )
    add_model_options(group)
    group.add_argument(
        "--threads", metavar="N", type=int, help="cores to use (default: all that this process may use)"
    )
    group.add_argument(
        "--memory",
        metavar="SIZE",
        help="working memory beyond the images themselves, such as 512MB; large photos are done in tiles "
        "that fit, with the same result (default: a quarter of what is available)",
    )


def _add_talk(group: argparse._ArgumentGroup) -> None:
    group.add_argument("-q", "--quiet", action="store_true", help="say nothing but warnings and errors")
    group.add_argument("--json", action="store_true", help="a line of JSON for each photo")


def run(options: argparse.Namespace) -> int:
    """Enlarges each photo; one that fails does not stop the others."""
    from srfast import atomic
    from srfast.batch import inputs, targets
    from srfast.batch.flow import Flow, Settings
    from srfast.cli.upscale_report import Report

    words: list[str] = options.photos
    output = options.output
    if output is None and words == [inputs.STANDARD_STREAM]:
        output = inputs.STANDARD_STREAM
    suffix = f".{options.format}" if options.format else None
    where = targets.place(output, many=not inputs.names_one(words), suffix=suffix)
    suffix = suffix or where.suffix or targets.DEFAULT_SUFFIX
    _check_format(suffix, options)
    to_standard_output = where.file == inputs.STANDARD_STREAM
    if to_standard_output:
        _check_standard_output(options)
    wanted = _wanted_size(options)
    sources = inputs.find(words, recursive=options.recursive, leave_out=where.folder)

    choice = _open(options)
    size = wanted or _natural_size(choice)
    jobs = targets.jobs(sources, where, values=_values(choice, size), suffix=suffix)
    settings = Settings(
        size,
        suffix,
        quality=options.quality,
        lossless=options.lossless,
        keep_metadata=not options.strip,
        overwrite=options.force,
        skip_existing=options.skip_existing,
        **({} if options.max_pixels is None else {"max_pixels": options.max_pixels or None}),
    )
    for folder in {os.path.dirname(os.path.realpath(job.target)) for job in jobs if job.target is not None}:
        atomic.remove_leftovers(Path(folder))

    report = Report(jobs, choice, quiet=options.quiet, as_json=options.json, on_error=to_standard_output)
    outcomes: list[Outcome] = []
    try:
        with report, Flow(jobs, choice, settings) as flow:
            for outcome in flow.outcomes(idle=lambda: report.show(flow.parts())):
                outcomes.append(outcome)
                report.tell(outcome)
    except KeyboardInterrupt:
        report.say_how_to_go_on(outcomes)
        raise
    report.sum_up(outcomes)
    return _status(outcomes)


def _status(outcomes: Sequence[Outcome]) -> int:
    from srfast.batch.outcome import Status

    good = sum(outcome.status in (Status.DONE, Status.SKIPPED) for outcome in outcomes)
    return DONE if good == len(outcomes) else SOME_FAILED if good else NOTHING_DONE


def _check_format(suffix: str, options: argparse.Namespace) -> None:
    """Refuses what would otherwise fail, or have no effect, once the first photo is enlarged."""
    from srfast import images

    images.check_writable(f"*{suffix}", "uint8", lossless=options.lossless)
    if options.quality is not None and not images.has_quality(suffix):
        raise OptionError(
            f"--quality is for JPEG, WebP and AVIF, but the results are {suffix} files, which lose nothing; "
            "choose another with --format or -o"
        )


def _check_standard_output(options: argparse.Namespace) -> None:
    import sys

    if options.json:
        raise OptionError("--json and the image would both go to standard output; give a file with -o")
    if sys.stdout is None:  # closed by who started us
        raise OptionError("standard output is closed; give a file with -o")
    if sys.stdout.isatty():
        raise OptionError("standard output is a terminal; redirect it, or give a file with -o")


def _open(options: argparse.Namespace) -> ModelChoice:
    from srfast.model_choice import ModelChoice
    from srfast.upscaler import Upscaler

    def open_model(model: Model) -> Upscaler:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message=".* does not say what it takes")  # said in our words
            upscaler = Upscaler(
                model,
                threads=options.threads,
                memory_limit=options.memory,
                model_color=options.model_color,
                model_range=options.model_range,
            )
        _warn_of_assumptions(str(model), upscaler)
        return upscaler

    choice = ModelChoice(options.model, open_model)
    choice.upscaler(choice.natural_scale)  # so that what is wrong with it is said before any work
    return choice


def _warn_of_assumptions(model: str, upscaler: Upscaler) -> None:
    info = upscaler.info
    assumed = {
        "color": f"--model-color {info.color}",
        "range": f"--model-range {info.range[0]:g},{info.range[1]:g}",
    }
    if info.assumed:
        warn(
            f"{model} does not say what it takes; assuming "
            f"{' '.join(assumed[each] for each in info.assumed)} "
            "(if colours or contrast come out wrong, give other values)"
        )


def _wanted_size(options: argparse.Namespace) -> TargetSize | None:
    from srfast.target_size import TargetSize

    sizes = {name: getattr(options, name) for name in ("scale", "width", "height", "fit")}
    return None if all(value is None for value in sizes.values()) else TargetSize(**sizes)


def _natural_size(choice: ModelChoice) -> TargetSize:
    from srfast.target_size import TargetSize

    return TargetSize(scale=choice.natural_scale)


def _values(choice: ModelChoice, size: TargetSize) -> dict[str, str | None]:
    """What stands for the fields of a pattern."""
    if size.scale is None:
        scale, model = None, choice.only_name
    else:
        scale = f"{size.scale:g}"
        model = "+".join(map(choice.name, dict.fromkeys(choice.scales(size.scale)))) or choice.only_name
    return {"size": str(size), "scale": scale, "model": model}


def _factor(text: str) -> float:
    try:
        return float(text.removeprefix("x").removesuffix("x"))
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a factor such as 2 or 2.5") from None


def _pixels(text: str) -> int:
    amount = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?)(MP?)?", text, re.IGNORECASE)
    number = float(amount[1]) * (1_000_000 if amount[2] else 1) if amount else float("inf")
    if number == float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of pixels, such as 500M")
    return int(number)


def _quality(text: str) -> int:
    if not (text.isdecimal() and 1 <= int(text) <= 100):
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1 to 100")
    return int(text)
