"""Opens files of trained weights: which network they are for, and what that network eats."""

from __future__ import annotations

import dataclasses
import json
import os
import pickle
import re
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from srfast import openmmlab
from srfast.conventions import Conventions
from srfast.dependencies import require
from srfast.errors import CheckpointError, OptionError
from srfast.weight_layouts import LAYOUTS

if TYPE_CHECKING:
    from torch import Tensor, nn


@dataclasses.dataclass(frozen=True)
class Checkpoint:
    """A network with its trained weights.

    Attributes:
        network: The network in float32 on the CPU, in evaluation mode. It maps NCHW to NCHW.
        architecture: Its name in `srfast.models.ARCHITECTURES`.
        conventions: The scale that the network was built with, and the colour order and value range of its
            weights.
        source: What kind of file the weights came from, for people.
    """

    network: nn.Module
    architecture: str
    conventions: Conventions
    source: str


def load_checkpoint(path: str | os.PathLike[str], *, scale: int | None = None) -> Checkpoint:
    """Opens a file of weights, finds its architecture and rebuilds the network.

    Read are the safetensors files that `srfast train` writes, which say everything themselves; OpenMMLab's
    checkpoints (`state_dict` inside, keys that start with `generator.`); Real-ESRGAN's and BasicSR's
    (`params` or `params_ema` inside); plain state dicts; those of a DataParallel network (`module.`); each as
    PyTorch's file or as safetensors. The architecture is found by the names and shapes of the weights, and so
    is the scale where they depend on it. No code in the file is ever run.

    Warns when the file does not say its colour order and value range (RGB, or luma for one channel, in 0..1,
    is then assumed), and when `scale` is another one than the weights were trained for.

    Args:
        path: The file.
        scale: Output pixels per input pixel along each axis. By default what the file says. Needed where it
            says nothing. Another one than the file's works for networks whose weights do not depend on it,
            such as SRCNN.

    Returns:
        The network, its name, its conventions, and what the file was.

    Raises:
        CheckpointError: The file is missing, damaged, would run code, is of an unknown layout, or does not
            fit `scale`.
        DependencyError: PyTorch or safetensors is not installed.
        OptionError: `scale` is not a whole number of at least 1.
    """
    require("torch", "safetensors", extra="export")
    if scale is not None:
        Conventions(scale=scale)  # refuses a scale that makes no sense
    file = Path(path)
    if _is_safetensors(file):
        contents, metadata = _read_safetensors(file)
    else:
        contents, metadata = _read_pytorch(file), {}
    tensors, keys = _tensors(contents)

    own_scale: int | None
    color: str | None
    if "srfast.arch" in metadata:
        architecture, arguments, conventions = _described(file, metadata)
        source, own_scale, color = "weights trained by srfast", conventions.scale, conventions.color
    else:
        architecture, arguments = _recognised(file, tensors, keys)
        configuration = _training_configuration(contents)
        source = "OpenMMLab's checkpoint" if configuration else "plain weights"
        own_scale = openmmlab.read_scale(configuration) or arguments.pop("upscale_factor", None)
        color = openmmlab.read_color(configuration) if arguments["channels"] == 3 else None
        assumed = "y" if arguments["channels"] == 1 else "rgb"
        conventions = Conventions(scale=own_scale or 1, color=color or assumed)
    scale = scale or own_scale
    if scale is None:
        raise CheckpointError(
            f"{file} does not say its scale: give the one that it was trained for (scale, --scale)"
        )
    conventions = dataclasses.replace(conventions, scale=scale)
    network = _build(file, architecture, {**arguments, "upscale_factor": scale}, tensors)

    if color is None:
        warnings.warn(
            f"{file} does not say what its network eats; assumed: {conventions.color}, values 0..1. "
            "If that is wrong, give export_onnx the right conventions",
            stacklevel=2,
        )
    if own_scale not in (None, scale):
        warnings.warn(
            f"{file} was trained for x{own_scale}; at x{scale}, as asked, it is less good",
            stacklevel=2,
        )
    return Checkpoint(network, architecture, conventions, source)


def _is_safetensors(file: Path) -> bool:
    """Tells the two kinds of file apart by their first bytes, since names lie."""
    try:
        with open(file, "rb") as stream:
            head = stream.read(9)
    except OSError as error:
        raise CheckpointError(f"cannot read {file}: {error.strerror}") from error
    if not head:
        raise CheckpointError(f"{file} is empty")
    if head.startswith((b"PK\x03\x04", b"\x80")):  # the zip archive that torch.save writes, or a bare pickle
        return False
    if head[8:] == b"{":  # eight bytes of length, then JSON
        return True
    raise CheckpointError(f"{file} is neither a PyTorch nor a safetensors file")


