"""The network in PyTorch, eager, built from its weights, with conversions in NumPy."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from srfast.bench.worker import Job, Pixels, Run


def open_model(job: Job) -> tuple[Run, str]:
    """Opens the weights as `srfast export` does."""
    import torch

    from srfast.checkpoints import load_checkpoint

    torch.set_num_threads(job.threads)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what the weights eat is known from the ONNX file
        network = load_checkpoint(job.weights, scale=job.scale).network

    def run(image: Pixels) -> Pixels:
        with torch.inference_mode():
            return job.to_pixels(network(torch.from_numpy(job.to_planes(image))).numpy())

    return run, f"torch {torch.__version__}"
