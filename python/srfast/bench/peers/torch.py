"""The network in PyTorch, eager, built from its weights, with conversions in NumPy."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from srfast.bench.worker import Job, Pixels, Run


def open_model(job: Job) -> tuple[Run, str]:
    """Opens the weights as `srfast export` does."""
    import torch

    from srfast.checkpoints import rebuilt

    torch.set_num_threads(job.threads)
    checkpoint, _ = rebuilt(job.weights, scale=job.scale)  # what the weights eat is known from the ONNX file

    def run(image: Pixels) -> Pixels:
        with torch.inference_mode():
            return job.to_pixels(checkpoint.network(torch.from_numpy(job.to_planes(image))).numpy())

    return run, f"torch {torch.__version__}"
