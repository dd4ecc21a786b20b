"""EDSR: residual blocks without normalisation in low-resolution space."""

from __future__ import annotations

import torch
from torch import nn


class ResidualBlock(nn.Module):
    """Two 3x3 convolutions around a ReLU, added to their input."""

    def __init__(self, features: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(features, features, 3, padding=1)
        self.conv2 = nn.Conv2d(features, features, 3, padding=1)
        self.relu = nn.ReLU()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Maps float NCHW to the same shape."""
        details: torch.Tensor = self.conv2(self.relu(self.conv1(x)))
        return x + details


class EDSR(nn.Module):
    """EDSR-baseline: sixteen residual blocks of 64 channels.

    From B. Lim, S. Son, H. Kim, S. Nah and K. M. Lee, "Enhanced Deep Residual Networks for Single Image
    Super-Resolution", https://arxiv.org/abs/1707.02921. 1,369,859 parameters at two times, 1,554,499 at three
    and 1,517,571 at four, with three channels. The paper's network takes the mean colour of its training
    images off; that is left to the weights here. The modules are called as in BasicSR's weights.

    Args:
        upscale_factor: Output pixels per input pixel along each axis, at least 1. Powers of two are reached
            in steps of two, as in the paper.
        channels: Channels of the image: 3 for colour, 1 for luma.
        features: Channels between the convolutions.
        blocks: Residual blocks.
    """

    def __init__(self, upscale_factor: int, channels: int = 3, features: int = 64, blocks: int = 16) -> None:
        super().__init__()
        self.conv_first = nn.Conv2d(channels, features, 3, padding=1)
        self.body = nn.Sequential(*(ResidualBlock(features) for _ in range(blocks)))
        self.conv_after_body = nn.Conv2d(features, features, 3, padding=1)
        power_of_two = upscale_factor & (upscale_factor - 1) == 0
        steps = [2] * (upscale_factor.bit_length() - 1) if power_of_two else [upscale_factor]
        upsample: list[nn.Module] = []
        for step in steps:
            upsample += [nn.Conv2d(features, features * step**2, 3, padding=1), nn.PixelShuffle(step)]
        self.upsample = nn.Sequential(*upsample)
        self.conv_last = nn.Conv2d(features, channels, 3, padding=1)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """Enlarges a batch.

        Args:
            image: Float NCHW, in the value range that the weights were trained for (usually 0..1).

        Returns:
            Float NCHW of the same range (not clipped), `upscale_factor` times as high and wide.
        """
        first = self.conv_first(image)
        features = first + self.conv_after_body(self.body(first))
        enlarged: torch.Tensor = self.conv_last(self.upsample(features))
        return enlarged
