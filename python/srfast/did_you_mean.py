"""Guesses what somebody meant who mistyped a name."""

from __future__ import annotations

import contextlib
import difflib
import os
from collections.abc import Iterable
from pathlib import Path

_MOST_FILES = 1000  # comparing a name with more takes a noticeable time


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """`; did you mean X?` for the known word that is most like `word`, or nothing."""
    like = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f"; did you mean {like[0]}?" if like else ""


def why_missing(path: Path) -> str:
    """Says that there is no file of a name, or why it cannot be looked at, with a guess at what was meant."""
    try:
        path.lstat()
    except OSError as error:
        guess = ""
        if isinstance(error, FileNotFoundError):
            with contextlib.suppress(OSError):
                names = [name for name in os.listdir(path.parent) if not name.startswith(".")]
                if len(names) <= _MOST_FILES:
                    guess = did_you_mean(path.name, names)
        return f"{path}: {error.strerror}{guess}"
    return f"{path}: No such file or directory at the end of this symbolic link"
