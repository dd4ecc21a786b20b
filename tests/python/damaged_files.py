"""Opens damaged files in a process of its own, and tells what came of each.

As a script, for as long as one likes:

    python damaged_files.py --seconds 600 --keep defects [--first SEED] [FILE ...]

Without files, those of `originals`. An input that ends otherwise than by a result or one of srfast's errors,
in time, is a defect: it is named and kept in a folder.
"""

from __future__ import annotations

import argparse
import collections
import contextlib
import dataclasses
import io
import multiprocessing
import resource
import sys
import tempfile
import time
import traceback
import warnings
from collections.abc import Iterable, Iterator
from multiprocessing.connection import Connection
from pathlib import Path
from unittest import mock

import numpy as np

import mutations
import srfast
from srfast import images, zoo
from srfast.cli import main

SECONDS = 180
"""How long one file may take, on a busy machine."""

_MEMORY = 16 << 30
"""Address space of the process that opens them: what wants more is told so, and the machine lives."""


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What came of one damaged file.

    Attributes:
        original: The whole file's name.
        seed: Of the damage.
        words: One for each way to open it: "done", or the class of the error.
        defect: A traceback, a signal or a time limit; empty if there is none.
    """

    original: str
    seed: int
    words: tuple[str, ...]
    defect: str


def originals(folder: Path) -> list[Path]:
    """Files of all kinds: shipped, optimised, 8-bit, and weights in both formats."""
    import torch
    from safetensors.torch import load_file

    from srfast.quantization import speed

    photographs = folder / "photographs"
    photographs.mkdir()
    images.write(
        photographs / "noise.png", np.random.default_rng(0).integers(0, 256, (96, 96, 3), dtype=np.uint8)
    )

    def twice_as_fast(source: Path, others: Iterable[str], *rest: object) -> dict[str, speed.Speed]:
        return {name: speed.Speed(1.0, 0.5, (2.0, 2.0, 2.0)) for name in others}

    with mock.patch.object(speed, "measured", twice_as_fast):
        srfast.quantize("fast-x2", folder / "int8.onnx", images=photographs, max_loss=100)
    weights = zoo.path("fast-x2").with_suffix(".safetensors")
    torch.save({"params": load_file(weights)}, folder / "params.pth")
    shipped = zoo.path("fast-x2")
    return [
        shipped,
        shipped.with_suffix(".srfast.onnx"),
        folder / "int8.onnx",
        weights,
        folder / "params.pth",
    ]


def outcomes(files: Iterable[Path], seeds: Iterable[int], folder: Path) -> Iterator[Outcome]:
    """Damages every file by every seed, and opens what comes of it."""
    contents = {file: file.read_bytes() for file in files}
    worker = _Worker()
    try:
        for seed in seeds:
            for file, content in contents.items():
                path = folder / f"{file.name.partition('.')[0]}-{seed}{file.suffix}"
                path.write_bytes(mutations.damaged(content, file.suffix, seed))
                outcome = worker.open(path)
                yield dataclasses.replace(outcome, original=file.name, seed=seed)
                path.unlink()
    finally:
        worker.end()


class _Worker:
    """A process that opens one file after the other, and a new one where it died."""

    def __init__(self) -> None:
        self._start()

    def open(self, path: Path) -> Outcome:
        self._here.send(path)
        try:
            if not self._here.poll(SECONDS):
                return self._lost(f"no end after {SECONDS} seconds")
            outcome: Outcome = self._here.recv()
        except EOFError:
            self._process.join()
            return self._lost(f"the process ended with {self._process.exitcode}")
        return outcome

    def end(self) -> None:
        self._process.kill()
        self._process.join()

    def _lost(self, why: str) -> Outcome:
        self.end()
        self._start()
        return Outcome("", 0, (), why)

    def _start(self) -> None:
        context = multiprocessing.get_context("spawn")
        self._here, there = context.Pipe()
        self._process = context.Process(target=_serve, args=(there,), daemon=True)
        self._process.start()
        there.close()


def _serve(connection: Connection) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    while True:
        path = connection.recv()
        connection.send(_opened(path))


def _opened(path: Path) -> Outcome:
    words = []
    ways = _WEIGHTS if path.suffix in (".pth", ".safetensors") else _MODELS
    for way in ways:
        try:
            with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
                warnings.simplefilter("ignore")  # errors and crashes are looked for
                words.append(way(path))
        except (srfast.Error, MemoryError) as error:
            words.append(type(error).__name__)
        except BaseException:
            return Outcome("", 0, tuple(words), traceback.format_exc())
    return Outcome("", 0, tuple(words), "")


def _upscale(path: Path) -> str:
    upscaler = srfast.Upscaler(path, threads=1, memory_limit="200MB")
    upscaler.run(np.full((9, 11, 3), 200, np.uint8))
    return "done"


def _command(*words: str) -> str:
    with contextlib.redirect_stderr(io.StringIO()):
        return f"{words[0]} {main(words)}"


def _inspect(path: Path) -> str:
    return _command("inspect", str(path))


def _check(path: Path) -> str:
    return _command("check", str(path))


def _optimize(path: Path) -> str:
    return _command("optimize", str(path), "-o", str(path.with_suffix(".srfast.onnx")), "--force")


def _load_checkpoint(path: Path) -> str:
    srfast.load_checkpoint(path, scale=2)
    return "done"


_MODELS = (_upscale, _inspect, _check, _optimize)
_WEIGHTS = (_load_checkpoint,)


def _seeds(first: int, seconds: float) -> Iterator[int]:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        yield first
        first += 1


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def run() -> int:
    """The script. Gives its exit status: 0 if nothing was found."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--first", type=int, default=0, metavar="SEED")
    parser.add_argument("--keep", type=Path, default=Path("defects"), metavar="FOLDER")
    options = parser.parse_args()
    counts: collections.Counter[tuple[str, ...]] = collections.Counter()
    defects = 0
    with tempfile.TemporaryDirectory() as name:
        files = options.files or originals(Path(name))
        work = Path(name, "work")
        work.mkdir()
        for outcome in outcomes(files, _seeds(options.first, options.seconds), work):
            counts[(outcome.original, *(outcome.words if not outcome.defect else ("DEFECT",)))] += 1
            if not outcome.defect:
                continue
            defects += 1
            options.keep.mkdir(exist_ok=True)
            source = next(file for file in files if file.name == outcome.original)
            kept = options.keep / f"{outcome.seed}-{outcome.original}"
            kept.write_bytes(mutations.damaged(source.read_bytes(), source.suffix, outcome.seed))
            _say(f"{kept}: {outcome.defect}")
    for words, count in sorted(counts.items()):
        _say(f"{count:7} {' '.join(words)}")
    _say(f"{counts.total()} inputs, {defects} defects")
    return min(defects, 1)


if __name__ == "__main__":
    sys.exit(run())
