"""Damaged files: bytes or messages of whole ones with something wrong in them, at random by a seed."""

from __future__ import annotations

import contextlib
import io
import random
import zipfile
from typing import Any

import onnx

_NUMBERS = [-1, 0, 1, 2, 3, 7, 127, 2**15, 2**31 - 1, -(2**31), 2**40, 2**62, 2**63 - 1, -(2**63)]
_FLOATS = [0.0, -0.0, 1e-45, 1e30, -1e38, float("nan"), float("inf"), 0.5]
_TEXTS = ["", "input", "output", "x" * 5000, "../../etc/passwd", "%s%n", "0 0 0 0", "nan", "-1", "ai.onnx.ml"]
_OPERATORS = ["Conv", "Relu", "Resize", "Loop", "If", "Scan", "Expand", "Shape", "Gather", "Identity", "Sum"]


def damaged(content: bytes, kind: str, seed: int) -> bytes:
    """The file with something wrong in it.

    Args:
        content: A whole file.
        kind: Its suffix: ".onnx", ".pth" or ".safetensors".
        seed: The same one gives the same bytes.
    """
    chance = random.Random(seed)
    if chance.random() < 0.4:
        return _bytes_changed(content, chance)
    if kind == ".onnx":
        return _message_changed(content, chance)
    if kind == ".pth":
        return _member_changed(content, chance)
    return _bytes_changed(content[:2000], chance) + content[2000:]  # the header


def _bytes_changed(content: bytes, chance: random.Random) -> bytes:
    changed = bytearray(content)
    for _ in range(chance.choice([1, 1, 2, 8, 100])):
        at = chance.randrange(len(changed) + 1)
        length = min(chance.choice([1, 2, 8, 64, 1000]), len(changed) - at)
        block = changed[at : at + length]
        match chance.randrange(6):
            case 0:
                changed[at:at] = block
            case 1:
                del changed[at : at + length]
            case 2:
                changed[at : at + length] = bytes(length)
            case 3:
                changed[at : at + length] = chance.randbytes(length)
            case 4 if chance.random() < 0.3:
                del changed[at:]
            case _:
                for place in range(at, at + min(length, 3)):
                    changed[place] ^= 1 << chance.randrange(8)
    return bytes(changed)


def _member_changed(content: bytes, chance: random.Random) -> bytes:
    """Of an archive, with right sums: else nothing but the sums would be found wrong."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    name = chance.choice([*members, *(name for name in members if name.endswith(".pkl"))])
    members[name] = _bytes_changed(members[name], chance)
    if chance.random() < 0.1:
        del members[chance.choice(list(members))]
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for each, data in members.items():
            archive.writestr(each, data)
    return made.getvalue()


def _message_changed(content: bytes, chance: random.Random) -> bytes:
    model = onnx.load_model_from_string(content)
    for _ in range(chance.choice([1, 1, 1, 2, 5])):
        _change_field(model, chance)
    return model.SerializeToString()


def _change_field(message: Any, chance: random.Random) -> None:
    """Changes one field of a message, or of one inside it."""
    fields = message.ListFields()
    if not fields:
        return
    field, value = chance.choice(fields)
    repeated = not isinstance(value, (str, bytes, int, float)) and not hasattr(value, "ListFields")
    if repeated:
        _change_list(value, chance)
    elif hasattr(value, "ListFields"):
        if chance.random() < 0.05:
            message.ClearField(field.name)
        else:
            _change_field(value, chance)
    elif chance.random() < 0.1:
        message.ClearField(field.name)
    else:
        with contextlib.suppress(
            ValueError
        ):  # more than the field's type holds, or no name of its enumeration
            setattr(message, field.name, _other(value, chance))


def _change_list(values: Any, chance: random.Random) -> None:
    if not len(values):
        return
    at = chance.randrange(len(values))
    of_messages = hasattr(values[at], "ListFields")
    match chance.randrange(8):
        case 0:
            del values[at]
        case 1:
            values.append(values[at])
        case 2 if of_messages:
            values[at].CopyFrom(values[chance.randrange(len(values))])
        case _ if of_messages:
            _change_field(values[at], chance)
        case _:
            with contextlib.suppress(ValueError):
                values[at] = _other(values[at], chance)


def _other(value: Any, chance: random.Random) -> Any:
    if isinstance(value, bytes):
        return _bytes_changed(value[:4000], chance) + value[4000:]
    if isinstance(value, str):
        return chance.choice([*_TEXTS, *_OPERATORS, value + "x", value[:-1], value])
    if isinstance(value, float):
        return chance.choice(_FLOATS)
    return chance.choice([*_NUMBERS, value + 1, value - 1, value * 2])
