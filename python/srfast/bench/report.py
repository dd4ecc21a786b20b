"""What a benchmark found: times, memory and differences of srfast and its peers."""

from __future__ import annotations

import dataclasses
import statistics
from typing import Any


@dataclasses.dataclass(frozen=True)
class Measured:
    """One that took part.

    Attributes:
        name: "srfast", or the peer's name.
        what: What it is, for people.
        version: Its version.
        seconds: Of every counted round, in order.
        peak_bytes: The most memory that its process held: the interpreter, the libraries and everything else.
        off_by: The largest difference of a value from srfast's result.
        share_off: The share of values that differ.
        allowed: The largest difference that was allowed.
        stayed_busy: Whether its idle threads still computed two seconds after a run, beside whoever came
            next.
    """

    name: str
    what: str
    version: str
    seconds: tuple[float, ...]
    peak_bytes: int
    off_by: int
    share_off: float
    allowed: int
    stayed_busy: bool

    @property
    def median(self) -> float:
        """Seconds of a run."""
        return statistics.median(self.seconds)

    @property
    def quartiles(self) -> tuple[float, float]:
        """The lower and the upper quartile of the seconds of a run."""
        return _quartiles(self.seconds)


@dataclasses.dataclass(frozen=True)
class NotMeasured:
    """One that did not take part.

    Attributes:
        name: The peer's name.
        what: What it is, for people.
        reason: Why, and what to do about it.
    """

    name: str
    what: str
    reason: str


@dataclasses.dataclass(frozen=True)
class Benchmark:
    """srfast beside its peers on one network and one size, all in one run, in turns.

    Attributes:
        model: The file.
        size: Width and height of the image that went in.
        scale: Output pixels per input pixel along each axis.
        threads: How many cores each used.
        machine: Processor, cores and system.
        measured: srfast first, then the peers.
        not_measured: Peers that are missing, cannot run the network, or made another image of it.
    """

    model: str
    size: tuple[int, int]
    scale: int
    threads: int
    machine: str
    measured: tuple[Measured, ...]
    not_measured: tuple[NotMeasured, ...]

    def __getitem__(self, name: str) -> Measured:
        """What was measured of one, by name.

        Raises:
            KeyError: It did not take part.
        """
        for one in self.measured:
            if one.name == name:
                return one
        raise KeyError(name)

    def ratio(self, name: str, to: str | None = None) -> tuple[float, float, float]:
        """How many times longer one took than another: quartile, median and quartile of the rounds' ratios.

        Args:
            name: The one.
            to: The other; None: srfast.

        Raises:
            KeyError: One of them did not take part.
        """
        other = self.measured[0] if to is None else self[to]
        ratios = [theirs / ours for theirs, ours in zip(self[name].seconds, other.seconds, strict=True)]
        low, high = _quartiles(ratios)
        return low, statistics.median(ratios), high

    def megapixels_per_second(self, name: str) -> float:
        """Millions of pixels of the small image that one enlarges in a second."""
        return self.size[0] * self.size[1] / 1e6 / self[name].median

    def to_json(self) -> dict[str, Any]:
        """All of it, with what follows from it, as JSON knows values."""
        return {
            "model": self.model,
            "size": list(self.size),
            "scale": self.scale,
            "threads": self.threads,
            "machine": self.machine,
            "rounds": len(self.measured[0].seconds),
            "measured": {
                one.name: {
                    **dataclasses.asdict(one),
                    "median": one.median,
                    "quartiles": one.quartiles,
                    "megapixels_per_second": self.megapixels_per_second(one.name),
                    "ratio": dict(zip(("low", "median", "high"), self.ratio(one.name), strict=True)),
                }
                for one in self.measured
            },
            "not_measured": {one.name: dataclasses.asdict(one) for one in self.not_measured},
        }


def _quartiles(values: list[float] | tuple[float, ...]) -> tuple[float, float]:
    if len(values) < 2:
        return values[0], values[0]
    low, _, high = statistics.quantiles(values, n=4, method="inclusive")
    return low, high
