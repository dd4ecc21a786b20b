"""Sizes on the command line."""

from __future__ import annotations

import argparse
import re


def width_by_height(text: str) -> tuple[int, int]:
    """Reads "320x256": a width and a height, in the order in which people speak of pictures."""
    found = re.fullmatch(r"(\d{1,6})x(\d{1,6})", text)
    if not found:
        raise argparse.ArgumentTypeError(f"{text!r} is not WIDTHxHEIGHT, such as 1920x1080")
    return int(found[1]), int(found[2])
