"""The training loop: L1 loss, Adam with a cosine schedule, averaged weights, exact resumption."""

from __future__ import annotations

import copy
import dataclasses
import inspect
import io
import json
import math
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import save
from torch import nn

from srfast.atomic import replacing
from srfast.checkpoints import rebuilt
from srfast.conventions import Conventions
from srfast.errors import CheckpointError, ImageError, OptionError
from srfast.metrics import psnr
from srfast.models import ARCHITECTURES
from srfast.pairs import Pair, image_files, read_rgb, shrink
from srfast.training.collapsible import collapsed, widen
from srfast.training.curve import Point, save_csv, save_picture
from srfast.training.degradation import degrade
from srfast.training.photographs import at_sizes, cut_batch, fingerprint

AVERAGING = 0.999
"""Share of the old average that each step keeps: the average reaches back over about 1000 steps."""

HOLD_OUT = 12
"""Without a validation folder, every so many-th photograph is kept for validation and not trained on."""


@dataclasses.dataclass(frozen=True)
class Recipe:
    """Everything that decides what a run gives, beside the photographs.

    Attributes:
        arch: A name in `srfast.models.ARCHITECTURES`.
        scale: Output pixels per input pixel along each axis.
        steps: Steps until the learning rate has fallen to zero.
        batch: Patches a step.
        patch: Side of a low-resolution patch in pixels.
        learning_rate: Adam's, at the first step.
        sizes: Longest sides in pixels at which the photographs are shown.
        real_world: Train on blurred, noisy, JPEG-compressed input instead of clean bicubic.
        seed: Of the first weights and of the patches.
        features: Channels between the network's convolutions. None: as many as its class says.
        layers: The network's repeated convolutions. None: as many as its class says.
        collapsible: Train every convolution with wider ones beside it, that collapse into it.
    """

    arch: str
    scale: int
    steps: int = 20000
    batch: int = 16
    patch: int = 48
    learning_rate: float = 1e-3
    sizes: tuple[int, ...] = (1600, 1000, 640)
    real_world: bool = False
    seed: int = 0
    features: int | None = None
    layers: int | None = None
    collapsible: bool = False

    def __post_init__(self) -> None:
        if self.arch not in ARCHITECTURES:
            raise OptionError(f"arch must be one of {', '.join(ARCHITECTURES)}, not {self.arch!r}")
        for name in ("scale", "steps", "batch", "patch"):
            if getattr(self, name) < 1:
                raise OptionError(f"{name} must be at least 1, not {getattr(self, name)}")
        if not self.learning_rate > 0:
            raise OptionError(f"learning_rate must be positive, not {self.learning_rate}")
        if not self.sizes or min(self.sizes) < 1:
            raise OptionError(f"sizes must be positive numbers of pixels, not {self.sizes}")
        if self.seed < 0:
            raise OptionError(f"seed must not be negative, but is {self.seed}")
        taken = inspect.signature(ARCHITECTURES[self.arch]).parameters
        for name, value in self._size().items():
            if name not in taken:
                raise OptionError(f"{self.arch} has no {name} to choose: leave it out")
            if value < 1:
                raise OptionError(f"{name} must be at least 1, not {value}")

    def _size(self) -> dict[str, int]:
        return {
            name: value
            for name, value in (("features", self.features), ("layers", self.layers))
            if value is not None
        }

    def arguments(self) -> dict[str, int]:
        """What the network's class is called with."""
        return {"upscale_factor": self.scale, **self._size()}


def state_file(weights: Path) -> Path:
    """Where the state of the run that makes `weights` is kept, for resuming."""
    return weights.with_suffix(".state.pt")


