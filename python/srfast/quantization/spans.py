"""How large the values inside a network get on real images."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import onnx

from srfast.quantization.layers import CONVOLUTIONS

Planes = npt.NDArray[np.float32]

_OUTLIERS = 1e-4  # of the values of an image, at either end


@dataclasses.dataclass(frozen=True)
class Span:
    """From the least to the largest value of a tensor.

    Attributes:
        whole: Over all images.
        most: The same without one in ten thousand values of each image at either end: a few outliers make
            the steps of all other values coarse.
    """

    whole: tuple[float, float]
    most: tuple[float, float]


def spans(model: onnx.ModelProto, images: Sequence[Planes]) -> dict[str, Span]:
    """Runs a network on images and looks at what goes into and comes out of its convolutions.

    Args:
        model: Float32, its weights in it. Not modified.
        images: As the network takes them.

    Returns:
        For every tensor that a convolution reads or makes, or that an operator behind a convolution makes.
    """
    import onnxruntime

    names = _tensors(model)
    observed = onnx.ModelProto()
    observed.CopyFrom(model)
    present = {entry.name for entry in model.graph.output}
    observed.graph.output.extend(onnx.ValueInfoProto(name=name) for name in names if name not in present)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4  # fatal: errors are raised too
    session = onnxruntime.InferenceSession(
        observed.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    source = session.get_inputs()[0].name
    seen: dict[str, list[list[float]]] = {name: [] for name in names}
    for image in images:
        for name, values in zip(names, session.run(names, {source: image}), strict=True):
            inner = np.quantile(values, [_OUTLIERS, 1 - _OUTLIERS])
            seen[name].append([values.min(), inner[0], inner[1], values.max()])
    result = {}
    for name, rows in seen.items():
        lows, highs = np.min(rows, axis=0), np.max(rows, axis=0)
        result[name] = Span((float(lows[0]), float(highs[3])), (float(lows[1]), float(highs[2])))
    return result


def _tensors(model: onnx.ModelProto) -> list[str]:
    """What convolutions read and make, and what is made of that, but for the network's own input."""
    made: set[str] = set()
    names: dict[str, None] = {}
    inputs = {entry.name for entry in model.graph.input}
    for node in model.graph.node:
        convolution = node.op_type in CONVOLUTIONS
        if convolution and node.input[0] not in inputs:
            names[node.input[0]] = None
        if convolution or made.intersection(node.input):
            names[node.output[0]] = None
        if convolution:
            made.add(node.output[0])
    return list(names)
