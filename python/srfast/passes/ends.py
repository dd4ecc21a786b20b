"""What is done natively before and after a network that was rewritten, as its file's metadata says it."""

from __future__ import annotations

import dataclasses

from srfast.passes.affine import Affine, Numbers
from srfast.passes.enlargement import Enlargement

LARGEST_SHUFFLE = 16
"""The largest that the native side does (`csrc/ends.cpp`)."""


@dataclasses.dataclass
class Ends:
    """What the native side does around the network.

    The network gets enlarged(image) * input.gain + input.bias. The result is
    shuffled(what it gives) * output.gain + output.bias + the residual.

    Attributes:
        input: Of the image's planes in the network's range of values.
        output: Of the planes of the result.
        enlarge: How the image is enlarged before the network.
        shuffle: By how much the pixels are shuffled: of plane * shuffle**2 + dy * shuffle + dx channels, as
            in ONNX's DepthToSpace of mode CRD. 1: not at all. The network may give up to shuffle - 1 rows and
            columns more than are needed.
        residual: How the image that the network's input is (before `input`) is enlarged, to be added at the
            end; by a scale of 1, it is added as it is.
    """

    input: Affine
    output: Affine
    enlarge: Enlargement | None = None
    shuffle: int = 1
    residual: Enlargement | None = None

    def to_metadata(self) -> dict[str, str]:
        """The pairs that `csrc/geometry.cpp` reads; none for what is not done."""
        pairs = {}
        if self.enlarge is not None:
            pairs["srfast.enlarge"] = str(self.enlarge)
        if self.shuffle > 1:
            pairs["srfast.shuffle"] = str(self.shuffle)
        if self.residual is not None:
            pairs["srfast.residual"] = str(self.residual)
        for end, affine in (("input", self.input), ("output", self.output)):
            if not affine.is_identity:
                pairs[f"srfast.{end}_gain"] = _text(affine.gain)
                pairs[f"srfast.{end}_bias"] = _text(affine.bias)
        return pairs


def _text(numbers: Numbers) -> str:
    return " ".join(f"{number:.9g}" for number in numbers)
