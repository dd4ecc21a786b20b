"""How far a network looks: the receptive field of its output pixels, derived from the graph.

A network is run tile by tile by giving it a part of the image and keeping the part of its output that came
out as it would have from the whole image. This module says, from the operators alone, how much more image a
tile needs than it keeps (the halo), and where tiles may begin (the alignment).

**When a tile gives the same pixels as the whole.** Let a tile be the input pixels [s, e) along one axis, for
both axes alike. A kept output pixel that needs the input pixels [first, last] is the same, as far as the
arithmetic of the runtime allows, if

1. s is a multiple of the alignment and so is e, or e is the end of the image. Then strides, shuffles and
   resizes fall on the same pixels in the tile as in the whole. The image's own sides have to be multiples of
   the alignment as well: what a strided convolution does with a row that is left over is not described here.
2. s <= first or s is the true border, and last < e or e is the true border.
3. The tile has at least `shortest` pixels, unless it is the whole axis.

Why: in the whole, position i of an intermediate tensor is position i - s / step of the tile's, where step is
the input pixels per position. Every position is said to need the input pixels that it stands on
(`Axis.through`), so by 2 a position that a kept pixel is computed from lies inside the tile's tensor, or
beyond a true border. Inside, by induction, it has the same value. Beyond a true border, the tile's padding
starts at the same place as the whole's, and holds the same: zeros of a convolution or of `Pad`, the edge
pixel of `Pad` or of a resize, or the reflection; by 3 the tile holds the pixels that are repeated there, and
all that they are computed from. A tile's padding at a border that is not the image's is never looked at. So
padded ("same") convolutions need no special care, and a tile at the true border must touch it.

Two things follow from floating point, not from the graph: sums may be formed in another order, and a resize
whose coordinates are float32 has other rounding errors further to the right.
"""

from __future__ import annotations

import contextlib
import dataclasses
import math
from collections.abc import Callable, Iterable
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
import onnx.inliner
import onnx.reference
from onnx import numpy_helper

from srfast.receptive_field.node import Alignment, Node
from srfast.receptive_field.rules import RULES
from srfast.receptive_field.size import NotLinearError, Size
from srfast.receptive_field.size_rules import size_rule
from srfast.receptive_field.stencil import IDENTITY
from srfast.receptive_field.values import Axis, Constant, Sizes, Tensor, UnboundedError, Value

__all__ = ["ReceptiveField", "Sides", "Unbounded", "known_values", "receptive_field"]

_DIRECTIONS = ("height", "width")


@dataclasses.dataclass(frozen=True)
class Sides:
    """A number of pixels at each side of the image."""

    top: int
    left: int
    bottom: int
    right: int


@dataclasses.dataclass(frozen=True)
class ReceptiveField:
    """How far a network looks around the place of an output pixel.

    Output pixel i stands on input pixel floor((i + margin before it) / scale).

    Attributes:
        scale: Output pixels per input pixel, along both axes.
        halo: How many input pixels further than the one it stands on an output pixel looks, at most, to each
            side.
        alignment: What the offsets and sizes of tiles must be multiples of, in input pixels: vertically and
            horizontally.
        margin: Output pixels that are missing at each side, as after convolutions without padding: the output
            is scale * size - margins. Negative where the output is larger.
        shortest: The height and width that a tile has at least, because of what reflecting padding repeats.
    """

    scale: Fraction
    halo: Sides
    alignment: tuple[int, int]
    margin: Sides
    shortest: tuple[int, int] = (1, 1)


@dataclasses.dataclass(frozen=True)
class Unbounded:
    """Why a network has no finite receptive field, or none that is known.

    Attributes:
        node: The name of the node to blame (of its output, where it has no name); empty for the graph itself.
        operator: The operator of that node; empty for the graph itself.
        reason: What it does, as the end of a sentence that begins with the node.
    """

    node: str
    operator: str
    reason: str

    def __str__(self) -> str:
        return f"{self.operator or 'the graph'} {self.node!r}: {self.reason}" if self.node else self.reason


def receptive_field(model: onnx.ModelProto) -> ReceptiveField | Unbounded:
    """Derives the receptive field of a network's first output in its first input.

    Only what is known for certain counts: an operator without a rule, or one that is used in a way that its
    rule does not cover, makes the network unbounded.

    Args:
        model: The network, NCHW to NCHW. Weights may be missing (external data that is not loaded), other
            constants may not. Not modified.

    Returns:
        The receptive field, or why there is none. May be called from several threads.
    """
    if model.functions:
        model = onnx.inliner.inline_local_functions(model)
    graph = _Graph(model)
    try:
        return _summary(graph.output(), graph.alignment)
    except _NodeError as error:
        return error.unbounded
    except UnboundedError as error:
        return Unbounded("", "", str(error))


def known_values(model: onnx.ModelProto) -> dict[str, Value]:
    """What is known of the tensors of a network without running it.

    Args:
        model: The network, NCHW, without functions of its own. Not modified.

    Returns:
        Names and values. A tensor that nothing is known of, or that is computed from such a one, is left out.
    """
    return _Graph(model).everything()


