"""What the graph rewrites are worth: networks as they are and rewritten, beside ONNX Runtime in Python.

Random weights, which change nothing in time; PReLU's slopes differ, as training leaves them. 256x256 pixels,
8 bits in and out. One thread, and the processor's time, which what else the machine does changes little. Each
network's contestants take turns in one run; the ratios are medians of the rounds' ratios, with quartiles.
Results are compared before anything is timed: integers may be off by one.

Run: python benchmarks/passes.py
"""

from __future__ import annotations

import functools
import statistics
import time
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import onnx
import onnxruntime
import torch
from torch import nn

import srfast
from srfast import exporters, geometry
from srfast.bench import machine
from srfast.models import EDSR, ESPCN, FSRCNN, SRCNN, VDSR, Fast, SRVGGNetCompact

SIZE = 256
ROUNDS = 9

NETWORKS: dict[str, tuple[Callable[[], nn.Module], int]] = {
    "SRCNN x3": (functools.partial(SRCNN, 3), 3),
    "FSRCNN x3": (functools.partial(FSRCNN, 3), 3),
    "ESPCN x2": (functools.partial(ESPCN, 2), 2),
    "Fast x3": (functools.partial(Fast, 3), 3),
    "SRVGG x4, 64 features, 4 layers": (functools.partial(SRVGGNetCompact, 4, layers=4), 4),
    "EDSR x2, 32 features, 4 blocks": (functools.partial(EDSR, 2, features=32, blocks=4), 2),
    "VDSR x2, 32 features, 5 layers": (functools.partial(VDSR, 2, features=32, layers=5), 2),
}

Pixels = npt.NDArray[np.uint8]


def exported(make: Callable[[], nn.Module], scale: int) -> bytes:
    """The network with weights by chance, whose result spreads over the range of values."""
    torch.manual_seed(0)
    network = make().eval()
    convolutions = [m for m in network.modules() if isinstance(m, (nn.Conv2d, nn.ConvTranspose2d))]
    with torch.no_grad():
        for module in network.modules():
            if isinstance(module, nn.PReLU):
                module.weight.uniform_(0.05, 0.4)
        noise = torch.rand(1, 3, 24, 24)
        convolutions[-1].weight *= 0.2 / network(noise).std().clamp(min=1e-3)
        bias = convolutions[-1].bias
        assert bias is not None
        bias += 0.5 - network(noise).mean()
    model = exporters.by_torchscript(network, torch.zeros(2, 3, 16, 20), 17, (0, 2, 3))
    geometry.write(model, srfast.Conventions(scale).to_metadata())
    onnx.checker.check_model(model)
    content: bytes = model.SerializeToString()
    return content


def by_onnxruntime(content: bytes) -> Callable[[Pixels], Pixels]:
    """As programs without srfast do it."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])

    def run(image: Pixels) -> Pixels:
        planes = np.ascontiguousarray(image.transpose(2, 0, 1)[np.newaxis], np.float32) / np.float32(255)
        result = session.run(None, {"input": planes})[0][0]
        levels: Pixels = np.rint(np.clip(result, 0, 1) * 255).astype(np.uint8).transpose(1, 2, 0)
        return levels

    return run


def main() -> None:
    print(f"{machine()}; onnxruntime {onnxruntime.__version__}; medians of {ROUNDS} rounds")
    print(f"{'':34}{'onnxruntime':>12}{'as it is':>10}{'rewritten':>11}{'ms; times as fast as':>24}")
    image = np.random.default_rng(0).integers(0, 256, (SIZE, SIZE, 3), np.uint8)
    for name, (make, scale) in NETWORKS.items():
        content = exported(make, scale)
        fast = srfast.Upscaler(content, color="rgb", threads=1)
        plain = srfast.Upscaler(content, color="rgb", threads=1, optimize=False)
        contestants: dict[str, Callable[[Pixels], Pixels]] = {
            "onnxruntime": by_onnxruntime(content),
            "as it is": plain.run,
            "rewritten": fast.run,
        }
        made = {who: run(image).astype(int) for who, run in contestants.items()}
        assert all(np.abs(result - made["rewritten"]).max() <= 1 for result in made.values()), name
        times: dict[str, list[float]] = {who: [] for who in contestants}
        for _ in range(ROUNDS):
            for who, run in contestants.items():
                start = time.process_time()
                run(image)
                times[who].append((time.process_time() - start) * 1e3)
        medians = "".join(
            f"{statistics.median(times[who]):>{w}.1f}" for who, w in zip(times, (12, 10, 11), strict=True)
        )
        ratios = []
        for who in ("onnxruntime", "as it is"):
            each = sorted(a / b for a, b in zip(times[who], times["rewritten"], strict=True))
            low, middle, high = statistics.quantiles(each, n=4)
            ratios.append(f"{who} {middle:.2f} ({low:.2f}-{high:.2f})")
        print(f"{name:34}{medians}   {', '.join(ratios)}; {' '.join(fast.info.passes)}", flush=True)


if __name__ == "__main__":
    main()
