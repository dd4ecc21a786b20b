"""A 256x256 RGB picture enlarged three times by cubic interpolation, one thread: srfast beside the others.

The enlargement that an SRCNN begins with. srfast goes from uint8, H x W x 3, to the float32 planes in 0..1
that the network wants. The others are given float32 in 0..1 already, ONNX Runtime and PyTorch in planes,
OpenCV in H x W x 3 (and it leaves it so): what they are spared is not counted. Every result is checked before
it is timed. In every round each contestant has its turn, in random order, and the medians are given.

Run: python benchmarks/enlarge.py
"""

from __future__ import annotations

import platform
import statistics
import time
from collections.abc import Callable
from functools import partial

import cv2
import numpy as np
import numpy.typing as npt
import onnx
import onnxruntime
import torch

from srfast._core import kernels

SIZE = 256
FACTOR = 3
ROUNDS = 31
SCALE = 1 / 255

Image = npt.NDArray[np.uint8]
Planes = npt.NDArray[np.float32]


def srfast_enlarge(image: Image, planes: Planes, instruction_set: str) -> Planes:
    kernels.enlarge(
        image,
        planes,
        channel=[0, 1, 2],
        gain=[SCALE] * 3,
        bias=[0] * 3,
        mode="cubic",
        factor=FACTOR,
        instruction_set=instruction_set,
    )
    return planes


def onnxruntime_session() -> onnxruntime.InferenceSession:
    """Resize alone, as PyTorch exports nn.Upsample."""
    model = onnx.parser.parse_model(f"""
        <ir_version: 8, opset_import: ["": 13]>
        resize (float[1, 3, h, w] input) => (float[1, 3, H, W] output)
        <float[4] scales = {{1, 1, {FACTOR}, {FACTOR}}}>
        {{
            output = Resize<
                mode = "cubic", cubic_coeff_a = -0.75, coordinate_transformation_mode = "pytorch_half_pixel"
            >(input, , scales)
        }}
    """)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )


def onnxruntime_enlarge(session: onnxruntime.InferenceSession, planes: Planes) -> Planes:
    result: Planes = session.run(None, {"input": planes[np.newaxis]})[0][0]
    return result


def torch_enlarge(planes: torch.Tensor) -> torch.Tensor:
    with torch.inference_mode():
        return torch.nn.functional.interpolate(
            planes[np.newaxis], scale_factor=FACTOR, mode="bicubic", align_corners=False
        )[0]


def cv2_enlarge(values: Planes) -> Planes:
    size = (SIZE * FACTOR, SIZE * FACTOR)
    return cv2.resize(values, size, interpolation=cv2.INTER_CUBIC)  # type: ignore[return-value]  # of float32, too


def milliseconds(run: Callable[[], object]) -> float:
    run()  # brings back what the contestant before has driven out of the caches
    start = time.perf_counter()
    run()
    return (time.perf_counter() - start) * 1e3


def main() -> None:
    cv2.setNumThreads(1)
    torch.set_num_threads(1)
    rng = np.random.default_rng(0)
    image = rng.integers(0, 256, (SIZE, SIZE, 3), np.uint8)
    values = image * np.float32(SCALE)
    planes = np.ascontiguousarray(values.transpose(2, 0, 1))
    tensor = torch.from_numpy(planes)
    enlarged = np.zeros((3, SIZE * FACTOR, SIZE * FACTOR), np.float32)
    session = onnxruntime_session()

    contestants: dict[str, Callable[[], object]] = {}
    exact = torch_enlarge(tensor.double()).numpy()
    for name in reversed(kernels.supported_instruction_sets()):
        contestants[f"srfast, {name}"] = partial(srfast_enlarge, image, enlarged, name)
        np.testing.assert_allclose(srfast_enlarge(image, enlarged, name), exact, rtol=0, atol=5e-7)
    # What the others differ by comes from places that they compute in float32.
    contestants["OpenCV, cv2.resize"] = partial(cv2_enlarge, values)
    np.testing.assert_allclose(cv2_enlarge(values).transpose(2, 0, 1), exact, rtol=0, atol=5e-5)
    contestants["PyTorch, interpolate"] = partial(torch_enlarge, tensor)
    np.testing.assert_allclose(torch_enlarge(tensor).numpy(), exact, rtol=0, atol=5e-5)
    contestants["ONNX Runtime, Resize"] = partial(onnxruntime_enlarge, session, planes)
    np.testing.assert_allclose(onnxruntime_enlarge(session, planes), exact, rtol=0, atol=5e-5)

    times: dict[str, list[float]] = {name: [] for name in contestants}
    for _ in range(ROUNDS):
        for name in rng.permutation(list(contestants)):  # so that nobody always follows the same one
            times[name].append(milliseconds(contestants[name]))

    print(
        f"{SIZE}x{SIZE} RGB, cubic, x{FACTOR}, one thread, {platform.machine()}, medians of {ROUNDS} rounds"
    )
    print(
        f"Python {platform.python_version()}, OpenCV {cv2.__version__}, PyTorch {torch.__version__}, ", end=""
    )
    print(f"ONNX Runtime {onnxruntime.__version__}")
    print(f"{'':<26}{'ms':>9}{'times the first row':>22}")
    first = statistics.median(next(iter(times.values())))
    for name, column in times.items():
        ms = statistics.median(column)
        print(f"{name:<26}{ms:>9.2f}{ms / first:>22.1f}")


if __name__ == "__main__":
    main()
