"""Exports every named network and prints how far PyTorch, ONNX Runtime and srfast differ, as a table.

It is the table of docs/export.md. The weights are random. Each row is the largest of x2, x3 and x4, of three
channels and of luma alone, at all sizes of the proof.

Run: python scripts/parity_table.py
"""

from __future__ import annotations

import dataclasses
import itertools
import tempfile
from pathlib import Path

import torch

from srfast.conventions import Conventions
from srfast.export import ExportReport, export_onnx
from srfast.models import ARCHITECTURES
from srfast.parity import SIZES

SCALES = (2, 3, 4)
COLORS = ("rgb", "y")
PAIRS = (("PyTorch", "ONNX Runtime"), ("ONNX Runtime", "srfast"), ("PyTorch", "srfast"))


def main() -> None:
    """Prints the table."""
    titles = ["name", "exporter", "opset", *(f"{pair} and {other}" for pair, other in PAIRS)]
    print(f"| {' | '.join(titles)} |")
    print("|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for name in sorted(ARCHITECTURES):
            reports = [
                exported(name, scale, color, Path(folder) / "net.onnx")
                for scale, color in itertools.product(SCALES, COLORS)
            ]
            print(f"| {' | '.join([f'`{name}`', *cells(reports)])} |", flush=True)
    sizes = ", ".join(f"{width}x{height}" for height, width in SIZES)
    print(f"\nSizes: {sizes}. PyTorch {torch.__version__}.")


def exported(name: str, scale: int, color: str, file: Path) -> ExportReport:
    """Exports and proves one network."""
    torch.manual_seed(scale)
    network = ARCHITECTURES[name](scale, channels=3 if color == "rgb" else 1)
    return export_onnx(network, file, conventions=Conventions(scale, color=color), force=True)


def cells(reports: list[ExportReport]) -> list[str]:
    """The row of a network: which exporter, which opset, and the largest differences."""
    used = sorted({report.exporter.removesuffix(" exporter") for report in reports})
    opsets = sorted({str(report.opset) for report in reports})
    differences = [dataclasses.astuple(report.differences) for report in reports]
    return [
        ", ".join(used),
        ", ".join(opsets),
        *(f"{max(each):.1e}" for each in zip(*differences, strict=True)),
    ]


if __name__ == "__main__":
    main()
