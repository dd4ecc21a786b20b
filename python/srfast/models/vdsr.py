"""VDSR: enlarge by bicubic interpolation, then add what a very deep network says is missing."""

from __future__ import annotations

import torch
from torch import nn


class VDSR(nn.Module):
    """VDSR: twenty 3x3 convolutions on the enlarged image, which is added at the end.

    From J. Kim, J. K. Lee and K. M. Lee, "Accurate Image Super-Resolution Using Very Deep Convolutional
    Networks", https://arxiv.org/abs/1511.04587. The paper enlarges the image before the network; here the
    network does. The paper's network takes luma alone: 664,704 weights with one channel (665,921 parameters
    with the biases), 668,227 parameters with three. None depends on the scale.

    Args:
        upscale_factor: Output pixels per input pixel along each axis, at least 1.
        channels: Channels of the image: 1 for luma, as in the paper, or 3 for colour.
        features: Channels between the convolutions.
        layers: Convolutions, the first and the last included, at least 2.
    """

    def __init__(self, upscale_factor: int, channels: int = 3, features: int = 64, layers: int = 20) -> None:
        super().__init__()
        self.enlarge = nn.Upsample(scale_factor=float(upscale_factor), mode="bicubic", align_corners=False)
        body: list[nn.Module] = [nn.Conv2d(channels, features, 3, padding=1), nn.ReLU()]
        for _ in range(layers - 2):
            body += [nn.Conv2d(features, features, 3, padding=1), nn.ReLU()]
        self.body = nn.Sequential(*body, nn.Conv2d(features, channels, 3, padding=1))

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """Enlarges a batch.

        Args:
            image: Float NCHW, in the value range that the weights were trained for (usually 0..1).

        Returns:
            Float NCHW of the same range (not clipped), `upscale_factor` times as high and wide.
        """
        enlarged: torch.Tensor = self.enlarge(image)
        details: torch.Tensor = self.body(enlarged)
        return enlarged + details