def train(
    recipe: Recipe,
    data: Path,
    weights: Path,
    *,
    validation: Path | None = None,
    start: Path | None = None,
    device: str = "cpu",
    every: int = 500,
    progress: Callable[[int, Point | None], None] | None = None,
) -> Point:
    """Trains a network and writes its weights, or goes on with a run that was stopped.

    A batch depends only on the seed and the number of its step, and the learning rate only on the step, so a
    run that was killed and started again gives the same weights as an unbroken one (on the same machine,
    device and number of threads). Beside `weights` it writes, with the same stem: `.state.pt`, from which
    it resumes; `.csv` and `.png`, its curve. All four are renewed every `every` steps. The weights written
    are the averaged ones; their metadata holds the conventions, the architecture and its arguments.

    Sets PyTorch's random seed. On CUDA the network runs in mixed precision (bfloat16).

    Args:
        recipe: What to train, and how.
        data: A folder of photographs, whole; its subfolders are not looked into.
        weights: The .safetensors file to write. Its folder must exist.
        validation: A folder of high-resolution images to validate on; by default a twelfth of the photographs
            is held out.
        start: Weights of the same architecture to begin with, of any scale: those that fit are taken, the
            others begin as they would without.
        device: "cpu" or "cuda".
        every: Steps between two points of the curve.
        progress: Called after every step with the steps done, and the newest point where there is one.

    Returns:
        The last point of the curve.

    Raises:
        OptionError: An option makes no sense, or differs from those of the run that would be resumed.
        ImageError: A photograph cannot be decoded.
        CheckpointError: The state of the earlier run, or `start`, cannot be read.
        DependencyError: matplotlib or OpenCV is not installed.
    """
    _check_options(weights, device, every)
    files = image_files(data)
    held_out = image_files(validation) if validation else files[HOLD_OUT - 1 :: HOLD_OUT]
    if not held_out:
        raise OptionError(
            f"{data} holds fewer than {HOLD_OUT} photographs, too few to hold one out: "
            "give a validation folder"
        )
    files = [file for file in files if file not in held_out]
    if not files:
        raise OptionError(f"all photographs of {data} are held out for validation: give other ones for that")
    identity = {
        **dataclasses.asdict(recipe),
        "sizes": list(recipe.sizes),
        "every": every,
        "photographs": fingerprint(files),
        "validation images": fingerprint(held_out),
        "start": _checksum(start) if start else None,
    }

    torch.manual_seed(recipe.seed)
    network = ARCHITECTURES[recipe.arch](**recipe.arguments())
    if start:
        _begin_with(network, start, recipe)
    if recipe.collapsible:
        widen(network)
    # Small convolutions train up to twice as fast on CPUs when the channels lie side by side.
    network = network.to(device).to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # torch's stub
    averaged = copy.deepcopy(network).requires_grad_(False)
    optimizer = torch.optim.Adam(network.parameters(), lr=recipe.learning_rate)
    points: list[Point] = []
    if state_file(weights).exists():
        state = _load_state(state_file(weights), identity)
        network.load_state_dict(state["network"])
        averaged.load_state_dict(state["averaged"])
        optimizer.load_state_dict(state["optimizer"])
        points = [Point(*row) for row in state["points"]]
    first, seconds = (points[-1].step, points[-1].seconds) if points else (0, 0.0)
    if first == recipe.steps:
        return points[-1]

    smallest = recipe.patch * recipe.scale
    sized = [at_sizes(file.name, read_rgb(file), recipe.sizes, smallest, recipe.scale) for file in files]
    photographs = [pairs for pairs in sized if pairs]
    if not photographs:
        raise OptionError(f"no photograph in {data} has {smallest} pixels along its shorter side")
    validated = [shrink(file.name, read_rgb(file), recipe.scale) for file in held_out]
    for pair in validated:
        if min(pair.high.shape[:2]) <= 2 * pair.scale:
            raise ImageError(f"{pair.name} is too small to validate on: take it out of the folder")

    started = time.monotonic() - seconds
    loss_sum = 0.0
    for step in range(first, recipe.steps):
        loss_sum += _train_step(network, averaged, optimizer, recipe, step, photographs, device)
        done = step + 1
        point = None
        if done % every == 0 or done == recipe.steps:
            since = points[-1].step if points else 0
            quality = validate(averaged, validated, device)
            point = Point(done, loss_sum / (done - since), quality, time.monotonic() - started)
            points.append(point)
            loss_sum = 0.0
            _save(recipe, identity, network, averaged, optimizer, points, weights)
        if progress:
            progress(done, point)
    return points[-1]


def _checksum(start: Path) -> str:
    try:
        return fingerprint([start])
    except OSError as error:
        raise CheckpointError(f"{start}: {error.strerror}") from error


def _begin_with(network: nn.Module, start: Path, recipe: Recipe) -> None:
    """Gives the network the weights of `start` that have the shapes of its own."""
    checkpoint, _ = rebuilt(start)  # what the weights' own scale and colours are is of no matter here
    if checkpoint.architecture != recipe.arch:
        raise OptionError(
            f"{start} holds weights of {checkpoint.architecture}, which {recipe.arch} cannot begin with"
        )
    own = network.state_dict()
    fitting = {
        name: weight
        for name, weight in checkpoint.network.state_dict().items()
        if name in own and own[name].shape == weight.shape
    }
    network.load_state_dict(fitting, strict=False)


def _check_options(weights: Path, device: str, every: int) -> None:
    if weights.suffix != ".safetensors":
        raise OptionError(f"{weights} must be named .safetensors")
    if not weights.parent.is_dir():
        raise OptionError(f"the folder {weights.parent} does not exist: make it first")
    if every < 1:
        raise OptionError(f"every must be at least 1, not {every}")
    if device not in ("cpu", "cuda"):
        raise OptionError(f"device must be cpu or cuda, not {device!r}")
    if device == "cuda" and not torch.cuda.is_available():
        raise OptionError("device cuda was asked for, but PyTorch finds no CUDA device")


