"""What srfast.Upscaler adds to ONNX Runtime: one thread, shipped fast-x3, images of several sizes.

`ONNX Runtime` runs the same tensor in the same process through its Python package, from an input and into
an output that are allocated once, which is the least that a program without srfast can do. `kernels` are
srfast's pack and unpack alone, and `rest` is what remains of `run`. The outputs are compared before anything
is timed. The three take turns in every round; medians are given, and the spread as quartiles.

Run: python benchmarks/run_overhead.py
"""

from __future__ import annotations

import platform
import statistics
import time
from collections.abc import Callable

import numpy as np
import onnxruntime as ort

import srfast
from srfast import zoo
from srfast._core import kernels

SIZES = [(64, 64), (128, 128), (256, 256), (512, 512)]
ROUNDS = 31


def measured(height: int, width: int) -> dict[str, list[float]]:
    """Milliseconds, in rounds, of a run ("run"), of ONNX Runtime alone ("bare") and of the kernels alone."""
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    options.add_session_config_entry("session.force_spinning_stop", "1")
    session = ort.InferenceSession(zoo.path("fast-x3"), options, providers=["CPUExecutionProvider"])
    # The same graph as ONNX Runtime alone: what rewriting it brings is another matter.
    upscaler = srfast.Upscaler("fast-x3", color="rgb", threads=1, optimize=False)

    image = np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8, endpoint=False)
    result = np.zeros((height * 3, width * 3, 3), np.uint8)
    planes = np.zeros((3, height, width), np.float32)
    output = np.zeros((1, 3, height * 3, width * 3), np.float32)

    def convert() -> None:
        kernels.pack(image, planes, channel=[0, 1, 2], gain=[1 / 255] * 3, bias=[0] * 3)
        kernels.unpack(output[0], result, plane=[0, 1, 2], gain=255)

    convert()
    binding = session.io_binding()
    binding.bind_ortvalue_input("input", ort.OrtValue.ortvalue_from_numpy(planes[None]))
    binding.bind_output("output", "cpu", 0, np.float32, output.shape, output.ctypes.data)

    def run() -> None:
        upscaler.run(image, out=result)

    def run_bare() -> None:
        session.run_with_iobinding(binding)

    run_bare()
    convert()
    expected = result.copy()
    run()
    assert np.array_equal(result, expected), "srfast and ONNX Runtime disagree"
    return interleaved({"run": run, "bare": run_bare, "kernels": convert})


def main() -> None:
    print(f"fast-x3, 1 thread, {platform.processor() or platform.machine()}, onnxruntime {ort.__version__}")
    print(f"{'input':>9} {'run, ms':>16} {'ONNX Runtime, ms':>18} {'kernels, ms':>12} {'rest of run':>12}")
    for height, width in SIZES:
        times = measured(height, width)
        whole, bare, converting = (statistics.median(times[name]) for name in ("run", "bare", "kernels"))
        # A small difference of large numbers: taken round by round, so that slow moments cancel out.
        rest = statistics.median(
            one - two - three
            for one, two, three in zip(times["run"], times["bare"], times["kernels"], strict=True)
        )
        low, _, high = statistics.quantiles(times["run"], n=4)
        print(
            f"{height:>4}x{width:<4} {whole:8.3f} ({low:.2f}-{high:.2f}) {bare:14.3f} {converting:14.3f} "
            f"{rest / whole:11.1%}"
        )


def interleaved(
    contestants: dict[str, Callable[[], object]], rounds: int = ROUNDS, pause: float = 0.0
) -> dict[str, list[float]]:
    """Milliseconds of each call, in rounds; `pause` seconds before each."""
    times: dict[str, list[float]] = {name: [] for name in contestants}
    for call in contestants.values():
        call()
    for _ in range(rounds):
        for name, call in contestants.items():
            time.sleep(pause)
            start = time.perf_counter()
            call()
            times[name].append((time.perf_counter() - start) * 1e3)
    return times


if __name__ == "__main__":
    main()
