"""Rewrites of graphs: all together on the networks that srfast has, and what none of them touches."""

from __future__ import annotations

import itertools

import pytest

pytest.importorskip("torch")

import onnx
import torch
from onnx import helper

import networks
import onnx_files
from pass_graphs import assert_left_alone, assert_same, body, model_of, node
from srfast import exporters
from srfast.activation_memory import bytes_per_pixel
from srfast.passes import rewritten

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


def test_outputs_beside_the_first_are_not_made() -> None:
    nodes, weights = body(12)
    nodes += [
        node("DepthToSpace", "details", "output", blocksize=2, mode="CRD"),
        node("Relu", "output", "of the result"),
        node("Relu", "details", "of the details"),
    ]
    model = model_of(nodes, weights)
    for name in ("of the result", "details", "of the details"):
        model.graph.output.append(helper.make_tensor_value_info(name, 1, ("n", "c", "y", "x")))
    made = assert_same(model, ["pixel_shuffle"], 2)
    assert [entry.name for entry in made.model.graph.output] == ["output"]
    assert [each.op_type for each in made.model.graph.node] == ["Conv", "Relu", "Conv"]


def test_weights_need_not_be_inputs_afterwards() -> None:
    nodes, weights = body(3)
    model = model_of(nodes, weights)
    model.graph.node[-1].output[0] = "output"
    model.ir_version = 3
    for entry in model.graph.initializer:
        model.graph.input.append(helper.make_tensor_value_info(entry.name, 1, list(entry.dims)))
    made = assert_same(model, ["few_outputs"])
    assert bytes_per_pixel(made.model) > 0


@pytest.mark.slow
@pytest.mark.parametrize("name", ["srvgg", "srcnn", "fast"])
def test_networks_of_the_newer_exporter(name: str) -> None:
    model = exporters.by_torch_export(networks.network(name, 2), torch.zeros(1, 3, 12, 20), 18, (2, 3))
    made = rewritten(model, (0, 1))
    assert made is not None
    passes = EXPECTED[name] - {"plain_nodes"} | ({"plain_nodes"} & set(made.passes))
    assert_same(model, sorted(passes), 2, sizes=[(5, 2), (17, 31)])


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
