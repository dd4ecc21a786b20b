"""Convolutions that are trained wider than they are.

They do y = (W + B A) x, where A makes many channels of the input, and B few of them again.
All of it is linear, so what was trained collapses into one convolution of the network's own size (Guo et al.,
ExpandNets, 2020; Bhardwaj et al., SESR, 2022). That changes nothing of what the network can do, but how it
learns: it learns faster.
"""

from __future__ import annotations

import torch
from torch import nn
from torch.nn.utils import parametrize

WIDTH = 64
"""Channels between A and B."""


class Collapsible(nn.Module):
    """What a convolution's weights are made of: W + B A.

    B is zero at first, so that the network begins as it would without.

    Args:
        weight: W, outputs x inputs x height x width.
    """

    def __init__(self, weight: torch.Tensor) -> None:
        super().__init__()
        self.wide = nn.Parameter(torch.empty(WIDTH, *weight.shape[1:]))
        self.narrow = nn.Parameter(torch.zeros(weight.shape[0], WIDTH))
        nn.init.kaiming_normal_(self.wide, nonlinearity="linear")

    def forward(self, weight: torch.Tensor) -> torch.Tensor:
        """The weights that the convolution computes with."""
        return weight + torch.einsum("om,mihw->oihw", self.narrow, self.wide)


def widen(network: nn.Module) -> None:
    """Has every convolution of a network trained as a collapsible one."""
    for module in list(network.modules()):
        if isinstance(module, nn.Conv2d):
            parametrize.register_parametrization(module, "weight", Collapsible(module.weight))


def collapsed(network: nn.Module) -> dict[str, torch.Tensor]:
    """The weights of a network as if it had never been widened."""
    weights = {}
    for key, tensor in network.state_dict().items():
        module, widened, _ = key.partition(".parametrizations.")
        if widened:
            convolution = network.get_submodule(module)
            assert isinstance(convolution, nn.Conv2d)
            weights[f"{module}.weight"] = convolution.weight.detach()
        else:
            weights[key] = tensor
    return weights
