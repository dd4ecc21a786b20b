"""Opens files of trained weights: which network they are for, and what that network eats."""

from __future__ import annotations

import dataclasses
import json
import os
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from srfast import openmmlab, spandrel_networks, weight_files
from srfast.conventions import Conventions
from srfast.dependencies import require
from srfast.errors import CheckpointError, OptionError
from srfast.weight_files import WeightFile
from srfast.weight_layouts import LAYOUTS

if TYPE_CHECKING:
    from torch import Tensor, nn


@dataclasses.dataclass(frozen=True)
class Checkpoint:
    """A network with its trained weights.

    Attributes:
        network: The network in float32 on the CPU, in evaluation mode. It maps NCHW to NCHW.
        architecture: Its name in `srfast.models.ARCHITECTURES`, or spandrel's name of it.
        conventions: The scale that the network was built with, the colour order and value range of its
            weights, and the sizes that it takes.
        source: What kind of file the weights came from, for people.
        assumed: Which of the conventions the file does not say: "color" and "range", or none.
    """

    network: nn.Module
    architecture: str
    conventions: Conventions
    source: str
    assumed: tuple[str, ...] = ()


def load_checkpoint(path: str | os.PathLike[str], *, scale: int | None = None) -> Checkpoint:
    """Opens a file of weights, finds its architecture and rebuilds the network.

    Read are the safetensors files that `srfast train` writes, which say everything themselves; OpenMMLab's
    checkpoints (`state_dict` inside, keys that start with `generator.`); Real-ESRGAN's and BasicSR's
    (`params` or `params_ema` inside); plain state dicts; those of a DataParallel network (`module.`); each as
    PyTorch's file or as safetensors. The architecture is found by the names and shapes of the weights, and so
    is the scale where they depend on it. What none of srfast's own networks fits is shown to spandrel, which
    knows many more, if it is installed (`pip install "srfast[spandrel]"`). No code in the file is ever run.

    Warns when the file does not say its colour order and value range (RGB, or luma for one channel, in 0..1,
    is then assumed), and when `scale` is another one than the weights were trained for.

    Args:
        path: The file.
        scale: Output pixels per input pixel along each axis. By default what the file says. Needed where it
            says nothing. Another one than the file's works for networks whose weights do not depend on it,
            such as SRCNN.

    Returns:
        The network, its name, its conventions, and what the file was. May be called from several threads,
        which take turns at reading: PyTorch's own warnings are held back then, by filters that are the
        process's, so that what another thread warns of meanwhile may be lost.

    Raises:
        CheckpointError: The file is missing, damaged, would run code, is of an unknown layout, or does not
            fit `scale`.
        DependencyError: PyTorch or safetensors is not installed.
        OptionError: `scale` is not a whole number of at least 1.
    """
    checkpoint, doubts = rebuilt(path, scale=scale)
    for doubt in doubts:
        warnings.warn(doubt, stacklevel=2)
    return checkpoint


def rebuilt(path: str | os.PathLike[str], *, scale: int | None = None) -> tuple[Checkpoint, tuple[str, ...]]:
    """What `load_checkpoint` gives, and what it warns of: for callers who know better, or say it otherwise.

    Raises:
        CheckpointError, DependencyError, OptionError: As `load_checkpoint`.
    """
    require("torch", "safetensors", extra="export")
    if scale is not None:
        Conventions(scale=scale)  # refuses a scale that makes no sense
    file = Path(path)
    held = weight_files.read(file)
    found = _described(file, held) if "srfast.arch" in held.metadata else _recognised(file, held)
    own_scale = found.conventions.scale if found.says_scale else None
    scale = scale or own_scale
    if scale is None:
        raise CheckpointError(
            f"{file} does not say its scale: give the one that it was trained for (scale, --scale)"
        )
    conventions = dataclasses.replace(found.conventions, scale=scale)
    network = found.build(scale)

    doubts = []
    if not found.says_color:
        doubts.append(
            f"{file} does not say what its network eats; assumed: {conventions.color}, values 0..1. "
            "If that is wrong, give export_onnx the right conventions"
        )
    if own_scale not in (None, scale):
        doubts.append(f"{file} was trained for x{own_scale}; at x{scale}, as asked, it is less good")
    assumed = () if found.says_color else ("color", "range")
    return Checkpoint(network, found.architecture, conventions, found.source, assumed), tuple(doubts)


@dataclasses.dataclass(frozen=True)
class _Found:
    """What a file's weights turned out to be."""

    architecture: str
    source: str
    conventions: Conventions
    says_scale: bool
    says_color: bool
    build: Callable[[int], nn.Module]  # at a scale


def _described(file: Path, held: WeightFile) -> _Found:
    """What srfast's own metadata states."""
    from srfast.models import ARCHITECTURES

    metadata = held.metadata
    architecture = metadata["srfast.arch"]
    if architecture not in ARCHITECTURES:
        known = ", ".join(sorted(ARCHITECTURES))
        raise CheckpointError(
            f"{file} is for the network {architecture!r}, which this srfast lacks; it has {known}"
        )
    try:
        arguments = json.loads(metadata.get("srfast.config", "{}"))
        conventions = Conventions.from_metadata(metadata)
    except (json.JSONDecodeError, OptionError) as error:
        raise CheckpointError(f"{file}: its srfast metadata makes no sense: {error}") from error
    if conventions is None or not isinstance(arguments, dict):
        raise CheckpointError(f"{file}: its srfast metadata is incomplete; train or save it again")
    return _Found(
        architecture,
        "weights trained by srfast",
        conventions,
        says_scale=True,
        says_color=True,
        build=lambda scale: _build(file, architecture, {**arguments, "upscale_factor": scale}, held.tensors),
    )


