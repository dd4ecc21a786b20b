"""Removes nodes that only hand on what they read, so that the other passes see past them."""

from __future__ import annotations

import onnx

from srfast.passes.draft import Draft, rename
from srfast.passes.rewriting import Rewriting


def apply(rewriting: Rewriting) -> bool:
    """Removes Identity, and Dropout as it is outside of training."""
    draft = rewriting.draft
    sources: dict[str, str] = {}
    for node in draft.nodes:
        source = _source(draft, node)
        if source is not None and node.output[0] != draft.output and draft.can_bypass(node, source):
            sources[node.output[0]] = sources.get(source, source)
    if sources:  # all at once: there may be hundreds
        rename(draft.graph, sources)
        draft.changed()
    last = draft.producer(draft.output)
    source = None if last is None else _source(draft, last)
    if last is None or source is None or not draft.can_bypass(last, source):
        return bool(sources)
    draft.bypass(last, source)
    return True


def _source(draft: Draft, node: onnx.NodeProto) -> str | None:
    """What a node hands on, if that is all that it does."""
    if node.domain not in ("", "ai.onnx") or node.op_type not in ("Identity", "Dropout"):
        return None
    training = node.input[2] if len(node.input) > 2 else ""
    if training and ((value := draft.constant(training)) is None or value.any()):
        return None
    return node.input[0] if len(node.output) == 1 else None
