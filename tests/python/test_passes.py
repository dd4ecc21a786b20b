"""Rewrites of graphs: each by itself, and all together on the networks that srfast has."""

from __future__ import annotations

import io
import itertools
import warnings
from collections.abc import Mapping, Sequence

import numpy as np
import onnx
import pytest
import torch
from onnx import helper, numpy_helper

import ends_numpy
import networks
import onnx_files
from srfast import exporters
from srfast.passes import PASSES, Rewritten, rewritten
from srfast.passes.enlargement import Enlargement

SIZES = ((1, 1), (1, 7), (5, 2), (17, 31))
RANDOM = np.random.default_rng(7)


def assert_same(
    model: onnx.ModelProto,
    passes: Sequence[str],
    scale: int = 1,
    planes: int = 3,
    sizes: Sequence[tuple[int, int]] = SIZES,
    value_range: tuple[float, float] = (0, 1),
) -> Rewritten:
    """Rewrites a network by exactly these passes, and proves that the result is the same."""
    before = model.SerializeToString()
    made = rewritten(model, value_range)
    assert model.SerializeToString() == before
    assert made is not None
    assert made.passes == tuple(sorted(passes, key=PASSES.index))
    onnx.checker.check_model(made.model, full_check=True)
    low, high = value_range
    for size in sizes:
        image = np.random.default_rng(1).uniform(low, high, (1, planes, *size))
        expected = ends_numpy.run(model, image)
        assert expected.shape[2:] == (size[0] * scale, size[1] * scale)
        got = ends_numpy.result(made, image, scale)
        if "final_clip" in passes:
            got = got.clip(low, high)
        np.testing.assert_allclose(got, expected, rtol=0, atol=3e-5 * max(1, np.abs(expected).max()))
    return made


def assert_left_alone(model: onnx.ModelProto, value_range: tuple[float, float] = (0, 1)) -> None:
    assert rewritten(model, value_range) is None


def kernel(out: int, into: int, height: int, width: int | None = None) -> np.ndarray:
    shape = (out, into, height, width or height)
    return (RANDOM.standard_normal(shape) / np.sqrt(np.prod(shape[1:]))).astype(np.float32)


def model_of(
    nodes: Sequence[onnx.NodeProto],
    weights: Mapping[str, np.ndarray],
    planes: int = 3,
    sides: Sequence[int | str] = ("h", "w"),
) -> onnx.ModelProto:
    shape = ("n", planes, *sides)
    content = onnx_files.serialized(
        nodes, weights=weights, input_shape=shape, output_shape=("n", planes, "H", "W")
    )
    return onnx.load_from_string(content)


def node(operator: str, inputs: str, output: str, **attributes: object) -> onnx.NodeProto:
    return helper.make_node(operator, inputs.split(" "), [output], **attributes)


def body(out: int, into: int = 3) -> tuple[list[onnx.NodeProto], dict[str, np.ndarray]]:
    """Two convolutions from "input" to "details"; the last has a bias."""
    nodes = [
        node("Conv", "input body.w1", "body.1", pads=[1] * 4),
        node("Relu", "body.1", "body.2"),
        node("Conv", "body.2 body.w2 body.b2", "details", pads=[1] * 4),
    ]
    bias = RANDOM.uniform(-0.3, 0.3, out).astype(np.float32)
    return nodes, {"body.w1": kernel(8, into, 3), "body.w2": kernel(out, 8, 3), "body.b2": bias}


# All together

EXPECTED = {
    "srcnn": {"leading_enlargement", "few_outputs"},
    "fast": {"plain_nodes", "residual", "pixel_shuffle"},
    "fsrcnn": {"plain_nodes", "final_deconvolution", "prelu"},
    "espcn": {"pixel_shuffle"},
    "edsr": {"few_outputs"},
    "srvgg": {"plain_nodes", "residual", "pixel_shuffle", "prelu"},
    "vdsr": {"leading_enlargement", "residual", "few_outputs"},
}


def test_every_network_is_expected_to_be_rewritten() -> None:
    assert EXPECTED.keys() == networks.NETWORKS.keys()