def _recognised(file: Path, held: WeightFile) -> _Found:
    """What the names and shapes of the weights show: one of srfast's networks, else one of spandrel's."""
    resembled = None
    for architecture, arguments_of in LAYOUTS.items():
        arguments = arguments_of(held.tensors)
        if arguments is None:
            continue
        resembled = _own(file, held, architecture, arguments)
        if _fits(architecture, {"upscale_factor": 1, **arguments}, held.tensors):
            return resembled
    try:
        known = spandrel_networks.build(held.tensors, str(file)) if held.tensors else None
        tried = [*LAYOUTS, *spandrel_networks.architectures()]
        advice = ""
    except ImportError as error:
        known, tried = None, list(LAYOUTS)
        advice = (
            f'. spandrel, which knows many more, cannot be imported ({error}): pip install "srfast[spandrel]"'
        )
    if known is not None:
        return _of_spandrel(file, known)
    if resembled is not None:  # it says which weights do not fit when it is built
        return resembled
    raise CheckpointError(
        f"{file} has an unknown layout. The first of its {len(held.keys)} keys: "
        f"{', '.join(held.keys[:6]) or 'none'}. Architectures tried: {', '.join(tried)}{advice}"
    )


def _own(file: Path, held: WeightFile, architecture: str, arguments: Mapping[str, Any]) -> _Found:
    configuration = held.configuration
    scale = openmmlab.read_scale(configuration) or arguments.get("upscale_factor")
    color = openmmlab.read_color(configuration) if arguments["channels"] == 3 else None
    assumed = "y" if arguments["channels"] == 1 else "rgb"
    return _Found(
        architecture,
        "OpenMMLab's checkpoint" if configuration else "plain weights",
        Conventions(scale=scale or 1, color=color or assumed),
        says_scale=scale is not None,
        says_color=color is not None,
        build=lambda scale: _build(file, architecture, {**arguments, "upscale_factor": scale}, held.tensors),
    )


def _of_spandrel(file: Path, known: spandrel_networks.Known) -> _Found:
    def build(scale: int) -> nn.Module:
        if scale != known.scale:
            raise CheckpointError(
                f"{file} holds weights of {known.architecture} for x{known.scale}, not x{scale}"
            )
        return known.network

    return _Found(
        known.architecture,
        "weights that spandrel knows",
        # All of spandrel's networks take RGB, or one channel, in 0..1.
        Conventions(
            scale=known.scale,
            color="rgb" if known.channels == 3 else "y-full",
            multiple=known.multiple,
            minimum=known.minimum,
        ),
        says_scale=True,
        says_color=True,
        build=build,
    )


def _fits(architecture: str, arguments: Mapping[str, Any], tensors: Mapping[str, Tensor]) -> bool:
    try:
        return not _misfits(architecture, arguments, tensors)
    except Exception:  # arguments from a file can be wrong in every way
        return False


def _misfits(architecture: str, arguments: Mapping[str, Any], tensors: Mapping[str, Tensor]) -> list[str]:
    """What of the weights is not as the network has it. Raises whatever the constructor raises."""
    import torch

    from srfast.models import ARCHITECTURES

    # Shapes only: memory is taken for what the file holds, not for what it claims.
    with torch.device("meta"):
        expected = ARCHITECTURES[architecture](**arguments).state_dict()
    return [
        f"{name} is {_shape(tensors, name)}, not {_shape(expected, name)}"
        for name in sorted(expected.keys() | tensors.keys())
        if _shape(expected, name) != _shape(tensors, name)
    ]


def _build(
    file: Path, architecture: str, arguments: Mapping[str, Any], tensors: Mapping[str, Tensor]
) -> nn.Module:
    from srfast.models import ARCHITECTURES

    try:
        misfits = _misfits(architecture, arguments, tensors)
    except Exception as error:  # arguments from a file can be wrong in every way
        raise CheckpointError(
            f"{file}: {architecture} cannot be built with {dict(arguments)}: {error}"
        ) from error
    if misfits:
        raise CheckpointError(
            f"{file}: the weights do not fit {architecture} at x{arguments['upscale_factor']}: "
            + "; ".join(misfits[:3])
        )
    for name, tensor in tensors.items():
        _require_numbers(file, name, tensor)
    network = ARCHITECTURES[architecture](**arguments)
    network.load_state_dict(dict(tensors))
    return network.eval()


def _require_numbers(file: Path, name: str, tensor: Tensor) -> None:
    """Refuses weights that stand for other numbers than they are, and those of a training that failed."""
    import torch

    try:
        # Of floats of 8 bits, PyTorch cannot tell directly which are finite.
        finite = torch.isfinite(tensor.float()) if tensor.is_floating_point() else None
    except RuntimeError:  # floats of 4 bits, two of which share a byte
        finite = None
    if finite is None:
        raise CheckpointError(
            f"{file} holds {name} as {tensor.dtype}, which are not plain floating-point numbers: "
            "save the weights that the network had before they were converted"
        )
    if not bool(finite.all()):
        raise CheckpointError(f"{file} holds weights that are not finite numbers: the training failed")


def _shape(tensors: Mapping[str, Tensor], name: str) -> str:
    return "x".join(map(str, tensors[name].shape)) or "a single number" if name in tensors else "absent"
