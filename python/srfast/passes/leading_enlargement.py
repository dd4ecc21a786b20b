"""Takes the enlargement that a network begins with out of it, for srfast to do it natively."""

from __future__ import annotations

import onnx

from srfast.passes.draft import Draft, reads, rename
from srfast.passes.enlargement import enlargement_of
from srfast.passes.rewriting import Rewriting


def apply(rewriting: Rewriting) -> bool:
    """Takes it out.

    What the network takes is the enlarged image then (of open size where it was open). A network is left
    alone that needs its input for anything else, or that begins otherwise than `Enlargement` describes.
    """
    draft, ends = rewriting.draft, rewriting.ends
    # Of a file that says itself that it takes an enlarged image, the native side enlarges that already.
    said = any(pair.key == "srfast.enlarge" for pair in draft.model.metadata_props)
    if said or ends.enlarge is not None or ends.residual is not None:
        return False
    node = _leading_node(draft)
    enlargement = None if node is None else enlargement_of(draft, node)
    if node is None or enlargement is None or _needed_elsewhere(draft, draft.input, node):
        return False
    _take_out(draft, node, enlargement.scale)
    ends.enlarge = enlargement
    return True


def _leading_node(draft: Draft) -> onnx.NodeProto | None:
    """The node that alone reads the pixels of the first input, if that is an enlargement."""
    name = draft.input
    if not name or any(entry.name == name for entry in draft.graph.output):
        return None
    entry = next(entry for entry in draft.graph.input if entry.name == name)
    readers = [node for node in draft.readers(name) if node.op_type != "Shape"]
    if entry.type.tensor_type.elem_type != onnx.TensorProto.FLOAT or len(readers) != 1:
        return None
    return readers[0] if readers[0].input[0] == name else None


def _needed_elsewhere(draft: Draft, name: str, node: onnx.NodeProto) -> bool:
    """Whether the outputs need a tensor otherwise than through this node."""
    wanted = {entry.name for entry in draft.graph.output}
    for other in reversed(draft.nodes):
        if other != node and wanted.intersection(other.output):
            wanted.update(reads(other))
    return name in wanted


def _take_out(draft: Draft, node: onnx.NodeProto, scale: int) -> None:
    graph, small, large = draft.graph, node.input[0], node.output[0]
    # For the output's sake, if it is the enlarged image.
    draft.replace(node, onnx.helper.make_node("Identity", [small], [large], node.name))
    rename(graph, {large: small})
    for side in next(entry for entry in graph.input if entry.name == small).type.tensor_type.shape.dim[2:]:
        if side.HasField("dim_value"):
            side.dim_value *= scale
        elif side.dim_param:
            side.dim_param = f"{scale}*{side.dim_param}"
    draft.changed()