@pytest.mark.parametrize(("scale", "planes"), [(2, 3), (3, 3), (4, 3), (3, 1)])
@pytest.mark.parametrize("name", sorted(networks.NETWORKS))
def test_networks_give_the_same(name: str, scale: int, planes: int) -> None:
    made = assert_same(networks.graph(name, scale, planes), EXPECTED[name], scale, planes)
    kinds = {entry.op_type for entry in made.model.graph.node}
    if name != "edsr":  # whose pixel shuffle is not the last
        assert not kinds.intersection({"Resize", "DepthToSpace", "ConvTranspose"})
    assert not kinds.intersection({"PRelu", "Identity"})


@pytest.mark.parametrize("name", ["edsr", "srcnn", "vdsr"])
def test_fixed_sizes(name: str) -> None:
    made = assert_same(networks.graph(name, 3, size=(5, 7)), EXPECTED[name], 3, sizes=[(5, 7)])
    assert made.ends.shuffle == 2  # of sides that are odd


@pytest.mark.slow
@pytest.mark.parametrize("name", ["srvgg", "srcnn", "fast"])
def test_networks_of_the_newer_exporter(name: str) -> None:
    model = exporters.by_torch_export(networks.network(name, 2), torch.zeros(1, 3, 12, 20), 18, (2, 3))
    made = rewritten(model, (0, 1))
    assert made is not None
    passes = EXPECTED[name] - {"plain_nodes"} | ({"plain_nodes"} & set(made.passes))
    assert_same(model, sorted(passes), 2, sizes=[(5, 2), (17, 31)])


# Few outputs in integers


def test_a_last_convolution_of_integers_stays_one() -> None:
    """As `srfast quantize` writes them: a scale for every output channel, none after the sum."""
    random = np.random.default_rng(4)
    weights = {
        "integers": random.integers(-64, 65, (3, 8, 5, 5), np.int8),
        "scales": random.uniform(0.001, 0.004, 3).astype(np.float32),
        "zeros": np.zeros(3, np.int8),
        "bias_integers": random.integers(-9000, 9000, 3, np.int32),
        "bias_scales": random.uniform(1e-5, 4e-5, 3).astype(np.float32),
        "bias_zeros": np.zeros(3, np.int32),
        "first": random.normal(0, 0.2, (8, 3, 3, 3)).astype(np.float32),
        "step": np.array(0.01, np.float32),
        "zero": np.array(120, np.uint8),
    }
    nodes = [
        node("DequantizeLinear", "integers scales zeros", "weight", axis=0),
        node("DequantizeLinear", "bias_integers bias_scales bias_zeros", "bias", axis=0),
        node("Conv", "input first", "features", pads=[1, 1, 1, 1]),
        node("QuantizeLinear", "features step zero", "q"),
        node("DequantizeLinear", "q step zero", "rounded"),
        node("Conv", "rounded weight bias", "sums", pads=[2, 2, 2, 2]),
        node("QuantizeLinear", "sums step zero", "qs"),
        node("DequantizeLinear", "qs step zero", "output"),
    ]
    made = assert_same(model_of(nodes, weights), ["few_outputs"])
    kernels = next(
        numpy_helper.to_array(entry) for entry in made.model.graph.initializer if entry.dims[:2] == [12, 8]
    )
    assert kernels.dtype == np.int8
    weights["zeros"] += 1  # around another number than zero, the gaps in a block would not be zero
    assert_left_alone(model_of(nodes, weights))


# Pixel shuffles

ORDERS = {"CRD": (0, 1, 4, 2, 5, 3), "DCR": (0, 3, 4, 1, 5, 2)}


@pytest.mark.parametrize("behind", [[], ["Tanh"], ["Relu", "Sigmoid"]])
@pytest.mark.parametrize("mode", ["CRD", "DCR"])
@pytest.mark.parametrize("scale", [2, 3])
def test_depth_to_space(scale: int, mode: str, behind: list[str]) -> None:
    nodes, weights = body(3 * scale**2)
    nodes.append(node("DepthToSpace", "details", "shuffled", blocksize=scale, mode=mode))
    names = ["shuffled", *(f"behind.{place}" for place in range(len(behind)))]
    nodes += [node(kind, names[place], names[place + 1]) for place, kind in enumerate(behind)]
    nodes[-1].output[0] = "output"
    made = assert_same(model_of(nodes, weights), ["pixel_shuffle"], scale)
    assert made.ends.to_metadata() == {"srfast.shuffle": str(scale)}
    assert [entry.op_type for entry in made.model.graph.node] == ["Conv", "Relu", "Conv", *behind]
    (output,) = made.model.graph.output
    assert output.name == "output"
    assert output.type.tensor_type.shape.dim[1].dim_value == 3 * scale**2


