"""ESPCN: three convolutions in low-resolution space and a pixel shuffle."""

from __future__ import annotations

import torch
from torch import nn


class ESPCN(nn.Module):
    """ESPCN 5-3-3: the network that brought the pixel shuffle.

    From W. Shi et al., "Real-Time Single Image and Video Super-Resolution Using an Efficient Sub-Pixel
    Convolutional Neural Network", https://arxiv.org/abs/1609.05158. The paper's network takes luma alone:
    22,729 parameters at three times with one channel, 31,131 with three.

    Args:
        upscale_factor: Output pixels per input pixel along each axis, at least 1.
        channels: Channels of the image: 1 for luma, as in the paper, or 3 for colour.
        features: Channels after the first convolution; half of them after the second.
    """

    def __init__(self, upscale_factor: int, channels: int = 3, features: int = 64) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, features, 5, padding=2)
        self.conv2 = nn.Conv2d(features, features // 2, 3, padding=1)
        self.conv3 = nn.Conv2d(features // 2, channels * upscale_factor**2, 3, padding=1)
        self.tanh = nn.Tanh()
        self.shuffle = nn.PixelShuffle(upscale_factor)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """Enlarges a batch.

        Args:
            image: Float NCHW, in the value range that the weights were trained for (usually 0..1).

        Returns:
            Float NCHW of the same range (not clipped), `upscale_factor` times as high and wide.
        """
        features = self.tanh(self.conv2(self.tanh(self.conv1(image))))
        enlarged: torch.Tensor = self.shuffle(self.conv3(features))
        return enlarged
