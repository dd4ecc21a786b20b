"""What a check says of a file."""

from __future__ import annotations

import dataclasses
from typing import Any, Literal

Status = Literal["passed", "failed", "skipped"]


@dataclasses.dataclass(frozen=True)
class Finding:
    """What came out of a check.

    Attributes:
        status: "skipped" where the question does not arise, or cannot be answered.
        reason: One sentence: what was found.
        figures: What was measured, by name: numbers, text and lists of them.
    """

    status: Status
    reason: str
    figures: dict[str, Any] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True)
class Verdict(Finding):
    """A finding with the name of its check.

    Attributes:
        check: One of the names in `srfast.checking.CHECKS`.
    """

    check: str = ""


class SkippedError(Exception):
    """A check cannot be made. Stays inside this package."""


def passed(reason: str, **figures: Any) -> Finding:
    """The file is right in this."""
    return Finding("passed", reason, figures)


def failed(reason: str, **figures: Any) -> Finding:
    """The file is wrong in this."""
    return Finding("failed", reason, figures)


def skipped(reason: str) -> Finding:
    """Nothing can be said."""
    return Finding("skipped", reason)
