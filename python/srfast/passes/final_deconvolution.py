"""Turns a transposed convolution at the end into a convolution of the small image and a pixel shuffle.

A pixel of the result is a sum over those pixels of the small image that the kernel's taps reach it from.
Which taps they are depends only on the pixel's place in its block of stride x stride, so for every place in
the block there is one kernel of a plain convolution. ONNX Runtime runs the transposed one as a matrix product
into a large intermediate, from which sums are gathered.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import onnx

from srfast.passes.draft import Draft
from srfast.passes.ends import LARGEST_SHUFFLE
from srfast.passes.rewriting import Rewriting


def apply(rewriting: Rewriting) -> bool:
    """Rewrites it, if its result is exactly stride times as large as what it takes."""
    draft, ends = rewriting.draft, rewriting.ends
    node = draft.last("ConvTranspose")
    weight = None if node is None else draft.weight(node.input[1])
    if node is None or weight is None or ends.shuffle != 1 or weight.shape[1] != rewriting.planes:
        return False
    sizes = _sizes(draft, node, weight)
    if sizes is None:
        return False
    stride, pads = sizes
    kernel, before, after = _kernel(weight, stride, pads)
    inputs = [node.input[0], draft.add_weight(kernel, node.input[1])]
    if len(node.input) > 2 and node.input[2]:
        bias = draft.weight(node.input[2])
        if bias is None:
            return False
        inputs.append(draft.add_weight(bias.repeat(stride**2), node.input[2]))
    conv = onnx.helper.make_node("Conv", inputs, [node.output[0]], node.name, pads=[*before, *after])
    ends.shuffle = stride
    draft.replace(node, conv)
    return True


def _sizes(
    draft: Draft, node: onnx.NodeProto, weight: npt.NDArray[np.float32]
) -> tuple[int, tuple[int, int]] | None:
    """The stride, and the padding at the top and at the left."""
    strides = draft.attribute(node, "strides", [1, 1])
    pads = draft.attribute(node, "pads", [0, 0, 0, 0])
    more = draft.attribute(node, "output_padding", [0, 0])
    plain = (
        draft.attribute(node, "group", 1) == 1
        and list(draft.attribute(node, "dilations", [1, 1])) == [1, 1]
        and draft.attribute(node, "auto_pad", "NOTSET") == "NOTSET"
        and draft.attribute(node, "output_shape", None) is None
    )
    if not plain or len(strides) != 2 or strides[0] != strides[1] or not 2 <= strides[0] <= LARGEST_SHUFFLE:
        return None
    stride = int(strides[0])
    for axis in (0, 1):  # (size - 1) * stride - pads + kernel + more = size * stride
        if weight.shape[2 + axis] - pads[axis] - pads[2 + axis] + more[axis] != stride:
            return None
    return stride, (pads[0], pads[1])


def _kernel(
    weight: npt.NDArray[np.float32], stride: int, pads: tuple[int, int]
) -> tuple[npt.NDArray[np.float32], list[int], list[int]]:
    """The convolution's weights, its padding at the top and left, and that at the bottom and right.

    Pixel q * stride + r gets tap u of pixel i where q * stride + r + pad = i * stride + u, so from the pixel
    i - q = (r + pad - u) / stride away.
    """
    taps: list[list[tuple[int, int, int]]] = []  # for both axes: r, u, i - q
    for size, pad in zip(weight.shape[2:], pads, strict=True):
        taps.append(
            [
                (r, u, (r + pad - u) // stride)
                for r in range(stride)
                for u in range(size)
                if (r + pad - u) % stride == 0
            ]
        )
    first = [min(0, *(away for _, _, away in axis)) for axis in taps]
    last = [max(0, *(away for _, _, away in axis)) for axis in taps]
    into, out = weight.shape[:2]
    sides = [end - begin + 1 for begin, end in zip(first, last, strict=True)]
    kernel = np.zeros((out, stride, stride, into, *sides), np.float32)
    for dy, u, down in taps[0]:
        for dx, v, right in taps[1]:
            kernel[:, dy, dx, :, down - first[0], right - first[1]] += weight[:, :, u, v].T
    kernel = kernel.reshape(out * stride**2, into, *sides)
    return kernel, [-begin for begin in first], last
