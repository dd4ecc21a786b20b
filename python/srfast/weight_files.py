"""Reads files of trained weights without trusting them: no code is run, no size is believed."""

from __future__ import annotations

import dataclasses
import pickle
import re
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from srfast import silence
from srfast.errors import CheckpointError

if TYPE_CHECKING:
    from torch import Tensor


@dataclasses.dataclass(frozen=True)
class WeightFile:
    """What a file of weights holds.

    Attributes:
        tensors: The weights under the names that the network gives them.
        keys: The names as they are in the file, also of what is no tensor.
        metadata: A safetensors file's own pairs.
        configuration: The text of the training configuration that MMEditing keeps in its checkpoints, or
            nothing.
    """

    tensors: Mapping[str, Tensor]
    keys: list[str]
    metadata: Mapping[str, str]
    configuration: str


def read(file: Path) -> WeightFile:
    """Reads a PyTorch or a safetensors file. Which of the two it is, its content tells, since names lie.

    Raises:
        CheckpointError: The file is missing, damaged, would run code, or claims more than it holds.
    """
    if _is_safetensors(file):
        contents, metadata = _read_safetensors(file)
    else:
        contents, metadata = _read_pytorch(file), {}
    tensors, keys = _tensors(contents)
    for name, tensor in tensors.items():
        _require_held(file, name, tensor)
    return WeightFile(tensors, keys, metadata, _training_configuration(contents))


def _is_safetensors(file: Path) -> bool:
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
            names = list(opened.keys())  # it cannot be iterated over itself
            return {name: opened.get_tensor(name) for name in names}, opened.metadata() or {}
    except (SafetensorError, OSError, ValueError) as error:
        raise CheckpointError(f"{file} is not a whole safetensors file: {error}") from error


def _read_pytorch(file: Path) -> Any:
    import torch

    _require_state_dict_archive(file)
    try:
        with silence.of():  # about old pickle protocols: what cannot be read raises as well
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


def _require_state_dict_archive(file: Path) -> None:
    """Refuses an archive that holds a program, or unpacks to more than it weighs.

    torch.save compresses nothing. torch.jit.save compresses the program, and writes its constants.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return  # a bare pickle, or damaged: PyTorch says what it is
    if any(entry.filename.endswith("/constants.pkl") for entry in entries):
        raise CheckpointError(
            f"{file} is a TorchScript archive, which holds a program. Where PyTorch trusts it, save its "
            'weights alone: torch.save(torch.jit.load(FILE).state_dict(), "weights.pth")'
        )
    unpacked = sum(entry.file_size for entry in entries)
    if unpacked > file.stat().st_size:
        raise CheckpointError(
            f"{file} weighs {file.stat().st_size:,} bytes and would unpack to {unpacked:,}: PyTorch does not "
            "compress weights, so somebody else made this; it is not opened"
        )


def _tensors(contents: Any) -> tuple[dict[str, Tensor], list[str]]:
    """The weights under the names that the network gives them, and the names seen in the file."""
    import torch

    # MMEditing's and Lightning's wrapping, BasicSR's (the averaged weights are the better ones), others'.
    for wrapping in ("state_dict", "params_ema", "params-ema", "params", "model_state_dict", "model", "net"):
        if isinstance(contents, Mapping) and isinstance(contents.get(wrapping), Mapping):
            contents = contents[wrapping]
    found = dict(contents) if isinstance(contents, Mapping) else {}
    keys = [str(key) for key in found]
    tensors = {
        key: value for key, value in found.items() if isinstance(key, str) and isinstance(value, torch.Tensor)
    }
    # DataParallel's, KAIR's, then OpenMMLab's, which may also hold a discriminator.
    for prefix in ("module.", "netG.", "generator."):
        inner = {key.removeprefix(prefix): value for key, value in tensors.items() if key.startswith(prefix)}
        tensors = inner or tensors
    return tensors, keys


def _require_held(file: Path, name: str, tensor: Tensor) -> None:
    """Refuses a tensor that is larger than its memory (strides of zero claim any size), or empty."""
    import torch

    has_memory = tensor.layout == torch.strided and not tensor.is_meta
    held = tensor.untyped_storage().nbytes() if has_memory else 0
    if tensor.numel() * tensor.element_size() > held or tensor.numel() == 0:
        raise CheckpointError(
            f"{file} is damaged or no file of weights: {name} claims the shape {tuple(tensor.shape)}, "
            f"of which it holds {held:,} bytes"
        )


def _training_configuration(contents: Any) -> str:
    meta = contents.get("meta") if isinstance(contents, Mapping) else None
    config = meta.get("config") if isinstance(meta, Mapping) else None
    return config if isinstance(config, str) else ""
