"""Tiles: the same pixels as the whole, in bounded memory, watched and ended early."""

from __future__ import annotations

import math
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

pytest.importorskip("torch")

import cv2
import numpy as np
import onnx
import onnxruntime

import networks
import onnx_files
import srfast

PHOTOGRAPH = Path(__file__).parents[2] / "examples" / "chelsea.png"


@pytest.fixture(scope="module")
def photograph() -> np.ndarray:
    image = cv2.imread(str(PHOTOGRAPH))
    assert image is not None
    return image


# Tiled equals untiled


@pytest.mark.parametrize("scale", [2, 3, 4])
@pytest.mark.parametrize("name", sorted(networks.NETWORKS))
def test_tiles_equal_the_whole(name: str, scale: int, tmp_path: Path, photograph: np.ndarray) -> None:
    model = networks.exported(name, scale, tmp_path / "net.onnx")
    image = photograph[100:145, 140:211]  # 45 x 71: odd sizes
    whole_model = srfast.Upscaler(model, threads=1, memory_limit="4GB")
    assert whole_model.info.halo is not None
    whole, whole_float = whole_model.run(image), whole_model.run(image.astype(np.float32) / 255)
    assert tiles_of(whole_model, image) == 1
    assert whole.std() > 20  # an image, not a gray plane

    values, off, worst, seen = 0, 0, 0.0, set()
    limit = 100_000
    while True:
        upscaler = srfast.Upscaler(model, threads=1, memory_limit=limit)
        limit = limit * 5 // 3
        try:
            seen.add(tiles_of(upscaler, image))
        except srfast.MemoryLimitError:
            continue  # less than the smallest tile takes
        difference = np.abs(upscaler.run(image).astype(int) - whole)
        assert difference.max() <= 1
        values += difference.size
        off += np.count_nonzero(difference)
        worst = max(worst, float(np.abs(upscaler.run(image.astype(np.float32) / 255) - whole_float).max()))
        if 1 in seen:
            break
    assert len(seen) >= 4  # several tilings were really compared, from the smallest tiles to the whole
    assert off <= math.ceil(values * 1e-6)
    assert worst <= 2e-6


def tiles_of(upscaler: srfast.Upscaler, image: np.ndarray) -> int:
    totals = []
    upscaler.run(image, progress=lambda done, total: totals.append(total))
    return totals[-1]


def test_the_enlargement_is_taken_out_of_the_graph(tmp_path: Path, photograph: np.ndarray) -> None:
    model = networks.exported("srcnn", 3, tmp_path / "net.onnx")
    upscaler = srfast.Upscaler(model)
    assert upscaler.info.enlargement == 3
    assert upscaler.info.halo == (6, 6, 6, 6)  # 9x9 and 5x5, in enlarged pixels
    assert upscaler.scale == 3
    session = onnxruntime.InferenceSession(model)
    image = photograph[:50, :70].astype(np.float32) / 255
    expected = session.run(None, {"input": image[None, ..., ::-1].transpose(0, 3, 1, 2)})[0][0]
    got = upscaler.run(image)[..., ::-1].transpose(2, 0, 1)
    assert np.abs(got - expected.clip(0, 1)).max() < 2e-5


@pytest.mark.parametrize("size", [(16, 24), (40, 24), (64, 64)])
@pytest.mark.parametrize("name", ["srcnn", "fast", "fsrcnn"])
def test_a_fixed_size_runs_images_of_any_size(
    name: str, size: tuple[int, int], tmp_path: Path, photograph: np.ndarray
) -> None:
    if name == "fast" and min(size) < 24:
        size = (22, 30)  # the halo is 10: no smaller tile makes progress
    fixed = srfast.Upscaler(networks.exported(name, 2, tmp_path / "fixed.onnx", size=size))
    free = srfast.Upscaler(networks.exported(name, 2, tmp_path / "free.onnx"))
    for height, width in [(100, 130), size, (size[0] + 1, size[1] * 3)]:
        image = photograph[:height, :width]
        difference = np.abs(fixed.run(image).astype(int) - free.run(image))
        assert difference.max() <= 1
        assert np.count_nonzero(difference) <= math.ceil(difference.size * 1e-6)
    for height, width in [(1, 1), (3, size[1]), (size[0], 1), (size[0] - 1, size[1] + 5)]:
        assert fixed.run(photograph[:height, :width]).shape == (height * 2, width * 2, 3)


