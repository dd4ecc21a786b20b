"""Networks that the library spandrel knows by their weights. Needs spandrel (`srfast[spandrel]`)."""

from __future__ import annotations

import dataclasses
import importlib
from collections.abc import Mapping
from types import ModuleType
from typing import TYPE_CHECKING

from srfast import silence
from srfast.errors import CheckpointError

if TYPE_CHECKING:
    from torch import Tensor, nn


@dataclasses.dataclass(frozen=True)
class Known:
    """A network that spandrel built from weights.

    Attributes:
        network: Maps float NCHW in 0..1 (RGB, or one channel) to the same, `scale` times as high and wide.
        architecture: spandrel's name of it.
        scale: Output pixels per input pixel along each axis.
        channels: 3 or 1.
        multiple: What heights and widths must be multiples of.
        minimum: The smallest height and width.
    """

    network: nn.Module
    architecture: str
    scale: int
    channels: int
    multiple: int
    minimum: int


def architectures() -> list[str]:
    """The names of the architectures that the installed spandrel tries.

    Raises:
        ImportError: spandrel, or what it needs, cannot be imported.
    """
    return sorted(support.architecture.id for support in _spandrel().MAIN_REGISTRY.architectures())


def build(tensors: Mapping[str, Tensor], label: str) -> Known | None:
    """Builds the network whose weights these are.

    Args:
        tensors: The weights under the names of their file.
        label: Names the file in messages.

    Returns:
        The network, in float32 on the CPU, in evaluation mode; None if spandrel does not know the weights.

    Raises:
        CheckpointError: spandrel knows the weights, but they do not fit, or the network is none that maps one
            image to a larger one.
        ImportError: spandrel, or what it needs, cannot be imported.
    """
    spandrel = _spandrel()
    try:
        with silence.of():  # about PyTorch's functions that the networks' authors used
            found = spandrel.MAIN_REGISTRY.load(dict(tensors))
    except spandrel.UnsupportedModelError:
        return None
    except (
        Exception
    ) as error:  # detection looks at a few weights; what is wrong with the others raises anything
        raise CheckpointError(
            f"{label}: spandrel took the weights for a network's that they do not fit: {error}"
        ) from error
    name = found.architecture.id
    channels = found.input_channels
    if (
        not isinstance(found, spandrel.ImageModelDescriptor)
        or channels not in (1, 3)
        or channels != found.output_channels
    ):
        raise CheckpointError(
            f"{label} holds weights of {name}, which takes {channels} channels and gives "
            f"{found.output_channels}; srfast runs networks that make a colour or gray image of one"
        )
    sizes = found.size_requirements
    if sizes.square:
        raise CheckpointError(f"{label} holds weights of {name}, which takes square images only")
    return Known(
        network=_image_to_image(found.model).float().eval(),
        architecture=name,
        scale=found.scale,
        channels=channels,
        multiple=sizes.multiple_of,
        minimum=max(1, sizes.minimum),
    )


def _spandrel() -> ModuleType:
    try:
        spandrel: ModuleType = importlib.import_module("spandrel")
    except Exception as error:  # a torchvision that was built for another PyTorch raises RuntimeError
        raise ImportError(str(error)) from error
    return spandrel


def _image_to_image(network: nn.Module) -> nn.Module:
    """The network with its image as the only argument: an exporter takes optional ones for inputs, too."""
    from torch import nn

    class ImageToImage(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.network = network

        def forward(self, image: Tensor) -> Tensor:
            large: Tensor = self.network(image)
            return large

    return ImageToImage()
