"""`srfast info` tells what is there, also when something is broken."""

from __future__ import annotations

import importlib.metadata
import json
import os
import platform
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import srfast
from command import COMMAND
from srfast.cli import main


def facts(text: str) -> dict[str, str]:
    return {name.strip(): fact for name, fact in ((line[:15], line[15:]) for line in text.splitlines())}


def test_what_is_installed_and_used(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["info"]) == 0
    found = facts(capsys.readouterr().out)
    assert found["srfast"] == srfast.__version__
    assert found["Python"].startswith(platform.python_version())
    assert f"numpy {np.__version__}" in found["packages"]
    assert f"onnx {importlib.metadata.version('onnx')}" in found["packages"]
    assert "opencv-" in found["packages"]
    version, _, path = found["ONNX Runtime"].partition(", ")
    assert version in found["packages"]
    assert Path(path).is_file()
    assert "CPUExecutionProvider" in found["providers"]
    assert found["CPU features"]
    assert 1 <= int(found["threads"].split()[0]) <= (os.cpu_count() or 1)


def test_the_same_for_programs(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["info", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["srfast"] == srfast.__version__
    assert found["packages"]["pyvips"] == importlib.metadata.version("pyvips")
    assert found["packages"]["numpy"] == np.__version__
    assert found["onnxruntime"]["error"] is None
    assert Path(found["onnxruntime"]["library"]).is_file()
    assert "CPUExecutionProvider" in found["onnxruntime"]["providers"]
    assert found["models"] == list(srfast.zoo.models())


def test_nothing_heavy_is_imported() -> None:
    code = (
        "import sys; from srfast.cli import main; main(['info']); "
        "sys.exit(sorted({'torch', 'onnx', 'onnxruntime', 'cv2', 'pyvips'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stderr.strip() == "[]"


def test_a_broken_onnxruntime_is_reported(tmp_path: Path) -> None:
    broken = tmp_path / "libonnxruntime.so.1.32.0"
    broken.write_text("not a library")
    environment = os.environ | {"SRFAST_ONNXRUNTIME": str(broken)}
    done = subprocess.run([*COMMAND, "info"], capture_output=True, text=True, check=True, env=environment)
    assert facts(done.stdout)["ONNX Runtime"].startswith("not usable: ")
    assert str(broken) in done.stdout
    assert done.stderr == ""


def test_a_missing_onnxruntime_is_reported() -> None:
    code = (
        "import importlib.util as util, sys; find = util.find_spec\n"
        "util.find_spec = lambda name, *rest: None if name == 'onnxruntime' else find(name, *rest)\n"
        "from srfast.cli import main; sys.exit(main(['info']))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert facts(done.stdout)["ONNX Runtime"].startswith("not usable: ")
    assert "pip install" in done.stdout
    assert facts(done.stdout)["threads"]
