"""Graphs to rewrite, and what must hold of a rewritten one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import onnx
from onnx import helper

import ends_numpy
import onnx_files
from srfast.passes import PASSES, Rewritten, rewritten

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
