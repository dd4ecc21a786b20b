"""Networks of the kinds that people run, with random weights whose output looks like an image."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path

import onnx
import torch
from torch import nn

import srfast
from srfast import exporters
from srfast.models import EDSR, ESPCN, FSRCNN, SRCNN, VDSR, Fast, SRVGGNetCompact

# Small, where the size is of no matter to what is tested.
NETWORKS: dict[str, Callable[..., nn.Module]] = {
    "srcnn": SRCNN,
    "fast": Fast,
    "fsrcnn": functools.partial(FSRCNN, features=24, shrunk=8, layers=1),
    "espcn": functools.partial(ESPCN, features=32),
    "edsr": functools.partial(EDSR, features=16, blocks=2),
    "srvgg": functools.partial(SRVGGNetCompact, features=16, layers=5),
    "vdsr": functools.partial(VDSR, features=16, layers=4),
}


def network(name: str, scale: int, channels: int = 3) -> nn.Module:
    """A network of random weights whose output spreads over 0..1."""
    torch.manual_seed(scale)
    made = NETWORKS[name](scale, channels=channels).eval()
    last = [m for m in made.modules() if isinstance(m, (nn.Conv2d, nn.ConvTranspose2d))][-1]
    with torch.no_grad():
        out = made(torch.rand(1, channels, 24, 24))
        last.weight *= 0.25 / out.std().clamp(min=1e-3)
        assert last.bias is not None
        last.bias += 0.5 - made(torch.rand(1, channels, 24, 24)).mean()
    return made


def graph(name: str, scale: int, channels: int = 3, size: tuple[int, int] | None = None) -> onnx.ModelProto:
    """The same as a bare ONNX graph, not proven and without metadata, which is quicker."""
    example = torch.zeros(1 if size else 2, channels, *(size or (16, 20)))
    return exporters.by_torchscript(network(name, scale, channels), example, 17, () if size else (0, 2, 3))


def exported(name: str, scale: int, path: Path, *, color: str = "rgb", **options: object) -> Path:
    """Exports such a network, proven and with metadata."""
    made = network(name, scale, 1 if color.startswith("y") else 3)
    srfast.export_onnx(made, path, conventions=srfast.Conventions(scale, color), **options)
    return path
