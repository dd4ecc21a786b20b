"""Shows what several models make of one image: labelled crops side by side, and a page with a slider."""

from __future__ import annotations

import base64
import dataclasses
import html
import json
from collections.abc import Mapping, Sequence
from importlib.resources import files

import numpy as np

from srfast.evaluation import Enlarge
from srfast.metrics import psnr
from srfast.pairs import Pair, Pixels
from srfast.training.photographs import detail

CROP = 48
"""Side of the square of the small image that the crops show, in its pixels."""
PANEL = 280
"""Pixels that a crop is at least wide in the picture; its pixels are repeated to reach that."""
_GAP = 8
_LABEL = 26
_BACKGROUND = 255


@dataclasses.dataclass(frozen=True)
class View:
    """One model's result, or the truth.

    Attributes:
        label: The model's name.
        image: HxWx3, uint8, RGB.
        decibels: PSNR over the luma, without a border as wide as the scale; None where the truth is unknown,
            and for the truth itself.
    """

    label: str
    image: Pixels
    decibels: float | None = None

    @property
    def caption(self) -> str:
        """The label, with the PSNR where there is one."""
        return self.label if self.decibels is None else f"{self.label}, {self.decibels:.2f} dB"


def views_of(low: Pixels, enlargers: Mapping[str, Enlarge], truth: Pair | None = None) -> list[View]:
    """Enlarges an image with every model.

    Args:
        low: The small image: HxWx3, uint8, RGB.
        enlargers: The models by their labels.
        truth: The small image with the true large one.

    Returns:
        The truth first, if it is known, then the models in their order.
    """
    views = [View("truth", truth.high)] if truth else []
    for label, enlarge in enlargers.items():
        image = enlarge(low)
        decibels = psnr(truth.high, image, border=truth.scale, channels="y") if truth else None
        views.append(View(label, image, decibels))
    return views


def most_detailed(low: Pixels, side: int = CROP) -> tuple[int, int, int, int]:
    """The square (at the image's edge: the rectangle) of an image that holds most detail.

    Returns:
        Top, left, height and width in pixels; it lies on a grid of half its side.
    """
    height, width = (min(side, size) for size in low.shape[:2])
    corners = [
        (top, left)
        for top in range(0, low.shape[0] - height + 1, max(1, height // 2))
        for left in range(0, low.shape[1] - width + 1, max(1, width // 2))
    ]
    top, left = max(corners, key=lambda at: detail(low[at[0] : at[0] + height, at[1] : at[1] + width]))
    return top, left, height, width


def side_by_side(views: Sequence[View], low: Pixels, scale: int) -> Pixels:
    """Draws the same crop out of every view, each above its caption.

    Args:
        views: What to show, all of the same size.
        low: The small image, which decides where the crop is.
        scale: Pixels of a view per pixel of `low` along each axis.

    Returns:
        HxWx3, uint8, RGB.
    """
    import cv2

    top, left, height, width = (scale * value for value in most_detailed(low))
    repeats = max(1, -(-PANEL // width))
    font, size, left_of_text = cv2.FONT_HERSHEY_SIMPLEX, 0.5, 2
    # OpenCV's built-in font knows ASCII only.
    captions = [view.caption.encode("ascii", "replace").decode() for view in views]
    widest = max(cv2.getTextSize(caption, font, size, 1)[0][0] for caption in captions)
    panel_width = max(width * repeats, left_of_text + widest) + _GAP  # a name that is cut off names nothing
    panels = []
    for view, caption in zip(views, captions, strict=True):
        crop = view.image[top : top + height, left : left + width].repeat(repeats, 0).repeat(repeats, 1)
        panel = np.full((crop.shape[0] + _LABEL, panel_width, 3), _BACKGROUND, np.uint8)
        panel[: crop.shape[0], : crop.shape[1]] = crop
        at = (left_of_text, panel.shape[0] - 8)
        cv2.putText(panel, caption, at, font, size, (0, 0, 0), 1, cv2.LINE_AA)
        panels.append(panel)
    return np.hstack(panels)


def page(views: Sequence[View], title: str) -> str:
    """An HTML page that shows two views at a time, with a slider between them.

    It holds the pictures and needs nothing from any network.
    """
    import cv2

    described = []
    for view in views:
        _, encoded = cv2.imencode(".png", view.image[:, :, ::-1])
        picture = "data:image/png;base64," + base64.b64encode(encoded.tobytes()).decode("ascii")
        described.append({"label": view.caption, "width": view.image.shape[1], "picture": picture})
    template = files("srfast").joinpath("comparison.html").read_text(encoding="utf-8")
    # "</script>" inside a string would end the script.
    script = json.dumps(described).replace("<", "\\u003c")
    return template.replace("@TITLE@", html.escape(title)).replace("@VIEWS@", script)
