"""Where the results go, and what speaks against it; found out before anything runs."""

from __future__ import annotations

import dataclasses
import os
import string
from collections.abc import Mapping, Sequence
from pathlib import Path

from srfast import images
from srfast.batch.inputs import STANDARD_STREAM, Source
from srfast.did_you_mean import did_you_mean
from srfast.errors import OptionError
from srfast.images import formats

DEFAULT_SUFFIX = ".png"
DEFAULT_PATTERN = "{stem}_{size}{ext}"
FIELDS = ("stem", "model", "scale", "size", "ext")


@dataclasses.dataclass(frozen=True)
class Place:
    """Where the results go.

    Attributes:
        folder: The folder for the results; None: beside each photo.
        pattern: The names of the results, with `FIELDS` in braces.
        file: The one file to write, instead of both; `STANDARD_STREAM` for standard output.
    """

    folder: Path | None = None
    pattern: str = DEFAULT_PATTERN
    file: str | None = None

    @property
    def suffix(self) -> str | None:
        """The suffix that it asks for, or None where it leaves that open."""
        if self.file == STANDARD_STREAM:
            return None
        name = self.pattern if self.file is None else self.file
        return None if name.endswith("{ext}") else os.path.splitext(name)[1]


@dataclasses.dataclass(frozen=True)
class Job:
    """One image to enlarge.

    Attributes:
        source: Where it comes from.
        target: The file to write; None for standard output.
        problem: Why it cannot be done.
    """

    source: Source
    target: Path | None
    problem: str | None = None


def place(output: str | None, *, many: bool, suffix: str | None = None) -> Place:
    """What the word for the output means.

    Args:
        output: A file, a folder, a pattern with fields in braces, or `-`; None: beside each photo.
        many: Whether there may be several results.
        suffix: The suffix of the format that was asked for, if one was.

    Raises:
        OptionError: It makes no sense.
    """
    if output is None:
        return Place()
    if not output:
        raise OptionError("-o is given an empty name")
    if output == STANDARD_STREAM:
        if many:
            raise OptionError("standard output takes one image; several need a folder")
        return Place(file=output)
    path = Path(output)
    path.exists()  # raises an OSError for a name that the file system does not take
    if "{" in output and not os.path.lexists(path):
        return _pattern_place(output, suffix)
    if many and path.suffix.lower() in images.SUFFIXES and not output.endswith(os.sep) and not path.is_dir():
        raise OptionError(
            f"{output} is the name of a file; the results of several photos need a folder, "
            f"such as {path.stem}/"
        )
    if output.endswith(("/", os.sep)) or os.path.isdir(path) or (many and not os.path.lexists(path)):
        if os.path.lexists(path) and not os.path.isdir(path):
            raise OptionError(f"{path} is a file, not a folder")
        return Place(folder=path)
    if many:
        raise OptionError(f"{output} is a file; the results of several photos need a folder")
    if not path.suffix:
        raise OptionError(
            f"{output} has no suffix to choose a format by, such as .png; for a folder, write {output}/"
        )
    if not os.path.isdir(path.parent):
        raise OptionError(f"{output}: there is no folder {path.parent}; create it first")
    _check_suffix(output, path.suffix, suffix)
    return Place(file=output)


def jobs(
    sources: Sequence[Source], where: Place, *, values: Mapping[str, str | None], suffix: str
) -> list[Job]:
    """Names the results.

    Args:
        sources: The images.
        where: Where the results go.
        values: What stands for the fields model, scale and size; None for what differs from image to image.
        suffix: The suffix of the results where their name leaves it open.

    Returns:
        A job for each source, but for those that were found in a folder and are the results of others: so a
        folder can be enlarged in place once more.

    Raises:
        OptionError: A field of the pattern has no value, or two images would be written to one file.
    """
    named = [(source, _target(source, where, values, suffix)) for source in sources]
    results = {os.path.realpath(target): source for source, target in named if target and not source.problem}
    named = [(source, target) for source, target in named if not _is_result(source, target, results)]
    _check_distinct(named)
    read = {identity for source, _ in named if (identity := _identity(source.path)) is not None}
    return [_checked(source, target, read) for source, target in named]


