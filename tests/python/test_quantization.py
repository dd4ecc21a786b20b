"""`srfast.quantize`: what is written, refused and chosen. Speeds are made up, and none is judged."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")

import numpy as np
import onnx
import torch
from onnx import numpy_helper

import onnx_files
import srfast
from networks import exported
from networks import network as network_of
from onnxruntime_release import RELEASE
from srfast import geometry, images, zoo
from srfast.cli import main
from srfast.evaluation import Score, evaluate, mean
from srfast.metrics import psnr
from srfast.model_file import passes_of
from srfast.pairs import read_pairs, shrink
from srfast.quantization import speed, static
from srfast.quantization.layers import layers
from srfast.quantization.speed import Speed
from srfast.quantization.trials import Candidate, Reference, Trial, quickest

Speeds = Callable[[Mapping[str, onnx.ModelProto]], dict[str, Speed]]

NEVER = 100.0  # max_loss where loss is not what is tested


def times(ratio: float) -> Speed:
    return Speed(1.0, 1.0 / ratio, (ratio, ratio, ratio))


@pytest.fixture
def speeds(monkeypatch: pytest.MonkeyPatch) -> Callable[[Speeds], None]:
    """Sets what the measuring finds; until then, every network is twice as fast as the float one."""

    def set_speeds(found: Speeds) -> None:
        monkeypatch.setattr(speed, "measured", lambda source, others, *rest: found(others))

    set_speeds(lambda others: {name: times(2) for name in others})
    return set_speeds


@pytest.fixture
def photographs(tmp_path: Path) -> Path:
    """A folder with one small photograph, which keeps the tests quick."""
    folder = tmp_path / "photographs"
    folder.mkdir()
    images.write(folder / "owl.png", images.read(samples_folder() / "owl.webp")[:96, 96:])
    return folder


def samples_folder() -> Path:
    return Path(srfast.__file__).parent / "data" / "calibration"


@pytest.fixture(scope="session")
def network(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("network") / "net.onnx"
    return exported("espcn", 2, path)


def run_plainly(path: Path, image: np.ndarray, *, optimized: bool = True) -> np.ndarray:
    """HxWx3, RGB, through ONNX Runtime's Python package."""
    import onnxruntime as ort

    options = ort.SessionOptions()
    if not optimized:  # every operator by itself: float arithmetic on rounded values, which cannot overflow
        options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = ort.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    planes = np.ascontiguousarray(image.transpose(2, 0, 1)[None] / np.float32(255), np.float32)
    out = session.run(None, {session.get_inputs()[0].name: planes})[0][0]
    return np.rint(np.clip(out * 255, 0, 255)).astype(np.uint8).transpose(1, 2, 0)


def metadata(path: Path) -> dict[str, str]:
    return {pair.key: pair.value for pair in onnx.load(path).metadata_props}


def assert_alike(one: np.ndarray, other: np.ndarray, mean: float) -> None:
    """A sum in another order may fall on the other side of a rounding inside, which few values show."""
    assert one.shape == other.shape
    difference = np.abs(one.astype(np.int16) - other)
    assert difference.max() <= 4
    assert difference.mean() <= mean


# --- what is written


