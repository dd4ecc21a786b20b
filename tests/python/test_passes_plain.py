"""Rewrites of graphs: nodes that only hand on what they read."""

from __future__ import annotations

import numpy as np
import onnx
import pytest
from onnx import helper

import ends_numpy
from pass_graphs import assert_left_alone, assert_same, body, model_of, node
from srfast.passes import plain_nodes
from srfast.passes.affine import Affine
from srfast.passes.draft import Draft
from srfast.passes.ends import Ends
from srfast.passes.rewriting import Rewriting


def kinds(model: onnx.ModelProto) -> list[str]:
    return [each.op_type for each in model.graph.node]


def test_chains_weights_and_dropout() -> None:
    nodes, weights = body(3)
    nodes[0].input[0] = "start.2"
    nodes[2].input[1] = "w2"
    nodes = [
        node("Identity", "input", "start.1"),
        node("Identity", "start.1", "start.2"),
        node("Identity", "body.w2", "w2"),
        *nodes,
        node("Dropout", "details", "dropped"),
        node("Identity", "dropped", "end.1"),
        node("Identity", "end.1", "output"),
    ]
    made = assert_same(model_of(nodes, weights), ["plain_nodes", "few_outputs"])
    assert kinds(made.model) == ["Conv", "Relu", "Conv"]


@pytest.mark.parametrize("places", [(0, 1), (1, 0)])
def test_the_output_and_somebody_else_read_the_same(places: tuple[int, int]) -> None:
    nodes, weights = body(3)
    ends = [node("Identity", "sum", "output"), node("Identity", "sum", "kept")]
    nodes += [node("Add", "details input", "sum"), *(ends[place] for place in places)]
    nodes.append(node("Mul", "kept kept", "unread"))
    made = assert_same(model_of(nodes, weights), ["plain_nodes", "residual", "few_outputs"])
    assert kinds(made.model) == ["Conv", "Relu", "Conv"]


def test_readers_in_subgraphs() -> None:
    nodes, weights = body(3)
    shape = helper.make_tensor_value_info
    branches = [
        helper.make_graph(
            [helper.make_node(operator, ["same"], ["result"])],
            operator,
            [],
            [shape("result", onnx.TensorProto.FLOAT, None)],
        )
        for operator in ("Relu", "Neg")
    ]
    nodes += [
        node("Identity", "details", "same"),
        helper.make_node("If", ["yes"], ["output"], then_branch=branches[0], else_branch=branches[1]),
    ]
    model = model_of(nodes, weights | {"yes": np.array(False)})
    draft = Draft(model)
    ends = Ends(Affine.identity(3), Affine.identity(3))
    assert plain_nodes.apply(Rewriting(draft, ends, 3, (0, 1)))
    assert kinds(draft.model) == ["Conv", "Relu", "Conv", "If"]
    image = np.random.default_rng(0).random((1, 3, 5, 6), np.float32)
    got, expected = (ends_numpy.run(each, image) for each in (draft.model, model))
    np.testing.assert_array_equal(got, expected)


def test_dropout_in_training_stays() -> None:
    nodes, weights = body(3)
    nodes.append(node("Dropout", "details half yes", "output"))
    assert_left_alone(model_of(nodes, weights | {"half": np.array(0.5, np.float32), "yes": np.array(True)}))
