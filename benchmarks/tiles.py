"""One tile on all cores (ONNX Runtime's threads) against tiles side by side (a core each), on a photograph.

Four kinds of network: a deep one in float32, a light one, the deep one in int8, and one with an operator that
ONNX Runtime runs on one core. srfast decides by metadata that it derives from the graph; here the decision is
forced both ways, with 1 and 2 threads. All but the shipped network have random weights: their time does not
depend on them. Before anything is timed, the integers of all ways are compared. All ways take turns in every
round, in random order; medians are given, and the quartiles of the rounds' ratios. `*` marks srfast's own
choice. With 1 thread there is nothing to choose: only the size of the tiles differs.

Run: python benchmarks/tiles.py
"""

from __future__ import annotations

import math
import platform
import statistics
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnx
import onnxruntime
import torch
from onnxruntime import quantization
from torch import nn

import srfast
from srfast import geometry, images, zoo

PHOTOGRAPH = Path(__file__).parents[1] / "examples" / "chelsea.png"
ROUNDS = 9
THREADS = (1, 2)
WAYS = ("pool", "tiles")

Image = npt.NDArray[np.uint8]


class CubicResidual(nn.Module):
    """Convolutions in small space, added to the input enlarged by cubic interpolation.

    For x2 and x4: at x3, ONNX Runtime's Resize rounds its coordinates, so the last bits depend on where a
    tile begins, and about 40 in a million integers are off by 1.
    """

    def __init__(self, scale: int, features: int) -> None:
        super().__init__()
        self.body = convolutions(scale, features, 4)
        self.scale = scale

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        large = nn.functional.interpolate(x, scale_factor=self.scale, mode="bicubic", align_corners=False)
        result: torch.Tensor = self.body(x) + large
        return result


def convolutions(scale: int, features: int, count: int) -> nn.Sequential:
    """`count` 3x3 convolutions with ReLU, one more to the samples of a pixel, and the shuffle."""
    layers: list[nn.Module] = []
    for index in range(count):
        layers += [nn.Conv2d(features if index else 3, features, 3, padding=1), nn.ReLU()]
    return nn.Sequential(*layers, nn.Conv2d(features, 3 * scale**2, 3, padding=1), nn.PixelShuffle(scale))


def exported(network: nn.Module, scale: int, image: Image, path: Path) -> Path:
    """Writes the network, its last convolution set so that the output of random weights spreads over 0..1."""
    network.eval()
    last = [module for module in network.modules() if isinstance(module, nn.Conv2d)][-1]
    assert last.bias is not None
    sample = torch.from_numpy(planes(image[:64, :64]))
    with torch.inference_mode():
        last.weight *= 0.2 / network(sample).std()
        last.bias += 0.5 - network(sample).mean()
    srfast.export_onnx(network, path, conventions=srfast.Conventions(scale=scale))
    return path


def planes(image: Image) -> npt.NDArray[np.float32]:
    """BGR pixels as a network takes them: 1 x 3 x H x W, RGB, 0..1."""
    values = image[None, ..., ::-1].transpose(0, 3, 1, 2) / np.float32(255)
    return np.ascontiguousarray(values, np.float32)


def quantized(model: Path, image: Image, path: Path) -> Path:
    """int8, static, a scale for every channel, calibrated with patches of a photograph."""

    class Patches(quantization.CalibrationDataReader):  # type: ignore[misc]  # of no type
        def __init__(self) -> None:
            self.patches = iter([image[y : y + 96, x : x + 96] for y in (0, 100, 200) for x in (0, 150, 300)])

        def get_next(self) -> dict[str, npt.NDArray[np.float32]] | None:
            patch = next(self.patches, None)
            return None if patch is None else {name: planes(patch)}

    name = onnx.load(model).graph.input[0].name
    inferred = path.with_suffix(".inferred.onnx")
    quantization.quant_pre_process(model, inferred)
    quantization.quantize_static(inferred, path, Patches(), per_channel=True)
    result = onnx.load(path)
    # The pre-processing drops the conventions.
    geometry.write(result, {pair.key: pair.value for pair in onnx.load(model).metadata_props})
    onnx.save(result, path)
    return path


