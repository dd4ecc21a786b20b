"""How much memory ONNX Runtime takes for what lies between a network's layers, from the graph alone."""

from __future__ import annotations

import dataclasses
import math

import onnx

from srfast.errors import ModelError

# Sides that most strides, blocks and windows divide.
_SIDES = (240, 480)

# The CPU provider lays the output of a convolution out in blocks of so many channels, the last one filled up
# (AVX-512; with AVX2 it is 8).
_BLOCK = 16

# Measured peaks are up to so much above the simulation below: see `bytes_per_pixel`.
_ALLOWANCE = 1.4

# Computed in the memory of their input where nobody else reads it, or as part of the convolution before.
_ACTIVATIONS = {"Clip", "HardSigmoid", "LeakyRelu", "Relu", "Sigmoid", "Tanh"}
_RENAMINGS = {"Dropout", "Flatten", "Identity", "Reshape", "Squeeze", "Unsqueeze"}
_IN_PLACE = _ACTIVATIONS | _RENAMINGS | {"Add", "Div", "Mul", "Sub"}
# Read the blocks of channels that a convolution writes; for all others they are put in order first.
_READ_BLOCKS = _ACTIVATIONS | {"Add", "AveragePool", "Conv", "MaxPool"}


def bytes_per_pixel(model: onnx.ModelProto) -> float:
    """Estimates the activation memory that one more input pixel costs.

    Simulates a sequential run on the CPU provider: nodes in the file's order, each tensor freed after its
    last reader, convolutions in blocks of 16 channels, and an arena that takes a freed piece again only for a
    tensor of more than half its size; plus 40 %. Neither the graph's input and output nor the weights count.

    The rule for the arena and the 40 % were fitted to the peak resident memory of ONNX Runtime 1.32 with one
    thread on an AVX-512 machine, output included. The estimate was above it by: SRCNN x3 28-33 %, SRVGG x4
    8-40 %, an EDSR x2 2-34 % (128x128 to 500x400); an ESPCN x3 39-40 %, srfast's Fast x3 26-63 % (256x256 and
    384x512). How much the arena wastes changes with the image's size. Other networks, instruction sets and
    providers may be further off.

    Args:
        model: The network, NCHW. Not modified.

    Returns:
        Bytes per input pixel: the slope between two sizes, or the mean where the file has a fixed size.

    Raises:
        ModelError: The first input is not NCHW, or the shapes or types inside the network cannot be inferred.
    """
    sizes = [_sized(model, side) for side in _SIDES]
    (few, low), (many, high) = [(_pixels(sized), _peak(sized)) for sized in sizes]
    if few == many:
        return _ALLOWANCE * low / few
    return _ALLOWANCE * (high - low) / (many - few)


def _sized(model: onnx.ModelProto, side: int) -> onnx.ModelProto:
    """The model with every open height and width set to `side`, and all shapes inferred."""
    sized = onnx.ModelProto()
    sized.CopyFrom(model)
    graph = sized.graph
    shape = _input(sized).type.tensor_type.shape
    if len(shape.dim) != 4:
        raise ModelError("the first input is not laid out as batch, channels, height, width")
    for dimension, value in zip(shape.dim, (1, 1, side, side), strict=True):
        if not dimension.HasField("dim_value") or dimension.dim_value < 1:
            dimension.dim_value = value
    del graph.value_info[:]
    for output in graph.output:
        output.type.tensor_type.ClearField("shape")
    try:
        inferred: onnx.ModelProto = onnx.shape_inference.infer_shapes(sized, data_prop=True)
    except (onnx.shape_inference.InferenceError, ValueError) as error:
        raise ModelError(f"the shapes inside the network cannot be inferred: {error}") from error
    _add_what_hangs_on_constants(inferred)
    return inferred


def _add_what_hangs_on_constants(model: onnx.ModelProto) -> None:
    """Adds the shapes that ONNX finds only where constants are computed, as exporters write a padding."""
    graph = model.graph
    known = {entry.name for entry in (*graph.value_info, *graph.output) if _has_sides(entry)}
    unknown = [name for node in graph.node for name in node.output if name and name not in known]
    if not unknown:
        return
    from srfast.inspection.shapes import Shapes

    shapes = Shapes(model, {})
    found = {name: (shapes[name], shapes.element_type(name)) for name in unknown}
    kept = [entry for entry in graph.value_info if found.get(entry.name, (None, 0))[0] is None]
    del graph.value_info[:]
    graph.value_info.extend(kept)
    outputs = {entry.name: entry for entry in graph.output}
    for name, (shape, element_type) in found.items():
        if shape is None:
            continue
        entry = onnx.helper.make_tensor_value_info(name, element_type, shape)
        if name in outputs:
            outputs[name].CopyFrom(entry)
        else:
            graph.value_info.append(entry)


