"""Removes nodes that only hand on what they read, so that the other passes see past them."""

from __future__ import annotations

from srfast.passes.rewriting import Rewriting


def apply(rewriting: Rewriting) -> bool:
    """Removes Identity, and Dropout as it is outside of training."""
    draft = rewriting.draft
    found = False
    for node in list(draft.nodes):
        if node.domain not in ("", "ai.onnx") or node.op_type not in ("Identity", "Dropout"):
            continue
        source = node.input[0]
        training = node.input[2] if len(node.input) > 2 else ""
        if training and ((value := draft.constant(training)) is None or value.any()):
            continue
        if len(node.output) == 1 and draft.can_bypass(node, source):
            draft.bypass(node, source)
            found = True
    return found
