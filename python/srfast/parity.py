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
from srfast.model_file import Model, model_path

if TYPE_CHECKING:
    import onnxruntime
    from torch import nn

SIZES = ((1, 1), (1, 7), (5, 2), (17, 31), (64, 48))
"""Heights and widths that a file of dynamic size is tried at: the smallest, thin, odd, ordinary."""


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


def tolerance(height: int, width: int) -> float:
    """The largest difference allowed for an image of this size, where 1 is the distance from black to white.

    A fortieth of an 8-bit step, for sums in another order; and two units in the last place of a float32
    coordinate, because PyTorch and ONNX Runtime round differently where they interpolate. Measured for SRCNN
    with OpenMMLab's weights: 7e-7 at x4 and any size; at x3 4e-6 for 64 pixels, 1.6e-4 for 1920; at x5 4.7e-4
    for 4096.
    """
    return 1e-4 + 2 * max(height, width) * 2.0**-23


def taken_size(size: tuple[int, int], conventions: Conventions) -> tuple[int, int]:
    """The smallest height and width that the network takes which hold `size`."""
    height, width = (
        -(-max(side, conventions.minimum) // conventions.multiple) * conventions.multiple for side in size
    )
    return height, width


def prove(
    network: nn.Module,
    model: bytes,
    conventions: Conventions,
    *,
    sizes: Sequence[tuple[int, int]],
    batch: int,
) -> Differences:
    """Runs the network three ways on real pixels and compares what comes out: `samples`, then `compare`."""
    return compare(samples(network, conventions, sizes=sizes, batch=batch), model, conventions)


@dataclasses.dataclass(frozen=True)
class Sample:
    """Some real pixels and what the network in PyTorch makes of them.

    Attributes:
        image: A batch of images: NHWC, RGB or one channel, float32, 0..1.
        tensor: The same as the network takes them: NCHW.
        result: What it makes of them, not clipped.
    """

    image: npt.NDArray[np.float32]
    tensor: npt.NDArray[np.float32]
    result: npt.NDArray[np.float32]


def samples(
    network: nn.Module, conventions: Conventions, *, sizes: Sequence[tuple[int, int]], batch: int
) -> list[Sample]:
    """Runs the network in PyTorch on real pixels.

    Args:
        network: float32, on the CPU, in evaluation mode.
        conventions: What it eats.
        sizes: Heights and widths; the photograph is cut, and repeated where it is too small. Where the
            network does not take a size, it gets the photograph padded by reflection, as srfast pads it.
        batch: Images at once.

    Returns:
        A sample for each size.

    Raises:
        ExportError: The network does not take or enlarge images as the conventions say.
    """
    made = []
    for height, width in sizes:
        image = cut(height, width, conventions, batch)
        tensor = _padded(to_network(image, conventions), conventions)
        made.append(Sample(image, tensor, _run_pytorch(network, tensor, conventions)))
    return made


def compare(expected: Sequence[Sample], model: Model, conventions: Conventions) -> Differences:
    """Runs an ONNX file in ONNX Runtime and in srfast on the same pixels as the network in PyTorch.

    Args:
        expected: What PyTorch made. The native path takes the first image of each batch.
        model: The ONNX file made of the network: its content, its path, or the name of a shipped model.
        conventions: What both eat.

    Returns:
        The largest differences.

    Raises:
        ExportError: A difference is over `tolerance`, or the file does not run at one of the sizes.
        DependencyError: onnxruntime cannot be imported.
    """
    require("onnxruntime", extra="export")
    import onnxruntime

    from srfast.upscaler import Upscaler

    quiet = onnxruntime.SessionOptions()
    quiet.log_severity_level = 4  # fatal: errors are raised too
    try:
        place = model if isinstance(model, bytes) else str(model_path(model))
        session = onnxruntime.InferenceSession(place, quiet, providers=["CPUExecutionProvider"])
        native = Upscaler(model, color="rgb")
    except Exception as error:  # ONNX Runtime's exceptions have no base class of their own
        raise ExportError(f"the exported file cannot be opened: {error}") from error

    largest = Differences()
    for sample in expected:
        height, width = sample.image.shape[1:3]
        from_pytorch = sample.result
        size = f"{width}x{height}"
        allowed = tolerance(height, width)
        try:
            from_onnxruntime = made_by(session, sample.tensor)
        except Exception as error:
            raise ExportError(f"the exported file does not run at {size}: {error}") from error
        if from_onnxruntime.shape != from_pytorch.shape:
            raise ExportError(
                f"the exported file keeps the size that it was traced at: at {size} it makes "
                f"{from_onnxruntime.shape}, and PyTorch {from_pytorch.shape}"
            )
        try:
            from_native = native.run(sample.image[0])
        except Error as error:
            raise ExportError(f"srfast cannot run the exported file at {size}: {error}") from error
        inside = np.s_[..., : height * conventions.scale, : width * conventions.scale]
        found = _compare(from_pytorch[inside], from_onnxruntime[inside], from_native, conventions)
        for pair, difference in dataclasses.asdict(found).items():
            if not difference <= allowed:  # a NaN fails too
                raise ExportError(
                    f"the export did not prove right: at {size}, {pair.replace('_', ' and ')} differ by "
                    f"{difference:.2g} of the distance from black to white; {allowed:.2g} is allowed"
                )
        largest = Differences(*map(max, dataclasses.astuple(largest), dataclasses.astuple(found)))
    return largest


def made_by(
    session: onnxruntime.InferenceSession, tensor: npt.NDArray[np.float32]
) -> npt.NDArray[np.float32]:
    """The first output that a network makes of its one input. Halves are converted, both ways.

    Raises:
        Exception: Whatever ONNX Runtime raises.
    """
    entry = session.get_inputs()[0]
    dtype = np.float16 if entry.type == "tensor(float16)" else np.float32
    made: npt.NDArray[np.float32] = session.run(None, {entry.name: tensor.astype(dtype)})[0].astype(
        np.float32
    )
    return made


def channels(conventions: Conventions) -> int:
    """How many channels the network takes."""
    return 3 if conventions.color in ("rgb", "bgr") else 1


def cut(height: int, width: int, conventions: Conventions, batch: int) -> npt.NDArray[np.float32]:
    """Pieces of the photograph as NHWC, RGB or one channel, 0..1; each of the batch is another view of it."""
    whole = photograph() if channels(conventions) == 3 else photograph()[..., 1:2]
    down, across = -(-height // whole.shape[0]), -(-width // whole.shape[1])
    tiled = np.tile(whole, (down, across, 1))
    return np.stack([np.roll(tiled, 13 * view, axis=1)[:height, :width] for view in range(batch)])


def _padded(tensor: npt.NDArray[np.float32], conventions: Conventions) -> npt.NDArray[np.float32]:
    """NCHW, extended to the right and below to what the network takes."""
    height, width = tensor.shape[2:]
    taken = taken_size((height, width), conventions)
    return np.pad(tensor, ((0, 0), (0, 0), (0, taken[0] - height), (0, taken[1] - width)), mode="reflect")


def _run_pytorch(
    network: nn.Module, tensor: npt.NDArray[np.float32], conventions: Conventions
) -> npt.NDArray[np.float32]:
    import torch

    given = f"a float tensor of shape {tensor.shape} ({conventions.color})"
    try:
        with torch.inference_mode():
            result = network(torch.from_numpy(tensor))
    except Exception as error:  # whatever the network's own code raises
        raise ExportError(
            f"the network does not run on {given}: {error}. Where it does not take images of this size, its "
            "conventions must say so (minimum, multiple)"
        ) from error
    if not isinstance(result, torch.Tensor):
        raise ExportError(
            f"the network gives a {type(result).__name__}, not one tensor: wrap it in a module that gives "
            "the enlarged image alone"
        )
    made: npt.NDArray[np.float32] = result.float().numpy()
    batch, channels, height, width = tensor.shape
    expected = (batch, channels, height * conventions.scale, width * conventions.scale)
    if made.shape != expected:
        raise ExportError(
            f"the network makes {made.shape} of {given}; x{conventions.scale} would be {expected}"
        )
    if not np.isfinite(made).all():
        raise ExportError(f"the network makes values of {given} that are not finite")
    return made


def black_and_white(conventions: Conventions) -> tuple[float, float]:
    """The values of a black and of a white pixel, as the network takes them."""
    low, high = conventions.range
    if conventions.color == "y":  # studio range, ITU-R BT.601: black at 16 of 255, white at 235
        return low + (high - low) * 16 / 255, low + (high - low) * 235 / 255
    return low, high


def to_network(images: npt.NDArray[np.float32], conventions: Conventions) -> npt.NDArray[np.float32]:
    """NHWC, RGB or full-range luma, 0..1, to NCHW in the order and range that a network eats."""
    black, white = black_and_white(conventions)
    ordered = images[..., ::-1] if conventions.color == "bgr" else images
    return np.ascontiguousarray(ordered.transpose(0, 3, 1, 2) * np.float32(white - black) + np.float32(black))


def to_image(output: npt.NDArray[np.float32], conventions: Conventions) -> npt.NDArray[np.float32]:
    """The first of a batch of NCHW outputs as HWC, RGB, clipped to 0..1."""
    black, white = black_and_white(conventions)
    image: npt.NDArray[np.float32] = ((output[0].transpose(1, 2, 0) - black) / (white - black)).clip(0.0, 1.0)
    return image[..., ::-1] if conventions.color == "bgr" else image


def _compare(
    from_pytorch: npt.NDArray[np.float32],
    from_onnxruntime: npt.NDArray[np.float32],
    from_native: npt.NDArray[np.float32],
    conventions: Conventions,
) -> Differences:
    black, white = black_and_white(conventions)
    image_pytorch = to_image(from_pytorch, conventions)
    image_onnxruntime = to_image(from_onnxruntime, conventions)
    return Differences(
        pytorch_onnxruntime=float(np.abs(from_pytorch - from_onnxruntime).max()) / (white - black),
        onnxruntime_native=float(np.abs(image_onnxruntime - from_native).max()),
        pytorch_native=float(np.abs(image_pytorch - from_native).max()),
    )
