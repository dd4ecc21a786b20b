from __future__ import annotations

import io
import math
import warnings
from collections.abc import Callable, Sequence

import numpy as np
import onnx
import pytest
from onnx import helper, numpy_helper

import interpolating
from ends_numpy import enlarged, run
from srfast.passes import leading_enlargement
from srfast.passes.affine import Affine
from srfast.passes.draft import Draft
from srfast.passes.ends import Ends
from srfast.passes.enlargement import Enlargement
from srfast.passes.rewriting import Rewriting

SIZES = ((1, 1), (1, 7), (5, 2), (17, 31))


def split(model: onnx.ModelProto) -> tuple[onnx.ModelProto, Enlargement] | None:
    """The pass alone, on a copy."""
    draft = Draft(model)
    ends = Ends(Affine.identity(3), Affine.identity(3))
    if not leading_enlargement.apply(Rewriting(draft, ends, 3, (0, 1))):
        return None
    assert ends.enlarge is not None
    return draft.model, ends.enlarge


def assert_splits(
    model: onnx.ModelProto, expected: Enlargement, sizes: Sequence[tuple[int, int]]
) -> onnx.ModelProto:
    before = model.SerializeToString()
    result = split(model)
    assert model.SerializeToString() == before
    assert result is not None
    rest, enlargement = result
    assert enlargement == expected
    onnx.checker.check_model(rest, full_check=True)
    assert not {"Resize", "Upsample", "Shape"}.intersection(node.op_type for node in rest.graph.node)
    assert [entry.name for entry in rest.graph.output] == [entry.name for entry in model.graph.output]
    assert rest.graph.input[0].name == model.graph.input[0].name
    for size in sizes:
        image = np.random.default_rng(0).uniform(0, 1, (1, 3, *size))
        np.testing.assert_allclose(
            run(rest, enlarged(image, enlargement)), run(model, image), rtol=0, atol=2e-5
        )
    return rest


def resize_model(
    inputs: Sequence[str] = ("input", "", "scales"),
    *,
    operator: str = "Resize",
    opset: int = 17,
    size: Sequence[int | str] = ("h", "w"),
    scale: float = 3,
    first: Sequence[onnx.NodeProto] = (),
    last: Sequence[onnx.NodeProto] | None = None,
    **attributes: object,
) -> onnx.ModelProto:
    """An enlargement and a convolution."""
    kernel = np.random.default_rng(3).normal(0, 0.2, (3, 3, 3, 3)).astype(np.float32)
    weights = {
        "scales": np.array([1, 1, scale, scale], np.float32),
        "nothing": np.zeros(0, np.float32),
        "kernel": kernel,
    }
    if not isinstance(size[0], str):
        weights["sizes"] = np.array([1, 3, *(int(side * scale) for side in size)])
    enlarge = helper.make_node(operator, inputs, ["large"], "enlarge", **attributes)
    conv = helper.make_node("Conv", ["large", "kernel"], ["output"], "conv", pads=[1, 1, 1, 1])
    used = {name for node in (*first, enlarge, *(last or [conv])) for name in node.input}
    graph = helper.make_graph(
        [*first, enlarge, *(last or [conv])],
        "test",
        [helper.make_tensor_value_info("input", 1, (1, 3, *size))],
        [helper.make_tensor_value_info("output", 1, (1, 3, "H", "W"))],
        [numpy_helper.from_array(value, name) for name, value in weights.items() if name in used],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)
    helper.set_model_props(model, {"srfast.scale": str(scale)})
    return model


