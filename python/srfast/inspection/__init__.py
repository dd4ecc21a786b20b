"""Looks into an ONNX file: inputs and outputs, nodes, weights, multiplications, receptive field, times."""

from __future__ import annotations

import collections
import difflib
import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import onnx
import onnx.inliner
from onnx import helper

from srfast.errors import ModelError, OptionError, RunError
from srfast.inspection.kinds import kind
from srfast.inspection.macs import macs
from srfast.inspection.profile import profile as run_profile
from srfast.inspection.report import (
    FieldReport,
    Inspection,
    Neighbour,
    NodeReport,
    ProfileReport,
    TensorReport,
)
from srfast.inspection.shapes import Shape, Shapes, type_name
from srfast.inspection.weights import Constants, statistics, values
from srfast.model_file import Model, load_graph, load_weights, model_name
from srfast.receptive_field import ReceptiveField, receptive_field

if TYPE_CHECKING:
    from srfast.inspection.profile import Profile

__all__ = ["DEFAULT_SIZE", "Inspection", "find_node", "inspect_model", "weight_values"]

DEFAULT_SIZE = (256, 256)
"""The height and width that shapes and multiplications are given for where a file leaves them open."""

_LONGEST_LIST = 64


def inspect_model(model: Model, *, size: tuple[int, int] | None = None, profile: bool = False) -> Inspection:
    """Looks into an ONNX file.

    Without `profile`, nothing is run. Multiplications are those of convolutions and matrix products, float or
    integer; products with the zeros of a padding count too.

    Args:
        model: A path, the content of a file, or the name of a shipped model.
        size: The height and width of the input to give shapes and multiplications for. None: those of the
            file where it fixes them, else `DEFAULT_SIZE`.
        profile: Also run the network at that size with ONNX Runtime's profiler, on the CPU and on as many
            threads as there are cores, and say which node takes how long.

    Returns:
        What was found. May be called from several threads.

    Raises:
        ModelError: The file is missing, damaged, or holds no graph.
        OptionError: `size` is not what the file takes.
        RunError: The network cannot be run for the profile.
        DependencyError: onnxruntime cannot be imported, which the profile needs.
    """
    loaded = load_graph(model)
    notes: list[str] = []
    try:
        load_weights(loaded, model)
    except ModelError as error:
        if profile:
            raise
        notes.append(str(error))
    if loaded.functions:
        try:
            loaded = onnx.inliner.inline_local_functions(loaded)
            notes.append("the file's own functions are shown as the nodes that they stand for")
        except Exception as error:  # somebody's file may hold anything
            notes.append(f"the file's own functions cannot be read: {error}")
    graph = loaded.graph
    initializers = {tensor.name for tensor in graph.initializer}
    inputs = [entry for entry in graph.input if entry.name not in initializers]
    size = _size(inputs, size)
    fed = {entry.name: _fed_shape(graph, entry, size, image=entry is inputs[0]) for entry in inputs}
    shapes = Shapes(loaded, {name: shape for name, shape in fed.items() if shape is not None})
    counts = [macs(node, shapes) for node in graph.node]
    labels = _labels(graph.node)
    if unknown := [label for label, count in zip(labels, counts, strict=True) if count is None]:
        notes.append(f"the multiplications of {_some(unknown)} are not known")

    measured = run_profile(loaded, _feeds(inputs, fed), counts) if profile else None
    pixels = _output_pixels(loaded, shapes)
    field = receptive_field(loaded)
    constants = Constants(graph)
    parameters: dict[str, int] = {}
    for node in graph.node:
        parameters |= constants.parameters(node)
    total = None if unknown else sum(count for count in counts if count is not None)
    return Inspection(
        model=model_name(model),
        ir_version=loaded.ir_version,
        opsets={entry.domain: entry.version for entry in loaded.opset_import},
        producer=f"{loaded.producer_name} {loaded.producer_version}".strip(),
        doc=loaded.doc_string or graph.doc_string,
        metadata={pair.key: pair.value for pair in loaded.metadata_props},
        inputs=tuple(map(_tensor, inputs)),
        outputs=tuple(map(_tensor, graph.output)),
        nodes=tuple(_nodes(graph, labels, shapes, constants, counts, pixels, measured)),
        size=size,
        output_pixels=pixels,
        parameters=sum(parameters.values()),
        weight_bytes=constants.byte_count(),
        macs=total,
        macs_per_output_pixel=total / pixels if total is not None and pixels else None,
        field=_field(field) if isinstance(field, ReceptiveField) else None,
        unbounded=None if isinstance(field, ReceptiveField) else str(field),
        profile=None if measured is None else _profile(measured, labels),
        notes=tuple(notes),
    )


def find_node(inspection: Inspection, name: str) -> NodeReport:
    """The node of a label or name, or the one that makes the tensor of that name.

    Raises:
        OptionError: There is none; the message says which names are like it.
    """
    for node in inspection.nodes:
        if node.label == name:
            return node
    for node in inspection.nodes:
        if name and (node.name == name or name in node.outputs):
            return node
    names = [node.label for node in inspection.nodes]
    lower = {label.lower(): label for label in names}
    near = difflib.get_close_matches(name.lower(), lower, 5, 0.5)
    near += [key for key in lower if name.lower() in key and key not in near][: 5 - len(near)]
    hint = f"; is it {' or '.join(repr(lower[key]) for key in near)}?" if near else f"; it has {_some(names)}"
    raise OptionError(f"{inspection.model} has no node {name!r}{hint}")


