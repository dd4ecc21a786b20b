"""The search for the small network: candidates trained alike, what they reach and what they cost.

It is the table of docs/models.md. Each candidate is trained three times enlarging, with the same photographs,
seed, steps and patches, and judged by the photographs held out; then all enlarge the same 256x256 image in
turns, through srfast. What is trained already, or was stopped in between, is gone on with. Set
`OMP_NUM_THREADS=1` and start it twice with other candidates to use two cores; a last start measures.

Run: python scripts/search_networks.py PHOTOS FOLDER [CANDIDATE ...]
"""

from __future__ import annotations

import argparse
import functools
from pathlib import Path

from srfast.bench import benchmark
from srfast.checkpoints import load_checkpoint
from srfast.export import export_onnx
from srfast.training.trainer import Recipe, train

EVERY = 500
candidate = functools.partial(Recipe, scale=3, steps=1000, sizes=(1000, 640, 400), seed=1)
CANDIDATES = {
    "espcn": candidate("espcn"),
    "fsrcnn": candidate("fsrcnn"),
    "fast-16-4": candidate("fast", layers=4),
    "fast-12-9": candidate("fast", features=12, layers=9),
    "fast-16-7": candidate("fast"),
    "fast-16-7-collapsible": candidate("fast", collapsible=True),
    "srvgg-16-7": candidate("srvgg", features=16, layers=7),
    "fast-24-7": candidate("fast", features=24),
    "fast-32-4": candidate("fast", features=32, layers=4),
}
"""By the architecture's name, the channels between the convolutions and the repeated convolutions."""


def main() -> None:
    """Trains, measures, prints the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("photos", type=Path)
    parser.add_argument("folder", type=Path, help="where weights and curves are kept")
    parser.add_argument("candidates", nargs="*", default=list(CANDIDATES), help=", ".join(CANDIDATES))
    arguments = parser.parse_args()
    folder: Path = arguments.folder
    folder.mkdir(parents=True, exist_ok=True)

    quality = {}
    parameters = {}
    for name in arguments.candidates:
        weights = folder / f"{name}.safetensors"
        quality[name] = train(CANDIDATES[name], arguments.photos, weights, every=EVERY).psnr
        checkpoint = load_checkpoint(weights)
        parameters[name] = sum(tensor.numel() for tensor in checkpoint.network.parameters())
        export_onnx(checkpoint, folder / f"{name}.onnx", force=True)

    files = [folder / f"{name}.onnx" for name in arguments.candidates]
    found = benchmark(files[0], against=(), also=files[1:])
    print("| candidate | parameters | dB, held out | ms, quartiles |")
    print("|---|---|---|---|")
    for name, measured in zip(arguments.candidates, found.measured, strict=True):
        low, high = (1e3 * seconds for seconds in measured.quartiles)
        cost = f"{1e3 * measured.median:.1f} ({low:.1f}-{high:.1f})"
        print(f"| `{name}` | {parameters[name]:,} | {quality[name]:.3f} | {cost} |")
    print(f"\n{found.machine}")


if __name__ == "__main__":
    main()
