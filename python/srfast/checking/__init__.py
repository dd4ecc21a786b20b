"""Checks an ONNX file: is it whole, where does it run, is true what it says of itself, is it right?"""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from srfast.checking import quality, sizes, structure, tags, tiles, weights
from srfast.checking.subject import Subject
from srfast.checking.verdict import Finding, SkippedError, Verdict, skipped
from srfast.errors import OptionError
from srfast.model_file import Model, model_name

__all__ = ["CHECKS", "CheckReport", "Verdict", "check"]

CHECKS: dict[str, Callable[[Subject], Finding]] = {
    "checker": structure.checker,
    "shapes": structure.shapes,
    "runs": structure.runs,
    "opens": structure.opens,
    "sizes": sizes.sizes,
    "traced sizes": sizes.traced,
    "scale": tags.scale,
    "color": tags.color,
    "range": tags.value_range,
    "size limits": tags.size_limits,
    "margin": tags.margin,
    "halo": tags.halo,
    "tiles": tiles.tiles,
    "parity": weights.weights,
    "quality": quality.quality,
}
"""The checks by name, in order."""


@dataclasses.dataclass(frozen=True)
class CheckReport:
    """What all checks said of a file.

    Attributes:
        model: What the file is called.
        verdicts: One of each check of `CHECKS`, in order.
    """

    model: str
    verdicts: tuple[Verdict, ...]

    @property
    def failed(self) -> bool:
        """Whether a check failed."""
        return any(verdict.status == "failed" for verdict in self.verdicts)

    def __getitem__(self, name: str) -> Verdict:
        """The verdict of a check by its name."""
        return next(verdict for verdict in self.verdicts if verdict.check == name)

    def to_dict(self) -> dict[str, Any]:
        """The same, ready for JSON."""
        return {"failed": self.failed, **dataclasses.asdict(self)}


def check(
    model: Model,
    *,
    against: str | os.PathLike[str] | None = None,
    image: str | os.PathLike[str] | None = None,
    reference: str | os.PathLike[str] | None = None,
) -> CheckReport:
    """Checks an ONNX file in every way that srfast knows.

    Runs it on the CPU, with ONNX Runtime's Python package and with srfast, on real pixels at many small
    sizes.

    Args:
        model: A path, the content of a file, or the name of a shipped model.
        against: The weights that it was made of, as `load_checkpoint` takes them: PyTorch must then give the
            same. Needs PyTorch.
        image: An image file to judge it by. Without `reference` it is the truth: it is shrunk with MATLAB's
            bicubic and enlarged again.
        reference: The true large image of `image`.

    Returns:
        A verdict of each check. May be called from several threads; with `against`, as `load_checkpoint`.

    Raises:
        ModelError: The file is missing, damaged, or holds no graph, so that there is nothing to check.
        OptionError: `reference` is given without `image`.
        ImageError: `image` or `reference` cannot be read, or they do not fit together.
        CheckpointError: `against` cannot be read, or is of another scale.
        DependencyError: A package that is needed cannot be imported.
    """
    if reference is not None and image is None:
        raise OptionError("reference is the truth of an image: give that image too (image, --image)")
    paths = [None if each is None else Path(each) for each in (against, image, reference)]
    subject = Subject(model, against=paths[0], image=paths[1], reference=paths[2])
    return CheckReport(
        model_name(model),
        tuple(Verdict(**vars(_finding(make, subject)), check=name) for name, make in CHECKS.items()),
    )


def _finding(make: Callable[[Subject], Finding], subject: Subject) -> Finding:
    try:
        return make(subject)
    except SkippedError as reason:
        return skipped(str(reason))
