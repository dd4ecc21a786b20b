"""Multiplications of each operator: one table, one line an operator. What is not in it has none."""

from __future__ import annotations

import math
from collections.abc import Callable

import onnx
from onnx import helper

from srfast.inspection.shapes import Shape, Shapes


class UnknownShapeError(Exception):
    """A shape that the count needs is not known. Stays inside this package."""


class _Operands:
    """The shapes of a node's inputs and of its output."""

    def __init__(self, node: onnx.NodeProto, shapes: Shapes) -> None:
        self.node = node
        self._shapes = shapes

    def input(self, index: int) -> Shape:
        return self._known(self.node.input[index])

    @property
    def output(self) -> Shape:
        return self._known(self.node.output[0])

    def attribute(self, name: str, default: int) -> int:
        return next((int(entry.i) for entry in self.node.attribute if entry.name == name), default)

    def _known(self, name: str) -> Shape:
        shape = self._shapes[name]
        if shape is None:
            raise UnknownShapeError(name)
        return shape


def _convolution(weights: int) -> Callable[[_Operands], int]:
    """Every output value sums over its group's input channels and the kernel, dilated or not."""

    def count(node: _Operands) -> int:
        return math.prod(node.output) * math.prod(node.input(weights)[1:])

    return count


def _transposed_convolution(node: _Operands) -> int:
    """Every input value is multiplied with its group's output channels and the kernel."""
    return math.prod(node.input(0)) * math.prod(node.input(1)[1:])


def _matrix_product(left: int) -> Callable[[_Operands], int]:
    """Every output value is one row by one column."""

    def count(node: _Operands) -> int:
        return math.prod(node.output) * node.input(left)[-1]

    return count


def _gemm(node: _Operands) -> int:
    return math.prod(node.output) * node.input(0)[0 if node.attribute("transA", 0) else 1]


def _einsum(node: _Operands) -> int:
    """One multiplication for every combination of indices, where two tensors are multiplied."""
    equation = next(
        helper.get_attribute_value(entry) for entry in node.node.attribute if entry.name == "equation"
    )
    terms = equation.decode().replace(" ", "").split("->")[0].split(",")
    if len(terms) != 2 or "." in equation.decode():
        raise UnknownShapeError("an Einsum of this form")
    sides: dict[str, int] = {}
    for place, term in enumerate(terms):
        sides.update(zip(term, node.input(place), strict=True))
    return math.prod(sides.values())


_COUNTS: dict[str, Callable[[_Operands], int]] = {
    "Conv": _convolution(1),
    "ConvInteger": _convolution(1),
    "ConvTranspose": _transposed_convolution,
    "DeformConv": _convolution(1),
    "Einsum": _einsum,
    "FusedConv": _convolution(1),
    "FusedGemm": _gemm,
    "FusedMatMul": _matrix_product(0),
    "Gemm": _gemm,
    "MatMul": _matrix_product(0),
    "MatMulInteger": _matrix_product(0),
    "QLinearConv": _convolution(3),
    "QLinearMatMul": _matrix_product(0),
}


def macs(node: onnx.NodeProto, shapes: Shapes) -> int | None:
    """The multiplications, each with the addition of its product, that a node takes.

    Only sums of products count: convolutions and matrix products, in floats or integers. Products with the
    zeros of a padding count too, as is usual.

    Args:
        node: The node.
        shapes: The shapes of the graph that it stands in.

    Returns:
        Their number; 0 for an operator of another kind; None where a shape that decides it is not known, or
        the node holds graphs of its own.
    """
    if node.op_type not in _COUNTS:
        inner = any(entry.HasField("g") or entry.graphs for entry in node.attribute)
        return None if inner else 0
    try:
        return _COUNTS[node.op_type](_Operands(node, shapes))
    except (UnknownShapeError, LookupError, ValueError, StopIteration):
        return None
