"""Files of weights: what is in them is found, and what cannot be trusted is refused."""

from __future__ import annotations

import json
import os
import pickle
import re
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")

import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import save_file
from torch import Tensor, nn

from srfast import openmmlab
from srfast.checkpoints import Checkpoint, load_checkpoint, rebuilt
from srfast.conventions import Conventions
from srfast.errors import CheckpointError, OptionError
from srfast.models import ARCHITECTURES, SRCNN, Fast

# The parts of MMEditing's configuration that matter, as its file of SRCNN weights has them.
CONFIGURATION = """configs/srcnn.py
scale = 4
model = dict(generator=dict(type='SRCNN', channels=(3, 64, 32, 3), upscale_factor=scale))
train_pipeline = [
    dict(type='RescaleToZeroOne', keys=['lq', 'gt']),
    dict(type='Normalize', keys=['lq', 'gt'], mean=[0, 0, 0], std=[1, 1, 1], to_rgb=True),
]
"""


def prefixed(prefix: str, state: dict[str, Tensor]) -> dict[str, Tensor]:
    return {prefix + name: tensor for name, tensor in state.items()}


def openmmlab_file(state: dict[str, Tensor], configuration: str = CONFIGURATION) -> dict[str, Any]:
    return {"meta": {"config": configuration, "iter": 7}, "state_dict": prefixed("generator.", state)}


def save_trained(
    network: nn.Module, path: Path, arch: str, config: dict[str, Any], **stated: Any
) -> dict[str, str]:
    """Saves as `srfast train` does; gives the metadata back."""
    metadata = Conventions(**stated).to_metadata()
    metadata |= {"srfast.arch": arch, "srfast.config": json.dumps(config)}
    save_file(network.state_dict(), path, metadata)
    return metadata


def assert_same_weights(checkpoint: Checkpoint, network: nn.Module) -> None:
    loaded = checkpoint.network.state_dict()
    expected = network.state_dict()
    assert loaded.keys() == expected.keys()
    for name, tensor in expected.items():
        assert torch.equal(loaded[name], tensor), name


@pytest.fixture
def srcnn() -> SRCNN:
    torch.manual_seed(0)
    return SRCNN(4)


class TestLayouts:
    @pytest.mark.parametrize(
        "wrap",
        [
            lambda state: state,
            lambda state: {"state_dict": state},
            lambda state: prefixed("module.", state),
            lambda state: {"state_dict": prefixed("generator.", state), "meta": {"iter": 7}},
            lambda state: {"state_dict": prefixed("generator.", state) | {"discriminator.w": torch.zeros(1)}},
            lambda state: prefixed("module.generator.", state),
        ],
        ids=["plain", "state_dict", "DataParallel", "generator", "with discriminator", "both prefixes"],
    )
    @pytest.mark.parametrize("zipped", [True, False], ids=["zip", "old format"])
    def test_layouts_of_pytorch_files(
        self, srcnn: SRCNN, tmp_path: Path, wrap: Callable[[dict[str, Tensor]], Any], zipped: bool
    ) -> None:
        path = tmp_path / "weights.pth"
        torch.save(wrap(dict(srcnn.state_dict())), path, _use_new_zipfile_serialization=zipped)
        with pytest.warns(UserWarning, match="does not say what its network eats"):
            checkpoint = load_checkpoint(path, scale=3)
        assert_same_weights(checkpoint, srcnn)
        assert checkpoint.architecture == "srcnn"
        assert checkpoint.conventions == Conventions(scale=3, color="rgb", range=(0.0, 1.0))
        assert not checkpoint.network.training
        with torch.inference_mode():
            assert checkpoint.network(torch.rand(1, 3, 5, 4)).shape == (1, 3, 15, 12)

    def test_plain_safetensors_under_any_name(self, srcnn: SRCNN, tmp_path: Path) -> None:
        path = tmp_path / "weights.pth"
        save_file(srcnn.state_dict(), path)
        with pytest.warns(UserWarning, match="does not say"):
            assert_same_weights(load_checkpoint(str(path), scale=4), srcnn)

    def test_one_channel_is_taken_for_luma(self, tmp_path: Path) -> None:
        torch.save(SRCNN(2, channels=1).state_dict(), tmp_path / "y.pth")
        with pytest.warns(UserWarning, match="assumed: y,"):
            assert load_checkpoint(tmp_path / "y.pth", scale=2).conventions.color == "y"

    def test_half_precision_becomes_single(self, srcnn: SRCNN, tmp_path: Path) -> None:
        torch.save(srcnn.half().state_dict(), tmp_path / "half.pth")
        with pytest.warns(UserWarning, match="does not say"):
            network = load_checkpoint(tmp_path / "half.pth", scale=2).network
        assert {tensor.dtype for tensor in network.parameters()} == {torch.float32}

    def test_plain_fast_weights(self, tmp_path: Path) -> None:
        network = Fast(2, channels=1, features=6, layers=3)
        torch.save(network.state_dict(), tmp_path / "fast.pth")
        with pytest.warns(UserWarning, match="does not say"):
            checkpoint = load_checkpoint(tmp_path / "fast.pth", scale=2)
        assert checkpoint.architecture == "fast"
        assert_same_weights(checkpoint, network)


