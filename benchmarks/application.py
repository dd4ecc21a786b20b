"""How long it takes from the start of a process to an enlarged file of a 256x256 photograph.

`srfast-upscale`, `srfast upscale`, and a script on ONNX Runtime's Python package, with OpenCV for files and
NumPy for conversions, as tutorials have it; all with the same network. The program is built first, unless
it is named. The rows are medians of new processes, taken in turns; the results must be equal (the script's
within 1) before anything is timed.

Run: python benchmarks/application.py [PROGRAM]
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import cv2
import numpy as np

from srfast import runtime_library, zoo

PROCESSES = 11
ROOT = Path(__file__).parents[1]
SCRIPT = """
import cv2, numpy as np, onnxruntime, sys
session = onnxruntime.InferenceSession(sys.argv[1])
image = cv2.imread(sys.argv[2])[..., ::-1]
x = image.transpose(2, 0, 1)[None].astype(np.float32) / 255
y = session.run(None, {session.get_inputs()[0].name: x})[0][0]
large = np.rint(np.clip(y, 0, 1) * 255).astype(np.uint8).transpose(1, 2, 0)[..., ::-1]
cv2.imwrite(sys.argv[3], large)
"""


def build() -> Path:
    folder = ROOT / "build" / "application"
    options = ["-DSRFAST_BUILD_APP=ON", f"-DPython_EXECUTABLE={sys.executable}"]
    for words in (
        ["cmake", "-S", str(ROOT), "-B", str(folder), *options],
        ["cmake", "--build", str(folder), "--parallel", "--target", "srfast-upscale"],
    ):
        subprocess.run(words, check=True, stdout=subprocess.DEVNULL)
    return folder / "apps" / "srfast-upscale" / "srfast-upscale"


def main() -> None:
    program = Path(sys.argv[1]) if len(sys.argv) > 1 else build()
    plain = zoo.path("fast-x3")
    model = str(zoo.optimized(plain))  # as both open it by its name
    environment = os.environ | {"SRFAST_ONNXRUNTIME": str(runtime_library.find())}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        photo = str(folder / "photo.png")
        chelsea = cv2.imread(str(ROOT / "examples" / "chelsea.png"))
        assert chelsea is not None
        cv2.imwrite(photo, chelsea[20:276, 100:356])
        command = [str(Path(sys.executable).parent / "srfast"), "upscale"]
        ways = {
            "srfast-upscale": [str(program), photo, "-m", model, "--force", "-q", "-o"],
            "srfast upscale": [*command, photo, "-m", model, "--force", "-q", "-o"],
            "script on onnxruntime": [sys.executable, "-c", SCRIPT, str(plain), photo],
        }
        results = {}
        for way, words in ways.items():
            target = folder / "large.png"
            subprocess.run([*words, str(target)], check=True, env=environment)
            large = cv2.imread(str(target))
            assert large is not None
            results[way] = large.astype(np.int16)
        ours, command_s, script_s = results.values()
        assert np.array_equal(ours, command_s)
        assert np.abs(ours - script_s).max() <= 1

        times: dict[str, list[float]] = {way: [] for way in ways}
        for _ in range(PROCESSES):
            for way, words in ways.items():
                start = time.perf_counter()
                subprocess.run([*words, str(folder / "large.png")], check=True, env=environment)
                times[way].append((time.perf_counter() - start) * 1e3)
    medians = {way: statistics.median(values) for way, values in times.items()}
    for way, median in medians.items():
        print(f"{way:24} {median:7.0f} ms   {median / medians['srfast-upscale']:5.1f} times")
    print(f"{program} is {program.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