def weight_values(model: Model, name: str) -> npt.NDArray[Any]:
    """The values of a constant of a graph.

    Args:
        model: As for `inspect_model`.
        name: The constant's name, as `NodeReport.weights` has it.

    Raises:
        ModelError: The file cannot be read, or does not hold these values.
        OptionError: It has no constant of this name.
    """
    loaded = load_graph(model)
    load_weights(loaded, model)
    constants = Constants(loaded.graph)
    if name not in constants:
        raise OptionError(f"{model_name(model)} has no constant {name!r}")
    array = values(constants[name])
    if array is None:
        raise ModelError(f"{model_name(model)}: the values of {name!r} cannot be read")
    return array


def _size(inputs: Sequence[onnx.ValueInfoProto], size: tuple[int, int] | None) -> tuple[int, int]:
    """The height and width to look at: those asked for, which must be what the file takes."""
    if size is not None and (len(size) != 2 or min(size) < 1):
        raise OptionError(f"size must be a height and a width of at least 1, not {size!r}")
    stated: list[int | None] = [None, None]
    if inputs and len(inputs[0].type.tensor_type.shape.dim) == 4:
        sides = inputs[0].type.tensor_type.shape.dim[2:]
        stated = [side.dim_value if side.dim_value > 0 else None for side in sides]
    if size is not None and any(side not in (None, mine) for side, mine in zip(stated, size, strict=True)):
        takes = " x ".join("any" if side is None else str(side) for side in stated)
        raise OptionError(f"size is {size[0]} x {size[1]}, but the file takes {takes}")
    wanted = size or DEFAULT_SIZE
    height, width = (mine if side is None else side for side, mine in zip(stated, wanted, strict=True))
    return height, width


def _fed_shape(
    graph: onnx.GraphProto, entry: onnx.ValueInfoProto, size: tuple[int, int], *, image: bool
) -> Shape | None:
    """The shape that an input has at a size; None where the file does not say of what rank it is."""
    tensor = entry.type.tensor_type
    if not tensor.HasField("shape"):
        return None
    open_sides = [1] * len(tensor.shape.dim)
    if image and len(open_sides) == 4:
        open_sides = [1, _channels(graph, entry.name), *size]
    sides = zip(tensor.shape.dim, open_sides, strict=True)
    return tuple(side.dim_value if side.dim_value > 0 else free for side, free in sides)


def _channels(graph: onnx.GraphProto, name: str) -> int:
    """How many channels the convolution that reads a tensor takes; 3 where none says so."""
    kernels = {tensor.name: tensor for tensor in graph.initializer}
    for node in graph.node:
        if (
            node.op_type == "Conv"
            and node.input[:1] == [name]
            and len(node.input) > 1
            and node.input[1] in kernels
        ):
            groups = next((entry.i for entry in node.attribute if entry.name == "group"), 1)
            return int(kernels[node.input[1]].dims[1] * groups)
    return 3


def _feeds(
    inputs: Sequence[onnx.ValueInfoProto], shapes: Mapping[str, Shape | None]
) -> dict[str, npt.NDArray[Any]]:
    """Noise for every input: from 0 to 1, or ones where the input takes whole numbers."""
    random = np.random.default_rng(1)
    feeds = {}
    for entry in inputs:
        try:
            dtype = helper.tensor_dtype_to_np_dtype(entry.type.tensor_type.elem_type)
        except KeyError:
            raise RunError(f"input {entry.name!r} is no tensor of a type that ONNX knows") from None
        shape = shapes[entry.name] or ()
        feeds[entry.name] = (random.random(shape) if dtype.kind == "f" else np.ones(shape)).astype(dtype)
    return feeds


def _output_pixels(model: onnx.ModelProto, shapes: Shapes) -> int | None:
    """Pixels of the first output; of the image, where srfast leaves the last pixel shuffle to itself."""
    shape = shapes[model.graph.output[0].name] if model.graph.output else None
    if shape is None or len(shape) != 4:
        return None
    shuffle = next((pair.value for pair in model.metadata_props if pair.key == "srfast.shuffle"), "1")
    return shape[2] * shape[3] * (int(shuffle) ** 2 if shuffle.isdecimal() else 1) or None


def _labels(nodes: Sequence[onnx.NodeProto]) -> list[str]:
    """A name for each node that no other one has."""
    names = collections.Counter(node.name for node in nodes)
    labels: list[str] = []
    taken = {name for name, count in names.items() if count == 1}
    for place, node in enumerate(nodes):
        label = node.name
        if not label or names[label] > 1:
            label = f"{node.name or node.op_type}#{place}"
            while label in taken:
                label += "'"
            taken.add(label)
        labels.append(label)
    return labels


