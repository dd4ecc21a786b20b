"""ncnn in fp32, from a conversion that pnnx makes, with conversions in NumPy."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from srfast.bench.worker import Job, Pixels, Run


def open_model(job: Job) -> tuple[Run, str]:
    """Converts the file and loads what came out."""
    import ncnn
    import numpy as np

    stem = _converted(job)
    network = ncnn.Net()
    network.opt.num_threads = job.threads
    network.opt.use_vulkan_compute = False
    for setting in ("use_bf16_storage", "use_fp16_packed", "use_fp16_storage", "use_fp16_arithmetic"):
        setattr(network.opt, setting, False)
    if network.load_param(f"{stem}.ncnn.param") or network.load_model(f"{stem}.ncnn.bin"):
        raise RuntimeError("ncnn cannot load what pnnx made of the file")
    source, target = network.input_names()[0], network.output_names()[0]

    def run(image: Pixels) -> Pixels:
        extractor = network.create_extractor()
        extractor.input(source, ncnn.Mat(job.to_planes(image)[0]))
        status, planes = extractor.extract(target)
        if status:
            raise RuntimeError(f"ncnn ended with status {status}")
        return job.to_pixels(np.array(planes)[None])

    return run, f"ncnn {ncnn.__version__}"


def _converted(job: Job) -> Path:
    """What pnnx makes of the file, without its suffixes."""
    import pnnx

    # It writes beside the file, and takes the shapes of two inputs to see which sides are open.
    model = Path(job.scratch, "network.onnx")
    model.write_bytes(Path(job.model).read_bytes())
    shapes = [
        f"inputshape{number}=[1,{job.channels},{side},{side}]f32" for number, side in (("", 64), (2, 48))
    ]
    done = subprocess.run(
        [pnnx.EXEC_PATH, model.name, *shapes, "fp16=0"],
        cwd=job.scratch,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=120,
        check=False,
    )
    stem = model.with_suffix("")
    if done.returncode or not Path(f"{stem}.ncnn.param").exists():
        last = done.stdout.decode(errors="replace").strip().splitlines()[-1:] or [""]
        raise NotImplementedError(f"pnnx cannot convert the file (status {done.returncode}) {last[0]}")
    left = [line.split()[0] for line in Path(f"{stem}.ncnn.param").read_text().splitlines()[2:]]
    if foreign := sorted({name for name in left if "." in name or name.startswith("pnnx")}):
        raise NotImplementedError(f"pnnx has no ncnn layer for {', '.join(foreign)}")
    return stem
