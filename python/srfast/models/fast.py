"""Fast: a plain stack of small convolutions in low-resolution space."""

from __future__ import annotations

import torch
from torch import nn


class Fast(nn.Module):
    """A plain stack in low-resolution space that predicts what nearest-neighbour enlargement lacks.

    A 5x5 convolution, `layers` 3x3 convolutions with a skip around them, and a 3x3 convolution that gives
    `upscale_factor` squared values for every input pixel and channel. They are added to the input pixel
    itself and arranged by a pixel shuffle. Nothing is computed at the large size, which is what makes it
    fast. 21,371 parameters at three times, with three channels.

    Args:
        upscale_factor: Output pixels per input pixel along each axis, at least 1.
        channels: Channels of the image, 3 (RGB) or 1.
        features: Channels between the convolutions.
        layers: 3x3 convolutions between the first and the last.
    """

    def __init__(self, upscale_factor: int, channels: int = 3, features: int = 16, layers: int = 7) -> None:
        super().__init__()
        copies = upscale_factor**2
        self.first = nn.Conv2d(channels, features, 5, padding=2)
        self.middle = nn.ModuleList(nn.Conv2d(features, features, 3, padding=1) for _ in range(layers))
        self.last = nn.Conv2d(features, channels * copies, 3, padding=1)
        self.relu = nn.ReLU()
        self.shuffle = nn.PixelShuffle(upscale_factor)
        # Repeats every channel `copies` times. As a 1x1 convolution it is one node of an exported graph;
        # repeat_interleave would be eight, with shapes computed on the way.
        repeat = torch.eye(channels).repeat_interleave(copies, dim=0)[:, :, None, None]
        self.register_buffer("repeat", repeat, persistent=False)
        self.repeat: torch.Tensor
        # PyTorch's own initial weights let the signal fade from layer to layer, and the first steps then
        # kill it. These begin close to plain enlargement.
        for convolution in (self.first, *self.middle):
            nn.init.kaiming_normal_(convolution.weight, nonlinearity="relu")
        nn.init.normal_(self.last.weight, std=0.001)
        for name, parameter in self.named_parameters():
            if name.endswith("bias"):
                nn.init.zeros_(parameter)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """Enlarges a batch.

        Args:
            image: Float NCHW, 0..1.

        Returns:
            Float NCHW, `upscale_factor` times as high and wide, about 0..1, not clipped.
        """
        first = self.relu(self.first(image))
        features = first
        for convolution in self.middle:
            features = self.relu(convolution(features))
        details = self.last(features + first)
        enlarged: torch.Tensor = self.shuffle(details + nn.functional.conv2d(image, self.repeat))
        return enlarged