def _is_result(source: Source, target: Path | None, results: Mapping[str, Source]) -> bool:
    """Whether an image that was found in a folder is there because another one was enlarged."""
    if source.named or source.path is None:
        return False
    file = os.path.realpath(source.path)
    # One that would be written to itself is an original that the pattern does not tell from a result.
    return results.get(file, source) is not source and (target is None or os.path.realpath(target) != file)


def _pattern_place(output: str, suffix: str | None) -> Place:
    folder, name = os.path.split(output)
    fields = name if os.path.isdir(folder) else output  # the name of a folder may have braces
    try:
        parts = [part for part in string.Formatter().parse(fields) if part[1] is not None]
    except ValueError as error:
        raise OptionError(f"-o {output}: {error}; braces enclose fields, {{{{ is a brace") from error
    known = ", ".join(f"{{{field}}}" for field in FIELDS)
    for _, field, format_spec, conversion in parts:
        assert field is not None
        if format_spec or conversion:
            raise OptionError(f"-o {output}: {{{field}}} is a name, and takes no format of numbers behind it")
        if field not in FIELDS:
            raise OptionError(
                f"-o {output}: there is no field {{{field}}}{did_you_mean(field, FIELDS)}; there are {known}"
            )
    if "{" in folder and not os.path.isdir(folder):
        raise OptionError(f"-o {output}: fields belong into the name, not into the folders")
    if not name.endswith("{ext}"):
        ending = os.path.splitext(name)[1]
        if not ending or "{" in ending:
            raise OptionError(f"-o {output} does not end in a format, such as .png or {{ext}}")
        _check_suffix(output, ending, suffix)
    return Place(folder=Path(folder) if folder else None, pattern=name)


def _check_suffix(output: str, ending: str, suffix: str | None) -> None:
    images.check_writable(output, "uint8")
    if suffix is not None and formats.of_name(f"image{ending}") != formats.of_name(f"image{suffix}"):
        raise OptionError(f"-o {output} and the format {suffix[1:]} contradict each other")


def _target(source: Source, where: Place, values: Mapping[str, str | None], suffix: str) -> Path | None:
    if where.file is not None:
        return None if where.file == STANDARD_STREAM else Path(where.file)
    filled = {"stem": source.stem.replace("\0", ""), "ext": suffix, **values}
    for _, field, _, _ in string.Formatter().parse(where.pattern):
        if field is not None and filled[field] is None:
            raise OptionError(
                f"{{{field}}} differs from photo to photo where a width, a height or a box is given; "
                "take {size}"
            )
    name = where.pattern.format(**filled)
    if where.folder is not None:
        return where.folder / source.below / name
    return (Path() if source.path is None else source.path.parent) / name


def _check_distinct(named: Sequence[tuple[Source, Path | None]]) -> None:
    first: dict[str, Source] = {}
    for source, target in named:
        if target is not None and source.problem is None:
            other = first.setdefault(os.path.realpath(target), source)
            if other is not source:
                raise OptionError(
                    f"{other} and {source} would both be written to {target}; "
                    "do them one at a time, or into folders of their own"
                )


def _checked(source: Source, target: Path | None, read: set[tuple[int, int]]) -> Job:
    problem = source.problem
    if problem is None and _identity(target) in read:
        problem = f"{target} is one of the photos to read and is not overwritten; name another output with -o"
    return Job(source, target, problem)


def _identity(path: Path | None) -> tuple[int, int] | None:
    """What tells a file from all others, whatever its names; None if there is none."""
    try:
        status = None if path is None else path.stat()
    except OSError:
        return None
    return None if status is None else (status.st_dev, status.st_ino)
