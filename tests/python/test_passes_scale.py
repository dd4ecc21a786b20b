"""Rewrites of graphs: scales, offsets and clipping at either end."""

from __future__ import annotations

import numpy as np
import pytest

from pass_graphs import assert_left_alone, assert_same, body, model_of, node
from srfast.passes import rewritten

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
    gains = np.array([1 / 3, 2, 1e-7 / 3], np.float32)
    weights["gain"] = gains.reshape(3, 1, 1)
    nodes += [
        node("DepthToSpace", "details", "shuffled", blocksize=2, mode="CRD"),
        node("Mul", "shuffled gain", "output"),
    ]
    made = rewritten(model_of(nodes, weights), (0, 1))
    assert made is not None
    words = made.ends.to_metadata()["srfast.output_gain"].split()
    assert [np.float32(word) for word in words] == list(gains)


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
