"""Export: the file says what it eats, runs at any size, and is proven before anybody sees it."""

from __future__ import annotations

import subprocess
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")

import cv2
import numpy as np
import onnx
import onnxruntime
import torch
from torch import Tensor, nn

from srfast import Upscaler, cli, metrics
from srfast.checkpoints import Checkpoint, load_checkpoint
from srfast.conventions import Conventions
from srfast.errors import ExportError, OptionError
from srfast.export import DEFAULT_OPSET, ExportReport, export_onnx
from srfast.models import ARCHITECTURES, SRCNN, Fast

PUBLISHED = "srcnn_x4k915_1x16_1000k_div2k_20200608-4186f232.pth"


@pytest.fixture
def srcnn() -> SRCNN:
    torch.manual_seed(0)
    return SRCNN(2)


def axes(value: onnx.ValueInfoProto) -> list[str | int]:
    return [axis.dim_param or axis.dim_value for axis in value.type.tensor_type.shape.dim]


def left_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


class TestFile:
    def test_names_axes_and_metadata(self, srcnn: SRCNN, tmp_path: Path) -> None:
        path = tmp_path / "net.onnx"
        report = export_onnx(
            srcnn, path, conventions=Conventions(2, color="bgr", range=(0, 255), made_by="me")
        )
        assert left_in(tmp_path) == ["net.onnx"]  # no data beside it, nothing temporary
        model = onnx.load(path)
        (taken,), (given,) = model.graph.input, model.graph.output
        assert (taken.name, given.name) == ("input", "output")
        assert axes(taken) == ["batch", 3, "height", "width"]
        assert axes(given) == ["batch", 3, "output_height", "output_width"]
        metadata = {pair.key: pair.value for pair in model.metadata_props}
        stated = Conventions.from_metadata(metadata)
        assert stated == report.conventions
        assert (stated.scale, stated.color, stated.range) == (2, "bgr", (0.0, 255.0))
        for part in ("me; ", "SRCNN", "srfast ", f"PyTorch {torch.__version__}", "TorchScript"):
            assert part in stated.made_by
        assert report.bytes == path.stat().st_size < 90_000
        assert report.opset == DEFAULT_OPSET == model.opset_import[0].version

    def test_no_path_of_this_machine_gets_into_the_file(self, srcnn: SRCNN, tmp_path: Path) -> None:
        export_onnx(srcnn, tmp_path / "net.onnx", conventions=Conventions(2))
        content = (tmp_path / "net.onnx").read_bytes()
        for part in (str(tmp_path), "site-packages", "srcnn.py", str(Path(torch.__file__).parent)):
            assert part.encode() not in content

    @pytest.mark.parametrize("opset", range(11, 21))
    def test_every_opset(self, srcnn: SRCNN, tmp_path: Path, opset: int) -> None:
        report = export_onnx(srcnn, tmp_path / "net.onnx", conventions=Conventions(2), opset=opset)
        assert onnx.load(tmp_path / "net.onnx").opset_import[0].version == opset == report.opset

    @pytest.mark.parametrize("size", [(5, 9), (100, 7)])
    def test_a_fixed_size(self, srcnn: SRCNN, tmp_path: Path, size: tuple[int, int]) -> None:
        report = export_onnx(srcnn, tmp_path / "net.onnx", conventions=Conventions(2), size=size)
        graph = onnx.load(tmp_path / "net.onnx").graph
        assert axes(graph.input[0]) == [1, 3, *size]
        assert axes(graph.output[0]) == [1, 3, 2 * size[0], 2 * size[1]]
        assert report.size == size
        assert report.sizes == (size,)

    def test_a_fixed_size_as_wide_as_a_screen(self, tmp_path: Path) -> None:
        """Far to the right float32 coordinates are coarse, and right results differ by more."""
        network = nn.Upsample(scale_factor=3.0, mode="bicubic")
        report = export_onnx(network, tmp_path / "net.onnx", conventions=Conventions(3), size=(6, 3840))
        assert report.differences.pytorch_onnxruntime < 1e-3

    @pytest.mark.parametrize(
        "network",
        [lambda channels: SRCNN(3, channels), lambda channels: Fast(3, channels)],
        ids=["srcnn", "fast"],
    )
    @pytest.mark.parametrize("color", ["rgb", "bgr", "y", "y-full"])
    @pytest.mark.parametrize("range_", [(0.0, 1.0), (0.0, 255.0), (-1.0, 1.0)])
    def test_all_conventions_agree_three_ways(
        self,
        tmp_path: Path,
        network: Callable[[int], nn.Module],
        color: str,
        range_: tuple[float, float],
    ) -> None:
        torch.manual_seed(1)
        conventions = Conventions(3, color=color, range=range_)
        module = network(1 if color.startswith("y") else 3)
        report = export_onnx(module, tmp_path / "net.onnx", conventions=conventions)
        # Far below the tolerance: what rounding leaves.
        assert report.differences.pytorch_onnxruntime < 2e-5
        assert report.differences.onnxruntime_native < 2e-6

    def test_a_checkpoint_brings_its_conventions(self, srcnn: SRCNN, tmp_path: Path) -> None:
        checkpoint = Checkpoint(srcnn, "srcnn", Conventions(2, color="bgr"), "made here")
        report = export_onnx(checkpoint, str(tmp_path / "net.onnx"))
        assert report.conventions.color == "bgr"
        assert report.conventions.made_by.startswith("srcnn exported by srfast")

    def test_the_network_stays_as_it_was(self, srcnn: SRCNN, tmp_path: Path) -> None:
        srcnn.half().train()
        before = {name: tensor.clone() for name, tensor in srcnn.state_dict().items()}
        export_onnx(srcnn, tmp_path / "net.onnx", conventions=Conventions(2))
        assert srcnn.training
        assert all(parameter.requires_grad for parameter in srcnn.parameters())
        for name, tensor in srcnn.state_dict().items():
            assert torch.equal(tensor, before[name])

    def test_nothing_is_said(self, srcnn: SRCNN, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            export_onnx(srcnn, tmp_path / "net.onnx", conventions=Conventions(2))
        assert [str(warning.message) for warning in caught] == []
        assert capfd.readouterr() == ("", "")


@pytest.mark.filterwarnings("ignore:.*weight_norm:FutureWarning")  # it is deprecated, and everywhere
def test_weights_that_are_computed_of_others(tmp_path: Path) -> None:
    convolution = nn.utils.weight_norm(nn.Conv2d(3, 12, 3, padding=1))
    network = nn.Sequential(convolution, nn.PixelShuffle(2))
    report = export_onnx(network, tmp_path / "net.onnx", conventions=Conventions(2))
    assert report.differences.pytorch_native < 1e-5
    assert {name for name, _ in convolution.named_parameters()} == {"bias", "weight_g", "weight_v"}


def test_a_padding_of_its_own_leaves_it_in_tiles(tmp_path: Path) -> None:
    torch.manual_seed(0)
    network = nn.Sequential(nn.ReflectionPad2d(2), nn.Conv2d(3, 12, 5), nn.PixelShuffle(2))
    export_onnx(network, tmp_path / "net.onnx", conventions=Conventions(2, minimum=3))  # and no warning
    assert Upscaler(tmp_path / "net.onnx").info.halo == (2, 2, 2, 2)


class WrongScale(SRCNN):
    def __init__(self) -> None:
        super().__init__(3)


class FixedBySize(nn.Module):
    """Both ways to export keep the height of the example: NumPy is out of their sight."""

    def forward(self, image: Tensor) -> Tensor:
        rows = torch.from_numpy(np.linspace(0, 1, image.shape[2], dtype=np.float32))
        return image + rows.reshape(1, 1, -1, 1)


class FixedByTracing(nn.Module):
    """TorchScript keeps the width of the example, the stride of its rows; the newer one does not."""

    def forward(self, image: Tensor) -> Tensor:
        return image.flatten(2).reshape(*image.shape[:2], -1, image.contiguous().stride(2)) * 0.5


class OtherForLargeImages(nn.Module):
    """Tracing keeps one of the two ways."""

    def forward(self, image: Tensor) -> Tensor:
        return image if image.shape[3] < 40 else 0.5 * image


class OnlyLow(nn.Module):
    """PyTorch itself refuses high images."""

    def forward(self, image: Tensor) -> Tensor:
        if image.shape[2] > 16:
            raise RuntimeError("too high")
        return image


class Uncopied(nn.Module):
    def __deepcopy__(self, _: object) -> None:
        raise TypeError("only once")


class Brief(nn.Module):
    """Floats that NumPy does not know."""

    def forward(self, image: Tensor) -> Tensor:
        return image.bfloat16()


class Pair(nn.Module):
    def forward(self, image: Tensor) -> tuple[Tensor, Tensor]:
        return image, image


class NoNumbers(nn.Module):
    def forward(self, image: Tensor) -> Tensor:
        return image / (image - image)


class Changing(nn.Module):
    """Gives something else each time: what PyTorch gives is not what the file gives."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("calls", torch.zeros(1))

    def forward(self, image: Tensor) -> Tensor:
        self.calls = self.calls + 0.01
        return image + self.calls


class NotInOnnx(nn.Module):
    def forward(self, image: Tensor) -> Tensor:
        return image + torch.linalg.eigvals(image[..., :1, :1]).real[..., None]


@pytest.mark.filterwarnings("ignore::torch.jit.TracerWarning")  # such networks are what is proved wrong
class TestProof:
    @pytest.mark.parametrize(
        ("network", "message"),
        [
            (WrongScale(), r"makes \(2, 3, 3, 3\).*; x1 would be \(2, 3, 1, 1\)"),
            (FixedBySize(), "keeps the size that it was traced at: at 1x1"),
            (OtherForLargeImages(), r"at 48x64, pytorch and onnxruntime differ by .*; 0\.00012 is allowed"),
            (OnlyLow(), "does not run on .*too high"),
            (NoNumbers(), "that are not finite"),
            (Changing(), "differ by"),
            (
                NotInOnnx(),
                "neither of PyTorch's exporters .*TorchScript exporter, any .*: .*eig.*torch.export",
            ),
            (nn.Conv2d(1, 1, 1), "the network does not run on .*channels"),
            (
                nn.InstanceNorm2d(3),
                r"does not run on .*1, 1\) .*Expected more than 1 .*must say so \(minimum",
            ),
            (Uncopied(), "cannot be copied: only once"),
            (Brief(), "neither of PyTorch's exporters"),
            (Pair(), "gives a tuple, not one tensor"),
        ],
        ids=lambda value: type(value).__name__ if isinstance(value, nn.Module) else "",
    )
    def test_what_does_not_prove_right_leaves_no_file(
        self, tmp_path: Path, network: nn.Module, message: str
    ) -> None:
        path = tmp_path / "net.onnx"
        path.write_bytes(b"the old one")
        with pytest.raises(ExportError, match=message):
            export_onnx(network, path, conventions=Conventions(1), force=True)
        assert left_in(tmp_path) == ["net.onnx"]
        assert path.read_bytes() == b"the old one"

    def test_the_newer_exporter_is_tried_where_the_older_one_fails(
        self, tmp_path: Path, capfd: pytest.CaptureFixture[str]
    ) -> None:
        path = tmp_path / "net.onnx"
        report = export_onnx(FixedByTracing(), path, conventions=Conventions(1))
        assert (report.exporter, report.opset) == ("torch.export exporter", 18)
        assert capfd.readouterr() == ("", "")
        model = onnx.load(path)
        made_by = next(pair.value for pair in model.metadata_props if pair.key == "srfast.made_by")
        assert "torch.export exporter" in made_by
        assert not any(str(Path(torch.__file__).parent).encode() in part for part in [path.read_bytes()])
        sides = [side.dim_param for side in model.graph.input[0].type.tensor_type.shape.dim]
        assert sides == ["batch", "", "height", "width"]
        with pytest.raises(ExportError) as failure:
            export_onnx(FixedByTracing(), path, conventions=Conventions(1), opset=17, force=True)
        assert "torch.export exporter, any batch: it begins at opset 18" in str(failure.value)
        assert "TorchScript exporter, a batch of one: " in str(failure.value)
        assert "20x16 is left over from tracing" in str(failure.value)

    def test_a_wrong_native_path_is_noticed(
        self, srcnn: SRCNN, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        right = Upscaler.run

        def wrong(self: Upscaler, image: Any) -> Any:
            return right(self, image) + np.float32(2e-4)

        monkeypatch.setattr(Upscaler, "run", wrong)
        with pytest.raises(ExportError, match=r"onnxruntime and native differ by 0\.0002"):
            export_onnx(srcnn, tmp_path / "net.onnx", conventions=Conventions(2))
        assert left_in(tmp_path) == []

    def test_a_fixed_size_forgives_what_only_other_sizes_show(self, tmp_path: Path) -> None:
        export_onnx(FixedBySize(), tmp_path / "net.onnx", conventions=Conventions(1), size=(6, 4))


class TestTarget:
    def test_an_existing_file_is_refused_and_kept(self, srcnn: SRCNN, tmp_path: Path) -> None:
        path = tmp_path / "net.onnx"
        path.write_bytes(b"old")
        with pytest.raises(ExportError, match=r"net.onnx exists: .*--force"):
            export_onnx(srcnn, path, conventions=Conventions(2))
        assert path.read_bytes() == b"old"
        export_onnx(srcnn, path, conventions=Conventions(2), force=True)
        assert path.read_bytes() != b"old"

    def test_a_missing_folder(self, srcnn: SRCNN, tmp_path: Path) -> None:
        with pytest.raises(ExportError, match=r"the folder .*missing does not exist"):
            export_onnx(srcnn, tmp_path / "missing" / "net.onnx", conventions=Conventions(2))
        assert left_in(tmp_path) == []

    @pytest.mark.parametrize("force", [False, True])
    def test_a_folder(self, srcnn: SRCNN, tmp_path: Path, force: bool) -> None:
        with pytest.raises(ExportError, match="is a folder"):
            export_onnx(srcnn, tmp_path, conventions=Conventions(2), force=force)

    def test_a_device_is_no_place_for_a_file(self, srcnn: SRCNN) -> None:
        with pytest.raises(ExportError, match="cannot write /dev/null"):
            export_onnx(srcnn, "/dev/null", conventions=Conventions(2), force=True)


class TestOptions:
    @pytest.mark.parametrize("opset", [-1, 9, 10, 21, 99])
    def test_opsets_out_of_reach(self, srcnn: SRCNN, tmp_path: Path, opset: int) -> None:
        with pytest.raises(OptionError, match=f"must be 11 to 20, not {opset}: cubic resize"):
            export_onnx(srcnn, tmp_path / "net.onnx", conventions=Conventions(2), opset=opset)

    @pytest.mark.parametrize("size", [(0, 5), (5, -1), (5,), (5, 5, 5), (2.5, 3)])
    def test_sizes_that_make_no_sense(self, srcnn: SRCNN, tmp_path: Path, size: Any) -> None:
        with pytest.raises(OptionError, match="a height and a width"):
            export_onnx(srcnn, tmp_path / "net.onnx", conventions=Conventions(2), size=size)

    def test_a_bare_network_needs_conventions(self, srcnn: SRCNN, tmp_path: Path) -> None:
        with pytest.raises(OptionError, match="conventions="):
            export_onnx(srcnn, tmp_path / "net.onnx")


class TestCommand:
    @pytest.fixture
    def weights(self, srcnn: SRCNN, tmp_path: Path) -> Path:
        path = tmp_path / "weights.pth"
        torch.save(srcnn.state_dict(), path)
        return path

    def test_says_what_it_did(
        self, weights: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        output = tmp_path / "net.onnx"
        arguments = [
            "export",
            str(weights),
            "-o",
            str(output),
            "--scale",
            "2",
            "--opset",
            "11",
            "--size",
            "6x8",
        ]
        assert cli.main(arguments) == 0
        out, err = capsys.readouterr()
        assert "plain weights\nsrcnn, x2, rgb, values 0 to 1\n" in out
        assert "largest differences at 6x8" in out
        for pair in ("PyTorch and ONNX Runtime", "ONNX Runtime and srfast", "PyTorch and srfast"):
            assert pair in out
        assert f"net.onnx: {output.stat().st_size:,} bytes, opset 11, fixed to 6x8" in out
        assert out.endswith("by PyTorch's TorchScript exporter\n")
        assert err.startswith(f"srfast: warning: {weights} does not say what its network eats")
        assert err.count("\n") == 1

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            (["--scale", "2"], "net.onnx exists"),
            (["--force"], "does not say its scale"),
            (["--force", "--scale", "0"], "scale must be"),
            (["--force", "--scale", "2", "--opset", "10"], "opset must be 11 to 20"),
        ],
    )
    def test_refusals_end_in_one_line(
        self, weights: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
    ) -> None:
        output = weights.parent / "net.onnx"
        output.write_bytes(b"old")
        assert cli.main(["export", str(weights), "-o", str(output), *arguments]) == 2
        last = capsys.readouterr().err.splitlines()[-1]
        assert last.startswith("srfast: error: ")
        assert message in last
        assert output.read_bytes() == b"old"

    def test_the_weights_are_not_replaced(self, weights: Path, capsys: pytest.CaptureFixture[str]) -> None:
        before = weights.read_bytes()
        assert cli.main(["export", str(weights), "-o", str(weights), "--scale", "2", "--force"]) == 2
        assert "is to be read and is not overwritten" in capsys.readouterr().err
        assert weights.read_bytes() == before

    @pytest.mark.parametrize("size", ["8", "8x", "0x5", "8x6x3", "-1x2", "axb"])
    def test_wrong_sizes_are_wrong_usage(
        self, weights: Path, capsys: pytest.CaptureFixture[str], size: str
    ) -> None:
        output = weights.parent / "net.onnx"
        arguments = ["export", str(weights), "-o", str(output), "--scale", "2", f"--size={size}"]
        try:
            status = cli.main(arguments)
        except SystemExit as end:
            status = int(end.code or 0)
        assert status == 2
        assert "size" in capsys.readouterr().err
        assert not output.exists()


@pytest.mark.parametrize("missing", ["torch", "safetensors", "onnx"])
def test_a_missing_package_is_named_with_its_cure(tmp_path: Path, missing: str) -> None:
    """In a process of its own, where the package cannot be imported."""
    program = (
        f"import sys; sys.modules[{missing!r}] = None\n"
        "from srfast.cli import main; sys.exit(main(sys.argv[1:]))"
    )
    weights = tmp_path / "weights.pth"
    torch.save(SRCNN(2).state_dict(), weights)
    arguments = ["export", str(weights), "-o", str(tmp_path / "net.onnx"), "--scale", "2"]
    done = subprocess.run([sys.executable, "-c", program, *arguments], capture_output=True, text=True)
    assert done.returncode == 2
    assert f"this needs {missing}" in done.stderr
    assert 'pip install "srfast[export]"' in done.stderr
    assert "Traceback" not in done.stderr


def test_the_modules_load_nothing_heavy() -> None:
    program = (
        "import sys, srfast.export, srfast.checkpoints, srfast.cli.export\n"
        "heavy = ('torch', 'onnx', 'onnxruntime', 'cv2', 'safetensors')\n"
        "print([name for name in heavy if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


@pytest.fixture(scope="module")
def published(data_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> ExportReport:
    """OpenMMLab's weights, exported as they are meant to be used."""
    path = tmp_path_factory.mktemp("published") / "srcnn.onnx"
    return export_onnx(load_checkpoint(data_dir / "weights" / PUBLISHED), path)


@pytest.mark.data
def test_set5_reaches_the_published_figure(data_dir: Path, published: ExportReport) -> None:
    """OpenMMLab states 28.4316 dB for these weights (RGB, border crop 4)."""
    upscaler = Upscaler(published.path)
    values = []
    for truth in sorted((data_dir / "Set5" / "x4").glob("*_HR.png")):
        small = cv2.imread(str(truth).replace("_HR", "_LR"))
        large = upscaler.run(small)
        values.append(metrics.psnr(cv2.imread(str(truth)), large, border=4))
    assert len(values) == 5
    assert np.mean(values) == pytest.approx(28.4316, abs=0.01)


def tutorial_pipeline(
    model: Path, image: np.ndarray[Any, Any], *, unit: bool
) -> np.ndarray[Any, np.dtype[np.float32]]:
    """The tutorial's way, written anew: NumPy around ONNX Runtime. The result is not rounded yet.

    With `unit` the channel order and range are what the network was trained with, not the tutorial's.
    """
    x = image.astype(np.float32)
    if unit:
        x = x[..., ::-1] / 255
    x = np.expand_dims(np.transpose(x, (2, 0, 1)), 0)
    session = onnxruntime.InferenceSession(str(model), providers=["CPUExecutionProvider"])
    y = session.run(["output"], {"input": np.ascontiguousarray(x)})[0]
    y = np.squeeze(y, 0)
    if unit:
        y = y[::-1] * 255
    return np.transpose(np.clip(y, 0, 255), (1, 2, 0))


@pytest.mark.data
@pytest.mark.parametrize("name", ["butterfly", "head"])
@pytest.mark.parametrize("unit", [True, False], ids=["as trained", "as in the tutorial"])
def test_the_same_as_the_tutorials_pipeline(
    data_dir: Path, published: ExportReport, name: str, unit: bool
) -> None:
    image = cv2.imread(str(data_dir / "Set5" / "x4" / f"{name}_LR.png"))
    theirs = tutorial_pipeline(published.path, image, unit=unit)
    stated = {} if unit else {"model_color": "bgr", "model_range": 255}
    ours = Upscaler(published.path, **stated).run(image)
    rounded = np.rint(theirs).astype(np.uint8)
    assert np.mean(ours == rounded) > 0.995
    assert np.abs(ours.astype(int) - rounded).max() <= 1
    truncated = theirs.astype(np.uint8)  # what the tutorial does
    assert np.abs(ours.astype(int) - truncated).max() <= 1


@pytest.mark.parametrize(("scale", "channels"), [(2, 3), (3, 1), (4, 3)])
@pytest.mark.parametrize("architecture", sorted(ARCHITECTURES))
def test_every_named_network_is_exported(
    tmp_path: Path, architecture: str, scale: int, channels: int
) -> None:
    torch.manual_seed(scale)
    network = ARCHITECTURES[architecture](scale, channels=channels)
    conventions = Conventions(scale, color="rgb" if channels == 3 else "y")
    report = export_onnx(network, tmp_path / "net.onnx", conventions=conventions)
    # Far below the tolerance: what rounding leaves.
    assert report.differences.pytorch_onnxruntime < 2e-5
    assert report.differences.onnxruntime_native < 2e-5
    assert Upscaler(tmp_path / "net.onnx").info.halo is not None  # it can be run in tiles


@pytest.mark.data
def test_the_small_network_of_real_esrgan(data_dir: Path, tmp_path: Path) -> None:
    """Its published weights in their own layout: trained for looks, so that its PSNR is below bicubic's."""
    with np.load(data_dir / "weights" / "realesr_animevideov3_x4.npz") as arrays:
        state = {name: torch.from_numpy(arrays[name]) for name in arrays.files}
    torch.save({"params": state}, tmp_path / "realesr-animevideov3.pth")
    with pytest.warns(UserWarning, match=r"assumed: rgb, values 0\.\.1"):
        checkpoint = load_checkpoint(tmp_path / "realesr-animevideov3.pth")
    assert (checkpoint.architecture, checkpoint.conventions.scale) == ("srvgg", 4)
    upscaler = Upscaler(export_onnx(checkpoint, tmp_path / "anime.onnx").path)
    values = []
    for truth in sorted((data_dir / "Set5" / "x4").glob("*_HR.png")):
        large = upscaler.run(cv2.imread(str(truth).replace("_HR", "_LR")))
        values.append(
            metrics.psnr(cv2.imread(str(truth))[..., ::-1], large[..., ::-1], border=4, channels="y")
        )
    assert len(values) == 5
    assert np.mean(values) == pytest.approx(28.25, abs=0.02)


@pytest.mark.data
def test_the_same_as_the_tutorials_pipeline_on_the_tutorials_file(data_dir: Path) -> None:
    model = data_dir / "onnx" / "tutorial_srcnn_x3_256x256.onnx"
    image = cv2.imread(str(data_dir / "Set5" / "x2" / "baby_LR.png"))[:256, :256]
    image = cv2.resize(image, (256, 256))
    theirs = np.rint(tutorial_pipeline(model, image, unit=False)).astype(np.uint8)
    ours = Upscaler(model, model_color="bgr", model_range=255).run(image)
    assert np.mean(ours == theirs) > 0.995
    assert np.abs(ours.astype(int) - theirs).max() <= 1
