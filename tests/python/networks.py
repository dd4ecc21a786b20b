"""Networks of the kinds that people run, with random weights whose output looks like an image."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path

import torch
from torch import nn

import srfast
from srfast.models import EDSR, ESPCN, FSRCNN, SRCNN, Fast, SRVGGNetCompact

# Small, where the size is of no matter to what is tested.
NETWORKS: dict[str, Callable[..., nn.Module]] = {
    "srcnn": SRCNN,
    "fast": Fast,
    "fsrcnn": functools.partial(FSRCNN, features=24, shrunk=8, layers=1),
    "espcn": functools.partial(ESPCN, features=32),
    "edsr": functools.partial(EDSR, features=16, blocks=2),
    "srvgg": functools.partial(SRVGGNetCompact, features=16, layers=5),
}


def exported(name: str, scale: int, path: Path, *, color: str = "rgb", **options: object) -> Path:
    """Exports a network of random weights whose output spreads over 0..1."""
    channels = 1 if color.startswith("y") else 3
    torch.manual_seed(scale)
    network = NETWORKS[name](scale, channels=channels).eval()
    last = [m for m in network.modules() if isinstance(m, (nn.Conv2d, nn.ConvTranspose2d))][-1]
    with torch.no_grad():
        out = network(torch.rand(1, channels, 24, 24))
        last.weight *= 0.25 / out.std().clamp(min=1e-3)
        assert last.bias is not None
        last.bias += 0.5 - network(torch.rand(1, channels, 24, 24)).mean()
    srfast.export_onnx(network, path, conventions=srfast.Conventions(scale, color), **options)  # type: ignore[arg-type]
    return path
