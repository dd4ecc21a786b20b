"""Enlargements that srfast does natively, and the nodes that are one."""

from __future__ import annotations

import dataclasses
from typing import Literal

import onnx

from srfast.passes.draft import Draft
from srfast.receptive_field import ReceptiveField, receptive_field
from srfast.receptive_field.resize import resized
from srfast.receptive_field.stencil import repeated


@dataclasses.dataclass(frozen=True)
class Enlargement:
    """An enlargement by a whole number, with pixel centres and borders as PyTorch has them.

    Output pixel i lies at (i + 0.5) / scale - 0.5 of the input. Beyond the border, the edge pixel repeats.

    Attributes:
        mode: "nearest" (pixel i // scale), "linear", or "cubic" (the cubic convolution kernel of R. Keys,
            1981, with a = -0.75).
        scale: Output pixels per input pixel along both axes, at least 1.
    """

    mode: Literal["nearest", "linear", "cubic"]
    scale: int

    def __str__(self) -> str:
        return f"{self.mode} {self.scale}"


def enlargement_of(draft: Draft, node: onnx.NodeProto) -> Enlargement | None:
    """The enlargement, at least twofold, that a node does of an image that is as large as the input."""
    if node.domain not in ("", "ai.onnx") or node.op_type not in ("Resize", "Upsample"):
        return None
    # How a scale may be written, or computed from sizes, is the business of the receptive field.
    beginning = onnx.ModelProto()
    beginning.CopyFrom(draft.model)
    del beginning.graph.output[:]
    beginning.graph.output.append(onnx.ValueInfoProto(name=node.output[0]))
    field = receptive_field(beginning)
    if not isinstance(field, ReceptiveField) or field.scale.denominator != 1 or field.scale < 2:
        return None
    scale = int(field.scale)

    mode = draft.attribute(node, "mode", "nearest")
    if node.op_type == "Upsample" or draft.opset < 11:
        coordinates, nearest = "asymmetric", "floor"
    else:
        coordinates = draft.attribute(node, "coordinate_transformation_mode", "half_pixel")
        nearest = draft.attribute(node, "nearest_mode", "round_prefer_floor")
    if mode == "nearest":
        same = resized(field.scale, mode, coordinates, nearest) == repeated(scale)
        return Enlargement("nearest", scale) if same else None
    if coordinates not in ("half_pixel", "pytorch_half_pixel") or draft.attribute(node, "antialias", 0):
        return None
    if mode == "linear":
        return Enlargement("linear", scale)
    if draft.attribute(node, "cubic_coeff_a", -0.75) != -0.75 or draft.attribute(node, "exclude_outside", 0):
        return None
    return Enlargement("cubic", scale)
