"""How long a fresh process takes: to import srfast, and to load a shipped model and enlarge 256x256.

Each line is the median of several new processes. The tutorial's way, ONNX Runtime's Python package on the
same file with conversions in NumPy, stands beside it.

Run: python benchmarks/start_up.py
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

from srfast import zoo

PROCESSES = 11

IMAGE = "import numpy as np; image = np.zeros((256, 256, 3), np.uint8); "
PROGRAMS = {
    "python": "pass",
    "import numpy": "import numpy",
    "import srfast": "import srfast",
    "srfast: load, enlarge 256x256": IMAGE + "import srfast; big = srfast.Upscaler('fast-x3').run(image)",
    "onnxruntime: load, enlarge 256x256": IMAGE
    + f"import onnxruntime; session = onnxruntime.InferenceSession({str(zoo.path('fast-x3'))!r}); "
    + "x = image[None, ..., ::-1].transpose(0, 3, 1, 2).astype(np.float32) / 255; "
    + "y = session.run(None, {'input': x})[0][0]; "
    + "big = np.rint(np.clip(y, 0, 1) * 255).astype(np.uint8).transpose(1, 2, 0)[..., ::-1]",
}


def main() -> None:
    times: dict[str, list[float]] = {name: [] for name in PROGRAMS}
    for _ in range(PROCESSES):
        for name, program in PROGRAMS.items():
            start = time.perf_counter()
            subprocess.run([sys.executable, "-c", program], check=True)
            times[name].append((time.perf_counter() - start) * 1e3)
    medians = {name: statistics.median(values) for name, values in times.items()}
    for name, median in medians.items():
        print(f"{name:36} {median:7.0f} ms")
    added = medians["import srfast"] - medians["import numpy"]
    print(f"{'srfast, beyond numpy':36} {added:7.0f} ms")


if __name__ == "__main__":
    main()
