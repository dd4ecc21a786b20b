"""How each network is known by the names and shapes of its weights alone.

Every function gives the arguments that the network's constructor takes, `upscale_factor` among them where
the weights depend on it, or None where the weights are another network's. They look at a few weights only:
whoever builds the network compares them all.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import Tensor

Weights = Mapping[str, "Tensor"]


def _are_kernels(weights: Weights, *names: str) -> bool:
    """Whether all of these are there and have the four axes of a 2-D convolution's weights."""
    return all(name in weights and weights[name].ndim == 4 for name in names)


def _count(weights: Weights, pattern: str) -> int:
    """How many names match."""
    return sum(re.fullmatch(pattern, name) is not None for name in weights)


def _shuffled(maps: int, channels: int) -> dict[str, int]:
    """The scale of a pixel shuffle that makes `channels` of so many maps, if there is one."""
    scale = math.isqrt(maps // max(1, channels))
    return {"upscale_factor": scale} if maps == channels * scale**2 and scale else {}


def _srcnn(weights: Weights) -> dict[str, Any] | None:
    return None if _first_of_three(weights) != 9 else {"channels": weights["conv1.weight"].shape[1]}


def _espcn(weights: Weights) -> dict[str, Any] | None:
    if _first_of_three(weights) != 5:
        return None
    features, channels = weights["conv1.weight"].shape[:2]
    scale = _shuffled(weights["conv3.weight"].shape[0], channels)
    return {"channels": channels, "features": features, **scale}


def _first_of_three(weights: Weights) -> int | None:
    """The side of the first kernel, which tells SRCNN and ESPCN apart: their layers have the same names."""
    names = {f"conv{number}.{kind}" for number in (1, 2, 3) for kind in ("weight", "bias")}
    if weights.keys() != names or not _are_kernels(weights, "conv1.weight", "conv3.weight"):
        return None
    return weights["conv1.weight"].shape[2]


def _fast(weights: Weights) -> dict[str, Any] | None:
    if not _are_kernels(weights, "first.weight", "last.weight"):
        return None
    features, channels = weights["first.weight"].shape[:2]
    scale = _shuffled(weights["last.weight"].shape[0], channels)
    layers = _count(weights, r"middle\.\d+\.weight")
    return {"channels": channels, "features": features, "layers": layers, **scale}


def _fsrcnn(weights: Weights) -> dict[str, Any] | None:
    if not _are_kernels(weights, "extract.0.weight", "shrink.0.weight", "enlarge.weight"):
        return None
    features, channels = weights["extract.0.weight"].shape[:2]
    shrunk = weights["shrink.0.weight"].shape[0]
    layers = _count(weights, r"map\.\d+\.bias")
    return {"channels": channels, "features": features, "shrunk": shrunk, "layers": layers}


def _edsr(weights: Weights) -> dict[str, Any] | None:
    if not _are_kernels(weights, "conv_first.weight", "conv_after_body.weight", "conv_last.weight"):
        return None
    features, channels = weights["conv_first.weight"].shape[:2]
    scale = 1
    for name, kernel in weights.items():
        if re.fullmatch(r"upsample\.\d+\.weight", name) and kernel.ndim == 4:
            scale *= max(1, math.isqrt(kernel.shape[0] // max(1, kernel.shape[1])))
    blocks = _count(weights, r"body\.\d+\.conv1\.weight")
    return {"channels": channels, "features": features, "blocks": blocks, "upscale_factor": scale}


def _srvgg(weights: Weights) -> dict[str, Any] | None:
    last = 2 * _count(weights, r"body\.\d+\.bias") - 2  # convolutions and PReLUs take turns
    if "body.1.weight" not in weights or not _are_kernels(weights, "body.0.weight", f"body.{last}.weight"):
        return None
    features, channels = weights["body.0.weight"].shape[:2]
    scale = _shuffled(weights[f"body.{last}.weight"].shape[0], channels)
    return {"channels": channels, "features": features, "layers": last // 2 - 1, **scale}


def _vdsr(weights: Weights) -> dict[str, Any] | None:
    # Like SRVGGNetCompact's, but the ReLUs between the convolutions have no weights.
    layers = _count(weights, r"body\.\d+\.weight")
    if "body.1.weight" in weights or not _are_kernels(weights, "body.0.weight"):
        return None
    features, channels = weights["body.0.weight"].shape[:2]
    return {"channels": channels, "features": features, "layers": layers}


LAYOUTS: Mapping[str, Callable[[Weights], dict[str, Any] | None]] = {
    "edsr": _edsr,
    "espcn": _espcn,
    "fast": _fast,
    "fsrcnn": _fsrcnn,
    "srcnn": _srcnn,
    "srvgg": _srvgg,
    "vdsr": _vdsr,
}
"""By the names of `srfast.models.ARCHITECTURES`."""