@pytest.mark.parametrize("wrapping", [None, "params", "params_ema"])
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("scale", [1, 2, 3, 4])
@pytest.mark.parametrize(
    ("architecture", "sizes"),
    [
        ("edsr", {"features": 8, "blocks": 3}),
        ("espcn", {"features": 10}),
        ("fast", {"features": 6, "layers": 3}),
        ("fsrcnn", {"features": 9, "shrunk": 5, "layers": 2}),
        ("srcnn", {}),
        ("srvgg", {"features": 7, "layers": 3}),
        ("vdsr", {"features": 8, "layers": 4}),
    ],
)
def test_every_architecture_is_known_by_its_weights(
    tmp_path: Path, architecture: str, sizes: dict[str, int], scale: int, channels: int, wrapping: str | None
) -> None:
    network = ARCHITECTURES[architecture](scale, channels=channels, **sizes)
    state = network.state_dict()
    torch.save({wrapping: state} if wrapping else state, tmp_path / "weights.pth")
    shows_scale = architecture in ("edsr", "espcn", "fast", "srvgg")
    with pytest.warns(UserWarning, match="does not say what its network eats"):
        checkpoint = load_checkpoint(tmp_path / "weights.pth", scale=None if shows_scale else scale)
    assert checkpoint.architecture == architecture
    assert checkpoint.conventions == Conventions(scale, color="rgb" if channels == 3 else "y")
    assert_same_weights(checkpoint, network)


@pytest.mark.parametrize("dtype", [torch.float8_e4m3fn, torch.float8_e5m2, torch.float16, torch.bfloat16])
@pytest.mark.parametrize("suffix", ["pth", "safetensors"])
def test_short_floats_are_widened(srcnn: SRCNN, tmp_path: Path, dtype: torch.dtype, suffix: str) -> None:
    file = tmp_path / f"short.{suffix}"
    short = {name: value.to(dtype) for name, value in srcnn.state_dict().items()}
    if suffix == "pth":
        torch.save(short, file)
    else:
        save_file(short, file)
    with pytest.warns(UserWarning, match="does not say"):
        network = load_checkpoint(file, scale=4).network
    for name, value in network.state_dict().items():
        assert value.dtype == torch.float32
        assert torch.equal(value, short[name].float()), name


def test_doubts_come_as_text_for_callers_who_know_better(srcnn: SRCNN, tmp_path: Path) -> None:
    torch.save(srcnn.state_dict(), tmp_path / "plain.pth")
    _, doubts = rebuilt(tmp_path / "plain.pth", scale=3)  # and no warning
    assert len(doubts) == 1
    assert "does not say what its network eats" in doubts[0]


def test_averaged_weights_come_first(tmp_path: Path, srcnn: SRCNN) -> None:
    torch.save({"params": SRCNN(2).state_dict(), "params_ema": srcnn.state_dict()}, tmp_path / "both.pth")
    with pytest.warns(UserWarning, match="does not say"):
        assert_same_weights(load_checkpoint(tmp_path / "both.pth", scale=2), srcnn)


