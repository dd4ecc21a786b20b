"""Rewrites of graphs: last convolutions, transposed ones, and PReLU between convolutions."""

from __future__ import annotations

import numpy as np
import onnx
import pytest
from onnx import numpy_helper

from pass_graphs import RANDOM, assert_left_alone, assert_same, body, kernel, model_of, node
from srfast import receptive_field
from srfast.passes import draft, prelu
from srfast.passes.affine import Affine
from srfast.passes.ends import Ends
from srfast.passes.rewriting import Rewriting
from srfast.receptive_field.values import Value

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
    kinds = {entry.data_type for entry in made.model.graph.initializer if entry.dims[:2] == [48, 8]}
    assert kinds == {onnx.TensorProto.INT8}


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
        numpy_helper.to_array(entry) for entry in made.model.graph.initializer if entry.dims[:2] == [48, 8]
    )
    assert kernels.dtype == np.int8
    weights["zeros"] += 1  # around another number than zero, the gaps in a block would not be zero
    assert_left_alone(model_of(nodes, weights))


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
    if kind == "steep":
        slopes[3:9] += 1.5
    return {"equal": np.full((16, 1, 1), 0.2, np.float32), "one": np.array([0.3], np.float32)}.get(
        kind, slopes
    )


@pytest.mark.parametrize("kind", ["equal", "one", "different", "steep"])
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
        ["Conv", "LeakyRelu", "Conv"]
        if kind in ("equal", "one")
        else ["Conv", "Conv", "Relu", "Conv", "Add", "Conv"]
    )


def test_prelu_between_tensors_whose_names_are_like_its_own() -> None:
    nodes = [
        node("Conv", "input first", "b_turned", pads=[1] * 4),
        node("PRelu", "b_turned slopes", "b"),
        node("Conv", "b last", "b_bent", pads=[1] * 4),
        node("DepthToSpace", "b_bent", "output", blocksize=2, mode="CRD"),
    ]
    weights = {"first": kernel(16, 3, 3), "slopes": slopes_of("different"), "last": kernel(12, 16, 3)}
    assert_same(model_of(nodes, weights), ["prelu", "pixel_shuffle"], 2)


def test_the_graph_is_looked_through_once_for_all_prelus(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def known_values(model: onnx.ModelProto) -> dict[str, Value]:
        asked.append(model)
        return receptive_field.known_values(model)

    monkeypatch.setattr(draft, "known_values", known_values)
    nodes, weights, last = [], {}, "input"
    for layer in range(5):
        weights |= {f"w{layer}": kernel(16, 16 if layer else 3, 3), f"s{layer}": slopes_of("different")}
        nodes += [
            node("Conv", f"{last} w{layer}", f"c{layer}"),
            node("PRelu", f"c{layer} s{layer}", f"p{layer}"),
        ]
        last = f"p{layer}"
    nodes.append(node("Conv", f"{last} last", "output"))
    model = model_of(nodes, weights | {"last": kernel(3, 16, 3)})
    identity = Affine.identity(3)
    assert prelu.apply(Rewriting(draft.Draft(model), Ends(identity, identity), 3, (0, 1)))
    assert len(asked) == 1


@pytest.mark.parametrize("why", ["few channels", "read twice"])
def test_prelu_that_stays(why: str) -> None:
    channels = 8 if why == "few channels" else 16
    slopes = np.linspace(0, 0.5, channels, dtype=np.float32).reshape(-1, 1, 1)
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
