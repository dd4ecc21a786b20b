from __future__ import annotations

import csv
import dataclasses
from collections.abc import Callable
from pathlib import Path

import pytest

pytest.importorskip("torch")

import numpy as np
import torch
from safetensors import safe_open
from safetensors.torch import load_file

from srfast import images
from srfast.checkpoints import load_checkpoint
from srfast.cli.main import main
from srfast.errors import CheckpointError, ImageError, OptionError
from srfast.models import ARCHITECTURES, Fast
from srfast.pairs import shrink
from srfast.training.collapsible import collapsed, widen
from srfast.training.curve import Point
from srfast.training.degradation import degrade
from srfast.training.photographs import at_sizes, cut_batch
from srfast.training.trainer import Recipe, state_file, train, validate

TINY = Recipe(arch="fast", scale=2, steps=6, batch=2, patch=8, sizes=(48, 32), seed=3)


@pytest.fixture(scope="module")
def photographs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve small pictures, so that one is held out."""
    folder = tmp_path_factory.mktemp("photographs")
    generator = np.random.default_rng(0)
    for number in range(12):
        coarse = generator.integers(0, 256, (6, 8, 3), dtype=np.uint8)
        images.write(folder / f"{number:02}.png", coarse.repeat(8, axis=0).repeat(8, axis=1))
    return folder


def _killer(after: int) -> Callable[[int, Point | None], None]:
    """Stops a run as Ctrl-C does, after some steps."""

    def progress(done: int, _: Point | None) -> None:
        if done == after:
            raise KeyboardInterrupt

    return progress


def _curve(weights: Path) -> list[list[str]]:
    """The curve without its clock."""
    with weights.with_suffix(".csv").open() as stream:
        return [row[:3] for row in csv.reader(stream)]


@pytest.mark.parametrize(("killed_after", "collapsible"), [(1, False), (2, False), (5, False), (3, True)])
def test_a_killed_and_resumed_run_gives_the_same_weights(
    photographs: Path, tmp_path: Path, killed_after: int, collapsible: bool
) -> None:
    unbroken, broken = tmp_path / "unbroken.safetensors", tmp_path / "broken.safetensors"
    recipe = dataclasses.replace(TINY, collapsible=collapsible)
    last = train(recipe, photographs, unbroken, every=2)
    with pytest.raises(KeyboardInterrupt):
        train(recipe, photographs, broken, every=2, progress=_killer(killed_after))
    resumed = train(recipe, photographs, broken, every=2)

    assert (resumed.step, resumed.loss, resumed.psnr) == (last.step, last.loss, last.psnr)
    tensors = load_file(unbroken)
    assert all(torch.equal(tensor, tensors[name]) for name, tensor in load_file(broken).items())
    assert _curve(broken) == _curve(unbroken)
    assert [row[0] for row in _curve(broken)] == ["step", "2", "4", "6"]


class TestCollapsible:
    def test_a_network_begins_as_it_would_without(self) -> None:
        torch.manual_seed(0)
        network, image = Fast(2), torch.rand(1, 3, 9, 8)
        weights = {name: tensor.clone() for name, tensor in network.state_dict().items()}
        expected = network(image)
        widen(network)
        torch.testing.assert_close(network(image), expected)
        found = collapsed(network)
        assert found.keys() == weights.keys()
        assert all(torch.equal(found[name], weights[name]) for name in weights)

    @pytest.mark.parametrize("arch", ["fast", "srcnn", "fsrcnn"])
    def test_what_is_written_is_the_plain_network_that_was_trained(
        self, arch: str, photographs: Path, tmp_path: Path
    ) -> None:
        weights = tmp_path / "weights.safetensors"
        recipe = dataclasses.replace(TINY, arch=arch, learning_rate=1e-2, collapsible=True)
        last = train(recipe, photographs, weights, every=3)
        network = load_checkpoint(weights).network
        assert network.state_dict().keys() == ARCHITECTURES[arch](2).state_dict().keys()
        held_out = images.read(photographs / "11.png")
        pair = shrink("11.png", np.ascontiguousarray(held_out[..., ::-1]), 2)
        assert validate(network.eval(), [pair]) == pytest.approx(last.psnr, abs=1e-3)
        state = torch.load(state_file(weights), weights_only=True)["network"]
        assert all(tensor.any() for name, tensor in state.items() if name.endswith(".narrow"))

    def test_a_run_with_it_is_not_resumed_without(self, photographs: Path, tmp_path: Path) -> None:
        weights = tmp_path / "weights.safetensors"
        train(dataclasses.replace(TINY, collapsible=True), photographs, weights, every=6)
        with pytest.raises(OptionError, match="collapsible True, not False"):
            train(TINY, photographs, weights, every=6)

    def test_a_run_of_a_version_that_did_not_have_it_is_resumed(
        self, photographs: Path, tmp_path: Path
    ) -> None:
        weights = tmp_path / "weights.safetensors"
        with pytest.raises(KeyboardInterrupt):
            train(TINY, photographs, weights, every=2, progress=_killer(3))
        state = torch.load(state_file(weights), weights_only=True)
        del state["identity"]["collapsible"]
        torch.save(state, state_file(weights))
        assert train(TINY, photographs, weights, every=2).step == 6


class TestStart:
    def test_the_body_of_another_scale_is_taken(self, photographs: Path, tmp_path: Path) -> None:
        body, weights = tmp_path / "x2.safetensors", tmp_path / "x3.safetensors"
        train(TINY, photographs, body, every=6)
        recipe = Recipe(**{**TINY.__dict__, "scale": 3, "learning_rate": 1e-12})
        train(recipe, photographs, weights, start=body, every=6)
        trained, begun = load_file(body), load_file(weights)
        for name, tensor in begun.items():
            if not name.startswith("last."):  # its shape depends on the scale
                torch.testing.assert_close(tensor, trained[name], atol=1e-6, rtol=0)

    def test_is_part_of_what_a_run_is(self, photographs: Path, tmp_path: Path) -> None:
        body, weights = tmp_path / "body.safetensors", tmp_path / "weights.safetensors"
        train(TINY, photographs, body, every=6)
        with pytest.raises(KeyboardInterrupt):
            train(TINY, photographs, weights, start=body, every=2, progress=_killer(3))
        with pytest.raises(OptionError, match="of a run with start"):
            train(TINY, photographs, weights, every=2)

    def test_another_network_is_refused(self, photographs: Path, tmp_path: Path) -> None:
        body = tmp_path / "body.safetensors"
        train(Recipe(**{**TINY.__dict__, "arch": "espcn", "steps": 1}), photographs, body, every=1)
        with pytest.raises(OptionError, match=r"weights of espcn, which fast cannot begin with"):
            train(TINY, photographs, tmp_path / "weights.safetensors", start=body)


def test_the_seed_decides(photographs: Path, tmp_path: Path) -> None:
    runs = {}
    for name, seed in (("a", 3), ("b", 3), ("c", 4)):
        weights = tmp_path / f"{name}.safetensors"
        train(Recipe(**{**TINY.__dict__, "seed": seed}), photographs, weights, every=6)
        runs[name] = load_file(weights)
    assert all(torch.equal(runs["a"][key], runs["b"][key]) for key in runs["a"])
    assert not all(torch.equal(runs["a"][key], runs["c"][key]) for key in runs["a"])


def test_a_finished_run_is_left_alone(photographs: Path, tmp_path: Path) -> None:
    weights = tmp_path / "weights.safetensors"
    last = train(TINY, photographs, weights, every=6)
    weights.unlink()
    assert train(TINY, photographs, weights, every=6) == last
    assert not weights.exists()


def test_training_learns(photographs: Path, tmp_path: Path) -> None:
    """The pictures are blocks, which a network learns to sharpen within a few steps."""
    recipe = Recipe(arch="fast", scale=2, steps=60, batch=4, patch=12, sizes=(64,))
    points: list[Point] = []
    train(
        recipe,
        photographs,
        tmp_path / "weights.safetensors",
        every=10,
        progress=lambda _, point: points.append(point) if point else None,
    )
    assert points[-1].psnr > points[0].psnr + 0.3
    assert points[-1].loss < points[0].loss


@pytest.mark.parametrize("arch", sorted(ARCHITECTURES))
def test_the_weights_say_what_they_are(arch: str, photographs: Path, tmp_path: Path) -> None:
    weights = tmp_path / "weights.safetensors"
    train(Recipe(**{**TINY.__dict__, "arch": arch}), photographs, weights, every=6)
    with safe_open(weights, framework="pt") as opened:
        metadata = opened.metadata()
    assert metadata["srfast.arch"] == arch
    assert metadata["srfast.config"] == '{"upscale_factor": 2}'
    assert metadata["srfast.scale"] == "2"
    assert "6 of 6 steps" in metadata["srfast.made_by"]
    assert load_checkpoint(weights).architecture == arch
    assert images.read(weights.with_suffix(".png")).size > 0


def test_a_network_may_be_wider_and_deeper(photographs: Path, tmp_path: Path) -> None:
    weights = tmp_path / "weights.safetensors"
    train(Recipe(**{**TINY.__dict__, "features": 24, "layers": 2}), photographs, weights, every=6)
    shapes = {name: tuple(weight.shape) for name, weight in load_file(weights).items()}
    assert shapes["middle.1.weight"] == (24, 24, 3, 3)
    assert "middle.2.weight" not in shapes
    assert load_checkpoint(weights).conventions.scale == 2


def test_another_recipe_is_not_resumed(photographs: Path, tmp_path: Path) -> None:
    weights = tmp_path / "weights.safetensors"
    train(TINY, photographs, weights, every=6)
    with pytest.raises(OptionError, match=r"steps 6, not 7.*delete the file"):
        train(Recipe(**{**TINY.__dict__, "steps": 7}), photographs, weights, every=6)
    state_file(weights).write_bytes(b"no state")
    with pytest.raises(CheckpointError, match="delete it to begin anew"):
        train(TINY, photographs, weights, every=6)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"arch": "slow"}, "arch must be one of .*fast, .*not 'slow'"),
        ({"scale": 0}, "scale"),
        ({"steps": 0}, "steps"),
        ({"learning_rate": 0.0}, "learning_rate"),
        ({"sizes": ()}, "sizes"),
        ({"seed": -1}, "seed"),
        ({"features": 0}, "features must be at least 1, not 0"),
        ({"arch": "srcnn", "layers": 4}, "srcnn has no layers to choose"),
    ],
)
def test_a_recipe_that_makes_no_sense(options: dict[str, object], message: str) -> None:
    with pytest.raises(OptionError, match=message):
        Recipe(**{**TINY.__dict__, **options})


def test_says_what_is_wrong_before_it_trains(photographs: Path, tmp_path: Path) -> None:
    weights = tmp_path / "weights.safetensors"
    few = tmp_path / "few"
    few.mkdir()
    images.write(few / "one.png", np.zeros((64, 64, 3), np.uint8))
    with pytest.raises(OptionError, match="hold one out"):
        train(TINY, few, weights)
    with pytest.raises(OptionError, match="256 pixels along its shorter side"):
        train(Recipe(**{**TINY.__dict__, "patch": 128}), photographs, weights)
    with pytest.raises(OptionError, match=r"\.safetensors"):
        train(TINY, photographs, tmp_path / "weights.pth")
    with pytest.raises(OptionError, match="does not exist"):
        train(TINY, photographs, tmp_path / "none" / "weights.safetensors")
    with pytest.raises(OptionError, match="cpu or cuda"):
        train(TINY, photographs, weights, device="tpu")
    assert not weights.exists()


def test_patches_of_both_sizes_show_the_same() -> None:
    image = np.random.default_rng(0).integers(0, 256, (40, 60, 3), dtype=np.uint8).repeat(2, 0).repeat(2, 1)
    photographs = [at_sizes("noise", image, (120, 60), 16, 2)]
    assert [pair.high.shape for pair in photographs[0]] == [(80, 120, 3), (40, 60, 3)]
    low, high = cut_batch(photographs, np.random.default_rng(0), batch=20, patch=8)
    assert low.shape == (20, 3, 8, 8)
    assert high.shape == (20, 3, 16, 16)
    assert low.dtype == high.dtype == np.float32
    assert 0.0 <= low.min() <= low.max() <= 1.0
    means = high.reshape(20, 3, 8, 2, 8, 2).mean(axis=(3, 5))
    # Turned or flipped apart, they would differ by a third on average, as two noise images do.
    assert np.abs(means - low).mean(axis=(1, 2, 3)).max() < 0.12


@pytest.mark.parametrize("scale", [2, 3])
def test_degradation_keeps_the_picture_and_depends_on_the_generator(scale: int) -> None:
    image = np.full((24 * scale, 24 * scale, 3), (200, 90, 30), np.uint8)
    first = degrade(image, scale, np.random.default_rng(0))
    assert first.shape == (24, 24, 3)
    assert np.abs(first.mean(axis=(0, 1)) - (200, 90, 30)).max() < 6  # red stays red
    np.testing.assert_array_equal(first, degrade(image, scale, np.random.default_rng(0)))
    assert np.any(first != degrade(image, scale, np.random.default_rng(1)))


def test_validation_of_plain_enlargement() -> None:
    """A network whose last weights are zero repeats pixels; of a flat picture nothing is lost."""
    network = Fast(3)
    torch.nn.init.zeros_(network.last.weight)
    flat = shrink("flat", np.full((30, 30, 3), 77, np.uint8), 3)
    assert validate(network, [flat]) == float("inf")


def test_the_command(photographs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    weights = tmp_path / "weights.safetensors"
    command = ["train", "--arch", "fast", "--scale", "2", "--data", str(photographs), "-o", str(weights)]
    command += [
        "--steps",
        "4",
        "--batch",
        "2",
        "--patch",
        "8",
        "--sizes",
        "48",
        "--every",
        "2",
        "--real-world",
    ]
    assert main(command) == 0
    captured = capsys.readouterr()
    assert [line.split(":")[0] for line in captured.out.splitlines()[:2]] == ["step 2", "step 4"]
    assert "4 steps in" in captured.out
    assert captured.err == ""
    for suffix in (".safetensors", ".csv", ".png", ".state.pt"):
        assert weights.with_suffix(suffix).stat().st_size > 0
    assert main([*command, "--seed", "9"]) == 2
    assert "seed 0, not 9" in capsys.readouterr().err


def test_validation_that_cannot_be_done_is_refused_before_it_trains(
    photographs: Path, tmp_path: Path
) -> None:
    (tmp_path / "held").mkdir()
    images.write(tmp_path / "held" / "icon.png", np.zeros((4, 4, 3), np.uint8))
    with pytest.raises(ImageError, match=r"icon\.png is too small"):
        train(TINY, photographs, tmp_path / "w.safetensors", validation=tmp_path / "held")
    with pytest.raises(OptionError, match="all photographs of"):
        train(TINY, photographs, tmp_path / "w.safetensors", validation=photographs)
    with pytest.raises(CheckpointError, match=r"missing\.safetensors: No such file"):
        train(TINY, photographs, tmp_path / "w.safetensors", start=tmp_path / "missing.safetensors")
    assert [file.name for file in tmp_path.iterdir()] == ["held"]
