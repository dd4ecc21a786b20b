"""Leaves the addition of the enlarged input at the end to the native unpack."""

from __future__ import annotations

import numpy as np
import onnx
import onnx.inliner
import onnx.reference

from srfast.passes.affine import Affine, affine_of
from srfast.passes.draft import Draft
from srfast.passes.enlargement import Enlargement, enlargement_of
from srfast.passes.rewriting import Rewriting
from srfast.receptive_field.stencil import IDENTITY
from srfast.receptive_field.values import Axis, Tensor

# What copies of the input's channels are made with.
_COPYING = frozenset(
    {
        "Cast",
        "Concat",
        "Constant",
        "ConstantOfShape",
        "Conv",
        "Div",
        "Equal",
        "Expand",
        "Gather",
        "Mul",
        "Reshape",
    }
    | {"Shape", "Slice", "Split", "Squeeze", "Tile", "Transpose", "Unsqueeze", "Where"}
)


def apply(rewriting: Rewriting) -> bool:
    """Takes out a last addition of the enlarged input.

    The input may be enlarged by `Enlargement`, or each channel repeated before a pixel shuffle, or added as
    it is; and the sum may be scaled afterwards, as long as the image itself comes out unscaled.
    """
    draft, ends = rewriting.draft, rewriting.ends
    node = draft.producer(draft.output)
    if node is None or node.domain not in ("", "ai.onnx") or node.op_type not in ("Add", "Sum"):
        return False
    if ends.residual is not None or len(node.input) != 2:
        return False
    for place in (0, 1):
        details = node.input[1 - place]
        wanted = rewriting.planes * ends.shuffle**2
        if draft.channels(details) != wanted or not draft.can_bypass(node, details):
            continue
        found = _enlarged_input(rewriting, node.input[place])
        if found is None:
            continue
        enlargement, affine = found
        # In terms of the image, not of what the network gets.
        whole = ends.input.then(affine)
        if not np.allclose(whole.gain * ends.output.gain, 1, rtol=1e-6, atol=0):
            continue
        ends.residual = enlargement
        ends.output = Affine(ends.output.gain, ends.output.bias + whole.bias * ends.output.gain)
        draft.bypass(node, details)
        return True
    return False


def _enlarged_input(rewriting: Rewriting, name: str) -> tuple[Enlargement, Affine] | None:
    """How a tensor is the input enlarged, and scaled."""
    draft, shuffle = rewriting.draft, rewriting.ends.shuffle
    if shuffle > 1:
        return (
            (Enlargement("nearest", shuffle), Affine.identity(rewriting.planes))
            if _repeats(rewriting, name, shuffle)
            else None
        )
    if name == draft.input:
        return Enlargement("nearest", 1), Affine.identity(rewriting.planes)
    node = draft.producer(name)
    if node is None:
        return None
    if (found := affine_of(draft, node)) is not None:
        inner = _enlarged_input(rewriting, found[0])
        if inner is None or len(found[1].gain) != rewriting.planes:
            return None
        return inner[0], inner[1].then(found[1])
    if node.op_type == "DepthToSpace" and node.domain in ("", "ai.onnx"):
        block = int(draft.attribute(node, "blocksize", 0))
        if draft.attribute(node, "mode", "DCR") == "CRD" and _repeats(rewriting, node.input[0], block):
            return Enlargement("nearest", block), Affine.identity(rewriting.planes)
        return None
    enlargement = enlargement_of(draft, node)
    if enlargement is None:
        return None
    inner = _enlarged_input(rewriting, node.input[0])
    if inner is None or inner[0].scale != 1:
        return None
    return enlargement, inner[1]


def _repeats(rewriting: Rewriting, name: str, shuffle: int) -> bool:
    """Whether a tensor holds each channel of the input `shuffle` squared times in a row.

    There are many ways to write that, so the part of the graph that makes it, if it is of nodes that copy
    only, is run on small noise.
    """
    draft, planes = rewriting.draft, rewriting.planes
    value = draft.value(name)
    if draft.channels(name) != planes * shuffle**2 or not isinstance(value, Tensor):
        return False
    axes = [side for side in value.sides[2:] if isinstance(side, Axis)]
    if len(axes) != 2 or any(axis.stencil != IDENTITY or axis.extra for axis in axes):
        return False
    graph = _part(draft, name)
    if graph is None:
        return False
    entry = next(entry for entry in draft.graph.input if entry.name == draft.input)
    sides = [
        dim.dim_value if dim.HasField("dim_value") else small
        for dim, small in zip(entry.type.tensor_type.shape.dim, (1, planes, 3, 4), strict=True)
    ]
    image = np.random.default_rng(0).uniform(-1, 1, sides).astype(np.float32)
    try:
        (made,) = onnx.reference.ReferenceEvaluator(graph).run(None, {draft.input: image})
    except Exception:  # onnx's reference raises whatever comes; then nothing is known
        return False
    return bool(np.array_equal(made, image.repeat(shuffle**2, axis=1)))


def _part(draft: Draft, name: str) -> onnx.ModelProto | None:
    """The part of the graph that makes a tensor, if only copying nodes do."""
    wanted, nodes = {name}, []
    for node in reversed(draft.nodes):
        if wanted.intersection(node.output):
            if node.op_type not in _COPYING or node.domain not in ("", "ai.onnx"):
                return None
            wanted.update(node.input)
            nodes.append(node)
    part = onnx.ModelProto()
    part.CopyFrom(draft.model)
    del part.graph.node[:], part.graph.initializer[:], part.graph.output[:]
    part.graph.node.extend(nodes[::-1])
    part.graph.initializer.extend(entry for entry in draft.graph.initializer if entry.name in wanted)
    part.graph.output.append(onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, None))
    return part
