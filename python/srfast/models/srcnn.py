"""SRCNN: enlarge by bicubic interpolation, then sharpen with three convolutions."""

from __future__ import annotations

from typing import cast

from torch import Tensor, nn


class SRCNN(nn.Module):
    """SRCNN 9-1-5 with the bicubic enlargement inside.

    From C. Dong, C. C. Loy, K. He and X. Tang, "Image Super-Resolution Using Deep Convolutional Networks",
    https://arxiv.org/abs/1501.00092. The paper enlarges the image before the network and leaves the borders
    away; here, as in OpenMMLab's implementation, the network enlarges and pads with zeros, so the output is
    exactly `upscale_factor` times the input. 20,099 parameters with three channels (8,129 with one), none of
    which depends on the scale.

    The modules are called as in OpenMMLab's weights: `img_upsampler`, `conv1`, `conv2`, `conv3`, `relu`.

    Args:
        upscale_factor: Output pixels per input pixel along each axis, at least 1.
        channels: Channels of the image: 3 for colour, 1 for luma.
    """

    def __init__(self, upscale_factor: int, channels: int = 3) -> None:
        super().__init__()
        self.img_upsampler = nn.Upsample(
            scale_factor=float(upscale_factor), mode="bicubic", align_corners=False
        )
        self.conv1 = nn.Conv2d(channels, 64, kernel_size=9, padding=4)
        self.conv2 = nn.Conv2d(64, 32, kernel_size=1)
        self.conv3 = nn.Conv2d(32, channels, kernel_size=5, padding=2)
        self.relu = nn.ReLU()
        self._begin_as_bicubic(channels)

    def _begin_as_bicubic(self, channels: int) -> None:
        """Hands the enlarged image through, beside features that have next to no weight in the result yet.

        Random first weights spend some 1000 steps of training on learning that.
        """
        for convolution in (self.conv1, self.conv2):
            nn.init.kaiming_normal_(convolution.weight, nonlinearity="relu")
            nn.init.zeros_(convolution.weight[:channels])
        nn.init.normal_(self.conv3.weight, std=0.001)
        for convolution in (self.conv1, self.conv2, self.conv3):
            nn.init.zeros_(cast(Tensor, convolution.bias))
            centre = convolution.kernel_size[0] // 2
            for channel in range(channels):
                nn.init.ones_(convolution.weight[channel, channel, centre, centre])

    def forward(self, image: Tensor) -> Tensor:
        """Enlarges a batch of images.

        Args:
            image: Float NCHW, in the value range that the weights were trained for (usually 0..1).

        Returns:
            Float NCHW of the same range (not clipped), `upscale_factor` times as high and wide.
        """
        enlarged = self.img_upsampler(image)
        hidden = self.relu(self.conv2(self.relu(self.conv1(enlarged))))
        return cast(Tensor, self.conv3(hidden))