def _has_sides(entry: onnx.ValueInfoProto) -> bool:
    tensor = entry.type.tensor_type
    return tensor.HasField("shape") and all(side.HasField("dim_value") for side in tensor.shape.dim)


def _input(model: onnx.ModelProto) -> onnx.ValueInfoProto:
    weights = {initializer.name for initializer in model.graph.initializer}
    inputs: list[onnx.ValueInfoProto] = [entry for entry in model.graph.input if entry.name not in weights]
    if not inputs:
        raise ModelError("the network has no input")
    return inputs[0]


def _pixels(model: onnx.ModelProto) -> int:
    shape = _input(model).type.tensor_type.shape
    return int(shape.dim[2].dim_value) * int(shape.dim[3].dim_value)


@dataclasses.dataclass
class _Arena:
    """Memory that is taken in pieces; pieces that are given back are kept."""

    total: int = 0
    free: list[int] = dataclasses.field(default_factory=list)

    def take(self, size: int) -> int:
        """A piece for `size` bytes; returns how large it is."""
        fitting = [piece for piece in self.free if size <= piece < 2 * size]
        if not fitting:
            self.total += size
            return size
        piece = min(fitting)
        self.free.remove(piece)
        return piece

    def give_back(self, piece: int) -> None:
        self.free.append(piece)


def _peak(model: onnx.ModelProto) -> int:
    """Bytes that the arena has grown to at the end of a run."""
    graph, arena = model.graph, _Arena()
    known = {entry.name: entry for entry in (*graph.value_info, *graph.input, *graph.output)}
    outputs = {entry.name for entry in graph.output}
    readers: dict[str, list[str]] = {}
    for node in graph.node:
        for name in set(node.input):
            readers.setdefault(name, []).append(node.op_type)
    unread = {name: len(operators) for name, operators in readers.items()}
    pieces: dict[str, int] = {}

    def inherited(node: onnx.NodeProto) -> str | None:
        if node.op_type in _IN_PLACE and node.output[0] not in outputs:
            name: str
            for name in node.input:
                same = name in pieces and _bytes(known, name) == _bytes(known, node.output[0])
                if same and unread[name] == 1:
                    return name
        return None

    for node in graph.node:
        mine = inherited(node)
        blocks = None
        if mine is not None:
            pieces[node.output[0]] = pieces.pop(mine)
        elif node.op_type == "Conv":
            blocks = arena.take(_bytes(known, node.output[0], _BLOCK))
        else:
            pieces |= {
                name: arena.take(_bytes(known, name)) for name in node.output if name not in {*outputs, ""}
            }
        for name in set(node.input):
            unread[name] -= 1
            if not unread[name] and name in pieces:
                arena.give_back(pieces.pop(name))
        if blocks is not None:
            name = node.output[0]
            if name not in outputs and _READ_BLOCKS.issuperset(readers.get(name, [])):
                pieces[name] = blocks
            else:
                if name not in outputs:
                    pieces[name] = arena.take(_bytes(known, name))
                arena.give_back(blocks)
        for name in node.output:
            if name in pieces and name not in readers:
                arena.give_back(pieces.pop(name))
    return arena.total


def _bytes(known: dict[str, onnx.ValueInfoProto], name: str, block: int = 1) -> int:
    """The size of a tensor; with its channels filled up to a multiple of `block`."""
    entry = known.get(name)
    tensor = entry.type.tensor_type if entry is not None else onnx.TypeProto.Tensor()
    sides = [dimension.dim_value for dimension in tensor.shape.dim]
    if entry is None or not _has_sides(entry):
        raise ModelError(f"the shape of {name!r} inside the network cannot be inferred")
    if len(sides) == 4:
        sides[1] = -(-sides[1] // block) * block
    # The CPU provider has no arithmetic of halves: it computes in floats that lie beside them.
    if tensor.elem_type == onnx.TensorProto.FLOAT16:
        return math.prod([*sides, 2 + 4])
    try:
        size = int(onnx.helper.tensor_dtype_to_np_dtype(tensor.elem_type).itemsize)
    except KeyError:
        raise ModelError(f"the type of {name!r} inside the network is unknown") from None
    return math.prod([*sides, size])