def test_sizes_that_must_be_a_multiple_are_met(photograph: np.ndarray) -> None:
    # Half the size and back: a network that takes even sizes only.
    nodes = [
        onnx.helper.make_node("Conv", ["input", "w"], ["half"], strides=[2, 2], pads=[1, 1, 1, 1]),
        onnx.helper.make_node("DepthToSpace", ["half"], ["output"], blocksize=4, mode="CRD"),
    ]
    weights = np.random.default_rng(0).standard_normal((48, 3, 3, 3)).astype(np.float32) / 5
    content = onnx_files.serialized(nodes, weights={"w": weights}, metadata=onnx_files.tags(2))
    whole, tiled = srfast.Upscaler(content), srfast.Upscaler(content, memory_limit=20000)
    for height, width in [(1, 1), (7, 9), (30, 31), (33, 64)]:
        image = photograph[:height, :width]
        assert whole.run(image).shape == (height * 2, width * 2, 3)
        np.testing.assert_array_equal(tiled.run(image), whole.run(image))


def test_a_network_that_looks_at_the_whole_image_is_run_whole(photograph: np.ndarray) -> None:
    nodes = [
        onnx.helper.make_node("GlobalAveragePool", ["input"], ["mean"]),
        onnx.helper.make_node("Sub", ["input", "mean"], ["output"]),
    ]
    content = onnx_files.serialized(nodes, metadata=onnx_files.tags(1))
    upscaler = srfast.Upscaler(content, memory_limit=1000)
    assert upscaler.info.halo is None
    assert tiles_of(upscaler, photograph) == 1


def test_a_graph_that_cannot_be_read_is_run_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ValueError("too large for protobuf")

    content = onnx_files.affine(1, 0)
    monkeypatch.setattr("srfast.geometry.prepared", fail)
    with pytest.warns(UserWarning, match="run whole.*too large for protobuf"):
        upscaler = srfast.Upscaler(content)
    assert upscaler.info.halo is None
    image = np.zeros((3, 3, 3), np.uint8)
    np.testing.assert_array_equal(upscaler.run(image), image)


# Memory


def test_a_limit_too_small_says_what_would_do(tmp_path: Path, photograph: np.ndarray) -> None:
    model = networks.exported("fast", 2, tmp_path / "net.onnx")
    with pytest.raises(srfast.MemoryLimitError, match=r"memory_limit is 20 KB.* needs about \d+ [KM]B"):
        srfast.Upscaler(model, memory_limit="20KB").run(photograph)


@pytest.mark.parametrize("limit", [0, -5, "", "much", "12 parsecs", "-1MB", 1.5, True])
def test_limits_that_make_no_sense(limit: object) -> None:
    with pytest.raises(srfast.OptionError, match="memory limit"):
        srfast.Upscaler(onnx_files.repeat(2), memory_limit=limit)


PEAK = """
import sys, numpy as np, srfast
def status(key):
    return next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith(key)) * 1024
upscaler = srfast.Upscaler(sys.argv[1], memory_limit=sys.argv[2])
upscaler.run(np.zeros((8, 8, 3), np.uint8))
image = np.full((int(sys.argv[3]), int(sys.argv[3]), 3), 1, np.uint8)
out = np.full((image.shape[0] * upscaler.scale, image.shape[1] * upscaler.scale, 3), 1, np.uint8)
before = status("VmRSS")
upscaler.run(image, out=out)
print(status("VmHWM") - before)
"""


@pytest.mark.parametrize("name", ["srcnn", "fast", "srvgg"])
def test_working_memory_stays_within_the_limit(name: str, tmp_path: Path) -> None:
    model = networks.exported(name, 3, tmp_path / "net.onnx")
    limit = 100_000_000
    arguments = [sys.executable, "-c", PEAK, str(model), str(limit), "700"]
    done = subprocess.run(arguments, capture_output=True, text=True, check=True)
    assert int(done.stdout) <= limit