def _tensor(entry: onnx.ValueInfoProto) -> TensorReport:
    if not entry.type.HasField("tensor_type"):
        return TensorReport(entry.name, None, None)
    tensor = entry.type.tensor_type
    shape = None
    if tensor.HasField("shape"):
        shape = tuple(
            side.dim_value if side.HasField("dim_value") else side.dim_param or None
            for side in tensor.shape.dim
        )
    return TensorReport(entry.name, type_name(tensor.elem_type), shape)


def _nodes(
    graph: onnx.GraphProto,
    labels: Sequence[str],
    shapes: Shapes,
    constants: Constants,
    counts: Sequence[int | None],
    pixels: int | None,
    measured: Profile | None,
) -> list[NodeReport]:
    makers = {name: labels[place] for place, node in enumerate(graph.node) for name in node.output if name}
    readers: dict[str, list[str]] = {}
    for place, node in enumerate(graph.node):
        for name in dict.fromkeys(node.input):
            readers.setdefault(name, []).append(labels[place])
    inputs = {entry.name for entry in graph.input}
    outputs = {entry.name for entry in graph.output}

    def source(name: str) -> Neighbour:
        if name in makers:
            return Neighbour(name, makers[name], "node")
        return Neighbour(
            name, None, "constant" if name in constants else "input" if name in inputs else "nobody"
        )

    def targets(name: str) -> list[Neighbour]:
        found = [Neighbour(name, label, "node") for label in readers.get(name, [])]
        if name in outputs:
            found.append(Neighbour(name, None, "output"))
        return found or [Neighbour(name, None, "nobody")]

    reports = []
    for place, (node, label, count) in enumerate(zip(graph.node, labels, counts, strict=True)):
        spent = None if measured is None else measured.nodes.get(place)
        head = None if measured is None else measured.joined.get(place)
        reports.append(
            NodeReport(
                label=label,
                name=node.name,
                operator=node.op_type,
                domain="" if node.domain == "ai.onnx" else node.domain,
                kind=kind(node.op_type),
                inputs=tuple(node.input),
                outputs=tuple(node.output),
                attributes={entry.name: _attribute(entry) for entry in node.attribute},
                output_shapes=tuple(shapes[name] for name in node.output),
                parameters=sum(constants.parameters(node).values()),
                macs=count,
                macs_per_output_pixel=count / pixels if count is not None and pixels else None,
                milliseconds=spent,
                time_share=spent / measured.milliseconds
                if measured and spent is not None and measured.milliseconds
                else None,
                joined_to=None if head is None else labels[head],
                read_from=tuple(source(name) for name in node.input if name),
                read_by=tuple(target for name in node.output if name for target in targets(name)),
                weights=tuple(
                    statistics(tensor.name or node.input[index], index, through, tensor)
                    for index, through, tensor in constants.of(node)
                ),
            )
        )
    return reports


def _attribute(entry: onnx.AttributeProto) -> Any:
    """An attribute as numbers, text and lists; tensors and graphs are described."""
    if entry.type in (entry.TENSOR, entry.SPARSE_TENSOR):
        tensor = entry.t
        array = values(tensor) if math.prod(tensor.dims) <= _LONGEST_LIST else None
        if array is not None and array.dtype.kind in "iufb":
            return _json_numbers(array.tolist())
        return f"{type_name(tensor.data_type)} {list(tensor.dims)}"
    if entry.type in (entry.GRAPH, entry.GRAPHS):
        graphs = entry.graphs if entry.type == entry.GRAPHS else [entry.g]
        return ", ".join(f"a graph of {len(graph.node)} nodes" for graph in graphs)
    try:
        value = helper.get_attribute_value(entry)
    except ValueError:
        return None
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, (int, float, str)):
        return _json_numbers(value)
    if hasattr(value, "__iter__"):
        return [
            each.decode("utf-8", "replace") if isinstance(each, bytes) else _json_numbers(each)
            for each in value
        ]
    return str(value)


def _json_numbers(value: Any) -> Any:
    """JSON knows no infinity and no NaN: they become text."""
    if isinstance(value, list):
        return [_json_numbers(each) for each in value]
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value


def _field(field: ReceptiveField) -> FieldReport:
    halo, margin = field.halo, field.margin
    return FieldReport(
        height=halo.top + 1 + halo.bottom,
        width=halo.left + 1 + halo.right,
        halo=(halo.top, halo.left, halo.bottom, halo.right),
        alignment=field.alignment,
        scale=int(field.scale) if field.scale.denominator == 1 else str(field.scale),
        margin=(margin.top, margin.left, margin.bottom, margin.right),
    )


def _profile(measured: Profile, labels: Sequence[str]) -> ProfileReport:
    return ProfileReport(
        milliseconds=measured.milliseconds,
        runs=measured.runs,
        threads=measured.threads,
        own=dict(measured.own),
        vanished=tuple(labels[place] for place in measured.vanished),
    )


def _some(names: Sequence[str], most: int = 4) -> str:
    """Names for a message, the first few of them."""
    left = len(names) - most
    return ", ".join(map(repr, names[:most])) + (f" and {left} more" if left > 0 else "")
