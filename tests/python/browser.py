"""Pages in a browser, which reaches nothing but this machine."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
in_a_browser = pytest.mark.skipif(
    CHROMIUM is None, reason="no Chromium here (Debian: apt-get install chromium)"
)


def loaded(address: str, tmp_path: Path) -> tuple[str, list[str]]:
    """The document after its script has run, and what was written to the console."""
    assert CHROMIUM is not None
    profile = tmp_path / "chromium"
    flags = (
        *(
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-sync",
        ),
        *("--disable-background-networking", "--disable-component-update", "--disable-dev-shm-usage"),
        # Any other name that is asked for is refused, so a page that needed the network would not be whole.
        *("--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1", f"--user-data-dir={profile}"),
        *("--enable-logging=stderr", "--v=0", "--virtual-time-budget=2000", "--dump-dom"),
    )
    done = subprocess.run(
        [CHROMIUM, *flags, address],
        capture_output=True,
        text=True,
        encoding="utf-8",
        errors="replace",
        timeout=120,
        check=False,
    )
    shutil.rmtree(profile, ignore_errors=True)
    assert done.returncode == 0, done.stderr
    return done.stdout, [line for line in done.stderr.splitlines() if "CONSOLE" in line]
