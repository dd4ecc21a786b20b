"""What became of each image of a batch."""

from __future__ import annotations

import dataclasses
import enum
import math

from srfast.batch.targets import Job


class Status(enum.Enum):
    """How an image ended."""

    DONE = "done"
    SKIPPED = "skipped"  # its result was there
    EXISTS = "exists"  # its result was there, and nobody said what to do then
    FAILED = "failed"
    NOT_BEGUN = "not begun"  # the batch was stopped before


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What became of one image.

    Attributes:
        job: The image.
        status: How it ended.
        error: Why it is not done; a full sentence that names the file.
        before: Width and height of the image.
        after: Width and height of the result.
        seconds: How long it was worked on, without waiting.
        models: The networks that were run, in order.
        scales: Their scales.
        shrunk: Whether what they made was shrunk to the wanted size.
    """

    job: Job
    status: Status
    error: str | None = None
    before: tuple[int, int] | None = None
    after: tuple[int, int] | None = None
    seconds: float = 0.0
    models: tuple[str, ...] = ()
    scales: tuple[int, ...] = ()
    shrunk: bool = False

    @property
    def way(self) -> str:
        """How the result was made, in words: the networks, and what came after."""
        if not self.models:
            return "no network needed"
        if len(self.models) == 1:
            name = self.models[0]
        elif len(set(self.models)) == 1:
            name = f"{self.models[0]} {len(self.models)} times"
        else:
            name = " then ".join(self.models)
        return name + (f", x{math.prod(self.scales)} shrunk to size" if self.shrunk else "")
