"""What an operator does, in a few characters: the second line of its box."""

from __future__ import annotations

import math
from collections.abc import Callable

from srfast.inspection.report import NodeReport

_TIMES = "\u00d7"


def brief(node: NodeReport) -> str:
    """Such as "3x3, 64 to 32" for a convolution; empty where there is nothing to say."""
    describe = _BRIEFS.get(node.operator)
    if describe is None:
        return _constant(node)
    try:
        return describe(node)
    except (LookupError, TypeError, ValueError):  # attributes of another kind than ONNX defines
        return ""


def _convolution(index: int) -> Callable[[NodeReport], str]:
    def describe(node: NodeReport) -> str:
        shape = next((weights.shape for weights in node.weights if weights.input == index), ())
        if len(shape) < 3:
            return ""
        groups = node.attributes.get("group", 1)
        into, out = shape[1] * groups, shape[0]
        if node.operator == "ConvTranspose":
            into, out = shape[0], shape[1] * groups
        words = [_TIMES.join(map(str, shape[2:])), f"{into} to {out}"]
        for name, label in (("strides", "stride"), ("dilations", "dilation")):
            if (values := node.attributes.get(name)) and set(values) != {1}:
                words.append(
                    f"{label} {values[0] if len(set(values)) == 1 else _TIMES.join(map(str, values))}"
                )
        if groups != 1:
            words.append(f"{groups} groups")
        return ", ".join(words)

    return describe


def _resize(node: NodeReport) -> str:
    return str(node.attributes.get("mode", "nearest"))


def _shuffle(node: NodeReport) -> str:
    return f"{_TIMES}{node.attributes['blocksize']} {node.attributes.get('mode', 'DCR')}"


def _axis(node: NodeReport) -> str:
    return f"axis {node.attributes.get('axis', 0)}"


def _matrix(node: NodeReport) -> str:
    return next(
        (_TIMES.join(map(str, weights.shape)) for weights in node.weights if len(weights.shape) > 1), ""
    )


def _slope(node: NodeReport) -> str:
    return f"slope {node.attributes.get('alpha', 0.01):.3g}"


def _constant(node: NodeReport) -> str:
    """A constant operand: its value, or its shape."""
    if len(node.weights) != 1 or node.weights[0].input > 1 or node.kind != "arithmetic":
        return ""
    weights = node.weights[0]
    if math.prod(weights.shape) == 1 and weights.mean is not None:
        return f"{weights.mean:.4g}"
    return _TIMES.join(map(str, weights.shape))


_BRIEFS: dict[str, Callable[[NodeReport], str]] = {
    "Concat": _axis,
    "Conv": _convolution(1),
    "ConvInteger": _convolution(1),
    "ConvTranspose": _convolution(1),
    "DepthToSpace": _shuffle,
    "FusedConv": _convolution(1),
    "Gemm": _matrix,
    "LeakyRelu": _slope,
    "MatMul": _matrix,
    "MatMulInteger": _matrix,
    "QLinearConv": _convolution(3),
    "Resize": _resize,
    "Softmax": _axis,
    "SpaceToDepth": _shuffle,
    "Split": _axis,
    "Upsample": _resize,
}
