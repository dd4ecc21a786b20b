"""Photographs of 1 to 24 megapixels through SRCNN x3 in 1 GB: peak memory, time, and that no seam shows.

The photograph chelsea, mirrored over and over, is enlarged in a fresh process for each size: the peak is that
of the whole process (VmHWM), and the time is that of `Upscaler.run` alone, without reading and writing files.
The largest goes through the command `srfast upscale --memory 1GB` once more, as a BMP file. Random crops of
what the command wrote are then compared with the same places enlarged in one piece. SRCNN has random weights
here: neither time nor memory depends on them. All sizes take turns in every round; medians are given.

Run: python benchmarks/memory.py [PLOT.png]
"""

from __future__ import annotations

import platform
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import matplotlib
import numpy as np
import numpy.typing as npt
import onnxruntime
import torch

import srfast
from srfast import images
from srfast.models import SRCNN

PHOTOGRAPH = Path(__file__).parents[1] / "examples" / "chelsea.png"
SIZES = {1: (816, 1224), 4: (1632, 2448), 12: (2832, 4240), 24: (4000, 6000)}
"""Height and width by megapixels."""
SCALE = 3
LIMIT = "1GB"
ROUNDS = 3
CROPS = 40
CROP = 256
MARGIN = 16  # more than the halo: 6 enlarged pixels, and 2 for the cubic interpolation

Image = npt.NDArray[np.uint8]

PROGRAM = """
import sys, time, numpy as np, srfast
from srfast import images
def status(key):
    return next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith(key)) * 1024
upscaler = srfast.Upscaler(sys.argv[1], memory_limit=sys.argv[2])
upscaler.run(np.zeros((8, 8, 3), np.uint8))
base = status("VmRSS")
image = images.read(sys.argv[3])
start = time.perf_counter()
result = upscaler.run(image)
print(time.perf_counter() - start, base, status("VmHWM"), image.nbytes + result.nbytes)
"""


def exported(folder: Path, photograph: Image) -> Path:
    """SRCNN whose output spreads over 0..1, for an image that shows differences."""
    torch.manual_seed(0)
    network = SRCNN(SCALE).eval()
    last = [module for module in network.modules() if isinstance(module, torch.nn.Conv2d)][-1]
    assert last.bias is not None
    sample = torch.from_numpy(photograph[None, :64, :64].transpose(0, 3, 1, 2) / np.float32(255))
    with torch.inference_mode():
        last.weight *= 0.2 / network(sample).std()
        last.bias += 0.5 - network(sample).mean()
    path = folder / "srcnn.onnx"
    srfast.export_onnx(network, path, conventions=srfast.Conventions(scale=SCALE))
    return path


def through_the_command(model: Path, photo: Path, target: Path) -> tuple[float, int]:
    """Seconds and peak memory of the command, reading and writing included."""
    command = [sys.executable, "-c", "import sys; from srfast.cli import main; sys.exit(main())", "upscale"]
    arguments = [str(photo), "-o", str(target), "-m", str(model), "--memory", LIMIT]
    start = time.perf_counter()
    process = subprocess.Popen([*command, *arguments], stdout=subprocess.DEVNULL)
    peak = 0
    while process.poll() is None:
        # The kernel keeps the peak, so a look now and then sees it; ru_maxrss would count this process too.
        lines = Path(f"/proc/{process.pid}/status").read_text().splitlines()
        peak = max([peak, *(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))])
        time.sleep(0.02)
    assert process.returncode == 0, "the command failed"
    return time.perf_counter() - start, peak


