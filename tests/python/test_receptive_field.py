from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction

import numpy as np
import onnx
import onnxruntime
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import helper, numpy_helper

from srfast.receptive_field import ReceptiveField, Sides, Unbounded, receptive_field

Nodes = Sequence[onnx.NodeProto]
Weights = dict[str, np.ndarray]


def network(
    nodes: Nodes,
    weights: Mapping[str, np.ndarray] | None = None,
    *,
    channels: int = 4,
    opset: int = 17,
    size: Sequence[int | str] = ("h", "w"),
) -> onnx.ModelProto:
    """A model from "input" to the last node's first output."""
    batch = "n" if isinstance(size[0], str) else 1
    graph = helper.make_graph(
        nodes,
        "test",
        [helper.make_tensor_value_info("input", onnx.TensorProto.FLOAT, (batch, channels, *size))],
        [helper.make_tensor_value_info(nodes[-1].output[0], onnx.TensorProto.FLOAT, None)],
        [numpy_helper.from_array(value, name) for name, value in (weights or {}).items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)


class Chain:
    """A chain of operators; every method adds one."""

    def __init__(self, channels: int = 4, seed: int = 0) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.weights: Weights = {}
        self.channels = channels
        self.input_channels = channels
        self.last = "input"
        self.random = np.random.default_rng(seed)

    def constant(self, value: object, dtype: type = np.float32) -> str:
        name = f"constant{len(self.weights)}"
        self.weights[name] = np.asarray(value, dtype)
        return name

    def add(
        self, operator: str, *more: str, inputs: Sequence[str] | None = None, **attributes: object
    ) -> Chain:
        taken = [self.last, *more] if inputs is None else list(inputs)
        self.last = f"tensor{len(self.nodes)}"
        self.nodes.append(
            helper.make_node(operator, taken, [self.last], f"node{len(self.nodes)}", **attributes)
        )
        return self

    # Positive weights and inputs: nothing cancels out, and no ReLU hides a dependence.
    def kernel(self, *shape: int) -> str:
        return self.constant(self.random.uniform(0.5, 1.5, shape) / np.prod(shape[1:]))

    def conv(self, kernel: tuple[int, int] = (3, 3), out: int | None = None, **attributes: object) -> Chain:
        out = out or self.channels
        into = self.channels // int(attributes.get("group", 1))  # type: ignore[call-overload]
        self.add("Conv", self.kernel(out, into, *kernel), **attributes)
        self.channels = out
        return self

    def deconv(self, kernel: tuple[int, int] = (4, 4), out: int | None = None, **attributes: object) -> Chain:
        out = out or self.channels
        self.add("ConvTranspose", self.kernel(self.channels, out, *kernel), **attributes)
        self.channels = out
        return self

    def resize(self, scale: float, **attributes: object) -> Chain:
        return self.add("Resize", "", self.constant([1, 1, scale, scale]), **attributes)

    def shuffle(self, block: int, mode: str = "CRD") -> Chain:
        self.channels //= block**2
        return self.add("DepthToSpace", blocksize=block, mode=mode)

    def model(self, **options: object) -> onnx.ModelProto:
        return network(self.nodes, self.weights, channels=self.input_channels, **options)  # type: ignore[arg-type]


def session(model: onnx.ModelProto) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 4
    return onnxruntime.InferenceSession(model.SerializeToString(), options, ["CPUExecutionProvider"])


def bounded(model: onnx.ModelProto) -> ReceptiveField:
    field = receptive_field(model)
    assert isinstance(field, ReceptiveField), str(field)
    return field


def measured(model: onnx.ModelProto, field: ReceptiveField, more: int = 0) -> Sides:
    """The halo, from which output rows and columns change when an input row or column does."""
    run = session(model)
    name, channels = run.get_inputs()[0].name, run.get_inputs()[0].shape[1]
    halo, result = field.halo, []
    around = [(halo.top, halo.bottom), (halo.left, halo.right)]
    length = [
        -(-(sum(around[axis]) + 7 + more) // field.alignment[axis] + 1) * field.alignment[axis]
        for axis in (0, 1)
    ]
    random = np.random.default_rng(1)
    image = random.uniform(1, 2, (1, channels, *length)).astype(np.float32)
    for axis in (0, 1):
        batch = np.repeat(image, length[axis] + 1, axis=0)
        for place in range(length[axis]):
            index = (place, slice(None), place) if axis == 0 else (place, slice(None), slice(None), place)
            batch[index] += random.uniform(10, 20, batch[index].shape).astype(np.float32)
        out = run.run(None, {name: batch})[0]
        changed = (np.abs(out[:-1] - out[-1]) > 1e-4).any(axis=(1, 3 if axis == 0 else 2))
        margin = (field.margin.top, field.margin.left)[axis]
        before = after = 0
        for pixel in range(changed.shape[1]):
            (needed,) = np.nonzero(changed[:, pixel])
            place = math.floor((pixel + margin) / field.scale)
            if len(needed):
                before, after = max(before, place - needed[0]), max(after, needed[-1] - place)
        result.append((int(before), int(after)))
    return Sides(result[0][0], result[1][0], result[0][1], result[1][1])


def assert_contains(derived: Sides, actual: Sides) -> None:
    assert derived.top >= actual.top
    assert derived.left >= actual.left
    assert derived.bottom >= actual.bottom
    assert derived.right >= actual.right


def assert_tiles_are_exact(
    model: onnx.ModelProto, field: ReceptiveField, seed: int = 0, tiles: int = 6, atol: float = 2e-5
) -> None:
    """Compares random tiles that keep the conditions of the docstring with the whole, where they are kept."""
    run, random = session(model), np.random.default_rng(seed)
    name, channels = run.get_inputs()[0].name, run.get_inputs()[0].shape[1]
    margins = ((field.margin.top, field.margin.bottom), (field.margin.left, field.margin.right))
    halos = ((field.halo.top, field.halo.bottom), (field.halo.left, field.halo.right))
    shortest = [
        -(-max(sum(halos[axis]) + 1, field.shortest[axis]) // field.alignment[axis]) * field.alignment[axis]
        for axis in (0, 1)
    ]
    size = [shortest[axis] + int(random.integers(1, 9)) * field.alignment[axis] for axis in (0, 1)]
    image = random.uniform(-1, 1, (1, channels, *size)).astype(np.float32)
    whole = run.run(None, {name: image})[0]
    expected = [size[axis] * field.scale - sum(margins[axis]) for axis in (0, 1)]
    assert list(whole.shape[2:]) == expected
    for _ in range(tiles):
        cut, kept, kept_of_tile = [], [], []
        for axis in (0, 1):
            align = field.alignment[axis]
            # Half of the tiles touch a border.
            length = int(random.integers(shortest[axis] // align, size[axis] // align + 1)) * align
            start = int(random.choice([0, size[axis] - length, random.integers(0, size[axis] - length + 1)]))
            start = start // align * align
            end = start + length
            first = 0 if start == 0 else start + halos[axis][0]
            last = size[axis] if end == size[axis] else end - halos[axis][1]
            low = max(math.ceil(first * field.scale) - margins[axis][0], 0)
            high = min(math.ceil(last * field.scale) - margins[axis][0], whole.shape[2 + axis])
            shift = int(start * field.scale)
            cut.append(slice(start, end))
            kept.append(slice(low, high))
            kept_of_tile.append(slice(low - shift, high - shift))
        part = run.run(None, {name: image[:, :, cut[0], cut[1]]})[0]
        np.testing.assert_allclose(
            part[:, :, kept_of_tile[0], kept_of_tile[1]], whole[:, :, kept[0], kept[1]], rtol=0, atol=atol
        )


# ---------------------------------------------------------------------------------------------------------
# Operators that look exactly as far as they say

PLAIN: dict[str, Callable[[], Chain]] = {
    "conv": lambda: Chain().conv((3, 5), pads=[1, 2, 1, 2]),
    "conv even, asymmetric": lambda: Chain().conv((2, 4), pads=[1, 0, 0, 3]),
    "conv dilated": lambda: Chain().conv((3, 3), dilations=[2, 3], pads=[2, 3, 2, 3]),
    "conv strided": lambda: Chain().conv((3, 3), strides=[2, 2], pads=[1, 1, 1, 1]),
    "conv strided by 3": lambda: Chain().conv((4, 5), strides=[3, 3], pads=[1, 1, 1, 1]),
    "conv grouped": lambda: Chain().conv(group=4, pads=[1, 1, 1, 1]),
    "conv valid": lambda: Chain().conv((3, 5)),
    "conv same upper": lambda: Chain().conv((4, 3), auto_pad="SAME_UPPER"),
    "conv same lower": lambda: Chain().conv((4, 3), auto_pad="SAME_LOWER"),
    "conv same upper, strided": lambda: Chain().conv((4, 5), strides=[2, 2], auto_pad="SAME_UPPER"),
    "deconv": lambda: Chain().deconv((4, 4), strides=[2, 2], pads=[1, 1, 1, 1]),
    "deconv 9 by 3": lambda: Chain().deconv((9, 9), strides=[3, 3], pads=[4, 4, 4, 4], output_padding=[2, 2]),
    "deconv dilated": lambda: Chain().deconv((3, 3), strides=[2, 2], dilations=[3, 3], pads=[2, 2, 3, 3]),
    "deconv without stride": lambda: Chain().deconv((3, 3), pads=[1, 1, 1, 1]),
    "max pool": lambda: Chain().add("MaxPool", kernel_shape=[2, 2], strides=[2, 2]),
    "average pool": lambda: Chain().add("AveragePool", kernel_shape=[3, 3], pads=[1, 1, 1, 1]),
    "lp pool": lambda: Chain().add("LpPool", kernel_shape=[3, 3], pads=[1, 1, 1, 1]),
    "depth to space, CRD": lambda: Chain().shuffle(2),
    "depth to space, DCR": lambda: Chain().shuffle(2, "DCR"),
    "space to depth": lambda: Chain().add("SpaceToDepth", blocksize=2),
    "nearest x2": lambda: Chain().resize(
        2, mode="nearest", coordinate_transformation_mode="asymmetric", nearest_mode="floor"
    ),
    "nearest x3": lambda: Chain().resize(3, mode="nearest"),
    "nearest, tf": lambda: Chain().resize(
        3, mode="nearest", coordinate_transformation_mode="tf_half_pixel_for_nn", nearest_mode="floor"
    ),
    "nearest down": lambda: Chain().resize(0.5, mode="nearest"),
    "linear x2": lambda: Chain().resize(2, mode="linear"),
    "linear x3": lambda: Chain().resize(
        3, mode="linear", coordinate_transformation_mode="pytorch_half_pixel"
    ),
    "linear x1.5": lambda: Chain().resize(1.5, mode="linear"),
    "linear, asymmetric": lambda: Chain().resize(
        2, mode="linear", coordinate_transformation_mode="asymmetric"
    ),
    "linear down": lambda: Chain().resize(
        0.25, mode="linear", coordinate_transformation_mode="pytorch_half_pixel"
    ),
    "cubic x2": lambda: Chain().resize(2, mode="cubic", cubic_coeff_a=-0.75),
    "cubic x3": lambda: Chain().resize(3, mode="cubic", cubic_coeff_a=-0.75),
    "cubic down": lambda: Chain().resize(0.5, mode="cubic", cubic_coeff_a=-0.75),
    "pad": lambda: (c := Chain()).add("Pad", c.constant([0, 0, 1, 2, 0, 0, 3, 4], np.int64)).conv((5, 7)),
    "relu": lambda: Chain().add("Relu"),
    "transposed twice": lambda: (
        Chain().add("Transpose", perm=[0, 2, 3, 1]).add("Sqrt").add("Transpose", perm=[0, 3, 1, 2])
    ),
    "transposed image back": lambda: (
        Chain()
        .add("Transpose", perm=[0, 1, 3, 2])
        .conv((3, 5), pads=[1, 2, 1, 2])
        .add("Transpose", perm=[0, 1, 3, 2])
    ),
}


@pytest.mark.parametrize("name", PLAIN)
def test_looks_exactly_as_far_as_derived(name: str) -> None:
    model = PLAIN[name]().model()
    field = bounded(model)
    assert field.halo == measured(model, field)
    assert_tiles_are_exact(model, field)


def test_known_halos_of_single_operators() -> None:
    field = bounded(Chain().conv((2, 4), pads=[1, 0, 0, 3]).model())
    assert field == ReceptiveField(Fraction(1), Sides(1, 0, 0, 3), (1, 1), Sides(0, 0, 0, 0))
    strided = bounded(Chain().conv((3, 3), strides=[2, 2], pads=[1, 1, 1, 1]).model())
    assert (strided.scale, strided.alignment) == (Fraction(1, 2), (2, 2))
    cubic = bounded(Chain().resize(2, mode="cubic", cubic_coeff_a=-0.75).model())
    assert (cubic.scale, cubic.halo, cubic.alignment) == (2, Sides(2, 2, 2, 2), (1, 1))
    valid = bounded(Chain().conv((3, 5)).model())
    assert (valid.margin, valid.halo) == (Sides(1, 2, 1, 2), Sides(1, 2, 1, 2))


def test_a_stride_that_is_undone_still_needs_alignment() -> None:
    field = bounded(Chain().conv((2, 2), strides=[2, 2]).resize(2, mode="nearest").model())
    assert (field.scale, field.alignment) == (1, (2, 2))


def test_an_enlargement_that_is_undone_needs_none() -> None:
    field = bounded(Chain().resize(2, mode="nearest").conv((2, 2), strides=[2, 2]).model())
    assert (field.scale, field.alignment, field.halo) == (1, (1, 1), Sides(0, 0, 0, 0))


# ---------------------------------------------------------------------------------------------------------
# Operators that only work on values, one by one

_UNARY = """
Abs Cast Ceil Celu Cos Elu Erf Exp Floor HardSigmoid HardSwish Identity LeakyRelu Log Neg Reciprocal Relu
Round Selu Sigmoid Sign Sin Softplus Softsign Sqrt Tanh ThresholdedRelu
"""
_NARY = "Add Div Mul Sub Pow Max Min Sum Mean"


@pytest.mark.parametrize("operator", _UNARY.split())
def test_one_value_from_one_value(operator: str) -> None:
    attributes = {"to": onnx.TensorProto.FLOAT} if operator == "Cast" else {}
    model = Chain().conv(pads=[1, 1, 1, 1]).add(operator, **attributes).model()
    field = bounded(model)
    assert field.halo == Sides(1, 1, 1, 1)
    assert_contains(field.halo, measured(model, field))
    assert_tiles_are_exact(model, field)


@pytest.mark.parametrize("operator", _NARY.split())
def test_values_at_the_same_place(operator: str) -> None:
    chain = Chain().add("Abs")
    skip = chain.last
    chain.conv((3, 3), pads=[2, 1, 0, 1]).add("Abs")
    chain.add(operator, skip)
    constant = chain.constant(np.full((4, 1, 1), 1.5))
    model = chain.add("Add", constant).model()
    field = bounded(model)
    assert field.halo == Sides(2, 1, 0, 1)
    assert_contains(field.halo, measured(model, field))


def test_comparisons_and_choices() -> None:
    chain = Chain().conv(pads=[1, 1, 1, 1])
    value = chain.last
    chain.add("Greater", chain.constant(1.4)).add("Where", inputs=[chain.last, value, "input"])
    model = chain.model()
    field = bounded(model)
    assert field.halo == Sides(1, 1, 1, 1)
    assert_tiles_are_exact(model, field)


@pytest.mark.parametrize("operator", ["Equal", "GreaterOrEqual", "Less", "LessOrEqual", "Greater"])
def test_comparisons(operator: str) -> None:
    chain = Chain().conv(pads=[1, 1, 1, 1]).add("Round")
    chain.add(operator, chain.constant(1.0)).add("Cast", to=onnx.TensorProto.FLOAT)
    assert bounded(chain.model()).halo == Sides(1, 1, 1, 1)


def test_values_with_parameters() -> None:
    chain = Chain().conv(pads=[1, 1, 1, 1])
    ones = [chain.constant(np.ones(4)) for _ in range(4)]
    chain.add("BatchNormalization", *ones)
    chain.add("PRelu", chain.constant(np.full((4, 1, 1), 0.1)))
    chain.add("Clip", chain.constant(-1), chain.constant(2))
    scale, zero = chain.constant(0.01), chain.constant(3, np.uint8)
    chain.add("QuantizeLinear", scale, zero).add("DequantizeLinear", scale, zero).add("Dropout")
    field = bounded(chain.model())
    assert field.halo == Sides(1, 1, 1, 1)
    assert_tiles_are_exact(chain.model(), field)


def test_quantised_weights() -> None:
    chain = Chain()
    weights = chain.constant(np.arange(4 * 4 * 9).reshape(4, 4, 3, 3) % 100, np.int8)
    chain.add("DequantizeLinear", inputs=[weights, chain.constant(0.001), chain.constant(0, np.int8)])
    chain.add("Conv", inputs=["input", chain.last], pads=[1, 1, 1, 1])
    assert bounded(chain.model()).halo == Sides(1, 1, 1, 1)


def test_channels_may_be_mixed_at_will() -> None:
    chain = Chain(4).conv((1, 3), pads=[0, 1, 0, 1])
    skip = chain.last
    chain.add("Concat", skip, axis=1)
    index = [chain.constant(value, np.int64) for value in ([1], [7], [1], [2])]
    chain.add("Slice", *index)
    chain.add("Softmax", axis=1)
    chain.add("Gather", chain.constant([0, 2, 1], np.int64), axis=1)
    mean = chain.add("ReduceMean", axes=[1]).last
    chain.add("Mul", inputs=[skip, mean])
    chain.nodes.append(helper.make_node("Split", [chain.last], ["left", "right"], axis=1))
    chain.add("Add", inputs=["left", "right"])
    chain.add("Tile", chain.constant([1, 2, 1, 1], np.int64)).add("LRN", size=3)
    chain.add("Transpose", perm=[0, 2, 3, 1]).add("MatMul", chain.kernel(4, 3))
    chain.add("LayerNormalization", chain.constant(np.ones(3)))
    chain.add("Transpose", perm=[0, 3, 1, 2])
    field = bounded(chain.model())
    assert field.halo == Sides(0, 1, 0, 1)
    assert_tiles_are_exact(chain.model(), field)


# ---------------------------------------------------------------------------------------------------------
# Shuffles, crops and resizes as exporters write them


@pytest.mark.parametrize("size", [("h", "w"), (12, 18)])
def test_pixel_shuffle_and_unshuffle_by_reshape(size: tuple[int | str, int | str]) -> None:
    open_size = isinstance(size[0], str)
    chain = Chain(1).conv(out=9, pads=[1, 1, 1, 1])
    if open_size:
        chain.add("Unsqueeze", chain.constant([2, 3], np.int64))
    target = [0, -1, 3, 3, 0, 0] if open_size else [1, 1, 3, 3, *size]
    chain.add("Reshape", chain.constant(target, np.int64)).add("Transpose", perm=[0, 1, 4, 2, 5, 3])
    if open_size:
        chain.add("Reshape", chain.constant([0, 0, -1, 1, 0, 0], np.int64))
        chain.add("Reshape", chain.constant([0, 0, 0, 0, -1, 1], np.int64))
        chain.add("Squeeze", chain.constant([3, 5], np.int64))
    else:
        chain.add("Reshape", chain.constant([1, 1, *(3 * int(side) for side in size)], np.int64))
    field = bounded(chain.model(size=size))
    assert (field.scale, field.halo, field.alignment) == (3, Sides(1, 1, 1, 1), (1, 1))
    if open_size:
        assert_tiles_are_exact(chain.model(), field)


def test_pixel_unshuffle_with_computed_sizes() -> None:
    chain = Chain(3)
    chain.add("Shape")
    shape = chain.last
    two, one = chain.constant([2], np.int64), chain.constant([-1], np.int64)
    sides = []
    for axis in (2, 3):
        chain.add("Gather", inputs=[shape, chain.constant([axis], np.int64)])
        sides.append(chain.add("Div", inputs=[chain.last, two]).last)
    channels = chain.constant([3], np.int64)
    target = chain.add("Concat", inputs=[one, channels, sides[0], two, sides[1], two], axis=0).last
    chain.add("Reshape", inputs=["input", target]).add("Transpose", perm=[0, 1, 3, 5, 2, 4])
    back = chain.add("Concat", inputs=[one, chain.constant([12], np.int64), *sides], axis=0).last
    chain.add("Reshape", inputs=[chain.nodes[-2].output[0], back])
    field = bounded(chain.model())
    assert (field.scale, field.alignment) == (Fraction(1, 2), (2, 2))
    assert_tiles_are_exact(chain.model(), field)


def test_window_partitions_are_unbounded() -> None:
    chain = Chain(2).add("Reshape", (c := Chain(2)).constant([1, 2, 4, 8, 4, 8], np.int64))
    chain.weights = c.weights
    chain.add("Transpose", perm=[0, 2, 4, 1, 3, 5])
    chain.weights["back"] = np.array([16, 2, 8, 8])
    chain.add("Reshape", "back").conv(pads=[1, 1, 1, 1])
    assert isinstance(receptive_field(chain.model(size=(32, 32))), Unbounded)


def test_slices_of_every_second_pixel() -> None:
    chain = Chain(3)
    parts = []
    for top in (0, 1):
        bounds = [chain.constant(v, np.int64) for v in ([top], [2**62], [2], [2])]
        parts.append(chain.add("Slice", *bounds, inputs=["input", *bounds]).last)
    chain.add("Concat", inputs=parts, axis=1)
    wide = [chain.constant(v, np.int64) for v in ([0], [2**62], [3], [2])]
    chain.add("Slice", *wide)
    field = bounded(chain.model())
    assert (field.scale, field.alignment, field.halo) == (Fraction(1, 2), (2, 2), Sides(0, 0, 1, 0))
    assert_tiles_are_exact(chain.model(), field)


@pytest.mark.parametrize("mode", ["constant", "reflect", "edge"])
def test_padding_then_convolution_without(mode: str) -> None:
    chain = Chain().add("Relu")
    chain.add("Pad", chain.constant([0, 0, 3, 3, 0, 0, 3, 3], np.int64), mode=mode).conv((7, 7))
    field = bounded(chain.model())
    assert (field.halo, field.margin) == (Sides(3, 3, 3, 3), Sides(0, 0, 0, 0))
    for seed in range(5):
        assert_tiles_are_exact(chain.model(), field, seed)


@pytest.mark.parametrize("mode", ["constant", "reflect", "edge"])
def test_padding_cut_off_again_after_convolutions(mode: str) -> None:
    chain = Chain().conv(pads=[1, 1, 1, 1])
    chain.add("Pad", chain.constant([0, 0, 4, 4, 0, 0, 4, 4], np.int64), mode=mode)
    chain.conv((5, 5), pads=[2, 2, 2, 2]).conv((3, 3), pads=[1, 1, 1, 1])
    bounds = [chain.constant(v, np.int64) for v in ([4, 4], [-4, -4], [2, 3])]
    model = chain.add("Slice", *bounds).model()
    field = bounded(model)
    assert_contains(field.halo, measured(model, field))
    for seed in range(5):
        assert_tiles_are_exact(model, field, seed)


def test_a_padded_convolution_after_a_crop_may_not_see_the_tiles_padding() -> None:
    chain = Chain()
    bounds = [chain.constant(v, np.int64) for v in ([3, 3], [2**62, 2**62], [2, 3])]
    chain.add("Slice", *bounds).conv(pads=[1, 1, 1, 1])
    field = bounded(chain.model())
    for seed in range(5):
        assert_tiles_are_exact(chain.model(), field, seed)


@pytest.mark.parametrize("opset", [9, 10, 11, 13, 17, 18])
def test_resize_of_every_operator_set(opset: int) -> None:
    chain = Chain()
    scales = chain.constant([1, 1, 2, 2])
    if opset < 11:
        chain.add("Upsample" if opset == 9 else "Resize", scales, mode="linear")
    elif opset < 13:
        chain.add("Resize", chain.constant([]), scales, mode="linear")
    else:
        chain.add("Resize", "", scales, mode="linear")
    model = chain.model(opset=opset)
    field = bounded(model)
    assert field.scale == 2
    assert field.halo == measured(model, field)


def torch_model(network: object, *, opset: int = 17, size: tuple[int, int] | None = None) -> onnx.ModelProto:
    """What PyTorch's TorchScript exporter makes of a network."""
    import io
    import warnings

    torch = pytest.importorskip("torch")
    file = io.BytesIO()
    channels = next(network.parameters()).shape[1]  # type: ignore[attr-defined]
    axes = {"input": {0: "n", 2: "h", 3: "w"}, "output": {0: "n", 2: "H", 3: "W"}}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            network.eval(),  # type: ignore[attr-defined]
            torch.rand(1, channels, *(size or (12, 20))),
            file,
            opset_version=opset,
            input_names=["input"],
            output_names=["output"],
            dynamic_axes=axes if size is None else None,
            dynamo=False,
        )
    return onnx.load_from_string(file.getvalue())


@pytest.mark.parametrize(("scale", "halo"), [(4, 3), (3, 4), (2, 5)])
@pytest.mark.parametrize("size", [None, (24, 30)])
def test_srcnn(scale: int, halo: int, size: tuple[int, int] | None) -> None:
    srcnn = pytest.importorskip("srfast.models.srcnn", exc_type=ImportError)
    field = bounded(torch_model(srcnn.SRCNN(scale), size=size))
    assert field == ReceptiveField(Fraction(scale), Sides(halo, halo, halo, halo), (1, 1), Sides(0, 0, 0, 0))


@pytest.mark.parametrize("opset", [11, 13, 17])
def test_fast(opset: int) -> None:
    fast = pytest.importorskip("srfast.models.fast", exc_type=ImportError)
    model = torch_model(fast.Fast(3), opset=opset)
    field = bounded(model)
    assert (field.scale, field.halo) == (3, Sides(10, 10, 10, 10))
    assert_tiles_are_exact(model, field)


@pytest.mark.parametrize("how", ["scale", "size", "recompute"])
@pytest.mark.parametrize("mode", ["nearest", "bilinear", "bicubic"])
def test_interpolation_to_computed_sizes(how: str, mode: str) -> None:
    torch = pytest.importorskip("torch")

    class Network(torch.nn.Module):  # type: ignore[name-defined,misc]
        def __init__(self) -> None:
            super().__init__()
            self.conv = torch.nn.Conv2d(3, 3, 3, padding=1)

        def forward(self, x: object) -> object:
            y = self.conv(x)
            if how == "size":
                return torch.nn.functional.interpolate(y, size=(y.shape[2] * 3, y.shape[3] * 3), mode=mode)
            options = {"recompute_scale_factor": True} if how == "recompute" else {}
            return torch.nn.functional.interpolate(y, scale_factor=3.0, mode=mode, **options)

    for opset in (11, 17):
        model = torch_model(Network(), opset=opset)
        field = bounded(model)
        assert field.scale == 3
        assert field.halo == measured(model, field)
        fixed = bounded(torch_model(Network(), opset=opset, size=(9, 16)))
        assert fixed == field


# ---------------------------------------------------------------------------------------------------------
# Whole networks


def srvgg(convolutions: int = 16, scale: int = 4) -> Chain:
    chain = Chain(3).conv(out=8, pads=[1, 1, 1, 1])
    for _ in range(convolutions):
        chain.add("PRelu", chain.constant(np.full((8, 1, 1), 0.2))).conv(pads=[1, 1, 1, 1])
    chain.add("PRelu", chain.constant(np.full((8, 1, 1), 0.2))).conv(out=3 * scale**2, pads=[1, 1, 1, 1])
    chain.shuffle(scale)
    deep = chain.last
    chain.add("Resize", inputs=["input", "", chain.constant([1, 1, scale, scale])], mode="nearest")
    return chain.add("Add", deep)


def test_srvgg_looks_one_pixel_a_convolution() -> None:
    model = srvgg().model()
    field = bounded(model)
    assert (field.scale, field.halo) == (4, Sides(18, 18, 18, 18))
    assert_tiles_are_exact(model, field, tiles=3)


def test_fsrcnn() -> None:
    chain = Chain(1).conv((5, 5), 8, pads=[2] * 4).conv((1, 1), 4)
    for _ in range(4):
        chain.conv(pads=[1] * 4)
    chain.conv((1, 1), 8).deconv((9, 9), 1, strides=[3, 3], pads=[3, 3, 3, 3])
    model = chain.model()
    field = bounded(model)
    assert (field.scale, field.margin) == (3, Sides(0, 0, 0, 0))
    assert field.halo == measured(model, field)
    assert_tiles_are_exact(model, field)


def test_espcn() -> None:
    chain = Chain(1).conv((5, 5), 8, pads=[2] * 4).add("Tanh").conv(out=4, pads=[1] * 4).add("Tanh")
    model = chain.conv(out=9, pads=[1] * 4).shuffle(3).add("Sigmoid").model()
    assert bounded(model).halo == Sides(4, 4, 4, 4)
    assert_tiles_are_exact(model, bounded(model))


def test_edsr() -> None:
    chain = Chain(3).add("Sub", (c := Chain()).constant(np.full((1, 3, 1, 1), 0.4)))
    chain.weights = c.weights
    head = chain.conv(out=8, pads=[1] * 4).last
    for _ in range(4):
        block = chain.last
        chain.conv(pads=[1] * 4).add("Relu").conv(pads=[1] * 4).add("Mul", chain.constant(0.1)).add(
            "Add", block
        )
    chain.conv(pads=[1] * 4).add("Add", head).conv(out=32, pads=[1] * 4).shuffle(2).conv(out=3, pads=[1] * 4)
    model = chain.model()
    field = bounded(model)
    assert (field.scale, field.halo) == (2, Sides(12, 12, 12, 12))
    assert_contains(field.halo, measured(model, field))
    assert_tiles_are_exact(model, field, tiles=3)


def test_u_net() -> None:
    chain = Chain(3).conv(out=4, pads=[1] * 4)
    full = chain.last
    half = chain.conv((2, 2), 8, strides=[2, 2]).conv(pads=[1] * 4).last
    chain.conv((3, 3), 8, strides=[2, 2], pads=[1] * 4).conv(pads=[1] * 4)
    chain.resize(2, mode="nearest").add("Concat", half, axis=1)
    chain.channels = 16
    chain.conv(out=4, pads=[1] * 4).deconv((2, 2), strides=[2, 2]).add("Add", full).conv(out=3, pads=[1] * 4)
    model = chain.model()
    field = bounded(model)
    assert (field.scale, field.alignment) == (1, (4, 4))
    assert_contains(field.halo, measured(model, field))
    for seed in range(4):
        assert_tiles_are_exact(model, field, seed)


def test_u_net_that_enlarges_to_the_size_of_its_skip() -> None:
    torch = pytest.importorskip("torch")

    class Network(torch.nn.Module):  # type: ignore[name-defined,misc]
        def __init__(self) -> None:
            super().__init__()
            self.first = torch.nn.Conv2d(3, 4, 3, padding=1)
            self.down = torch.nn.Conv2d(4, 4, 3, stride=2, padding=1)
            self.last = torch.nn.Conv2d(8, 3, 3, padding=1)

        def forward(self, x: object) -> object:
            skip = self.first(x)
            low = torch.nn.functional.interpolate(self.down(skip), size=skip.shape[2:], mode="bilinear")
            return self.last(torch.cat([skip, low], 1))

    model = torch_model(Network())
    field = bounded(model)
    assert field.alignment == (2, 2)
    assert_tiles_are_exact(model, field)


def test_valid_convolutions_and_deconvolution() -> None:
    """As waifu2x upconv_7."""
    chain = Chain(3)
    for _ in range(6):
        chain.conv((3, 3)).add("LeakyRelu", alpha=0.1)
    model = chain.deconv((4, 4), 3, strides=[2, 2], pads=[3, 3, 3, 3]).model()
    field = bounded(model)
    assert field == ReceptiveField(Fraction(2), Sides(7, 7, 7, 7), (1, 1), Sides(14, 14, 14, 14))
    assert field.halo == measured(model, field, more=14)
    assert_tiles_are_exact(model, field)


# ---------------------------------------------------------------------------------------------------------
# What has no bound, or none that is known


def _squeeze_and_excitation() -> Chain:
    chain = Chain().conv(pads=[1] * 4)
    features = chain.last
    return chain.add("GlobalAveragePool").conv((1, 1)).add("Sigmoid").add("Mul", features)


def _attention() -> Chain:
    chain = Chain()
    flat = chain.add("Reshape", chain.constant([0, 4, -1], np.int64)).last
    weights = chain.add("Transpose", perm=[0, 2, 1]).add("MatMul", flat).add("Softmax", axis=-1).last
    chain.add("MatMul", inputs=[flat, weights]).add("Shape", inputs=["input"])
    return chain.add("Reshape", inputs=[chain.nodes[-2].output[0], chain.last])


def _fixed_target() -> Chain:
    chain = Chain()
    return chain.add("Resize", "", "", chain.constant([1, 4, 64, 64], np.int64), mode="linear")


UNBOUNDED: dict[str, tuple[Callable[[], Chain], str]] = {
    "squeeze and excitation": (_squeeze_and_excitation, "GlobalAveragePool"),
    "attention": (_attention, "Reshape"),
    "fixed target": (_fixed_target, "Resize"),
    "mean over space": (lambda: Chain().add("ReduceMean", axes=[2, 3]).add("Add", "input"), "ReduceMean"),
    "mean of all": (lambda: Chain().add("ReduceMean").add("Add", "input"), "ReduceMean"),
    "softmax over space": (lambda: Chain().add("Softmax", axis=3), "Softmax"),
    "instance normalisation": (
        lambda: (c := Chain()).add("InstanceNormalization", c.constant(np.ones(4)), c.constant(np.ones(4))),
        "InstanceNormalization",
    ),
    "align corners": (
        lambda: Chain().resize(2, mode="linear", coordinate_transformation_mode="align_corners"),
        "Resize",
    ),
    "sums along rows": (lambda: (c := Chain()).add("CumSum", c.constant(3, np.int64)), "CumSum"),
    "row and column swapped": (lambda: Chain().add("Transpose", perm=[0, 1, 3, 2]), ""),
    "stretched": (lambda: Chain().conv(strides=[2, 1], pads=[1] * 4), ""),
    "a table of places": (lambda: (c := Chain()).add("Add", c.constant(np.ones((1, 1, 8, 8)))), "Add"),
    "scales that differ": (lambda: Chain().resize(2, mode="linear").add("Add", "input"), "Add"),
    "quantised by its extremes": (lambda: Chain().add("DynamicQuantizeLinear"), "DynamicQuantizeLinear"),
    "mirrored": (
        lambda: (c := Chain()).add("Slice", *(c.constant([v], np.int64) for v in (-1, -(2**62), 3, -1))),
        "Slice",
    ),
    "counted from the far end": (
        lambda: (c := Chain()).add("Slice", *(c.constant([v], np.int64) for v in (-8, 2**62, 3))),
        "Slice",
    ),
    "the image beside itself": (lambda: Chain().add("Concat", "input", axis=3), "Concat"),
    "wrapped around": (
        lambda: (c := Chain()).add("Pad", c.constant([0, 0, 1, 1, 0, 0, 1, 1], np.int64), mode="wrap"),
        "Pad",
    ),
    "random": (lambda: Chain().add("RandomUniformLike").add("Add", "input"), "RandomUniformLike"),
    "unknown": (lambda: Chain().add("Frobnicate"), "Frobnicate"),
    "its own size": (
        lambda: (c := Chain()).add("Shape").add("Cast", to=1).add("Add", inputs=["input", c.last]),
        "Add",
    ),
}


@pytest.mark.parametrize("name", UNBOUNDED)
def test_unbounded(name: str) -> None:
    build, operator = UNBOUNDED[name]
    opset = 17 if name != "wrapped around" else 19
    field = receptive_field(build().model(opset=opset))
    assert isinstance(field, Unbounded)
    assert field.operator == operator
    assert operator in str(field)
    assert field.reason


def test_a_condition_that_depends_on_the_image_is_unbounded() -> None:
    branch = helper.make_graph(
        [helper.make_node("Identity", ["input"], ["out"])],
        "branch",
        [],
        [helper.make_tensor_value_info("out", 1, None)],
    )
    chain = Chain().add("ReduceMax", keepdims=0)
    chain.add("Greater", chain.constant(0.5))
    chain.add("If", then_branch=branch, else_branch=branch)
    assert isinstance(receptive_field(chain.model()), Unbounded)


def test_other_inputs_with_pixels_are_unbounded_and_single_numbers_are_not() -> None:
    for shape, kind in (((1, 1, 1, 1), ReceptiveField), (("n", 4, "a", "b"), Unbounded)):
        model = Chain().add("Mul", "more").model()
        model.graph.input.append(helper.make_tensor_value_info("more", 1, shape))
        assert isinstance(receptive_field(model), kind)


def test_damaged_graphs_are_unbounded() -> None:
    for chain in (
        Chain().add("Conv"),
        Chain().add("Conv", "nowhere"),
        Chain().add("Concat"),
        Chain().add("DepthToSpace"),
        (c := Chain()).add("Transpose", perm=[0, 1, 2, 9]),
        (c := Chain()).add("Reshape", c.constant([0, 0, 0, 0, 0], np.int64)),
    ):
        assert isinstance(receptive_field(chain.model()), Unbounded)
    empty = onnx.ModelProto()
    assert isinstance(receptive_field(empty), Unbounded)


def test_nodes_that_the_output_does_not_need_do_not_matter() -> None:
    chain = Chain().conv(pads=[1] * 4)
    kept = chain.last
    chain.add("GlobalAveragePool")
    model = chain.model()
    model.graph.output[0].name = kept
    assert bounded(model).halo == Sides(1, 1, 1, 1)


def test_functions_are_looked_into() -> None:
    body = [helper.make_node("GlobalAveragePool", ["x"], ["y"])]
    function = helper.make_function("own", "Pool", ["x"], ["y"], body, [helper.make_opsetid("", 17)])
    chain = Chain().add("Pool", domain="own").add("Add", "input")
    model = chain.model()
    model.functions.append(function)
    model.opset_import.append(helper.make_opsetid("own", 1))
    field = receptive_field(model)
    assert isinstance(field, Unbounded)
    assert field.operator == "GlobalAveragePool"


def test_the_model_is_not_changed() -> None:
    model = srvgg(2).model()
    before = model.SerializeToString()
    receptive_field(model)
    assert model.SerializeToString() == before


# ---------------------------------------------------------------------------------------------------------
# Random chains

STEPS: list[Callable[[Chain], Chain]] = [
    lambda c: c.conv((3, 3), pads=[1, 1, 1, 1]),
    lambda c: c.conv((2, 3), pads=[1, 0, 0, 1]),
    lambda c: c.conv((3, 3)),
    lambda c: c.conv((3, 3), strides=[2, 2], pads=[1, 1, 1, 1]),
    lambda c: c.conv((2, 2), strides=[2, 2]),
    lambda c: c.conv((3, 4), strides=[2, 2], auto_pad="SAME_UPPER"),
    lambda c: c.conv((3, 3), dilations=[2, 2], pads=[2, 2, 2, 2]),
    lambda c: c.deconv((4, 4), strides=[2, 2], pads=[1, 1, 1, 1]),
    lambda c: c.deconv((3, 3), strides=[2, 2]),
    lambda c: c.add("MaxPool", kernel_shape=[2, 2], strides=[2, 2]),
    lambda c: c.add("AveragePool", kernel_shape=[3, 3], pads=[1, 1, 1, 1], count_include_pad=1),
    lambda c: c.conv(out=16, pads=[1] * 4).shuffle(2),
    lambda c: c.add("SpaceToDepth", blocksize=2).conv((1, 1), 4) if _quadruple(c) else c,
    lambda c: c.resize(2, mode="nearest"),
    lambda c: c.resize(1.5, mode="linear"),
    lambda c: c.resize(3, mode="cubic", cubic_coeff_a=-0.75),
    lambda c: c.add("Pad", c.constant([0, 0, 2, 1, 0, 0, 0, 2], np.int64), mode="reflect"),
    lambda c: c.add("Pad", c.constant([0, 0, 2, 1, 0, 0, 0, 2], np.int64), mode="edge"),
    lambda c: c.add("Pad", c.constant([0, 0, -1, 0, 0, 0, 0, -1], np.int64)),
    lambda c: c.add("Slice", *(c.constant(v, np.int64) for v in ([2, 1], [2**62, -1], [2, 3]))),
    lambda c: c.add("Relu"),
]


def _quadruple(chain: Chain) -> bool:
    chain.channels *= 4
    return True


@settings(max_examples=60)
@given(steps=st.lists(st.sampled_from(range(len(STEPS))), min_size=1, max_size=5), seed=st.integers(0, 2**16))
def test_tiles_of_random_chains_are_exact(steps: list[int], seed: int) -> None:
    chain = Chain(4, seed)
    for step in steps:
        STEPS[step](chain)
    model = chain.model()
    field = receptive_field(model)
    if isinstance(field, Unbounded):
        # Splitting into blocks what is no multiple of them fails at run time, too.
        assert field.operator in ("SpaceToDepth", "")
        return
    if max(field.halo.top, field.halo.bottom) > 60 or field.scale > 4 or field.scale < Fraction(1, 8):
        return
    assert_tiles_are_exact(model, field, seed, tiles=3, atol=1e-4)  # float32 coordinates of Resize
