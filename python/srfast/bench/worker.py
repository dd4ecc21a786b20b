"""What runs in a peer's own process: opens a model with one library, runs it when asked, measures itself.

The interpreter may be another one than srfast's, with other packages (MMDeploy's needs an older NumPy), so
this file and the peers are loaded by path and import nothing of srfast at their top. Questions come in on
standard input and answers leave on standard output: a line of JSON each, with the bytes of an array behind it
where the line says so. What the libraries print goes to standard error.
"""

from __future__ import annotations

import dataclasses
import importlib.util
import json
import os
import sys
import time
from collections.abc import Callable
from typing import IO, Any

import numpy as np
import numpy.typing as npt

Pixels = npt.NDArray[np.uint8]
Planes = npt.NDArray[np.float32]

_SPIN = 0.02  # seconds between two looks at the processor time
_LONGEST_SPIN = 2.0


@dataclasses.dataclass(frozen=True)
class Job:
    """What a peer is to run, and how.

    Attributes:
        model: The ONNX file.
        weights: The same network's weights for PyTorch, or "".
        scratch: A folder for files that the peer makes.
        variant: Which of several ways the peer has, such as "bf16", or "".
        threads: How many cores to use.
        input: The name of the network's input.
        output: The name of its output.
        scale: Output pixels per input pixel along each axis.
        channels: 3, or 1: images are then HxW.
        reverse: Whether the order of the image's channels (BGR) is the reverse of the network's.
        black: What the network takes for 0.
        white: What the network takes for 255.
    """

    model: str
    weights: str
    scratch: str
    variant: str
    threads: int
    input: str
    output: str
    scale: int
    channels: int
    reverse: bool
    black: float
    white: float

    def to_planes(self, image: Pixels) -> Planes:
        """Pixels as a network takes them, 1 x C x H x W, as it is usually written in NumPy."""
        ordered = image[..., None] if image.ndim == 2 else image[..., ::-1] if self.reverse else image
        values: Planes = ordered.astype(np.float32)
        if (self.black, self.white) == (0.0, 1.0):
            values = values / np.float32(255)
        elif (self.black, self.white) != (0.0, 255.0):
            values = values * np.float32((self.white - self.black) / 255) + np.float32(self.black)
        return np.ascontiguousarray(values.transpose(2, 0, 1)[None])

    def to_pixels(self, planes: Planes) -> Pixels:
        """The way back: clipped, rounded, height x width x channels."""
        values = planes[0]
        if (self.black, self.white) == (0.0, 1.0):
            values = values * 255
        elif (self.black, self.white) != (0.0, 255.0):
            values = (values - np.float32(self.black)) * np.float32(255 / (self.white - self.black))
        levels = np.rint(np.clip(values, 0, 255)).astype(np.uint8).transpose(1, 2, 0)
        if levels.shape[2] == 1:
            return np.ascontiguousarray(levels[..., 0])
        return np.ascontiguousarray(levels[..., ::-1] if self.reverse else levels)


Run = Callable[[Pixels], Pixels]


def send(stream: IO[bytes], message: dict[str, Any], array: Pixels | None = None) -> None:
    """Writes a message, and an array behind it."""
    if array is not None:
        message = message | {"shape": array.shape}
    stream.write(json.dumps(message).encode() + b"\n")
    if array is not None:
        stream.write(np.ascontiguousarray(array).tobytes())
    stream.flush()


def receive(stream: IO[bytes]) -> tuple[dict[str, Any], Pixels | None]:
    """Reads what `send` wrote.

    Raises:
        EOFError: The other side is gone.
    """
    line = stream.readline()
    if not line:
        raise EOFError
    message: dict[str, Any] = json.loads(line)
    if "shape" not in message:
        return message, None
    shape = message.pop("shape")
    content = stream.read(int(np.prod(shape)))
    return message, np.frombuffer(content, np.uint8).reshape(shape)


def peak_memory() -> int:
    """The most memory that this process has held, in bytes."""
    try:
        # On Linux, ru_maxrss counts the parent too, as it was when this process was started.
        with open("/proc/self/status") as status:
            return next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) * 1024
    except OSError:
        if sys.platform == "win32":
            raise
        else:  # noqa: RET506 - by it, mypy knows what is not for Windows
            import resource

            unit = 1 if sys.platform == "darwin" else 1024
            return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def wait_until_quiet() -> bool:
    """Waits until no thread of this process computes any more, as idle threads that spin do for a while."""
    end = time.monotonic() + _LONGEST_SPIN
    before = time.process_time()
    while time.monotonic() < end:
        time.sleep(_SPIN)
        now = time.process_time()
        if now - before < _SPIN / 10:
            return True
        before = now
    return False


def serve(requests: IO[bytes], answers: IO[bytes]) -> None:
    """Answers until nobody asks any more."""
    run: Run | None = None
    image: Pixels | None = None
    result: Pixels | None = None
    while True:
        try:
            message, array = receive(requests)
        except EOFError:
            return
        task = message["do"]
        try:
            if task == "open":
                run, version = _load(message["peer"]).open_model(Job(**message["job"]))
                send(answers, {"version": version})
            elif task == "image":
                image = array
                send(answers, {})
            elif task == "run":
                assert run is not None
                assert image is not None
                start = time.perf_counter()
                result = run(image)
                seconds = time.perf_counter() - start
                send(answers, {"seconds": seconds, "quiet": wait_until_quiet()})
            elif task == "result":
                send(answers, {"peak": peak_memory()}, result)
        except (ImportError, NotImplementedError) as error:  # the library is missing, or cannot do this
            send(answers, {"absent": _line(error)})
        except Exception as error:  # whatever a library raises is the answer
            send(answers, {"failed": _line(error)})


def _load(path: str) -> Any:
    spec = importlib.util.spec_from_file_location("peer", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:300] or type(error).__name__


def _limit_cores(count: int) -> None:
    """Not every library lets the number of its threads be set; this holds for all."""
    if sys.platform == "linux":
        usable = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, usable[:count])


def main() -> None:
    """Serves on this process's standard input and output, which are kept from what libraries print."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    _limit_cores(int(sys.argv[1]))
    sys.path.pop(0)  # this file's folder, whose names are not for the peers to see
    serve(sys.stdin.buffer, answers)


if __name__ == "__main__":
    main()
