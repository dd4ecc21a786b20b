"""Fixtures that several test files share."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import settings

# A busy machine is no failure.
settings.register_profile("srfast", deadline=None)
settings.load_profile("srfast")


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """The folder of real weights and images; tests that use it are marked `data`."""
    folder = os.environ.get("SRFAST_DATA")
    if not folder:
        pytest.skip("SRFAST_DATA does not name the folder of real weights and images")
    return Path(folder)


@pytest.fixture(scope="session")
def prefix(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where srfast's static library, its models, `srfast-upscale` and examples are installed by CMake.

    They are built by tests/consumer/guest, whose build folder is kept, so that the next run is quick.
    """
    if shutil.which("cmake") is None:
        pytest.skip("needs cmake")
    root = Path(__file__).parents[2]
    build = root / "build" / "guest"
    installed = tmp_path_factory.mktemp("prefix")
    source = root / "tests" / "consumer" / "guest"
    options = [f"-DPython_EXECUTABLE={sys.executable}", "-DCMAKE_BUILD_TYPE=Release"]
    for words in (
        ["cmake", "-S", source, "-B", build, *options],
        ["cmake", "--build", build, "--parallel", "2"],
        ["cmake", "--install", build, "--prefix", installed],
    ):
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
    return installed