@pytest.mark.slow
def test_memory_is_flat_over_ten_thousand_runs_of_random_sizes() -> None:
    code = (
        "import numpy as np, resource, srfast\n"
        "upscaler = srfast.Upscaler('fast-x3')\n"
        "random = np.random.default_rng(0)\n"
        "def resident(): return int(open('/proc/self/statm').read().split()[1]) * resource.getpagesize()\n"
        "for turn in range(10000):\n"
        "    upscaler.run(np.zeros((*random.integers(1, 40, 2), 3), np.uint8))\n"
        "    if turn == 999: early = resident()\n"
        "print(resident() - early)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert int(done.stdout) < 4_000_000


# Watched, and ended early


@pytest.fixture
def slow_model(tmp_path: Path) -> Path:
    """About 5 ms a tile of the smallest size."""
    return networks.exported("edsr", 2, tmp_path / "slow.onnx")


def test_progress_counts_the_tiles(slow_model: Path, photograph: np.ndarray) -> None:
    upscaler = srfast.Upscaler(slow_model, memory_limit="2MB")
    calls: list[tuple[int, int]] = []
    upscaler.run(photograph, progress=lambda done, total: calls.append((done, total)))
    assert calls[-1][0] == calls[-1][1] > 10
    assert [done for done, _ in calls] == sorted(done for done, _ in calls)


def test_an_exception_in_progress_ends_the_run(slow_model: Path, photograph: np.ndarray) -> None:
    upscaler = srfast.Upscaler(slow_model, memory_limit="2MB")

    def stop(done: int, total: int) -> None:
        raise LookupError("enough")

    with pytest.raises(LookupError, match="enough"):
        upscaler.run(photograph, progress=stop)
    np.testing.assert_array_equal(
        upscaler.run(photograph), srfast.Upscaler(slow_model, memory_limit="2MB").run(photograph)
    )


def test_cancel_from_another_thread(slow_model: Path, photograph: np.ndarray) -> None:
    upscaler = srfast.Upscaler(slow_model, memory_limit="2MB")
    started = threading.Event()
    threading.Thread(target=lambda: started.wait() and upscaler.cancel()).start()
    huge = np.tile(photograph, (8, 8, 1))
    with pytest.raises(srfast.CancelledError, match="cancelled"):
        upscaler.run(huge, progress=lambda done, total: started.set())
    assert upscaler.run(photograph).shape == (600, 902, 3)


def test_ctrl_c_ends_a_run_within_a_tile(slow_model: Path) -> None:
    code = (
        "import numpy as np, srfast, sys\n"
        "upscaler = srfast.Upscaler(sys.argv[1], memory_limit='2MB')\n"
        "say = lambda done, total: print(done, flush=True)\n"
        "try: upscaler.run(np.zeros((3000, 3000, 3), np.uint8), progress=say)\n"
        "except KeyboardInterrupt: print('interrupted', upscaler.run(np.zeros((9, 9), np.uint8)).shape)\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(slow_model)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # A shell's background jobs ignore Ctrl-C, and so would what they start.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    assert process.stdout is not None
    process.stdout.readline()
    process.send_signal(signal.SIGINT)
    output, errors = process.communicate(timeout=120)
    assert output.splitlines()[-1] == "interrupted (18, 18)", errors


def test_forked_workers_are_told(slow_model: Path) -> None:
    code = (
        "import multiprocessing, numpy as np, srfast, sys\n"
        "upscaler = srfast.Upscaler(sys.argv[1], threads=2)\n"
        "image = np.zeros((40, 40, 3), np.uint8)\n"
        "upscaler.run(image)\n"
        "def work(_):\n"
        "    try: upscaler.run(image)\n"
        "    except srfast.RunError as error: return str(error)\n"
        "with multiprocessing.get_context('fork').Pool(2) as pool:\n"
        "    print(*pool.map(work, range(2)), sep='\\n')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(slow_model)], capture_output=True, text=True, check=True, timeout=120
    )
    assert ["forked" in line for line in done.stdout.splitlines()] == [True, True]


# Many images


def test_map_keeps_the_order(photograph: np.ndarray) -> None:
    upscaler = srfast.Upscaler("fast-x3", threads=2)
    images = [photograph[: 20 + 7 * i, : 90 - 5 * i] for i in range(12)]
    results = list(upscaler.map(iter(images)))
    assert len(results) == 12
    for image, result in zip(images, results, strict=True):
        np.testing.assert_array_equal(result, upscaler.run(image))
    assert list(upscaler.map([])) == []


def test_map_takes_images_as_they_are_needed() -> None:
    upscaler = srfast.Upscaler(onnx_files.repeat(2), threads=2)
    taken = 0

    def endless() -> object:
        nonlocal taken
        while True:
            taken += 1
            yield np.zeros((2, 2), np.uint8)

    results = upscaler.map(endless())
    for _ in range(5):
        next(results)
    assert taken <= 5 + 3
    results.close()


def test_map_raises_at_the_image_that_failed() -> None:
    upscaler = srfast.Upscaler(onnx_files.repeat(2), threads=2)
    good, bad = np.zeros((2, 2), np.uint8), np.zeros((2, 2), np.int64)
    results = upscaler.map([good, bad, good])
    assert next(results).shape == (4, 4)
    with pytest.raises(srfast.ImageError):
        next(results)
