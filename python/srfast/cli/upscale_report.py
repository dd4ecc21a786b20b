"""What `srfast upscale` says of a batch: lines, JSON, a progress bar, and a summary."""

from __future__ import annotations

import contextlib
import json
import os
import sys
import time
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any

from srfast.batch.outcome import Outcome, Status
from srfast.batch.targets import Job
from srfast.cli.terminal import Progress, complain, list_below, one_line, remark, say
from srfast.model_choice import ModelChoice

_BEFORE_WRITING = 0.9  # the part of the bar that reading and enlarging an image take


class Report:
    """Tells what becomes of the photos. A context manager: the bar is there inside it.

    Args:
        jobs: The photos.
        choice: The networks.
        quiet: Whether only errors are told.
        as_json: Whether each photo is a line of JSON.
        on_error: Whether lines go to standard error, because an image goes to standard output.
    """

    def __init__(
        self, jobs: Sequence[Job], choice: ModelChoice, *, quiet: bool, as_json: bool, on_error: bool
    ) -> None:
        self._jobs = jobs
        self._choice = choice
        self._quiet = quiet
        self._as_json = as_json
        self._on_error = on_error
        self._started = time.perf_counter()
        self._told = 0
        # The size of a file is the best guess at its work that is had without opening it.
        self._weights = [_weight(job) for job in jobs]
        self._done = 0.0
        self._progress = Progress(sum(self._weights), shown=not quiet)

    def __enter__(self) -> Report:
        self._progress.__enter__()
        self.show({})
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.__exit__(kind, error, trace)

    def show(self, parts: Mapping[int, float]) -> None:
        """Moves the bar.

        Args:
            parts: Of the photos under way, how much of each is done.
        """
        under_way = sum(self._weights[index] * part * _BEFORE_WRITING for index, part in parts.items())
        count = len(self._jobs)
        first = self._jobs[min(self._told, count - 1)].source
        name = "standard input" if first.path is None else first.path.name
        label = name if count == 1 else f"{min(self._told + 1, count)}/{count} {name}"
        self._progress.set(self._done + under_way, label)

    def tell(self, outcome: Outcome) -> None:
        """Says what became of a photo."""
        if outcome.status in (Status.SKIPPED, Status.EXISTS):
            self._progress.leave_out(self._weights[self._told])
        else:
            self._done += self._weights[self._told]
        self._told += 1
        if self._as_json:
            say(json.dumps(as_json(outcome)))
        alone = len(self._jobs) == 1
        if outcome.status is Status.FAILED or (outcome.status is Status.EXISTS and alone):
            complain(outcome.error or "")
        elif outcome.status is Status.DONE and not (self._quiet or self._as_json):
            say(one_line(self._line(outcome)), sys.stderr if self._on_error else None)

    def sum_up(self, outcomes: Sequence[Outcome]) -> None:
        """Says how many there were of each kind, and once more what failed."""
        counts = {status: sum(outcome.status is status for outcome in outcomes) for status in Status}
        failed = [outcome for outcome in outcomes if outcome.status is Status.FAILED]
        if len(outcomes) > 1 or counts[Status.SKIPPED]:
            words = [
                f"{counts[Status.DONE]} done",
                *([f"{counts[Status.SKIPPED]} skipped, since they exist"] if counts[Status.SKIPPED] else []),
                *([f"{counts[Status.EXISTS]} left, since they exist"] if counts[Status.EXISTS] else []),
                *([f"{len(failed)} failed"] if failed else []),
                *([f"{counts[Status.NOT_BEGUN]} not begun"] if counts[Status.NOT_BEGUN] else []),
            ]
            if not self._quiet:
                remark(f"{', '.join(words)}, in {time.perf_counter() - self._started:.1f} s")
        exists = next((outcome for outcome in outcomes if outcome.status is Status.EXISTS), None)
        if len(outcomes) > 1 and exists is not None:
            complain(
                f"{counts[Status.EXISTS]} of {len(outcomes)} results exist already, such as "
                f"{exists.job.target}; --force replaces them, --skip-existing leaves them"
            )
        if len(outcomes) > 1 and failed and not self._quiet:
            remark(f"{len(failed)} of {len(outcomes)} photos failed:")
            list_below(outcome.error or "" for outcome in failed)
        if counts[Status.NOT_BEGUN]:
            remark("the disk is full; when there is room, --skip-existing does the rest")

    def say_how_to_go_on(self, outcomes: Sequence[Outcome]) -> None:
        """Says, of a batch that is interrupted, how far it came."""
        if len(self._jobs) > 1 and not self._quiet:
            good = sum(outcome.status in (Status.DONE, Status.SKIPPED) for outcome in outcomes)
            remark(f"{good} of {len(self._jobs)} photos are done; --skip-existing does the rest")

    def _line(self, outcome: Outcome) -> str:
        assert outcome.before is not None
        assert outcome.after is not None
        providers = self._choice.upscaler(outcome.scales[0]).providers if outcome.scales else []
        target = "standard output" if outcome.job.target is None else outcome.job.target
        return "{} {}x{} -> {} {}x{} in {:.2f} s ({})".format(
            *(outcome.job.source, *outcome.before, target, *outcome.after, outcome.seconds),
            ", ".join([outcome.way, *([" + ".join(providers)] if providers else [])]),
        )


def as_json(outcome: Outcome) -> dict[str, Any]:
    """An outcome under the keys that docs/command.md describes."""
    target = outcome.job.target
    return {
        "file": str(outcome.job.source),
        "output": None if target is None else str(target),
        "status": outcome.status.value,
        "before": outcome.before,
        "after": outcome.after,
        "seconds": round(outcome.seconds, 3),
        "models": outcome.models,
        "scales": outcome.scales,
        "shrunk": outcome.shrunk,
        "error": outcome.error,
    }


def _weight(job: Job) -> float:
    with contextlib.suppress(OSError):
        if job.source.path is not None and job.problem is None:
            return max(1.0, os.path.getsize(job.source.path))
    return 1.0
