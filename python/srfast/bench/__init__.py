"""Measures srfast beside other ways to run the same network, all in one run, in turns."""

from __future__ import annotations

import dataclasses
import os
import platform
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from srfast import _core
from srfast.bench import contest
from srfast.bench.contest import LOSSY, Entrant
from srfast.bench.peers import OURS, PEERS, Peer
from srfast.bench.report import Benchmark, Measured, NotMeasured
from srfast.bench.worker import Job, Pixels
from srfast.errors import DependencyError, OptionError
from srfast.model_file import is_quantized, load_graph, model_path, require_portable

__all__ = ["Benchmark", "Measured", "NotMeasured", "benchmark"]

ROUNDS = 9
WARM_UP = 2
SIZE = (256, 256)
"""Width and height of the image where neither the caller nor the file says one."""


def benchmark(
    model: str | os.PathLike[str],
    *,
    size: tuple[int, int] | None = None,
    against: Sequence[str] | None = None,
    also: Sequence[str | os.PathLike[str]] = (),
    weights: str | os.PathLike[str] | None = None,
    threads: int | None = None,
    rounds: int = ROUNDS,
    progress: Callable[[int, int], object] | None = None,
) -> Benchmark:
    """Runs a network with srfast and with other libraries, and compares time, memory and results.

    Each library has a process of its own, so that the peak memory is its own, and a run begins only when the
    threads of the one before have gone to sleep. An image goes in as 8-bit pixels and comes out as such, so
    every library's conversions count. Before anything is timed, every result is compared with srfast's:
    a value may be off by 1, or by 16 where bfloat16 or 8-bit integers are at work; who makes another image is
    not timed. Then all run the image in turns, in random order. Rounds to warm up do not count.

    Args:
        model: An ONNX file that any runtime reads, or the name of a shipped model.
        size: Width and height of the image, a mirrored photograph. None: the file's own size if it has one,
            else 256x256.
        against: Names from `srfast.bench.peers.PEERS`. None: all of them.
        also: Other files that stand for the same network, such as a quantised one, which srfast runs too.
            They are called by their files' names. How far their images are off is said and not judged.
        weights: The weights that the file was made of, for PyTorch.
        threads: How many cores each may use. None: the CPUs that the process may use.
        rounds: How often each runs the image.
        progress: Called as `progress(done, total)` after every run.

    Returns:
        What was found; who did not take part stands there with the reason.

    Raises:
        OptionError: `size`, `against`, `threads` or `rounds` cannot be used.
        ModelError: The file cannot be opened, or is no file for other runtimes.
        RunError: srfast cannot run the network.
        DependencyError: The system is Windows.
    """
    from srfast.upscaler import Upscaler

    _require_posix()
    peers = [_peer(name) for name in dict.fromkeys(PEERS if against is None else against)]
    if not isinstance(rounds, int) or rounds < 1:
        raise OptionError(f"rounds must be a whole number of at least 1, not {rounds!r}")
    if size is not None and not all(isinstance(side, int) and side >= 1 for side in size):
        raise OptionError(f"size must be a width and a height of at least 1, not {size!r}")
    path = model_path(model)
    info = Upscaler(path, threads=threads).info
    graph = load_graph(path)
    require_portable(graph, model)
    rounded = LOSSY if is_quantized(graph) else 1  # libraries round 8-bit integers differently
    fixed_height, fixed_width = info.fixed_size
    fitting = (fixed_width or SIZE[0], fixed_height or SIZE[1])
    size = size or fitting
    fits = size == (fixed_width or size[0], fixed_height or size[1])

    channels = 3 if info.color in ("rgb", "bgr") else 1
    black, white = info.range
    if info.color == "y":  # studio range, ITU-R BT.601: black at 16 of 255, white at 235
        black, white = (black + (white - black) * level / 255 for level in (16, 235))
    job = Job(
        model=str(path),
        weights="" if weights is None else str(Path(weights).absolute()),
        scratch="",
        variant="",
        threads=info.threads,
        input=info.input,
        output=info.output,
        scale=info.scale,
        channels=channels,
        reverse=info.color == "rgb",  # OpenCV's images are BGR
        black=black,
        white=white,
    )
    others: list[Entrant] = []
    for other in map(model_path, also):
        peer = dataclasses.replace(OURS, name=other.stem, what=f"srfast.Upscaler on {other.name}")
        others.append(Entrant(peer, dataclasses.replace(job, model=str(other)), allowed=255))
    unable = []
    for peer in peers:
        if reason := _unable(peer, job, fits, fitting):
            unable.append(NotMeasured(peer.name, peer.what, reason))
        else:
            others.append(Entrant(peer, job, LOSSY if peer.lossy else rounded))
    measured, absent = contest.held(
        Entrant(OURS, job, rounded),
        others,
        _photograph(size, channels),
        rounds=rounds,
        warm_up=WARM_UP,
        progress=progress,
    )
    return Benchmark(
        model=str(model),
        size=size,
        scale=info.scale,
        threads=info.threads,
        machine=machine(),
        measured=tuple(measured),
        not_measured=(*unable, *absent),
    )


def machine() -> str:
    """The processor, its cores and the system, in words."""
    name = platform.processor() or platform.machine()
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
        name = next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        pass  # not Linux, or a processor that has no name there
    return (
        f"{name}, {_core.usable_cpus()} cores used of {os.cpu_count()}, "
        f"{_core.kernels.best_instruction_set()}, {platform.system()}"
    )


def _require_posix() -> None:
    if sys.platform == "win32":
        raise DependencyError("srfast bench asks Linux or macOS for the memory of a process; use one of them")


def _peer(name: str) -> Peer:
    if name not in PEERS:
        raise OptionError(f"there is no peer {name!r}; there are: {', '.join(PEERS)}")
    return PEERS[name]


def _unable(peer: Peer, job: Job, fits: bool, fitting: tuple[int, int]) -> str:
    """Why a peer need not be asked, or ""."""
    if peer.from_weights and not job.weights:
        return f"absent: {peer.how_to_get}"
    if not fits and not peer.any_size:
        return f"runs this file at {fitting[0]}x{fitting[1]} only"
    return ""


def _photograph(size: tuple[int, int], channels: int) -> Pixels:
    """The shipped photograph, mirrored over and over: BGR, or gray for one channel."""
    from srfast.parity import photograph

    once = np.rint(photograph()[..., ::-1] * 255).astype(np.uint8)
    once = once if channels == 3 else once[..., 1]
    wide = np.concatenate([once, once[:, ::-1]], axis=1)
    whole = np.concatenate([wide, wide[::-1]], axis=0)
    width, height = size
    repeats = (-(-height // whole.shape[0]), -(-width // whole.shape[1]), *[1] * (once.ndim - 2))
    return np.ascontiguousarray(np.tile(whole, repeats)[:height, :width])