def compared(model: Path, image: Image, result: Image) -> tuple[int, int]:
    """How many values of random crops differ from the same places done in one piece, and of how many."""
    whole = srfast.Upscaler(model, memory_limit="8GB")
    rng = np.random.default_rng(0)
    off = total = 0
    for _ in range(CROPS):
        y, x = (int(rng.integers(MARGIN, length - CROP - MARGIN)) for length in image.shape[:2])
        tiles: list[int] = []
        around = image[y - MARGIN : y + CROP + MARGIN, x - MARGIN : x + CROP + MARGIN]
        # mypy cannot tell the type of a lambda with a default.
        large = whole.run(around, progress=lambda done, count, tiles=tiles: tiles.append(count))  # type: ignore[misc]
        assert tiles[-1] == 1, "the crop was to be done in one piece"
        inside = slice(MARGIN * SCALE, (MARGIN + CROP) * SCALE)
        expected = large[inside, inside].astype(np.int16)
        assert expected.std() > 20, "an image, not a gray plane"
        got = result[y * SCALE : (y + CROP) * SCALE, x * SCALE : (x + CROP) * SCALE]
        difference = np.abs(expected - got)
        assert difference.max() <= 1, f"values differ by {difference.max()}"
        off += np.count_nonzero(difference)
        total += difference.size
    return off, total


def plot(path: Path, megapixels: list[float], peak: list[float], own: list[float], pace: list[float]) -> None:
    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, (left, right) = pyplot.subplots(1, 2, figsize=(9, 3.2), layout="constrained")
    left.plot(megapixels, peak, "o-", label="peak of the process")
    left.plot(megapixels, own, "s--", label="input + output image")
    left.set(xlabel="input, megapixels", ylabel="GB", ylim=(0, None), xlim=(0, None))
    left.legend(frameon=False)
    right.plot(megapixels, pace, "o-")
    right.set(xlabel="input, megapixels", ylabel="seconds per megapixel", xlim=(0, None))
    right.set_ylim(0, max(pace) * 1.2)
    figure.suptitle(f"SRCNN x{SCALE}, memory limit {LIMIT}")
    figure.savefig(path, dpi=110)


def main() -> None:
    photograph: Image = images.read(PHOTOGRAPH)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        model = exported(folder, photograph)
        photos = {}
        for size, (height, width) in SIZES.items():
            more = ((0, height - photograph.shape[0]), (0, width - photograph.shape[1]), (0, 0))
            photos[size] = folder / f"{size}.bmp"
            images.write(photos[size], np.pad(photograph, more, "symmetric"))

        seen: dict[int, list[tuple[float, ...]]] = {size: [] for size in SIZES}
        for _ in range(ROUNDS):
            for size, photo in photos.items():
                command = [sys.executable, "-c", PROGRAM, str(model), LIMIT, str(photo)]
                done = subprocess.run(command, check=True, capture_output=True, text=True)
                seen[size].append(tuple(float(word) for word in done.stdout.split()))

        largest = max(SIZES)
        target = folder / "large.bmp"
        seconds, command_peak = through_the_command(model, photos[largest], target)
        off, total = compared(model, images.read(photos[largest]), images.read(target))

    print(f"SRCNN 9-1-5 x{SCALE}, memory limit {LIMIT}, medians of {ROUNDS} rounds, {platform.machine()}")
    print(f"onnxruntime {onnxruntime.__version__}; MB of 10^6 bytes")
    heads = ("MP", "input", "run, s", "s per MP", "peak, MB", "images, MB", "before, MB", "the rest, MB")
    print("".join(f"{head:>13}" for head in heads))
    columns: list[list[float]] = [[], [], [], []]
    for size, (height, width) in SIZES.items():
        run, base, peak, own = (statistics.median(column) for column in zip(*seen[size], strict=True))
        megapixels = height * width / 1e6
        for column, value in zip(columns, (megapixels, peak / 1e9, own / 1e9, run / megapixels), strict=True):
            column.append(value)
        megabytes = [f"{amount / 1e6:.0f}" for amount in (peak, own, base, peak - own - base)]
        cells = [
            f"{megapixels:.1f}",
            f"{width}x{height}",
            f"{run:.2f}",
            f"{run / megapixels:.2f}",
            *megabytes,
        ]
        print("".join(f"{cell:>13}" for cell in cells))
    print("before: the process with the network loaded; the rest: working memory, which the limit bounds,")
    print("and OpenCV's library, which is loaded to read the file")
    print(f"srfast upscale, {largest} MP, BMP to BMP: {seconds:.1f} s, peak {command_peak / 1e6:.0f} MB")
    print(f"{CROPS} crops of its result against the same in one piece: {off} of {total} values off by 1")
    if len(sys.argv) > 1:
        plot(Path(sys.argv[1]), *columns)


if __name__ == "__main__":
    main()
