"""Networks with arithmetic at their ends, done in the graph or left to srfast by their metadata."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from onnx_files import tags

HALO = {"srfast.halo": "3 3 3 3", "srfast.align": "1 1", "srfast.bytes_per_pixel": "200"}


def network(
    scale: int,
    planes: int = 3,
    *,
    inside: bool,
    residual: str | None = None,
    normalized: bool = False,
    size: tuple[int, int] | None = None,
    metadata: Mapping[str, str] | None = None,
) -> bytes:
    """Two convolutions and a pixel shuffle, with or without means to take away and an input to add.

    inside: whether the graph does the ends, or its metadata says what they are.
    """
    rng = np.random.default_rng(5)

    def kernel(out: int, into: int, side: int) -> NDArray[np.float32]:
        return (rng.standard_normal((out, into, side, side)) / side / into**0.5).astype(np.float32)

    # Powers of two, so that the same numbers come out wherever the arithmetic is done.
    gain, bias = [2.0, 4.0, 0.5][:planes], [-0.5, 0.25, -1.0][:planes]
    weights = {
        "w1": kernel(8, planes, 3),
        "w2": kernel(planes * scale**2, 8, 5),
        "gain": np.array(gain, np.float32).reshape(1, -1, 1, 1),
        "bias": np.array(bias, np.float32).reshape(1, -1, 1, 1),
        "scales": np.array([1, 1, scale, scale], np.float32),
    }
    pairs = tags(scale, "rgb" if planes == 3 else "y") | HALO | dict(metadata or {})
    nodes, now = [], "input"

    def add(operator: str, *inputs: str, **attributes: Any) -> None:
        nonlocal now
        nodes.append(helper.make_node(operator, [now, *inputs], [f"{now}_"], **attributes))
        now = f"{now}_"

    if normalized:
        if inside:
            add("Mul", "gain")
            add("Add", "bias")
        else:
            numbers = {key: " ".join(map(str, values)) for key, values in (("gain", gain), ("bias", bias))}
            pairs |= {"srfast.passes": "ends", "srfast.input_gain": numbers["gain"]}
            pairs |= {"srfast.input_bias": numbers["bias"]}
            pairs |= {"srfast.output_gain": numbers["gain"], "srfast.output_bias": numbers["bias"]}
    add("Conv", "w1", pads=[1, 1, 1, 1])
    add("Relu")
    add("Conv", "w2", pads=[2, 2, 2, 2])
    if inside:
        if scale > 1:
            add("DepthToSpace", blocksize=scale, mode="CRD")
        if normalized:
            add("Mul", "gain")
            add("Add", "bias")
    elif scale > 1:
        pairs |= {"srfast.passes": "ends", "srfast.shuffle": str(scale)}
    if residual and inside:
        options = {"mode": residual, "cubic_coeff_a": -0.75}
        if residual == "nearest":
            options |= {"nearest_mode": "floor", "coordinate_transformation_mode": "asymmetric"}
        nodes.append(helper.make_node("Resize", ["input", "", "scales"], ["enlarged"], **options))
        add("Add", "enlarged")
    elif residual:
        pairs |= {"srfast.passes": "ends", "srfast.residual": f"{residual} {scale}"}
    nodes[-1].output[0] = "output"
    used = {name for node in nodes for name in node.input}
    channels = planes if inside else planes * scale**2
    graph = helper.make_graph(
        nodes,
        "test",
        [helper.make_tensor_value_info("input", TensorProto.FLOAT, ("n", planes, *(size or ("h", "w"))))],
        [helper.make_tensor_value_info("output", TensorProto.FLOAT, ("n", channels, "H", "W"))],
        [numpy_helper.from_array(value, name) for name, value in weights.items() if name in used],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    helper.set_model_props(model, pairs)
    onnx.checker.check_model(model)
    return model.SerializeToString()


def blocked(block: int, *, inside: bool) -> bytes:
    """A convolution, plain or as one of `block` times the stride with a shuffle behind it."""
    weight = np.random.default_rng(8).standard_normal((3, 3, 3, 3)).astype(np.float32) / 5
    conv = helper.make_node("Conv", ["input", "w"], ["output"], pads=[1, 1, 1, 1])
    pairs = tags(1) | HALO
    channels = 3
    if not inside:
        wide = np.zeros((3, block, block, 3, 2 + block, 2 + block), np.float32)
        for dy in range(block):
            for dx in range(block):
                wide[:, dy, dx, :, dy : dy + 3, dx : dx + 3] = weight
        channels = 3 * block**2
        weight = wide.reshape(channels, 3, 2 + block, 2 + block)
        pads = [1, 1, block, block]
        conv = helper.make_node("Conv", ["input", "w"], ["output"], pads=pads, strides=[block, block])
        pairs |= {"srfast.passes": "blocked", "srfast.shuffle": str(block)}
    graph = helper.make_graph(
        [conv],
        "test",
        [helper.make_tensor_value_info("input", TensorProto.FLOAT, ("n", 3, "h", "w"))],
        [helper.make_tensor_value_info("output", TensorProto.FLOAT, ("n", channels, "H", "W"))],
        [numpy_helper.from_array(weight, "w")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    helper.set_model_props(model, pairs)
    return model.SerializeToString()
