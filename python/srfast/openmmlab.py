"""Reads from the training configuration inside OpenMMLab's weight files what the network eats.

MMEditing stores the configuration that a network was trained with as text, in `meta["config"]` of the
checkpoint. The text is Python, and is searched here, never run.
"""

from __future__ import annotations

import re


def read_scale(config: str) -> int | None:
    """The scale that an MMEditing configuration gives its network, or None."""
    return _whole_number(config, "upscale_factor") or None


def read_color(config: str) -> str | None:
    """The channel order of a network that eats 0..1, or None where the configuration says something else.

    Understood are images scaled to 0..1 (`RescaleToZeroOne`) and otherwise left alone (`mean=[0, 0, 0]`,
    `std=[1, 1, 1]`), in the one channel order that all steps agree on (`to_rgb`; OpenMMLab reads files as
    BGR).

    Args:
        config: The text of the configuration.

    Returns:
        "rgb", "bgr", or None for any other recipe.
    """
    orders = set(re.findall(r"\bto_rgb\s*=\s*(True|False)\b", config))
    unshifted = _list_items(config, "mean") <= {"0", "0.", "0.0"}
    unscaled = _list_items(config, "std") <= {"1", "1.", "1.0"}
    if len(orders) != 1 or "RescaleToZeroOne" not in config or not (unshifted and unscaled):
        return None
    return "rgb" if orders == {"True"} else "bgr"


def _whole_number(config: str, name: str) -> int | None:
    """The number that `name` is set to: directly (`name=4`) or by a variable (`name=scale`, `scale = 4`)."""
    found = re.search(rf"\b{name}\s*=\s*(\w+)", config)
    if found and not found[1].isdecimal():
        found = re.search(rf"^{found[1]}\s*=\s*(\d+)", config, re.MULTILINE)
    return int(found[1]) if found and len(found[1]) < 4 else None


def _list_items(config: str, name: str) -> set[str]:
    """The items of all lists that `name` is set to."""
    lists = re.findall(rf"\b{name}\s*=\s*[\[(]([^\])]*)[\])]", config)
    return set(re.findall(r"[^\s,]+", " ".join(lists)))
