"""A peer's own process, as the one who measures sees it."""

from __future__ import annotations

import os
import subprocess
import tempfile
import threading
from pathlib import Path
from types import TracebackType
from typing import Any

from srfast.bench import worker
from srfast.bench.worker import Pixels

_PATIENCE = 600.0  # seconds for one answer


class AbsentError(Exception):
    """The library is missing or cannot run such a network."""


class FailedError(Exception):
    """The library took part and failed."""


class Process:
    """Runs one library in a process of its own; everything is asked for one by one.

    Args:
        python: The interpreter.
        threads: How many cores the process may use.
    """

    def __init__(self, python: str, threads: int) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="srfast-bench-")
        self.scratch = self._folder.name
        self._log = open(Path(self.scratch, "log.txt"), "w+b")  # noqa: SIM115 - closed in __exit__
        try:
            self._process = subprocess.Popen(
                [python, str(Path(worker.__file__)), str(threads)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._log,
                env=os.environ | {"OMP_NUM_THREADS": str(threads)},
            )
        except OSError as error:
            self._log.close()
            self._folder.cleanup()
            raise AbsentError(f"{python}: {error.strerror}") from error

    def __enter__(self) -> Process:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.communicate()
        self._log.close()
        self._folder.cleanup()

    def ask(
        self, task: str, array: Pixels | None = None, **details: object
    ) -> tuple[dict[str, Any], Pixels | None]:
        """Has one thing done and waits for the answer.

        Raises:
            AbsentError: The library is missing or cannot run such a network.
            FailedError: It failed, took its process down, or did not answer in ten minutes.
        """
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        alarm = threading.Timer(_PATIENCE, self._process.kill)
        alarm.start()
        try:
            worker.send(self._process.stdin, {"do": task} | details, array)
            answer, result = worker.receive(self._process.stdout)
        except (EOFError, BrokenPipeError):
            raise FailedError(f"its process ended: {self._last_words()}") from None
        finally:
            alarm.cancel()
        if "absent" in answer:
            raise AbsentError(answer["absent"])
        if "failed" in answer:
            raise FailedError(answer["failed"])
        return answer, result

    def _last_words(self) -> str:
        status = self._process.wait()
        self._log.seek(0)
        lines = self._log.read().decode(errors="replace").split("\n")
        said = [line.strip() for line in lines if line.strip()]
        return f"status {status}" + (f", {said[-1][:200]}" if said else "")