class _NodeError(Exception):
    """A node without a bound."""

    def __init__(self, unbounded: Unbounded) -> None:
        super().__init__(str(unbounded))
        self.unbounded = unbounded


class _Graph:
    """What is known of the tensors of a graph, derived from the inputs on."""

    def __init__(self, model: onnx.ModelProto) -> None:
        self.alignment = Alignment()
        self._graph = model.graph
        self._opset = next(
            (entry.version for entry in model.opset_import if entry.domain in ("", "ai.onnx")), 1
        )
        self._opsets = list(model.opset_import)
        self._values: dict[str, Value] = {}

    def output(self) -> Tensor:
        """What is known of the first output.

        Raises:
            UnboundedError: The graph as a whole is of an unknown kind.
            _NodeError: A node that the output depends on has no bound.
        """
        self._add_constants()
        self._add_inputs()
        if not self._graph.output:
            raise UnboundedError("the graph has no output")
        name = self._graph.output[0].name
        for node in _needed(self._graph.node, name):
            self._values.update(self._outputs(node))
        value = self._values.get(name)
        if not isinstance(value, Tensor):
            raise UnboundedError("the first output does not depend on the pixels of the first input")
        return value

    def everything(self) -> dict[str, Value]:
        """What is known of all tensors."""
        self._add_constants()
        try:
            self._add_inputs()
        except UnboundedError:
            return self._values
        for node in self._graph.node:
            # What depends on an unknown tensor is unknown too.
            with contextlib.suppress(_NodeError):
                self._values.update(self._outputs(node))
        return self._values

    def _add_constants(self) -> None:
        for initializer in self._graph.initializer:
            self._values[initializer.name] = Constant(_reader(initializer), tuple(initializer.dims))

    def _add_inputs(self) -> None:
        inputs = [entry for entry in self._graph.input if entry.name not in self._values]
        if not inputs:
            raise UnboundedError("the graph has no input")
        for place, entry in enumerate(inputs):
            sides: list[Axis | Size] = []
            for axis, dimension in enumerate(entry.type.tensor_type.shape.dim):
                if dimension.HasField("dim_value"):
                    sides.append(Size.of(dimension.dim_value))
                else:
                    sides.append(Size.symbol(f"input {place} side {axis}"))
            if place == 0:
                if len(sides) != 4:
                    raise UnboundedError("the first input is not laid out as batch, channels, height, width")
                for direction in (0, 1):
                    side = sides[2 + direction]
                    assert isinstance(side, Size)
                    sides[2 + direction] = Axis(direction, side, IDENTITY)
            self._values[entry.name] = Tensor(tuple(sides))

    def _outputs(self, proto: onnx.NodeProto) -> Iterable[tuple[str, Value]]:
        try:
            inputs = [self._values.get(name) for name in _inputs(proto)]
            if any(name and name not in self._values for name in _inputs(proto)):
                raise UnboundedError("it takes what another graph or an unused output holds")
            node = Node(proto, self._opset, inputs, self.alignment)
            return zip(proto.output, self._apply(node), strict=False)
        except NotLinearError:
            reason = "a size in it does not grow evenly with the image's"
        except UnboundedError as error:
            reason = str(error)
        # Somebody's file may hold anything: attributes of the wrong kind, inputs that are not there.
        except (ArithmeticError, AssertionError, LookupError, TypeError, ValueError) as error:
            reason = f"it is not as ONNX defines it ({type(error).__name__}: {error})"
        raise _NodeError(Unbounded(proto.name or next(iter(proto.output), ""), proto.op_type, reason))

    def _apply(self, node: Node) -> list[Value]:
        proto, present = node.proto, [value for value in node.inputs if value is not None]
        if proto.op_type.startswith(("Random", "Multinomial", "Bernoulli")):
            raise UnboundedError("it is random")
        if all(isinstance(value, Constant) for value in present) and (present or proto.op_type == "Constant"):
            return self._folded(node)
        if proto.domain not in ("", "ai.onnx"):
            raise UnboundedError(f"no rule for this operator of {proto.domain}")
        if not any(isinstance(value, Tensor) for value in present) and proto.op_type != "Shape":
            return [_constant_if_fixed(size_rule(node))]
        if proto.op_type not in RULES:
            raise UnboundedError("no rule for this operator")
        return [
            _constant_if_fixed(value) if isinstance(value, Sizes) else value
            for value in RULES[proto.op_type](node)
        ]

    def _folded(self, node: Node) -> list[Value]:
        """Outputs of a node whose inputs are all constant."""
        names = list(_inputs(node.proto))
        constants = {
            name: value for name, value in zip(names, node.inputs, strict=True) if isinstance(value, Constant)
        }

        def compute() -> list[Any]:
            values = [onnx.ValueInfoProto(name=name) for name in constants]
            outputs = [onnx.ValueInfoProto(name=name) for name in node.proto.output if name]
            graph = onnx.helper.make_graph([node.proto], "constant", values, outputs)
            model = onnx.helper.make_model(graph, opset_imports=self._opsets)
            feeds = {name: constant.value for name, constant in constants.items()}
            return list(onnx.reference.ReferenceEvaluator(model).run(None, feeds))

        once: list[Any] = []

        def output(place: int) -> Callable[[], npt.NDArray[Any]]:
            def value() -> npt.NDArray[Any]:
                if not once:
                    once.extend(compute())
                result: npt.NDArray[Any] = once[place]
                return result

            return value

        # So that weights need not be read, and quantised ones need not be computed, for their shape's sake.
        shape = node.shape(0) if node.proto.op_type in ("Cast", "DequantizeLinear", "Identity") else None
        place = iter(range(len(node.proto.output)))
        return [Constant(output(next(place)) if name else _missing, shape) for name in node.proto.output]


