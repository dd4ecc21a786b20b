"""What stands in a graph as a constant: which node reads it, what counts as a parameter, and statistics."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper, numpy_helper

from srfast.inspection.shapes import type_name

BINS = 24
"""Bars of a histogram."""

# Inputs that hold sizes, limits, or how values are quantised. None: all of them.
_NO_PARAMETERS: dict[str, tuple[int, ...] | None] = {
    "Clip": None,
    "ConvInteger": (2, 3),
    "DequantizeLinear": (1, 2),
    "Dropout": None,
    "MatMulInteger": (2, 3),
    "Pad": None,
    "QLinearConv": (1, 2, 4, 5, 6, 7),
    "QLinearMatMul": (1, 2, 4, 5, 6, 7),
    "QuantizeLinear": (1, 2),
    "Resize": None,
    "Upsample": None,
}


@dataclasses.dataclass(frozen=True)
class Histogram:
    """How values are spread.

    Attributes:
        low: The lower end of the first bar.
        high: The upper end of the last bar.
        counts: How many values fall into each of the bars, which are equally wide.
    """

    low: float
    high: float
    counts: tuple[int, ...]


@dataclasses.dataclass(frozen=True)
class Weights:
    """A constant tensor that a node reads.

    Attributes:
        name: Its name in the graph.
        input: Which input of the node it is, from 0.
        through: The operators between it and the node, such as ("DequantizeLinear",).
        dtype: Such as "float32".
        shape: Its sides.
        minimum: The least finite value. None, like the following, where there is none or it cannot be read.
        maximum: The greatest finite value.
        mean: The mean of the finite values.
        std: Their standard deviation.
        not_finite: How many values are NaN or infinite.
        histogram: How the finite values are spread.
    """

    name: str
    input: int
    through: tuple[str, ...]
    dtype: str
    shape: tuple[int, ...]
    minimum: float | None = None
    maximum: float | None = None
    mean: float | None = None
    std: float | None = None
    not_finite: int = 0
    histogram: Histogram | None = None


class Constants:
    """The constants of a graph: its initialisers and the values of its Constant nodes."""

    def __init__(self, graph: onnx.GraphProto) -> None:
        self._initializers = {tensor.name for tensor in graph.initializer}
        self._tensors: dict[str, TensorProto] = {tensor.name: tensor for tensor in graph.initializer}
        # Nodes that hand a constant on, changed: read through, so that a quantised convolution has weights.
        self._through: dict[str, onnx.NodeProto] = {}
        for node in graph.node:
            if node.op_type == "Constant" and len(node.output) == 1:
                tensor = _constant_value(node)
                if tensor is not None:
                    self._tensors[node.output[0]] = tensor
            elif node.op_type in (
                "DequantizeLinear",
                "QuantizeLinear",
                "Cast",
                "Identity",
                "Transpose",
                "Reshape",
            ):
                read = [name for name in node.input if name]
                if read and all(name in self._tensors or name in self._through for name in read):
                    self._through.update(dict.fromkeys(node.output[:1], node))

    def of(self, node: onnx.NodeProto) -> list[tuple[int, tuple[str, ...], TensorProto]]:
        """The constants that a node reads: which input, through which operators, and the tensor."""
        found = []
        for index, name in enumerate(node.input):
            through: list[str] = []
            while name in self._through:
                through.insert(0, self._through[name].op_type)
                name = self._through[name].input[0]
            if name in self._tensors:
                found.append((index, tuple(through), self._tensors[name]))
        return found

    def parameters(self, node: onnx.NodeProto) -> dict[str, int]:
        """The parameters that a node reads itself: the names of their tensors, and how many each holds.

        Parameters are what training finds: initialisers of more than a single number, save those that say
        sizes, limits or how values are quantised, and save 64-bit integers.
        """
        excluded = _NO_PARAMETERS.get(node.op_type, ())
        return {
            tensor.name: math.prod(tensor.dims)
            for index, through, tensor in self.of(node)
            if not through
            and tensor.name in self._initializers
            and tensor.dims
            and tensor.data_type not in (TensorProto.INT64, TensorProto.BOOL, TensorProto.STRING)
            and excluded is not None
            and index not in excluded
        }

    def __getitem__(self, name: str) -> TensorProto:
        return self._tensors[name]

    def __contains__(self, name: str) -> bool:
        return name in self._tensors

    def byte_count(self) -> int:
        """How many bytes the values of all constants take."""
        return sum(
            math.prod(tensor.dims) * _item_bytes(tensor.data_type)
            for tensor in self._tensors.values()
            if min(tensor.dims, default=0) >= 0
        )


def values(tensor: TensorProto) -> npt.NDArray[Any] | None:
    """The values of a tensor; None where the file does not hold them (in full)."""
    try:
        if tensor.data_location == TensorProto.EXTERNAL:
            return None
        return numpy_helper.to_array(tensor)
    except Exception:  # of the wrong length, or of a type that NumPy does not have
        return None


def statistics(name: str, index: int, through: tuple[str, ...], tensor: TensorProto) -> Weights:
    """Describes a constant that is input `index` of a node."""
    plain = Weights(name, index, through, type_name(tensor.data_type), tuple(tensor.dims))
    array = values(tensor)
    if array is None or array.size == 0 or array.dtype.kind not in "iufbV" or array.dtype.names:
        return plain
    try:
        numbers = array.astype(np.float64).ravel()
    except (TypeError, ValueError):
        return plain
    finite = numbers[np.isfinite(numbers)]
    if finite.size == 0:
        return dataclasses.replace(plain, not_finite=numbers.size)
    low, high = float(finite.min()), float(finite.max())
    if not np.isfinite(high - low):
        return dataclasses.replace(plain, minimum=low, maximum=high, not_finite=numbers.size - finite.size)
    counts, _ = np.histogram(finite, BINS, (low, high) if low < high else (low - 0.5, low + 0.5))
    return dataclasses.replace(
        plain,
        minimum=low,
        maximum=high,
        mean=float(finite.mean()),
        std=float(finite.std()),
        not_finite=int(numbers.size - finite.size),
        histogram=Histogram(
            *((low, high) if low < high else (low - 0.5, low + 0.5)), tuple(int(count) for count in counts)
        ),
    )


def _item_bytes(number: int) -> int:
    """The size of an element of an ONNX type; 0 for text and for types that do not exist."""
    try:
        dtype = helper.tensor_dtype_to_np_dtype(number)
    except KeyError:
        return 0
    return 0 if dtype.kind == "O" else dtype.itemsize


def _constant_value(node: onnx.NodeProto) -> TensorProto | None:
    """The tensor that a Constant node holds; None for the rare kinds that are no tensor of numbers."""
    for entry in node.attribute:
        if entry.name == "value":
            tensor: TensorProto = entry.t
            return tensor
        if entry.name in ("value_float", "value_floats", "value_int", "value_ints"):
            value = helper.get_attribute_value(entry)
            dtype = np.float32 if "float" in entry.name else np.int64
            return numpy_helper.from_array(np.asarray(value, dtype), node.output[0])
    return None
