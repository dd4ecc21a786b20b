"""The contest itself: everybody opens the network, proves the result, and then they take turns."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import sys
from collections.abc import Callable

import numpy as np

from srfast.bench.peers import OURS, Peer
from srfast.bench.process import AbsentError, FailedError, Process
from srfast.bench.report import Measured, NotMeasured
from srfast.bench.worker import Job, Pixels
from srfast.errors import RunError

LOSSY = 16
"""How far a value may be off where somebody computes with bfloat16 or 8-bit integers."""

_Progress = Callable[[int, int], object]


@dataclasses.dataclass
class _Contestant:
    peer: Peer
    process: Process
    version: str
    allowed: int
    off_by: int = 0
    share_off: float = 0.0
    peak: int = 0
    stayed_busy: bool = False
    seconds: list[float] = dataclasses.field(default_factory=list)

    def run(self) -> float:
        answer, _ = self.process.ask("run")
        self.stayed_busy |= not answer["quiet"]
        seconds: float = answer["seconds"]
        return seconds


@dataclasses.dataclass(frozen=True)
class Entrant:
    """One who is to take part.

    Attributes:
        peer: The library.
        job: What it is to run; `scratch` and `variant` are set when it enters.
        allowed: How far a value may be off srfast's first one; 255: it is said and not judged.
    """

    peer: Peer
    job: Job
    allowed: int


def held(
    first: Entrant,
    others: list[Entrant],
    image: Pixels,
    *,
    rounds: int,
    warm_up: int,
    progress: _Progress | None,
) -> tuple[list[Measured], list[NotMeasured]]:
    """Measures srfast and its peers.

    Args:
        first: srfast itself, on the network that the others are compared with.
        others: Who else takes part.
        image: HxWx3 (BGR) or HxW, uint8.
        rounds: How often each runs the image.
        warm_up: Rounds before those, which do not count.
        progress: Called as `progress(done, total)` after every run.

    Returns:
        Who took part, srfast first, and who did not.

    Raises:
        RunError: srfast itself failed.
    """
    absent: list[NotMeasured] = []
    with contextlib.ExitStack() as stack:
        try:
            ours = _entered(stack, first, image)
            ours.run()
            _, reference = ours.process.ask("result")
        except (AbsentError, FailedError) as error:
            raise RunError(f"srfast cannot run {first.job.model}: {error}") from error
        assert reference is not None
        contestants = [ours]
        for entrant in others:
            peer = entrant.peer
            try:
                contestant = _entered(stack, entrant, image)
                contestant.run()
                _compare(contestant, reference)
            except AbsentError as error:
                absent.append(NotMeasured(peer.name, peer.what, f"absent ({error}): {peer.how_to_get}"))
            except FailedError as error:
                absent.append(NotMeasured(peer.name, peer.what, str(error)))
            else:
                contestants.append(contestant)
        absent += _take_turns(contestants, rounds, warm_up, progress)
        for contestant in contestants:
            answer, _ = contestant.process.ask("result")
            contestant.peak = answer["peak"]
    return [_measured(contestant) for contestant in contestants], absent


def _entered(stack: contextlib.ExitStack, entrant: Entrant, image: Pixels) -> _Contestant:
    peer, job = entrant.peer, entrant.job
    python = os.environ.get(peer.python, "") if peer.python else sys.executable
    if not python:
        raise AbsentError("its environment is not named")
    process = stack.enter_context(Process(python, job.threads))
    own = dataclasses.replace(job, scratch=process.scratch, variant=peer.variant)
    answer, _ = process.ask("open", peer=str(peer.file), job=dataclasses.asdict(own))
    process.ask("image", image)
    return _Contestant(peer, process, answer["version"], entrant.allowed)


def _compare(contestant: _Contestant, reference: Pixels) -> None:
    _, result = contestant.process.ask("result")
    assert result is not None
    if result.shape != reference.shape:
        raise FailedError(
            f"its image has the shape {result.shape}, and srfast's {reference.shape}: not timed"
        )
    difference = np.abs(result.astype(np.int16) - reference)
    contestant.off_by = int(difference.max())
    contestant.share_off = float(np.count_nonzero(difference) / difference.size)
    if contestant.off_by > contestant.allowed:
        raise FailedError(
            f"its image is another one: values are off by up to {contestant.off_by}, and "
            f"{contestant.share_off:.1%} differ (allowed: {contestant.allowed}): not timed"
        )


def _take_turns(
    contestants: list[_Contestant], rounds: int, warm_up: int, progress: _Progress | None
) -> list[NotMeasured]:
    """Measures, and returns those who failed on the way; they are taken out of `contestants`."""
    failed: list[NotMeasured] = []
    total, done = (warm_up + rounds) * len(contestants), 0
    random = np.random.default_rng(0)
    for number in range(warm_up + rounds):
        turns = list(contestants)
        random.shuffle(turns)  # so that nobody always follows the same one
        for contestant in turns:
            try:
                seconds = contestant.run()
            except FailedError as error:
                if contestant.peer is OURS:
                    raise RunError(f"srfast failed in round {number + 1}: {error}") from error
                failed.append(NotMeasured(contestant.peer.name, contestant.peer.what, str(error)))
                contestants.remove(contestant)
            else:
                if number >= warm_up:
                    contestant.seconds.append(seconds)
            done += 1
            if progress is not None:
                progress(done, total)
    return failed


def _measured(contestant: _Contestant) -> Measured:
    peer = contestant.peer
    return Measured(
        name=peer.name,
        what=peer.what,
        version=contestant.version,
        seconds=tuple(contestant.seconds),
        peak_bytes=contestant.peak,
        off_by=contestant.off_by,
        share_off=contestant.share_off,
        allowed=contestant.allowed,
        stayed_busy=contestant.stayed_busy,
    )
