"""`srfast.quantize`: PReLU, written in operators of which runtimes have integers."""

from __future__ import annotations

import numpy as np
import onnx
import onnxruntime as ort
import pytest

import onnx_files
from srfast.quantization import prelu


def sloped(slopes: np.ndarray, *, groups: int = 1, add: bool = False, end: bool = False) -> onnx.ModelProto:
    """A convolution, a PReLU, and two convolutions behind it, with `add` a mean beside them, or the end."""
    random = np.random.default_rng(6)
    channels = slopes.size if slopes.size > 1 else 8
    nodes = [
        onnx.helper.make_node("Conv", ["input", "first", "bias"], ["a"], "first", pads=[1] * 4),
        onnx.helper.make_node("PRelu", ["a", "slopes"], ["b"], "slope"),
        onnx.helper.make_node("Conv", ["b", "last"], ["c"], "last", pads=[1] * 4, group=groups),
        onnx.helper.make_node("Conv", ["b", "other"], ["d"], "other"),
        *([onnx.helper.make_node("ReduceMean", ["b"], ["e"], "mean", axes=[1])] if add else []),
        onnx.helper.make_node("Sum", ["c", "d", *(["e"] if add else [])], ["output"], "sum"),
    ]
    weights = {
        "first": random.normal(0, 0.3, (channels, 3, 3, 3)).astype(np.float32),
        "bias": random.normal(0, 0.1, channels).astype(np.float32),
        "slopes": slopes.astype(np.float32),
        "last": random.normal(0, 0.2, (channels, channels // groups, 3, 3)).astype(np.float32),
        "other": random.normal(0, 0.2, (channels, channels, 1, 1)).astype(np.float32),
    }
    if end:
        nodes[1:] = [onnx.helper.make_node("PRelu", ["a", "slopes"], ["output"], "slope")]
    content = onnx_files.serialized(nodes, weights=weights, output_shape=("n", channels, "H", "W"))
    return onnx.load_from_string(content)


@pytest.mark.parametrize(
    "kind", ["flat", "steep", "equal", "steep before a group", "steep before a mean", "steep before the end"]
)
def test_prelu_is_written_for_integers(kind: str) -> None:
    slopes = np.linspace(-0.3, 1, 8).reshape(-1, 1, 1)
    slopes = {"flat": slopes, "equal": np.array([0.2])}.get(kind, slopes * 3)
    model = sloped(slopes, groups=2 if "group" in kind else 1, add="mean" in kind, end="end" in kind)
    written, maxima = prelu.as_maximum(model)
    onnx.checker.check_model(written, full_check=True)
    image = np.random.default_rng(1).uniform(-1, 1, (1, 3, 9, 11)).astype(np.float32)
    one, other = (
        ort.InferenceSession(each.SerializeToString(), providers=["CPUExecutionProvider"]).run(
            None, {"input": image}
        )[0]
        for each in (model, written)
    )
    np.testing.assert_allclose(other, one, rtol=0, atol=1e-5)
    kinds = {node.op_type for node in written.graph.node}
    if kind in ("flat", "steep"):
        assert {"Mul", "Max"} <= kinds
        assert [each.convolution for each in maxima] == ["first"]
    else:
        assert maxima == ()
    assert ("PRelu" in kinds) == ("before" in kind)
    assert ("LeakyRelu" in kinds) == (kind == "equal")
