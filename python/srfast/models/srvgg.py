"""SRVGGNetCompact: a plain stack with PReLU and a pixel shuffle, on top of the repeated input."""

from __future__ import annotations

import torch
from torch import nn


class SRVGGNetCompact(nn.Module):
    """SRVGGNetCompact, the small network of Real-ESRGAN.

    From X. Wang, L. Xie, C. Dong and Y. Shan, "Real-ESRGAN: Training Real-World Blind Super-Resolution with
    Pure Synthetic Data", https://arxiv.org/abs/2107.10833, and its program, which brought this network.
    621,424 parameters at four times with three channels and 16 layers. The modules are called as in
    Real-ESRGAN's weights.

    Args:
        upscale_factor: Output pixels per input pixel along each axis, at least 1.
        channels: Channels of the image: 3 for colour, 1 for luma.
        features: Channels between the convolutions.
        layers: 3x3 convolutions between the first and the last.
    """

    def __init__(self, upscale_factor: int, channels: int = 3, features: int = 64, layers: int = 16) -> None:
        super().__init__()
        body: list[nn.Module] = [nn.Conv2d(channels, features, 3, padding=1), nn.PReLU(features)]
        for _ in range(layers):
            body += [nn.Conv2d(features, features, 3, padding=1), nn.PReLU(features)]
        self.body = nn.Sequential(*body, nn.Conv2d(features, channels * upscale_factor**2, 3, padding=1))
        self.shuffle = nn.PixelShuffle(upscale_factor)
        self.repeat = nn.Upsample(scale_factor=float(upscale_factor), mode="nearest")

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """Enlarges a batch.

        Args:
            image: Float NCHW, in the value range that the weights were trained for (usually 0..1).

        Returns:
            Float NCHW of the same range (not clipped), `upscale_factor` times as high and wide.
        """
        details: torch.Tensor = self.shuffle(self.body(image))
        repeated: torch.Tensor = self.repeat(image)
        return details + repeated
