"""A network on its way through the passes."""

from __future__ import annotations

import dataclasses

from srfast.passes.draft import Draft
from srfast.passes.ends import Ends


@dataclasses.dataclass
class Rewriting:
    """What passes work on and change.

    Attributes:
        draft: The graph.
        ends: What is done natively around it.
        planes: Planes of the image and of the result: 1 or 3, mostly.
        value_range: The values that stand for black and white.
    """

    draft: Draft
    ends: Ends
    planes: int
    value_range: tuple[float, float]
