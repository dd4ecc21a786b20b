"""Images and planes for the kernels, in any memory layout, as hypothesis draws them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt
from hypothesis import strategies as st

Array = npt.NDArray[Any]

DTYPES = [np.uint8, np.uint16, np.float32]
SPECIAL = [
    math.nan,
    math.inf,
    -math.inf,
    -0.0,
    1e-45,
    -1e38,
    3e38,
    0.5,
    1.5,
    2.5,
    254.5,
    255.5,
    65534.5,
    65535.5,
]

numbers = st.floats(width=32, allow_nan=False, allow_infinity=False) | st.sampled_from(
    [0.0, 1.0, 1 / 255, 255.0]
)
# Widths around the vectors' sizes, and one beyond the block that the kernels work in.
heights = st.integers(0, 5)
widths = st.integers(0, 70) | st.sampled_from([127, 128, 129, 2100])
dtypes = st.sampled_from(DTYPES)


def random_values(shape: tuple[int, ...], seed: int) -> npt.NDArray[np.float32]:
    rng = np.random.default_rng(seed)
    values = (rng.normal(size=shape) * 10 ** rng.uniform(-3, 5, size=shape)).astype(np.float32)
    special = rng.random(shape) < 0.1
    values[special] = rng.choice(np.array(SPECIAL, np.float32), size=int(special.sum()))
    return values


@st.composite
def buffers(draw: st.DrawFn, shape: tuple[int, int, int], dtype: npt.DTypeLike) -> tuple[Array, Array]:
    """Bytes, and a view of this shape into them: any order of axes, gaps, flips, and any alignment."""
    order = draw(st.permutations([0, 1, 2]))
    steps = [draw(st.sampled_from([1, 1, -1, 2, -3])) for _ in shape]
    sizes = [shape[axis] * abs(steps[axis]) for axis in order]
    offset = draw(st.integers(0, 3))
    dtype = np.dtype(dtype)
    memory = np.zeros(math.prod(sizes) * dtype.itemsize + offset + 5, np.uint8)
    whole = np.ndarray(tuple(sizes), dtype, memory.data, offset).transpose(np.argsort(order))
    view = whole[tuple(slice(None, None, step) for step in steps)]
    assert view.shape == shape
    return memory, view


@st.composite
def images(draw: st.DrawFn) -> Array:
    """An image in any memory layout, rows, columns or channels that repeat included; sometimes read-only."""
    shape = (draw(heights), draw(widths), draw(st.integers(1, 5)))
    dtype: Any = draw(dtypes)
    image = draw(buffers(shape, dtype))[1]
    seed = draw(st.integers(0, 2**32))
    if dtype == np.float32:
        image[...] = random_values(shape, seed)
    else:
        image[...] = np.random.default_rng(seed).integers(0, np.iinfo(dtype).max, shape, dtype, endpoint=True)
    if draw(st.booleans()):
        image.flags.writeable = False
    repeated = draw(st.sampled_from([None, None, 0, 1, 2]))
    if repeated is not None and shape[repeated] > 0:
        image = np.broadcast_to(np.take(image, [0], axis=repeated), shape)
    return image


@st.composite
def plane_buffers(draw: st.DrawFn, shape: tuple[int, int, int]) -> tuple[Array, Array]:
    """Floats, and planes in them whose rows and planes may lie apart."""
    count, height, width = shape
    gap = draw(st.integers(0, 9))
    memory = np.full((count, height + gap % 2, width + gap), -123.0, np.float32)
    return memory, memory[:, :height, gap // 2 : gap // 2 + width]
