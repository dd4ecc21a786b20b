"""srfast tag: what it keeps, what it refuses, what it prints."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import helper

import onnx_files
import srfast
from srfast import geometry
from srfast.cli import main


@pytest.fixture
def file(tmp_path: Path) -> Path:
    model = onnx.load_model_from_string(onnx_files.convolutions())
    helper.set_model_props(model, {"author": "somebody"})
    (tmp_path / "net.onnx").write_bytes(model.SerializeToString())
    return tmp_path / "net.onnx"


def test_the_command_says_what_it_wrote(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["tag", str(file), "--color", "bgr", "--range=-1,1"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        f"{file}:",
        "  srfast.schema = 1",
        "  srfast.scale = 2",
        "  srfast.color = bgr",
        "  srfast.range = -1 1",
        "  srfast.halo = 3 3 3 3",
        "  srfast.align = 1 1",
        *[line for line in tagged(file) if "bytes" in line or "parallel" in line],
    ]
    assert main(["tag", str(file), "--range", "255"]) == 0  # the rest stays
    assert srfast.Upscaler(file).info.color == "bgr"
    assert srfast.Upscaler(file).info.range == (0, 255)


def tagged(file: Path) -> list[str]:
    props = onnx.load(file, load_external_data=False).metadata_props
    return [f"  {each.key} = {each.value}" for each in props if each.key.startswith("srfast.")]


def test_nothing_else_in_the_file_changes(file: Path) -> None:
    before = onnx.load(file)
    srfast.tag_onnx(file, color="rgb", range=(0, 1))
    after = onnx.load(file)
    assert {"author": "somebody"}.items() <= {each.key: each.value for each in after.metadata_props}.items()
    for model in (before, after):
        del model.metadata_props[:]
    assert before == after


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "give color and range"),
        ({"color": "rgb"}, "give range"),
        ({"color": "cmyk", "range": (0, 1)}, "color must be"),
        ({"color": "rgb", "range": (1, 0)}, "range must be"),
        ({"color": "rgb", "range": (0, float("nan"))}, "range must be"),
        ({"color": "y", "range": (0, 1)}, r"3 channel\(s\), which is not what"),
        ({"color": "rgb", "range": (0, 1), "scale": 3}, "scale is 3, but it enlarges 2 times"),
        ({"color": "rgb", "range": (0, 1), "scale": 0}, "scale must be"),
        ({"color": "rgb", "range": (0, 1), "scale": 3, "enlarge": "cubic"}, "itself enlarges 2 times"),
        ({"color": "rgb", "range": (0, 1), "enlarge": "cubic"}, "Give the scale"),
        ({"color": "rgb", "range": (0, 1), "scale": 4, "enlarge": "lanczos"}, "enlarge must be one of"),
        ({"color": "rgb", "range": (0, 1), "inputs": {"factor": 2}}, "no input 'factor'"),
        ({"color": "rgb", "range": (0, 1), "path": "."}, "is a folder"),
        ({"color": "rgb", "range": (0, 1), "path": "no/where.onnx"}, "folder no does not exist"),
        ({"color": "rgb", "range": (0, 1), "path": "there.onnx"}, "exists: give another name"),
    ],
)
def test_what_the_graph_contradicts_or_makes_no_sense(
    options: dict[str, object], message: str, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(file.parent)
    (file.parent / "there.onnx").write_bytes(b"mine")
    before = file.read_bytes()
    with pytest.raises(srfast.OptionError, match=message):
        srfast.tag_onnx(file, **options)
    assert file.read_bytes() == before
    assert sorted(each.name for each in file.parent.iterdir()) == ["net.onnx", "there.onnx"]


def test_a_shipped_model_is_not_changed(tmp_path: Path) -> None:
    with pytest.raises(srfast.OptionError, match="shipped model: name a file"):
        srfast.tag_onnx("fast-x2", range=(0, 1))
    report = srfast.tag_onnx("fast-x2", tmp_path / "mine.onnx", range=(0, 1))
    assert report.conventions.scale == srfast.Upscaler(tmp_path / "mine.onnx").scale == 2


def test_weights_in_other_files(file: Path, tmp_path: Path) -> None:
    model = onnx.load(file)
    onnx.save(model, file, save_as_external_data=True, size_threshold=0, location="net.weights")
    weights = (tmp_path / "net.weights").read_bytes()
    image = np.random.default_rng(0).integers(0, 255, (20, 30, 3), np.uint8)
    (tmp_path / "elsewhere").mkdir()
    elsewhere, beside = tmp_path / "elsewhere" / "net.onnx", tmp_path / "beside.onnx"
    for target in (elsewhere, beside, None):
        srfast.tag_onnx(file, target, color="rgb", range=(0, 1))
    assert (tmp_path / "net.weights").read_bytes() == weights
    assert file.stat().st_size < len(weights) < elsewhere.stat().st_size
    (tmp_path / "elsewhere").rename(tmp_path / "moved")
    results = [srfast.Upscaler(each).run(image) for each in (file, beside, tmp_path / "moved" / "net.onnx")]
    assert results[0].std() > 5
    for result in results[1:]:
        np.testing.assert_array_equal(result, results[0])
    assert srfast.Upscaler(file).info.halo == (3, 3, 3, 3)


def resized() -> bytes:
    """Its scale is an input of four floats; another input has nothing to do with it."""
    nodes = [
        helper.make_node("Resize", ["input", "", "factor"], ["large"], mode="nearest"),
        helper.make_node("Mul", ["large", "gain"], ["output"]),
    ]
    content = onnx_files.serialized(nodes, metadata={"author": "somebody"})
    model = onnx.load_model_from_string(content)
    for name, shape in (("factor", [4]), ("gain", [1])):
        model.graph.input.append(helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, shape))
    return model.SerializeToString()


def test_inputs_beside_the_image(tmp_path: Path) -> None:
    file = tmp_path / "net.onnx"
    file.write_bytes(resized())
    rgb = {"color": "rgb", "range": (0.0, 1.0)}
    with pytest.raises(srfast.OptionError, match=r"'factor', 'gain'.*--scale"):
        srfast.tag_onnx(file, **rgb)
    # A gain of 2 makes an image twice as bright, not twice as large: only who made the file knows it.
    with pytest.raises(srfast.ModelError, match=r"'gain' float32 \[1\].*--input NAME=VALUE"):
        srfast.tag_onnx(file, scale=2, inputs={"factor": [1, 1, 2, 2]}, **rgb)
    with pytest.raises(srfast.ModelError, match="--input NAME=VALUE"):
        srfast.tag_onnx(file, scale=2, **rgb)
    with pytest.raises(srfast.OptionError, match=r"'factor' has shape \[4\], and the value for it \[3\]"):
        srfast.tag_onnx(file, scale=2, inputs={"factor": [1, 2, 2]}, **rgb)
    words = ["tag", str(file), "--color", "rgb", "--range", "1", "--scale", "3", "--input", "gain=0.5"]
    assert main(words) == 0
    image = np.full((5, 4), 100, np.uint8)
    np.testing.assert_array_equal(srfast.Upscaler(file).run(image), np.full((15, 12), 50, np.uint8))
    # It is a default: other programs may feed it as before.
    session = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])
    feeds = {"input": np.ones((1, 3, 2, 2), np.float32), "factor": np.array([1, 1, 4, 4], np.float32)}
    assert session.run(None, feeds)[0].shape == (1, 3, 8, 8)


@pytest.mark.parametrize("text", ["factor", "=1", "factor=", "factor=a", "factor=1,,2"])
def test_values_that_are_none(text: str, file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["tag", str(file), "--input", text])
    assert "is not NAME=NUMBER" in capsys.readouterr().err


def test_a_border_that_differs_from_side_to_side(tmp_path: Path) -> None:
    """A convolution that looks 2 and 4 pixels far, and is padded by less than that but at the top."""
    weights = {"w": np.random.default_rng(0).uniform(0, 2 / 135, (3, 3, 5, 9)).astype(np.float32)}
    node = helper.make_node("Conv", ["input", "w"], ["output"], pads=[2, 3, 0, 1])
    content = onnx_files.serialized([node], weights=weights, metadata=onnx_files.tags(1))
    said = geometry.tags(onnx.load_model_from_string(content))
    assert (said["srfast.halo"], said["srfast.margin"]) == ("2 4 2 4", "0 1 2 3")
    image = np.random.default_rng(1).random((70, 80, 3), dtype=np.float32)
    padded = np.pad(image, ((0, 2), (1, 3), (0, 0)), mode="reflect")
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    expected = session.run(None, {"input": padded.transpose(2, 0, 1)[None]})[0][0].transpose(1, 2, 0)
    for limit in (None, "100KB"):
        upscaler = srfast.Upscaler(content, color="rgb", memory_limit=limit, threads=1)  # without a warning
        assert upscaler.info.passes == ["few_outputs"]
        np.testing.assert_allclose(upscaler.run(image), expected, rtol=0, atol=2e-6)
    assert srfast.optimize(content, tmp_path / "net.srfast.onnx").passes == ("few_outputs",)


@pytest.mark.parametrize(("mode", "way"), [("cubic", "tiles"), ("linear", "pool")])
def test_what_onnxruntime_does_on_one_core_is_done_side_by_side(mode: str, way: str) -> None:
    nodes = [
        helper.make_node("Relu", ["input"], ["some"]),
        helper.make_node("Resize", ["some", "", "scales"], ["output"], mode=mode),
    ]
    weights = {"scales": np.array([1, 1, 2, 2], np.float32)}
    content = onnx_files.serialized(nodes, weights=weights, metadata=onnx_files.tags(2))
    assert geometry.tags(onnx.load_model_from_string(content))["srfast.parallel"] == way
