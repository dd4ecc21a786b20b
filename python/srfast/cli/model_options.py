"""The options that say what a network takes, where its file does not."""

from __future__ import annotations

import argparse

from srfast.conventions import COLORS


def add_model_options(group: argparse._ActionsContainer) -> None:
    """Adds `--model-color` and `--model-range`."""
    group.add_argument(
        "--model-color",
        choices=COLORS,
        help="what the network takes, where its file does not say it or is wrong",
    )
    group.add_argument(
        "--model-range",
        metavar="RANGE",
        type=value_range,
        help="the values that the network takes for black and white: 1, 255 or LOW,HIGH (--model-range=-1,1)",
    )


def value_range(text: str) -> tuple[float, float]:
    """The argument: 1 or 255, which are white where black is 0, or LOW,HIGH."""
    try:
        values = [float(word) for word in text.split(",")]
    except ValueError:
        values = []
    if values in ([1], [255]):
        return (0.0, values[0])
    if len(values) == 2:
        return (values[0], values[1])
    raise argparse.ArgumentTypeError(f"{text!r} is not 1, 255 or LOW,HIGH")
