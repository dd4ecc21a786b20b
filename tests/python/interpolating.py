"""Networks that enlarge by PyTorch's `interpolate`, told the size in each of the ways that people use."""

from __future__ import annotations

from typing import Any

import pytest

WAYS = ["scale", "size", "recompute"]


def network(mode: str, way: str, *, first: bool) -> Any:
    """An enlargement, three times, before a 3x3 convolution of 3 channels, or behind it."""
    torch = pytest.importorskip("torch")

    def enlarged(x: Any) -> Any:
        interpolate = torch.nn.functional.interpolate
        if way == "size":
            return interpolate(x, size=(x.shape[2] * 3, x.shape[3] * 3), mode=mode)
        options = {"recompute_scale_factor": True} if way == "recompute" else {}
        return interpolate(x, scale_factor=3.0, mode=mode, **options)

    class Network(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = torch.nn.Conv2d(3, 3, 3, padding=1)

        def forward(self, x: Any) -> Any:
            return self.conv(enlarged(x)) if first else enlarged(self.conv(x))

    return Network().eval()