@pytest.mark.parametrize("mode", ["CRD", "DCR"])
@pytest.mark.parametrize("sides", [("h", "w"), (17, 31)])
def test_reshape_transpose_reshape(sides: tuple[int | str, int | str], mode: str) -> None:
    """As exporters wrote a pixel shuffle before opset 11, and as some still do."""
    nodes, weights = body(12)
    weights |= {"axis": np.array([2, 2, 3]), "two": np.array([2]), "-1": np.array([-1])}
    weights |= {str(place): np.array([place]) for place in range(4)}
    parts = "three two two" if mode == "CRD" else "two two three"
    weights["three"] = np.array([3])
    nodes += [
        node("Shape", "details", "shape"),
        *(node("Gather", f"shape {place}", f"side.{place}") for place in (0, 2, 3)),
        node("Concat", f"side.0 {parts} side.2 side.3", "six", axis=0),
        node("Reshape", "details six", "split"),
        node("Transpose", "split", "turned", perm=ORDERS[mode]),
        node("Mul", "side.2 two", "high"),
        node("Mul", "side.3 two", "wide"),
        node("Concat", "side.0 three high wide", "four", axis=0),
        node("Reshape", "turned four", "output"),
    ]
    model = model_of(nodes, weights, sides=sides)
    fixed = [sides] if isinstance(sides[0], int) else SIZES
    made = assert_same(model, ["pixel_shuffle"], 2, sizes=fixed)  # type: ignore[arg-type]
    assert len(made.model.graph.node) == 3


def test_another_transpose_is_no_pixel_shuffle() -> None:
    nodes, weights = body(12)
    weights |= {"six": np.array([1, 3, 2, 2, 5, 7]), "four": np.array([1, 3, 10, 14])}
    nodes += [
        node("Reshape", "details six", "split"),
        node("Transpose", "split", "turned", perm=(0, 1, 4, 3, 5, 2)),
        node("Reshape", "turned four", "output"),
    ]
    assert_left_alone(model_of(nodes, weights, sides=(5, 7)))


def test_shuffled_values_that_are_read_twice() -> None:
    nodes, weights = body(12)
    nodes += [
        node("DepthToSpace", "details", "shuffled", blocksize=2, mode="CRD"),
        node("Sigmoid", "shuffled", "gate"),
        node("Mul", "gate shuffled", "output"),
    ]
    assert_left_alone(model_of(nodes, weights))


# Residuals


