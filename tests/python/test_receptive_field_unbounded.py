"""How far networks look: graphs of which nobody can say how far they look, and damaged ones."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import onnx
import pytest
from onnx import helper

from receptive_field_graphs import (
    Chain,
    bounded,
    srvgg,
)
from srfast.receptive_field import ReceptiveField, Sides, Unbounded, receptive_field


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
    "dilated pool, same upper": (
        lambda: Chain().add("MaxPool", kernel_shape=[3, 3], dilations=[2, 2], auto_pad="SAME_UPPER"),
        "MaxPool",
    ),
    "a last window behind the image": (
        lambda: Chain().add("MaxPool", kernel_shape=[2, 2], strides=[3, 3], ceil_mode=1),
        "MaxPool",
    ),
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
