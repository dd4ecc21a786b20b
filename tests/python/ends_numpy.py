"""What the native side does around a network that was rewritten, in NumPy: the oracle of the passes."""

from __future__ import annotations

import numpy as np
import onnx
import onnxruntime

from srfast.passes import Rewritten
from srfast.passes.affine import Affine
from srfast.passes.enlargement import Enlargement


def result(rewritten: Rewritten, image: np.ndarray, scale: int) -> np.ndarray:
    """The result for an image in the network's range of values: NCHW, not clipped."""
    ends = rewritten.ends
    if ends.enlarge is not None:
        image = enlarged(image, ends.enlarge)
        scale //= ends.enlarge.scale
    height, width = (side * scale for side in image.shape[2:])
    raw = run(rewritten.model, _changed(image, ends.input))
    batch, channels, rows, columns = raw.shape
    side = ends.shuffle
    assert (rows, columns) == (-(-height // side), -(-width // side))
    planes = channels // side**2
    whole = raw.reshape(batch, planes, side, side, rows, columns).transpose(0, 1, 4, 2, 5, 3)
    whole = whole.reshape(batch, planes, rows * side, columns * side)[..., :height, :width]
    whole = _changed(whole, ends.output)
    return whole if ends.residual is None else whole + enlarged(image, ends.residual)


def _changed(image: np.ndarray, affine: Affine) -> np.ndarray:
    return image * affine.gain[:, None, None] + affine.bias[:, None, None]


def enlarged(image: np.ndarray, enlargement: Enlargement) -> np.ndarray:
    """The reference: NCHW, float64, phases in whole numbers."""
    for axis in (2, 3):
        image = _enlarged_along(image, axis, enlargement)
    return image


def _enlarged_along(image: np.ndarray, axis: int, enlargement: Enlargement) -> np.ndarray:
    scale, size = enlargement.scale, image.shape[axis]
    # Pixel i lies at (2 i + 1 - scale) / (2 scale): a whole part and a phase of 2 * scale steps.
    whole, phase = np.divmod(2 * np.arange(size * scale) + 1 - scale, 2 * scale)
    t = phase / (2 * scale)
    if enlargement.mode == "nearest":
        taps, weights = [0], [np.ones_like(t)]
        whole = np.arange(size * scale) // scale
    elif enlargement.mode == "linear":
        taps, weights = [0, 1], [1 - t, t]
    else:
        taps, weights = [-1, 0, 1, 2], [_keys(t + 1), _keys(t), _keys(1 - t), _keys(2 - t)]
    shape = [1] * 4
    shape[axis] = -1
    return sum(
        np.take(image.astype(np.float64), np.clip(whole + tap, 0, size - 1), axis) * weight.reshape(shape)
        for tap, weight in zip(taps, weights, strict=True)
    )


def _keys(x: np.ndarray, a: float = -0.75) -> np.ndarray:
    near = ((a + 2) * x - (a + 3)) * x * x + 1
    far = ((a * x - 5 * a) * x + 8 * a) * x - 4 * a
    return np.where(x <= 1, near, far)


def run(model: onnx.ModelProto, image: np.ndarray) -> np.ndarray:
    """What ONNX Runtime makes of it."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 4
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, ["CPUExecutionProvider"])
    made: np.ndarray = session.run(None, {session.get_inputs()[0].name: image.astype(np.float32)})[0]
    return made