@pytest.mark.parametrize("scale", [2, 3, 4, 5])
@pytest.mark.parametrize(
    ("mode", "attributes"),
    [
        ("cubic", {"cubic_coeff_a": -0.75}),
        ("cubic", {"coordinate_transformation_mode": "pytorch_half_pixel"}),
        ("linear", {}),
        ("linear", {"coordinate_transformation_mode": "pytorch_half_pixel"}),
        ("nearest", {"coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}),
        ("nearest", {}),
        ("nearest", {"nearest_mode": "round_prefer_ceil"}),
    ],
)
def test_what_is_left_eats_the_enlarged_image(mode: str, scale: int, attributes: dict[str, object]) -> None:
    model = resize_model(scale=scale, mode=mode, **attributes)
    rest = assert_splits(model, Enlargement(mode, scale), SIZES)
    assert [node.name for node in rest.graph.node] == ["conv"]
    assert [entry.name for entry in rest.graph.initializer] == ["kernel"]
    assert [(entry.key, entry.value) for entry in rest.metadata_props] == [("srfast.scale", str(scale))]


@pytest.mark.parametrize(
    ("opset", "operator", "inputs"),
    [
        (9, "Upsample", ("input", "scales")),
        (10, "Resize", ("input", "scales")),
        (11, "Resize", ("input", "nothing", "scales")),
        (13, "Resize", ("input", "", "scales")),
        (19, "Resize", ("input", "", "scales")),
        (21, "Resize", ("input", "", "scales")),
    ],
)
def test_operator_sets(opset: int, operator: str, inputs: Sequence[str]) -> None:
    model = resize_model(inputs, operator=operator, opset=opset, mode="nearest")
    assert_splits(model, Enlargement("nearest", 3), SIZES)


@pytest.mark.parametrize("inputs", [("input", "", "scales"), ("input", "", "", "sizes")])
def test_fixed_sizes(inputs: Sequence[str]) -> None:
    model = resize_model(inputs, size=(5, 7), mode="cubic")
    rest = assert_splits(model, Enlargement("cubic", 3), [(5, 7)])
    shape = rest.graph.input[0].type.tensor_type.shape
    assert [side.dim_value for side in shape.dim] == [1, 3, 15, 21]


def test_open_sizes_stay_open() -> None:
    result = split(resize_model(mode="linear"))
    assert result is not None
    shape = result[0].graph.input[0].type.tensor_type.shape
    assert [side.dim_param for side in shape.dim] == ["", "", "3*h", "3*w"]


def test_a_network_that_only_enlarges() -> None:
    model = resize_model(last=[helper.make_node("Identity", ["large"], ["output"])], mode="cubic")
    assert_splits(model, Enlargement("cubic", 3), SIZES)
    model.graph.node.pop()
    model.graph.node[0].output[0] = "output"
    assert_splits(model, Enlargement("cubic", 3), SIZES)


def test_every_reader_of_the_large_image_reads_the_input() -> None:
    last = [
        helper.make_node("Conv", ["large", "kernel"], ["features"], pads=[1, 1, 1, 1]),
        helper.make_node("Add", ["features", "large"], ["output"]),
    ]
    assert_splits(resize_model(last=last, mode="cubic"), Enlargement("cubic", 3), SIZES)


def _factor(number: int) -> list[onnx.NodeProto]:
    constant = numpy_helper.from_array(np.array([1, 1, number, number]), "")
    return [
        helper.make_node("Shape", ["input"], ["shape"]),
        helper.make_node("Constant", [], ["factor"], value=constant),
        helper.make_node("Mul", ["shape", "factor"], ["target"]),
    ]


def test_a_size_computed_from_the_inputs() -> None:
    model = resize_model(("input", "", "", "target"), first=_factor(3), mode="linear")
    assert_splits(model, Enlargement("linear", 3), SIZES)


def test_the_small_images_size_needed_elsewhere() -> None:
    last = [
        helper.make_node("Relu", ["large"], ["features"]),
        helper.make_node("Resize", ["features", "", "", "shape"], ["output"]),
    ]
    model = resize_model(("input", "", "", "target"), first=_factor(3), last=last, mode="linear")
    assert split(model) is None


REFUSED: dict[str, Callable[[], onnx.ModelProto]] = {
    "align corners": lambda: resize_model(mode="linear", coordinate_transformation_mode="align_corners"),
    "asymmetric linear": lambda: resize_model(mode="linear", coordinate_transformation_mode="asymmetric"),
    "older linear": lambda: resize_model(("input", "scales"), opset=10, mode="linear"),
    "half pixel, floor": lambda: resize_model(mode="nearest", nearest_mode="floor"),
    "asymmetric, rounded": lambda: resize_model(mode="nearest", coordinate_transformation_mode="asymmetric"),
    "another kernel": lambda: resize_model(mode="cubic", cubic_coeff_a=-0.5),
    "weights of the outside left out": lambda: resize_model(mode="cubic", exclude_outside=1),
    "antialias": lambda: resize_model(opset=18, mode="cubic", antialias=1),
    "half": lambda: resize_model(scale=0.5, mode="linear"),
    "once and a half": lambda: resize_model(scale=1.5, mode="linear"),
    "once": lambda: resize_model(scale=1, mode="linear"),
    "a square of open sizes": lambda: resize_model(("input", "", "", "kernel"), mode="linear"),
    "residual": lambda: resize_model(
        last=[
            helper.make_node("AveragePool", ["large"], ["small"], kernel_shape=[3, 3], strides=[3, 3]),
            helper.make_node("Add", ["small", "input"], ["output"]),
        ]
    ),
    "no enlargement": lambda: resize_model(operator="Conv", inputs=("input", "kernel")),
    "something first": lambda: resize_model(
        ("sure", "", "scales"), first=[helper.make_node("Relu", ["input"], ["sure"])]
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name: str) -> None:
    assert split(REFUSED[name]()) is None


@pytest.mark.parametrize("dynamo", [False, pytest.param(True, marks=pytest.mark.slow)])
@pytest.mark.parametrize("size", [None, (6, 8)])
@pytest.mark.parametrize("how", interpolating.WAYS)
@pytest.mark.parametrize(
    ("mode", "name"), [("nearest", "nearest"), ("bilinear", "linear"), ("bicubic", "cubic")]
)
def test_exports_of_pytorch(
    mode: str, name: str, how: str, size: tuple[int, int] | None, dynamo: bool
) -> None:
    torch = pytest.importorskip("torch")

    network = interpolating.network(mode, how, first=True)
    example = (torch.rand(1, 3, *(size or (12, 20))),)
    for opset in (18, 20) if dynamo else (11, 17):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # PyTorch about its own exporters
            if dynamo:
                sides = {side: torch.export.Dim("hw"[side - 2], min=2, max=4000) for side in (2, 3)}
                program = torch.onnx.export(
                    network,
                    example,
                    opset_version=opset,
                    dynamo=True,
                    verbose=False,
                    dynamic_shapes=(sides,) if size is None else None,
                )
                model = program.model_proto
            else:
                file = io.BytesIO()
                torch.onnx.export(
                    network,
                    example,
                    file,
                    opset_version=opset,
                    dynamo=False,
                    input_names=["input"],
                    output_names=["output"],
                    dynamic_axes={"input": {2: "h", 3: "w"}} if size is None else None,
                )
                model = onnx.load_from_string(file.getvalue())
        assert_splits(model, Enlargement(name, 3), [size] if size else [(5, 2), (17, 31)])


def test_the_reference_keeps_a_ramp() -> None:
    """A check of the reference itself: interpolation reproduces straight lines, away from the border."""
    ramp = np.arange(12.0).reshape(1, 1, 1, 12)
    for mode in ("linear", "cubic"):
        result = enlarged(ramp, Enlargement(mode, 3))
        places = (np.arange(36) + 0.5) / 3 - 0.5
        inner = slice(6, -6)
        error = np.abs(result[0, 0, 0, inner] - places[inner]).max()
        # With a = -0.75 the cubic kernel is off a straight line by a little; with -0.5 it is not.
        assert error < (1e-12 if mode == "linear" else 0.06)
    assert math.isclose(enlarged(np.ones((1, 1, 3, 3)), Enlargement("cubic", 2)).max(), 1)
