"""PyTorch's two ONNX exporters, each as a function that makes an ONNX model of a network.

Measured with PyTorch 2.13 on SRCNN: the older one, by TorchScript, gives the opset that was asked for (11 to
20, the last that it supports) in 0.1 s. The newer one falls back to opset 18 where 11 to 17 were asked for,
writes IR version 10, which older programs refuse, and takes 2 s, at the first call 28 s. But it follows sizes
through Python code that the older one takes for constants, so each exports networks that the other cannot.
"""

from __future__ import annotations

import contextlib
import io
import logging
import warnings
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from srfast import silence
from srfast.errors import ExportError

if TYPE_CHECKING:
    import onnx
    from torch import Tensor, nn

OLDEST_OPSET = 11
NEWEST_OPSET = 20
FIRST_OF_THE_NEWER = 18

_AXES = {
    "input": {0: "batch", 2: "height", 3: "width"},
    "output": {0: "batch", 2: "output_height", 3: "output_width"},
}

Axes = tuple[int, ...]
"""Of NCHW: which of 0, 2 and 3 (batch, height and width) are to be free."""

Exporter = Callable[["nn.Module", "Tensor", int, Axes], "onnx.ModelProto"]


def by_torchscript(module: nn.Module, example: Tensor, opset: int, free: Axes) -> onnx.ModelProto:
    """Exports by running the network once and writing down what was computed.

    Args:
        module: Maps NCHW to NCHW; in evaluation mode.
        example: What to run it on.
        opset: The ONNX operator set.
        free: The axes to leave free.

    Returns:
        The model, with `input` and `output`.

    Raises:
        ExportError: PyTorch cannot export the network.
    """
    import onnx
    import torch

    file = io.BytesIO()
    with _as_export_error(), _in_silence():
        torch.onnx.export(
            module,
            (example,),
            file,  # type: ignore[arg-type]  # a stream will do, whatever the annotation says
            input_names=["input"],
            output_names=["output"],
            opset_version=opset,
            dynamic_axes={name: {axis: axes[axis] for axis in free} for name, axes in _AXES.items()},
            dynamo=False,
        )
    return onnx.load_model_from_string(file.getvalue())


def by_torch_export(module: nn.Module, example: Tensor, opset: int, free: Axes) -> onnx.ModelProto:
    """Exports by following the network's Python code with symbols for its sizes.

    What the exporter adds of its own is taken out: for every node the traceback of the code that made it, and
    with it the folders of the machine that it ran on.

    Args:
        module: Maps NCHW to NCHW; in evaluation mode.
        example: What to follow it with. No two of its sizes may be equal, or one, where they are to be free.
        opset: The ONNX operator set, at least 18.
        free: The axes to leave free.

    Returns:
        The model, with `input` and `output`.

    Raises:
        ExportError: PyTorch cannot export the network, or not with this opset.
    """
    import torch

    if opset < FIRST_OF_THE_NEWER:
        raise ExportError(f"it begins at opset {FIRST_OF_THE_NEWER}")
    with _as_export_error(), _in_silence():
        program = torch.onnx.export(
            module,
            (example,),
            input_names=["input"],
            output_names=["output"],
            opset_version=opset,
            dynamic_shapes=(dict.fromkeys(free, torch.export.Dim.AUTO),),
            dynamo=True,
            verbose=False,
        )
    assert program is not None  # it is, with dynamo=True
    model = program.model_proto
    _clean(model)
    return model


def _clean(model: onnx.ModelProto) -> None:
    graph = model.graph
    for entry in (model, graph, *graph.node, *graph.input, *graph.output, *graph.initializer):
        del entry.metadata_props[:]
        entry.ClearField("doc_string")
    del graph.value_info[:]  # inferred anew by whoever wants it; these have formulas for names of axes
    for values, axes in ((graph.input, _AXES["input"]), (graph.output, _AXES["output"])):
        for axis, dimension in enumerate(values[0].type.tensor_type.shape.dim):
            if dimension.HasField("dim_param"):
                dimension.dim_param = axes[axis]


@contextlib.contextmanager
def _as_export_error() -> Iterator[None]:
    try:
        yield
    except Exception as error:  # whatever the network's own code raises while it is traced
        # The first line says it; what may follow advises how to write to PyTorch's developers.
        reason = next(iter(str(error).strip().splitlines()), type(error).__name__)
        raise ExportError(f"PyTorch cannot export the network: {reason}") from error


@contextlib.contextmanager
def _in_silence() -> Iterator[None]:
    """Keeps PyTorch from announcing, logging and dumping graphs; what goes wrong is raised as well.

    Threads take turns: what is changed for that is the process's.
    """
    # That one exporter is the older one, that the other uses what is deprecated, and that a constant is left
    # for ONNX Runtime to compute. The rest passes.
    with silence.of(DeprecationWarning, FutureWarning), _without_logs():
        warnings.filterwarnings("ignore", "Constant folding", UserWarning)
        yield


@contextlib.contextmanager
def _without_logs() -> Iterator[None]:
    import torch

    native: Any = torch._C
    loggers = [logging.getLogger(name) for name in ("torch", "torch.onnx", "torch.export", "onnxscript")]
    levels = [logger.level for logger in loggers]
    # Writes the whole graph to standard output when an operator cannot be exported, and has no switch that
    # works: PyTorch turns it on before every export.
    dump = getattr(native, "_jit_onnx_log", None)
    for logger in loggers:
        logger.setLevel(logging.CRITICAL)
    if dump:
        native._jit_onnx_log = lambda *_: None
    try:
        yield
    finally:
        if dump:
            native._jit_onnx_log = dump
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
