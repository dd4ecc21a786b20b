"""Memory over many runs, and the ends of objects, threads and processes while networks run."""

from __future__ import annotations

import gc
import multiprocessing
import subprocess
import sys
import threading
import weakref

import numpy as np
import pytest

import srfast

IMAGE = np.random.default_rng(0).integers(0, 256, (40, 50, 3), np.uint8)

GROWTH = """
import gc, resource, sys
import numpy as np, srfast
runs, cycles = map(int, sys.argv[1:])
random = np.random.default_rng(0)
def resident():
    gc.collect()
    return int(open("/proc/self/statm").read().split()[1]) * resource.getpagesize()
def run(upscaler, times):
    for _ in range(times):  # gray or colour, with alpha or without, of all sizes up to the largest
        channels = int(random.integers(1, 5))
        upscaler.run(random.integers(0, 256, (*random.integers(1, 48, 2), channels), np.uint8))
def cycle(times):
    for _ in range(times):
        run(srfast.Upscaler("fast-x2", threads=2), 1)
upscaler = srfast.Upscaler("fast-x3", threads=2)
for channels in (1, 2, 3, 4): upscaler.run(np.zeros((48, 48, channels), np.uint8))
run(upscaler, max(100, runs // 10))
before = resident()
run(upscaler, runs)
print(resident() - before)
cycle(max(5, cycles // 10))
before = resident()
cycle(cycles)
print(resident() - before)
"""


def growth(runs: int, cycles: int) -> list[int]:
    done = subprocess.run(
        [sys.executable, "-c", GROWTH, str(runs), str(cycles)],
        capture_output=True,
        text=True,
        check=True,
        timeout=1800,
    )
    return [int(line) for line in done.stdout.splitlines()]


def test_memory_does_not_grow() -> None:
    by_runs, by_cycles = growth(runs=300, cycles=10)
    assert by_runs < 1_000_000  # 300 leaked results would be 6 MB
    assert by_cycles < 3_000_000  # a network that is open takes 3 MB and more


@pytest.mark.slow
def test_memory_does_not_grow_over_very_many() -> None:
    by_runs, by_cycles = growth(runs=10_000, cycles=200)
    assert by_runs < 2_000_000
    assert by_cycles < 4_000_000


def python(code: str, *, status: int = 0) -> list[str]:
    """Runs code in a process of its own, which must end by itself with a status and without complaints."""
    done = subprocess.run(
        [sys.executable, "-c", "import numpy as np\n" + code],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert (done.returncode, done.stderr) == (status, ""), done.stdout
    return done.stdout.splitlines()


@pytest.mark.parametrize("daemon", [True, False], ids=["daemon", "not daemon"])
def test_a_process_ends_while_a_thread_runs_a_network(daemon: bool) -> None:
    code = (
        "import srfast, threading\n"
        "upscaler = srfast.Upscaler('fast-x2', threads=2, memory_limit='2MB')\n"
        "running = threading.Event()\n"
        "def run():\n"
        "    upscaler.run(np.zeros((900, 900, 3), np.uint8), progress=lambda done, total: running.set())\n"
        "    print('whole')\n"
        f"threading.Thread(target=run, daemon={daemon}).start()\n"
        "running.wait()\n"
        "print('ending')\n"
    )
    said = python(code)
    assert said == (["ending"] if daemon else ["ending", "whole"])


def test_a_process_ends_while_a_thread_opens_a_network() -> None:
    code = (
        "import srfast, threading\n"
        "def open_many():\n"
        "    while True:\n"
        "        srfast.Upscaler('fast-x2', threads=2)\n"
        "        opened.set()\n"
        "opened = threading.Event()\n"
        "threading.Thread(target=open_many, daemon=True).start()\n"
        "opened.wait()\n"
        "print('ending')\n"
    )
    assert python(code) == ["ending"]


def test_imported_and_used_in_a_thread_alone() -> None:
    code = (
        "import threading\n"
        "def use():\n"
        "    import srfast\n"
        "    print(srfast.Upscaler('fast-x2').run(np.zeros((4, 5), np.uint8)).shape)\n"
        "thread = threading.Thread(target=use)\n"
        "thread.start(); thread.join()\n"
    )
    assert python(code) == ["(8, 10)"]


@pytest.mark.skipif(sys.version_info >= (3, 13), reason="the module of subinterpreters has another name")
def test_a_subinterpreter_is_refused() -> None:
    code = (
        "import _xxsubinterpreters, srfast\n"
        "inner = _xxsubinterpreters.create()\n"
        "try: _xxsubinterpreters.run_string(inner, 'import srfast')\n"
        "except _xxsubinterpreters.RunFailedError as error: print(error)\n"
        "_xxsubinterpreters.destroy(inner)\n"
        "print(srfast.Upscaler('fast-x2').run(np.zeros((4, 5), np.uint8)).shape)\n"
    )
    said = python(code)
    assert "ImportError" in said[0]
    assert "subinterpreter" in said[0]
    assert said[-1] == "(8, 10)"


def test_a_child_by_fork_opens_networks_of_its_own() -> None:
    code = (
        "import multiprocessing, srfast\n"
        "upscaler = srfast.Upscaler('fast-x2', threads=2)\n"
        "image = np.zeros((40, 40, 3), np.uint8)\n"
        "upscaler.run(image)\n"
        "def work(_):\n"
        "    upscaler.cancel()\n"
        "    return srfast.Upscaler('fast-x2', threads=2).run(image).shape\n"
        "with multiprocessing.get_context('fork').Pool(2) as pool:\n"
        "    print(pool.map_async(work, range(2)).get(60))\n"
        "print(upscaler.run(image).shape)\n"
    )
    assert python(code) == ["[(80, 80, 3), (80, 80, 3)]", "(80, 80, 3)"]


def _enlarged(upscaler: srfast.Upscaler) -> np.ndarray:
    return upscaler.run(IMAGE)


def test_a_spawned_process_gets_an_upscaler() -> None:
    upscaler = srfast.Upscaler("fast-x2", threads=1)
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        result = pool.apply_async(_enlarged, (upscaler,)).get(120)
    np.testing.assert_array_equal(result, upscaler.run(IMAGE))


def test_circles_of_references_are_collected() -> None:
    upscaler = srfast.Upscaler("fast-x2", threads=1)
    upscaler.itself = upscaler
    gone = weakref.ref(upscaler)
    del upscaler
    gc.collect()
    assert gone() is None


def test_threads_run_what_another_one_replaces() -> None:
    held = [srfast.Upscaler("fast-x2", threads=2)]
    expected = held[0].run(IMAGE)
    wrong: list[object] = []
    stop = threading.Event()

    def run() -> None:
        try:
            while not stop.is_set():
                if not np.array_equal(held[0].run(IMAGE), expected):
                    wrong.append("another image")
        except Exception as error:
            wrong.append(error)

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for _ in range(5):
        held[0] = srfast.Upscaler("fast-x2", threads=2)
        gc.collect()
    stop.set()
    for thread in threads:
        thread.join(60)
    assert not any(thread.is_alive() for thread in threads)
    assert wrong == []
