"""What happens to a photograph on its way to a screen: blur, a smaller size, noise, JPEG."""

from __future__ import annotations

import cv2
import numpy as np

from srfast.bicubic import imresize
from srfast.pairs import Pixels

# How much of each is drawn, uniformly. Chosen to span what web pictures show, not measured.
BLUR_SIGMA = (0.2, 1.2)
"""Standard deviation of the Gaussian blur, in low-resolution pixels."""
NOISE_SIGMA = (0.0, 6.0)
"""Standard deviation of the Gaussian noise, in steps of 255."""
JPEG_QUALITY = (40, 95)


def degrade(high: Pixels, scale: int, generator: np.random.Generator) -> Pixels:
    """Blurs a patch, shrinks it with MATLAB's bicubic, adds noise and compresses it as JPEG, each by chance.

    Args:
        high: HxWx3, uint8, RGB; height and width are multiples of the scale.
        scale: How many times smaller the result is.
        generator: Decides how much of everything.

    Returns:
        (H / scale)x(W / scale)x3, uint8, RGB.
    """
    sigma = generator.uniform(*BLUR_SIGMA) * scale
    low = imresize(cv2.GaussianBlur(high, (0, 0), sigma).astype(np.uint8, copy=False), 1 / scale)
    noise = generator.normal(0.0, generator.uniform(*NOISE_SIGMA), low.shape)
    low = np.clip(np.rint(low + noise), 0, 255).astype(np.uint8)
    quality = int(generator.integers(JPEG_QUALITY[0], JPEG_QUALITY[1] + 1))
    _, encoded = cv2.imencode(".jpg", low[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    decoded = cv2.imdecode(encoded, cv2.IMREAD_COLOR)
    assert decoded is not None  # it was encoded a line ago
    return np.ascontiguousarray(decoded[:, :, ::-1]).astype(np.uint8, copy=False)
