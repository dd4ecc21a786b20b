"""Opens ONNX files for Python's own use: their graphs, with or without their weights."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from srfast import zoo
from srfast.did_you_mean import why_missing
from srfast.errors import ModelError

if TYPE_CHECKING:
    import onnx

Model = str | os.PathLike[str] | bytes
"""The path of an ONNX file, the content of one, or the name of a shipped model."""


_WEIGHTS = {".pth", ".pt", ".ckpt", ".safetensors"}


def model_path(model: str | os.PathLike[str]) -> Path:
    """The file that a path, or the name of a shipped model, stands for.

    Raises:
        ModelError: It is neither, or the file holds weights without a network.
    """
    try:
        path = Path(model)
    except TypeError:
        raise ModelError(
            f"model must be a path, bytes, or the name of a shipped model, not {type(model).__name__}"
        ) from None
    try:
        exists = path.exists()
        is_folder = path.is_dir()
    except OSError as error:  # such as a name that is too long
        raise ModelError(f"{path}: {error.strerror}") from error
    # A bare word; a folder may have the name of a model whose results it is for.
    if (not exists and str(model) == path.stem) or (is_folder and str(model) in zoo.models()):
        return zoo.path(str(model))
    if not exists:
        raise ModelError(why_missing(path))
    if path.suffix.lower() in _WEIGHTS:
        raise ModelError(
            f"{path} holds weights without a network; make an ONNX file: srfast export {path} -o net.onnx"
        )
    return path.absolute()


def model_name(model: Model) -> str:
    """What messages call a model: text, even where its path is none."""
    if isinstance(model, bytes):
        return "the model in memory"
    return str(model).encode("utf-8", "backslashreplace").decode()


def load_graph(model: Model) -> onnx.ModelProto:
    """Reads an ONNX file without the weights that it keeps in other files.

    Args:
        model: A path, the content of a file, or the name of a shipped model.

    Returns:
        The model; every name in it is text.

    Raises:
        ModelError: The file is missing, empty, not an ONNX file, or holds names that are not UTF-8.
    """
    import onnx
    from google.protobuf.message import DecodeError

    name = model_name(model)
    if isinstance(model, bytes):
        content = model
    else:
        try:
            content = model_path(model).read_bytes()
        except OSError as error:
            raise ModelError(f"{name}: {error.strerror}") from error
    if not content:
        raise ModelError(f"{name} is empty")
    loaded = onnx.ModelProto()
    try:
        loaded.ParseFromString(content)
    except DecodeError as error:
        raise ModelError(f"{name} is damaged, or not an ONNX file") from error
    if not loaded.HasField("graph"):
        raise ModelError(f"{name} holds no graph: it is damaged, or not an ONNX file")
    try:
        text = _is_text(loaded)
    except UnicodeDecodeError:
        text = False
    if not text:
        raise ModelError(f"{name} holds a name that is not UTF-8 text; export it again")
    return loaded


def load_weights(loaded: onnx.ModelProto, model: Model) -> None:
    """Reads the weights that a model keeps in files beside its own into it.

    Raises:
        ModelError: One cannot be read, or lies outside the model's folder.
    """
    import onnx

    folder = "" if isinstance(model, bytes) else str(model_path(model).parent)
    outside = [entry for entry in loaded.graph.initializer if entry.data_location == entry.EXTERNAL]
    if outside and not folder:
        raise ModelError(
            f"{model_name(model)} keeps weights in other files, beside a file that is not named: give a path"
        )
    try:
        onnx.external_data_helper.load_external_data_for_model(loaded, folder)
    except Exception as error:  # onnx raises whatever comes for lengths, offsets and paths that make no sense
        raise ModelError(f"{model_name(model)}: its weights cannot be read: {error}") from error


def passes_of(loaded: onnx.ModelProto) -> tuple[str, ...]:
    """The rewrites by which a model was made fast, and srfast's alone; none for any other model."""
    return tuple(
        word for pair in loaded.metadata_props if pair.key == "srfast.passes" for word in pair.value.split()
    )


def require_portable(loaded: onnx.ModelProto, model: Model) -> None:
    """Refuses a file that only srfast can run.

    Raises:
        ModelError: It is one; the message names it.
    """
    if passes_of(loaded):
        raise ModelError(
            f"{model_name(model)} is made for srfast alone, and no other library can run it: "
            "name the file that it was made of"
        )


def is_quantized(loaded: onnx.ModelProto) -> bool:
    """Whether a network computes with 8-bit integers."""
    return any("Quantize" in node.op_type or node.op_type.startswith("QLinear") for node in loaded.graph.node)


def _is_text(message: Any) -> bool:
    """Whether every string is UTF-8: protobuf gives bytes for one that is not, or raises."""
    for field, value in message.ListFields():
        if field.type not in (field.TYPE_MESSAGE, field.TYPE_STRING):
            continue
        single = isinstance(value, (str, bytes)) or hasattr(value, "ListFields")
        for each in [value] if single else value:
            if field.type == field.TYPE_STRING:
                if not isinstance(each, str):
                    return False
            elif not _is_text(each):
                return False
    return True
