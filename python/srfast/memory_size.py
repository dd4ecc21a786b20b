"""Amounts of memory as people write them."""

from __future__ import annotations

import re

from srfast.errors import OptionError

_UNITS = {"": 1, "B": 1} | {
    f"{prefix}{suffix}": base ** (power + 1)
    for power, prefix in enumerate("KMGT")
    for suffix, base in (("", 1000), ("B", 1000), ("IB", 1024))
}


def parse(size: object) -> int:
    """The number of bytes that `size` means.

    Args:
        size: A whole number of bytes, or text such as "512MB", "1.5 GB" (powers of 1000) or "2GiB" (of 1024).

    Raises:
        OptionError: It is neither, or less than one byte.
    """
    bytes_: float = 0
    if isinstance(size, int) and not isinstance(size, bool):
        bytes_ = size
    elif isinstance(size, str):
        match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([A-Za-z]*)\s*", size)
        if match:
            bytes_ = float(match[1]) * _UNITS.get(match[2].upper(), 0)
    if not 1 <= bytes_ < 2**63:
        raise OptionError(f'a memory limit is a number of bytes or text such as "512MB", not {size!r}')
    return int(bytes_)
