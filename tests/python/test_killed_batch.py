"""A batch that is killed with SIGKILL at random moments, and resumed, does every photo once and right."""

from __future__ import annotations

import random
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import pytest

import srfast
from command import COMMAND
from srfast import images

Array = npt.NDArray[Any]

CHELSEA = Path(__file__).parents[2] / "examples" / "chelsea.png"
MODEL = "fast-x2"


class Batch:
    """Photos of random sizes in photos/, every eighth of them bad, and what results are right."""

    def __init__(self, folder: Path, count: int) -> None:
        self.folder = folder
        self.count = count
        self.random = random.Random(count)
        self.right: dict[str, Array] = {}
        (folder / "photos").mkdir()
        chelsea = images.read(CHELSEA)
        upscaler = srfast.Upscaler(MODEL)
        for index in range(count):
            file = folder / "photos" / f"{index:03}.png"
            if index % 8 == 3:
                bad = [b"", b"not an image", CHELSEA.read_bytes()[: self.random.randrange(100, 10_000)]]
                file.write_bytes(self.random.choice(bad))
                continue
            top, left = self.random.randrange(150), self.random.randrange(250)
            height, width = self.random.randrange(20, 140), self.random.randrange(20, 190)
            photo = chelsea[top : top + height, left : left + width]
            images.write(file, photo)
            self.right[f"{index:03}_x2.png"] = upscaler.run(photo)

    def start(self, *words: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [*COMMAND, "upscale", "photos", "-m", MODEL, "-o", "out", "--json", *words],
            cwd=self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def kill_after(self, lines: int, *words: str) -> None:
        """Starts the batch, and kills it at a random moment after so many photos are reported, maybe none."""
        process = self.start(*words)
        assert process.stdout is not None
        for _ in range(lines):
            process.stdout.readline()
        time.sleep(self.random.uniform(0, 0.15 if lines else 1.0))
        process.kill()
        process.communicate(timeout=60)
        assert process.returncode == -signal.SIGKILL  # it was not done yet

    def results(self) -> dict[str, Path]:
        folder = self.folder / "out"
        return {path.name: path for path in folder.iterdir()} if folder.exists() else {}

    def check_whole(self) -> None:
        """Every result that has its name is whole and right, at any moment."""
        for name, path in self.results().items():
            if not name.startswith("."):
                # By another library than the one that wrote it.
                np.testing.assert_array_equal(cv2.imread(str(path)), self.right[name], err_msg=name)

    def finish(self) -> None:
        """Resumes the batch without killing it: then all is there, and nothing else."""
        process = self.start("--skip-existing")
        output, errors = process.communicate(timeout=600)
        assert process.returncode == 1, errors
        bad = self.count - len(self.right)
        assert output.count('"status": "failed"') == bad
        assert output.count('"status": "done"') + output.count('"status": "skipped"') == len(self.right)
        assert f"{bad} of {self.count} photos failed:" in errors
        assert set(self.results()) == set(self.right)  # so no temporary file, either
        self.check_whole()


def kill_and_resume(folder: Path, count: int, kills: int) -> None:
    batch = Batch(folder, count)
    done = 0  # what earlier runs have done is reported, too, at once
    for left in range(kills, 0, -1):
        share = (len(batch.right) - done) // (left + 1)
        batch.kill_after(done + batch.random.randrange(share + 1), "--skip-existing")
        batch.check_whole()
        done = sum(not name.startswith(".") for name in batch.results())
    batch.finish()


def test_a_batch_survives_being_killed(tmp_path: Path) -> None:
    kill_and_resume(tmp_path, count=24, kills=3)


@pytest.mark.slow
def test_a_large_batch_survives_being_killed_often(tmp_path: Path) -> None:
    kill_and_resume(tmp_path, count=200, kills=20)


def test_killed_while_it_replaces_old_results(tmp_path: Path) -> None:
    batch = Batch(tmp_path, 16)
    old = batch.right[next(iter(batch.right))][:5]
    (tmp_path / "out").mkdir()
    for name in batch.right:
        images.write(tmp_path / "out" / name, old)
    for lines in (2, 6):
        batch.kill_after(lines, "--force")
        replaced = []
        for name, right in batch.right.items():
            found = images.read(tmp_path / "out" / name)
            replaced.append(np.array_equal(found, right))
            assert replaced[-1] or np.array_equal(found, old), name
        assert any(replaced)
