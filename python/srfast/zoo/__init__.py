"""The models that srfast ships: ONNX files beside this module, each with a card of the same name."""

from __future__ import annotations

from pathlib import Path

from srfast.did_you_mean import did_you_mean
from srfast.errors import ModelError

DEFAULT = "fast-x3"
"""The model that `srfast upscale` uses when none is named."""

_FOLDER = Path(__file__).parent


def models() -> tuple[str, ...]:
    """The names of the shipped models, sorted."""
    return tuple(sorted(file.stem for file in _FOLDER.glob("*.onnx")))


def path(name: str) -> Path:
    """The ONNX file of a shipped model.

    Args:
        name: One of `models()`.

    Raises:
        ModelError: There is no such model; the message lists those that there are.
    """
    if name not in models():
        raise ModelError(
            f"there is no file and no shipped model {name!r}{did_you_mean(name, models())}; "
            f"shipped are: {', '.join(models())}"
        )
    return _FOLDER / f"{name}.onnx"


def scale(name: str) -> int:
    """How many times a shipped model enlarges, as the end of its name says."""
    return int(name.rpartition("-x")[2])


def family(name: str) -> tuple[str, ...]:
    """The shipped models that differ from one only in their scale, itself included."""
    kind = name.rpartition("-x")[0]
    return tuple(other for other in models() if other.rpartition("-x")[0] == kind)