@pytest.mark.usefixtures("speeds")
def test_the_file_is_int8_for_every_runtime_and_says_what_the_float_file_said(
    network: Path, photographs: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "net.int8.onnx"
    report = srfast.quantize(network, path, images=photographs, max_loss=NEVER)
    assert capfd.readouterr() == ("", "")
    model = onnx.load(path)
    onnx.checker.check_model(model, full_check=True)
    assert {entry.domain for entry in model.opset_import} <= {"", "ai.onnx"}
    weights = {entry.name: numpy_helper.to_array(entry) for entry in model.graph.initializer}
    makers = {name: node for node in model.graph.node for name in node.output}
    convolutions = [node for node in model.graph.node if node.op_type == "Conv"]
    rounded = [node for node in convolutions if node.input[1] in makers]
    assert len(rounded) == report.chosen.integers >= 1
    assert len(convolutions) == report.chosen.integers + report.chosen.floats
    for node in rounded:
        kernel, scales, _ = (weights[name] for name in makers[node.input[1]].input)
        assert kernel.dtype == np.int8
        assert np.abs(kernel.astype(int)).max() <= 64  # sums of two products with bytes stay within 16 bits
        assert scales.shape == kernel.shape[:1]
    before, after = metadata(network), metadata(path)
    for key in ("schema", "scale", "color", "range", "halo", "align"):
        assert after[f"srfast.{key}"] == before[f"srfast.{key}"]
    assert before["srfast.made_by"] in after["srfast.made_by"]
    assert "int8 by srfast" in after["srfast.made_by"]
    assert (report.path, report.bytes) == (path, path.stat().st_size)
    assert report.windows == 1
    assert report.chosen in report.trials


@pytest.mark.usefixtures("speeds")
@pytest.mark.parametrize("kept", ["nothing", "first"])
def test_everybody_makes_the_same_image_of_it(
    kept: str, network: Path, photographs: Path, tmp_path: Path, speeds: Callable[[Speeds], None]
) -> None:
    path = tmp_path / "net.int8.onnx"
    place = {"nothing": "0", "first": "1"}[kept]
    speeds(lambda others: {name: times(3 if name == place else 2) for name in others})
    report = srfast.quantize(network, path, images=photographs, max_loss=NEVER, threads=1)
    assert report.chosen.kept == kept
    image = np.ascontiguousarray(images.read(samples_folder() / "crab.webp")[..., ::-1])
    native = srfast.Upscaler(path, color="rgb").run(image)
    assert native.std() > 10
    assert_alike(native, run_plainly(path, image), 0.01)
    # On processors that add pairs of products in 16 bits (AVX2), 8-bit weights would fail here.
    assert_alike(native, run_plainly(path, image, optimized=False), 0.1)
    plain = srfast.Upscaler(network, color="rgb").run(image)
    assert 0 < np.abs(native.astype(np.int16) - plain).mean() < 3


@pytest.mark.usefixtures("speeds")
def test_prelu_between_integers_is_one_of_integers(photographs: Path, tmp_path: Path) -> None:
    made = network_of("srvgg", 2)
    with torch.no_grad():
        for module in made.modules():
            if isinstance(module, torch.nn.PReLU):
                module.weight.uniform_(-0.2, 1.8)
    plain, path, fused = (tmp_path / name for name in ("net.onnx", "net.int8.onnx", "net.srfast.onnx"))
    srfast.export_onnx(made, plain, conventions=srfast.Conventions(2))
    srfast.quantize(plain, path, images=photographs, max_loss=NEVER, threads=1)
    image = np.ascontiguousarray(images.read(samples_folder() / "crab.webp")[..., ::-1])
    native = srfast.Upscaler(path, color="rgb").run(image)
    assert native.std() > 10
    assert_alike(native, run_plainly(path, image), 0.05)
    assert "PRelu" not in {node.op_type for node in onnx.load(path).graph.node}
    assert ("integer_maximum" in srfast.optimize(path, fused).passes) == (RELEASE >= (1, 24))
    np.testing.assert_array_equal(srfast.Upscaler(fused, color="rgb").run(image), native)


# --- what else is written


@pytest.mark.usefixtures("speeds")
def test_a_resize_before_integers_is_done_natively(photographs: Path, tmp_path: Path) -> None:
    # At three times ONNX Runtime's coordinates are rounded, and integers turn that into steps: the rewritten
    # network is not held to the last bits.
    source, path = exported("srcnn", 3, tmp_path / "net.onnx"), tmp_path / "net.int8.onnx"
    srfast.quantize(source, path, images=photographs, max_loss=NEVER)
    fast, plain = srfast.Upscaler(path), srfast.Upscaler(path, optimize=False)
    assert "leading_enlargement" in fast.info.passes
    image = images.read(samples_folder() / "temple.webp")[:60, :60]
    difference = np.abs(fast.run(image).astype(int) - plain.run(image))
    assert difference.mean() < 0.5
    assert difference.max() <= 16


@pytest.mark.usefixtures("speeds")
@pytest.mark.parametrize("name", ["srcnn", "srvgg", "fast", "fsrcnn"])
def test_tiles_are_those_of_the_whole(name: str, photographs: Path, tmp_path: Path) -> None:
    source, path = exported(name, 2, tmp_path / "net.onnx"), tmp_path / "net.int8.onnx"
    srfast.quantize(source, path, images=photographs, max_loss=NEVER)
    image = images.read(samples_folder() / "temple.webp")
    whole = srfast.Upscaler(path, threads=1, memory_limit="4GB").run(image)
    calls: list[tuple[int, int]] = []
    limit = {"srcnn": "60MB", "srvgg": "9MB", "fast": "10MB", "fsrcnn": "14MB"}[name]
    tiled = srfast.Upscaler(path, threads=2, memory_limit=limit).run(
        image, progress=lambda *call: calls.append(call)
    )
    assert calls[-1][1] > 1
    assert_alike(whole, tiled, 1e-4)


@pytest.mark.usefixtures("speeds")
@pytest.mark.parametrize(
    ("name", "passes"),
    [
        ("srcnn", {"leading_enlargement", "few_outputs"}),
        ("fast", {"residual", "pixel_shuffle"}),
        ("srvgg", {"residual", "pixel_shuffle"}),
    ],
)
def test_srfast_fuses_its_ends_as_those_of_the_float_file(
    name: str, passes: set[str], photographs: Path, tmp_path: Path, speeds: Callable[[Speeds], None]
) -> None:
    source, path = exported(name, 2, tmp_path / "net.onnx"), tmp_path / "net.int8.onnx"
    speeds(lambda others: {each: times(2 / (1 + place)) for place, each in enumerate(others)})
    report = srfast.quantize(source, path, images=photographs, max_loss=NEVER)
    assert report.chosen.kept == "nothing"
    prepared = geometry.prepared(onnx.load(path))
    assert prepared is not None
    assert passes <= set(passes_of(prepared))
    image = images.read(samples_folder() / "coffee.webp")[:80, :100]
    fused, plain = (srfast.Upscaler(path, optimize=each).run(image) for each in (True, False))
    assert_alike(fused, plain, 0.01)


@pytest.mark.usefixtures("speeds")
def test_older_files_and_one_size(photographs: Path, tmp_path: Path) -> None:
    old, path = exported("espcn", 3, tmp_path / "old.onnx", opset=11, size=(32, 48)), tmp_path / "int8.onnx"
    srfast.quantize(old, path, images=photographs, max_loss=NEVER)
    assert srfast.Upscaler(path).info.fixed_size == (32, 48)
    image = np.ascontiguousarray(images.read(photographs / "owl.png")[:32, :48, ::-1])
    assert_alike(srfast.Upscaler(path, color="rgb").run(image), run_plainly(path, image), 0.01)


@pytest.mark.usefixtures("speeds")
def test_a_file_that_says_nothing_is_told(photographs: Path, tmp_path: Path) -> None:
    model = onnx.load_from_string(onnx_files.convolutions())
    del model.metadata_props[:]
    onnx.save(model, tmp_path / "bare.onnx")
    path = tmp_path / "int8.onnx"
    srfast.quantize(
        tmp_path / "bare.onnx",
        path,
        images=photographs,
        max_loss=NEVER,
        model_color="bgr",
        model_range=255,
    )
    stated = srfast.Conventions.from_metadata(metadata(path))
    assert stated is not None
    assert (stated.scale, stated.color, stated.range) == (2, "bgr", (0, 255))


@pytest.mark.usefixtures("speeds")
def test_how_cores_are_used_is_measured_and_kept(
    photographs: Path, tmp_path: Path, speeds: Callable[[Speeds], None]
) -> None:
    """Also where srfast rewrites the network when it opens it, as for a leading enlargement."""
    source, path = exported("srcnn", 2, tmp_path / "net.onnx"), tmp_path / "int8.onnx"
    for way in ("pool", "tiles"):
        speeds(lambda others, way=way: {name: times(3 if name == way else 2) for name in others})
        report = srfast.quantize(source, path, images=photographs, max_loss=NEVER, threads=2, force=True)
        assert report.parallel == way
        prepared = geometry.prepared(onnx.load(path))
        assert prepared is not None
        tags = {pair.key: pair.value for pair in prepared.metadata_props}
        assert tags["srfast.parallel"] == way


def test_who_stays_in_float_reads_the_pixels_themselves(
    photographs: Path, tmp_path: Path, speeds: Callable[[Speeds], None]
) -> None:
    """The residual of the shipped networks, which srfast does natively where it recognises it."""
    path = tmp_path / "int8.onnx"
    speeds(lambda others: {name: times(2 / (1 + place)) for place, name in enumerate(others)})
    report = srfast.quantize(zoo.path("fast-x2"), path, images=photographs, max_loss=NEVER, threads=1)
    assert report.chosen.kept == "nothing"
    model = onnx.load(path)
    source = model.graph.input[0].name
    assert sorted(node.op_type for node in model.graph.node if source in node.input) == [
        "Conv",
        "QuantizeLinear",
    ]


# --- what is tried and chosen


def test_which_convolutions_see_the_pixels_and_which_make_them() -> None:
    folded = static.folded(onnx.load(zoo.path("fast-x3")))
    found = layers(folded)
    # The tenth lets the pixels themselves through to the end.
    assert (len(found.every), found.count) == (9, 10)
    assert (found.first, found.last) == ({found.every[0]}, {found.every[-1]})
    assert list(found.ways()) == ["nothing", "first", "last", "first and last"]


def test_a_network_of_one_convolution_has_one_way() -> None:
    node = onnx.helper.make_node("Conv", ["input", "w"], ["output"], "only", pads=[1, 1, 1, 1])
    weights = {"w": np.ones((3, 3, 3, 3), np.float32)}
    found = layers(onnx.load_from_string(onnx_files.serialized([node], weights=weights)))
    assert found.ways() == {"nothing": frozenset()}
    assert found.every == ("only",)


SCORE = Score(30, 0.9, 28, 0.9)


def candidate(kept: str, lost: float, ratio: float) -> Candidate:
    return Candidate(onnx.ModelProto(), Trial(kept, 3, 0, False, SCORE, lost, 40.0, times(ratio)))


@pytest.mark.parametrize(
    ("candidates", "best"),
    [
        ([("nothing", 0.2, 2.0), ("first", 0.1, 1.5)], "nothing"),
        ([("nothing", 0.2, 2.0), ("first", 0.1, 1.96)], "first"),  # within noise
        ([("nothing", 0.2, 1.5), ("first", 0.1, 2.0), ("last", 0.05, 1.9)], "first"),
    ],
)
def test_the_quickest_is_chosen(candidates: list[tuple[str, float, float]], best: str) -> None:
    assert quickest([candidate(*each) for each in candidates]).trial.kept == best


def test_what_is_lost_is_the_more_of_luma_and_rgb() -> None:
    random = np.random.default_rng(0)
    truth = random.integers(20, 230, (48, 48, 3), np.uint8)
    pair = shrink("noise", truth, 2)
    plain = truth + random.integers(0, 8, truth.shape, np.uint8)
    blue, gray = plain.copy(), plain + np.uint8(4)
    blue[..., 2] += 12  # of which luma shows a tenth
    reference = Reference.of([pair], [plain])
    for other, channels in ((blue, "rgb"), (gray, "y")):
        before, after = (psnr(truth, each, border=2, channels=channels) for each in (plain, other))
        score, lost, agreement = reference.lost([other])
        assert lost == pytest.approx(before - after)
        assert score.psnr_rgb == pytest.approx(psnr(truth, other, border=2))
        assert agreement == pytest.approx(psnr(plain, other))


def test_what_loses_too_much_is_not_measured(
    network: Path, photographs: Path, tmp_path: Path, speeds: Callable[[Speeds], None]
) -> None:
    losses = srfast_losses(network, photographs, tmp_path, speeds)
    limit = sorted(losses.values())[1]
    measured: list[int] = []

    def found(others: Mapping[str, onnx.ModelProto]) -> dict[str, Speed]:
        measured.append(len(others))
        return {name: times(2) for name in others}

    speeds(found)
    report = srfast.quantize(network, tmp_path / "b.onnx", images=photographs, max_loss=limit, threads=1)
    assert measured == [2, 1]  # those that lose little, then the chosen one
    assert report.chosen.lost <= limit
    assert {trial.kept for trial in report.trials if trial.speed is None} == {
        kept for kept, lost in losses.items() if lost > limit
    }


def srfast_losses(
    network: Path, photographs: Path, tmp_path: Path, speeds: Callable[[Speeds], None]
) -> dict[str, float]:
    report = srfast.quantize(network, tmp_path / "a.onnx", images=photographs, max_loss=NEVER, threads=1)
    return {trial.kept: trial.lost for trial in report.trials}


# --- what is refused


@pytest.mark.parametrize(
    ("ratio", "max_loss", "message"),
    [(0.9, NEVER, "gains no speed"), (2.0, -50.0, r"max_loss is -50; allow more \(--max-loss\)")],
)
def test_a_file_that_does_not_pay_is_refused_unless_forced(
    ratio: float,
    max_loss: float,
    message: str,
    network: Path,
    photographs: Path,
    tmp_path: Path,
    speeds: Callable[[Speeds], None],
) -> None:
    speeds(lambda others: {name: times(ratio) for name in others})
    path = tmp_path / "int8.onnx"
    with pytest.raises(srfast.QuantizationError, match=message):
        srfast.quantize(network, path, images=photographs, max_loss=max_loss)
    assert not path.exists()
    with pytest.warns(UserWarning, match=message.split(";")[0]):
        srfast.quantize(network, path, images=photographs, max_loss=max_loss, force=True)
    assert srfast.Upscaler(path).scale == 2


def test_what_cannot_be_quantized_is_refused(photographs: Path, tmp_path: Path) -> None:
    path, target = tmp_path / "net.onnx", tmp_path / "int8.onnx"

    def refused(content: bytes, error: type[Exception], message: str, **options: Any) -> None:
        path.write_bytes(content)
        with pytest.raises(error, match=message):
            srfast.quantize(path, target, images=photographs, **options)
        assert not target.exists()

    ours = onnx_files.repeat(2, metadata=onnx_files.tags(2) | {"srfast.passes": "shuffle"})
    refused(ours, srfast.ModelError, "made for srfast alone")
    refused(onnx_files.repeat(2), srfast.QuantizationError, "no convolution")
    refused(onnx_files.repeat(2), srfast.OptionError, "max_loss", max_loss=float("nan"))
    zero = onnx.helper.make_node("QuantizeLinear", ["input", "s"], ["q"])
    back = onnx.helper.make_node("DequantizeLinear", ["q", "s"], ["output"])
    rounded = onnx_files.serialized(
        [zero, back], weights={"s": np.array(0.01, np.float32)}, metadata=onnx_files.tags(1)
    )
    refused(rounded, srfast.QuantizationError, "quantised already")


def test_targets_and_photographs_that_cannot_be_used(network: Path, tmp_path: Path) -> None:
    (tmp_path / "there.onnx").write_bytes(b"precious")
    for name, message in (("there.onnx", "exists"), ("", "is a folder"), ("no/a.onnx", "does not exist")):
        with pytest.raises(srfast.QuantizationError, match=message):
            srfast.quantize(network, tmp_path / name)
    assert (tmp_path / "there.onnx").read_bytes() == b"precious"
    before = network.read_bytes()
    with pytest.raises(srfast.QuantizationError, match="is to be read and is not overwritten"):
        srfast.quantize(network, network, force=True)
    assert network.read_bytes() == before
    with pytest.raises(srfast.OptionError, match="is not a folder"):
        srfast.quantize(network, tmp_path / "a.onnx", images=tmp_path / "none")
    small = tmp_path / "small"
    small.mkdir()
    images.write(small / "a.png", np.zeros((20, 20, 3), np.uint8))
    with pytest.raises(srfast.ImageError, match="smaller than 32x32"):
        srfast.quantize(network, tmp_path / "a.onnx", images=small)


# --- measuring, and the command


def test_speeds_are_those_of_the_bench(network: Path, tmp_path: Path) -> None:
    parts: list[float] = []
    found = speed.measured(network, {"same": onnx.load(network)}, tmp_path, 1, parts.append)
    assert list(found) == ["same"]
    assert found["same"].seconds > 0
    assert 0 < found["same"].ratio[0] <= found["same"].ratio[1] <= found["same"].ratio[2]
    assert parts[-1] == 1.0
    broken = onnx.ModelProto()
    with pytest.raises(srfast.RunError, match=r"broken\.onnx"):
        speed.measured(network, {"broken": broken}, tmp_path, 1, parts.append)


@pytest.mark.usefixtures("speeds")
def test_the_command(
    network: Path, photographs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "int8.onnx"
    words = ["quantize", str(network), "-o", str(path), "--images", str(photographs), "--threads", "2"]
    assert main([*words, "--max-loss", "50"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("1 windows of photographs")
    assert [line.split()[0] for line in lines[2:-1]] == ["everything", "nothing", "first", "last", "first"]
    assert lines[-1].startswith(f"{path}: ")
    assert "2.00 (2.00-2.00) times as fast" in lines[-1]
    assert main([*words, "--max-loss", "50"]) == 2
    assert "exists" in capsys.readouterr().err


@pytest.mark.data
@pytest.mark.usefixtures("speeds")
@pytest.mark.parametrize(
    "name",
    [
        each if each == zoo.DEFAULT else pytest.param(each, marks=pytest.mark.slow)
        for each in zoo.models()
        if "int8" not in each
    ],
)
def test_shipped_models_lose_little_on_set5(name: str, data_dir: Path, tmp_path: Path) -> None:
    srfast.quantize(name, tmp_path / "int8.onnx")
    allowed = 0.3 if name.startswith("srcnn") else 0.1
    assert lost_on_set5(name, tmp_path / "int8.onnx", data_dir, zoo.scale(name)) < allowed


@pytest.mark.data
@pytest.mark.slow
@pytest.mark.usefixtures("speeds")
def test_srcnn_loses_little_on_set5(data_dir: Path, tmp_path: Path) -> None:
    checkpoint = srfast.load_checkpoint(next((data_dir / "weights").glob("srcnn_x4*.pth")))
    srfast.export_onnx(checkpoint, tmp_path / "net.onnx")
    srfast.quantize(tmp_path / "net.onnx", tmp_path / "int8.onnx")
    assert lost_on_set5(tmp_path / "net.onnx", tmp_path / "int8.onnx", data_dir, 4) < 0.3


def lost_on_set5(plain: str | Path, rounded: Path, data_dir: Path, scale: int) -> float:
    folder = data_dir / "Set5" / f"x{scale}"
    pairs = read_pairs(folder, folder, scale)
    one, other = (
        mean(evaluate(srfast.Upscaler(model, color="rgb").run, pairs)) for model in (plain, rounded)
    )
    return max(one.psnr_y - other.psnr_y, one.psnr_rgb - other.psnr_rgb)


@pytest.mark.parametrize("kind", ["enlarged before", "float16"])
def test_networks_that_are_given_something_else_are_refused(kind: str, tmp_path: Path) -> None:
    path = exported("srvgg", 2, tmp_path / "net.onnx")
    model = onnx.load(path)
    if kind == "float16":
        for entry in (*model.graph.input, *model.graph.output):
            entry.type.tensor_type.elem_type = onnx.TensorProto.FLOAT16
        nodes = [onnx.helper.make_node("Cast", ["input"], ["wide"], to=onnx.TensorProto.FLOAT)]
        for node in model.graph.node:
            node.input[:] = ["wide" if name == "input" else name for name in node.input]
            node.output[:] = ["long" if name == "output" else name for name in node.output]
        nodes += [*model.graph.node]
        nodes.append(onnx.helper.make_node("Cast", ["long"], ["output"], to=onnx.TensorProto.FLOAT16))
        del model.graph.node[:]
        model.graph.node.extend(nodes)
    else:
        model.metadata_props.add(key="srfast.enlarge", value="cubic 2")
    onnx.save(model, path)
    with pytest.raises(srfast.QuantizationError, match=r"net\.onnx.*(enlarged before|float32)"):
        srfast.quantize(path, tmp_path / "int8.onnx")
    assert not (tmp_path / "int8.onnx").exists()
