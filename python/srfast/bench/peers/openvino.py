"""OpenVINO on the CPU, with conversions in NumPy; bfloat16 inside where that is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from srfast.bench.worker import Job, Pixels, Run


def open_model(job: Job) -> tuple[Run, str]:
    """Compiles the file for latency."""
    import openvino

    core = openvino.Core()
    settings = {
        "INFERENCE_PRECISION_HINT": "bf16" if job.variant == "bf16" else "f32",
        "INFERENCE_NUM_THREADS": job.threads,
        "PERFORMANCE_HINT": "LATENCY",
    }
    compiled = core.compile_model(job.model, "CPU", settings)
    request = compiled.create_infer_request()

    def run(image: Pixels) -> Pixels:
        request.infer([job.to_planes(image)], share_inputs=True)
        return job.to_pixels(request.get_output_tensor(0).data)

    return run, f"openvino {openvino.__version__.split('-')[0]}"
