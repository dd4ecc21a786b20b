"""Networks are rewritten when they are opened, and by `srfast optimize`; both prove themselves right."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")

import numpy as np
import onnx
from onnx import helper

import networks
import onnx_files
import srfast
from srfast import cli, zoo
from srfast.passes import Rewritten

IMAGE = np.random.default_rng(0).integers(0, 256, (19, 23, 3), np.uint8)
SIZES = ((1, 1), (1, 9), (13, 2), (19, 23))


def tagged(name: str, scale: int, color: str = "rgb") -> bytes:
    model = networks.graph(name, scale, 3 if color == "rgb" else 1)
    helper.set_model_props(model, onnx_files.tags(scale, color))
    return model.SerializeToString()


def worst(one: srfast.Upscaler, other: srfast.Upscaler, image: np.ndarray) -> float:
    """The largest difference of floats; integers differ by one at most."""
    integers = np.abs(one.run(image).astype(int) - other.run(image))
    assert integers.max() <= 1
    floats = image.astype(np.float32) / 255
    return float(np.abs(one.run(floats) - other.run(floats)).max())


# In memory


@pytest.mark.parametrize("color", ["rgb", "y"])
@pytest.mark.parametrize("name", sorted(networks.NETWORKS))
def test_a_network_that_is_rewritten_gives_the_same_image(name: str, color: str) -> None:
    content = tagged(name, 3, color)
    plain, fast = srfast.Upscaler(content, optimize=False), srfast.Upscaler(content)
    assert plain.info.passes == []
    assert fast.info.passes != []
    assert fast.info.scale == 3
    # ONNX Runtime's cubic Resize has float coordinates, srfast's has exact ones.
    allowed = 2e-5 if name in ("srcnn", "vdsr") else 4e-6
    for height, width in SIZES:
        assert worst(plain, fast, IMAGE[:height, :width]) < allowed
        assert worst(plain, fast, IMAGE[:height, :width, 1]) < allowed  # gray
    fast_as_well = srfast.Upscaler(content, memory_limit="700KB")
    assert worst(fast, fast_as_well, IMAGE) < 2e-6


def test_the_caller_may_say_what_the_file_does_not() -> None:
    model = networks.graph("espcn", 2)
    options: dict[str, Any] = {"model_color": "bgr", "model_range": 255}
    fast = srfast.Upscaler(model.SerializeToString(), **options)
    assert fast.info.passes == ["pixel_shuffle"]
    assert (fast.info.color, fast.info.range, fast.info.scale) == ("bgr", (0, 255), 2)
    plain = srfast.Upscaler(model.SerializeToString(), optimize=False, **options)
    assert worst(plain, fast, IMAGE) < 2e-6


def test_a_network_that_nothing_applies_to_stays_as_it_is() -> None:
    nodes = [helper.make_node("Relu", ["input"], ["output"])]
    upscaler = srfast.Upscaler(onnx_files.serialized(nodes, metadata=onnx_files.tags(1)))
    assert upscaler.info.passes == []
    assert upscaler.info.halo == (0, 0, 0, 0)
    np.testing.assert_array_equal(upscaler.run(IMAGE), IMAGE)


def test_a_border_that_is_missing_at_one_side_more(tmp_path: Path) -> None:
    """A run shows how much is missing; only the graph shows where, without which the image is shifted."""
    model = onnx.load_model_from_string(onnx_files.convolutions(2))
    whole = srfast.Upscaler(model.SerializeToString()).run(IMAGE)
    del model.metadata_props[:]
    relu, last = model.graph.node[1:3]
    last.input[0] = "cut"
    model.graph.node.insert(2, helper.make_node("Slice", [relu.output[0], "from", "to", "axes"], ["cut"]))
    for name, numbers in {"from": [2, 0], "to": [-1, -3], "axes": [2, 3]}.items():
        model.graph.initializer.append(onnx.numpy_helper.from_array(np.array(numbers), name))
    file = tmp_path / "cut.onnx"
    file.write_bytes(model.SerializeToString())

    options: dict[str, Any] = {"model_color": "rgb", "model_range": 1}
    srfast.optimize(file, tmp_path / "cut.srfast.onnx")
    for cut in (
        srfast.Upscaler(file, **options, optimize=False),
        srfast.Upscaler(file, **options),
        srfast.Upscaler(tmp_path / "cut.srfast.onnx", **options),
    ):
        assert cut.info.margin == (4, 0, 2, 6)
        away = np.s_[12:-12, 12:-12]  # from the border, where the image is mirrored
        assert np.abs(cut.run(IMAGE)[away].astype(int) - whole[away]).max() <= 1
    assert cut.info.passes == srfast.Upscaler(file, **options).info.passes == ["pixel_shuffle"]


def test_a_rewrite_that_is_wrong_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    from srfast import passes

    def wrong(model: onnx.ModelProto, value_range: tuple[float, float]) -> Rewritten | None:
        made = rewritten(model, value_range)
        assert made is not None
        bias = next(entry for entry in made.model.graph.initializer if entry.dims == [27])
        values = onnx.numpy_helper.to_array(bias) + np.float32(0.01)
        bias.CopyFrom(onnx.numpy_helper.from_array(values, bias.name))
        return made

    content = tagged("espcn", 3)
    rewritten = passes.rewritten
    right = srfast.Upscaler(content)
    monkeypatch.setattr(passes, "rewritten", wrong)
    with pytest.warns(UserWarning, match=r"run as it is.*differ by 0.01 .*optimize=False ends"):
        upscaler = srfast.Upscaler(content)
    assert upscaler.info.passes == []
    assert upscaler.info.halo == right.info.halo
    assert worst(right, upscaler, IMAGE) < 2e-6
    assert srfast.Upscaler(content, optimize=False).info.passes == []


def test_a_pass_that_fails_harms_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError("by zero")

    monkeypatch.setattr("srfast.passes.rewritten", fail)
    with pytest.warns(UserWarning, match=r"run as it is.*by zero"):
        upscaler = srfast.Upscaler(tagged("espcn", 3))
    assert upscaler.info.halo is not None
    assert upscaler.run(IMAGE).shape == (57, 69, 3)


def test_a_pickled_upscaler_remembers(tmp_path: Path) -> None:
    import pickle

    content = tagged("espcn", 2)
    for optimize in (True, False):
        again = pickle.loads(pickle.dumps(srfast.Upscaler(content, optimize=optimize)))
        assert bool(again.info.passes) == optimize


# Files


def test_a_file_for_srfast_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source, target = tmp_path / "net.onnx", tmp_path / "net.srfast.onnx"
    source.write_bytes(tagged("srvgg", 2))
    before = source.read_bytes()
    assert cli.main(["optimize", str(source), "-o", str(target)]) == 0
    said = capsys.readouterr().out
    assert f"{source}: plain nodes, residual, pixel shuffle, prelu\n" in said
    assert f"{target}: {target.stat().st_size:,} bytes" in said
    assert source.read_bytes() == before

    model = onnx.load(target)
    assert "for srfast alone" in model.doc_string
    onnx.checker.check_model(model, full_check=True)
    metadata = {pair.key: pair.value for pair in model.metadata_props}
    assert metadata["srfast.passes"] == "plain_nodes residual pixel_shuffle prelu"
    assert metadata["srfast.scale"] == "2"
    assert metadata["srfast.shuffle"] == "2"
    assert metadata["srfast.residual"] == "nearest 2"
    assert "srfast.halo" in metadata

    opened = srfast.Upscaler(target)
    assert opened.info.passes == metadata["srfast.passes"].split()
    np.testing.assert_array_equal(opened.run(IMAGE), srfast.Upscaler(source).run(IMAGE))

    assert cli.main(["optimize", str(source), "-o", str(target)]) == 2
    assert "exists" in capsys.readouterr().err
    assert cli.main(["optimize", str(source), "-o", str(target), "--force"]) == 0


def test_what_cannot_be_optimised(tmp_path: Path) -> None:
    net, made = tmp_path / "net.onnx", tmp_path / "made.srfast.onnx"
    net.write_bytes(tagged("espcn", 2))
    with pytest.raises(srfast.OptionError, match=r"end it in \.srfast\.onnx"):
        srfast.optimize(net, tmp_path / "made.onnx")
    with pytest.raises(srfast.ExportError, match="does not exist"):
        srfast.optimize(net, tmp_path / "nowhere" / "made.srfast.onnx")
    nodes = [helper.make_node("Relu", ["input"], ["output"])]
    with pytest.raises(srfast.ModelError, match="nothing in the model in memory can be rewritten"):
        srfast.optimize(onnx_files.serialized(nodes, metadata=onnx_files.tags(1)), made)
    assert not made.exists()
    srfast.optimize(net, made)
    for command in ("optimize", "bench"):
        words = {"optimize": ["-o", str(tmp_path / "again.srfast.onnx")], "bench": []}[command]
        assert cli.main([command, str(made), *words]) == 2
    with pytest.raises(srfast.ModelError, match=r"srfast alone.*name the file that it was made of"):
        srfast.optimize(made, tmp_path / "again.srfast.onnx")


def test_a_rewrite_that_is_wrong_is_not_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("srfast.optimization.disagreement", lambda *_, **__: "they differ")
    with pytest.raises(srfast.ExportError, match=r"does not give what .* gives: they differ"):
        srfast.optimize(tagged("espcn", 2), tmp_path / "made.srfast.onnx")
    assert list(tmp_path.iterdir()) == []


# Shipped models


@pytest.mark.parametrize("name", zoo.models())
def test_shipped_models_are_what_optimize_makes_of_them(name: str, tmp_path: Path) -> None:
    """If this fails: srfast optimize NAME -o python/srfast/zoo/NAME.srfast.onnx --force."""
    shipped = zoo.optimized(zoo.path(name))
    assert shipped.name == f"{name}.srfast.onnx"
    made = srfast.optimize(zoo.path(name), tmp_path / shipped.name).path
    assert onnx.load(made) == onnx.load(shipped)


def test_a_shipped_model_is_opened_without_onnx() -> None:
    program = (
        "import sys, srfast; upscaler = srfast.Upscaler('fast-x3'); assert upscaler.info.passes; "
        "assert not {'onnx', 'onnxruntime', 'torch'} & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert srfast.Upscaler("fast-x3", optimize=False).info.passes == []