@pytest.mark.parametrize("swapped", [False, True])
@pytest.mark.parametrize(
    ("mode", "attributes"),
    [
        ("nearest", {"coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}),
        ("linear", {}),
        ("cubic", {}),
    ],
)
def test_the_enlarged_input_is_added(mode: str, attributes: dict[str, object], swapped: bool) -> None:
    nodes, weights = body(27)
    weights["scales"] = np.array([1, 1, 3, 3], np.float32)
    nodes += [
        node("DepthToSpace", "details", "shuffled", blocksize=3, mode="CRD"),
        node("Resize", "input  scales", "large", mode=mode, **attributes),
        node("Add", "large shuffled" if swapped else "shuffled large", "output"),
    ]
    made = assert_same(model_of(nodes, weights), ["residual", "pixel_shuffle"], 3)
    assert made.ends.to_metadata() == {"srfast.shuffle": "3", "srfast.residual": f"{mode} 3"}


REPEATS = {
    "a convolution": (
        [node("Conv", "input ones", "repeated")],
        {"ones": np.eye(3, dtype=np.float32).repeat(4, axis=0)[:, :, None, None]},
    ),
    "split and joined": (
        [
            helper.make_node("Split", ["input"], ["r", "g", "b"], axis=1),
            node("Concat", "r r r r g g g g b b b b", "repeated", axis=1),
        ],
        {},
    ),
}


@pytest.mark.parametrize("how", REPEATS)
def test_the_input_is_repeated_before_the_shuffle(how: str) -> None:
    nodes, weights = body(12)
    copying, constants = REPEATS[how]
    nodes += [
        *copying,
        node("Add", "details repeated", "sum"),
        node("DepthToSpace", "sum", "output", blocksize=2, mode="CRD"),
    ]
    made = assert_same(model_of(nodes, weights | constants), ["residual", "pixel_shuffle"], 2)
    assert made.ends.residual == Enlargement("nearest", 2)


@pytest.mark.parametrize("how", ["torch.cat", "repeat_interleave", "tile of luma"])
def test_ways_of_pytorch_to_repeat_the_input(how: str) -> None:
    class Network(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.planes = 1 if how == "tile of luma" else 3
            self.conv = torch.nn.Conv2d(self.planes, self.planes * 4, 3, padding=1)
            self.shuffle = torch.nn.PixelShuffle(2)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            if how == "torch.cat":
                again = torch.cat([x[:, p : p + 1] for p in range(3) for _ in range(4)], dim=1)
            elif how == "tile of luma":
                again = x.repeat(1, 4, 1, 1)
            else:
                again = torch.repeat_interleave(x, 4, dim=1)
            shuffled: torch.Tensor = self.shuffle(self.conv(x) + again)
            return shuffled

    network = Network().eval()
    file = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            network,
            (torch.rand(1, network.planes, 6, 8),),
            file,
            opset_version=17,
            dynamo=False,
            input_names=["input"],
            dynamic_axes={"input": {2: "h", 3: "w"}},
        )
    model = onnx.load_from_string(file.getvalue())
    made = rewritten(model, (0, 1))
    assert made is not None
    passes = ["residual", "pixel_shuffle", *({"plain_nodes"} & set(made.passes))]
    assert_same(model, passes, 2, network.planes, sizes=[(2, 3), (17, 31)])


def test_other_repetitions_are_not_the_enlarged_input() -> None:
    nodes, weights = body(12)
    nodes += [
        node("Concat", "input input input input", "repeated", axis=1),
        node("Add", "details repeated", "sum"),
        node("DepthToSpace", "sum", "output", blocksize=2, mode="CRD"),
    ]
    made = assert_same(model_of(nodes, weights), ["pixel_shuffle"], 2)
    assert made.ends.residual is None


def test_a_residual_that_is_scaled() -> None:
    """mean and deviation around the whole network: the image itself comes out as it was."""
    nodes, weights = body(12)
    for entry in nodes:
        for place, name in enumerate(entry.input):
            if name == "input":
                entry.input[place] = "normal"
    weights |= {
        "mean": np.array([0.4, 0.5, 0.6], np.float32).reshape(1, 3, 1, 1),
        "deviation": np.array([0.2, 0.3, 0.25], np.float32).reshape(3, 1, 1),
        "scales": np.array([1, 1, 2, 2], np.float32),
    }
    nodes = [
        node("Sub", "input mean", "centred"),
        node("Div", "centred deviation", "normal"),
        *nodes,
        node("DepthToSpace", "details", "shuffled", blocksize=2, mode="CRD"),
        node("Resize", "normal  scales", "large", mode="linear"),
        node("Add", "shuffled large", "sum"),
        node("Mul", "sum deviation", "scaled"),
        node("Add", "scaled mean", "output"),
    ]
    passes = ["input_affine", "output_affine", "residual", "pixel_shuffle"]
    made = assert_same(model_of(nodes, weights), passes, 2)
    np.testing.assert_allclose(made.ends.output.gain, [0.2, 0.3, 0.25], rtol=1e-6)
    np.testing.assert_allclose(made.ends.output.bias, [0, 0, 0], atol=1e-6)
    assert made.ends.residual == Enlargement("linear", 2)
    assert [entry.op_type for entry in made.model.graph.node] == ["Conv", "Relu", "Conv"]


def test_a_residual_of_half_the_image_stays() -> None:
    nodes, weights = body(12)
    weights |= {"scales": np.array([1, 1, 2, 2], np.float32), "half": np.array(0.5, np.float32)}
    nodes += [
        node("DepthToSpace", "details", "shuffled", blocksize=2, mode="CRD"),
        node("Resize", "input  scales", "large", mode="linear"),
        node("Mul", "large half", "darker"),
        node("Add", "shuffled darker", "output"),
    ]
    assert_left_alone(model_of(nodes, weights))


# Scales and offsets


@pytest.mark.parametrize("last", ["Add", "Sub", "Mul", "Div", "Neg", "Conv", "BatchNormalization"])
def test_the_end_is_scaled(last: str) -> None:
    nodes, weights = body(3)
    numbers = np.array([0.3, 0.5, 0.7], np.float32)
    one, diagonal = np.float32(1), np.diag(numbers)[:, :, None, None]
    weights["number"] = diagonal if last == "Conv" else numbers.reshape(3, 1, 1)
    others = {"Neg": "", "Conv": " number offset", "BatchNormalization": " factor offset mean variance"}
    weights |= {"factor": numbers, "offset": -numbers, "mean": numbers / 2, "variance": numbers + one}
    nodes += [node("Tanh", "details", "t"), node(last, f"t{others.get(last, ' number')}", "output")]
    used = {name for entry in nodes for name in entry.input}
    weights = {name: value for name, value in weights.items() if name in used}
    made = assert_same(model_of(nodes, weights), ["output_affine", "few_outputs"])
    assert [entry.op_type for entry in made.model.graph.node][-2:] == ["Conv", "Tanh"]
    assert set(made.ends.to_metadata()) == {"srfast.shuffle", "srfast.output_gain", "srfast.output_bias"}


@pytest.mark.parametrize("first", ["Add", "Sub", "Mul", "Div", "Conv", "from"])
def test_the_start_is_scaled(first: str) -> None:
    nodes, weights = body(12)
    nodes[0].input[0] = "normal"
    numbers = np.array([0.3, 0.5, 0.7], np.float32)
    weights["number"] = np.diag(numbers)[:, :, None, None] if first == "Conv" else numbers.reshape(1, 3, 1, 1)
    begin = (
        node("Sub", "number input", "normal") if first == "from" else node(first, "input number", "normal")
    )
    nodes = [begin, *nodes, node("DepthToSpace", "details", "output", blocksize=2, mode="CRD")]
    made = assert_same(model_of(nodes, weights), ["input_affine", "pixel_shuffle"], 2)
    assert len(made.model.graph.node) == 3
    assert "srfast.input_gain" in made.ends.to_metadata()


def test_an_offset_before_an_enlargement() -> None:
    nodes, weights = body(3)
    nodes[0].input[0] = "large"
    weights |= {"mean": np.array(0.5, np.float32), "scales": np.array([1, 1, 3, 3], np.float32)}
    nodes = [
        node("Sub", "input mean", "centred"),
        node("Resize", "centred  scales", "large", mode="linear"),
        *nodes,
        node("Add", "details mean", "output"),
    ]
    passes = ["input_affine", "leading_enlargement", "output_affine", "few_outputs"]
    assert_same(model_of(nodes, weights), passes, 3)


def test_metadata_of_numbers() -> None:
    nodes, weights = body(12)
    weights["gain"] = np.array([0.1, 2, 1e-7], np.float32).reshape(3, 1, 1)
    nodes += [
        node("DepthToSpace", "details", "shuffled", blocksize=2, mode="CRD"),
        node("Mul", "shuffled gain", "output"),
    ]
    made = rewritten(model_of(nodes, weights), (0, 1))
    assert made is not None
    words = made.ends.to_metadata()["srfast.output_gain"].split()
    assert [np.float32(word) for word in words] == [np.float32(0.1), np.float32(2), np.float32(1e-7)]


@pytest.mark.parametrize("number", [np.zeros((1, 1, 1)), np.ones((1, 3, 5, 7)), np.ones((7,))])
def test_what_is_no_scale_of_planes_stays(number: np.ndarray) -> None:
    nodes, weights = body(3)
    nodes.append(node("Mul", "details number", "output"))
    weights["number"] = number.astype(np.float32)
    assert_left_alone(model_of(nodes, weights, sides=(5, 7)))


# Clipping


@pytest.mark.parametrize("high", [1, 255])
def test_clipping_to_the_range_is_left_to_the_unpack(high: int) -> None:
    nodes, weights = body(12)
    weights |= {"low": np.array(0, np.float32), "high": np.array(high, np.float32)}
    nodes += [
        node("DepthToSpace", "details", "shuffled", blocksize=2, mode="CRD"),
        node("Clip", "shuffled low high", "output"),
    ]
    model = model_of(nodes, weights)
    made = assert_same(model, ["final_clip", "pixel_shuffle"], 2, value_range=(0, high))
    assert "Clip" not in {entry.op_type for entry in made.model.graph.node}
    # To another range it stays, before the shuffle.
    made = assert_same(model, ["pixel_shuffle"], 2, value_range=(0, 16))
    assert made.model.graph.node[-1].op_type == "Clip"


def test_clipped_luma_stays_so() -> None:
    nodes, weights = body(1, 1)
    weights |= {"low": np.array(0, np.float32), "high": np.array(1, np.float32)}
    nodes.append(node("Clip", "details low high", "output"))
    made = assert_same(model_of(nodes, weights, planes=1), ["few_outputs"], planes=1)
    assert made.model.graph.node[-1].op_type == "Clip"


# The last convolution


@pytest.mark.parametrize(("planes", "side"), [(1, 4), (3, 2)])
@pytest.mark.parametrize("size", [3, 5, 9])
def test_few_outputs(size: int, planes: int, side: int) -> None:
    nodes, weights = body(8, planes)
    pads = [size // 2] * 4
    nodes.append(node("Conv", "details last", "output", pads=pads))
    weights["last"] = kernel(planes, 8, size)
    model = model_of(nodes, weights, planes=planes)
    made = assert_same(model, ["few_outputs"], planes=planes)
    assert made.ends.to_metadata() == {"srfast.shuffle": str(side)}


def test_few_outputs_and_kernels_that_are_not_square() -> None:
    nodes, weights = body(8)
    nodes.append(node("Conv", "details last", "output", pads=[1, 3, 1, 1]))
    weights["last"] = kernel(3, 8, 3, 5)
    assert_same(model_of(nodes, weights), ["few_outputs"])


@pytest.mark.parametrize(
    "attributes",
    [
        {"pads": [2] * 4, "dilations": [2, 2]},
        {"pads": [1] * 4, "group": 3},
        {"auto_pad": "SAME_UPPER"},
        {},  # 1x1: nothing would be saved
    ],
)
def test_other_last_convolutions_stay(attributes: dict[str, object]) -> None:
    nodes, weights = body(9)
    nodes.append(node("Conv", "details last", "output", **attributes))
    weights["last"] = kernel(3, 3 if "group" in attributes else 9, 3 if attributes else 1)
    assert_left_alone(model_of(nodes, weights))


def test_quantised_weights_with_one_scale_stay_integers() -> None:
    nodes, weights = body(8)
    weights |= {
        "integers": np.ones((3, 8, 3, 3), np.int8),
        "step": np.array(0.1, np.float32),
        "zero": np.array(0, np.int8),
    }
    nodes += [
        node("DequantizeLinear", "integers step zero", "last"),
        node("Conv", "details last", "output", pads=[1] * 4),
    ]
    made = assert_same(model_of(nodes, weights), ["few_outputs"])
    kinds = {entry.data_type for entry in made.model.graph.initializer if entry.dims[:2] == [12, 8]}
    assert kinds == {onnx.TensorProto.INT8}


# Transposed convolutions


@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize(
    ("stride", "size", "pads", "more"),
    [
        (2, 2, [0, 0, 0, 0], 0),
        (2, 4, [1, 1, 1, 1], 0),
        (2, 9, [4, 4, 4, 4], 1),
        (3, 9, [4, 4, 4, 4], 2),
        (4, 9, [4, 4, 4, 4], 3),
        (3, 5, [0, 2, 2, 0], 0),
        (3, 1, [0, 0, 0, 0], 2),
    ],
)
def test_transposed_convolutions(stride: int, size: int, pads: list[int], more: int, bias: bool) -> None:
    nodes, weights = body(8)
    inputs = "details last" + " offset" * bias
    options = {"strides": [stride] * 2, "pads": pads, "output_padding": [more] * 2}
    nodes.append(node("ConvTranspose", inputs, "output", **options))
    weights["last"] = kernel(8, 3, size)
    if bias:
        weights["offset"] = np.array([0.1, 0.2, 0.3], np.float32)
    made = assert_same(model_of(nodes, weights), ["final_deconvolution"], stride)
    assert made.ends.shuffle == stride


@pytest.mark.parametrize(
    "options",
    [
        {"strides": [2, 2], "pads": [0] * 4},  # larger than twice the input
        {"strides": [2, 3], "pads": [1, 0, 1, 1]},
        {"strides": [2, 2], "pads": [1] * 4, "group": 4},
        {"strides": [1, 1], "pads": [1, 1, 2, 2]},
    ],
)
def test_other_transposed_convolutions_stay(options: dict[str, object]) -> None:
    nodes, weights = body(12)
    nodes.append(node("ConvTranspose", "details last", "output", **options))
    weights["last"] = kernel(12, 3, 4) if "group" not in options else kernel(12, 1, 4)
    assert_left_alone(model_of(nodes, weights))


# PReLU


def slopes_of(kind: str) -> np.ndarray:
    slopes = RANDOM.uniform(-0.2, 0.6, (16, 1, 1)).astype(np.float32)
    slopes[0] = 1
    return {"equal": np.full((16, 1, 1), 0.2, np.float32), "one": np.array([0.3], np.float32)}.get(
        kind, slopes
    )


@pytest.mark.parametrize("kind", ["equal", "one", "different"])
def test_prelu(kind: str) -> None:
    nodes = [
        node("Conv", "input first", "a", pads=[1] * 4),
        node("PRelu", "a slopes", "b"),
        node("Conv", "b last", "c", pads=[1] * 4),
        node("DepthToSpace", "c", "output", blocksize=2, mode="CRD"),
    ]
    weights = {"first": kernel(16, 3, 3), "slopes": slopes_of(kind), "last": kernel(12, 16, 3)}
    made = assert_same(model_of(nodes, weights), ["prelu", "pixel_shuffle"], 2)
    kinds = [entry.op_type for entry in made.model.graph.node]
    assert kinds == (
        ["Conv", "Conv", "Relu", "Conv", "Add", "Conv"]
        if kind == "different"
        else ["Conv", "LeakyRelu", "Conv"]
    )


@pytest.mark.parametrize("why", ["steep", "few channels", "read twice"])
def test_prelu_that_stays(why: str) -> None:
    channels = 8 if why == "few channels" else 16
    slopes = np.linspace(0, 2 if why == "steep" else 0.5, channels, dtype=np.float32).reshape(-1, 1, 1)
    nodes = [
        node("Conv", "input first", "a", pads=[1] * 4),
        node("PRelu", "a slopes", "b"),
        node("Add", "a b" if why == "read twice" else "b b", "c"),
        node("Conv", "c last", "d", pads=[1] * 4),
        node("Relu", "d", "e"),
        node("Add", "e e", "output"),
    ]
    weights = {"first": kernel(channels, 3, 3), "slopes": slopes, "last": kernel(3, channels, 3)}
    assert_left_alone(model_of(nodes, weights))


# What is left alone


def test_networks_of_other_shapes() -> None:
    nodes, weights = body(12)
    shuffle = node("DepthToSpace", "details", "output", blocksize=2, mode="CRD")
    for planes, sides in itertools.product([("c",), (3,)], [("h", "w"), ("h",)]):
        content = onnx_files.serialized(
            [*nodes, shuffle],
            weights=weights,
            input_shape=("n", *planes, *sides),
            output_shape=("n", 3, "H", "W"),
        )
        made = rewritten(onnx.load_from_string(content), (0, 1))
        assert (made is not None) == (planes == (3,) and len(sides) == 2)
    assert_left_alone(onnx.ModelProto())


def test_inputs_that_are_named_like_weights() -> None:
    """Old files list the weights as inputs."""
    nodes, weights = body(3)
    nodes[-1].output[0] = "output"
    model = model_of(nodes, weights)
    for entry in model.graph.initializer:
        model.graph.input.append(helper.make_tensor_value_info(entry.name, 1, entry.dims))
    made = assert_same(model, ["few_outputs"])
    names = {entry.name for entry in made.model.graph.initializer}
    assert {entry.name for entry in made.model.graph.input} <= names | {"input"}
