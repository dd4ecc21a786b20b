"""Too little memory, by a limit on a process's own: MemoryError, and afterwards the same object works."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np

from srfast import images, zoo

LIMITED = """
import resource, sys
def leave(size):  # bytes that may still be taken
    used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + size, resource.RLIM_INFINITY))
def leave_all():
    resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
"""


def run(code: str, *words: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", LIMITED + code, *map(str, words)],
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )


def python(code: str, *words: object) -> list[str]:
    done = run(code, *words)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_a_run_for_which_there_is_too_little_memory() -> None:
    # With 1 MB, srfast's own buffers do not fit; with more, ONNX Runtime's do not.
    code = (
        "import numpy as np, srfast\n"
        "upscaler = srfast.Upscaler('fast-x2', memory_limit='8GB', optimize=False)\n"
        "image = np.random.default_rng(0).integers(0, 256, (500, 500, 3), np.uint8)\n"
        "upscaler.run(image[:32, :32])\n"
        "out = np.zeros((image.shape[0] * upscaler.scale, image.shape[1] * upscaler.scale, 3), np.uint8)\n"
        "for size in (1_000_000, 25_000_000):\n"
        "    leave(size)\n"
        "    try: upscaler.run(image, out=out)\n"
        "    except MemoryError as error: print(type(error).__name__, error)\n"
        "    leave_all()\n"
        "expected = srfast.Upscaler('fast-x2', memory_limit='8GB', optimize=False).run(image)\n"
        "print((upscaler.run(image) == expected).all())\n"
    )
    *failures, equal = python(code)
    assert len(failures) == 2
    assert all(each.startswith("MemoryError there is not enough memory: ") for each in failures)
    assert equal == "True"


def test_opening_for_which_there_is_too_little_memory() -> None:
    code = (
        "import numpy as np, srfast\n"
        "open_one = lambda: srfast.Upscaler('fast-x3', threads=1)\n"
        "open_one().run(np.zeros((8, 8), np.uint8))\n"
        "leave(15_000_000)\n"
        "held = []\n"
        "try:\n"
        "    for _ in range(1000): held.append(open_one())\n"
        "except MemoryError as error: print(len(held) > 0, error)\n"
        "held.clear()\n"
        "print(open_one().run(np.zeros((8, 8), np.uint8)).shape)\n"
    )
    failure, shape = python(code)
    assert failure.startswith("True there is not enough memory to open ")
    assert "fast-x3" in failure
    assert shape == "(24, 24)"


def test_one_photo_of_a_batch_is_too_large_for_the_memory(tmp_path: Path) -> None:
    # It can be read, but there is no room for its result.
    for name, side in (("a", 24), ("b", 5000), ("c", 24)):
        images.write(tmp_path / f"{name}.png", np.full((side, side, 3), 99, np.uint8))
    code = (
        "from srfast.cli import main\n"
        "small, *photos, out = sys.argv[1:]\n"
        "words = ['upscale', '--model', 'fast-x2', '--force', '-o', out]\n"
        "assert main([*words, small]) == 0\n"
        "leave(250_000_000)\n"
        "print(main([*words, *photos]))\n"
    )
    out = tmp_path / "out"
    photos = [tmp_path / f"{name}.png" for name in "abc"]
    out.mkdir()
    done = subprocess.run(
        [sys.executable, "-c", LIMITED + code, str(photos[0]), *map(str, photos), f"{out}/"],
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )
    assert done.stdout.splitlines()[-1:] == ["1"], done.stderr
    errors = [line for line in done.stderr.splitlines() if "error" in line]
    assert len(errors) == 1, done.stderr
    (line,) = errors
    assert line.startswith(f"srfast: error: {tmp_path}/b.png: ")
    assert "memory" in line
    assert sorted(path.name for path in out.iterdir()) == ["a_x2.png", "c_x2.png"]


def test_the_command_says_so_in_one_line(tmp_path: Path) -> None:
    images.write(tmp_path / "photo.png", np.full((24, 24, 3), 99, np.uint8))
    code = (
        "from srfast.cli import main\n"
        "from srfast import images, runtime_library\n"
        "assert main(['upscale', 'missing.png']) == 2\n"  # so that what is needed is imported and loaded
        "images.read(sys.argv[2])\n"
        "runtime_library.load()\n"
        "leave(3_000_000)\n"
        "print(main(sys.argv[1:]))\n"
    )
    words = ["upscale", tmp_path / "photo.png", "--model", zoo.path("fast-x2")]
    done = run(code, *words)
    assert (done.returncode, done.stdout) == (0, "2\n"), done.stderr
    _, line = done.stderr.splitlines()
    assert line.startswith("srfast: error: ")
    assert "memory" in line
    assert [path.name for path in tmp_path.iterdir()] == ["photo.png"]