def _train_step(
    network: nn.Module,
    averaged: nn.Module,
    optimizer: torch.optim.Optimizer,
    recipe: Recipe,
    step: int,
    photographs: Sequence[Sequence[Pair]],
    device: str,
) -> float:
    """One step; gives its loss."""
    generator = np.random.default_rng([recipe.seed, step])
    degradation = degrade if recipe.real_world else None
    low, high = cut_batch(photographs, generator, recipe.batch, recipe.patch, degradation)
    for group in optimizer.param_groups:
        group["lr"] = recipe.learning_rate * 0.5 * (1.0 + math.cos(math.pi * step / recipe.steps))
    with torch.autocast(device, torch.bfloat16, enabled=device == "cuda"):
        predicted = network(torch.from_numpy(low).to(device, memory_format=torch.channels_last))
    loss = nn.functional.l1_loss(predicted.float(), torch.from_numpy(high).to(device))
    optimizer.zero_grad()
    loss.backward()  # type: ignore[no-untyped-call]  # torch leaves it untyped
    optimizer.step()
    # Early on, average over fewer steps, or the random first weights would linger.
    keep = min(AVERAGING, (1.0 + step) / (10.0 + step))
    with torch.no_grad():
        for slow, fast in zip(averaged.parameters(), network.parameters(), strict=True):
            slow.lerp_(fast, 1.0 - keep)
    return loss.item()


def validate(network: nn.Module, pairs: Sequence[Pair], device: str = "cpu") -> float:
    """Mean PSNR in dB of what a network makes of the low-resolution images.

    Args:
        network: Maps float NCHW RGB in 0..1 to the same, larger.
        pairs: The images.
        device: Where the network is.

    Returns:
        dB over the luma, without a border as wide as the scale, from results rounded to uint8.
    """
    values = []
    for images in pairs:
        low = torch.from_numpy(images.low).to(device).permute(2, 0, 1)[None] / 255.0
        with torch.inference_mode():
            result = (network(low)[0].permute(1, 2, 0) * 255.0).round().clamp(0, 255)
        values.append(
            psnr(images.high, result.to("cpu", torch.uint8).numpy(), border=images.scale, channels="y")
        )
    return float(np.mean(values))


def _load_state(path: Path, identity: dict[str, Any]) -> dict[str, Any]:
    try:
        state: dict[str, Any] = torch.load(path, weights_only=True, map_location="cpu")
        saved = state["identity"]
    except Exception as error:  # torch.load raises whatever its pickle reader meets
        raise CheckpointError(f"{path} cannot be resumed from: {error}; delete it to begin anew") from error
    for key, value in identity.items():
        before = saved.get(key, getattr(Recipe, key, None))  # of an older version's run, what it did anyway
        if before != value:
            raise OptionError(
                f"{path} is of a run with {key} {before}, not {value}: "
                "give the same options to resume it, or delete the file to begin anew"
            )
    return state


def _save(
    recipe: Recipe,
    identity: dict[str, Any],
    network: nn.Module,
    averaged: nn.Module,
    optimizer: torch.optim.Optimizer,
    points: Sequence[Point],
    weights: Path,
) -> None:
    """Writes the weights and the curve, and last the state: where that is, the others are at least as new."""
    made_by = (
        f"srfast train --arch {recipe.arch} --scale {recipe.scale}, {points[-1].step} of {recipe.steps} steps"
    )
    metadata = Conventions(scale=recipe.scale, made_by=made_by).to_metadata()
    metadata["srfast.arch"] = recipe.arch
    metadata["srfast.config"] = json.dumps(recipe.arguments())
    tensors = {name: tensor.cpu().contiguous() for name, tensor in collapsed(averaged).items()}
    with replacing(weights) as temporary:
        temporary.write_bytes(save(tensors, metadata))
    save_csv(points, weights.with_suffix(".csv"))
    save_picture(points, f"{recipe.arch} x{recipe.scale}", weights.with_suffix(".png"))
    state = {
        "identity": identity,
        "network": network.state_dict(),
        "averaged": averaged.state_dict(),
        "optimizer": optimizer.state_dict(),
        "points": [list(dataclasses.astuple(point)) for point in points],
    }
    content = io.BytesIO()  # of a full disk, PyTorch would not tell as others do
    torch.save(state, content)
    with replacing(state_file(weights)) as temporary:
        temporary.write_bytes(content.getbuffer())
