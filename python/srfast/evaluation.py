"""Judges networks by what they make of images whose truth is known."""

from __future__ import annotations

import dataclasses
import math
import os
from collections.abc import Callable, Sequence
from statistics import fmean

from srfast.bicubic import imresize
from srfast.errors import ImageError, OptionError
from srfast.metrics import psnr, ssim
from srfast.pairs import Pair, Pixels
from srfast.upscaler import Upscaler

BICUBIC = "bicubic"
"""The name under which plain bicubic enlargement stands among the models."""

Enlarge = Callable[[Pixels], Pixels]
"""Takes HxWx3, uint8, RGB; gives the same, `scale` times as high and wide."""


@dataclasses.dataclass(frozen=True)
class Score:
    """How near a result is to the truth.

    Attributes:
        psnr_y: PSNR in dB over the BT.601 studio-range luma; infinity for equal images.
        ssim_y: SSIM over the luma; NaN for an image below 11x11 pixels inside the border.
        psnr_rgb: PSNR in dB over all three channels.
        ssim_rgb: Mean SSIM of the three channels.
    """

    psnr_y: float
    ssim_y: float
    psnr_rgb: float
    ssim_rgb: float


def enlarger(model: str | os.PathLike[str], scale: int) -> Enlarge:
    """Opens a model by path or shipped name, or plain bicubic enlargement (as MATLAB does it) by its name.

    Raises:
        OptionError: The model enlarges by another scale.
        srfast.Error: The model cannot be opened.
    """
    if model == BICUBIC:
        return lambda low: imresize(low, scale)
    upscaler = Upscaler(model, color="rgb")
    if upscaler.scale != scale:
        raise OptionError(f"{model} enlarges {upscaler.scale} times, not {scale} times")
    return upscaler.run


def require_inside(pair: Pair) -> None:
    """Makes sure, before any work, that something of an image can be measured.

    Raises:
        ImageError: Nothing is left of it without a border as wide as the scale.
    """
    height, width = pair.high.shape[:2]
    if min(height, width) <= 2 * pair.scale:
        raise ImageError(
            f"{pair.name}: nothing is left to measure of {width}x{height} pixels without a border of "
            f"{pair.scale}; leave it out"
        )


def judge(reference: Pixels, image: Pixels, border: int) -> Score:
    """Compares an image with the truth as papers do.

    Args:
        reference: HxWx3, uint8, RGB.
        image: The same shape.
        border: Pixels left out at each edge; papers leave out as many as the scale.

    Raises:
        ImageError: The two cannot be compared.
    """
    large_enough = min(reference.shape[:2]) - 2 * border >= 11
    return Score(
        psnr_y=psnr(reference, image, border=border, channels="y"),
        ssim_y=ssim(reference, image, border=border, channels="y") if large_enough else math.nan,
        psnr_rgb=psnr(reference, image, border=border),
        ssim_rgb=ssim(reference, image, border=border) if large_enough else math.nan,
    )


def evaluate(enlarge: Enlarge, pairs: Sequence[Pair]) -> list[Score]:
    """Enlarges each low-resolution image; compares with the truth, without a border as wide as the scale."""
    scores = []
    for pair in pairs:
        image = enlarge(pair.low)
        try:
            scores.append(judge(pair.high, image, pair.scale))
        except ImageError as error:
            raise ImageError(f"{pair.name}: {error}") from error
    return scores


def mean(scores: Sequence[Score]) -> Score:
    """The mean of each figure."""
    return Score(*(fmean(column) for column in zip(*map(dataclasses.astuple, scores), strict=True)))
