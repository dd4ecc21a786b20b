"""At which sizes a file runs, and whether one was left in it when it was traced."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import onnx
from onnx import numpy_helper

from srfast import parity
from srfast.checking import probing
from srfast.checking.subject import Subject
from srfast.checking.verdict import Finding, SkippedError, failed, passed, skipped
from srfast.errors import RunError

_MOST_SUGGESTIONS = 16
_MOST_PIXELS = 512 * 512
_USUAL_SIDES = (64, 128, 224, 256)
_SHAPED_BY = {"Reshape": 1, "Expand": 1, "Resize": 3, "ConstantOfShape": 0}
"""Operators, and which of their inputs says the shape of what they make."""


def sizes(subject: Subject) -> Finding:
    """Which sizes the network takes, odd ones and single pixels included."""
    height, width = subject.fixed_size
    if height and width:
        return passed(f"{width}x{height} only, as the file declares; srfast brings other images to that size")
    if height or width:
        axis = f"height is {height}" if height else f"width is {width}"
        return passed(f"the {axis}, as the file declares")
    taken = subject.taken
    if isinstance(taken, str):
        only = _traced_size(subject)
        if only is not None:
            return failed(f"it declares any size, but runs at {only[1]}x{only[0]} and not elsewhere: {taken}")
        return failed(f"it runs at no size that was tried: {taken}")
    for size in parity.SIZES:
        tried = parity.taken_size(size, subject.sizes_taken)
        try:
            made = subject.made_size(*tried)
        except RunError as error:
            return failed(f"it does not run at {tried[1]}x{tried[0]}: {error}")
        if made != taken.makes(*tried):
            return failed(f"{tried[1]}x{tried[0]} becomes {made[1]}x{made[0]}, unlike other sizes")
    which = "any" if taken.multiple == 1 else f"multiples of {taken.multiple}"
    missing = f"; the result lacks {taken.missing} pixels along each axis" if taken.missing else ""
    figures = {"multiple": taken.multiple, "minimum": taken.minimum}
    return passed(f"{which}, from {taken.minimum}x{taken.minimum} on{missing}", **figures)


def traced(subject: Subject) -> Finding:
    """Whether a size was left in the graph when it was traced; that of the batch counts too."""
    if all(subject.fixed_size):
        return skipped("the file declares its one size")
    if not any(subject.fixed_size) and isinstance(subject.taken, str):
        only = _traced_size(subject)
        if only is None:
            raise SkippedError("it runs at no size that was tried")
        culprits = [
            f"{label} makes {'x'.join(map(str, shape))} of everything"
            for label, shape in _constant_shapes(subject.graph)
        ]
        return failed("; ".join([f"{only[1]}x{only[0]} is left over from tracing", *culprits[:3]]))
    if not isinstance(subject.session.get_inputs()[0].shape[0], int) and not any(subject.fixed_size):
        size = parity.taken_size((17, 31), subject.sizes_taken)
        try:
            alone, two = subject.run(*size), subject.run(*size, batch=2)
        except RunError as error:
            return failed(f"it declares any batch, but two images at once fail: {error}")
        if two.shape != (2, *alone.shape[1:]):
            return failed(f"it declares any batch, but of two images it makes {list(two.shape)}")
    return passed("no size is left over from tracing")


def _traced_size(subject: Subject) -> tuple[int, int] | None:
    """The size that the network does run at, of those that constants in its graph suggest."""
    scales = dict.fromkeys([subject.conventions.scale, 4, 3, 2, 1])
    known = [] if subject.suspected is None else [subject.suspected]
    hints = [shape[-2:] for _, shape in _constant_shapes(subject.graph)]
    suggested = [
        (height // scale, width // scale)
        for (height, width), scale in itertools.product(hints, scales)
        if height % scale == 0 and width % scale == 0
    ]
    suggested = [size for size in dict.fromkeys(suggested) if size[0] * size[1] <= _MOST_PIXELS]
    return probing.works_at(
        subject.made_size, [*known, *suggested[:_MOST_SUGGESTIONS], *((side, side) for side in _USUAL_SIDES)]
    )


def _constant_shapes(model: onnx.ModelProto) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Nodes that make the same height and width of everything, and the shapes that they make."""
    constants = {tensor.name: tensor for tensor in model.graph.initializer}
    for node in model.graph.node:
        if node.op_type == "Constant":
            values = [entry.t for entry in node.attribute if entry.name == "value"]
            constants |= dict(zip(node.output, values, strict=False))
        place = _SHAPED_BY.get(node.op_type)
        if place is None or len(node.input) <= place or node.input[place] not in constants:
            continue
        tensor = constants[node.input[place]]
        if len(tensor.dims) != 1 or not 4 <= tensor.dims[0] <= 8:
            continue
        shape = tuple(int(side) for side in numpy_helper.to_array(tensor))
        if min(shape[-2:]) > 1:
            yield node.name or f"{node.op_type} that makes {node.output[0]}", shape
