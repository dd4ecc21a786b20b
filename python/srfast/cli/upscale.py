"""`srfast upscale`: image files in, larger image files out."""

from __future__ import annotations

import argparse
import os
import sys
import time
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

from srfast import images, zoo
from srfast.cli import decoder_messages
from srfast.cli.status import DONE, NOTHING_DONE, SOME_FAILED
from srfast.cli.terminal import Progress, complain, say, warn
from srfast.conventions import COLORS
from srfast.errors import Error, ImageError, OptionError

if TYPE_CHECKING:
    from srfast.upscaler import Upscaler

EXAMPLES = """\
examples:
  srfast upscale photo.jpg                       writes photo_x3.png beside it
  srfast upscale photo.jpg -o large.webp         writes this file
  srfast upscale holiday/*.jpg -o large/         writes large/NAME_x3.png for each
  srfast upscale photo.jpg -m net.onnx           runs a network of your own
"""


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds `srfast upscale` to the command's parser."""
    parser = commands.add_parser(
        "upscale",
        help="enlarge photographs",
        description="Enlarges image files with a super-resolution network.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("photos", metavar="PHOTO", nargs="+", type=Path, help="an image file")
    parser.add_argument(
        "-o",
        "--output",
        metavar="OUT",
        help="the file to write, or the folder if it exists, ends in /, or several photos are given "
        "(default: NAME_xSCALE.png beside each photo)",
    )
    parser.add_argument(
        "-m",
        "--model",
        default=zoo.DEFAULT,
        help="an ONNX file, or the name of a shipped model (default: %(default)s)",
    )
    parser.add_argument(
        "--model-color",
        choices=COLORS,
        help="what the network takes, where its file does not say it or is wrong",
    )
    parser.add_argument(
        "--model-range",
        metavar="RANGE",
        type=_model_range,
        help="the values that the network takes for black and white: 1, 255 or LOW,HIGH (--model-range=-1,1)",
    )
    parser.add_argument(
        "--threads", metavar="N", type=int, help="cores to use (default: all that this process may use)"
    )
    parser.add_argument(
        "--memory",
        metavar="SIZE",
        help="working memory beyond the images themselves, such as 512MB; large photos are done in tiles "
        "that fit, with the same result (default: a quarter of what is available)",
    )
    parser.add_argument("--force", action="store_true", help="replace output files that exist")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Enlarges each photo; one that fails does not stop the others."""
    photos: list[Path] = options.photos
    folder = _output_folder(options.output, len(photos))
    if options.output is not None and folder is None:
        _check_output_file(Path(options.output))
    upscaler = _open(options)
    if options.output is not None and folder is None:
        targets = [Path(options.output)]
    else:
        targets = [(folder or photo.parent) / f"{photo.stem}_x{upscaler.scale}.png" for photo in photos]
    _check_distinct(photos, targets)

    failed = 0
    with Progress(len(photos)) as progress:
        for photo, target in zip(photos, targets, strict=True):
            progress.begin(photo.name)
            try:
                _check_free(target, photos, force=options.force)
                if folder is not None:
                    folder.mkdir(parents=True, exist_ok=True)
                summary = _upscale(photo, target, upscaler, options.model, progress)
            except (Error, OSError) as error:
                failed += 1
                complain(error)
            else:
                say(summary)
            progress.advance()
    if failed and len(photos) > 1:
        say(f"srfast: {failed} of {len(photos)} photos failed", sys.stderr)
    return DONE if not failed else NOTHING_DONE if failed == len(photos) else SOME_FAILED


def _upscale(photo: Path, target: Path, upscaler: Upscaler, model: str, progress: Progress) -> str:
    """Does one photo and returns the line to say about it."""
    start = time.perf_counter()
    with decoder_messages.collected() as messages:
        image = images.read(photo)
    for message in messages:
        warn(message if str(photo) in message else f"{photo}: {message}")
    images.check_writable(target, image.dtype)

    height, width = image.shape[:2]
    try:
        large = progress.wait_for(lambda: upscaler.run(image, progress=progress.part), upscaler.cancel)
    except Error as error:
        raise type(error)(f"{photo}: {error}") from error
    except MemoryError as error:
        raise ImageError(f"{photo}: {width}x{height} pixels need more memory than there is") from error

    with decoder_messages.collected():
        images.write(target, large)
    seconds = time.perf_counter() - start
    return (
        f"{photo} {width}x{height} -> {target} {large.shape[1]}x{large.shape[0]} in {seconds:.2f} s "
        f"({Path(model).name}, {' + '.join(upscaler.providers)})"
    )


def _open(options: argparse.Namespace) -> Upscaler:
    from srfast.upscaler import Upscaler

    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".* does not say what it takes")  # said below in our words
        upscaler = Upscaler(
            options.model,
            threads=options.threads,
            memory_limit=options.memory,
            model_color=options.model_color,
            model_range=options.model_range,
        )
    info = upscaler.info
    assumed = {
        "color": f"--model-color {info.color}",
        "range": f"--model-range {info.range[0]:g},{info.range[1]:g}",
    }
    if info.assumed:
        warn(
            f"{options.model} does not say what it takes; assuming "
            f"{' '.join(assumed[each] for each in info.assumed)} "
            "(if colours or contrast come out wrong, give other values)"
        )
    return upscaler


def _output_folder(output: str | None, count: int) -> Path | None:
    """The folder that `-o` names, or None where it names a file or is absent."""
    if output is None:
        return None
    if not output:
        raise OptionError("-o is given an empty name")
    folder = Path(output)
    if output.endswith(("/", os.sep)) or folder.is_dir() or (count > 1 and not folder.exists()):
        if folder.exists() and not folder.is_dir():
            raise OptionError(f"{folder} is a file, not a folder")
        return folder
    if count > 1:
        raise OptionError(f"{output} is a file; the results of several photos need a folder")
    return None


def _check_output_file(output: Path) -> None:
    if not output.suffix:
        raise OptionError(
            f"{output} has no suffix to choose a format by, such as .png; for a folder, write {output}/"
        )
    if not output.parent.is_dir():
        raise OptionError(f"{output}: there is no folder {output.parent}; create it first")
    images.check_writable(output, "uint8")


def _check_distinct(photos: list[Path], targets: list[Path]) -> None:
    first: dict[str, Path] = {}
    for photo, target in zip(photos, targets, strict=True):
        other = first.setdefault(os.path.realpath(target), photo)
        if other is not photo:
            raise OptionError(
                f"{other} and {photo} would both be written to {target}; do them one at a time with -o"
            )


def _check_free(target: Path, photos: list[Path], *, force: bool) -> None:
    if not target.exists():
        return
    if any(photo.exists() and target.samefile(photo) for photo in photos):
        raise OptionError(
            f"{target} is one of the photos to read and is not overwritten; name another output with -o"
        )
    if not force:
        raise OptionError(f"{target} exists already; --force replaces it")


def _model_range(text: str) -> float | tuple[float, float]:
    try:
        values = [float(word) for word in text.split(",")]
    except ValueError:
        values = []
    if values in ([1], [255]):
        return values[0]
    if len(values) == 2:
        return (values[0], values[1])
    raise argparse.ArgumentTypeError(f"{text!r} is not 1, 255 or LOW,HIGH")
