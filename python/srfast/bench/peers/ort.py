"""ONNX Runtime through its Python package, with conversions in NumPy, as tutorials do it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from srfast.bench.worker import Job, Pixels, Run


def open_model(job: Job) -> tuple[Run, str]:
    """Opens the file on the CPU, with the package's own settings but for the number of threads."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = job.threads
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(job.model, options, providers=["CPUExecutionProvider"])

    def run(image: Pixels) -> Pixels:
        return job.to_pixels(session.run([job.output], {job.input: job.to_planes(image)})[0])

    return run, f"onnxruntime {onnxruntime.__version__}"
