"""Which ONNX Runtime the tests run with."""

from __future__ import annotations

import onnxruntime
import pytest

RELEASE = tuple(map(int, onnxruntime.__version__.split(".")[:2]))


def needs_onnxruntime(release: str, defect: str) -> None:
    """Skips a test of what ONNX Runtime itself did wrong, or not at all, before a release."""
    if tuple(map(int, release.split("."))) > RELEASE:
        pytest.skip(f"ONNX Runtime {onnxruntime.__version__} {defect}; mended in {release}")
