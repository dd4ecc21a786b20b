"""The models that srfast ships: ONNX files beside this module, each with a card of the same name.

Beside `NAME.onnx`, which every runtime reads, lies `NAME.srfast.onnx`, the same made fast for srfast alone.
"""

from __future__ import annotations

import csv
import dataclasses
from pathlib import Path

from srfast.did_you_mean import did_you_mean
from srfast.errors import ModelError

DEFAULT = "fast-x3"
"""The model that `srfast upscale` uses when none is named."""

_FOLDER = Path(__file__).parent

_OPTIMIZED = ".srfast.onnx"


@dataclasses.dataclass(frozen=True)
class Description:
    """What a shipped model is worth.

    Attributes:
        name: Its name.
        scale: Output pixels per input pixel along each axis.
        bytes: Size of its ONNX file.
        psnr_y: PSNR in dB over the luma, mean of Set5; None if it was not measured.
        times_recipe: How many times as fast as SRCNN, run by onnxruntime's Python package as a tutorial has
            it, at the same scale; None if it was not measured.
        licence: SPDX name.
    """

    name: str
    scale: int
    bytes: int
    psnr_y: float | None
    times_recipe: float | None
    licence: str = "Apache-2.0"


def models() -> tuple[str, ...]:
    """The names of the shipped models, sorted."""
    return tuple(sorted(file.stem for file in _FOLDER.glob("*.onnx") if not file.name.endswith(_OPTIMIZED)))


def path(name: str) -> Path:
    """The ONNX file of a shipped model.

    Args:
        name: One of `models()`.

    Raises:
        ModelError: There is no such model; the message lists those that there are.
    """
    if name not in models():
        raise ModelError(
            f"there is no file and no shipped model {name!r}; shipped are {', '.join(models())}"
            + did_you_mean(name, models())
        )
    return _FOLDER / f"{name}.onnx"


def optimized(path: Path) -> Path:
    """What is opened in the place of a shipped model's file: what `srfast.optimize` made of it.

    So opening a shipped model need not rewrite it, which loads onnx. Any other file is given back.
    """
    other = path.with_name(path.stem + _OPTIMIZED)
    return other if path.parent == _FOLDER and other.exists() else path


def scale(name: str) -> int:
    """How many times a shipped model enlarges, as the end of its name says."""
    return int(name.rpartition("-x")[2])


def family(name: str) -> tuple[str, ...]:
    """The shipped models that differ from one only in their scale, itself included."""
    kind = name.rpartition("-x")[0]
    return tuple(other for other in models() if other.rpartition("-x")[0] == kind)


def card(name: str) -> Path:
    """The text that says how a shipped model was made, and how good it is.

    Raises:
        ModelError: There is no such model.
    """
    return path(name).with_suffix(".md")


def describe(name: str) -> Description:
    """What a shipped model is worth, as `benchmarks/models.py` measured it.

    Raises:
        ModelError: There is no such model.
    """
    size = path(name).stat().st_size
    with (_FOLDER / "figures.csv").open(newline="", encoding="utf-8") as file:
        row = next((row for row in csv.DictReader(file) if row["name"] == name), None)
    if row is None:
        return Description(name, scale(name), size, None, None)
    return Description(name, scale(name), size, float(row["psnr_y"]), float(row["times_recipe"]))
