"""Takes a scale and an offset of the input's planes (a mean, a deviation) out of the network.

Into the weights of the first convolution they cannot go: what lies beyond the border is zero after the
offset, not before. The native pack changes samples to the network's values anyway, so there they cost
nothing.
"""

from __future__ import annotations

from srfast.passes.affine import affine_of
from srfast.passes.draft import rename
from srfast.passes.rewriting import Rewriting


def apply(rewriting: Rewriting) -> bool:
    """Takes out the node that alone reads the input, if that is what it does."""
    draft, ends = rewriting.draft, rewriting.ends
    name = draft.input
    readers = [node for node in draft.readers(name) if node.op_type != "Shape"]
    if len(readers) != 1 or any(entry.name == name for entry in draft.graph.output):
        return False
    (node,) = readers
    found = affine_of(draft, node)
    if found is None or found[0] != name or len(found[1].gain) != rewriting.planes:
        return False
    if any(entry.name == node.output[0] for entry in draft.graph.output):
        return False
    ends.input = ends.input.then(found[1])
    draft.graph.node.remove(node)
    rename(draft.graph, {node.output[0]: name})
    draft.changed()
    return True
