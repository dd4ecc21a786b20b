"""FSRCNN: shrink, map, expand in low-resolution space, and enlarge by a transposed convolution."""

from __future__ import annotations

import torch
from torch import nn


class FSRCNN(nn.Module):
    """FSRCNN(56, 12, 4): an hourglass of small convolutions, enlarged at the end.

    From C. Dong, C. C. Loy and X. Tang, "Accelerating the Super-Resolution Convolutional Neural Network",
    https://arxiv.org/abs/1608.00367. The paper's network takes luma alone: 12,464 weights with one channel,
    and 12,809 parameters with the biases and the slopes of the PReLUs, none of which depends on the scale;
    24,683 parameters with three channels.

    Args:
        upscale_factor: Output pixels per input pixel along each axis, at least 1.
        channels: Channels of the image: 1 for luma, as in the paper, or 3 for colour.
        features: Channels of the first and of the last layer (d in the paper).
        shrunk: Channels between them (s).
        layers: 3x3 convolutions between them (m).
    """

    def __init__(
        self, upscale_factor: int, channels: int = 3, features: int = 56, shrunk: int = 12, layers: int = 4
    ) -> None:
        super().__init__()
        self.extract = nn.Sequential(nn.Conv2d(channels, features, 5, padding=2), nn.PReLU(features))
        self.shrink = nn.Sequential(nn.Conv2d(features, shrunk, 1), nn.PReLU(shrunk))
        mapping: list[nn.Module] = []
        for _ in range(layers):
            mapping += [nn.Conv2d(shrunk, shrunk, 3, padding=1), nn.PReLU(shrunk)]
        self.map = nn.Sequential(*mapping)
        self.expand = nn.Sequential(nn.Conv2d(shrunk, features, 1), nn.PReLU(features))
        self.enlarge = nn.ConvTranspose2d(
            *(features, channels, 9, upscale_factor), padding=4, output_padding=upscale_factor - 1
        )

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """Enlarges a batch.

        Args:
            image: Float NCHW, in the value range that the weights were trained for (usually 0..1).

        Returns:
            Float NCHW of the same range (not clipped), `upscale_factor` times as high and wide.
        """
        features = self.expand(self.map(self.shrink(self.extract(image))))
        enlarged: torch.Tensor = self.enlarge(features)
        return enlarged
