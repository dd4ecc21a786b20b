"""srfast: super-resolution networks from PyTorch to production.

`srfast.Upscaler("fast-x3").run(image)` enlarges an image. Importing srfast loads none of PyTorch, ONNX, ONNX
Runtime and OpenCV; what needs one of them loads it when it is used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

try:
    from srfast import _core
except ImportError as error:
    import platform
    import sys
    import sysconfig

    raise ImportError(
        f"srfast's native module cannot be loaded: {error}. Python {platform.python_version()} "
        f"({sys.executable}) on {sysconfig.get_platform()}. "
        f"Install srfast for this interpreter: {sys.executable} -m pip install srfast"
    ) from error

from srfast.conventions import Conventions
from srfast.embedding import get_cmake_dir, get_include
from srfast.errors import (
    CancelledError,
    CheckpointError,
    DependencyError,
    Error,
    ExportError,
    ImageError,
    MemoryLimitError,
    ModelError,
    OnnxRuntimeError,
    OptionError,
    ProviderError,
    QuantizationError,
    RunError,
)
from srfast.upscaler import Upscaler

if TYPE_CHECKING:
    from srfast import bicubic, images, metrics, models
    from srfast.bench import Benchmark, benchmark
    from srfast.checking import CheckReport, check
    from srfast.checkpoints import Checkpoint, load_checkpoint
    from srfast.enlarging import upscale
    from srfast.export import export_onnx
    from srfast.inspection import inspect_model
    from srfast.optimization import OptimizeReport, optimize
    from srfast.quantization import QuantizationReport, quantize
    from srfast.tagging import tag_onnx

__version__ = _core.__version__
ModelInfo = _core.ModelInfo

# Where to find what is loaded on first use: attribute -> module (the module itself if the names agree).
_LAZY = {
    "Benchmark": "srfast.bench",
    "CheckReport": "srfast.checking",
    "Checkpoint": "srfast.checkpoints",
    "OptimizeReport": "srfast.optimization",
    "benchmark": "srfast.bench",
    "bicubic": "srfast.bicubic",
    "check": "srfast.checking",
    "upscale": "srfast.enlarging",
    "export_onnx": "srfast.export",
    "images": "srfast.images",
    "inspect_model": "srfast.inspection",
    "load_checkpoint": "srfast.checkpoints",
    "metrics": "srfast.metrics",
    "models": "srfast.models",
    "optimize": "srfast.optimization",
    "QuantizationReport": "srfast.quantization",
    "quantize": "srfast.quantization",
    "tag_onnx": "srfast.tagging",
}

__all__ = [
    "Benchmark",
    "CancelledError",
    "CheckReport",
    "Checkpoint",
    "CheckpointError",
    "Conventions",
    "DependencyError",
    "Error",
    "ExportError",
    "ImageError",
    "MemoryLimitError",
    "ModelError",
    "ModelInfo",
    "OnnxRuntimeError",
    "OptimizeReport",
    "OptionError",
    "ProviderError",
    "QuantizationError",
    "QuantizationReport",
    "RunError",
    "Upscaler",
    "__version__",
    "benchmark",
    "bicubic",
    "check",
    "export_onnx",
    "get_cmake_dir",
    "get_include",
    "images",
    "inspect_model",
    "load_checkpoint",
    "metrics",
    "models",
    "optimize",
    "quantize",
    "tag_onnx",
    "upscale",
]


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module 'srfast' has no attribute {name!r}")
    module = importlib.import_module(_LAZY[name])
    return module if _LAZY[name] == f"srfast.{name}" else getattr(module, name)


def __dir__() -> list[str]:
    return sorted(__all__)
