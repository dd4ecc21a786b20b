"""Reads from the training configuration inside OpenMMLab's weight files what the network eats.

MMEditing stores the configuration that a network was trained with as text, in `meta["config"]` of the
checkpoint. The text is Python, and is searched here, never run.
"""

from __future__ import annotations

import re

from srfast.conventions import Conventions


def read_conventions(config: str) -> Conventions | None:
    """The conventions that an MMEditing configuration states, or None where it does not state them all.

    Understood are images scaled to 0..1 (`RescaleToZeroOne`) and otherwise left alone (`mean=[0, 0, 0]`,
    `std=[1, 1, 1]`), in the one channel order that all steps agree on (`to_rgb`; OpenMMLab reads files as
    BGR).

    Args:
        config: The text of the configuration.

    Returns:
        The scale, colour order and value range, or None for any other recipe.
    """
    scale = _whole_number(config, "upscale_factor")
    orders = set(re.findall(r"\bto_rgb\s*=\s*(True|False)\b", config))
    unshifted = _list_items(config, "mean") <= {"0", "0.", "0.0"}
    unscaled = _list_items(config, "std") <= {"1", "1.", "1.0"}
    if not scale or len(orders) != 1 or "RescaleToZeroOne" not in config or not (unshifted and unscaled):
        return None
    return Conventions(scale=scale, color="rgb" if orders == {"True"} else "bgr", range=(0.0, 1.0))


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
