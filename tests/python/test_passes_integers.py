"""Rewrites of graphs: maxima and minima of 8-bit integers."""

from __future__ import annotations

import numpy as np
import onnx
import pytest

from onnxruntime_release import RELEASE
from pass_graphs import assert_left_alone, assert_same, body, model_of, node


def quantised(
    operator: str,
    steps: tuple[float, float, float] = (0.02, 0.02, 0.02),
    zeros: tuple[int, int, int] = (99,) * 3,
) -> onnx.ModelProto:
    """Of two things that a network makes, each rounded to integers, the larger or the smaller, rounded."""
    nodes, weights = body(3)
    for part, name, step, zero in zip("abc", ("input", "details", "most"), steps, zeros, strict=True):
        if part == "c":
            nodes.append(node(operator, "a_float b_float", "most"))
        weights |= {f"{part}_step": np.array(step, np.float32), f"{part}_zero": np.array(zero, np.uint8)}
        nodes += [
            node("QuantizeLinear", f"{name} {part}_step {part}_zero", f"{part}_integer"),
            node("DequantizeLinear", f"{part}_integer {part}_step {part}_zero", f"{part}_float"),
        ]
    nodes.append(node("Exp", "c_float", "output"))
    return model_of(nodes, weights)


@pytest.mark.parametrize("operator", ["Max", "Min"])
def test_it_reads_and_makes_the_integers(operator: str) -> None:
    if RELEASE < (1, 24):  # has no such operator of 8-bit integers
        assert_left_alone(quantised(operator))
        return
    made = assert_same(quantised(operator), ["integer_maximum"])
    (found,) = (each for each in made.model.graph.node if each.op_type == operator)
    makers = {name: each.op_type for each in made.model.graph.node for name in each.output}
    assert [makers[name] for name in found.input] == ["QuantizeLinear"] * 2
    (reader,) = (each for each in made.model.graph.node if found.output[0] in each.input)
    assert reader.op_type == "DequantizeLinear"


@pytest.mark.parametrize(
    "options",
    [
        {"steps": (0.02, 0.03, 0.02)},
        {"steps": (0.02, 0.02, 0.01)},
        {"zeros": (99, 98, 99)},
        {"steps": (-0.02, -0.02, -0.02)},
        {"operator": "Sum"},
    ],
)
def test_integers_that_mean_something_else_stay(options: dict[str, object]) -> None:
    assert_left_alone(quantised(**{"operator": "Max", **options}))


def test_one_that_others_read_too_stays() -> None:
    model = quantised("Max")
    model.graph.node[-1].CopyFrom(node("Add", "c_float most", "output"))
    assert_left_alone(model)
