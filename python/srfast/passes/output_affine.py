"""Leaves a scale and an offset of the result's planes to the native unpack, which changes them anyway."""

from __future__ import annotations

from srfast.passes.affine import affine_of
from srfast.passes.rewriting import Rewriting


def apply(rewriting: Rewriting) -> bool:
    """Takes out the last node, if it only does the same to all values of a plane."""
    draft, ends = rewriting.draft, rewriting.ends
    node = draft.producer(draft.output)
    found = None if node is None else affine_of(draft, node)
    if node is None or found is None or not draft.can_bypass(node, found[0]):
        return False
    name, affine = found
    if draft.channels(name) != rewriting.planes * ends.shuffle**2:
        return False
    per_plane = affine.per_plane(ends.shuffle**2)
    if per_plane is None:
        return False
    ends.output = per_plane.then(ends.output)
    draft.bypass(node, name)
    return True
