"""Reads, enlarges and writes at the same time: while a network works on one image, others come and go."""

from __future__ import annotations

import contextlib
import dataclasses
import errno
import functools
import os
import queue
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy.typing as npt

from srfast import _core, images
from srfast.batch.budget import Budget
from srfast.batch.outcome import Outcome, Status
from srfast.batch.targets import DEFAULT_SUFFIX, Job
from srfast.enlarging import Enlarged, enlarge
from srfast.errors import CancelledError, Error, ImageError
from srfast.model_choice import ModelChoice
from srfast.target_file import why_closed
from srfast.target_size import TargetSize

_FULL = {errno.ENOSPC, errno.EDQUOT}


@dataclasses.dataclass(frozen=True)
class Settings:
    """What to do with each image.

    Attributes:
        size: The wanted size.
        suffix: The format where the target does not say it, as a suffix.
        quality: As `srfast.images.write` takes it.
        lossless: As `srfast.images.write` takes it.
        keep_metadata: Whether colour profile, EXIF, XMP and resolution are carried over.
        max_pixels: Files of more pixels are refused; None: no limit.
        overwrite: Whether results that exist are replaced.
        skip_existing: Whether images whose results exist are left out. Since a file appears whole or not at
            all, a batch that was stopped at any moment goes on where it was.
        memory: The bytes of images that may be held at once; None: a quarter of what is available. One image
            is always held, and one more that was read ahead.
    """

    size: TargetSize
    suffix: str = DEFAULT_SUFFIX
    quality: int | None = None
    lossless: bool = False
    keep_metadata: bool = True
    max_pixels: int | None = images.MAX_PIXELS
    overwrite: bool = False
    skip_existing: bool = False
    memory: int | None = None


@dataclasses.dataclass
class _Task:
    """An image on its way."""

    job: Job
    index: int
    image: npt.NDArray[Any] | None = None
    metadata: images.Metadata | None = None
    before: tuple[int, int] | None = None
    enlarged: Enlarged | None = None
    bytes: int = 0
    seconds: float = 0.0


