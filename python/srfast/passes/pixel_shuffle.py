"""Leaves the pixel shuffle at the end to the native unpack."""

from __future__ import annotations

import numpy as np
import onnx

from srfast.passes.draft import POINTWISE, Draft
from srfast.passes.ends import LARGEST_SHUFFLE
from srfast.passes.rewriting import Rewriting
from srfast.receptive_field.node import Alignment, Node
from srfast.receptive_field.values import UnboundedError


def apply(rewriting: Rewriting) -> bool:
    """Takes out a last pixel shuffle: DepthToSpace, or reshape, transpose and reshape.

    Pointwise functions behind it may stay: it is all the same to them. Where the channels lie in another
    order than PyTorch has them, those of the convolution before are put in that order.
    """
    draft, ends = rewriting.draft, rewriting.ends
    node = draft.last("DepthToSpace", "Reshape")
    found = None if node is None else _shuffle(draft, node)
    if node is None or found is None or ends.shuffle != 1:
        return False
    source, scale, mode = found
    if scale > LARGEST_SHUFFLE:
        return False
    if draft.channels(source) != rewriting.planes * scale**2 or not draft.can_bypass(node, source):
        return False
    if mode == "DCR" and rewriting.planes > 1 and not _reorder(draft, source, rewriting.planes):
        return False
    ends.shuffle = scale
    draft.bypass(node, source)
    return True


def _shuffle(draft: Draft, node: onnx.NodeProto) -> tuple[str, int, str] | None:
    """What is shuffled, by how much, and how the channels lie."""
    if node.op_type == "DepthToSpace":
        block = int(draft.attribute(node, "blocksize", 0))
        return (node.input[0], block, draft.attribute(node, "mode", "DCR")) if block > 1 else None
    transpose = draft.producer(node.input[0])
    if transpose is None or transpose.op_type != "Transpose":
        return None
    split = draft.producer(transpose.input[0])
    if split is None or split.op_type != "Reshape":
        return None
    mode = _ORDERS.get(tuple(draft.attribute(transpose, "perm", ())))
    parts = _parts(draft, split)
    channels, planes = draft.channels(split.input[0]), draft.channels(node.output[0])
    if mode is None or parts is None or channels is None or planes is None:
        return None
    if mode == "DCR":
        parts = [parts[2], parts[0], parts[1]]
    block = parts[1]
    if parts != [planes, block, block] or block < 2 or channels != planes * block**2:
        return None
    return split.input[0], block, mode


_ORDERS = {(0, 1, 4, 2, 5, 3): "CRD", (0, 3, 4, 1, 5, 2): "DCR"}
"""Where the axes that the channels were split into go to."""


def _parts(draft: Draft, split: onnx.NodeProto) -> list[int] | None:
    """What a reshape splits the channels into, if the other axes stay as they are: of six sides, 1 to 3."""
    try:
        values = [draft.value(name) for name in split.input]
        target = Node(split, draft.opset, values, Alignment()).sizes(1)
    except UnboundedError:
        return None
    if len(target) != 6 or not all(size.is_constant for size in target[1:4]):
        return None
    return [int(size.constant) for size in target[1:4]]


def _reorder(draft: Draft, name: str, planes: int) -> bool:
    """Has a convolution give its channels as PyTorch's shuffle takes them, not as TensorFlow's does."""
    while (
        (node := draft.producer(name)) is not None and node.op_type in POINTWISE and _one_reader(draft, name)
    ):
        name = node.input[0]
    if node is None or node.op_type != "Conv" or not _one_reader(draft, name):
        return False
    if draft.attribute(node, "group", 1) != 1:
        return False
    arrays = [draft.weight(entry) for entry in node.input[1:] if entry]
    if any(array is None for array in arrays):
        return False
    for place, entry in enumerate(node.input[1:], start=1):
        if entry:
            array = draft.weight(entry)
            assert array is not None
            ordered = array.reshape(-1, planes, *array.shape[1:]).swapaxes(0, 1).reshape(array.shape)
            node.input[place] = draft.add_weight(np.ascontiguousarray(ordered), entry)
    draft.changed()
    return True


def _one_reader(draft: Draft, name: str) -> bool:
    """Whether one node alone reads the values of a tensor; its shape, others may ask for."""
    is_output = any(entry.name == name for entry in draft.graph.output)
    return not is_output and sum(reader.op_type != "Shape" for reader in draft.readers(name)) == 1
