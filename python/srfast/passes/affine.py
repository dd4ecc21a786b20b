"""What is done to each plane of an image alone: times a number, plus a number."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import onnx

from srfast.passes.draft import Draft

Numbers = npt.NDArray[np.float64]


@dataclasses.dataclass(frozen=True, eq=False)
class Affine:
    """value * gain + bias.

    Attributes:
        gain: One number a plane, none of them zero.
        bias: One number a plane.
    """

    gain: Numbers
    bias: Numbers

    @classmethod
    def identity(cls, planes: int) -> Affine:
        """That which changes nothing."""
        return cls(np.ones(planes), np.zeros(planes))

    @property
    def is_identity(self) -> bool:
        """Whether it changes nothing."""
        return bool((self.gain == 1).all() and (self.bias == 0).all())

    def then(self, later: Affine) -> Affine:
        """This one, and `later` on what it gives."""
        return Affine(self.gain * later.gain, self.bias * later.gain + later.bias)

    def per_plane(self, copies: int) -> Affine | None:
        """The same for planes of which each was `copies` channels in a row, if it treats those alike."""
        gain, bias = self.gain.reshape(-1, copies), self.bias.reshape(-1, copies)
        if (gain != gain[:, :1]).any() or (bias != bias[:, :1]).any():
            return None
        return Affine(gain[:, 0], bias[:, 0])


def affine_of(draft: Draft, node: onnx.NodeProto) -> tuple[str, Affine] | None:
    """The tensor that a node changes by fixed numbers alone, one pair for every channel, and the numbers."""
    if node.domain not in ("", "ai.onnx") or node.op_type not in _KINDS:
        return None
    found = _KINDS[node.op_type](draft, node)
    if found is None:
        return None
    gain, bias = found[1].gain, found[1].bias
    usable = np.isfinite(gain).all() and np.isfinite(bias).all() and (gain != 0).all()
    return found if usable else None


def _arithmetic(draft: Draft, node: onnx.NodeProto) -> tuple[str, Affine] | None:
    for place in (0, 1):
        data, other = node.input[place], node.input[1 - place]
        channels, constant = draft.channels(data), draft.constant(other)
        if channels is None or constant is None:
            continue
        number = _per_channel(constant, channels)
        if number is None:
            return None
        one, zero = np.ones(channels), np.zeros(channels)
        if node.op_type == "Mul":
            return data, Affine(number, zero)
        if node.op_type == "Add":
            return data, Affine(one, number)
        if node.op_type == "Sub":
            return data, Affine(one, -number) if place == 0 else Affine(-one, number)
        if node.op_type == "Div" and place == 0 and (number != 0).all():
            return data, Affine(1 / number, zero)
        return None
    return None


def _negation(draft: Draft, node: onnx.NodeProto) -> tuple[str, Affine] | None:
    channels = draft.channels(node.input[0])
    return None if channels is None else (node.input[0], Affine(-np.ones(channels), np.zeros(channels)))


def _convolution(draft: Draft, node: onnx.NodeProto) -> tuple[str, Affine] | None:
    """A 1x1 convolution that leaves the channels apart, as networks subtract a mean colour."""
    channels, weight = draft.channels(node.input[0]), draft.constant(node.input[1])
    if channels is None or weight is None or weight.shape[2:] != (1, 1):
        return None
    if list(draft.attribute(node, "strides", [1, 1])) != [1, 1]:
        return None
    if any(draft.attribute(node, "pads", [0])) or draft.attribute(node, "auto_pad", "NOTSET") != "NOTSET":
        return None
    matrix = weight[:, :, 0, 0].astype(np.float64)
    if matrix.shape == (channels, 1) and draft.attribute(node, "group", 1) == channels:
        gain = matrix[:, 0]
    elif matrix.shape == (channels, channels) and (matrix == np.diag(np.diag(matrix))).all():
        gain = np.diag(matrix).copy()
    else:
        return None
    bias = draft.constant(node.input[2]) if len(node.input) > 2 and node.input[2] else np.zeros(channels)
    return None if bias is None else (node.input[0], Affine(gain, bias.astype(np.float64)))


def _batch_norm(draft: Draft, node: onnx.NodeProto) -> tuple[str, Affine] | None:
    constants = [draft.constant(name) for name in node.input[1:5]]
    if len(node.output) != 1 or draft.attribute(node, "training_mode", 0):
        return None
    scale, bias, mean, variance = (None if c is None else c.astype(np.float64) for c in constants)
    if scale is None or bias is None or mean is None or variance is None:
        return None
    gain = scale / np.sqrt(variance + draft.attribute(node, "epsilon", 1e-5))
    return node.input[0], Affine(gain, bias - mean * gain)


def _per_channel(constant: npt.NDArray[np.generic], channels: int) -> Numbers | None:
    """One number a channel of an NCHW tensor that a constant is broadcast against, if there is one."""
    if constant.dtype.kind != "f" or constant.ndim > 4:
        return None
    sides = (1,) * (4 - constant.ndim) + constant.shape
    if sides[0] != 1 or sides[1] not in (1, channels) or sides[2:] != (1, 1):
        return None
    numbers: Numbers = np.broadcast_to(constant.astype(np.float64).ravel(), (channels,)).copy()
    return numbers


_KINDS: dict[str, Callable[[Draft, onnx.NodeProto], tuple[str, Affine] | None]] = {
    "Add": _arithmetic,
    "BatchNormalization": _batch_norm,
    "Conv": _convolution,
    "Div": _arithmetic,
    "Mul": _arithmetic,
    "Neg": _negation,
    "Sub": _arithmetic,
}