class Flow:
    """A batch at work. A context manager: leaving it ends what is still in progress.

    One thread reads, two let the networks run (each run uses all cores; the second fills the gaps of the
    first), and as many as there are cores write, since compressing a large image takes one core as long as
    enlarging it. There are never more images under way than that keeps busy.

    Args:
        jobs: The images.
        choice: The networks.
        settings: What to do.
    """

    def __init__(self, jobs: Sequence[Job], choice: ModelChoice, settings: Settings) -> None:
        self._jobs = jobs
        self._choice = choice
        self._settings = settings
        writers = _core.usable_cpus()
        self._runners = ThreadPoolExecutor(2, "srfast-run")
        self._writers = ThreadPoolExecutor(writers, "srfast-write")
        self._slots = threading.Semaphore(writers + 3)
        self._budget = Budget(settings.memory or _core.available_memory() // 4)
        self._ended: queue.Queue[tuple[int, Outcome] | BaseException] = queue.Queue()
        self._stopped: str | None = None  # why nothing more is begun
        self._leaving = False
        self._parts: dict[int, float] = {}  # of the images under way, how much of each is done
        self._reader = threading.Thread(target=self._read_all, name="srfast-read", daemon=True)

    def __enter__(self) -> Flow:
        self._reader.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._leaving = True
        self._stopped = self._stopped or "stopped"
        self._choice.cancel()
        self._slots.release(len(self._jobs) + 1)
        self._budget.open()
        # Not waited for after Ctrl-C: what is being compressed may take long, and nothing will come of it.
        for pool in (self._runners, self._writers):
            pool.shutdown(wait=error is None, cancel_futures=True)

    def outcomes(self, idle: Callable[[], object] = lambda: None) -> Iterator[Outcome]:
        """What becomes of the images, in their order.

        Args:
            idle: Called in this thread, several times a second while it waits.
        """
        waiting: dict[int, Outcome] = {}
        for index in range(len(self._jobs)):
            while index not in waiting:
                try:
                    ended = self._ended.get(timeout=0.1)
                except queue.Empty:
                    pass
                else:
                    if isinstance(ended, BaseException):
                        raise ended
                    waiting[ended[0]] = ended[1]
                idle()
            yield waiting.pop(index)

    def parts(self) -> dict[int, float]:
        """Of the images under way, by their place among the jobs, which part of the work is done, 0 to 1."""
        return self._parts.copy()

    # --- the three stages, each of which hands a task to the next

    def _read_all(self) -> None:
        for index, job in enumerate(self._jobs):
            self._slots.acquire()
            task = _Task(job, index)
            with self._ending_by_error(task):
                early = self._outcome_without_work(job)
                if early is not None:
                    self._end(task, early)
                    continue
                with _timed(task):
                    self._read(task)
                self._budget.take(task.bytes)
                self._submit(self._runners, self._run, task)

    def _run(self, task: _Task) -> None:
        with self._ending_by_error(task):
            with _timed(task):
                assert task.image is not None
                report = functools.partial(self._parts.__setitem__, task.index)
                try:
                    task.enlarged = enlarge(task.image, self._choice, self._settings.size, report)
                except Error as error:
                    raise type(error)(f"{task.job.source}: {error}") from error
                task.image = None
            self._submit(self._writers, self._write, task)

    def _write(self, task: _Task) -> None:
        with self._ending_by_error(task):
            assert task.enlarged is not None
            assert task.before is not None
            image = task.enlarged.image
            with _timed(task):
                self._store(task, image)
            scales = task.enlarged.scales
            self._end(
                task,
                Outcome(
                    task.job,
                    Status.DONE,
                    before=task.before,
                    after=(image.shape[1], image.shape[0]),
                    seconds=task.seconds,
                    models=tuple(self._choice.name(scale) for scale in scales),
                    scales=scales,
                    shrunk=task.enlarged.shrunk,
                ),
            )

    # --- what the stages do

    def _outcome_without_work(self, job: Job) -> Outcome | None:
        if self._stopped is not None:
            return Outcome(job, Status.NOT_BEGUN, f"{job.source}: {self._stopped}")
        if job.problem is not None:
            return Outcome(job, Status.FAILED, job.problem)
        if job.target is None:
            return None
        replaced = self._settings.overwrite and not self._settings.skip_existing
        if job.target.exists() and not replaced:
            return self._outcome_where_it_exists(job)
        if (reason := why_closed(Path(os.path.realpath(job.target)).parent)) is not None:
            return Outcome(job, Status.FAILED, f"{job.target} cannot be written: {reason}")
        return None

    def _outcome_where_it_exists(self, job: Job) -> Outcome:
        if self._settings.skip_existing:
            return Outcome(job, Status.SKIPPED)
        return Outcome(job, Status.EXISTS, f"{job.target} exists already; --force replaces it")

    def _read(self, task: _Task) -> None:
        job, limit = task.job, self._settings.max_pixels
        if job.source.path is None:
            if sys.stdin is None:  # closed by who started us
                raise ImageError("standard input is closed")
            task.image, task.metadata = images.decode(
                sys.stdin.buffer.read(), "standard input", max_pixels=limit
            )
        else:
            task.image, task.metadata = images.read_with_metadata(job.source.path, max_pixels=limit)
        height, width = task.image.shape[:2]
        task.before = (width, height)
        channels = 1 if task.image.ndim == 2 else task.image.shape[2]
        name = job.target or f"standard output{self._settings.suffix}"
        new_height, new_width = self._settings.size.of(height, width)
        images.check_writable(
            name,
            task.image.dtype,
            channels,
            height=new_height,
            width=new_width,
            lossless=self._settings.lossless,
        )
        # The image, what the networks make of it, and that once more as a file.
        larger = max(new_height * new_width, height * width * self._choice.natural_scale**2)
        task.bytes = task.image.nbytes * (1 + 2 * larger // (height * width))

    def _store(self, task: _Task, image: npt.NDArray[Any]) -> None:
        settings = self._settings
        options: dict[str, Any] = {
            "metadata": task.metadata if settings.keep_metadata else None,
            "quality": settings.quality,
            "lossless": settings.lossless,
        }
        target = task.job.target
        if target is None:
            data = images.encode(image, settings.suffix, **options)
            try:
                left = memoryview(data)
                while left:  # unbuffered (PYTHONUNBUFFERED), it takes what fits
                    left = left[sys.stdout.buffer.write(left) :]
                sys.stdout.buffer.flush()
            except BrokenPipeError:
                raise
            except OSError as error:
                raise ImageError(f"standard output cannot be written: {error.strerror}") from error
        else:
            with contextlib.suppress(OSError):  # the file itself will say what is wrong, and name itself
                target.parent.mkdir(parents=True, exist_ok=True)
            images.write(target, image, overwrite=settings.overwrite, **options)

    # --- the ends

    @contextlib.contextmanager
    def _ending_by_error(self, task: _Task) -> Iterator[None]:
        """Ends a task whose work fails; an error that nobody expected ends the batch."""
        try:
            yield
        except CancelledError:
            self._end(task, Outcome(task.job, Status.NOT_BEGUN, f"{task.job.source}: {self._stopped}"))
        except BrokenPipeError as error:  # nobody reads the result: nobody is there to be told
            self._ended.put(error)
        except (Error, OSError, MemoryError) as error:
            if isinstance(error.__cause__, FileExistsError):  # another process was quicker
                self._end(task, self._outcome_where_it_exists(task.job))
                return
            if _is_of_full_disk(error):
                self._stopped = "not begun, because the disk is full"
            self._end(task, Outcome(task.job, Status.FAILED, _described(error, task), before=task.before))
        except BaseException as error:
            self._ended.put(error)

    def _end(self, task: _Task, outcome: Outcome) -> None:
        self._parts.pop(task.index, None)
        self._budget.give_back(task.bytes)
        self._slots.release()
        self._ended.put((task.index, outcome))

    def _submit(self, pool: ThreadPoolExecutor, stage: Callable[[_Task], None], task: _Task) -> None:
        try:
            pool.submit(stage, task)
        except RuntimeError:  # it is shut down
            if not self._leaving:
                raise


@contextlib.contextmanager
def _timed(task: _Task) -> Iterator[None]:
    start = time.perf_counter()
    try:
        yield
    finally:
        task.seconds += time.perf_counter() - start


def _described(error: BaseException, task: _Task) -> str:
    if isinstance(error, MemoryError) and not isinstance(error, Error):
        size = "" if task.before is None else " of {}x{} pixels".format(*task.before)
        return f"{task.job.source}: an image{size} needs more memory than there is"
    if isinstance(error, OSError) and not isinstance(error, Error) and error.filename is not None:
        return f"{error.filename}: {error.strerror}"
    return str(error)


def _is_of_full_disk(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, OSError) and error.errno in _FULL:
            return True
        error = error.__cause__
    return False
