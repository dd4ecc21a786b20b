"""OpenCV's dnn module: its own conversion in, NumPy out, as it has none for that way."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from srfast.bench.worker import Job, Pixels, Planes, Run


def open_model(job: Job) -> tuple[Run, str]:
    """Reads the file with OpenCV's importer."""
    import cv2

    cv2.setNumThreads(job.threads)
    network = cv2.dnn.readNetFromONNX(job.model)
    factor = (job.white - job.black) / 255

    def run(image: Pixels) -> Pixels:
        # It takes (value - mean) * factor.
        mean = (-job.black / factor,) * job.channels
        network.setInput(cv2.dnn.blobFromImage(image, factor, mean=mean, swapRB=job.reverse))
        planes: Planes = network.forward()  # type: ignore[assignment]  # its stubs know nothing of dtypes
        return job.to_pixels(planes)

    return run, f"opencv {cv2.__version__}"
