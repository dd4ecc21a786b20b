"""srfast itself, in a process like its peers'."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from srfast.bench.worker import Job, Run


def open_model(job: Job) -> tuple[Run, str]:
    """Opens the file as any user does."""
    import srfast
    from srfast import _core

    upscaler = srfast.Upscaler(job.model, threads=job.threads)
    return upscaler.run, f"srfast {srfast.__version__} (onnxruntime {_core.onnxruntime_version()})"
