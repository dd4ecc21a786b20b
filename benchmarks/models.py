"""What the shipped models are worth: PSNR on Set5 and time, beside bicubic and the tutorial's recipe.

The recipe is what a well-known tutorial makes of SRCNN and OpenMMLab's weights: x4 weights at every scale,
BGR in 0..255, truncated to 8 bits, `onnxruntime` in Python with its default settings, an ONNX file of one
size (of any size to measure PSNR). Time is that of a 256x256 image, pixels to pixels, on all cores. At each
scale all take turns in one run, with a pause before each so that the other's idle threads are asleep; the
ratio is the median of the rounds' ratios.

Run: SRFAST_DATA=FOLDER python benchmarks/models.py
It writes python/srfast/zoo/figures.csv, which `srfast models` shows, and docs/models.png.

The folder holds `Set5/x2`, `x3`, `x4` (pairs `*_HR.png`, `*_LR.png`) and the weights
`weights/srcnn_x4k915_1x16_1000k_div2k_20200608-4186f232.pth`.
"""

from __future__ import annotations

import csv
import functools
import os
import statistics
import tempfile
import warnings
from pathlib import Path

import matplotlib
import numpy as np
import onnxruntime as ort
import torch
from matplotlib.ticker import FixedLocator, NullFormatter
from run_overhead import interleaved

import srfast
from srfast import zoo
from srfast.bench import machine
from srfast.evaluation import BICUBIC, Enlarge, enlarger, evaluate, mean
from srfast.pairs import Pixels, read_pairs

SIZE = 256
ROUNDS = 15
PAUSE = 0.1  # seconds; an idle ONNX Runtime thread spins for half of that
RECIPE = "recipe"
ROOT = Path(__file__).parents[1]
TABLE = ROOT / "python" / "srfast" / "zoo" / "figures.csv"
PLOT = ROOT / "docs" / "models.png"
WEIGHTS = "weights/srcnn_x4k915_1x16_1000k_div2k_20200608-4186f232.pth"


def main() -> None:
    if "SRFAST_DATA" not in os.environ:
        print("SRFAST_DATA names no folder of weights and images: nothing is measured")
        return
    data = Path(os.environ["SRFAST_DATA"])
    rows: list[tuple[str, int, float, float, float]] = []
    for scale in sorted({zoo.scale(name) for name in zoo.models()}):
        pairs = read_pairs(data / f"Set5/x{scale}", data / f"Set5/x{scale}", scale)
        names = [name for name in zoo.models() if zoo.scale(name) == scale]
        timed: dict[str, Enlarge] = {RECIPE: recipe(data / WEIGHTS, scale, fixed=True)}
        judged: dict[str, Enlarge] = {RECIPE: recipe(data / WEIGHTS, scale, fixed=False)}
        for name in [*names, BICUBIC]:
            judged[name] = timed[name] = enlarger(name, scale)
        image = np.ascontiguousarray(pairs[0].low.repeat(2, 0).repeat(2, 1)[:SIZE, :SIZE])
        image = np.resize(image, (SIZE, SIZE, 3))
        times = interleaved(
            {name: functools.partial(run, image) for name, run in timed.items()}, ROUNDS, PAUSE
        )
        for name, run in judged.items():
            quality = mean(evaluate(run, pairs)).psnr_y
            ratio = statistics.median(
                theirs / ours for theirs, ours in zip(times[RECIPE], times[name], strict=True)
            )
            rows.append((name, scale, quality, statistics.median(times[name]), ratio))
            print(f"x{scale} {name:14} {quality:7.3f} dB {rows[-1][3]:8.1f} ms, {ratio:.1f} times the recipe")
    with TABLE.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("name", "scale", "psnr_y", "milliseconds", "times_recipe"))
        writer.writerows(
            (name, scale, f"{db:.3f}", f"{ms:.1f}", f"{x:.2f}") for name, scale, db, ms, x in rows
        )
    draw(rows, PLOT)
    print(f"{machine()}; onnxruntime {ort.__version__}; srfast {srfast.__version__}")


def recipe(weights: Path, scale: int, *, fixed: bool) -> Enlarge:
    """The tutorial's steps, its mistakes included."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about weights for four times used at another scale
        network = srfast.load_checkpoint(weights, scale=scale).network
    axes = {2: "height", 3: "width"}
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        file = f"{folder}/srcnn.onnx"
        torch.onnx.export(
            network,
            (torch.randn(1, 3, SIZE, SIZE),),
            file,
            opset_version=11,
            input_names=["input"],
            output_names=["output"],
            dynamic_axes=None if fixed else {"input": axes, "output": axes},
            dynamo=False,
        )
        session = ort.InferenceSession(file, providers=["CPUExecutionProvider"])

    def run(image: Pixels) -> Pixels:
        bgr = image[:, :, ::-1]
        planes = np.transpose(bgr.astype(np.float32), (2, 0, 1))[np.newaxis]
        output = session.run(["output"], {"input": planes})[0]
        large = np.transpose(np.clip(np.squeeze(output, 0), 0, 255), (1, 2, 0)).astype(np.uint8)
        return large[:, :, ::-1]

    return run


def draw(rows: list[tuple[str, int, float, float, float]], file: Path) -> None:
    """Quality against time, one panel a scale."""
    matplotlib.use("Agg")
    from matplotlib import pyplot

    scales = sorted({row[1] for row in rows})
    figure, panels = pyplot.subplots(1, len(scales), figsize=(4.2 * len(scales), 3.8), layout="constrained")
    for panel, scale in zip(np.atleast_1d(panels), scales, strict=True):
        for name, of, quality, milliseconds, _ in rows:
            if of != scale:
                continue
            colour = {RECIPE: "tab:red", BICUBIC: "tab:gray"}.get(name, "tab:blue")
            panel.plot(milliseconds, quality, "o", color=colour)
            label = "the tutorial's recipe" if name == RECIPE else name
            left = name == RECIPE
            below = "int8" in name  # it lies close to its sibling in float, whose label is above
            panel.annotate(
                label,
                (milliseconds, quality),
                textcoords="offset points",
                xytext=(-6 if left else 6, -14 if below else 4),
                ha="right" if left else "left",
                fontsize=9,
            )
        panel.set_xscale("log")
        panel.xaxis.set_major_locator(FixedLocator([10, 20, 50, 100, 200, 500, 1000, 2000]))
        panel.xaxis.set_major_formatter("{x:g}")
        panel.xaxis.set_minor_formatter(NullFormatter())
        panel.margins(x=0.35, y=0.15)
        panel.set_title(f"{scale} times")
        panel.set_xlabel("ms for 256x256 pixels")
        panel.grid(alpha=0.3)
    np.atleast_1d(panels)[0].set_ylabel("PSNR on Set5, dB (Y)")
    figure.savefig(file, dpi=110)


if __name__ == "__main__":
    main()