class TestStatedConventions:
    def test_openmmlab_says_everything(self, srcnn: SRCNN, tmp_path: Path) -> None:
        torch.save(openmmlab_file(srcnn.state_dict()), tmp_path / "mm.pth")
        checkpoint = load_checkpoint(tmp_path / "mm.pth")  # and no warning
        assert_same_weights(checkpoint, srcnn)
        assert checkpoint.conventions == Conventions(scale=4, color="rgb", range=(0.0, 1.0))
        assert "OpenMMLab" in checkpoint.source

    def test_another_scale_than_trained_for_warns(self, srcnn: SRCNN, tmp_path: Path) -> None:
        torch.save(openmmlab_file(srcnn.state_dict()), tmp_path / "mm.pth")
        with pytest.warns(UserWarning, match="trained for x4; at x3"):
            checkpoint = load_checkpoint(tmp_path / "mm.pth", scale=3)
        assert checkpoint.conventions.scale == 3

    @pytest.mark.parametrize(
        ("configuration", "scale", "color"),
        [
            (CONFIGURATION, 4, "rgb"),
            (CONFIGURATION.replace("upscale_factor=scale", "upscale_factor=2"), 2, "rgb"),
            (CONFIGURATION.replace("to_rgb=True", "to_rgb=False"), 4, "bgr"),
            (CONFIGURATION + "test = dict(to_rgb=False)\n", 4, None),
            (CONFIGURATION.replace("RescaleToZeroOne", "Other"), 4, None),
            (CONFIGURATION.replace("[0, 0, 0]", "[0.4488, 0.4371, 0.4040]"), 4, None),
            (CONFIGURATION.replace("[1, 1, 1]", "[255, 255, 255]"), 4, None),
            (CONFIGURATION.replace("scale = 4\n", ""), None, "rgb"),
            (CONFIGURATION.replace("scale = 4\n", "scale = 0\n"), None, "rgb"),
            (CONFIGURATION.replace("scale = 4\n", f"scale = {'9' * 5000}\n"), None, "rgb"),
            ("", None, None),
        ],
    )
    def test_openmmlab_configurations(self, configuration: str, scale: int | None, color: str | None) -> None:
        assert openmmlab.read_scale(configuration) == scale
        assert openmmlab.read_color(configuration) == color

    def test_openmmlab_says_the_scale_alone(self, srcnn: SRCNN, tmp_path: Path) -> None:
        torch.save(openmmlab_file(srcnn.state_dict(), "upscale_factor=4"), tmp_path / "mm.pth")
        with pytest.warns(UserWarning, match=r"assumed: rgb, values 0\.\.1"):
            checkpoint = load_checkpoint(tmp_path / "mm.pth")
        assert checkpoint.conventions == Conventions(4)

    def test_trained_by_srfast(self, tmp_path: Path) -> None:
        network = Fast(3, features=8, layers=2)
        config = {"upscale_factor": 3, "features": 8, "layers": 2}
        save_trained(network, tmp_path / "f.safetensors", "fast", config, scale=3, color="bgr", made_by="me")
        checkpoint = load_checkpoint(tmp_path / "f.safetensors")
        assert_same_weights(checkpoint, network)
        assert checkpoint.architecture == "fast"
        assert checkpoint.conventions == Conventions(3, color="bgr", made_by="me")

    def test_a_scale_that_the_shapes_forbid_is_refused(self, tmp_path: Path) -> None:
        save_trained(Fast(3), tmp_path / "f.safetensors", "fast", {"upscale_factor": 3}, scale=3)
        with pytest.raises(CheckpointError, match=r"do not fit fast at x2: last.bias is 27, not 12"):
            load_checkpoint(tmp_path / "f.safetensors", scale=2)


class RunsCode:
    """Would make a file when it is unpickled without care."""

    def __init__(self, target: Path) -> None:
        self.target = target

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (str(self.target),)