def _missing() -> npt.NDArray[Any]:
    raise UnboundedError("an output that is left out has no value")


def _reader(initializer: onnx.TensorProto) -> Callable[[], npt.NDArray[Any]]:
    return lambda: numpy_helper.to_array(initializer)


def _constant_if_fixed(sizes: Sizes) -> Value:
    """Sizes of a graph that is made for one size are plain numbers."""
    flat = list(sizes.values.ravel())
    if not all(size.is_constant for size in flat):
        return sizes
    dtype = "float32" if sizes.is_float else "int64"
    numbers = [float(size.constant) if sizes.is_float else int(size.constant) for size in flat]
    array = np.array(numbers, dtype).reshape(sizes.values.shape)
    return Constant(lambda: array, array.shape)


def _inputs(node: onnx.NodeProto) -> Iterable[str]:
    """The tensors that a node reads, those that its subgraphs take from outside included."""
    yield from node.input
    for attribute in node.attribute:
        for graph in (*attribute.graphs, *([attribute.g] if attribute.HasField("g") else [])):
            own = {entry.name for entry in (*graph.input, *graph.initializer)}
            own.update(name for inner in graph.node for name in inner.output)
            read = {name for inner in graph.node for name in _inputs(inner)}
            read.update(entry.name for entry in graph.output)
            yield from sorted(name for name in read - own if name)


def _needed(nodes: Iterable[onnx.NodeProto], output: str) -> list[onnx.NodeProto]:
    """The nodes that an output depends on, in order."""
    wanted, needed = {output}, []
    for node in reversed(list(nodes)):
        if wanted.intersection(node.output):
            wanted.update(name for name in _inputs(node) if name)
            needed.append(node)
    return needed[::-1]


def _summary(output: Tensor, alignment: Alignment) -> ReceptiveField:
    axes = [side for side in output.sides[2:] if isinstance(side, Axis)]
    plain = [side for side in output.sides[:2] if not isinstance(side, Axis)]
    if len(output.sides) != 4 or len(plain) != 2 or [axis.direction for axis in axes] != [0, 1]:
        raise UnboundedError("the first output is not laid out as batch, channels, height, width")
    vertical, horizontal = axes
    if vertical.stencil.step != horizontal.stencil.step:
        raise UnboundedError("the output is scaled by different factors vertically and horizontally")
    margins = [_margins(axis) for axis in axes]
    halos = [_halo(axis, before) for axis, (before, _) in zip(axes, margins, strict=True)]
    return ReceptiveField(
        scale=1 / vertical.stencil.step,
        halo=Sides(halos[0][0], halos[1][0], halos[0][1], halos[1][1]),
        alignment=(_alignment(vertical, alignment), _alignment(horizontal, alignment)),
        margin=Sides(margins[0][0], margins[1][0], margins[0][1], margins[1][1]),
        shortest=(vertical.shortest, horizontal.shortest),
    )


def _margins(axis: Axis) -> tuple[int, int]:
    """Output pixels missing before and after, in the proportion in which the output looks further there."""
    missing = -axis.extra
    if missing == 0:
        return 0, 0
    stencil = axis.computed_from
    # How far the middle of what a pixel needs lies behind the middle of what it would stand on.
    shift = (
        sum(
            Fraction(stencil.first[i] + stencil.last[i] + 1, 2) - (i + Fraction(1, 2)) * stencil.step
            for i in range(stencil.period)
        )
        / stencil.period
    )
    before = math.floor(shift / stencil.step + Fraction(1, 2))
    return before, missing - before


def _halo(axis: Axis, margin: int) -> tuple[int, int]:
    stencil = axis.stencil
    stands_on = [math.floor((i + margin) * stencil.step) for i in range(stencil.period)]
    before = max(place - first for place, first in zip(stands_on, stencil.first, strict=True))
    after = max(last - place for place, last in zip(stands_on, stencil.last, strict=True))
    return max(before, 0), max(after, 0)


def _alignment(axis: Axis, alignment: Alignment) -> int:
    (symbol,) = [name for name, _ in axis.side.terms] or [""]
    multiple = math.lcm(axis.stencil.advance, alignment.multiples.get(symbol, 1))
    if axis.side.is_constant and axis.side.constant % multiple:
        raise UnboundedError(
            f"the network is made for a {_DIRECTIONS[axis.direction]} of {axis.side.constant}, which is no "
            f"multiple of {multiple}, the steps that it goes in"
        )
    return multiple
