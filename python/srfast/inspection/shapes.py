"""The shapes of all tensors in a graph at one size of the image, without running it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import onnx
import onnx.reference
from onnx import TensorProto, helper, numpy_helper

# What sizes are computed with is shorter; anything longer is an image or a weight.
_MOST_VALUES = 4096

Shape = tuple[int, ...]


class Shapes:
    """The types and shapes of a graph's tensors, found node by node.

    A constant that sizes are computed from is computed too, so a chain of Shape, Gather, Div and Concat in
    front of a Reshape or a Resize gives numbers.
    """

    def __init__(self, model: onnx.ModelProto, inputs: Mapping[str, Shape]) -> None:
        """Finds all shapes.

        Args:
            model: The network. Weights may be missing. Not modified.
            inputs: The shapes of the graph's inputs; those left out keep the sides that the file states.
        """
        self._opsets = {_domain(entry.domain): entry for entry in model.opset_import}
        self._ir_version = model.ir_version
        self._types: dict[str, onnx.TypeProto] = {}
        self._values: dict[str, TensorProto] = {}
        for tensor in model.graph.initializer:
            self._types[tensor.name] = helper.make_tensor_type_proto(tensor.data_type, list(tensor.dims))
            self._keep(tensor.name, tensor)
        for entry in model.graph.input:
            if entry.name in self._types:
                continue
            kind = onnx.TypeProto()
            kind.CopyFrom(entry.type)
            if entry.name in inputs:
                sides = list(inputs[entry.name])
                kind.CopyFrom(helper.make_tensor_type_proto(entry.type.tensor_type.elem_type, sides))
            self._types[entry.name] = kind
        for node in model.graph.node:
            self._add(node)

    def __getitem__(self, name: str) -> Shape | None:
        """The shape of a tensor; None where it is not known."""
        kind = self._types.get(name)
        if kind is None or not kind.HasField("tensor_type") or not kind.tensor_type.HasField("shape"):
            return None
        sides = kind.tensor_type.shape.dim
        if not all(side.HasField("dim_value") and side.dim_value >= 0 for side in sides):
            return None
        return tuple(side.dim_value for side in sides)

    def dtype(self, name: str) -> str | None:
        """The name of a tensor's element type, such as "float32"; None where it is not known."""
        number = self.element_type(name)
        return type_name(number) if number else None

    def element_type(self, name: str) -> int:
        """ONNX's number of a tensor's element type; 0 where it is not known."""
        kind = self._types.get(name)
        return int(kind.tensor_type.elem_type) if kind is not None and kind.HasField("tensor_type") else 0

    def _add(self, node: onnx.NodeProto) -> None:
        opset = self._opsets.get(_domain(node.domain))
        try:
            if opset is None:
                return
            schema = onnx.defs.get_schema(node.op_type, opset.version, _domain(node.domain))
            read = {name for name in node.input if name}
            known = {name: self._types[name] for name in read if name in self._types}
            values = {name: self._values[name] for name in read if name in self._values}
            if not self._is_known(node, read):
                return
            found = onnx.shape_inference.infer_node_outputs(
                *(schema, node, known, values),
                opset_imports=list(self._opsets.values()),
                ir_version=self._ir_version,
            )
            self._types.update(found)
            self._evaluate(node, read)
        # Somebody's file may hold anything; what is not understood stays unknown.
        except Exception:
            return

    def _is_known(self, node: onnx.NodeProto, read: set[str]) -> bool:
        # Subgraphs read tensors that are not among the inputs.
        inner = any(entry.HasField("g") or entry.graphs for entry in node.attribute)
        return inner or all(name in self._types for name in read)

    def _evaluate(self, node: onnx.NodeProto, read: set[str]) -> None:
        """Computes the values of a node's outputs, where they are few and follow from known ones."""
        if node.op_type in ("Shape", "Size"):
            shape = self[node.input[0]]
            if shape is None:
                return
            if node.op_type == "Size":
                self._keep(node.output[0], helper.make_tensor("", TensorProto.INT64, [], [math.prod(shape)]))
                return
            attributes = {entry.name: entry.i for entry in node.attribute}
            part = shape[attributes.get("start", 0) : attributes.get("end", len(shape))]
            self._keep(node.output[0], helper.make_tensor("", TensorProto.INT64, [len(part)], part))
            return
        if not read <= self._values.keys() or node.op_type.startswith(("Random", "Multinomial", "Bernoulli")):
            return
        shapes = [self[name] for name in node.output if name]
        if not all(shape is not None and math.prod(shape) <= _MOST_VALUES for shape in shapes):
            return
        feeds: dict[str, Any] = {name: numpy_helper.to_array(self._values[name]) for name in read}
        graph = helper.make_graph(
            [node],
            "constant",
            [onnx.ValueInfoProto(name=name) for name in feeds],
            [onnx.ValueInfoProto(name=name) for name in node.output if name],
        )
        single = helper.make_model(graph, opset_imports=list(self._opsets.values()))
        made = onnx.reference.ReferenceEvaluator(single).run(None, feeds)
        for name, value in zip((name for name in node.output if name), made, strict=True):
            self._keep(name, numpy_helper.from_array(value))

    def _keep(self, name: str, tensor: TensorProto) -> None:
        outside = tensor.data_location == TensorProto.EXTERNAL
        if not outside and 0 <= math.prod(tensor.dims) <= _MOST_VALUES:
            self._values[name] = tensor


def type_name(number: int) -> str:
    """The name of an ONNX element type, such as "float32"."""
    try:
        return str(helper.tensor_dtype_to_np_dtype(number).name)
    except (KeyError, TypeError, ValueError):
        try:
            return str(TensorProto.DataType.Name(number)).lower()  # such as string
        except ValueError:
            return f"type {number}"


def _domain(domain: str) -> str:
    return "" if domain == "ai.onnx" else domain
