from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

def pack(
    image: NDArray[Any],
    planes: NDArray[np.float32],
    *,
    channel: Sequence[int],
    gain: Sequence[float],
    bias: Sequence[float],
    instruction_set: str | None = None,
) -> None: ...
def enlarge(
    image: NDArray[Any],
    planes: NDArray[np.float32],
    *,
    channel: Sequence[int],
    gain: Sequence[float],
    bias: Sequence[float],
    mode: str,
    factor: int,
    y: int = 0,
    x: int = 0,
    instruction_set: str | None = None,
) -> None: ...
def unpack(
    planes: NDArray[np.float32],
    image: NDArray[Any],
    *,
    plane: Sequence[int] | None = None,
    weight: Sequence[float] | None = None,
    gain: float = 1.0,
    bias: float = 0.0,
    clip: bool = True,
    shuffle: int = 1,
    y: int = 0,
    x: int = 0,
    plane_gain: Sequence[float] | None = None,
    plane_bias: Sequence[float] | None = None,
    residual: NDArray[np.float32] | None = None,
    residual_factor: int = 1,
    residual_y: int = 0,
    residual_x: int = 0,
    residual_gain: Sequence[float] | None = None,
    residual_bias: Sequence[float] | None = None,
    instruction_set: str | None = None,
) -> None: ...
def supported_instruction_sets() -> list[str]: ...
def best_instruction_set() -> str: ...
