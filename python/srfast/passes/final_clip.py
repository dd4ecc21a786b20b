"""Drops the clipping to the range of values at the end: the native unpack clips to it anyway."""

from __future__ import annotations

import onnx

from srfast.passes.draft import Draft
from srfast.passes.ends import Ends
from srfast.passes.rewriting import Rewriting


def apply(rewriting: Rewriting) -> bool:
    """Drops a last Clip to exactly the range of values.

    Not for luma, which stands for colours that are clipped when they are put together.
    """
    draft = rewriting.draft
    node = draft.producer(draft.output)
    if node is None or node.op_type != "Clip" or node.domain not in ("", "ai.onnx"):
        return False
    if rewriting.planes != 3 or not _untouched(rewriting.ends) or not draft.can_bypass(node, node.input[0]):
        return False
    if _limits(draft, node) != rewriting.value_range:
        return False
    draft.bypass(node, node.input[0])
    return True


def _untouched(ends: Ends) -> bool:
    """Whether what the network gives is the result as it is, or shuffled."""
    return ends.output.is_identity and ends.residual is None


def _limits(draft: Draft, node: onnx.NodeProto) -> tuple[float, float] | None:
    limits = []
    for place, name in enumerate(("min", "max"), start=1):
        value = draft.attribute(node, name, None)
        if value is None and len(node.input) > place and node.input[place]:
            array = draft.constant(node.input[place])
            value = None if array is None or array.size != 1 else array.item()
        if value is None:
            return None
        limits.append(float(value))
    return limits[0], limits[1]
