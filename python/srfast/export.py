"""Makes an ONNX file of a PyTorch network, and proves it right before it is put in place."""

from __future__ import annotations

import copy
import dataclasses
import itertools
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from srfast import exporters, parity
from srfast.atomic import replacing
from srfast.checkpoints import Checkpoint
from srfast.conventions import Conventions
from srfast.dependencies import require
from srfast.errors import ExportError, OptionError
from srfast.target_file import check_target

if TYPE_CHECKING:
    import onnx
    from torch import nn

_EXPORTERS: dict[str, exporters.Exporter] = {
    "TorchScript exporter": exporters.by_torchscript,
    "torch.export exporter": exporters.by_torch_export,
}
"""In the order in which they are tried: the first is quicker, and its files suit older programs."""

_BATCHES = {1: "a batch of one", 2: "any batch"}

DEFAULT_OPSET = 17
"""Read by every ONNX Runtime since 1.12 and the inference engines of its time."""


@dataclasses.dataclass(frozen=True)
class ExportReport:
    """What was exported, and how well it was proven.

    Attributes:
        path: The file.
        bytes: Its size.
        opset: The ONNX operator set that it uses.
        any_batch: Whether it takes several images at once, for other programs; srfast gives it one at a time.
        size: The height and width that it is fixed to, or None for any.
        conventions: What the network eats, as the file's metadata says.
        sizes: Heights and widths that the three ways were compared at.
        differences: The largest differences between PyTorch, ONNX Runtime and srfast.
        exporter: Which of PyTorch's exporters made the file.
    """

    path: Path
    bytes: int
    opset: int
    any_batch: bool
    size: tuple[int, int] | None
    conventions: Conventions
    sizes: tuple[tuple[int, int], ...]
    differences: parity.Differences
    exporter: str


def export_onnx(
    network: Checkpoint | nn.Module,
    path: str | os.PathLike[str],
    *,
    conventions: Conventions | None = None,
    opset: int | None = None,
    size: tuple[int, int] | None = None,
    force: bool = False,
) -> ExportReport:
    """Exports a network to one ONNX file: `input` and `output`, float32 NCHW, conventions as metadata.

    Batch, height and width are dynamic unless `size` is given. Before the file is put in place, ONNX's
    checker reads it, and PyTorch, ONNX Runtime and `srfast.Upscaler` run it on real pixels at several sizes;
    any difference over `srfast.parity.tolerance` fails. The network itself is not changed: a float32 copy on
    the CPU is exported. What PyTorch's TorchScript exporter cannot export, or gets wrong (a size that it took
    for a constant), its newer exporter is tried on; the file's metadata says which one made it. Where neither
    leaves the batch free, it is fixed to one.

    Args:
        network: What `srfast.load_checkpoint` gives, or any network that maps NCHW to NCHW.
        path: The file to make. Its folder must exist.
        conventions: The scale, colour order and value range. Needed for a bare network; otherwise the
            checkpoint's.
        opset: The ONNX operator set, 11 to 20. By default `DEFAULT_OPSET`, or 18 from the newer exporter,
            which has none below.
        size: Height and width to fix the file to, with a batch of one.
        force: Replace a file that exists.

    Returns:
        The file, its conventions, and the largest differences. May be called from several threads, which take
        turns while PyTorch exports: its logs, and deprecation warnings, are held back then for the whole
        process.

    Raises:
        OptionError: `network`, `opset`, `size` or `conventions` cannot be used.
        ExportError: The target exists or cannot be written, PyTorch cannot export the network, or the file
            did not prove right. Nothing is left behind.
        DependencyError: PyTorch, onnx or onnxruntime is not installed.
    """
    target = Path(path)
    check_target(target, ExportError, force=force)
    _check_opset_and_size(opset, size)
    require("torch", "onnx", extra="export")
    from torch import nn

    if isinstance(network, Checkpoint):
        conventions = conventions or network.conventions
        name, module = network.architecture, network.network
    else:
        name, module = type(network).__name__, network
    if conventions is None:
        raise OptionError(
            "a bare network does not say what it eats: give conventions=srfast.Conventions(scale=...)"
        )
    if not isinstance(conventions, Conventions):
        raise OptionError(f"conventions must be srfast.Conventions, not {conventions!r}")
    if not isinstance(module, nn.Module):
        raise OptionError(f"network must be a checkpoint or a PyTorch network, not {module!r}")
    if size is not None and parity.taken_size(size, conventions) != tuple(size):
        raise OptionError(
            f"size is {size[0]}x{size[1]}, but {name} takes heights and widths that are multiples of "
            f"{conventions.multiple} and at least {conventions.minimum}"
        )

    module = _copy(module).cpu().float().eval()
    sizes = parity.SIZES if size is None else (size,)
    expected = {
        batch: parity.samples(module, conventions, sizes=sizes, batch=batch)
        for batch in ((2, 1) if size is None else (1,))
    }
    failures: list[str] = []
    for exporter, batch in itertools.product(_EXPORTERS, expected):
        made = dataclasses.replace(conventions, made_by=_made_by(conventions, name, exporter))
        try:
            model = _model(module, made, exporter, opset, batch, size)
        except ExportError as error:
            failures.append(f"{exporter}, {_BATCHES[batch]}: {error}")
            continue
        try:
            differences = parity.compare(expected[batch], model.SerializeToString(), made)
        except ExportError as error:
            failures.append(f"{exporter}, {_BATCHES[batch]}: {error}{_left_over(model, made)}")
            continue
        content = model.SerializeToString()
        try:
            with replacing(target) as temporary:
                temporary.write_bytes(content)
        except OSError as error:
            raise ExportError(f"cannot write {target}: {error.strerror}") from error
        used = next(entry.version for entry in model.opset_import if entry.domain in ("", "ai.onnx"))
        any_batch = batch == 2
        return ExportReport(target, len(content), used, any_batch, size, made, sizes, differences, exporter)
    raise ExportError("neither of PyTorch's exporters makes a file that proves right. " + ". ".join(failures))


