"""How far each operator looks: one table, one line an operator. What is not in it has no known bound."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Sequence
from fractions import Fraction

import numpy as np

from srfast.receptive_field.node import Node
from srfast.receptive_field.regroup import regroup, resolved
from srfast.receptive_field.resize import resized
from srfast.receptive_field.size import Size
from srfast.receptive_field.stencil import repeated, transposed, window
from srfast.receptive_field.values import Axis, Constant, Sizes, Tensor, UnboundedError, Value, ratio, size_of

Side = Axis | Size
Rule = Callable[[Node], list[Value]]

_ONE = Size.of(1)


def _elementwise(node: Node) -> list[Value]:
    """Values at the same place, of tensors that are broadcast against each other."""
    operands: list[tuple[Side, ...]] = []
    for index, value in enumerate(node.inputs):
        if value is None:
            continue
        if isinstance(value, Tensor):
            operands.append(value.sides)
        elif isinstance(value, Constant):
            operands.append(tuple(Size.of(side) for side in value.shape))
        else:
            raise UnboundedError(f"its input {index + 1} depends on the image's size")
    rank = max(len(sides) for sides in operands)
    padded = [(_ONE,) * (rank - len(sides)) + sides for sides in operands]
    return [Tensor(tuple(_broadcast(together) for together in zip(*padded, strict=True)))]


def _broadcast(sides: Sequence[Side]) -> Side:
    wide = [side for side in sides if isinstance(side, Axis) or side != _ONE]
    return _union(wide) if wide else _ONE


def _union(sides: Sequence[Side]) -> Side:
    """One side for tensors that are put together place by place."""
    result = sides[0]
    for side in sides[1:]:
        if isinstance(result, Axis) and isinstance(side, Axis):
            if (result.direction, result.stencil.step) != (side.direction, side.stencil.step):
                raise UnboundedError("it puts together images of different scales")
            # A formula for each of two sizes that are equal at run time would say the same.
            if result.extra != side.extra:
                raise UnboundedError("it puts together images of different sizes")
            result = dataclasses.replace(
                result,
                stencil=result.stencil.union(side.stencil),
                computed_from=result.computed_from.union(side.computed_from),
                shortest=max(result.shortest, side.shortest),
            )
        elif isinstance(result, Axis) or isinstance(side, Axis):
            raise UnboundedError("it puts together an image and values that differ from place to place")
    return result


def _with_parameters(node: Node) -> list[Value]:
    """Values at the same place; the other inputs are constants, one number or one a channel."""
    if node.attribute("training_mode", 0):
        raise UnboundedError("it is in training mode")
    for index in range(1, len(node.inputs)):
        if node.inputs[index] is not None and len(node.shape(index)) > 1:
            raise UnboundedError(f"its input {index + 1} has values that differ from place to place")
    return [node.tensor()]


def _dropout(node: Node) -> list[Value]:
    if node.given(2) is not None and node.constant(2).any():
        raise UnboundedError("it is in training mode")
    return [node.tensor()]


def _windows(node: Node, kernel: Sequence[int], channels: Size) -> list[Value]:
    """A kernel that slides over the image: convolution and pooling."""
    sides = node.tensor().sides
    rank = len(kernel)
    strides = node.attribute("strides", [1] * rank)
    dilations = node.attribute("dilations", [1] * rank)
    pads = node.attribute("pads", [0] * 2 * rank)
    auto_pad = node.attribute("auto_pad", "NOTSET")
    result: list[Side] = [sides[0], channels]
    for place, axis in enumerate(_image_axes(sides, rank)):
        stride = strides[place]
        reach = (kernel[place] - 1) * dilations[place]
        if auto_pad in ("SAME_UPPER", "SAME_LOWER"):
            if dilations[place] != 1:
                raise UnboundedError("its padding is left to the runtime (auto_pad), which ignores dilations")
            total = max(reach + 1 - (axis.extra % stride or stride), 0)
            smaller, larger = total // 2, total - total // 2
            before, after = (smaller, larger) if auto_pad == "SAME_UPPER" else (larger, smaller)
        elif auto_pad == "VALID":
            before, after = 0, 0
        else:
            before, after = pads[place], pads[place + rank]
        room = axis.extra + before + after - reach - 1
        steps = room // stride
        if node.attribute("ceil_mode", 0):
            steps = -(-room // stride)
            if steps * stride >= axis.extra + before:
                raise UnboundedError(
                    "its last window begins behind the image, which not every runtime counts"
                )
        result.append(axis.through(window(stride, -before, reach - before), steps + 1))
    return [Tensor(tuple(result))]


def _image_axes(sides: Sequence[Side], rank: int = 2) -> list[Axis]:
    axes = [side for side in sides[2:] if isinstance(side, Axis)]
    channels = any(isinstance(side, Axis) for side in sides[:2])
    if len(axes) != rank or len(sides) != 2 + rank or channels:
        raise UnboundedError("its input is not laid out as batch, channels, height, width")
    return axes


def _convolution(weights: int) -> Rule:
    def rule(node: Node) -> list[Value]:
        shape = node.shape(weights)
        return _windows(node, shape[2:], Size.of(shape[0]))

    return rule


def _pooling(node: Node) -> list[Value]:
    return _windows(node, node.attribute("kernel_shape"), size_of(node.tensor().sides[1]))


def _transposed_convolution(node: Node) -> list[Value]:
    sides, shape = node.tensor().sides, node.shape(1)
    rank = len(shape) - 2
    if node.attribute("output_shape") is not None:
        raise UnboundedError("it states its output's shape, from which the padding would follow")
    strides = node.attribute("strides", [1] * rank)
    dilations = node.attribute("dilations", [1] * rank)
    pads = node.attribute("pads", [0] * 2 * rank)
    more = node.attribute("output_padding", [0] * rank)
    auto_pad = node.attribute("auto_pad", "NOTSET")
    result: list[Side] = [sides[0], Size.of(shape[1] * node.attribute("group", 1))]
    for place, axis in enumerate(_image_axes(sides, rank)):
        stride, kernel, dilation = strides[place], shape[2 + place], dilations[place]
        reach = (kernel - 1) * dilation
        if auto_pad in ("SAME_UPPER", "SAME_LOWER"):
            raise UnboundedError("its padding is left to the runtime (auto_pad)")
        before, after = (0, 0) if auto_pad == "VALID" else (pads[place], pads[place + rank])
        extra = (axis.extra - 1) * stride + reach + 1 + more[place] - before - after
        result.append(axis.through(transposed(stride, kernel, dilation, before), extra))
    return [Tensor(tuple(result))]


def _depth_to_space(node: Node) -> list[Value]:
    sides, block = node.tensor().sides, node.attribute("blocksize")
    axes = [axis.through(repeated(block), axis.extra * block) for axis in _image_axes(sides)]
    return [Tensor((sides[0], size_of(sides[1]).scaled(Fraction(1, block**2)), *axes))]


def _space_to_depth(node: Node) -> list[Value]:
    sides, block = node.tensor().sides, node.attribute("blocksize")
    axes: list[Side] = []
    for axis in _image_axes(sides):
        if axis.extra % block:
            raise UnboundedError("it splits rows of pixels that are no multiple of its blocks")
        axes.append(axis.through(window(block, 0, block - 1), axis.extra // block))
    return [Tensor((sides[0], size_of(sides[1]).scaled(Fraction(block**2)), *axes))]


def _resize(node: Node) -> list[Value]:
    sides = node.tensor().sides
    older = node.proto.op_type == "Upsample" or node.opset < 11
    if node.attribute("keep_aspect_ratio_policy", "stretch") != "stretch":
        raise UnboundedError("it keeps the aspect ratio, so that its scale depends on the size")
    axes = [axis % len(sides) for axis in node.attribute("axes", range(len(sides)))]
    scales, sizes = _scales_and_sizes(node, older)
    mode = node.attribute("mode", "nearest")
    coordinates = "asymmetric" if older else node.attribute("coordinate_transformation_mode", "half_pixel")
    result = list(sides)
    for place, axis in enumerate(axes):
        side = sides[axis]
        scale = scales[place] if sizes is None else sizes[place].ratio_to(size_of(side))
        if scale is None or scale <= 0:
            raise UnboundedError("the ratio of its size to its input's depends on the image's size")
        if not isinstance(side, Axis):
            if scale != 1:
                raise UnboundedError("it resizes along another side than height and width")
            continue
        if scale == 1:
            continue
        extra = side.extra * scale
        if coordinates == "half_pixel_symmetric" and extra.denominator != 1:
            raise UnboundedError("its coordinates (half_pixel_symmetric) depend on the whole size")
        # Before version 11, ONNX Runtime rounds up where it shrinks.
        nearest = node.attribute("nearest_mode", "round_prefer_floor")
        if older:
            nearest = "ceil" if scale < 1 else "floor"
        operation = resized(scale, mode, coordinates, nearest, antialias=bool(node.attribute("antialias", 0)))
        result[axis] = side.repeating(0, 0).through(operation, math.floor(extra))
    return [Tensor(tuple(result))]


def _scales_and_sizes(node: Node, older: bool) -> tuple[list[Fraction], list[Size] | None]:
    if (attribute := node.attribute("scales")) is not None:
        return [ratio(value) for value in attribute], None
    place = 1 if older else 2
    if not older and node.given(3) is not None:
        return [], node.sizes(3)
    scales = node.sizes(place)
    if not all(scale.is_constant for scale in scales):
        raise UnboundedError("its scale depends on the image's size")
    return [scale.constant for scale in scales], None


def _pad(node: Node) -> list[Value]:
    sides = node.tensor().sides
    mode = node.attribute("mode", "constant")
    if mode not in ("constant", "reflect", "edge"):
        raise UnboundedError(f"it pads with pixels of the far end (mode {mode!r})")
    if node.given(2) is not None and not isinstance(node.given(2), Constant):
        raise UnboundedError("what it pads with depends on the image")
    pads = node.numbers("pads", 1) or []
    axes = _axes(node.numbers("", 3), len(sides)) or list(range(len(sides)))
    result = list(sides)
    for place, axis in enumerate(axes):
        before, after = pads[place], pads[place + len(axes)]
        side = sides[axis]
        if isinstance(side, Axis):
            if mode == "reflect":
                side = side.repeating(max(before, 0), max(after, 0))
            elif mode == "edge":
                side = side.repeating(0, 0)
            result[axis] = side.through(window(1, -before, -before), side.extra + before + after)
        else:
            result[axis] = side + Size.of(before + after)
    return [Tensor(tuple(result))]


def _axes(axes: Sequence[int] | None, rank: int) -> list[int] | None:
    return None if axes is None else [axis % rank for axis in axes]


def _plain(side: Side, verb: str) -> Size:
    """A side that holds no pixels, for operators that mix what lies along it."""
    if isinstance(side, Axis):
        raise UnboundedError(f"it {verb} pixels over the whole {('height', 'width')[side.direction]}")
    return side


def _reduction(node: Node) -> list[Value]:
    sides = node.tensor().sides
    axes = _axes(node.numbers("axes", 1), len(sides))
    if axes is None:
        if node.attribute("noop_with_empty_axes", 0):
            return [node.tensor()]
        axes = list(range(len(sides)))
    for axis in axes:
        _plain(sides[axis], "sums up or compares")
    if node.attribute("keepdims", 1):
        return [Tensor(tuple(_ONE if place in axes else side for place, side in enumerate(sides)))]
    return [Tensor(tuple(side for place, side in enumerate(sides) if place not in axes))]


def _softmax(node: Node) -> list[Value]:
    sides = node.tensor().sides
    # Before version 13, everything from the axis on was one long row.
    if node.opset < 13:
        normalized = sides[node.attribute("axis", 1) :]
    else:
        normalized = (sides[node.attribute("axis", -1)],)
    for side in normalized:
        _plain(side, "normalises")
    return [node.tensor()]


def _layer_normalization(node: Node) -> list[Value]:
    for side in node.tensor().sides[node.attribute("axis", -1) :]:
        _plain(side, "normalises")
    for index in range(1, len(node.inputs)):
        node.shape(index)
    return [node.tensor()]


def _along_channels(node: Node) -> list[Value]:
    """LRN: squares of neighbouring channels."""
    _image_axes(node.tensor().sides)
    return [node.tensor()]


def _matmul(node: Node) -> list[Value]:
    """A tensor times a matrix of weights; pixels may not be summed over."""
    sides, shape = node.tensor().sides, node.shape(1)
    _plain(sides[-1], "multiplies")
    if len(shape) != 2:
        raise UnboundedError("it multiplies with more than one matrix of weights")
    return [Tensor((*sides[:-1], Size.of(shape[1])))]


def _concat(node: Node) -> list[Value]:
    tensors: list[tuple[Side, ...]] = []
    for index in range(len(node.inputs)):
        value = node.inputs[index]
        if isinstance(value, Constant):
            tensors.append(tuple(Size.of(side) for side in value.shape))
        else:
            tensors.append(node.tensor(index).sides)
    axis = node.attribute("axis") % len(tensors[0])
    joined = Size()
    for sides in tensors:
        joined = joined + _plain(sides[axis], "puts together")
    result: list[Side] = [_union(together) for together in zip(*tensors, strict=True)]
    result[axis] = joined
    return [Tensor(tuple(result))]


def _split(node: Node) -> list[Value]:
    sides = node.tensor().sides
    axis = node.attribute("axis", 0) % len(sides)
    whole, count = _plain(sides[axis], "splits"), len(node.proto.output)
    parts = node.numbers("split", 1)
    if parts is None:
        if not whole.is_constant or whole.constant % count:
            raise UnboundedError("it splits into parts of unknown sizes")
        parts = [int(whole.constant) // count] * count
    return [Tensor((*sides[:axis], Size.of(part), *sides[axis + 1 :])) for part in parts]


def _slice(node: Node) -> list[Value]:
    sides = list(node.tensor().sides)
    if node.opset < 10:
        starts = [Size.of(number) for number in node.attribute("starts")]
        ends = [Size.of(number) for number in node.attribute("ends")]
        axes, steps = node.attribute("axes"), None
    else:
        starts, ends = node.sizes(1), node.sizes(2)
        axes, steps = node.numbers("", 3), node.numbers("", 4)
    axes = _axes(axes, len(sides)) or list(range(len(starts)))
    for start, end, axis, step in zip(starts, ends, axes, steps or [1] * len(axes), strict=True):
        side = sides[axis]
        if isinstance(side, Axis):
            sides[axis] = _crop(side, start, end, step)
        else:
            sides[axis] = _sliced(side, start, end, step)
    return [Tensor(tuple(sides))]


def _crop(axis: Axis, start: Size, end: Size, step: int) -> Axis:
    """Pixels cut off at the ends: as many for every image; or every `step`th pixel kept."""
    size = axis.size
    from_end = end - size
    if end.is_constant and end.constant < 0:
        after = int(-end.constant)
    elif (end.is_constant and end.constant >= 2**31 - 1) or (from_end.is_constant and from_end.constant >= 0):
        after = 0
    elif from_end.is_constant:
        after = int(-from_end.constant)
    else:
        raise UnboundedError("it cuts out a part whose size does not follow from the image's")
    if not start.is_constant or start.constant < 0 or step < 1:
        raise UnboundedError("it cuts out a part that is counted from the far end")
    before = int(start.constant)
    extra = -(-(axis.extra - before - after) // step)
    return axis.through(window(step, before, before), extra)


def _sliced(side: Size, start: Size, end: Size, step: int) -> Size:
    if not (side.is_constant and start.is_constant and end.is_constant):
        if start == Size() and step == 1 and end.is_constant and end.constant >= 2**31 - 1:
            return side
        raise UnboundedError("it cuts out channels whose number is not known")
    bounds = slice(int(start.constant), int(end.constant), step)
    return Size.of(len(range(*bounds.indices(int(side.constant)))))


def _gather(node: Node) -> list[Value]:
    sides = node.tensor().sides
    axis = node.attribute("axis", 0) % len(sides)
    _plain(sides[axis], "picks")
    picked = tuple(Size.of(side) for side in node.shape(1))
    return [Tensor((*sides[:axis], *picked, *sides[axis + 1 :]))]


def _transpose(node: Node) -> list[Value]:
    sides = node.tensor().sides
    return [Tensor(tuple(sides[place] for place in node.attribute("perm", range(len(sides))[::-1])))]


def _reshape(node: Node) -> list[Value]:
    sides = node.tensor().sides
    target = node.attribute("shape")
    sizes = node.sizes(1) if target is None else [Size.of(number) for number in target]
    sizes = resolved(sides, sizes, zero_copies=not node.attribute("allowzero", 0))
    return [Tensor(regroup(sides, sizes))]


def _unsqueeze(node: Node) -> list[Value]:
    sides = list(node.tensor().sides)
    axes = node.numbers("axes", 1) or []
    for axis in sorted(axis % (len(sides) + len(axes)) for axis in axes):
        sides.insert(axis, _ONE)
    return [Tensor(tuple(sides))]


def _squeeze(node: Node) -> list[Value]:
    sides = node.tensor().sides
    axes = _axes(node.numbers("axes", 1), len(sides))
    if axes is None:
        axes = [place for place, side in enumerate(sides) if side == _ONE]
    for axis in axes:
        _plain(sides[axis], "drops")
    return [Tensor(tuple(side for place, side in enumerate(sides) if place not in axes))]


def _expand(node: Node) -> list[Value]:
    sides, target = node.tensor().sides, node.sizes(1)
    rank = max(len(sides), len(target))
    sides = (_ONE,) * (rank - len(sides)) + sides
    target = [_ONE] * (rank - len(target)) + target
    result: list[Side] = []
    for side, size in zip(sides, target, strict=True):
        if size == _ONE or size == size_of(side):
            result.append(side)
        elif side == _ONE and size.is_constant:
            result.append(size)
        else:
            raise UnboundedError("it repeats values over a size that depends on the image")
    return [Tensor(tuple(result))]


def _tile(node: Node) -> list[Value]:
    result: list[Side] = []
    for side, times in zip(node.tensor().sides, node.sizes(1), strict=True):
        result.append(side if times == _ONE else _plain(side, "repeats") * times)
    return [Tensor(tuple(result))]


def _shape(node: Node) -> list[Value]:
    sides = [size_of(side) for side in node.tensor().sides]
    chosen = sides[node.attribute("start", 0) : node.attribute("end", len(sides))]
    values = np.empty(len(chosen), object)
    values[:] = chosen
    return [Sizes(values)]


def _whole_image(node: Node) -> list[Value]:
    raise UnboundedError("it looks at the whole image")


RULES: dict[str, Rule] = {
    # Convolution and pooling
    "AveragePool": _pooling,
    "Conv": _convolution(weights=1),
    "ConvInteger": _convolution(weights=1),
    "ConvTranspose": _transposed_convolution,
    "LpPool": _pooling,
    "MaxPool": _pooling,
    "QLinearConv": _convolution(weights=3),
    # Pixels moved
    "DepthToSpace": _depth_to_space,
    "Pad": _pad,
    "Resize": _resize,
    "Slice": _slice,
    "SpaceToDepth": _space_to_depth,
    "Upsample": _resize,
    # Sides moved
    "Concat": _concat,
    "Expand": _expand,
    "Gather": _gather,
    "Reshape": _reshape,
    "Split": _split,
    "Squeeze": _squeeze,
    "Tile": _tile,
    "Transpose": _transpose,
    "Unsqueeze": _unsqueeze,
    # One value from one value
    "Abs": _elementwise,
    "BatchNormalization": _with_parameters,
    "Cast": _elementwise,
    "Ceil": _elementwise,
    "Celu": _elementwise,
    "Clip": _elementwise,
    "Cos": _elementwise,
    "DequantizeLinear": _with_parameters,
    "Dropout": _dropout,
    "Elu": _elementwise,
    "Erf": _elementwise,
    "Exp": _elementwise,
    "Floor": _elementwise,
    "Gelu": _elementwise,
    "HardSigmoid": _elementwise,
    "HardSwish": _elementwise,
    "Identity": _elementwise,
    "LeakyRelu": _elementwise,
    "Log": _elementwise,
    "Mish": _elementwise,
    "Neg": _elementwise,
    "Not": _elementwise,
    "PRelu": _elementwise,
    "QuantizeLinear": _with_parameters,
    "Reciprocal": _elementwise,
    "Relu": _elementwise,
    "Round": _elementwise,
    "Selu": _elementwise,
    "Sigmoid": _elementwise,
    "Sign": _elementwise,
    "Sin": _elementwise,
    "Softplus": _elementwise,
    "Softsign": _elementwise,
    "Sqrt": _elementwise,
    "Tanh": _elementwise,
    "ThresholdedRelu": _elementwise,
    # One value from values at the same place
    "Add": _elementwise,
    "And": _elementwise,
    "Div": _elementwise,
    "Equal": _elementwise,
    "Greater": _elementwise,
    "GreaterOrEqual": _elementwise,
    "Less": _elementwise,
    "LessOrEqual": _elementwise,
    "Max": _elementwise,
    "Mean": _elementwise,
    "Min": _elementwise,
    "Mod": _elementwise,
    "Mul": _elementwise,
    "Or": _elementwise,
    "Pow": _elementwise,
    "Sub": _elementwise,
    "Sum": _elementwise,
    "Where": _elementwise,
    "Xor": _elementwise,
    # Mixing what lies along one side: bounded unless pixels lie there
    "LRN": _along_channels,
    "LayerNormalization": _layer_normalization,
    "LogSoftmax": _softmax,
    "MatMul": _matmul,
    "ReduceL1": _reduction,
    "ReduceL2": _reduction,
    "ReduceMax": _reduction,
    "ReduceMean": _reduction,
    "ReduceMin": _reduction,
    "ReduceProd": _reduction,
    "ReduceSum": _reduction,
    "ReduceSumSquare": _reduction,
    "Softmax": _softmax,
    # Sizes
    "Shape": _shape,
    # Known to look at everything
    "DynamicQuantizeLinear": _whole_image,
    "GlobalAveragePool": _whole_image,
    "GlobalLpPool": _whole_image,
    "GlobalMaxPool": _whole_image,
    "GroupNormalization": _whole_image,
    "InstanceNormalization": _whole_image,
}
"""What each operator gives, from what is known of its inputs. Raises `UnboundedError` or `NotLinearError`."""
