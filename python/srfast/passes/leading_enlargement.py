"""Takes the enlargement that a network begins with out of it, for srfast to do it natively."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any, Literal

import onnx

from srfast.receptive_field import ReceptiveField, receptive_field
from srfast.receptive_field.resize import resized
from srfast.receptive_field.stencil import repeated


@dataclasses.dataclass(frozen=True)
class Enlargement:
    """An enlargement by a whole number, with pixel centres and borders as PyTorch has them.

    Output pixel i lies at (i + 0.5) / scale - 0.5 of the input. Beyond the border, the edge pixel repeats.

    Attributes:
        mode: "nearest" (pixel i // scale), "linear", or "cubic" (the cubic convolution kernel of R. Keys,
            1981, with a = -0.75).
        scale: Output pixels per input pixel along both axes, at least 2.
    """

    mode: Literal["nearest", "linear", "cubic"]
    scale: int


def split(model: onnx.ModelProto) -> tuple[onnx.ModelProto, Enlargement] | None:
    """Splits a network into the enlargement of its input and all the rest.

    Args:
        model: The network, float32 NCHW. Not modified.

    Returns:
        The rest, whose input has the same name and is the enlarged image (of open size where it was open),
        and the enlargement. None if the network does not begin with an enlargement, if it needs its input for
        anything else, or if the enlargement is not exactly one of those that `Enlargement` describes. May be
        called from several threads.
    """
    node = _leading_node(model)
    if node is None:
        return None
    enlargement = _enlargement(model, node)
    if enlargement is None:
        return None
    rest = _without(model, node, enlargement.scale)
    return None if rest is None else (rest, enlargement)


def _leading_node(model: onnx.ModelProto) -> onnx.NodeProto | None:
    """The node that alone reads the pixels of the first input, if that is an enlargement."""
    initializers = {initializer.name for initializer in model.graph.initializer}
    inputs = [entry for entry in model.graph.input if entry.name not in initializers]
    if not inputs or inputs[0].type.tensor_type.elem_type != onnx.TensorProto.FLOAT:
        return None
    name = inputs[0].name
    readers = [node for node in model.graph.node if name in _reads(node) and node.op_type != "Shape"]
    if len(readers) != 1 or any(entry.name == name for entry in model.graph.output):
        return None
    (reader,) = readers
    standard = reader.domain in ("", "ai.onnx") and reader.op_type in ("Resize", "Upsample")
    return reader if standard and reader.input[0] == name else None


def _enlargement(model: onnx.ModelProto, node: onnx.NodeProto) -> Enlargement | None:
    # How a scale may be written, or computed from sizes, is the business of the receptive field.
    beginning = onnx.ModelProto()
    beginning.CopyFrom(model)
    del beginning.graph.output[:]
    beginning.graph.output.append(onnx.ValueInfoProto(name=node.output[0]))
    field = receptive_field(beginning)
    if not isinstance(field, ReceptiveField) or field.scale.denominator != 1 or field.scale < 2:
        return None

    attributes = {entry.name: onnx.helper.get_attribute_value(entry) for entry in node.attribute}
    mode = _text(attributes, "mode", "nearest")
    opset = next(entry.version for entry in model.opset_import if entry.domain in ("", "ai.onnx"))
    if node.op_type == "Upsample" or opset < 11:
        coordinates, nearest = "asymmetric", "floor"
    else:
        coordinates = _text(attributes, "coordinate_transformation_mode", "half_pixel")
        nearest = _text(attributes, "nearest_mode", "round_prefer_floor")
    if mode == "nearest":
        same = resized(field.scale, mode, coordinates, nearest) == repeated(int(field.scale))
        return Enlargement("nearest", int(field.scale)) if same else None
    if coordinates not in ("half_pixel", "pytorch_half_pixel") or attributes.get("antialias", 0):
        return None
    if mode == "linear":
        return Enlargement("linear", int(field.scale))
    if attributes.get("cubic_coeff_a", -0.75) != -0.75 or attributes.get("exclude_outside", 0):
        return None
    return Enlargement("cubic", int(field.scale))


def _text(attributes: dict[str, Any], name: str, default: str) -> str:
    value = attributes.get(name, default)
    return value.decode() if isinstance(value, bytes) else str(value)


def _without(model: onnx.ModelProto, node: onnx.NodeProto, scale: int) -> onnx.ModelProto | None:
    """The model without its leading node, or None if the rest still asks for the small image's size."""
    rest = onnx.ModelProto()
    rest.CopyFrom(model)
    graph, small, large = rest.graph, node.input[0], node.output[0]
    graph.node.remove(node)
    _drop_unused(graph, list(node.input[1:]))
    if any(small in _reads(other) for other in graph.node):
        return None
    if any(entry.name == large for entry in graph.output):
        graph.node.append(onnx.helper.make_node("Identity", [small], [large], node.name))
    _rename(graph, large, small)
    kept = {name for other in graph.node for name in other.output}
    known = [entry for entry in graph.value_info if entry.name in kept]
    del graph.value_info[:]
    graph.value_info.extend(known)
    for side in next(entry for entry in graph.input if entry.name == small).type.tensor_type.shape.dim[2:]:
        if side.HasField("dim_value"):
            side.dim_value *= scale
        elif side.dim_param:
            side.dim_param = f"{scale}*{side.dim_param}"
    return rest


def _reads(node: onnx.NodeProto) -> Iterator[str]:
    """The tensors that a node or its subgraphs read."""
    yield from node.input
    for graph in _subgraphs(node):
        yield from (entry.name for entry in graph.output)
        for inner in graph.node:
            yield from _reads(inner)


def _subgraphs(node: onnx.NodeProto) -> Iterator[onnx.GraphProto]:
    for attribute in node.attribute:
        yield from attribute.graphs
        if attribute.HasField("g"):
            yield attribute.g


def _rename(graph: onnx.GraphProto, old: str, new: str) -> None:
    for node in graph.node:
        for place, name in enumerate(node.input):
            if name == old:
                node.input[place] = new
        for inner in _subgraphs(node):
            for entry in inner.output:
                if entry.name == old:
                    entry.name = new
            _rename(inner, old, new)


def _drop_unused(graph: onnx.GraphProto, names: list[str]) -> None:
    """Removes these tensors, and what they are computed from, unless something else reads it."""
    for name in names:
        read = {entry.name for entry in graph.output}.union(*(_reads(node) for node in graph.node))
        if name in read:
            continue
        for initializer in [entry for entry in graph.initializer if entry.name == name]:
            graph.initializer.remove(initializer)
            # Older files list their weights as inputs too.
            for entry in [entry for entry in graph.input if entry.name == name]:
                graph.input.remove(entry)
        for node in [
            node for node in graph.node if name in node.output and not read.intersection(node.output)
        ]:
            inputs = list(_reads(node))
            graph.node.remove(node)
            _drop_unused(graph, inputs)
