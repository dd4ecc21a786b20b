"""Damaged files are refused in words, whatever is wrong in them; no process dies of one, and none hangs."""

from __future__ import annotations

from pathlib import Path

import pytest

import damaged_files
import onnx_files
from srfast import zoo


def require_no_defects(files: list[Path], seeds: range, folder: Path) -> int:
    seen = 0
    for outcome in damaged_files.outcomes(files, seeds, folder):
        assert not outcome.defect, f"{outcome.original} damaged by {outcome.seed}: {outcome.defect}"
        seen += 1
    return seen


def test_a_few(tmp_path: Path) -> None:
    (tmp_path / "net.onnx").write_bytes(onnx_files.convolutions(features=4))
    files = [tmp_path / "net.onnx", zoo.path("fast-x2").with_suffix(".safetensors")]
    assert require_no_defects(files, range(10), tmp_path) == 20


@pytest.mark.slow
def test_many_of_all_kinds(tmp_path: Path) -> None:
    files = damaged_files.originals(tmp_path)
    assert require_no_defects(files, range(1000, 1100), tmp_path) == 500