def networks(folder: Path, image: Image) -> dict[str, Path]:
    torch.manual_seed(0)
    deep = exported(convolutions(4, 64, 16), 4, image, folder / "deep.onnx")
    return {
        "deep, float32 (17 convolutions, 64 features, x4)": deep,
        "light, float32 (the shipped fast-x3)": zoo.path("fast-x3"),
        "deep, int8 (the first, quantised)": quantized(deep, image, folder / "int8.onnx"),
        "cubic residual, float32 (5 convolutions, 32 features, x4)": exported(
            CubicResidual(4, 32), 4, image, folder / "cubic.onnx"
        ),
    }


def forced(model: onnx.ModelProto, way: str) -> bytes:
    """The model tagged as srfast tags it, but for how it uses cores."""
    result = onnx.ModelProto()
    result.CopyFrom(model)
    geometry.write(result, geometry.tags(model) | {"srfast.parallel": way})
    content: bytes = result.SerializeToString()
    return content


def check(name: str, results: list[Image]) -> None:
    """All ways must give the same integers, but for one in a million that may be off by 1."""
    first = results[0]
    assert first.std() > 20, "an image, not a gray plane"
    for other in results[1:]:
        difference = np.abs(first.astype(np.int16) - other)
        off = np.count_nonzero(difference)
        message = f"{name}: {off} of {first.size} values differ, by up to {difference.max()}"
        assert difference.max() <= 1, message
        assert off <= math.ceil(first.size * 1e-6), message


def seconds(run: Callable[[], object]) -> float:
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def main() -> None:
    image: Image = images.read(PHOTOGRAPH)
    contestants: dict[tuple[str, int, str], Callable[[], object]] = {}
    with tempfile.TemporaryDirectory() as folder:
        models = {name: onnx.load(path) for name, path in networks(Path(folder), image).items()}
        choices = {name: geometry.tags(model)["srfast.parallel"] for name, model in models.items()}
        for name, model in models.items():
            results = []
            for threads in THREADS:
                for way in WAYS:
                    upscaler = srfast.Upscaler(forced(model, way), threads=threads, memory_limit="4GB")
                    results.append(upscaler.run(image))
                    contestants[name, threads, way] = partial(upscaler.run, image, out=results[-1])
            check(name, results)

    times: dict[tuple[str, int, str], list[float]] = {key: [] for key in contestants}
    rng = np.random.default_rng(0)
    keys = list(contestants)
    for _ in range(ROUNDS):
        for index in rng.permutation(len(keys)):  # so that nobody always follows the same one
            times[keys[index]].append(seconds(contestants[keys[index]]))

    height, width = image.shape[:2]
    print(f"{width}x{height} photograph, medians of {ROUNDS} rounds, {platform.machine()}, ", end="")
    print(f"onnxruntime {onnxruntime.__version__}")
    print(f"{'threads':>9}{'pool, ms':>13}{'tiles, ms':>13}{'pool / tiles (quartiles)':>28}")
    for name in models:
        print(name)
        for threads in THREADS:
            pool, tiles = (times[name, threads, way] for way in WAYS)
            low, middle, high = statistics.quantiles(
                (one / two for one, two in zip(pool, tiles, strict=True)), n=4
            )
            cells = [
                f"{statistics.median(times[name, threads, way]) * 1e3:.1f}"
                + ("*" if way == choices[name] and threads > 1 else " ")
                for way in WAYS
            ]
            print(f"{threads:>9}{cells[0]:>13}{cells[1]:>13}{f'{middle:.2f} ({low:.2f}-{high:.2f})':>28}")


if __name__ == "__main__":
    main()
