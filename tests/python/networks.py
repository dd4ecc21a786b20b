"""Networks of the kinds that people run, with random weights whose output looks like an image."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import nn

import srfast
from srfast.models import SRCNN, Fast


class Residual(nn.Module):
    """A residual block of EDSR."""

    def __init__(self, features: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(features, features, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(features, features, 3, padding=1),
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.body(x)


class Compact(nn.Module):
    """SRVGGNetCompact: convolutions and PReLU, a pixel shuffle, and the input repeated on top."""

    def __init__(self, scale: int, features: int = 16, layers: int = 5) -> None:
        super().__init__()
        body: list[nn.Module] = [nn.Conv2d(3, features, 3, padding=1), nn.PReLU(features)]
        for _ in range(layers):
            body += [nn.Conv2d(features, features, 3, padding=1), nn.PReLU(features)]
        self.body = nn.Sequential(
            *body, nn.Conv2d(features, 3 * scale**2, 3, padding=1), nn.PixelShuffle(scale)
        )
        self.scale = scale

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.body(x) + nn.functional.interpolate(x, scale_factor=self.scale, mode="nearest")


def fsrcnn(scale: int) -> nn.Module:
    """FSRCNN: a deconvolution at the end."""
    return nn.Sequential(
        nn.Conv2d(3, 24, 5, padding=2),
        nn.PReLU(24),
        nn.Conv2d(24, 8, 1),
        nn.Conv2d(8, 8, 3, padding=1),
        nn.PReLU(8),
        nn.Conv2d(8, 24, 1),
        nn.ConvTranspose2d(24, 3, 9, stride=scale, padding=4, output_padding=scale - 1),
    )


def espcn(scale: int) -> nn.Module:
    """ESPCN: tanh and a pixel shuffle."""
    return nn.Sequential(
        nn.Conv2d(3, 32, 5, padding=2),
        nn.Tanh(),
        nn.Conv2d(32, 16, 3, padding=1),
        nn.Tanh(),
        nn.Conv2d(16, 3 * scale**2, 3, padding=1),
        nn.PixelShuffle(scale),
    )


def edsr(scale: int) -> nn.Module:
    """EDSR, small: residual blocks, convolutions after the shuffle too."""
    return nn.Sequential(
        nn.Conv2d(3, 16, 3, padding=1),
        Residual(16),
        Residual(16),
        nn.Conv2d(16, 16 * scale**2, 3, padding=1),
        nn.PixelShuffle(scale),
        nn.Conv2d(16, 3, 3, padding=1),
    )


NETWORKS = {"srcnn": SRCNN, "fast": Fast, "fsrcnn": fsrcnn, "espcn": espcn, "edsr": edsr, "srvgg": Compact}


def exported(name: str, scale: int, path: Path, **options: object) -> Path:
    """Exports a network of random weights whose output spreads over 0..1."""
    torch.manual_seed(scale)
    network = NETWORKS[name](scale).eval()
    last = [m for m in network.modules() if isinstance(m, (nn.Conv2d, nn.ConvTranspose2d))][-1]
    with torch.no_grad():
        out = network(torch.rand(1, 3, 24, 24))
        last.weight *= 0.25 / out.std().clamp(min=1e-3)
        assert last.bias is not None
        last.bias += 0.5 - network(torch.rand(1, 3, 24, 24)).mean()
    srfast.export_onnx(network, path, conventions=srfast.Conventions(scale=scale), **options)  # type: ignore[arg-type]
    return path