class TestRefusals:
    @pytest.mark.parametrize("how", ["zip", "old format", "bare pickle"])
    def test_code_in_a_pickle_does_not_run(self, tmp_path: Path, how: str) -> None:
        trap = tmp_path / "trap"
        path = tmp_path / "weights.pth"
        if how == "bare pickle":
            path.write_bytes(pickle.dumps({"conv1.weight": RunsCode(trap)}))
        else:
            torch.save({"a": RunsCode(trap)}, path, _use_new_zipfile_serialization=how == "zip")
        with pytest.raises(CheckpointError, match="could run code"):
            load_checkpoint(path, scale=4)
        assert not trap.exists()

    def test_a_zip_bomb_is_not_unpacked(self, srcnn: SRCNN, tmp_path: Path) -> None:
        torch.save(srcnn.state_dict(), tmp_path / "plain.pth")
        bomb = tmp_path / "bomb.pth"
        with (
            zipfile.ZipFile(tmp_path / "plain.pth") as plain,
            zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as packed,
        ):
            for entry in plain.infolist():
                large = bytes(50_000_000) if entry.filename.endswith("data/0") else plain.read(entry)
                packed.writestr(entry.filename, large)
        assert bomb.stat().st_size < 1_000_000
        with pytest.raises(CheckpointError, match=r"bomb\.pth weighs [\d,]+ bytes and would unpack to 50,"):
            load_checkpoint(bomb, scale=4)

    def test_a_tensor_that_claims_more_than_it_holds(self, srcnn: SRCNN, tmp_path: Path) -> None:
        weights = dict(srcnn.state_dict())
        weights["conv1.weight"] = torch.zeros(1).expand(1 << 20, 1 << 20)
        torch.save(weights, tmp_path / "claims.pth")
        with pytest.raises(CheckpointError, match=r"conv1.weight claims the shape .1048576, 1048576."):
            load_checkpoint(tmp_path / "claims.pth", scale=4)

    def test_a_pickled_network_is_refused_with_advice(self, tmp_path: Path) -> None:
        torch.save(nn.Conv2d(1, 1, 1), tmp_path / "whole.pth")
        with pytest.raises(CheckpointError, match=r"torch.nn.modules.conv.Conv2d.*network.state_dict\(\)"):
            load_checkpoint(tmp_path / "whole.pth")

    @pytest.mark.filterwarnings("ignore:.torch.jit:DeprecationWarning")  # making one is deprecated
    def test_a_torchscript_archive_is_refused_with_advice(self, srcnn: SRCNN, tmp_path: Path) -> None:
        torch.jit.trace(srcnn, torch.zeros(1, 3, 8, 8)).save(str(tmp_path / "script.pt"))
        with pytest.raises(CheckpointError, match=r"script.pt is a TorchScript archive.*state_dict\(\)"):
            load_checkpoint(tmp_path / "script.pt", scale=4)

    def test_a_plain_file_needs_a_scale(self, srcnn: SRCNN, tmp_path: Path) -> None:
        torch.save(srcnn.state_dict(), tmp_path / "plain.pth")
        with pytest.raises(CheckpointError, match=r"plain.pth does not say its scale.*--scale"):
            load_checkpoint(tmp_path / "plain.pth")

    @pytest.mark.parametrize("scale", [0, -2, 2.5, True])
    def test_scales_that_make_no_sense(self, srcnn: SRCNN, tmp_path: Path, scale: Any) -> None:
        torch.save(srcnn.state_dict(), tmp_path / "plain.pth")
        with pytest.raises(OptionError, match="scale must be"):
            load_checkpoint(tmp_path / "plain.pth", scale=scale)

    @pytest.mark.parametrize(
        "contents",
        [
            {"epoch": 3, "body.0.weight": torch.zeros(2)},
            {"state_dict": {}},
            {},
            [torch.zeros(2)],
            torch.zeros(2),
            {1: torch.zeros(2)},
            {"state_dict": 5},
        ],
        ids=["other keys", "empty state dict", "empty", "list", "tensor", "keys no text", "no state dict"],
    )
    def test_unknown_layouts_say_what_was_seen_and_tried(self, tmp_path: Path, contents: Any) -> None:
        torch.save(contents, tmp_path / "odd.pth")
        with pytest.raises(CheckpointError, match=r"odd.pth has an unknown layout.*tried: .*srcnn") as caught:
            load_checkpoint(tmp_path / "odd.pth", scale=2)
        if isinstance(contents, dict) and "epoch" in contents:
            assert "of its 2 keys: epoch, body.0.weight" in str(caught.value)

    def test_another_srcnn_than_ours(self, srcnn: SRCNN, tmp_path: Path) -> None:
        state = dict(srcnn.state_dict())
        state["conv2.weight"] = torch.zeros(32, 64, 5, 5)
        torch.save(state, tmp_path / "955.pth")
        with pytest.raises(CheckpointError, match=r"conv2.weight is 32x64x5x5, not 32x64x1x1"):
            load_checkpoint(tmp_path / "955.pth", scale=4)

    def test_weights_that_are_no_numbers(self, srcnn: SRCNN, tmp_path: Path) -> None:
        with torch.no_grad():
            srcnn.conv1.weight[0, 0, 0, 0] = float("nan")
        torch.save(srcnn.state_dict(), tmp_path / "nan.pth")
        with pytest.raises(CheckpointError, match="not finite"):
            load_checkpoint(tmp_path / "nan.pth", scale=4)

    @pytest.mark.filterwarnings("ignore:torch.quantize_per_tensor:UserWarning")  # making some is deprecated
    @pytest.mark.parametrize("dtype", [torch.int8, torch.bool, torch.complex64, torch.qint8])
    def test_weights_that_stand_for_other_numbers(
        self, srcnn: SRCNN, tmp_path: Path, dtype: torch.dtype
    ) -> None:
        state = dict(srcnn.state_dict())
        state["conv1.weight"] = (
            torch._make_per_tensor_quantized_tensor(state["conv1.weight"].char(), 0.1, 0)
            if dtype == torch.qint8
            else state["conv1.weight"].to(dtype)
        )
        torch.save(state, tmp_path / "other.pth")
        with pytest.raises(CheckpointError, match=f"conv1.weight as {dtype}, which are not plain"):
            load_checkpoint(tmp_path / "other.pth", scale=4)

    def test_tensors_without_memory(self, srcnn: SRCNN, tmp_path: Path) -> None:
        torch.save({name: value.to("meta") for name, value in srcnn.state_dict().items()}, tmp_path / "m.pth")
        with pytest.raises(CheckpointError, match="of which it holds 0 bytes"):
            load_checkpoint(tmp_path / "m.pth", scale=4)

    @pytest.mark.parametrize(
        ("change", "message"),
        [
            ({"srfast.arch": "swinir"}, "network 'swinir', which this srfast lacks"),
            ({"srfast.config": "{"}, "makes no sense"),
            ({"srfast.config": "[3]"}, "incomplete"),
            ({"srfast.config": '{"layers": "many"}'}, "cannot be built"),
            ({"srfast.config": '{"__class__": 1}'}, "cannot be built"),
            ({"srfast.config": '{"features": 100000000}'}, "do not fit"),
            ({"srfast.scale": "many"}, "makes no sense"),
            ({"srfast.schema": "99"}, "makes no sense.*upgrade"),
            ({"srfast.color": "infrared"}, "makes no sense"),
        ],
    )
    def test_metadata_that_lies(self, tmp_path: Path, change: dict[str, str], message: str) -> None:
        path = tmp_path / "f.safetensors"
        metadata = save_trained(Fast(2), path, "fast", {"upscale_factor": 2}, scale=2)
        save_file(Fast(2).state_dict(), path, metadata | change)
        with pytest.raises(CheckpointError, match=message):
            load_checkpoint(path)

    @pytest.mark.parametrize("name", ["weights.pth", "weights.safetensors"])
    @pytest.mark.parametrize(
        ("content", "message"),
        [
            (None, "cannot read .*No such file"),
            (b"", "is empty"),
            (b"conv1.weight = 5, and so on\n" * 9, "neither a PyTorch nor a safetensors file"),
            (b"\x00", "neither a PyTorch nor a safetensors file"),
            (b"\x80", "damaged or no file of weights"),
            (b"PK\x03\x04" + b"\x00" * 30, "damaged or no file of weights"),
            (struct.pack("<Q", 2**62) + b'{"a":1}', "not a whole safetensors file"),
            (b'\x07\x00\x00\x00\x00\x00\x00\x00{"a":1}', "not a whole safetensors file"),
        ],
    )
    def test_files_that_hold_no_weights(
        self, tmp_path: Path, name: str, content: bytes | None, message: str
    ) -> None:
        path = tmp_path / name
        if content is not None:
            path.write_bytes(content)
        with pytest.raises(CheckpointError, match=message) as caught:
            load_checkpoint(path, scale=2)
        assert str(path) in str(caught.value)

    def test_a_folder(self, tmp_path: Path) -> None:
        with pytest.raises(CheckpointError, match=f"cannot read {re.escape(str(tmp_path))}: Is a directory"):
            load_checkpoint(tmp_path)

    @pytest.mark.parametrize("kind", ["zip", "old format", "safetensors"])
    @settings(max_examples=30)
    @given(keep=st.floats(0.0, 1.0, exclude_max=True))
    def test_truncated_files(self, tmp_path_factory: pytest.TempPathFactory, kind: str, keep: float) -> None:
        path = tmp_path_factory.mktemp("truncated") / "weights"
        state = SRCNN(2).state_dict()
        if kind == "safetensors":
            save_file(state, path)
        else:
            torch.save(state, path, _use_new_zipfile_serialization=kind == "zip")
        whole = path.read_bytes()
        path.write_bytes(whole[: int(keep * len(whole))])
        with pytest.raises(CheckpointError, match=re.escape(str(path))):
            load_checkpoint(path, scale=2)


@pytest.mark.data
def test_the_published_weights_say_what_they_eat(data_dir: Path) -> None:
    path = data_dir / "weights" / "srcnn_x4k915_1x16_1000k_div2k_20200608-4186f232.pth"
    checkpoint = load_checkpoint(path)
    assert checkpoint.architecture == "srcnn"
    assert checkpoint.conventions == Conventions(scale=4, color="rgb", range=(0.0, 1.0))
