"""Writes PReLU behind a convolution in a form that ONNX Runtime runs faster.

Its convolutions keep channels in blocks of 16, and PReLU is not among the operators that read them so: the
tensor is put in order before it and in blocks behind it. LeakyRelu becomes part of the convolution. For
slopes that differ, max(x, 0) + slope * min(x, 0) is x + (1 - slope) * Relu(-x), two convolutions that leave
the channels apart, which stay in blocks.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import onnx

from srfast.passes.draft import Draft
from srfast.passes.rewriting import Rewriting

# With fewer channels the blocks are not full.
_LEAST_CHANNELS = 16


def apply(rewriting: Rewriting) -> bool:
    """Rewrites every PReLU that alone reads what a float convolution gives."""
    draft = rewriting.draft
    found = False
    # First what is known of all: a change has it found out anew.
    known = [
        (node, slopes)
        for node in draft.nodes
        if node.domain in ("", "ai.onnx")
        and node.op_type == "PRelu"
        and (slopes := slopes_behind_convolution(draft, node)) is not None
    ]
    for node, slopes in known:
        name, result = node.input[0], node.output[0]
        if (slopes == slopes[0]).all():
            alpha = float(slopes[0])
            draft.replace(node, onnx.helper.make_node("LeakyRelu", [name], [result], node.name, alpha=alpha))
            found = True
        elif len(slopes) >= _LEAST_CHANNELS:
            draft.replace(node, *_two_convolutions(draft, node, slopes))
            found = True
    return found


def slopes_behind_convolution(draft: Draft, node: onnx.NodeProto) -> npt.NDArray[np.float32] | None:
    """A PReLU's slopes, one for each channel, where it alone reads what a float convolution gives."""
    name = node.input[0]
    maker, slopes, channels = draft.producer(name), draft.weight(node.input[1]), draft.channels(name)
    if maker is None or maker.op_type != "Conv" or draft.weight(maker.input[1]) is None:
        return None
    if not draft.is_private(name) or slopes is None or channels is None:
        return None
    if slopes.shape in ((channels, 1, 1), (1, channels, 1, 1), (1,), ()) or slopes.shape == (1, 1, 1):
        return np.broadcast_to(slopes.ravel(), channels)
    return None


def _two_convolutions(
    draft: Draft, node: onnx.NodeProto, slopes: npt.NDArray[np.float32]
) -> list[onnx.NodeProto]:
    name, like = node.input[0], node.output[0]
    minus = draft.add_weight(np.full((len(slopes), 1, 1, 1), -1, np.float32), node.input[1])
    rest = draft.add_weight((1 - slopes).reshape(-1, 1, 1, 1), node.input[1])
    turned, negative, bent = (draft.new_name(f"{like}_{part}") for part in ("turned", "negative", "bent"))
    make, channels = onnx.helper.make_node, len(slopes)
    return [
        make("Conv", [name, minus], [turned], group=channels),
        make("Relu", [turned], [negative]),
        make("Conv", [negative, rest], [bent], group=channels),
        make("Add", [name, bent], [like], node.name),
    ]
