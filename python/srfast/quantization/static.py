"""A float network becomes one of 8-bit integers, by ONNX Runtime's own tools, in its portable form (QDQ)."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx

from srfast import scratch
from srfast.errors import QuantizationError
from srfast.quantization.layers import CONVOLUTIONS, Layers
from srfast.quantization.prelu import Maximum
from srfast.quantization.spans import Span

_OPSET = 13
"""The first whose weights can have a scale for every channel."""


def folded(model: onnx.ModelProto) -> onnx.ModelProto:
    """A network with constants computed and normalisations folded into convolutions, each node with a name.

    Only operators of the ONNX standard come out, so the file stays one for all runtimes.

    Args:
        model: Its weights are in it. Not modified.

    Raises:
        QuantizationError: ONNX Runtime or ONNX cannot rewrite it so.
    """
    from onnxruntime.quantization import quant_pre_process

    copy = onnx.ModelProto()
    copy.CopyFrom(model)
    try:
        opset = next(entry.version for entry in copy.opset_import if entry.domain in ("", "ai.onnx"))
        if opset < _OPSET:
            copy = onnx.version_converter.convert_version(copy, _OPSET)
        with scratch.folder() as folder, _quiet():
            # Of models in memory, the tools lose track of the weights.
            before, after = Path(folder, "before.onnx"), Path(folder, "after.onnx")
            onnx.save(copy, before)
            quant_pre_process(before, after, skip_symbolic_shape=True)
            result = onnx.load(after)
    except OSError:
        raise
    except Exception as error:  # whatever the libraries raise
        raise QuantizationError(f"the network cannot be prepared for integers: {error}") from error
    taken: set[str] = {""}
    for number, node in enumerate(result.graph.node):
        if node.name in taken:
            node.name = f"{node.op_type}_{number}"
        taken.add(node.name)
    return result


def quantized(
    model: onnx.ModelProto,
    layers: Layers,
    kept: frozenset[str],
    maxima: tuple[Maximum, ...],
    spans: Mapping[str, Span],
    *,
    input_span: tuple[float, float],
    trimmed: bool,
    example: npt.NDArray[np.float32],
) -> onnx.ModelProto:
    """Makes integers of a network's convolutions.

    Activations are 8-bit. Weights have a scale for every output channel and 7 bits: of 8, processors without
    dot products of bytes (AVX2 without VNNI) overflow when they add pairs of products, and would make another
    image of the same file.

    Args:
        model: From `folded`. Not modified.
        layers: Its convolutions.
        kept: Which of them stay in float.
        maxima: What stands for PReLU; it is computed as the convolution before it is.
        spans: How large its values get.
        input_span: The values of black and white, so that 8-bit pixels go in as they are.
        trimmed: Whether to leave outliers out of the spans.
        example: An image as the network takes it.

    Returns:
        QuantizeLinear and DequantizeLinear around what runtimes compute in integers. Without metadata.

    Raises:
        QuantizationError: ONNX Runtime's tools cannot do it.
    """
    from onnxruntime import quantization

    source = next(
        entry.name
        for entry in model.graph.input
        if entry.name not in {weight.name for weight in model.graph.initializer}
    )

    class Once(quantization.CalibrationDataReader):  # type: ignore[misc]  # of no type
        """One image: the tools insist on looking at one; what is known from many comes in as overrides."""

        def __init__(self) -> None:
            self._images = iter([{source: example}])

        def get_next(self) -> dict[str, npt.NDArray[np.float32]] | None:
            return next(self._images, None)

    overrides: dict[str, list[dict[str, Any]]] = {
        name: [_limits(span.most if trimmed else span.whole)] for name, span in spans.items()
    }
    overrides[source] = [_limits(input_span)]
    try:
        with scratch.folder() as folder, _quiet():
            before, after = Path(folder, "before.onnx"), Path(folder, "after.onnx")
            onnx.save(model, before)
            quantization.quantize_static(
                before,
                after,
                Once(),
                # With Relu in the list, the rounding does its work, and none of it is left.
                op_types_to_quantize=[*CONVOLUTIONS, "Relu", "Clip", "Mul", "Max"],
                nodes_to_quantize=_nodes(model, set(layers.every) - kept, maxima),
                per_channel=True,
                reduce_range=True,
                activation_type=quantization.QuantType.QUInt8,
                weight_type=quantization.QuantType.QInt8,
                extra_options={"TensorQuantOverrides": overrides},
            )
            result = onnx.load(after)
    except OSError:
        raise
    except Exception as error:  # whatever the library raises
        raise QuantizationError(f"ONNX Runtime cannot quantise the network: {error}") from error
    _read_pixels_unrounded(result.graph, source)
    return result


def _read_pixels_unrounded(graph: onnx.GraphProto, source: str) -> None:
    """Lets all but the convolutions in integers read the network's input itself, as in the float network.

    The tools have everybody read the rounded pixels, which 16-bit images would lose by, and which nobody
    recognises as the pixels any more.
    """
    rounding = {name for node in graph.node if source in node.input for name in node.output}
    makers = {name: node for node in graph.node for name in node.output}
    for node in graph.node:
        weights = makers.get(node.input[1]) if node.op_type in CONVOLUTIONS else None
        if weights is not None and weights.op_type == "DequantizeLinear":
            continue
        for place, name in enumerate(node.input):
            maker = makers.get(name)
            if maker is not None and maker.op_type == "DequantizeLinear" and maker.input[0] in rounding:
                node.input[place] = source


def _limits(span: tuple[float, float]) -> dict[str, Any]:
    low, high = span
    return {"rmin": np.float32(min(low, 0.0)), "rmax": np.float32(max(high, 0.0))}


def _nodes(model: onnx.ModelProto, convolutions: set[str], maxima: tuple[Maximum, ...]) -> list[str]:
    """These convolutions, the Relus that can vanish into them, and what stands for PReLU behind them."""
    made = {output for node in model.graph.node if node.name in convolutions for output in node.output}
    behind = [
        node.name
        for node in model.graph.node
        if node.op_type in ("Relu", "Clip") and node.input[0] in made and node.name
    ]
    sloped = [name for each in maxima if each.convolution in convolutions for name in each.nodes]
    return [*sorted(convolutions), *behind, *sloped]


@contextmanager
def _quiet() -> Iterator[None]:
    """Keeps the tools' remarks, which are for their own developers, from the root logger's last resort."""
    root = logging.getLogger()
    nothing = logging.NullHandler()
    root.addHandler(nothing)
    try:
        yield
    finally:
        root.removeHandler(nothing)
