"""Pixels to planes and back, one 3840x2160 BGR frame of 8 bits: srfast beside NumPy and OpenCV.

In: BGR uint8, H x W x 3, to RGB float32 in 0..1, 3 x H x W. Out: the way back, clipped and rounded. Shuffled:
the way back from 12 planes of half the size, as a network with PyTorch's PixelShuffle(2) at its end makes
them. With residual: that, and planes of half the size are enlarged by repeating and added. One thread each,
but for the rows that say otherwise: they share the rows among threads, as srfast.Upscaler does. Every result
is checked before it is timed. The contestants take turns in every round, and the medians are given. `copy`
copies half as many bytes as a conversion reads and writes, so it moves as many.

Run: python benchmarks/pack_unpack.py
"""

from __future__ import annotations

import platform
import statistics
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import pairwise

import cv2
import numpy as np
import numpy.typing as npt

from srfast._core import kernels, usable_cpus

HEIGHT, WIDTH = 2160, 3840
ROUNDS = 21
SCALE = 1 / 255
SHUFFLE = 2

Image = npt.NDArray[np.uint8]
Planes = npt.NDArray[np.float32]


def numpy_in(image: Image) -> Planes:
    """As it is usually written: every step gives a new array."""
    return np.ascontiguousarray((image[..., ::-1].astype(np.float32) / 255).transpose(2, 0, 1))


def numpy_out(planes: Planes) -> Image:
    levels = np.rint(np.clip(planes * 255, 0, 255)).astype(np.uint8)
    return np.ascontiguousarray(levels.transpose(1, 2, 0)[..., ::-1])


