"""Finds the image files that words such as files, folders and patterns name."""

from __future__ import annotations

import dataclasses
import glob
import os
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path

from srfast import images
from srfast.did_you_mean import why_missing

STANDARD_STREAM = "-"
"""The word for standard input or output."""

SUFFIXES = frozenset({*images.SUFFIXES, ".gif"})
"""What the names of image files end with, in a folder that holds other files, too."""


@dataclasses.dataclass(frozen=True)
class Source:
    """An image to enlarge.

    Attributes:
        path: The file; None for standard input.
        below: The folder that the file lies in, below the one that was named.
        named: Whether it was named itself, rather than found in a folder or by a pattern.
        problem: Why it cannot be one.
    """

    path: Path | None
    below: Path = Path()
    named: bool = True
    problem: str | None = None

    def __str__(self) -> str:
        return STANDARD_STREAM if self.path is None else str(self.path)

    @property
    def stem(self) -> str:
        """The name without suffix."""
        return "stdin" if self.path is None else self.path.stem


def names_one(words: Sequence[str]) -> bool:
    """Whether these words name one image at most: a single one that is no folder and no pattern."""
    if len(words) != 1 or os.path.isdir(words[0]):
        return False
    return os.path.lexists(words[0]) or not glob.has_magic(words[0])


def find(words: Sequence[str], *, recursive: bool = False, leave_out: Path | None = None) -> list[Source]:
    """Finds the image files that are named.

    A folder stands for the image files in it, by their suffixes, hidden ones not among them; a pattern with
    `*`, `?`, `[...]` or `**` (any folders) for what it matches; `-` for standard input; any other word for
    the file of that name. A file comes once, however often it is named.

    Args:
        words: What was named.
        recursive: Whether the folders in a folder are looked into as well. Those that symbolic links lead to
            are, too, but each only once, so that links in a circle do no harm.
        leave_out: A folder not to look into, since the results go there.

    Returns:
        The images, those of a folder sorted by name. Words that name nothing give one with a problem.
    """
    seen: set[str] = set()
    sources = []
    for word in words:
        for source in _of_word(word, recursive, leave_out):
            key = str(source) if source.path is None else os.path.realpath(source.path)
            if key not in seen:
                seen.add(key)
                sources.append(source)
    return sources


def _of_word(word: str, recursive: bool, leave_out: Path | None) -> Iterator[Source]:
    if word == STANDARD_STREAM:
        yield Source(None)
        return
    if not word:
        yield Source(Path(), problem="one of the photos has an empty name")
        return
    path = Path(word)
    if os.path.isdir(path):  # unlike Path.is_dir, it raises nothing
        yield from _of_folder(path, recursive, leave_out)
    elif os.path.lexists(path):
        yield Source(path)
    elif not glob.has_magic(word):
        yield Source(path, problem=why_missing(path))
    else:
        matches = sorted(map(Path, glob.glob(word, recursive=True)))
        files = [match for match in matches if is_image_name(match.name) and not _is_no_file(str(match))]
        yield from (Source(file, named=False) for file in files)
        if not files:
            yield Source(path, problem=f"{word} matches no image files")


def is_image_name(name: str) -> bool:
    """Whether a file of this name is taken for an image when it is found, rather than named."""
    return not name.startswith(".") and os.path.splitext(name)[1].lower() in SUFFIXES


def _of_folder(root: Path, recursive: bool, leave_out: Path | None) -> Iterator[Source]:
    visited = {_identity(root)}
    if leave_out is not None and os.path.isdir(leave_out):
        visited.add(_identity(leave_out))
    has_folders = False
    found = 0
    waiting = [root]
    while waiting:
        folder = waiting.pop(0)
        try:
            entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
        except OSError as error:
            yield Source(folder, problem=f"{folder}: {error.strerror}")
            found += 1
            continue
        inner = []
        for entry in entries:
            if os.path.isdir(entry.path):
                identity = _identity(Path(entry.path))
                if not entry.name.startswith(".") and identity not in visited:
                    visited.add(identity)
                    inner.append(Path(entry.path))
            elif is_image_name(entry.name) and not _is_no_file(entry.path):
                found += 1
                yield Source(folder / entry.name, below=folder.relative_to(root), named=False)
        if recursive:
            waiting[:0] = inner
        else:
            has_folders = bool(inner)
    if not found:
        hint = "; -r looks into its folders, too" if has_folders else ""
        yield Source(root, problem=f"{root} is a folder without image files{hint}")


def _is_no_file(path: str) -> bool:
    """Whether it is a folder, or a pipe or a device: only who names one of these means to wait for it."""
    try:
        return not stat.S_ISREG(os.stat(path).st_mode)
    except OSError:
        return False  # reading it will say why


def _identity(folder: Path) -> tuple[int, int]:
    status = folder.stat()
    return status.st_dev, status.st_ino
