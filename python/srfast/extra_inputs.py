"""Inputs beside the image that carry the scale: their values become part of the model.

A value becomes an initializer of the input's name. In ONNX that is an input with a default: programs that
feed it go on to do so, and all others, ONNX Runtime and srfast among them, see one input.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import numpy_helper

from srfast.errors import ModelError, OptionError

Values = Mapping[str, npt.ArrayLike]

_SPATIAL_RANK = 4


def extra_inputs(model: onnx.ModelProto) -> list[onnx.ValueInfoProto]:
    """The inputs that have no value yet and are not the image: the first one with four axes of floats is."""
    given = {initializer.name for initializer in model.graph.initializer}
    inputs = [entry for entry in model.graph.input if entry.name not in given]
    image = next((entry for entry in inputs if _may_be_image(entry)), None)
    return [] if image is None else [entry for entry in inputs if entry is not image]


def bind(model: onnx.ModelProto, values: Values) -> None:
    """Gives inputs their values.

    Args:
        model: The network. Changed in place.
        values: The value of each of these inputs; converted to its type.

    Raises:
        OptionError: There is no such input, or its type or shape is another one.
    """
    if not isinstance(values, Mapping):
        raise OptionError(f"inputs must be a mapping of names to values, not {values!r}")
    entries = {entry.name: entry for entry in model.graph.input}
    initializers = {initializer.name for initializer in model.graph.initializer}
    for name, value in values.items():
        if name not in entries or name in initializers:
            known = ", ".join(repr(entry.name) for entry in extra_inputs(model)) or "none but the image"
            raise OptionError(f"there is no input {name!r} to give a value; the inputs are: {known}")
        tensor = entries[name].type.tensor_type
        try:
            array = np.asarray(value, onnx.helper.tensor_dtype_to_np_dtype(tensor.elem_type))
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise OptionError(f"the value of input {name!r} cannot be used: {error}") from error
        sides = _sides(entries[name])
        if len(sides) == array.ndim + 1 == 1:
            array = array.reshape(1)
        if len(sides) != array.ndim or any(
            side not in (None, has) for side, has in zip(sides, array.shape, strict=True)
        ):
            raise OptionError(
                f"input {name!r} has shape {_text(sides)}, and the value for it {list(array.shape)}"
            )
        model.graph.initializer.append(numpy_helper.from_array(array, name))


def bind_scale(
    model: onnx.ModelProto, scale: int, shown_scale: Callable[[onnx.ModelProto], int | None]
) -> None:
    """Gives all extra inputs the values that make the network enlarge `scale` times.

    Tried are: the scale itself, twice, or behind two ones for batch and channels; and for an input with four
    axes, zeros whose height and width are the scale, as networks have it that read its shape. What is kept is
    proven: the network then enlarges as often, and once more where it is given one more.

    Args:
        model: The network. Changed in place.
        scale: How many times it is to enlarge.
        shown_scale: How many times a model enlarges when it is run, None where it does not run.

    Raises:
        ModelError: None of them does that.
    """
    entries = extra_inputs(model)

    def shown(values: Values) -> int | None:
        return shown_scale(_bound(model, values))

    for right, more in zip(_candidates(entries, scale), _candidates(entries, scale + 1), strict=True):
        if shown(right) != scale or shown(more) != scale + 1:
            continue
        # Each has a part in it: an input that has none is something else.
        if len(right) == 1 or all(shown(right | {name: more[name]}) != scale for name in right):
            bind(model, right)
            return
    named = ", ".join(f"{entry.name!r} {_type_name(entry)} {_text(_sides(entry))}" for entry in entries)
    raise ModelError(
        f"srfast cannot tell what goes into its other inputs, {named}: no value for them makes it enlarge "
        f"{scale} times. Give their values: srfast tag --input NAME=VALUE"
    )


def _bound(model: onnx.ModelProto, values: Values) -> onnx.ModelProto:
    result = onnx.ModelProto()
    result.CopyFrom(model)
    bind(result, values)
    return result


def _candidates(entries: list[onnx.ValueInfoProto], scale: int) -> Iterator[dict[str, Any]]:
    choices = [_values_for(entry, scale) for entry in entries]
    for values in itertools.product(*choices):
        yield {entry.name: value for entry, value in zip(entries, values, strict=True)}


def _values_for(entry: onnx.ValueInfoProto, scale: int) -> list[npt.NDArray[Any]]:
    sides = _sides(entry)
    if len(sides) == 0:
        return [np.array(scale)]
    if len(sides) == 1:
        lists = [np.array([1, 1, scale, scale]), np.array([scale, scale]), np.array([scale])]
        return [value for value in lists if sides[0] in (None, len(value))]
    if len(sides) == _SPATIAL_RANK and not (sides[2] and sides[3]):
        return [np.zeros((sides[0] or 1, sides[1] or 1, scale, scale))]
    return []


def _may_be_image(entry: onnx.ValueInfoProto) -> bool:
    sides = _sides(entry)
    floats = (onnx.TensorProto.FLOAT, onnx.TensorProto.FLOAT16)
    return len(sides) == _SPATIAL_RANK and entry.type.tensor_type.elem_type in floats


def _sides(entry: onnx.ValueInfoProto) -> list[int | None]:
    dimensions = entry.type.tensor_type.shape.dim
    return [
        side.dim_value if side.HasField("dim_value") and side.dim_value > 0 else None for side in dimensions
    ]


def _text(sides: list[int | None]) -> str:
    return "[" + ", ".join("?" if side is None else str(side) for side in sides) + "]"


def _type_name(entry: onnx.ValueInfoProto) -> str:
    try:
        return str(onnx.helper.tensor_dtype_to_np_dtype(entry.type.tensor_type.elem_type))
    except KeyError:
        return "of an unknown type"
