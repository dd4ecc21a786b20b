"""How far networks look: operators, alone and in small groups."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import numpy as np
import onnx
import pytest
from onnx import helper

import interpolating
from receptive_field_graphs import (
    Chain,
    assert_contains,
    assert_tiles_are_exact,
    bounded,
    measured,
    torch_model,
)
from srfast.receptive_field import ReceptiveField, Sides, Unbounded, receptive_field

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


def test_a_border_is_missing_where_it_was_cut_off() -> None:
    cut = Chain()
    cut.conv((1, 1)).add(
        "Slice",
        *(cut.constant(each, np.int64) for each in ([2, 0], [-1, -3], [2, 3])),
    )
    field = bounded(cut.resize(2, mode="nearest").model())
    assert field.margin == Sides(4, 0, 2, 6)
    assert_tiles_are_exact(cut.model(), field)


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


@pytest.mark.parametrize("how", interpolating.WAYS)
@pytest.mark.parametrize("mode", ["nearest", "bilinear", "bicubic"])
def test_interpolation_to_computed_sizes(how: str, mode: str) -> None:
    network = interpolating.network(mode, how, first=False)
    for opset in (11, 17):
        model = torch_model(network, opset=opset)
        field = bounded(model)
        assert field.scale == 3
        assert field.halo == measured(model, field)
        fixed = bounded(torch_model(network, opset=opset, size=(9, 16)))
        assert fixed == field
