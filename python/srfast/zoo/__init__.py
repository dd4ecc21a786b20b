"""The models that srfast ships: ONNX files beside this module, each with a card of the same name."""

from __future__ import annotations

from pathlib import Path

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
            f"there is no file and no shipped model {name!r}; shipped are: {', '.join(models())}"
        )
    return _FOLDER / f"{name}.onnx"