def numpy_shuffled(phases: Planes) -> Image:
    blocks = phases.reshape(3, SHUFFLE, SHUFFLE, HEIGHT // SHUFFLE, WIDTH // SHUFFLE)
    return numpy_out(blocks.transpose(0, 3, 1, 4, 2).reshape(3, HEIGHT, WIDTH))


def numpy_residual(phases: Planes, residual: Planes) -> Image:
    blocks = phases.reshape(3, SHUFFLE, SHUFFLE, HEIGHT // SHUFFLE, WIDTH // SHUFFLE)
    planes = blocks.transpose(0, 3, 1, 4, 2).reshape(3, HEIGHT, WIDTH)
    return numpy_out(planes + residual.repeat(SHUFFLE, 1).repeat(SHUFFLE, 2))


class NumpyWithBuffers:
    """The fastest order of steps that we found, into arrays that are kept, so that no new page is touched."""

    def __init__(self) -> None:
        self.values = np.zeros((3, HEIGHT, WIDTH), np.float32)
        self.levels = np.zeros((3, HEIGHT, WIDTH), np.uint8)

    def convert_in(self, image: Image, planes: Planes) -> None:
        np.copyto(planes, image[..., ::-1].transpose(2, 0, 1))
        np.multiply(planes, np.float32(SCALE), out=planes)

    def convert_out(self, planes: Planes, image: Image) -> None:
        np.multiply(planes, 255, out=self.values)
        np.clip(self.values, 0, 255, out=self.values)
        np.rint(self.values, out=self.values)
        np.copyto(self.levels, self.values, casting="unsafe")
        np.copyto(image, self.levels.transpose(1, 2, 0)[..., ::-1])


def srfast_in(image: Image, planes: Planes, instruction_set: str) -> None:
    kernels.pack(
        image,
        planes,
        channel=[2, 1, 0],
        gain=[SCALE] * 3,
        bias=[0] * 3,
        instruction_set=instruction_set,
    )


def srfast_out(planes: Planes, image: Image, instruction_set: str) -> None:
    kernels.unpack(planes, image, plane=[2, 1, 0], gain=255, instruction_set=instruction_set)


def srfast_shuffled(
    phases: Planes, image: Image, instruction_set: str, residual: Planes | None = None
) -> None:
    kernels.unpack(
        phases,
        image,
        plane=[2, 1, 0],
        gain=255,
        shuffle=SHUFFLE,
        residual=residual,
        residual_factor=SHUFFLE,
        instruction_set=instruction_set,
    )


class Threads:
    """srfast's kernels on a share of the rows each."""

    def __init__(self, count: int) -> None:
        self.pool = ThreadPoolExecutor(count)
        edges = [HEIGHT * i // count // SHUFFLE * SHUFFLE for i in range(count)] + [HEIGHT]
        self.bands = [slice(start, end) for start, end in pairwise(edges)]
        self.blocks = [slice(band.start // SHUFFLE, band.stop // SHUFFLE) for band in self.bands]

    def convert_in(self, image: Image, planes: Planes, name: str) -> None:
        list(self.pool.map(lambda rows: srfast_in(image[rows], planes[:, rows], name), self.bands))

    def convert_out(self, planes: Planes, image: Image, name: str) -> None:
        list(self.pool.map(lambda rows: srfast_out(planes[:, rows], image[rows], name), self.bands))

    def shuffled(self, phases: Planes, image: Image, name: str, residual: Planes | None = None) -> None:
        def band(rows: slice, blocks: slice) -> None:
            added = None if residual is None else residual[:, blocks]
            srfast_shuffled(phases[:, blocks], image[rows], name, added)

        list(self.pool.map(band, self.bands, self.blocks))


def check(image: Image, values: Planes, phases: Planes, residual: Planes, threads: Threads) -> None:
    """Everybody must give the same planes and the same pixels."""
    exact = image[..., ::-1].transpose(2, 0, 1) * np.float32(SCALE)
    pixels = numpy_out(values)
    buffers = NumpyWithBuffers()
    planes = np.empty_like(values)
    result = np.empty_like(image)
    for name in kernels.supported_instruction_sets():
        srfast_in(image, planes, name)
        np.testing.assert_array_equal(planes, exact)
        srfast_out(values, result, name)
        np.testing.assert_array_equal(result, pixels)
        srfast_shuffled(phases, result, name)
        np.testing.assert_array_equal(result, numpy_shuffled(phases))
        srfast_shuffled(phases, result, name, residual)
        np.testing.assert_array_equal(result, numpy_residual(phases, residual))
    best = kernels.best_instruction_set()
    threads.convert_in(image, planes, best)
    np.testing.assert_array_equal(planes, exact)
    threads.convert_out(values, result, best)
    np.testing.assert_array_equal(result, pixels)
    threads.shuffled(phases, result, best, residual)
    np.testing.assert_array_equal(result, numpy_residual(phases, residual))
    # A product with 1/255 and a division by 255 may differ in the last bit of the float: 2^-23 of the value.
    np.testing.assert_allclose(numpy_in(image), exact, rtol=2**-23, atol=0)
    buffers.convert_in(image, planes)
    np.testing.assert_array_equal(planes, exact)
    buffers.convert_out(values, result)
    np.testing.assert_array_equal(result, pixels)
    blob = cv2.dnn.blobFromImage(image, SCALE, swapRB=True)[0]
    np.testing.assert_allclose(blob, exact, rtol=2**-23, atol=0)


def milliseconds(run: Callable[[], object]) -> float:
    start = time.perf_counter()
    run()
    return (time.perf_counter() - start) * 1e3


def measured() -> dict[str, list[list[float]]]:
    """Milliseconds of everybody's ways, in and out first, in rounds; srfast at its best comes first."""
    cv2.setNumThreads(1)
    rng = np.random.default_rng(0)
    image = rng.integers(0, 256, (HEIGHT, WIDTH, 3), np.uint8)
    values = rng.uniform(-0.1, 1.1, (3, HEIGHT, WIDTH)).astype(np.float32)
    small = (HEIGHT // SHUFFLE, WIDTH // SHUFFLE)
    phases = rng.uniform(-0.1, 1.1, (3 * SHUFFLE**2, *small)).astype(np.float32)
    residual = rng.uniform(-0.1, 0.1, (3, *small)).astype(np.float32)
    threads = Threads(usable_cpus())
    check(image, values, phases, residual, threads)

    planes = np.zeros_like(values)
    result = np.zeros_like(image)
    buffers = NumpyWithBuffers()
    half = np.zeros((image.nbytes + planes.nbytes) // 2, np.uint8)
    other_half = np.ones_like(half)

    contestants: dict[str, list[Callable[[], object]]] = {}
    for name in reversed(kernels.supported_instruction_sets()):
        contestants[f"srfast, {name}"] = [
            partial(srfast_in, image, planes, name),
            partial(srfast_out, values, result, name),
            partial(srfast_shuffled, phases, result, name),
            partial(srfast_shuffled, phases, result, name, residual),
        ]
    best = kernels.best_instruction_set()
    contestants[f"srfast, {usable_cpus()} threads"] = [
        partial(threads.convert_in, image, planes, best),
        partial(threads.convert_out, values, result, best),
        partial(threads.shuffled, phases, result, best),
        partial(threads.shuffled, phases, result, best, residual),
    ]
    contestants["copy"] = [partial(np.copyto, half, other_half), partial(np.copyto, other_half, half)]
    contestants["NumPy, as usually written"] = [
        partial(numpy_in, image),
        partial(numpy_out, values),
        partial(numpy_shuffled, phases),
        partial(numpy_residual, phases, residual),
    ]
    contestants["NumPy, into kept arrays"] = [
        partial(buffers.convert_in, image, planes),
        partial(buffers.convert_out, values, result),
    ]
    contestants["cv2.dnn.blobFromImage"] = [partial(cv2.dnn.blobFromImage, image, SCALE, swapRB=True)]

    times: dict[str, list[list[float]]] = {name: [[] for _ in ways] for name, ways in contestants.items()}
    for _ in range(ROUNDS):
        for name, ways in contestants.items():
            for way, column in zip(ways, times[name], strict=True):
                column.append(milliseconds(way))
    return times


def main() -> None:
    times = measured()
    print(f"{WIDTH}x{HEIGHT} BGR uint8, {platform.machine()}, medians of {ROUNDS} rounds")
    print(f"Python {platform.python_version()}, NumPy {np.__version__}, OpenCV {cv2.__version__}")
    columns = ["in", "out", "in and out", "shuffled", "with residual"]
    print(f"{'ms (times the first row)':<26}" + "".join(f"{title:>17}" for title in columns))
    first: list[float] = []
    for name, kept in times.items():
        medians = [statistics.median(column) for column in kept]
        if len(medians) > 1:
            medians.insert(2, medians[0] + medians[1])
        first = first or medians
        cells = [f"{ms:.2f} ({ms / one:.1f})" for ms, one in zip(medians, first, strict=False)]
        print(f"{name:<26}" + "".join(f"{cell:>17}" for cell in cells))


if __name__ == "__main__":
    main()