def _copy(module: nn.Module) -> nn.Module:
    import torch

    # What a network has computed of its parameters, as weight_norm does, PyTorch does not copy.
    computed = {
        id(value): value.detach().clone()
        for part in module.modules()
        for value in vars(part).values()
        if isinstance(value, torch.Tensor) and not value.is_leaf
    }
    try:
        return copy.deepcopy(module, computed)
    except Exception as error:  # whatever the network holds
        raise ExportError(f"the network cannot be copied: {error}") from error


def _left_over(model: onnx.ModelProto, conventions: Conventions) -> str:
    """What tracing left in a file that does not prove right: the rest of a message, or nothing."""
    from srfast.checking.sizes import traced
    from srfast.checking.subject import Subject
    from srfast.checking.verdict import SkippedError

    try:
        finding = traced(Subject(model.SerializeToString(), suspected=_example_size(conventions)))
    except SkippedError:
        return ""
    return f" ({finding.reason})" if finding.status == "failed" else ""


def _check_opset_and_size(opset: int | None, size: tuple[int, int] | None) -> None:
    oldest, newest = exporters.OLDEST_OPSET, exporters.NEWEST_OPSET
    whole = isinstance(opset, int) and not isinstance(opset, bool)
    if opset is not None and not (whole and oldest <= opset <= newest):
        raise OptionError(
            f"opset must be {oldest} to {newest}, not {opset!r}: cubic resize came with {oldest}, and "
            f"PyTorch's exporter ends at {newest}"
        )
    if size is not None and not (
        isinstance(size, Sequence) and len(size) == 2 and all(isinstance(n, int) and n >= 1 for n in size)
    ):
        raise OptionError(f"size must be a height and a width of at least 1, not {size!r}")


def _made_by(conventions: Conventions, name: str, exporter: str) -> str:
    import torch

    from srfast import __version__

    export = f"{name} exported by srfast {__version__}, PyTorch {torch.__version__}, {exporter}"
    return f"{conventions.made_by}; {export}" if conventions.made_by else export


def _model(
    module: nn.Module,
    conventions: Conventions,
    exporter: str,
    opset: int | None,
    batch: int,
    size: tuple[int, int] | None,
) -> onnx.ModelProto:
    """Makes the ONNX model with one of PyTorch's exporters and has ONNX check it; it has not run yet."""
    import onnx
    import torch

    from srfast import geometry

    # Not square, so that a mix-up of the two sides shows. No free axis is one or equals another: exporters
    # take such axes for constants.
    example = torch.zeros(batch, parity.channels(conventions), *(size or _example_size(conventions)))
    free = () if size else (2, 3) if batch == 1 else (0, 2, 3)
    export = _EXPORTERS[exporter]
    if opset is None:
        opset = exporters.FIRST_OF_THE_NEWER if export is exporters.by_torch_export else DEFAULT_OPSET
    model = export(module, example, opset, free)
    geometry.write(model, conventions.to_metadata())
    geometry.write(model, geometry.tags(model))
    try:
        onnx.checker.check_model(model, full_check=True)
    except (onnx.checker.ValidationError, onnx.shape_inference.InferenceError) as error:
        raise ExportError(f"ONNX's checker refuses the exported file: {error}") from error
    return model


def _example_size(conventions: Conventions) -> tuple[int, int]:
    """A height and a width that the network takes, near 16 and 20."""
    height, _ = parity.taken_size((16, 20), conventions)
    return height, parity.taken_size((height, height + 4), conventions)[1]
