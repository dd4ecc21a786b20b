"""Sizes on the command line."""

from __future__ import annotations

import argparse
import re


def height_by_width(text: str) -> tuple[int, int]:
    """Reads "256x320": a height and a width."""
    found = re.fullmatch(r"(\d{1,6})x(\d{1,6})", text)
    if not found:
        raise argparse.ArgumentTypeError(f"expected HEIGHTxWIDTH, such as 256x320, not {text!r}")
    return int(found[1]), int(found[2])
