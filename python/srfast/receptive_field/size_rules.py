"""Operators on sizes: the arithmetic that exporters write around `Shape`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from srfast.receptive_field.node import Node
from srfast.receptive_field.values import Sizes, UnboundedError

Objects = npt.NDArray[np.object_]


def _same(node: Node) -> Objects:
    return node.formulas(0).values


def _floor(node: Node) -> Objects:
    return _each(node.alignment.floor, node.formulas(0).values)


def _cast(node: Node) -> Objects:
    return node.formulas(0).values if _to_float(node) else _floor(node)


def _divide(node: Node) -> Objects:
    quotient = np.asarray(node.formulas(0).values / node.formulas(1).values, object)
    # Sizes are not negative, so that rounding to zero is rounding down.
    return quotient if _all_float(node) else _each(node.alignment.floor, quotient)


def _gather(node: Node) -> Objects:
    taken = node.formulas(0).values.take(node.constant(1).astype(int), axis=node.attribute("axis", 0))
    return np.asarray(taken, object)


def _concat(node: Node) -> Objects:
    return np.concatenate([node.formulas(i).values for i in range(len(node.inputs))], axis=0)


def _unsqueeze(node: Node) -> Objects:
    return np.expand_dims(node.formulas(0).values, tuple(node.numbers("axes", 1) or ()))


def _squeeze(node: Node) -> Objects:
    axes = node.numbers("axes", 1)
    return node.formulas(0).values.squeeze(None if axes is None else tuple(axes))


def _reshape(node: Node) -> Objects:
    return node.formulas(0).values.reshape([int(side) for side in node.constant(1)])


def _slice(node: Node) -> Objects:
    values = node.formulas(0).values
    starts, ends = node.numbers("starts", 1), node.numbers("ends", 2)
    steps = node.numbers("", 4) or [1]
    if values.ndim != 1 or starts is None or ends is None or len(starts) != 1:
        raise UnboundedError("it cuts sizes in a way that is not known")
    return values[starts[0] : ends[0] : steps[0]]


def _each(function: Callable[..., Any], values: Objects) -> Objects:
    result = np.empty(values.shape, object)
    for place, value in np.ndenumerate(values):
        result[place] = function(value)
    return result


def _all_float(node: Node) -> bool:
    return any(node.formulas(i).is_float for i in range(len(node.inputs)))


def _to_float(node: Node) -> bool:
    return node.attribute("to") in (1, 10, 11, 16)


def _left(node: Node) -> bool:
    return node.formulas(0).is_float


SIZE_RULES: dict[str, tuple[Callable[[Node], Objects], Callable[[Node], bool]]] = {
    "Add": (lambda node: node.formulas(0).values + node.formulas(1).values, _all_float),
    "Cast": (_cast, _to_float),
    "Concat": (_concat, _all_float),
    "Div": (_divide, _all_float),
    "Floor": (_floor, _left),
    "Gather": (_gather, _left),
    "Identity": (_same, _left),
    "Mul": (lambda node: node.formulas(0).values * node.formulas(1).values, _all_float),
    "Reshape": (_reshape, _left),
    "Slice": (_slice, _left),
    "Squeeze": (_squeeze, _left),
    "Sub": (lambda node: node.formulas(0).values - node.formulas(1).values, _all_float),
    "Unsqueeze": (_unsqueeze, _left),
}
"""For each operator: the sizes that it gives, and whether they are floats."""


def size_rule(node: Node) -> Sizes:
    """What a node that computes with sizes gives.

    Raises:
        UnboundedError: The operator has no rule here.
        NotLinearError: The result is no linear formula of the image's size.
    """
    if node.proto.op_type not in SIZE_RULES:
        raise UnboundedError("it computes with the image's size in a way that is not known")
    values, is_float = SIZE_RULES[node.proto.op_type]
    return Sizes(np.asarray(values(node), object), is_float(node))