def _read_safetensors(file: Path) -> tuple[dict[str, Any], dict[str, str]]:
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(file, framework="pt") as opened:
            return {key: opened.get_tensor(key) for key in opened.keys()}, opened.metadata() or {}  # noqa: SIM118
    except (SafetensorError, OSError, ValueError) as error:
        raise CheckpointError(f"{file} is not a whole safetensors file: {error}") from error


def _read_pytorch(file: Path) -> Any:
    import torch

    try:
        with warnings.catch_warnings():
            # About old pickle protocols and TorchScript archives: what cannot be read raises as well.
            warnings.simplefilter("ignore")
            return torch.load(file, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        culprit = re.search(r"GLOBAL ([\w.]+)", str(error))
        raise CheckpointError(
            f"{file} holds more than weights ({culprit[1] if culprit else 'objects'}) and could run code. "
            "Where it was made, save the weights alone: torch.save(network.state_dict(), ...)"
        ) from error
    except Exception as error:  # the reader raises whatever it stumbles over
        # The first sentence says it; the others advise to open the file unsafely.
        reason = str(error).split(". ")[0] or type(error).__name__
        raise CheckpointError(f"{file} is damaged or no file of weights: {reason}") from error


def _tensors(contents: Any) -> tuple[dict[str, Tensor], list[str]]:
    """The weights under the names that the network gives them, and the names seen in the file."""
    import torch

    # MMEditing's and Lightning's wrapping, then BasicSR's: the averaged weights are the better ones.
    for wrapping in ("state_dict", "params_ema", "params"):
        if isinstance(contents, Mapping) and isinstance(contents.get(wrapping), Mapping):
            contents = contents[wrapping]
    found = dict(contents) if isinstance(contents, Mapping) else {}
    keys = [str(key) for key in found]
    tensors = {
        key: value for key, value in found.items() if isinstance(key, str) and isinstance(value, torch.Tensor)
    }
    for prefix in (
        "module.",
        "generator.",
    ):  # DataParallel's, then OpenMMLab's, which may also hold a discriminator
        inner = {key.removeprefix(prefix): value for key, value in tensors.items() if key.startswith(prefix)}
        tensors = inner or tensors
    return tensors, keys


def _training_configuration(contents: Any) -> str:
    """The text of the configuration that MMEditing keeps in its checkpoints, or nothing."""
    meta = contents.get("meta") if isinstance(contents, Mapping) else None
    config = meta.get("config") if isinstance(meta, Mapping) else None
    return config if isinstance(config, str) else ""


def _described(file: Path, metadata: Mapping[str, str]) -> tuple[str, dict[str, Any], Conventions]:
    """The architecture, constructor arguments and conventions that srfast's own metadata states."""
    from srfast.models import ARCHITECTURES

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
    return architecture, arguments, conventions


def _recognised(file: Path, tensors: Mapping[str, Tensor], keys: list[str]) -> tuple[str, dict[str, Any]]:
    """The architecture whose weights these are, and its constructor arguments as far as they show them."""
    for architecture, arguments_of in LAYOUTS.items():
        arguments = arguments_of(tensors)
        if arguments is not None:
            return architecture, arguments
    raise CheckpointError(
        f"{file} has an unknown layout. The first of its {len(keys)} keys: {', '.join(keys[:6]) or 'none'}. "
        f"Architectures tried: {', '.join(LAYOUTS)}"
    )


def _build(
    file: Path, architecture: str, arguments: Mapping[str, Any], tensors: Mapping[str, Tensor]
) -> nn.Module:
    import torch

    from srfast.models import ARCHITECTURES

    constructor = ARCHITECTURES[architecture]
    try:
        with torch.device(
            "meta"
        ):  # shapes only: memory is taken for what the file holds, not for what it claims
            expected = constructor(**arguments).state_dict()
    except Exception as error:  # arguments from a file can be wrong in every way
        raise CheckpointError(
            f"{file}: {architecture} cannot be built with {dict(arguments)}: {error}"
        ) from error
    misfits = [
        f"{name} is {_shape(tensors, name)}, not {_shape(expected, name)}"
        for name in sorted(expected.keys() | tensors.keys())
        if _shape(expected, name) != _shape(tensors, name)
    ]
    if misfits:
        raise CheckpointError(
            f"{file}: the weights do not fit {architecture} at x{arguments['upscale_factor']}: "
            + "; ".join(misfits[:3])
        )
    if not all(bool(torch.isfinite(tensor).all()) for tensor in tensors.values()):
        raise CheckpointError(f"{file} holds weights that are not finite numbers: the training failed")
    network = constructor(**arguments)
    network.load_state_dict(dict(tensors))
    return network.eval()


def _shape(tensors: Mapping[str, Tensor], name: str) -> str:
    return "x".join(map(str, tensors[name].shape)) or "a single number" if name in tensors else "absent"
