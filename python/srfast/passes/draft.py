"""The graph that passes work on: a copy of a network, and the questions and changes that they share."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
import onnx.inliner
from onnx import numpy_helper

from srfast.receptive_field import known_values
from srfast.receptive_field.values import Axis, Constant, Tensor, UnboundedError, Value, size_of

# Each value by itself, and all alike: they may as well come before a change of places.
POINTWISE = frozenset({"Clip", "HardSigmoid", "LeakyRelu", "Relu", "Sigmoid", "Tanh"})


class Draft:
    """A network that is being rewritten.

    Args:
        model: The network. Not modified; what functions it has are inlined in the copy.
    """

    def __init__(self, model: onnx.ModelProto) -> None:
        self.model = onnx.ModelProto()
        self.model.CopyFrom(onnx.inliner.inline_local_functions(model) if model.functions else model)
        del self.graph.value_info[:]  # of tensors that may not stay
        self.model.ir_version = max(self.model.ir_version, 4)  # before, every weight must be an input too
        self._forget()

    def _forget(self) -> None:
        self._values: dict[str, Value] | None = None
        self._producers: dict[str, onnx.NodeProto] | None = None
        self._readers: dict[str, list[onnx.NodeProto]] | None = None

    @property
    def graph(self) -> onnx.GraphProto:
        """The graph itself."""
        return self.model.graph

    @property
    def nodes(self) -> list[onnx.NodeProto]:
        """The nodes in the order in which they run."""
        return list(self.graph.node)

    @property
    def input(self) -> str:
        """The name of the first input, "" where there is none."""
        weights = {entry.name for entry in self.graph.initializer}
        return next((entry.name for entry in self.graph.input if entry.name not in weights), "")

    @property
    def output(self) -> str:
        """The name of the first output."""
        name: str = self.graph.output[0].name
        return name

    @property
    def opset(self) -> int:
        """The version of the standard operators."""
        return next((e.version for e in self.model.opset_import if e.domain in ("", "ai.onnx")), 1)

    def is_float32(self) -> bool:
        """Whether the first input and the first output are float32."""
        entries = [entry for entry in self.graph.input if entry.name == self.input]
        kinds = [entry.type.tensor_type.elem_type for entry in (*entries, self.graph.output[0])]
        return all(kind == onnx.TensorProto.FLOAT for kind in kinds)

    # What is known

    def value(self, name: str) -> Value | None:
        """What is known of a tensor without running the network."""
        if self._values is None:
            self._values = known_values(self.model)
        return self._values.get(name)

    def constant(self, name: str) -> npt.NDArray[Any] | None:
        """A tensor's values, where no input has a part in them."""
        value = self.value(name)
        if not isinstance(value, Constant):
            return None
        try:
            return value.value
        except UnboundedError:
            return None

    def channels(self, name: str) -> int | None:
        """How many channels an image inside the network (NCHW) has."""
        value = self.value(name)
        if not isinstance(value, Tensor) or len(value.sides) != 4 or isinstance(value.sides[1], Axis):
            return None
        size = size_of(value.sides[1])
        return int(size.constant) if size.is_constant else None

    def weight(self, name: str) -> npt.NDArray[np.float32] | None:
        """float32 numbers that stand in the file as such; others may be quantised, and shall stay so."""
        if not name:
            return None
        node = self.producer(name)
        if node is not None and node.op_type != "Constant":
            return None
        if node is None and not any(entry.name == name for entry in self.graph.initializer):
            return None
        array = self.constant(name)
        return None if array is None or array.dtype != np.float32 else array

    def producer(self, name: str) -> onnx.NodeProto | None:
        """The node that makes a tensor."""
        if self._producers is None:
            self._producers = {output: node for node in self.graph.node for output in node.output}
        return self._producers.get(name)

    def readers(self, name: str) -> list[onnx.NodeProto]:
        """The nodes that read a tensor, themselves or in their subgraphs."""
        if self._readers is None:
            self._readers = {}
            for node in self.graph.node:
                for read in set(reads(node)):
                    self._readers.setdefault(read, []).append(node)
        return self._readers.get(name, [])

    def attribute(self, node: onnx.NodeProto, name: str, default: Any) -> Any:
        """The value of an attribute; text as str."""
        for entry in node.attribute:
            if entry.name == name:
                value = onnx.helper.get_attribute_value(entry)
                return value.decode() if isinstance(value, bytes) else value
        return default

    def last(self, *operators: str) -> onnx.NodeProto | None:
        """The node of one of these operators that the output hangs on, if any.

        Between it and the output there may be pointwise functions, each of which only the next one reads.
        """
        name = self.output
        while (node := self.producer(name)) is not None:
            if node.domain in ("", "ai.onnx") and node.op_type in operators:
                return node if name == self.output or self.is_private(name) else None
            if not self._is_pointwise(node) or (name != self.output and not self.is_private(name)):
                return None
            name = node.input[0]
        return None

    def _is_pointwise(self, node: onnx.NodeProto) -> bool:
        if node.op_type in ("QuantizeLinear", "DequantizeLinear"):  # with one scale for all channels
            scale = self.constant(node.input[1])
            return scale is not None and scale.size == 1
        return node.op_type in POINTWISE

    def is_private(self, name: str) -> bool:
        """Whether one node alone reads a tensor."""
        is_output = any(entry.name == name for entry in self.graph.output)
        return not is_output and len(self.readers(name)) == 1

    # Changes

    def add_weight(self, array: npt.NDArray[Any], like: str) -> str:
        """Adds a constant; returns its name, which begins as another one's."""
        name = self.new_name(like)
        self.graph.initializer.append(numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name

    def new_name(self, like: str) -> str:
        """A name that nothing has yet, and that begins like another one."""
        taken = {name for node in self.graph.node for name in (*node.output, *reads(node))}
        taken.update(entry.name for entry in (*self.graph.initializer, *self.graph.input))
        return next(name for n in range(len(taken) + 1) if (name := f"{like}_{n}") not in taken)

    def can_bypass(self, node: onnx.NodeProto, source: str) -> bool:
        """Whether `bypass` can be done."""
        if node.output[0] != self.output:
            return all(entry.name != node.output[0] for entry in self.graph.output)
        return self.producer(source) is not None and all(e.name != source for e in self.graph.output)

    def bypass(self, node: onnx.NodeProto, source: str) -> None:
        """Has everybody who reads a node's output read `source` instead, and removes the node."""
        self.graph.node.remove(node)
        if node.output[0] == self.output:
            maker = self.producer(source)
            assert maker is not None
            maker.output[list(maker.output).index(source)] = self.output
            rename(self.graph, {source: self.output})
        else:
            rename(self.graph, {node.output[0]: source})
        self.changed()

    def replace(self, node: onnx.NodeProto, *nodes: onnx.NodeProto) -> None:
        """Puts other nodes in the place of one."""
        place = list(self.graph.node).index(node)
        rest = list(self.graph.node)[place + 1 :]
        del self.graph.node[place:]
        self.graph.node.extend([*nodes, *rest])
        self.changed()

    def keep_first_output(self) -> None:
        """Drops the other outputs, which srfast does not read, with what only they need."""
        del self.graph.output[1:]
        self.changed()

    def changed(self) -> None:
        """Forgets what is no longer read, and what was known: to be called after any change."""
        drop_unread(self.graph)
        self._forget()


def reads(node: onnx.NodeProto) -> Iterator[str]:
    """The tensors that a node or its subgraphs read."""
    yield from node.input
    for graph in _subgraphs(node):
        yield from (entry.name for entry in graph.output)
        for inner in graph.node:
            yield from reads(inner)


def rename(graph: onnx.GraphProto, names: Mapping[str, str]) -> None:
    """Has every node that reads a tensor among the keys read another one."""
    for node in graph.node:
        for place, name in enumerate(node.input):
            if name in names:
                node.input[place] = names[name]
        for inner in _subgraphs(node):
            for entry in inner.output:
                if entry.name in names:
                    entry.name = names[entry.name]
            rename(inner, names)


def drop_unread(graph: onnx.GraphProto) -> None:
    """Removes the nodes and the constants that no output needs."""
    wanted = {entry.name for entry in graph.output}
    kept = []
    for node in reversed(graph.node):
        if wanted.intersection(node.output):
            wanted.update(reads(node))
            kept.append(node)
    if len(kept) != len(graph.node):
        del graph.node[:]
        graph.node.extend(kept[::-1])
    unread = {entry.name for entry in graph.initializer} - wanted
    for entries in (graph.initializer, graph.input):  # older files list their weights as inputs too
        for entry in [entry for entry in entries if entry.name in unread]:
            entries.remove(entry)


def _subgraphs(node: onnx.NodeProto) -> Iterator[onnx.GraphProto]:
    for attribute in node.attribute:
        yield from attribute.graphs
        if attribute.HasField("g"):
            yield attribute.g
