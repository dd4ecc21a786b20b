"""What a super-resolution network eats and gives: its scale, colour order and value range.

The conventions travel inside the model: in `metadata_props` of an ONNX file and in the metadata of a
safetensors file, under the same keys. The native side reads them through ONNX Runtime
(`csrc/conventions.cpp`).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from srfast import value_range
from srfast.errors import OptionError

SCHEMA = 1
COLORS = ("rgb", "bgr", "y", "y-full")

_MOST = {"scale": 64, "multiple": 4096, "minimum": 4096}
"""More is refused where it is read (`csrc/conventions.cpp`)."""


@dataclasses.dataclass(frozen=True)
class Conventions:
    """How pixels are fed to a network and what comes back.

    Attributes:
        scale: Output pixels per input pixel along each axis, at least 1.
        color: Channel order of a 3-channel network ("rgb" or "bgr"), or what the single channel of a
            1-channel network is: "y" (studio-range BT.601 luma, 16..235 of 255) or "y-full" (full-range
            luma).
        range: The values (low, high) that the network takes for black and for full white, usually (0, 1).
        multiple: What the height and the width of the network's input must be multiples of. srfast pads
            images by reflection, and cuts the result.
        minimum: The smallest height and width of the network's input; padded likewise.
        made_by: How the file was made, for people; not interpreted.
    """

    scale: int
    color: str = "rgb"
    range: tuple[float, float] = (0.0, 1.0)
    made_by: str = ""
    multiple: int = 1
    minimum: int = 1

    def __post_init__(self) -> None:
        for name, most in _MOST.items():
            value = getattr(self, name)
            if not isinstance(value, int) or isinstance(value, bool) or value < 1:
                raise OptionError(f"{name} must be a whole number of at least 1, not {value!r}")
            if value > most:
                raise OptionError(f"{name} must be at most {most}, not {value!r}")
        if not isinstance(self.color, str) or self.color not in COLORS:
            raise OptionError(f"color must be one of {', '.join(COLORS)}, not {self.color!r}")
        value_range.pair(self.range, "range")
        if not isinstance(self.made_by, str):
            raise OptionError(f"made_by must be text, not {self.made_by!r}")

    def to_metadata(self) -> dict[str, str]:
        """The conventions as string pairs, for `metadata_props` or safetensors metadata."""
        pairs = {
            "srfast.schema": str(SCHEMA),
            "srfast.scale": str(self.scale),
            "srfast.color": self.color,
            "srfast.range": f"{self.range[0]:.9g} {self.range[1]:.9g}",
        }
        for name, size in (("multiple", self.multiple), ("minimum", self.minimum)):
            if size > 1:
                pairs[f"srfast.{name}"] = str(size)
        if self.made_by:
            pairs["srfast.made_by"] = self.made_by
        return pairs

    @classmethod
    def from_metadata(cls, metadata: Mapping[str, str]) -> Conventions | None:
        """The conventions that `metadata` states, or None where it has none.

        Raises:
            OptionError: The metadata has srfast's keys, but their values make no sense.
        """
        if "srfast.schema" not in metadata:
            return None
        if metadata["srfast.schema"] != str(SCHEMA):
            raise OptionError(
                f"the metadata has srfast.schema {metadata['srfast.schema']!r}; this srfast knows {SCHEMA}: "
                "upgrade srfast"
            )
        try:
            low, high = (float(word) for word in metadata["srfast.range"].split())
            scale = int(metadata["srfast.scale"])
            color = metadata["srfast.color"]
            sizes = {name: int(metadata.get(f"srfast.{name}", "1")) for name in ("multiple", "minimum")}
        except (KeyError, ValueError) as error:
            raise OptionError(f"the srfast metadata is incomplete or malformed: {error}") from error
        made_by = metadata.get("srfast.made_by", "")
        return cls(scale=scale, color=color, range=(low, high), made_by=made_by, **sizes)
