"""Guesses what somebody meant who mistyped a name."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """`; did you mean X?` for the known word that is most like `word`, or nothing."""
    like = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f"; did you mean {like[0]}?" if like else ""
