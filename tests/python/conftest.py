"""Fixtures that several test files share."""

from __future__ import annotations

import os
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
