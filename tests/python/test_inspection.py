"""Looking into ONNX files: what is found, counted and said; the command."""

from __future__ import annotations

import json
import os
import re
import sys
import types
import warnings
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

import onnx_files
import srfast
from srfast.cli.main import main
from srfast.errors import ModelError, OptionError, RunError
from srfast.inspection import find_node, weight_values
from srfast.inspection.report import Inspection


def exported(network: nn.Module, example: torch.Tensor, path: Path, **options: Any) -> Path:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # PyTorch about its own exporter
        torch.onnx.export(
            network.eval(),
            (example,),
            path,
            input_names=["input"],
            output_names=["output"],
            opset_version=17,
            dynamo=False,
            **options,
        )
    return path


# --- multiplications


class Product(nn.Module):
    """A matrix product of two tensors that are both computed, as in attention."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        flat = x.flatten(2)
        return (flat.transpose(1, 2) @ flat).unsqueeze(1)


CASES: dict[str, nn.Module] = {
    "plain": nn.Conv2d(4, 6, 3, padding=1),
    "valid": nn.Conv2d(4, 6, (3, 5), bias=False),
    "strided": nn.Conv2d(4, 6, 3, stride=2, padding=1),
    "groups": nn.Conv2d(4, 8, 3, groups=2),
    "depthwise": nn.Conv2d(4, 4, 5, groups=4, padding=2),
    "dilated": nn.Conv2d(4, 6, 3, dilation=(2, 3)),
    "transposed": nn.ConvTranspose2d(4, 6, 9, stride=3, padding=4, output_padding=2),
    "transposed groups": nn.ConvTranspose2d(4, 6, 4, stride=2, padding=1, groups=2),
    "linear": nn.Linear(20, 7),
    "product": Product(),
}


@pytest.mark.parametrize("name", CASES)
def test_multiplications_are_those_that_pytorch_counts(name: str, tmp_path: Path) -> None:
    example = torch.rand(1, 4, 16, 20)
    file = exported(CASES[name], example, tmp_path / "net.onnx")
    with FlopCounterMode(display=False) as counter:
        CASES[name](example)
    inspection = srfast.inspect_model(file)
    assert inspection.macs == counter.get_total_flops() / 2  # a multiplication and an addition
    assert inspection.macs is not None
    height, width = inspection.nodes[-1].output_shapes[0][2:]
    assert inspection.macs_per_output_pixel == inspection.macs / (height * width)


def test_multiplications_per_pixel_of_srcnn(tmp_path: Path) -> None:
    """9-1-5 with 64 and 32 features: 3*81*64 + 64*32 + 32*25*3, all on the enlarged image."""
    path = tmp_path / "net.onnx"
    srfast.export_onnx(srfast.models.SRCNN(3), path, conventions=srfast.Conventions(3))
    for size in (None, (40, 24)):
        inspection = srfast.inspect_model(path, size=size)
        assert inspection.macs_per_output_pixel == 20_000
        assert inspection.parameters == sum(p.numel() for p in srfast.models.SRCNN(3).parameters())


@pytest.mark.parametrize("form", ["QDQ", "QOperator"])
def test_a_quantised_network_has_the_multiplications_and_weights_of_the_plain_one(
    form: str, tmp_path: Path
) -> None:
    from onnxruntime.quantization import CalibrationDataReader, QuantFormat, quantize_static

    class Noise(CalibrationDataReader):
        left = 2

        def get_next(self) -> dict[str, np.ndarray] | None:
            self.left -= 1
            return (
                {"input": np.random.default_rng(0).random((1, 3, 16, 16), np.float32)} if self.left else None
            )

    plain, quantised = tmp_path / "plain.onnx", tmp_path / "quantised.onnx"
    plain.write_bytes(onnx_files.convolutions())
    quantize_static(plain, quantised, Noise(), quant_format=QuantFormat[form], per_channel=True)
    expected, found = srfast.inspect_model(plain), srfast.inspect_model(quantised)
    assert found.macs == expected.macs
    assert found.parameters == expected.parameters
    first = next(node for node in found.nodes if node.operator in ("Conv", "QLinearConv"))
    kernel = next(weights for weights in first.weights if len(weights.shape) == 4)
    assert kernel.through == (("DequantizeLinear",) if form == "QDQ" else ())
    assert kernel.dtype == "int8"


def test_integer_convolutions_count() -> None:
    nodes = [
        helper.make_node("DynamicQuantizeLinear", ["input"], ["q", "s", "z"]),
        helper.make_node("ConvInteger", ["q", "w", "z"], ["i"]),
        helper.make_node("Cast", ["i"], ["output"], to=TensorProto.FLOAT),
    ]
    content = onnx_files.serialized(nodes, weights={"w": np.ones((3, 3, 3, 3), np.uint8)})
    inspection = srfast.inspect_model(content, size=(10, 12))
    assert inspection.macs == 8 * 10 * 3 * 27
    assert inspection.parameters == 81


def test_sizes_that_the_graph_computes_are_followed(tmp_path: Path) -> None:
    class Interpolated(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(3, 3, 3, padding=1)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            size = [2 * x.shape[2] + 1, 3 * x.shape[3] // 2]
            y = nn.functional.interpolate(x, size=size, mode="nearest")
            return self.conv(y.reshape(x.shape[0], -1, size[0], size[1]))

    axes = {"input": {2: "height", 3: "width"}}
    file = exported(Interpolated(), torch.rand(1, 3, 8, 8), tmp_path / "net.onnx", dynamic_axes=axes)
    inspection = srfast.inspect_model(file, size=(20, 31))
    assert inspection.nodes[-1].output_shapes == ((1, 3, 41, 46),)
    assert inspection.macs == 41 * 46 * 81


def test_what_is_not_known_is_said() -> None:
    nodes = [
        helper.make_node("Mystery", ["input"], ["a"], domain="somebody"),
        helper.make_node("Conv", ["a", "w"], ["output"], name="last"),
    ]
    content = onnx_files.serialized(
        nodes, weights={"w": np.ones((3, 3, 1, 1), np.float32)}, domains=["somebody"]
    )
    inspection = srfast.inspect_model(content)
    assert inspection.macs is None
    assert inspection.macs_per_output_pixel is None
    assert inspection.field is None
    assert "no rule for this operator of somebody" in (inspection.unbounded or "")
    assert inspection.notes == ("the multiplications of 'last' are not known",)


# --- what else is found


def test_a_shipped_model() -> None:
    inspection = srfast.inspect_model("fast-x3")
    assert inspection.parameters == 21_371
    assert inspection.opsets == {"": 17}
    assert inspection.metadata["srfast.scale"] == "3"
    assert inspection.inputs[0].shape == ("batch", 3, "height", "width")
    assert inspection.field is not None
    assert inspection.field.halo == (10, 10, 10, 10)
    assert (inspection.field.height, inspection.field.scale) == (21, 3)


def test_a_fixed_size_is_kept(tmp_path: Path) -> None:
    content = onnx_files.repeat(2, input_shape=(1, 3, 30, 20), output_shape=(1, 3, 60, 40))
    assert srfast.inspect_model(content).size == (30, 20)
    assert srfast.inspect_model(content, size=(30, 20)).output_pixels == 2400
    with pytest.raises(OptionError, match="the file takes 30 x 20"):
        srfast.inspect_model(content, size=(20, 30))
    with pytest.raises(OptionError, match="at least 1"):
        srfast.inspect_model(content, size=(0, 30))


def two_convolutions() -> Inspection:
    return srfast.inspect_model(onnx_files.convolutions(), size=(16, 16))


def test_nodes_without_a_name_get_one_and_know_their_neighbours() -> None:
    nodes = two_convolutions().nodes
    assert [node.label for node in nodes] == ["Conv#0", "Relu#1", "Conv#2", "DepthToSpace#3"]
    assert [(other.tensor, other.node, other.what) for other in nodes[2].read_from] == [
        ("b", "Relu#1", "node"),
        ("w2", None, "constant"),
    ]
    assert nodes[0].read_from[0].what == "input"
    assert [(other.node, other.what) for other in nodes[3].read_by] == [(None, "output")]


def test_equal_names_are_told_apart() -> None:
    nodes = [
        helper.make_node("Relu", ["input"], ["a"], name="x"),
        helper.make_node("Relu", ["a"], ["b"], name="x"),
        helper.make_node("Relu", ["b"], ["output"], name="x#0"),
    ]
    labels = [node.label for node in srfast.inspect_model(onnx_files.serialized(nodes)).nodes]
    assert len(set(labels)) == 3


def test_a_node_is_found_by_label_name_or_tensor() -> None:
    inspection = two_convolutions()
    assert find_node(inspection, "Conv#2") == find_node(inspection, "c") == inspection.nodes[2]
    with pytest.raises(OptionError, match="is it 'Conv#2' or 'Conv#0'"):
        find_node(inspection, "conv")
    with pytest.raises(OptionError, match="it has 'Conv#0', "):
        find_node(inspection, "zzz")


def test_statistics_of_weights() -> None:
    weights = two_convolutions().nodes[0].weights[0]
    values = weight_values(onnx_files.convolutions(), "w1")
    assert (weights.name, weights.shape, weights.dtype) == ("w1", (16, 3, 5, 5), "float32")
    assert weights.mean == pytest.approx(values.mean(), abs=1e-6)
    assert weights.std == pytest.approx(values.std(), rel=1e-5)
    assert (weights.minimum, weights.maximum) == (values.min(), values.max())
    assert weights.histogram is not None
    expected, edges = np.histogram(values, len(weights.histogram.counts))
    assert weights.histogram.counts == tuple(expected)
    assert (weights.histogram.low, weights.histogram.high) == (edges[0], edges[-1])
    with pytest.raises(OptionError, match="no constant 'w9'"):
        weight_values(onnx_files.convolutions(), "w9")


def test_ugly_weights_have_statistics_too() -> None:
    ugly = {
        "bad": np.array([[np.nan, np.inf, -np.inf, 1, 3]], np.float32),
        "none": np.full((1, 2), np.nan, np.float16),
        "empty": np.empty((1, 0), np.float32),
        "huge": np.array([[1.7e308, -1.7e308]], np.float64),
        "flags": np.array([[True, False]]),
    }
    nodes = [helper.make_node("Mystery", ["input", *ugly], ["output"], domain="somebody")]
    content = onnx_files.serialized(nodes, weights=ugly, domains=["somebody"])
    inspection = srfast.inspect_model(content)
    found = {weights.name: weights for weights in inspection.nodes[0].weights}
    assert (found["bad"].mean, found["bad"].not_finite) == (2.0, 3)
    assert (found["none"].mean, found["none"].not_finite) == (None, 2)
    assert found["empty"].mean is None
    assert (found["huge"].maximum, found["huge"].histogram) == (1.7e308, None)
    assert found["flags"].mean == 0.5
    json.dumps(inspection.to_dict(), allow_nan=False)


# --- times


def test_a_profile_gives_every_kernel_to_a_node_and_leaves_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    inspection = srfast.inspect_model("fast-x3", size=(32, 32), profile=True)
    profile = inspection.profile
    assert profile is not None
    nodes = {node.label: node for node in inspection.nodes}
    spent = [node.milliseconds for node in inspection.nodes if node.milliseconds is not None]
    assert sum(spent) + sum(profile.own.values()) == pytest.approx(profile.milliseconds)
    convolutions = [node for node in inspection.nodes if node.operator == "Conv"]
    assert all(node.milliseconds is not None for node in convolutions)
    assert nodes["/relu/Relu"].joined_to == "/first/Conv"
    assert nodes["/relu/Relu"].milliseconds is None
    assert profile.vanished == ("/Constant",)
    assert os.listdir(tmp_path) == []


def test_a_profile_of_what_cannot_run() -> None:
    nodes = [helper.make_node("Reshape", ["input", "shape"], ["output"])]
    content = onnx_files.serialized(nodes, weights={"shape": np.array([1, 3, 7, 7], np.int64)})
    with pytest.raises(RunError, match="cannot run the network"):
        srfast.inspect_model(content, profile=True)
    assert srfast.inspect_model(content).profile is None


# --- hostile files


def mutated(**changes: Any) -> bytes:
    model = onnx.load_model_from_string(onnx_files.convolutions())
    for name, change in changes.items():
        change(getattr(model, name))
    return model.SerializeToString()


def cycle(graph: onnx.GraphProto) -> None:
    graph.node[0].input[0] = "c"


def reading_itself(graph: onnx.GraphProto) -> None:
    graph.node[1].input[0] = "b"


def gigabytes(graph: onnx.GraphProto) -> None:
    graph.initializer[0].dims[:] = [2**20, 2**20, 3, 3]


def negative_sides(graph: onnx.GraphProto) -> None:
    graph.initializer[0].dims[:] = [-1, 3, 5, 5]


def unknown_type(graph: onnx.GraphProto) -> None:
    graph.initializer[0].data_type = 99


def no_inputs(graph: onnx.GraphProto) -> None:
    del graph.input[:], graph.output[:]


def wrong_attributes(graph: onnx.GraphProto) -> None:
    graph.node[3].attribute[0].s = b"\xff"
    graph.node[3].attribute[0].type = onnx.AttributeProto.STRING
    graph.node[0].attribute.add(name="strides", type=onnx.AttributeProto.FLOAT, f=float("nan"))


def no_nodes(graph: onnx.GraphProto) -> None:
    del graph.node[:]


def nobodys_inputs(graph: onnx.GraphProto) -> None:
    graph.node[0].input[0] = "nobody"
    del graph.node[2].input[:]
    del graph.node[1].output[:]


@pytest.mark.parametrize(
    "damage",
    [
        *(cycle, reading_itself, gigabytes, negative_sides, unknown_type, no_inputs, wrong_attributes),
        *(no_nodes, nobodys_inputs),
    ],
)
def test_hostile_graphs_are_shown(damage: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from srfast.inspection.page import page

    (tmp_path / "net.onnx").write_bytes(mutated(graph=damage))
    inspection = srfast.inspect_model(tmp_path / "net.onnx")
    json.dumps(inspection.to_dict(), allow_nan=False)
    assert "<svg" in page(inspection)
    assert main(["inspect", str(tmp_path / "net.onnx")]) == 0
    for node in inspection.nodes:
        assert main(["inspect", str(tmp_path / "net.onnx"), "--node", node.label]) == 0


def test_files_that_are_none(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "net.onnx").write_bytes(b"hello")
    assert main(["inspect", str(tmp_path / "net.onnx")]) == 2
    assert capsys.readouterr().err.startswith(f"srfast: error: {tmp_path}/net.onnx is damaged")


def test_weights_that_are_missing_are_noted(tmp_path: Path) -> None:
    model = onnx.load_model_from_string(onnx_files.convolutions())
    onnx.save(model, tmp_path / "net.onnx", save_as_external_data=True, size_threshold=0, location="w.bin")
    (tmp_path / "w.bin").unlink()
    inspection = srfast.inspect_model(tmp_path / "net.onnx", size=(8, 8))
    assert inspection.macs == 64 * (1200 + 1728)
    assert "weights cannot be read" in inspection.notes[0]
    assert inspection.nodes[0].weights[0].mean is None
    with pytest.raises(ModelError, match="weights cannot be read"):
        srfast.inspect_model(tmp_path / "net.onnx", profile=True)


# --- the command


@pytest.fixture
def net(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("net.onnx").write_bytes(onnx_files.convolutions())
    return tmp_path


def test_the_command_prints_a_table(net: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["inspect", "net.onnx", "--size", "10x8"]) == 0
    lines = capsys.readouterr().out.splitlines()
    row = next(line for line in lines if line.startswith("Conv#0"))
    assert " ".join(row.split()) == "Conv#0 Conv 1 x 16 x 8 x 10 1,200 300 pads=[2 2 2 2] input, w1 a"
    assert "MACs per output pixel  732" in lines
    assert any(line.startswith("receptive field        7 x 7 pixels") for line in lines)


def test_the_command_shows_times(net: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["inspect", "net.onnx", "--size", "16x16", "--profile"]) == 0
    out = capsys.readouterr().out
    assert "joined" in out
    assert " ms a run on " in out


def test_the_command_shows_one_node(net: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["inspect", "net.onnx", "--node", "Conv#2", "--values"]) == 0
    out = capsys.readouterr().out
    assert "from Relu#1" in out
    assert "by DepthToSpace#3" in out
    assert "weights w2: float32, 12 x 16 x 3 x 3" in out
    shown = np.array(re.sub(r"[\[\]]", " ", out[out.index("[[[[") :]).split(), np.float32)
    np.testing.assert_allclose(shown, weight_values(onnx_files.convolutions(), "w2").ravel(), rtol=1e-5)
    assert main(["inspect", "net.onnx", "--node", "Conv#5"]) == 2
    assert "'Conv#2'" in capsys.readouterr().err
    assert main(["inspect", "net.onnx", "--values"]) == 2


def test_the_command_gives_json(net: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["inspect", "net.onnx", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["nodes"][0]["weights"][0]["shape"] == [16, 3, 5, 5]
    assert set(found) == {
        *(
            "model",
            "ir_version",
            "opsets",
            "producer",
            "doc",
            "metadata",
            "inputs",
            "outputs",
            "nodes",
            "size",
        ),
        *(
            "output_pixels",
            "parameters",
            "weight_bytes",
            "macs",
            "macs_per_output_pixel",
            "field",
            "unbounded",
        ),
        *("profile", "notes"),
    }
    assert main(["inspect", "net.onnx", "--json", "--node", "Conv#0", "--values"]) == 0
    node = json.loads(capsys.readouterr().out)
    np.testing.assert_allclose(
        node["values"]["w1"], weight_values(onnx_files.convolutions(), "w1"), rtol=1e-6
    )


def test_a_terminal_is_not_moved_by_names(net: Path, capsys: pytest.CaptureFixture[str]) -> None:
    nodes = [helper.make_node("Relu", ["input"], ["output"], name="\x1b[2J\r\nclean\u202e")]
    Path("net.onnx").write_bytes(onnx_files.serialized(nodes, metadata={"key\x07": "\x1b]0;title\x07"}))
    assert main(["inspect", "net.onnx"]) == 0
    assert main(["inspect", "net.onnx", "--node", "output"]) == 0
    out = capsys.readouterr().out
    assert not {"\x1b", "\r", "\x07", "\u202e"} & set(out)
    assert "\\x1b[2J\\r\\nclean" in out


def test_netron_is_opened_where_it_is_installed(
    net: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    opened = []
    netron = types.SimpleNamespace(start=opened.append, wait=lambda: opened.append("waited"))
    monkeypatch.setitem(sys.modules, "netron", netron)
    assert main(["inspect", "net.onnx", "--netron"]) == 0
    assert opened == [str(net / "net.onnx"), "waited"]
    assert main(["inspect", "gone.onnx", "--netron"]) == 2
    monkeypatch.setitem(sys.modules, "netron", None)
    assert main(["inspect", "net.onnx", "--netron"]) == 2
    assert "pip install netron" in capsys.readouterr().err


def test_constant_nodes_and_bfloat16() -> None:
    value = numpy_helper.from_array(np.ones((1, 3, 1, 1), np.float32), "v")
    nodes = [
        helper.make_node("Constant", [], ["gain"], value=value),
        helper.make_node("Mul", ["input", "gain"], ["a"]),
        helper.make_node("Constant", [], ["half"], value_float=0.5),
        helper.make_node("Mul", ["a", "half"], ["output"]),
    ]
    inspection = srfast.inspect_model(onnx_files.serialized(nodes))
    assert [weights.mean for node in inspection.nodes for weights in node.weights] == [1.0, 0.5]
    assert inspection.parameters == 0
    tensor = helper.make_tensor("w", TensorProto.BFLOAT16, [2, 2], [1.0, 2.0, 3.0, 4.0])
    model = onnx.load_model_from_string(onnx_files.convolutions())
    model.graph.initializer.append(tensor)
    model.graph.node.append(helper.make_node("Identity", ["w"], ["unused"]))
    weights = srfast.inspect_model(model.SerializeToString()).nodes[-1].weights[0]
    assert (weights.dtype, weights.mean) == ("bfloat16", 2.5)
