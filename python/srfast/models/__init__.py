"""Super-resolution networks as plain PyTorch modules, one a file. Needs PyTorch (`srfast[export]`).

Every network is built as `Network(upscale_factor, channels=3, ...)` and maps float NCHW in the range of its
conventions to float NCHW, `upscale_factor` times as high and wide.
"""

from __future__ import annotations

from torch import nn

from srfast.models.fast import Fast
from srfast.models.srcnn import SRCNN

ARCHITECTURES: dict[str, type[nn.Module]] = {"fast": Fast, "srcnn": SRCNN}
"""The networks by the name that `srfast train --arch` and weight files use."""

__all__ = ["ARCHITECTURES", "SRCNN", "Fast"]
