"""Has a last convolution with few output channels give a block of pixels at once.

ONNX Runtime fills the output channels of a convolution up to a multiple of 16 (8 without AVX-512), so of
three channels most of the work is lost. A convolution with a stride of R, the kernel of R x R neighbouring
pixels, and R x R times as many outputs does the same sums, and fewer of them are lost. The pixel shuffle
behind it is left to the native unpack. A convolution of 8-bit integers stays one: its weights are rewritten
as they are, with their scales.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx

from srfast.passes.draft import Draft
from srfast.passes.rewriting import Rewriting

_BLOCK = 16
_LARGEST = 4


def apply(rewriting: Rewriting) -> bool:
    """Rewrites the last convolution, if that saves work."""
    draft, ends = rewriting.draft, rewriting.ends
    node = draft.last("Conv")
    weight = None if node is None else _numbers(draft, node.input[1])
    if node is None or weight is None or weight.ndim != 4 or ends.shuffle != 1:
        return False
    pads = draft.attribute(node, "pads", [0, 0, 0, 0])
    plain = (
        weight.shape[0] == rewriting.planes
        and draft.attribute(node, "group", 1) == 1
        and list(draft.attribute(node, "strides", [1, 1])) == [1, 1]
        and list(draft.attribute(node, "dilations", [1, 1])) == [1, 1]
        and draft.attribute(node, "auto_pad", "NOTSET") == "NOTSET"
    )
    work = _work if weight.dtype == np.float32 else _reads
    best = min(range(1, _LARGEST + 1), key=lambda side: work(weight.shape, side))
    if not plain or best == 1:
        return False
    has_bias = len(node.input) > 2 and bool(node.input[2])
    if has_bias and _numbers(draft, node.input[2]) is None:
        return False
    inputs, nodes = [node.input[0]], []
    for name, change in zip(node.input[1:], (_blocked, _repeated), strict=False):
        if name:
            changed, makers = _changed(draft, name, change, best)
            inputs.append(changed)
            nodes += makers
    around = [pads[0], pads[1], pads[2] + best - 1, pads[3] + best - 1]
    conv = onnx.helper.make_node("Conv", inputs, [node.output[0]], node.name, strides=[best] * 2, pads=around)
    ends.shuffle = best
    draft.replace(node, *nodes, conv)
    return True


def _numbers(draft: Draft, name: str) -> npt.NDArray[Any] | None:
    """Weights that stand in the file, as floats or as integers around zero with scales of their own."""
    plain = draft.weight(name)
    maker = draft.producer(name)
    if plain is not None or maker is None or maker.op_type != "DequantizeLinear":
        return plain
    integers, scales, *zeros = (draft.constant(part) for part in maker.input)
    if integers is None or scales is None or any(zero is None or zero.any() for zero in zeros):
        return None
    per_channel = draft.attribute(maker, "axis", 1) == 0 and scales.ndim == 1
    return integers if per_channel or scales.ndim == 0 else None


def _changed(
    draft: Draft, name: str, change: Callable[[npt.NDArray[Any], int], npt.NDArray[Any]], side: int
) -> tuple[str, list[onnx.NodeProto]]:
    """Changes weights that `_numbers` knows; gives their name, and the node that makes floats of integers."""
    plain = draft.weight(name)
    if plain is not None:
        return draft.add_weight(change(plain, side), name), []
    maker = draft.producer(name)
    assert maker is not None
    values = [draft.constant(part) for part in maker.input]
    inputs = []
    for part, value in zip(maker.input, values, strict=True):
        assert value is not None
        if part == maker.input[0]:
            value = change(value, side)
        elif value.ndim:  # a scale for every output channel
            value = _repeated(value, side)
        inputs.append(draft.add_weight(value, part))
    result = draft.new_name(name)
    made = onnx.helper.make_node("DequantizeLinear", inputs, [result], result)
    made.attribute.extend(maker.attribute)
    return result, [made]


def _repeated(values: npt.NDArray[Any], side: int) -> npt.NDArray[Any]:
    """A number of each output channel for every pixel in a block."""
    return values.repeat(side**2)


def _work(shape: Sequence[int], side: int) -> float:
    """Products per pixel and input channel of a convolution that gives blocks of side x side pixels."""
    outputs, _, height, width = shape
    filled = -(-outputs * side**2 // _BLOCK) * _BLOCK
    return filled * (height + side - 1) * (width + side - 1) / side**2


def _reads(shape: Sequence[int], side: int) -> float:
    """Values that are read for a pixel and an input channel.

    Of integers, ONNX Runtime lines up what a kernel covers before it multiplies. With few outputs that takes
    longer than the products.
    """
    _, _, height, width = shape
    return (height + side - 1) * (width + side - 1) / side**2


def _blocked(weight: npt.NDArray[Any], side: int) -> npt.NDArray[Any]:
    """The kernels of every pixel in a block, in the order of a pixel shuffle."""
    outputs, inputs, height, width = weight.shape
    blocked = np.zeros((outputs, side, side, inputs, height + side - 1, width + side - 1), weight.dtype)
    for dy in range(side):
        for dx in range(side):
            blocked[:, dy, dx, :, dy : dy + height, dx : dx + width] = weight
    kernels: npt.NDArray[Any] = blocked.reshape(outputs * side**2, *blocked.shape[3:])
    return kernels
