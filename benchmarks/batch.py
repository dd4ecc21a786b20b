"""A folder of 50 photographs: one `srfast upscale`, one process a photograph, and its three steps in turn.

The photographs are details of those that scikit-image distributes and of examples/chelsea.png, 0.2 to 0.5
megapixels, JPEG. `folder` is one command for all of them, from its start to its end; `processes` one command
a photograph, one after the other; `steps` decodes, enlarges and encodes them one after the other in a single
process that has already started and opened the network, on all cores where a step uses them. All three take
turns in every round; medians are given. That they write the same files is checked after every round.

CPU s are those of all cores together: other programs on the machine disturb them less than s. Cores busy is
one by the other.

Run: python benchmarks/batch.py
"""

from __future__ import annotations

import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import skimage.data

import srfast
from srfast import images

COUNT = 50
ROUNDS = 3
FORMATS = (".png", ".jpg")
CHELSEA = Path(__file__).parents[1] / "examples" / "chelsea.png"
OTHERS = (
    "astronaut.png",
    "coffee.png",
    "hubble_deep_field.jpg",
    "motorcycle_left.png",
    "retina.jpg",
    "rocket.jpg",
)
COMMAND = [sys.executable, "-c", "import sys; from srfast.cli import main; sys.exit(main())", "upscale"]


def make_photographs(folder: Path) -> list[Path]:
    """Writes the photographs."""
    chance = np.random.default_rng(0)
    samples = Path(skimage.data.__file__).parent
    originals = [images.read(path) for path in (CHELSEA, *(samples / name for name in OTHERS))]
    # Mirrored to the right and below, so that the smaller ones give large enough details, too.
    whole = [np.vstack([row, row[::-1]]) for row in (np.hstack([each, each[:, ::-1]]) for each in originals)]
    files = []
    for index in range(COUNT):
        image = whole[index % len(whole)]
        height, width = int(chance.integers(400, 600)), int(chance.integers(500, 850))
        top = int(chance.integers(image.shape[0] - height + 1))
        left = int(chance.integers(image.shape[1] - width + 1))
        file = folder / f"{index:02}.jpg"
        images.write(file, image[top : top + height, left : left + width], quality=92)
        files.append(file)
    return files


def cpu_seconds(who: int) -> float:
    used = resource.getrusage(who)
    return used.ru_utime + used.ru_stime


def timed(work: Callable[[], object], who: int) -> tuple[float, float]:
    """Seconds, and CPU seconds of this process or of its children."""
    start, before = time.perf_counter(), cpu_seconds(who)
    work()
    return time.perf_counter() - start, cpu_seconds(who) - before


class Contest:
    """The three ways, for one format of the results."""

    def __init__(self, files: list[Path], suffix: str, folder: Path) -> None:
        self.files = files
        self.suffix = suffix
        self.out = folder
        self.upscaler = srfast.Upscaler("fast-x3")
        self.steps: dict[str, list[float]] = {"decode": [], "enlarge": [], "encode and write": []}

    def command(self, *words: Path | str) -> None:
        subprocess.run(
            [*COMMAND, *map(str, words), "--quiet", "--force", "--format", self.suffix[1:]], check=True
        )

    def in_one_command(self) -> None:
        self.command(self.files[0].parent, "-o", self.out / "folder")

    def in_processes(self) -> None:
        for file in self.files:
            self.command(file, "-o", f"{self.out / 'processes'}/")

    def in_steps(self) -> None:
        (self.out / "steps").mkdir(exist_ok=True)
        sums = dict.fromkeys(self.steps, 0.0)
        for file in self.files:
            times = [time.perf_counter()]
            image, metadata = images.read_with_metadata(file)
            times.append(time.perf_counter())
            large = self.upscaler.run(image)
            times.append(time.perf_counter())
            images.write(self.out / "steps" / f"{file.stem}_x3{self.suffix}", large, metadata=metadata)
            times.append(time.perf_counter())
            for name, start, end in zip(sums, times, times[1:], strict=False):
                sums[name] += end - start
        for name, total in sums.items():
            self.steps[name].append(total)

    def check_equal(self) -> None:
        for file in self.files:
            name = f"{file.stem}_x3{self.suffix}"
            whole = {(self.out / way / name).read_bytes() for way in ("folder", "processes", "steps")}
            assert len(whole) == 1, f"{name} differs"


def main() -> None:
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        (folder / "photographs").mkdir()
        files = make_photographs(folder / "photographs")
        pixels = sum(image.shape[0] * image.shape[1] for image in map(images.read, files))
        print(f"{len(files)} photographs, {pixels / 1e6:.1f} MP in all, fast-x3")
        for suffix in FORMATS:
            (folder / suffix[1:]).mkdir()
            contest = Contest(files, suffix, folder / suffix[1:])
            ways = {
                "folder": (contest.in_one_command, resource.RUSAGE_CHILDREN),
                "processes": (contest.in_processes, resource.RUSAGE_CHILDREN),
                "steps": (contest.in_steps, resource.RUSAGE_SELF),
            }
            taken: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
            for _ in range(ROUNDS):
                for name, (way, who) in ways.items():
                    taken[name].append(timed(way, who))
                contest.check_equal()
            report(suffix, taken, contest.steps)


def report(suffix: str, taken: dict[str, list[tuple[float, float]]], steps: dict[str, list[float]]) -> None:
    print(f"\nresults as {suffix}\n{'':12}{'s':>8}{'CPU s':>8}{'cores busy':>12}{'times folder':>22}")
    for name, rounds in taken.items():
        wall, cpu = (statistics.median(each) for each in zip(*rounds, strict=True))
        ratios = sorted(own[0] / first[0] for own, first in zip(rounds, taken["folder"], strict=True))
        ratio = f"{statistics.median(ratios):.2f} ({ratios[0]:.2f}-{ratios[-1]:.2f})"
        busy = statistics.median(cpu / wall for wall, cpu in rounds)
        print(f"{name:12}{wall:8.2f}{cpu:8.2f}{busy:12.2f}{ratio:>22}")
    print("steps: " + ", ".join(f"{name} {statistics.median(each):.2f} s" for name, each in steps.items()))


if __name__ == "__main__":
    main()
