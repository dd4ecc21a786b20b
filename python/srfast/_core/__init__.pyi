from collections.abc import Callable, Mapping, Sequence
from typing import Any, final

from numpy.typing import NDArray

from srfast._core import kernels as kernels

__version__: str

def load_onnxruntime(path: str = "") -> None: ...
def onnxruntime_loaded() -> bool: ...
def onnxruntime_path() -> str: ...
def onnxruntime_version() -> str: ...
def available_providers() -> list[str]: ...
def usable_cpus() -> int: ...

@final
class ModelInfo:
    @property
    def scale(self) -> int: ...
    @property
    def color(self) -> str: ...
    @property
    def range(self) -> tuple[float, float]: ...
    @property
    def fixed_size(self) -> tuple[int | None, int | None]: ...
    @property
    def input(self) -> str: ...
    @property
    def output(self) -> str: ...
    @property
    def tagged(self) -> bool: ...
    @property
    def assumed(self) -> list[str]: ...
    @property
    def made_by(self) -> str: ...
    @property
    def providers(self) -> list[str]: ...
    @property
    def threads(self) -> int: ...
    @property
    def halo(self) -> tuple[int, int, int, int] | None: ...
    @property
    def enlargement(self) -> int: ...

@final
class Upscaler:
    @staticmethod
    def open_file(
        path: str,
        *,
        threads: int,
        memory_limit: int,
        providers: Sequence[tuple[str, Mapping[str, str]]],
        model_color: str | None,
        model_range: tuple[float, float] | None,
        model_scale: int | None,
    ) -> Upscaler: ...
    @staticmethod
    def open_bytes(
        model: bytes,
        label: str,
        *,
        threads: int,
        memory_limit: int,
        providers: Sequence[tuple[str, Mapping[str, str]]],
        model_color: str | None,
        model_range: tuple[float, float] | None,
        model_scale: int | None,
    ) -> Upscaler: ...
    @property
    def info(self) -> ModelInfo: ...
    def cancel(self) -> None: ...
    def run(
        self,
        image: NDArray[Any],
        out: NDArray[Any] | None,
        progress: Callable[[int, int], object] | None,
        rgb: bool,
    ) -> NDArray[Any]: ...
