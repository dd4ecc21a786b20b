"""Weights of architectures that spandrel knows: found, exported, proven, run natively."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

pytest.importorskip("torch")

import numpy as np
import torch
from torch import nn

import srfast
from srfast.checkpoints import load_checkpoint
from srfast.errors import CheckpointError, OptionError
from torchvision_standin import import_spandrel

Build = Callable[[Any], nn.Module]

# Small, in their official layouts. What `load_checkpoint` should find out: scale, multiple, minimum.
ARCHITECTURES: dict[str, tuple[Build, tuple[int, int, int]]] = {
    "ESRGAN": (lambda archs: archs.ESRGAN.ESRGAN(num_filters=8, num_blocks=1, scale=4), (4, 1, 2)),
    "SPAN": (
        lambda archs: archs.SPAN.SPAN(num_in_ch=3, num_out_ch=3, feature_channels=8, upscale=2),
        (2, 1, 1),
    ),
    "PLKSR": (lambda archs: archs.PLKSR.PLKSR(dim=8, n_blocks=1, upscaling_factor=3), (3, 1, 1)),
    "SwinIR": (
        lambda archs: archs.SwinIR.SwinIR(
            img_size=16,
            embed_dim=8,
            depths=[2],
            num_heads=[2],
            window_size=8,
            upscale=2,
            upsampler="pixelshuffledirect",
        ),
        (2, 1, 16),
    ),
    "DITN": (
        lambda archs: archs.DITN.DITN(
            inp_channels=3,
            dim=6,
            ITL_blocks=1,
            SAL_blocks=1,
            UFONE_blocks=1,
            ffn_expansion_factor=2,
            upscale=2,
            patch_size=8,
        ),
        (2, 8, 1),
    ),
    "MoSR": (lambda archs: archs.MoSR.MoSR(upscale=2, n_block=1, dim=8), (2, 1, 1)),
}


@pytest.fixture(scope="module")
def spandrel() -> ModuleType:
    return import_spandrel()


def random_weights(spandrel: ModuleType, name: str) -> dict[str, torch.Tensor]:
    """A network's weights, such that what comes out spreads over 0..1."""
    torch.manual_seed(len(name))
    network = ARCHITECTURES[name][0](spandrel.architectures).eval()
    with torch.inference_mode():
        spread = float(network(torch.rand(1, 3, 16, 24)).std())
    last = [module for module in network.modules() if isinstance(module, nn.Conv2d)][-1]
    with torch.no_grad():
        last.weight *= min(1.0, 0.2 / spread)
    return {key: value.contiguous() for key, value in network.state_dict().items()}


@pytest.fixture(scope="module")
def weights(spandrel: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    folder = tmp_path_factory.mktemp("weights")

    def saved(name: str) -> Path:
        path = folder / f"{name}.pth"
        if not path.exists():
            torch.save({"params_ema": random_weights(spandrel, name)}, path)
        return path

    return saved


# In the networks' own code.
@pytest.mark.filterwarnings("ignore::torch.jit.TracerWarning", "ignore:torch.meshgrid")
@pytest.mark.parametrize("name", ARCHITECTURES)
def test_is_found_exported_and_run(name: str, weights: Callable[[str], Path], tmp_path: Path) -> None:
    checkpoint = load_checkpoint(weights(name))
    scale, multiple, minimum = ARCHITECTURES[name][1]
    assert checkpoint.architecture == name
    assert checkpoint.conventions == srfast.Conventions(scale, multiple=multiple, minimum=minimum)

    path = tmp_path / f"{name}.onnx"
    report = srfast.export_onnx(checkpoint, path)
    assert report.differences.pytorch_native < 1e-4
    assert report.any_batch == (name != "SwinIR")  # its code makes a constant of the batch
    assert report.exporter == ("torch.export exporter" if name == "DITN" else "TorchScript exporter")

    upscaler = srfast.Upscaler(path, color="rgb")
    for height, width in ((1, 1), (17, 31), (40, 24)):
        image = np.random.default_rng(0).random((height, width, 3), dtype=np.float32)
        large = upscaler.run(image)
        assert large.shape == (height * scale, width * scale, 3)
        taken = [math.ceil(max(side, minimum) / multiple) * multiple for side in (height, width)]
        padded = np.pad(image, ((0, taken[0] - height), (0, taken[1] - width), (0, 0)), mode="reflect")
        with torch.inference_mode():
            expected = checkpoint.network(torch.from_numpy(padded).permute(2, 0, 1)[None])[0]
        expected = expected.permute(1, 2, 0)[: height * scale, : width * scale].clip(0, 1).numpy()
        np.testing.assert_allclose(large, expected, atol=2e-4)


def test_a_fixed_size_must_be_one_that_the_network_takes(
    weights: Callable[[str], Path], tmp_path: Path
) -> None:
    checkpoint = load_checkpoint(weights("DITN"))
    with pytest.raises(OptionError, match=r"size is 20x24, but DITN takes .* multiples of 8"):
        srfast.export_onnx(checkpoint, tmp_path / "net.onnx", size=(20, 24))


def test_another_scale_is_refused(weights: Callable[[str], Path]) -> None:
    with pytest.raises(CheckpointError, match="weights of PLKSR for x3, not x2"):
        load_checkpoint(weights("PLKSR"), scale=2)


def test_an_unknown_layout_lists_all_that_was_tried(spandrel: ModuleType, tmp_path: Path) -> None:
    path = tmp_path / "unknown.pth"
    torch.save({"my.own.weight": torch.zeros(3, 3)}, path)
    with pytest.raises(CheckpointError, match=r"my\.own\.weight.*tried: edsr, .*vdsr, ATD, .*SwinIR"):
        load_checkpoint(path)


def test_a_network_of_another_kind_is_refused(spandrel: ModuleType, tmp_path: Path) -> None:
    network = spandrel.architectures.ESRGAN.ESRGAN(in_nc=4, out_nc=3, num_filters=8, num_blocks=1)
    path = tmp_path / "four.pth"
    torch.save(network.state_dict(), path)
    with pytest.raises(CheckpointError, match=r"four\.pth holds weights of ESRGAN, which takes 4 channels"):
        load_checkpoint(path)


def test_weights_that_only_resemble_are_refused(
    spandrel: ModuleType, weights: Callable[[str], Path], tmp_path: Path
) -> None:
    tensors = torch.load(weights("ESRGAN"), weights_only=True)["params_ema"]
    tensors[next(key for key in tensors if key.endswith("conv2.0.weight"))] = torch.zeros(1, 2, 3, 3)
    path = tmp_path / "broken.pth"
    torch.save(tensors, path)
    with pytest.raises(CheckpointError, match=r"broken\.pth: spandrel took the weights"):
        load_checkpoint(path)


def test_without_spandrel_the_error_says_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "spandrel", None)
    path = tmp_path / "unknown.pth"
    torch.save({"my.own.weight": torch.zeros(3, 3)}, path)
    with pytest.raises(CheckpointError, match=r'pip install "srfast\[spandrel\]"'):
        load_checkpoint(path)
