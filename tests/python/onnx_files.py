"""Small ONNX networks for tests, made on the spot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

Side = int | str


def serialized(
    nodes: Sequence[onnx.NodeProto],
    *,
    input_shape: Sequence[Side] = ("n", 3, "h", "w"),
    output_shape: Sequence[Side] = ("n", 3, "H", "W"),
    weights: Mapping[str, np.ndarray] | None = None,
    metadata: Mapping[str, str] | None = None,
    dtype: int = TensorProto.FLOAT,
    domains: Sequence[str] = (),
) -> bytes:
    """A model of `nodes` from the tensor "input" to the tensor "output"."""
    graph = helper.make_graph(
        nodes,
        "test",
        [helper.make_tensor_value_info("input", dtype, input_shape)],
        [helper.make_tensor_value_info("output", dtype, output_shape)],
        [numpy_helper.from_array(value, name) for name, value in (weights or {}).items()],
    )
    opsets = [helper.make_opsetid("", 17), *(helper.make_opsetid(domain, 1) for domain in domains)]
    model = helper.make_model(graph, opset_imports=opsets, ir_version=8)
    helper.set_model_props(model, dict(metadata or {}))
    return model.SerializeToString()


def tags(scale: int, color: str = "rgb", low: float = 0, high: float = 1) -> dict[str, str]:
    """srfast's conventions as metadata, written by hand: what a file of today must still mean tomorrow."""
    return {
        "srfast.schema": "1",
        "srfast.scale": str(scale),
        "srfast.color": color,
        "srfast.range": f"{low} {high}",
    }


def repeat(
    scale: int = 2, channels: int = 3, metadata: Mapping[str, str] | None = None, **shapes: Sequence[Side]
) -> bytes:
    """A network that repeats every pixel `scale` times along each axis."""
    shapes = {"input_shape": ("n", channels, "h", "w"), "output_shape": ("n", channels, "H", "W")} | shapes
    node = helper.make_node(
        "Resize",
        ["input", "", "scales"],
        ["output"],
        mode="nearest",
        coordinate_transformation_mode="asymmetric",
        nearest_mode="floor",
    )
    scales = {"scales": np.array([1, 1, scale, scale], np.float32)}
    return serialized([node], weights=scales, metadata=metadata or tags(scale), **shapes)


def affine(gain: float, bias: float, metadata: Mapping[str, str] | None = None) -> bytes:
    """A network of scale 1 that gives input * gain + bias."""
    nodes = [
        helper.make_node("Mul", ["input", "gain"], ["scaled"]),
        helper.make_node("Add", ["scaled", "bias"], ["output"]),
    ]
    weights = {"gain": np.array(gain, np.float32), "bias": np.array(bias, np.float32)}
    return serialized(nodes, weights=weights, metadata=metadata or tags(1))


def convolutions(scale: int = 2, features: int = 16, seed: int = 0) -> bytes:
    """Two convolutions of random weights and a pixel shuffle: a network that does real arithmetic."""
    random = np.random.default_rng(seed)

    def kernel(out: int, into: int, size: int) -> np.ndarray:
        return (random.standard_normal((out, into, size, size)) / np.sqrt(into * size * size)).astype(
            np.float32
        )

    nodes = [
        helper.make_node("Conv", ["input", "w1"], ["a"], pads=[2, 2, 2, 2]),
        helper.make_node("Relu", ["a"], ["b"]),
        helper.make_node("Conv", ["b", "w2"], ["c"], pads=[1, 1, 1, 1]),
        helper.make_node("DepthToSpace", ["c"], ["output"], blocksize=scale, mode="CRD"),
    ]
    weights = {"w1": kernel(features, 3, 5), "w2": kernel(3 * scale * scale, features, 3)}
    return serialized(nodes, weights=weights, metadata=tags(scale))
