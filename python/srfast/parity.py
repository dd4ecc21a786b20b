"""Proves that an ONNX file gives what its PyTorch network gives, on the same pixels, and so does srfast."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from importlib import resources
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from srfast.conventions import Conventions
from srfast.dependencies import require
from srfast.errors import Error, ExportError

if TYPE_CHECKING:
    from torch import nn

SIZES = ((1, 1), (1, 7), (5, 2), (17, 31), (64, 48))
"""Heights and widths that a file of dynamic size is tried at: the smallest, thin, odd, ordinary."""

TOLERANCE = 1e-4
"""Largest difference allowed, where 1 is the distance from black to white: a fortieth of an 8-bit step."""


@dataclasses.dataclass(frozen=True)
class Differences:
    """The largest differences between the three ways to run a network, over all sizes and values.

    1 is the distance from black to white.

    Attributes:
        pytorch_onnxruntime: PyTorch against ONNX Runtime's Python package, before clipping.
        onnxruntime_native: ONNX Runtime's Python package against `srfast.Upscaler`, float32, clipped to 0..1.
        pytorch_native: PyTorch against `srfast.Upscaler`, float32, clipped to 0..1.
    """

    pytorch_onnxruntime: float = 0.0
    onnxruntime_native: float = 0.0
    pytorch_native: float = 0.0


def photograph() -> npt.NDArray[np.float32]:
    """The small photograph that srfast ships for proofs: 64x80x3, RGB, float32, 0..1."""
    with resources.as_file(resources.files("srfast") / "data" / "chelsea.npy") as file:
        pixels: npt.NDArray[np.uint8] = np.load(file)
    photograph: npt.NDArray[np.float32] = pixels.astype(np.float32) / np.float32(255)
    return photograph


def prove(
    network: nn.Module,
    model: bytes,
    conventions: Conventions,
    *,
    sizes: Sequence[tuple[int, int]],
    batch: int,
) -> Differences:
    """Runs the network three ways on real pixels and compares what comes out.

    Args:
        network: The network in PyTorch: float32, on the CPU, in evaluation mode.
        model: The ONNX file made from it.
        conventions: What both eat.
        sizes: Heights and widths to compare at; the photograph is cut, and repeated where it is too small.
        batch: Images at once for PyTorch and ONNX Runtime. The native path takes one at a time.

    Returns:
        The largest differences.

    Raises:
        ExportError: A difference is over `TOLERANCE`, the file does not run at one of the sizes, or the
            network does not take or enlarge images as the conventions say.
        DependencyError: onnxruntime cannot be imported.
    """
    require("onnxruntime", extra="export")
    import onnxruntime
    import torch

    from srfast.upscaler import Upscaler

    quiet = onnxruntime.SessionOptions()
    quiet.log_severity_level = 3  # errors; they are raised too
    try:
        session = onnxruntime.InferenceSession(model, quiet, providers=["CPUExecutionProvider"])
    except Exception as error:  # ONNX Runtime's exceptions share no base class below Exception
        raise ExportError(f"ONNX Runtime refuses the exported file: {error}") from error
    native = Upscaler(model, color="rgb")

    largest = Differences()
    for height, width in sizes:
        images = np.stack([_cut(height, width, conventions, turns) for turns in range(batch)])
        tensor = _to_network(images, conventions)
        try:
            with torch.inference_mode():
                from_pytorch = network(torch.from_numpy(tensor)).numpy()
        except RuntimeError as error:
            raise ExportError(
                f"the network does not run on {_words(tensor, conventions)}: {error}"
            ) from error
        expected = (batch, tensor.shape[1], height * conventions.scale, width * conventions.scale)
        if from_pytorch.shape != expected:
            raise ExportError(
                f"the network makes {from_pytorch.shape} of {_words(tensor, conventions)}; its conventions "
                f"(x{conventions.scale}) say {expected}"
            )
        try:
            from_onnxruntime = session.run(["output"], {"input": tensor})[0]
            from_native = native.run(images[0])
        except Error as error:
            raise ExportError(f"srfast cannot run the exported file at {height}x{width}: {error}") from error
        except Exception as error:
            raise ExportError(
                f"the exported file runs at some sizes only; at {height}x{width} ONNX Runtime says: {error}"
            ) from error
        largest = _larger(
            largest, _compare(from_pytorch, from_onnxruntime, from_native, conventions, f"{height}x{width}")
        )
    return largest


def _cut(height: int, width: int, conventions: Conventions, turns: int) -> npt.NDArray[np.float32]:
    """A piece of the photograph, HxWxC as the native path takes it; each of a batch is another view of it."""
    image = np.roll(photograph(), 13 * turns, axis=1)
    down, across = -(-height // image.shape[0]), -(-width // image.shape[1])
    piece = np.ascontiguousarray(np.tile(image, (down, across, 1))[:height, :width])
    return piece if conventions.color in ("rgb", "bgr") else piece[:, :, 1:2]


def _black_and_white(conventions: Conventions) -> tuple[float, float]:
    """The values of a black and of a white pixel, as the network takes them."""
    low, high = conventions.range
    if conventions.color == "y":  # studio range, ITU-R BT.601: black at 16 of 255, white at 235
        return low + (high - low) * 16 / 255, low + (high - low) * 235 / 255
    return low, high


def _to_network(images: npt.NDArray[np.float32], conventions: Conventions) -> npt.NDArray[np.float32]:
    """NHWC, RGB, 0..1 to NCHW in the order and range that the network eats."""
    black, white = _black_and_white(conventions)
    ordered = images[..., ::-1] if conventions.color == "bgr" else images
    return np.ascontiguousarray(ordered.transpose(0, 3, 1, 2) * np.float32(white - black) + np.float32(black))


def _to_image(output: npt.NDArray[np.float32], conventions: Conventions) -> npt.NDArray[np.float32]:
    """The first of a batch of NCHW outputs as HWC, RGB, clipped to 0..1."""
    black, white = _black_and_white(conventions)
    image: npt.NDArray[np.float32] = ((output[0].transpose(1, 2, 0) - black) / (white - black)).clip(0.0, 1.0)
    return image[..., ::-1] if conventions.color == "bgr" else image


def _compare(
    from_pytorch: npt.NDArray[np.float32],
    from_onnxruntime: npt.NDArray[np.float32],
    from_native: npt.NDArray[np.float32],
    conventions: Conventions,
    size: str,
) -> Differences:
    if from_onnxruntime.shape != from_pytorch.shape:
        raise ExportError(
            f"the exported file makes {from_onnxruntime.shape} at {size}, PyTorch {from_pytorch.shape}"
        )
    black, white = _black_and_white(conventions)
    image_pytorch = _to_image(from_pytorch, conventions)
    image_onnxruntime = _to_image(from_onnxruntime, conventions)
    found = Differences(
        pytorch_onnxruntime=float(np.abs(from_pytorch - from_onnxruntime).max()) / (white - black),
        onnxruntime_native=float(np.abs(image_onnxruntime - from_native).max()),
        pytorch_native=float(np.abs(image_pytorch - from_native).max()),
    )
    for pair, difference in dataclasses.asdict(found).items():
        if not difference <= TOLERANCE:  # a NaN fails too
            raise ExportError(
                f"the export did not prove right: {pair.replace('_', ' and ')} differ by {difference:.2g} "
                f"of the distance from black to white at {size}; {TOLERANCE:g} is allowed"
            )
    return found


def _larger(one: Differences, other: Differences) -> Differences:
    return Differences(*map(max, dataclasses.astuple(one), dataclasses.astuple(other)))


def _words(tensor: npt.NDArray[np.float32], conventions: Conventions) -> str:
    return f"a float tensor of shape {tensor.shape} ({conventions.color})"
