"""Takes a maximum or a minimum of 8-bit integers as they are, without making floats of them.

A larger integer stands for a larger number where the step is positive and everybody has the same one, as
`srfast quantize` writes them. ONNX Runtime has the operators for integers, but does not see that it could use
them.
"""

from __future__ import annotations

import onnx

from srfast import runtime_library
from srfast.passes.draft import Draft
from srfast.passes.rewriting import Rewriting

_OPSET = 12
"""The first whose Max and Min take integers."""
_RELEASE = (1, 24)
"""The first of ONNX Runtime that has them for 8 bits."""


def apply(rewriting: Rewriting) -> bool:
    """Rewrites every one whose operands and whose result are quantised alike."""
    draft = rewriting.draft
    if draft.opset < _OPSET or runtime_library.release() < _RELEASE:
        return False
    found = []  # first all, since a change has what is known found out anew
    for node in draft.nodes:
        if node.domain not in ("", "ai.onnx") or node.op_type not in ("Max", "Min"):
            continue
        readers = draft.readers(node.output[0])
        makers = [draft.producer(name) for name in node.input]
        if len(readers) != 1 or not draft.is_private(node.output[0]) or None in makers:
            continue
        around = [*(maker for maker in makers if maker is not None), readers[0]]
        kinds = ["DequantizeLinear"] * len(makers) + ["QuantizeLinear"]
        if [each.op_type for each in around] != kinds or len({_step(draft, each) for each in around}) != 1:
            continue
        if _step(draft, readers[0]) is None:
            continue
        operands = [maker.input[0] for maker in around[:-1]]
        integers = onnx.helper.make_node(node.op_type, operands, [readers[0].output[0]], node.name)
        found.append((node, integers, readers[0]))
    for node, integers, rounding in found:
        draft.replace(node, integers)
        draft.graph.node.remove(rounding)
        draft.changed()
    return bool(found)


def _step(draft: Draft, node: onnx.NodeProto) -> tuple[float, int, str] | None:
    """The step between integers, which of them is zero, and their type; None unless all values share them."""
    if len(node.input) < 3:
        return None
    scale, zero = draft.constant(node.input[1]), draft.constant(node.input[2])
    if scale is None or zero is None or scale.size != 1 or zero.size != 1 or not scale.item() > 0:
        return None
    return scale.item(), zero.item(), str(zero.dtype)
