"""MMDeploy's SDK, its Restorer, on the ONNX Runtime that it brings along."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from srfast.bench.worker import Job, Pixels, Run

_VERSION = "1.3.1"


def open_model(job: Job) -> tuple[Run, str]:
    """Writes the folder that the SDK reads a model from, and opens it."""
    import mmdeploy_runtime
    import numpy as np

    if job.channels != 3 or (job.black, job.white) != (0.0, 1.0):
        raise NotImplementedError("its Restorer takes three channels of 0..1 only")
    _write(Path(job.scratch), job)
    restorer = mmdeploy_runtime.Restorer(job.scratch, "cpu", 0)

    def run(image: Pixels) -> Pixels:
        result: Pixels = restorer(image)  # in the network's order
        return np.ascontiguousarray(result[..., ::-1]) if job.reverse else result

    return run, f"mmdeploy {mmdeploy_runtime.__version__}"


def _write(folder: Path, job: Job) -> None:
    shutil.copy(job.model, folder / "end2end.onnx")
    network = {
        "name": "network",
        "net": "end2end.onnx",
        "weights": "",
        "backend": "onnxruntime",
        "precision": "FP32",
        "batch_size": 1,
        "dynamic_shape": True,
    }
    transforms: list[dict[str, Any]] = [
        {"type": "LoadImageFromFile"},
        {"type": "Normalize", "mean": [0, 0, 0], "std": [255, 255, 255], "to_rgb": job.reverse},
        {"type": "ImageToTensor", "keys": ["img"]},
        {"type": "Collect", "keys": ["img"], "meta_keys": ["img_shape"]},
    ]
    tasks = [
        {
            "type": "Task",
            "module": "Transform",
            "name": "Preprocess",
            "input": ["img"],
            "output": ["prepared"],
            "transforms": transforms,
        },
        {
            "type": "Task",
            "module": "Net",
            "name": "network",
            "is_batched": False,
            "input": ["prepared"],
            "output": ["inferred"],
            "input_map": {"img": job.input},
            "output_map": {"output": job.output},
        },
        {
            "type": "Task",
            "module": "mmedit",
            "name": "Postprocess",
            "component": "TensorToImg",
            "input": ["inferred"],
            "output": ["result"],
        },
    ]
    contents = {
        "deploy.json": {"version": _VERSION, "task": "Restorer", "models": [network], "customs": []},
        "detail.json": {"version": _VERSION, "backend_config": {"type": "onnxruntime"}},
        "pipeline.json": {"pipeline": {"input": ["img"], "output": ["result"], "tasks": tasks}},
    }
    for name, content in contents.items():
        (folder / name).write_text(json.dumps(content))
