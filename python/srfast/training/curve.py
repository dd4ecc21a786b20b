"""The curve of a training run, as CSV and as a picture."""

from __future__ import annotations

import csv
import dataclasses
from collections.abc import Sequence
from pathlib import Path

from srfast.atomic import replacing
from srfast.dependencies import require


@dataclasses.dataclass(frozen=True)
class Point:
    """What was measured at one step.

    Attributes:
        step: Steps done.
        loss: Mean L1 loss since the point before, values 0..1.
        psnr: Mean PSNR in dB over the validation images: luma, border crop = scale, averaged weights.
        seconds: Seconds of training up to here, without what went before a resumption's last saved state.
    """

    step: int
    loss: float
    psnr: float
    seconds: float


def save_csv(points: Sequence[Point], file: Path) -> None:
    """Writes the points, one a line, under a header."""
    with replacing(file) as temporary, temporary.open("w", encoding="ascii", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow([field.name for field in dataclasses.fields(Point)])
        for point in points:
            writer.writerow([point.step, f"{point.loss:.6f}", f"{point.psnr:.4f}", f"{point.seconds:.1f}"])


def save_picture(points: Sequence[Point], title: str, file: Path) -> None:
    """Draws validation PSNR and training loss over the steps.

    Raises:
        DependencyError: matplotlib is not installed.
    """
    require("matplotlib", extra="train")
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 4.5), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot(title=title, xlabel="steps", ylabel="validation PSNR (Y), dB")
    steps = [point.step for point in points]
    axes.plot(steps, [point.psnr for point in points], color="tab:blue", label="PSNR")
    axes.grid(alpha=0.3)
    losses = axes.twinx()
    losses.set_ylabel("training loss (L1)")
    losses.plot(steps, [point.loss for point in points], color="tab:orange", label="loss", linewidth=0.8)
    figure.legend(loc="outside lower center", ncols=2)
    with replacing(file) as temporary:
        figure.savefig(temporary, dpi=100)
