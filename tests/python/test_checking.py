"""`srfast check`: good files pass, and each kind of bad file fails where it is bad, and says why."""

from __future__ import annotations

import json
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")

import numpy as np
import onnx
import onnxruntime
import torch
from onnx import helper

import networks
import onnx_files
import srfast
from srfast import geometry, zoo
from srfast.checking import CHECKS, CheckReport
from srfast.checking.subject import Subject
from srfast.cli.main import main
from srfast.errors import CheckpointError, ImageError, ModelError, OptionError
from srfast.optimization import optimize

PHOTOGRAPH = Path(__file__).parents[2] / "examples" / "chelsea.png"
WITHOUT_HELP = {"margin", "parity", "quality"}  # what needs a border, weights or an image


def failures(report: CheckReport) -> dict[str, str]:
    return {verdict.check: verdict.reason for verdict in report.verdicts if verdict.status == "failed"}


def skipped(report: CheckReport) -> set[str]:
    return {verdict.check for verdict in report.verdicts if verdict.status == "skipped"}


def tagged(content: bytes, metadata: Mapping[str, str]) -> bytes:
    """The same file with other metadata."""
    model = onnx.load_model_from_string(content)
    geometry.write(model, dict(metadata))
    return model.SerializeToString()


@pytest.fixture(scope="module")
def srcnn(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Weights of SRCNN and the file made of them."""
    folder = tmp_path_factory.mktemp("srcnn")
    torch.manual_seed(3)
    network = srfast.models.SRCNN(2)
    torch.save(network.state_dict(), folder / "net.pth")
    srfast.export_onnx(network, folder / "net.onnx", conventions=srfast.Conventions(2))
    return folder / "net.pth", folder / "net.onnx"


# --- good files


def test_a_shipped_model_passes_every_check() -> None:
    report = srfast.check(
        "fast-x3", image=PHOTOGRAPH, against=zoo.path("fast-x3").with_suffix(".safetensors")
    )
    assert [verdict.check for verdict in report.verdicts] == list(CHECKS)
    assert failures(report) == {}
    assert skipped(report) == {"margin"}
    assert not report.failed
    assert report["sizes"].figures == {"multiple": 1, "minimum": 1}
    assert report["scale"].figures == {"scale": 3}
    assert set(report["parity"].figures) == {"pytorch_onnxruntime", "onnxruntime_native", "pytorch_native"}
    figures = report["quality"].figures
    assert figures["network"]["psnr_y"] > figures["bicubic"]["psnr_y"] > 30


@pytest.mark.parametrize("name", ["srcnn", "fsrcnn", "espcn"])
def test_exported_networks_pass(name: str, tmp_path: Path) -> None:
    report = srfast.check(networks.exported(name, 2, tmp_path / "net.onnx", color="y"))
    assert failures(report) == {}
    # Weights by chance make no likeness of a photograph, so nothing can be said of their range; SRCNN's begin
    # as the bicubic enlargement.
    assert skipped(report) == WITHOUT_HELP | (set() if name == "srcnn" else {"range"})
    assert int(report["tiles"].reason.split(" in ")[1].split()[0]) > 1


def test_a_file_of_one_size_passes(tmp_path: Path) -> None:
    for name in ("srcnn", "espcn"):
        report = srfast.check(networks.exported(name, 3, tmp_path / f"{name}.onnx", size=(40, 56)))
        assert failures(report) == {}
        assert report["sizes"].reason.startswith("56x40 only, as the file declares")
        assert "in one differ by" in report["tiles"].reason
        assert {"traced sizes", "size limits"} <= skipped(report)


def test_what_is_assumed_is_held_back_without_filters_of_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    subject = Subject(onnx_files.repeat(2, metadata={"other": "things"}))
    monkeypatch.setattr(warnings, "catch_warnings", None)
    assert subject.reopened().info.assumed


def test_a_file_without_tags_passes_with_what_was_assumed() -> None:
    content = onnx_files.repeat(2, metadata={"other": "things"})
    report = srfast.check(content)
    assert failures(report) == {}
    assert skipped(report) == WITHOUT_HELP | {"scale", "color", "size limits", "halo"}
    assert "does not say its color and range" in report["opens"].reason
    assert "as assumed" in report["range"].reason


def test_multiples_and_least_sizes_are_found() -> None:
    nodes = [
        helper.make_node("Pad", ["input", "pads"], ["padded"], mode="reflect"),
        helper.make_node("Conv", ["padded", "w"], ["fine"]),
        helper.make_node("SpaceToDepth", ["fine"], ["deep"], blocksize=4),
        helper.make_node("DepthToSpace", ["deep"], ["output"], blocksize=4),
    ]
    weights = {
        "pads": np.array([0, 0, 5, 5, 0, 0, 5, 5], np.int64),
        "w": np.full((3, 3, 11, 11), 1 / 363, np.float32),
    }
    session = onnxruntime.InferenceSession(onnx_files.serialized(nodes, weights=weights))
    try:  # old releases mirror more pixels than there are
        session.run(None, {"input": np.zeros((1, 3, 4, 4), np.float32)})
    except Exception:
        least = 8
    else:
        least = 4
    true = onnx_files.tags(1) | {"srfast.multiple": "4", "srfast.minimum": str(least)}
    report = srfast.check(onnx_files.serialized(nodes, weights=weights, metadata=true))
    assert report["sizes"].figures == {"multiple": 4, "minimum": least}
    assert failures(report) == {}
    small = onnx_files.serialized(nodes, weights=weights, metadata=true | {"srfast.minimum": "1"})
    if least == 8:
        assert "takes 8 pixels at least, and says 4" in failures(srfast.check(small))["size limits"]


# --- tags that lie


def test_a_wrong_scale() -> None:
    report = srfast.check(onnx_files.repeat(2, metadata=onnx_files.tags(3)))
    found = failures(report)
    assert found.keys() == {"opens", "scale"}
    assert found["scale"] == "it says 3, but its graph enlarges 2 times"
    assert "its metadata says scale 3" in found["opens"]
    assert report["tiles"].reason == "srfast does not open the file"


def test_wrong_colors() -> None:
    report = srfast.check(onnx_files.repeat(2, metadata=onnx_files.tags(2, "y")))
    assert failures(report)["color"] == 'it says "y", which is 1 channel(s), but it takes 3'
    assert report["sizes"].status == "passed"


def test_a_wrong_range() -> None:
    content = zoo.path("fast-x3").read_bytes()
    assert failures(srfast.check(content)) == {}
    found = failures(srfast.check(tagged(content, {"srfast.range": "0 255"})))
    assert found.keys() == {"range"}
    assert "rgb, 0 to 255, as stated" in found["range"]
    assert "with rgb, 0 to 1" in found["range"]


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("srfast.halo", "3 3 3 2", "its graph looks 3 3 3 3 pixels far"),
        ("srfast.halo", "3 3", "makes no sense"),
        ("srfast.halo", "a b c d", "makes no sense"),
    ],
)
def test_a_wrong_halo(key: str, value: str, message: str) -> None:
    content = onnx_files.convolutions()
    true = geometry.tags(onnx.load_model_from_string(content))
    assert failures(srfast.check(tagged(content, true))) == {}
    found = failures(srfast.check(tagged(content, true | {key: value})))
    assert message in found["halo"]
    # The native side notices too; from Python, what makes sense is derived again when the file is opened.
    if "makes no sense" in message:
        assert "srfast.halo" in found["opens"]


def test_a_halo_that_is_larger_than_need_be() -> None:
    content = onnx_files.convolutions()
    true = geometry.tags(onnx.load_model_from_string(content))
    report = srfast.check(tagged(content, true | {"srfast.halo": "3 4 3 5"}))
    assert failures(report) == {}
    assert report["halo"].reason == "3 4 3 5, more than the 3 3 3 3 that its graph needs"


def test_tiles_that_differ_from_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    right = srfast.Upscaler.run

    def wrong(self: srfast.Upscaler, image: Any, **options: Any) -> Any:
        totals: list[int] = []
        result = right(self, image, progress=lambda _, total: totals.append(total))
        if "progress" in options:
            options["progress"](totals[-1], totals[-1])
        return result + np.float32(3e-4) if totals[-1] > 1 else result

    monkeypatch.setattr(srfast.Upscaler, "run", wrong)
    assert failures(srfast.check(onnx_files.convolutions())).keys() == {"tiles"}


def test_an_alignment_without_a_halo_means_nothing() -> None:
    report = srfast.check(tagged(onnx_files.convolutions(), {"srfast.align": "2 2"}))
    assert failures(report) == {}
    assert "halo" in skipped(report)


def test_a_border_that_the_result_lacks() -> None:
    node = helper.make_node("Conv", ["input", "w"], ["output"])
    weights = {"w": np.full((3, 3, 3, 3), 1 / 27, np.float32)}

    def margin(said: str) -> str:
        pairs = onnx_files.tags(1) | {"srfast.margin": said}
        report = srfast.check(onnx_files.serialized([node], weights=weights, metadata=pairs))
        assert report["sizes"].reason == "any, from 3x3 on; the result lacks 2 pixels along each axis"
        return f"{report['margin'].status}: {report['margin'].reason}"

    assert margin("1 1 1 1") == "passed: the result lacks 1 1 1 1 pixels, as a run shows"
    assert margin("0 0 2 2").startswith("failed: it says 0 0 2 2 (srfast.margin), but by its graph")
    assert margin("one") == "failed: srfast.margin is 'one', which makes no sense"


def test_a_wrong_alignment() -> None:
    nodes = [
        helper.make_node("SpaceToDepth", ["input"], ["deep"], blocksize=2),
        helper.make_node("Conv", ["deep", "w"], ["wide"], pads=[1, 1, 1, 1]),
        helper.make_node("DepthToSpace", ["wide"], ["output"], blocksize=2),
    ]
    weights = {"w": np.random.default_rng(0).normal(0, 0.1, (12, 12, 3, 3)).astype(np.float32)}
    content = onnx_files.serialized(nodes, weights=weights, metadata=onnx_files.tags(1))
    true = geometry.tags(onnx.load_model_from_string(content))
    assert true["srfast.align"] == "2 2"
    report = srfast.check(tagged(content, true))
    assert failures(report) == {}
    assert report["sizes"].figures == {"multiple": 2, "minimum": 2}
    found = failures(srfast.check(tagged(content, true | {"srfast.align": "1 1"})))
    assert "steps of 2 2" in found["halo"]
    assert found["size limits"] == "it takes multiples of 2 only, and says 1 (srfast.multiple)"


@pytest.mark.parametrize(
    ("metadata", "message"),
    [
        ({"srfast.scale": "two"}, "malformed"),
        ({"srfast.schema": "9"}, "upgrade srfast"),
        ({"srfast.range": "1 0"}, "the lower first"),
        ({"srfast.color": "cmyk"}, "color must be one of"),
    ],
)
def test_tags_that_make_no_sense(metadata: dict[str, str], message: str) -> None:
    report = srfast.check(onnx_files.repeat(2, metadata=onnx_files.tags(2) | metadata))
    found = failures(report)
    assert found.keys() == {"scale", "opens"}
    assert message in found["scale"]
    assert report["color"].reason == "the tags make no sense"


# --- sizes left over from tracing


def test_a_shape_that_was_traced() -> None:
    nodes = [
        helper.make_node("Relu", ["input"], ["a"]),
        helper.make_node("Reshape", ["a", "shape"], ["b"], name="flatten"),
        helper.make_node("Neg", ["b"], ["output"]),
    ]
    shape = {"shape": np.array([1, 3, 30, 20], np.int64)}
    report = srfast.check(onnx_files.serialized(nodes, weights=shape, metadata=onnx_files.tags(1)))
    found = failures(report)
    assert "runs at 20x30 and not elsewhere: at 48x47" in found["sizes"]
    assert found["traced sizes"] == "20x30 is left over from tracing; flatten makes 1x3x30x20 of everything"


def test_a_size_that_was_traced_in_an_enlargement() -> None:
    node = helper.make_node("Resize", ["input", "", "", "sizes"], ["output"], mode="nearest", name="up")
    sizes = {"sizes": np.array([1, 3, 64, 96], np.int64)}
    report = srfast.check(onnx_files.serialized([node], weights=sizes, metadata=onnx_files.tags(2)))
    found = failures(report)
    assert "48x47 becomes 96x64" in found["sizes"]
    assert found["traced sizes"] == "48x32 is left over from tracing; up makes 1x3x64x96 of everything"


def test_a_batch_that_was_traced() -> None:
    nodes = [
        helper.make_node("Reshape", ["input", "shape"], ["a"]),
        helper.make_node("Neg", ["a"], ["output"]),
    ]
    shape = {"shape": np.array([1, 3, 0, -1], np.int64)}
    report = srfast.check(onnx_files.serialized(nodes, weights=shape, metadata=onnx_files.tags(1)))
    assert failures(report).keys() == {"traced sizes"}
    assert "any batch, but of two images it makes [1, 3, 17, 62]" in failures(report)["traced sizes"]
    one = onnx_files.serialized(
        nodes, weights=shape, metadata=onnx_files.tags(1), input_shape=(1, 3, "h", "w")
    )
    assert failures(srfast.check(one)) == {}


# --- damaged and foreign files


@pytest.mark.parametrize("content", [b"", b"not an ONNX file", zoo.path("fast-x3").read_bytes()[:5000]])
def test_what_is_no_onnx_file_is_an_error(content: bytes) -> None:
    with pytest.raises(ModelError):
        srfast.check(content)


def test_a_graph_that_contradicts_itself() -> None:
    missing = onnx_files.serialized([helper.make_node("Relu", ["nothing"], ["output"])])
    found = failures(srfast.check(missing))
    assert found.keys() == {"checker", "shapes", "runs", "opens"}
    assert "nothing" in found["checker"]


def test_shapes_that_contradict_one_another() -> None:
    node = helper.make_node("Conv", ["input", "w"], ["output"])
    weights = {"w": np.zeros((5, 3, 1, 1), np.float32)}  # the output is declared to have 3 channels
    found = failures(
        srfast.check(onnx_files.serialized([node], weights=weights, metadata=onnx_files.tags(1)))
    )
    assert "contradict" in found["shapes"]
    assert "it makes 5" in found["color"]


def test_an_operator_that_nobody_has() -> None:
    node = helper.make_node("Sharpen", ["input"], ["output"], domain="some.where")
    report = srfast.check(onnx_files.serialized([node], domains=["some.where"], metadata=onnx_files.tags(1)))
    assert "some.where" in failures(report)["runs"]
    assert report["sizes"].reason == "ONNX Runtime does not open the file"


@pytest.mark.parametrize(
    "metadata",
    [
        {"srfast.enlarge": "cubic 0"},
        {"srfast.shuffle": "0"},
        {"srfast.shuffle": "99999999999"},
        {"srfast.halo": "1 1 1 1", "srfast.align": "0 0"},
        {"srfast.halo": "1 1 1 1", "srfast.bytes_per_pixel": "nan"},
        {"srfast.minimum": "5000"},
    ],
)
def test_tags_of_tiles_that_make_no_sense(metadata: dict[str, str]) -> None:
    report = srfast.check(tagged(onnx_files.repeat(2), metadata))
    assert "makes no sense" in failures(report)["opens"]
    # Conventions hold the least size, so their verdict says it, too.
    also = {"scale"} if "srfast.minimum" in metadata else set()
    assert failures(report).keys() <= {"opens", "halo"} | also


def test_nothing_is_run_on_images_that_are_too_large() -> None:
    report = srfast.check(tagged(onnx_files.repeat(2), {"srfast.multiple": "4096"}))
    assert report["runs"].reason == "it asks for images of 4096 pixels a side, which are too large to try"
    assert {"runs", "sizes", "size limits", "range", "tiles"} <= skipped(report)


def test_a_graph_without_an_output() -> None:
    model = onnx.load_model_from_string(onnx_files.convolutions())
    del model.graph.output[:]
    assert {"runs", "opens"} & failures(srfast.check(model.SerializeToString())).keys()


def test_a_graph_that_goes_in_circles() -> None:
    nodes = [
        helper.make_node("Add", ["input", "b"], ["a"]),
        helper.make_node("Relu", ["a"], ["b"]),
        helper.make_node("Relu", ["b"], ["output"]),
    ]
    found = failures(srfast.check(onnx_files.serialized(nodes, metadata=onnx_files.tags(1))))
    assert {"checker", "runs", "opens"} <= found.keys()


def test_values_that_are_not_finite() -> None:
    for gain, bias in ((float("nan"), 0), (1, float("inf"))):
        report = srfast.check(onnx_files.affine(gain, bias))
        assert failures(report)["runs"] == "at 48x64 it makes values that are not finite"


def test_weights_outside_the_files_folder(tmp_path: Path) -> None:
    model = onnx.load_model_from_string(onnx_files.convolutions())
    (tmp_path / "inner").mkdir()
    file = tmp_path / "inner" / "net.onnx"
    onnx.save(model, file, save_as_external_data=True, location="w.bin", size_threshold=0)
    assert failures(srfast.check(file)) == {}
    (tmp_path / "w.bin").write_bytes((file.parent / "w.bin").read_bytes())
    for tensor in model.graph.initializer:
        for entry in tensor.external_data:
            if entry.key == "location":
                entry.value = "../w.bin"
    file.write_bytes(model.SerializeToString())
    assert "checker" in failures(srfast.check(file))


# --- weights, images


def test_the_right_weights_and_the_wrong_ones(srcnn: tuple[Path, Path], tmp_path: Path) -> None:
    weights, file = srcnn
    assert srfast.check(file, against=weights)["parity"].status == "passed"
    other = srfast.models.SRCNN(2)
    torch.save(other.state_dict(), tmp_path / "other.pth")
    reason = failures(srfast.check(file, against=tmp_path / "other.pth"))["parity"]
    assert "pytorch and onnxruntime differ by" in reason
    with pytest.raises(CheckpointError):
        srfast.check(file, against=tmp_path / "none.pth")


def test_a_network_of_halves_is_fed_with_halves(srcnn: tuple[Path, Path]) -> None:
    weights, file = srcnn
    model = onnx.load(file)
    for tensor in model.graph.initializer:
        if tensor.data_type == onnx.TensorProto.FLOAT and tensor.name.startswith("conv"):
            numbers = onnx.numpy_helper.to_array(tensor).astype(np.float16)
            tensor.CopyFrom(onnx.numpy_helper.from_array(numbers, tensor.name))
    for entry in (*model.graph.input, *model.graph.output):
        entry.type.tensor_type.elem_type = onnx.TensorProto.FLOAT16
    del model.graph.value_info[:]
    reason = failures(srfast.check(model.SerializeToString(), against=weights))["parity"]
    assert "pytorch and onnxruntime differ by 0.000" in reason


def test_a_file_that_only_srfast_runs_right(srcnn: tuple[Path, Path], tmp_path: Path) -> None:
    weights, file = srcnn
    rest = geometry.prepared(onnx.load(file))  # the enlargement is left to srfast
    assert rest is not None
    report = srfast.check(rest.SerializeToString(), against=weights)
    assert failures(report) == {}
    assert report["scale"].figures == {"scale": 2}
    assert 0 < report["parity"].figures["pytorch_native"] < 1e-5
    torch.save(srfast.models.SRCNN(2).state_dict(), tmp_path / "other.pth")
    wrong = srfast.check(rest.SerializeToString(), against=tmp_path / "other.pth")
    assert "PyTorch and srfast differ" in failures(wrong)["parity"]


def test_a_file_that_makes_whole_blocks(tmp_path: Path) -> None:
    model = networks.exported("srcnn", 3, tmp_path / "net.onnx")
    optimize(model, tmp_path / "net.srfast.onnx")
    metadata = {pair.key: pair.value for pair in onnx.load(tmp_path / "net.srfast.onnx").metadata_props}
    assert (metadata["srfast.enlarge"], metadata["srfast.shuffle"]) == ("cubic 3", "2")
    report = srfast.check(tmp_path / "net.srfast.onnx")
    assert failures(report) == {}
    assert report["sizes"].figures == {"multiple": 1, "minimum": 1}


def test_ends_that_are_left_to_srfast() -> None:
    node = helper.make_node("Conv", ["input", "w"], ["output"], pads=[1, 1, 1, 1])
    weights = {"w": np.random.default_rng(0).normal(0, 0.2, (12, 3, 3, 3)).astype(np.float32)}
    pairs = onnx_files.tags(2) | {"srfast.passes": "ends", "srfast.shuffle": "2"}
    pairs |= {"srfast.halo": "1 1 1 1", "srfast.align": "1 1", "srfast.bytes_per_pixel": "60"}
    shape = ("n", 12, "H", "W")
    report = srfast.check(onnx_files.serialized([node], weights=weights, metadata=pairs, output_shape=shape))
    assert failures(report) == {}
    assert skipped(report) == WITHOUT_HELP | {"range", "halo"}
    lying = pairs | {"srfast.halo": "0 0 0 0"}
    report = srfast.check(onnx_files.serialized([node], weights=weights, metadata=lying, output_shape=shape))
    assert "srfast.halo" in failures(report)["tiles"]


def test_weights_that_say_another_order(tmp_path: Path) -> None:
    path = zoo.path("fast-x3")
    file = tmp_path / "net.onnx"
    file.write_bytes(tagged(path.read_bytes(), {"srfast.color": "bgr"}))
    found = failures(srfast.check(file, against=path.with_suffix(".safetensors")))
    # The photograph tells no order of colours from another: that costs less than other things do.
    assert found == {"parity": "color is 'rgb' by the weights, 'bgr' by the file"}


def test_an_image_and_its_truth(tmp_path: Path) -> None:
    from srfast.pairs import read_rgb, shrink

    pair = shrink("chelsea", read_rgb(PHOTOGRAPH), 3)
    srfast.images.write(tmp_path / "small.png", pair.low[..., ::-1])
    alone = srfast.check("fast-x3", image=PHOTOGRAPH)["quality"]
    paired = srfast.check("fast-x3", image=tmp_path / "small.png", reference=PHOTOGRAPH)["quality"]
    assert alone.figures == paired.figures
    with pytest.raises(ImageError, match="low-resolution image has"):
        srfast.check("fast-x3", image=PHOTOGRAPH, reference=PHOTOGRAPH)
    with pytest.raises(OptionError, match="give that image too"):
        srfast.check("fast-x3", reference=PHOTOGRAPH)


def test_a_network_that_is_far_worse_than_bicubic() -> None:
    nodes = [
        helper.make_node("Resize", ["input", "", "scales"], ["large"], mode="nearest"),
        helper.make_node("Mul", ["large", "half"], ["output"]),
    ]
    weights = {"scales": np.array([1, 1, 2, 2], np.float32), "half": np.array(0.5, np.float32)}
    content = onnx_files.serialized(nodes, weights=weights, metadata=onnx_files.tags(2))
    assert "far worse than bicubic" in failures(srfast.check(content, image=PHOTOGRAPH))["quality"]


def test_a_network_that_is_a_little_worse_than_bicubic() -> None:
    verdict = srfast.check(onnx_files.repeat(2), image=PHOTOGRAPH)["quality"]
    assert verdict.status == "passed"
    assert 0.5 < verdict.figures["bicubic"]["psnr_y"] - verdict.figures["network"]["psnr_y"] < 3


# --- the command


def test_the_command_prints_a_table(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["check", "fast-x3"]) == 0
    lines = capsys.readouterr().out.splitlines()
    skipped_ones = {"margin", "parity", "quality"}
    assert [line.split()[0] for line in lines[:-1]] == [
        "skipped" if name in skipped_ones else "passed" for name in CHECKS
    ]
    assert lines[-1] == "12 passed, 3 skipped"
    file = tmp_path / "net.onnx"
    file.write_bytes(onnx_files.repeat(2, metadata=onnx_files.tags(3)))
    assert main(["check", str(file)]) == 1
    out, err = capsys.readouterr()
    assert "failed   scale         it says 3, but its graph enlarges 2 times\n" in out
    assert err == ""


def test_the_command_gives_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "fast-x3", "--image", str(PHOTOGRAPH), "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["model"] == "fast-x3"
    assert result["failed"] is False
    assert [verdict["check"] for verdict in result["verdicts"]] == list(CHECKS)
    assert result["verdicts"][-1]["figures"]["network"]["psnr_y"] > 30


def test_the_command_says_what_it_cannot_check(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "net.onnx").write_bytes(b"\x08")
    for words in (
        ["no-such-model"],
        [str(tmp_path / "net.onnx")],
        ["fast-x3", "--image", str(tmp_path / "none.png")],
        ["fast-x3", "--reference", str(PHOTOGRAPH)],
        ["fast-x3", "--against", str(tmp_path / "none.pth")],
    ):
        assert main(["check", *words]) == 2
        out, err = capsys.readouterr()
        assert out == ""
        assert err.startswith("srfast: error: ")
        assert err.count("\n") == 1


def test_a_fixed_size_whose_output_lacks_much() -> None:
    nodes = [
        helper.make_node("Conv", ["input", "w"], ["fine"]),
        helper.make_node("DepthToSpace", ["fine"], ["output"], blocksize=2),
    ]
    content = onnx_files.serialized(
        nodes,
        weights={"w": np.full((12, 3, 11, 11), 1 / 363, np.float32)},
        input_shape=(1, 3, 32, 32),
        output_shape=(1, 3, 44, 44),
        metadata=onnx_files.tags(2),
    )
    assert "scale" not in failures(srfast.check(content))
