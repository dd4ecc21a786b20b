"""Writes PReLU in operators that runtimes compute with 8-bit integers: a product and a maximum.

ONNX Runtime has no PReLU of integers, so between two convolutions of integers it would go to floats and back.
With slopes up to 1, max(x, 0) + slope * min(x, 0) is max(x, slope * x). A channel with a steeper slope is
made one of those by turning it upside down: where z = -x, it is -slope * (max(z, 0) + min(z, 0) / slope). The
sign goes into the convolution before it, and -slope into those behind it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import onnx

from srfast.passes.draft import Draft
from srfast.passes.prelu import slopes_behind_convolution
from srfast.quantization.spans import Span


@dataclasses.dataclass(frozen=True)
class Maximum:
    """A PReLU that was written so.

    Attributes:
        convolution: The name of the node before it.
        nodes: The names of the nodes that stand for it now.
        source: The tensor that it reads.
        made: The tensors that the nodes make.
    """

    convolution: str
    nodes: tuple[str, str]
    source: str
    made: tuple[str, str]


def as_maximum(model: onnx.ModelProto) -> tuple[onnx.ModelProto, tuple[Maximum, ...]]:
    """Rewrites every PReLU behind a convolution.

    One whose slopes are equal becomes LeakyRelu, which runtimes have for integers. One with steep slopes
    stays where something else than convolutions with one group reads it.

    Args:
        model: Float32, its weights in it, each node with a name. Not modified.

    Returns:
        The same function, but for the order of sums, and what was written as a maximum.
    """
    draft = Draft(model)
    maxima = []
    for node in draft.nodes:
        if node.domain not in ("", "ai.onnx") or node.op_type != "PRelu":
            continue
        slopes, convolution = slopes_behind_convolution(draft, node), draft.producer(node.input[0])
        if slopes is None or convolution is None:
            continue
        if (slopes == slopes[0]).all():
            alpha = float(slopes[0])
            leaky = onnx.helper.make_node("LeakyRelu", node.input[:1], node.output, node.name, alpha=alpha)
            draft.replace(node, leaky)
            continue
        steep = slopes > 1
        if steep.any() and not _turn(draft, convolution, node, np.where(steep, slopes, 1)):
            continue
        shape = (-1, 1, 1)
        slope = draft.add_weight(np.where(steep, 1 / slopes, slopes).reshape(shape), node.input[1])
        source, result = node.input[0], node.output[0]
        scaled = draft.new_name(result)
        names = (f"{node.name}_scaled", node.name)
        product = onnx.helper.make_node("Mul", [source, slope], [scaled], names[0])
        draft.replace(node, product, onnx.helper.make_node("Max", [source, scaled], [result], names[1]))
        maxima.append(Maximum(convolution.name, names, source, (scaled, result)))
    return draft.model, tuple(maxima)


def with_one_step(spans: Mapping[str, Span], maxima: tuple[Maximum, ...]) -> dict[str, Span]:
    """Gives what a maximum reads and makes the same span, so that it can compare the integers themselves."""
    return {**spans, **{name: spans[each.source] for each in maxima for name in each.made}}


def _turn(
    draft: Draft, convolution: onnx.NodeProto, prelu: onnx.NodeProto, steep: npt.NDArray[np.float32]
) -> bool:
    """Turns channels whose slope here is not 1 upside down, if the weights on both sides can be changed."""
    before = [draft.weight(name) for name in convolution.input[1:] if name]
    readers = draft.readers(prelu.output[0])
    behind = [draft.weight(reader.input[1]) if reader.op_type == "Conv" else None for reader in readers]
    plain = all(draft.attribute(reader, "group", 1) == 1 for reader in readers)
    is_output = any(entry.name == prelu.output[0] for entry in draft.graph.output)
    if is_output or not plain or any(weight is None for weight in (*before, *behind)):
        return False
    sign = np.where(steep == 1, 1, -1).astype(np.float32)
    for place, name in enumerate(convolution.input[1:], start=1):
        weight = draft.weight(name)
        if weight is not None:
            turned = weight * sign.reshape(-1, *[1] * (weight.ndim - 1))
            convolution.input[place] = draft.add_weight(turned, name)
    for reader in readers:
        weight = draft.weight(reader.input[1])
        assert weight is not None
        factor = (sign * steep).reshape(1, -1, 1, 1)
        reader.input[1] = draft.add_weight(weight * factor, reader.input[1])
    draft.changed()
    return True
