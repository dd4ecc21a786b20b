"""Which files of a network are quicker than the float one, measured side by side."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from pathlib import Path

import onnx

from srfast.bench import Benchmark, benchmark
from srfast.errors import RunError

_ROUNDS = 7

Progress = Callable[[float], object]


@dataclasses.dataclass(frozen=True)
class Speed:
    """How long a run takes, beside the float network in the same turns.

    Attributes:
        float_seconds: The float network's median.
        seconds: The other's median.
        ratio: Lower quartile, median and upper quartile of float over other, round by round: above 1 where
            the other is quicker.
    """

    float_seconds: float
    seconds: float
    ratio: tuple[float, float, float]


def measured(
    original: Path,
    others: Mapping[str, onnx.ModelProto],
    folder: Path,
    threads: int | None,
    progress: Progress,
) -> dict[str, Speed]:
    """Runs networks and the float one that they were made of in turns (`srfast.benchmark`).

    Args:
        original: The float file.
        others: The other networks by name.
        folder: Where files can be put.
        threads: How many cores to use; None: those that the process may use.
        progress: Called with the part that is done, 0 to 1.

    Raises:
        RunError: One cannot be run.
    """
    files = []
    for name, model in others.items():
        files.append(folder / f"{name}.onnx")
        onnx.save(model, files[-1])
    found = benchmark(
        original,
        against=[],
        also=files,
        threads=threads,
        rounds=_ROUNDS,
        progress=lambda done, total: progress(done / total),
    )
    if found.not_measured:
        raise RunError("; ".join(f"{one.what}: {one.reason}" for one in found.not_measured))
    return {name: _speed(found, name) for name in others}


def _speed(found: Benchmark, name: str) -> Speed:
    low, middle, high = found.ratio(name)  # of the other over the float one
    return Speed(found.measured[0].median, found[name].median, (1 / high, 1 / middle, 1 / low))
