"""Has a last convolution with few output channels give a block of pixels at once.

ONNX Runtime fills the output channels of a convolution up to a multiple of 16 (8 without AVX-512), so of
three channels most of the work is lost. A convolution with a stride of R, the kernel of R x R neighbouring
pixels, and R x R times as many outputs does the same sums, and fewer of them are lost. The pixel shuffle
behind it is left to the native unpack.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import onnx

from srfast.passes.rewriting import Rewriting

_BLOCK = 16
_LARGEST = 4


def apply(rewriting: Rewriting) -> bool:
    """Rewrites the last convolution, if that saves work."""
    draft, ends = rewriting.draft, rewriting.ends
    node = draft.last("Conv")
    weight = None if node is None else draft.weight(node.input[1])
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
    best = min(range(1, _LARGEST + 1), key=lambda side: _work(weight.shape, side))
    if not plain or best == 1:
        return False
    inputs = [node.input[0], draft.add_weight(_blocked(weight, best), node.input[1])]
    if len(node.input) > 2 and node.input[2]:
        bias = draft.weight(node.input[2])
        if bias is None:
            return False
        inputs.append(draft.add_weight(bias.repeat(best**2), node.input[2]))
    around = [pads[0], pads[1], pads[2] + best - 1, pads[3] + best - 1]
    conv = onnx.helper.make_node("Conv", inputs, [node.output[0]], node.name, strides=[best] * 2, pads=around)
    ends.shuffle = best
    draft.replace(node, conv)
    return True


def _work(shape: Sequence[int], side: int) -> float:
    """Products per pixel and input channel of a convolution that gives blocks of side x side pixels."""
    outputs, _, height, width = shape
    filled = -(-outputs * side**2 // _BLOCK) * _BLOCK
    return filled * (height + side - 1) * (width + side - 1) / side**2


def _blocked(weight: npt.NDArray[np.float32], side: int) -> npt.NDArray[np.float32]:
    """The kernels of every pixel in a block, in the order of a pixel shuffle."""
    outputs, inputs, height, width = weight.shape
    blocked = np.zeros((outputs, side, side, inputs, height + side - 1, width + side - 1), np.float32)
    for dy in range(side):
        for dx in range(side):
            blocked[:, dy, dx, :, dy : dy + height, dx : dx + width] = weight
    kernels: npt.NDArray[np.float32] = blocked.reshape(outputs * side**2, *blocked.shape[3:])
    return kernels
