"""Makes an ONNX file of a PyTorch network, and proves it right before it is put in place."""

from __future__ import annotations

import copy
import dataclasses
import os
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

from srfast import parity
from srfast.atomic import replacing
from srfast.checkpoints import Checkpoint
from srfast.conventions import Conventions
from srfast.dependencies import require
from srfast.errors import ExportError, OptionError

if TYPE_CHECKING:
    from torch import nn

# PyTorch has two exporters. Measured with PyTorch 2.13 on SRCNN: the TorchScript one gives the opset that was
# asked for (11 to 20, the last that it supports) in 0.1 s. The newer one (dynamo=True) falls back to opset 18
# where 11 to 13 were asked for, always writes IR version 10, which older programs refuse, names the output
# axes by formulas, keeps the traceback of every node with the paths of the machine that it ran on, and takes
# 2 s, at the first call 28 s.
_EXPORTER = "TorchScript exporter"
_OLDEST_OPSET = 11
_NEWEST_OPSET = 20

DEFAULT_OPSET = 17
"""Read by every ONNX Runtime since 1.12 and the inference engines of its time."""


@dataclasses.dataclass(frozen=True)
class ExportReport:
    """What was exported, and how well it was proven.

    Attributes:
        path: The file.
        bytes: Its size.
        opset: The ONNX operator set that it uses.
        size: The height and width that it is fixed to, or None for any.
        conventions: What the network eats, as the file's metadata says.
        sizes: Heights and widths that the three ways were compared at.
        differences: The largest differences between PyTorch, ONNX Runtime and srfast.
    """

    path: Path
    bytes: int
    opset: int
    size: tuple[int, int] | None
    conventions: Conventions
    sizes: tuple[tuple[int, int], ...]
    differences: parity.Differences


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
    the CPU is exported.

    Args:
        network: What `srfast.load_checkpoint` gives, or any network that maps NCHW to NCHW.
        path: The file to make. Its folder must exist.
        conventions: The scale, colour order and value range. Needed for a bare network; otherwise the
            checkpoint's.
        opset: The ONNX operator set, 11 to 20; `DEFAULT_OPSET` by default.
        size: Height and width to fix the file to, with a batch of one.
        force: Replace a file that exists.

    Returns:
        The file, its conventions, and the largest differences.

    Raises:
        OptionError: `opset`, `size` or `conventions` cannot be used.
        ExportError: The target exists or cannot be written, PyTorch cannot export the network, or the file
            did not prove right. Nothing is left behind.
        DependencyError: PyTorch, onnx or onnxruntime is not installed.
    """
    target = Path(path)
    check_target(target, force=force)
    opset = DEFAULT_OPSET if opset is None else opset
    _check_opset_and_size(opset, size)
    require("torch", "onnx", extra="export")

    if isinstance(network, Checkpoint):
        conventions = conventions or network.conventions
        name, module = network.architecture, network.network
    else:
        name, module = type(network).__name__, network
    if conventions is None:
        raise OptionError(
            "a bare network does not say what it eats: give conventions=srfast.Conventions(scale=...)"
        )
    conventions = dataclasses.replace(conventions, made_by=_made_by(conventions, name))

    module = copy.deepcopy(module).cpu().float().eval()
    sizes = parity.SIZES if size is None else (size,)
    try:
        with replacing(target) as temporary:
            _write_onnx(module, temporary, conventions, opset, size)
            model = temporary.read_bytes()
            differences = parity.prove(
                module, model, conventions, sizes=sizes, batch=2 if size is None else 1
            )
    except OSError as error:
        raise ExportError(f"cannot write {target}: {error.strerror}") from error
    return ExportReport(target, len(model), opset, size, conventions, sizes, differences)


def check_target(target: Path, *, force: bool) -> None:
    """Makes sure that a file may be made at `target`.

    Raises:
        ExportError: It exists and `force` is not given, it is a folder, or its folder does not exist.
    """
    if target.is_dir():
        raise ExportError(f"{target} is a folder: name a file in it")
    if target.exists() and not force:
        raise ExportError(f"{target} exists: give another name, or replace it with force (--force)")
    if not target.parent.is_dir():
        raise ExportError(f"cannot write {target}: the folder {target.parent} does not exist")


def _check_opset_and_size(opset: int, size: tuple[int, int] | None) -> None:
    if not _OLDEST_OPSET <= opset <= _NEWEST_OPSET:
        raise OptionError(
            f"opset must be {_OLDEST_OPSET} to {_NEWEST_OPSET}, not {opset}: cubic resize came with "
            f"{_OLDEST_OPSET}, and PyTorch's exporter ends at {_NEWEST_OPSET}"
        )
    if size is not None and (len(size) != 2 or not all(isinstance(n, int) and n >= 1 for n in size)):
        raise OptionError(f"size must be a height and a width of at least 1, not {size!r}")


def _made_by(conventions: Conventions, name: str) -> str:
    import torch

    from srfast import __version__

    export = f"{name} exported by srfast {__version__}, PyTorch {torch.__version__}, {_EXPORTER}"
    return f"{conventions.made_by}; {export}" if conventions.made_by else export


def _write_onnx(
    module: nn.Module, file: Path, conventions: Conventions, opset: int, size: tuple[int, int] | None
) -> None:
    """Writes the ONNX file and has ONNX check it; it has not run yet."""
    import onnx
    import torch

    from srfast import geometry
    from srfast.passes import leading_enlargement

    channels = 3 if conventions.color in ("rgb", "bgr") else 1
    example = torch.zeros(1, channels, *(size or (16, 20)))  # not square, so that a mix-up of the two shows
    dynamic_axes = {
        "input": {0: "batch", 2: "height", 3: "width"},
        "output": {0: "batch", 2: "output_height", 3: "output_width"},
    }
    try:
        with warnings.catch_warnings():
            # PyTorch announces that this exporter is the older one. Its other warnings pass.
            warnings.simplefilter("ignore", DeprecationWarning)
            torch.onnx.export(
                module,
                (example,),
                file,
                input_names=["input"],
                output_names=["output"],
                opset_version=opset,
                dynamic_axes=dynamic_axes if size is None else None,
                dynamo=False,
            )
    except OSError:
        raise
    except Exception as error:  # whatever the network's own code raises while it is traced
        raise ExportError(
            f"PyTorch cannot export the network: {str(error) or type(error).__name__}"
        ) from error
    model = onnx.load(file)
    geometry.write(model, conventions.to_metadata())
    # A leading enlargement is left to the native side when the file is opened, and what is tiled is the rest.
    if leading_enlargement.split(model) is None:
        geometry.write(model, geometry.tags(model))
    onnx.save(model, file)
    try:
        onnx.checker.check_model(file, full_check=True)
    except (onnx.checker.ValidationError, onnx.shape_inference.InferenceError) as error:
        raise ExportError(f"ONNX's checker refuses the exported file: {error}") from error
