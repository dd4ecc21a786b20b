"""Super-resolution networks as plain PyTorch modules, one a file. Needs PyTorch (`srfast[export]`).

Every network is built as `Network(upscale_factor, channels=3, ...)` and maps float NCHW in the range of its
conventions to float NCHW, `upscale_factor` times as high and wide.
"""

from __future__ import annotations

from torch import nn

from srfast.models.edsr import EDSR
from srfast.models.espcn import ESPCN
from srfast.models.fast import Fast
from srfast.models.fsrcnn import FSRCNN
from srfast.models.srcnn import SRCNN
from srfast.models.srvgg import SRVGGNetCompact
from srfast.models.vdsr import VDSR

ARCHITECTURES: dict[str, type[nn.Module]] = {
    "edsr": EDSR,
    "espcn": ESPCN,
    "fast": Fast,
    "fsrcnn": FSRCNN,
    "srcnn": SRCNN,
    "srvgg": SRVGGNetCompact,
    "vdsr": VDSR,
}
"""The networks by the name that `srfast train --arch` and weight files use."""

__all__ = ["ARCHITECTURES", "EDSR", "ESPCN", "FSRCNN", "SRCNN", "VDSR", "Fast", "SRVGGNetCompact"]
