"""What `srfast.inspect_model` finds."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from typing import Any

from srfast.inspection.weights import Weights


@dataclasses.dataclass(frozen=True)
class TensorReport:
    """An input or an output of a graph.

    Attributes:
        name: Its name.
        dtype: Such as "float32"; None for what is no tensor.
        shape: Its sides as the file states them: a number, a name, or None for a side that may be anything;
            None where the file states no shape.
    """

    name: str
    dtype: str | None
    shape: tuple[int | str | None, ...] | None


@dataclasses.dataclass(frozen=True)
class Neighbour:
    """A tensor that a node reads or makes, and who is at its other end.

    Attributes:
        tensor: The tensor's name.
        node: The label of the node there; None for the graph's own inputs and outputs and for constants.
        what: "node", "input", "output", "constant", or "nobody".
    """

    tensor: str
    node: str | None
    what: str


@dataclasses.dataclass(frozen=True)
class NodeReport:
    """A node of a graph.

    Attributes:
        label: A name that no other node of the graph has: the node's own, or its operator and place.
        name: The name in the file, which may be empty.
        operator: Such as "Conv".
        domain: Whose operator it is; empty for ONNX's own.
        kind: The family of the operator, one of `srfast.inspection.kinds.KINDS`.
        inputs: The tensors that it reads; empty names stand for inputs left out.
        outputs: The tensors that it makes.
        attributes: By name: numbers, text, lists of them, or a description of a tensor or a graph.
        output_shapes: The shapes of the outputs at the size of the inspection; None where it is not known.
        parameters: How many parameters it reads.
        macs: Multiplications with the addition of their product, at that size; None where it is not known.
        macs_per_output_pixel: The same for each pixel of the network's output.
        milliseconds: Its time, where a profile was made and a kernel was given to it.
        time_share: The same as a part (0..1) of all kernels' time.
        joined_to: The label of the node that it was fused with and that has the time of both.
        read_from: Who makes its inputs, one for each that is not left out.
        read_by: Who reads its outputs.
        weights: The constants that it reads.
    """

    label: str
    name: str
    operator: str
    domain: str
    kind: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: Mapping[str, Any]
    output_shapes: tuple[tuple[int, ...] | None, ...]
    parameters: int
    macs: int | None
    macs_per_output_pixel: float | None
    milliseconds: float | None
    time_share: float | None
    joined_to: str | None
    read_from: tuple[Neighbour, ...]
    read_by: tuple[Neighbour, ...]
    weights: tuple[Weights, ...]

    def to_dict(self) -> dict[str, Any]:
        """The same as plain dictionaries, lists, numbers and text; the keys are the attributes' names."""
        return dict(json_ready(dataclasses.asdict(self)))


@dataclasses.dataclass(frozen=True)
class FieldReport:
    """How far the network looks; all in pixels of its input.

    Attributes:
        height: Rows that an output pixel is computed from, at most.
        width: Columns, likewise.
        halo: How far it looks further than the pixel that it stands on: top, left, bottom, right.
        alignment: What offsets of tiles must be multiples of, vertically and horizontally.
        scale: Output pixels per input pixel; a fraction as text where it is not a whole number.
        margin: Output pixels missing at each side, as after convolutions without padding: top, left, bottom,
            right.
    """

    height: int
    width: int
    halo: tuple[int, int, int, int]
    alignment: tuple[int, int]
    scale: int | str
    margin: tuple[int, int, int, int]


@dataclasses.dataclass(frozen=True)
class ProfileReport:
    """Where the time went.

    Attributes:
        milliseconds: One run: the sum of the kernels' medians.
        runs: How many runs the medians are of.
        threads: ONNX Runtime's threads.
        own: Milliseconds of kernels that stand for no node of the file, by operator.
        vanished: Labels of nodes that no kernel was given to: constants, and what ONNX Runtime took out.
    """

    milliseconds: float
    runs: int
    threads: int
    own: Mapping[str, float]
    vanished: tuple[str, ...]


@dataclasses.dataclass(frozen=True)
class Inspection:
    """What is in an ONNX file.

    Attributes:
        model: What was inspected: its path or name.
        ir_version: The version of the file format.
        opsets: The versions of the operator sets, by domain; "" is ONNX's own.
        producer: The program that made the file, and its version.
        doc: The file's description.
        metadata: The file's own pairs, srfast's included.
        inputs: The graph's inputs, without those that are initialisers.
        outputs: The graph's outputs.
        nodes: The nodes in the file's order.
        size: The height and width that shapes and multiplications are given for.
        output_pixels: The pixels of the first output at that size; None where they are not known.
        parameters: The parameters of the whole network, each tensor counted once.
        weight_bytes: How many bytes all constants take.
        macs: The multiplications of all nodes at that size; None where those of a node are not known.
        macs_per_output_pixel: The same for each pixel of the output.
        field: How far the network looks; None where that has no bound or is not known.
        unbounded: Why there is no `field`.
        profile: Where the time went, if that was asked for.
        notes: What could not be found out, for people.
    """

    model: str
    ir_version: int
    opsets: Mapping[str, int]
    producer: str
    doc: str
    metadata: Mapping[str, str]
    inputs: tuple[TensorReport, ...]
    outputs: tuple[TensorReport, ...]
    nodes: tuple[NodeReport, ...]
    size: tuple[int, int]
    output_pixels: int | None
    parameters: int
    weight_bytes: int
    macs: int | None
    macs_per_output_pixel: float | None
    field: FieldReport | None
    unbounded: str | None
    profile: ProfileReport | None
    notes: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """The same as plain dictionaries, lists, numbers and text; the keys are the attributes' names."""
        return dict(json_ready(dataclasses.asdict(self)))


def json_ready(value: Any) -> Any:
    """The same without infinities and NaN, which JSON does not know: they become None."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {key: json_ready(each) for key, each in value.items()}
    return [json_ready(each) for each in value] if isinstance(value, (list, tuple)) else value
