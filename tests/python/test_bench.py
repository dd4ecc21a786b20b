"""`srfast.benchmark`: equal images, honest absences, peers that cannot disturb. No figure is judged."""

from __future__ import annotations

import dataclasses
import json
import os
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

import onnx_files
import srfast
from srfast.bench import worker
from srfast.bench.peers import MMDEPLOY_PYTHON, PEERS, Peer
from srfast.cli import main

PEER = """
import os, sys
import numpy as np

def open_model(job):
    {opening}
    count = 0

    def run(image):
        nonlocal count
        count += 1
        result = image.repeat(job.scale, axis=0).repeat(job.scale, axis=1)
        {running}
        return result

    return run, "made up"
"""


@dataclasses.dataclass(frozen=True)
class MadeUp(Peer):
    path: Path = Path()

    @property
    def file(self) -> Path:
        return self.path


def made_up(folder: Path, name: str, opening: str = "pass", running: str = "pass") -> MadeUp:
    """A peer that repeats pixels, and does these things besides."""
    path = folder / f"{name}.py"
    path.write_text(PEER.format(opening=opening, running=running))
    return MadeUp(name, f"{name}, for the test", "", "cannot be had", path=path)


@pytest.fixture(autouse=True)
def without_mmdeploy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(MMDEPLOY_PYTHON, raising=False)


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "net.onnx"
    path.write_bytes(onnx_files.repeat(2))
    return path


def reason(found: srfast.Benchmark, name: str) -> str:
    return next(one.reason for one in found.not_measured if one.name == name)


# --- what is found


def test_everybody_makes_the_same_image_and_is_measured(tmp_path: Path) -> None:
    path = tmp_path / "net.onnx"
    path.write_bytes(onnx_files.convolutions())
    calls: list[tuple[int, int]] = []
    found = srfast.benchmark(
        path, size=(40, 24), against=["ort"], rounds=3, threads=1, progress=lambda *call: calls.append(call)
    )
    assert (found.size, found.scale, found.threads, found.not_measured) == ((40, 24), 2, 1, ())
    assert [one.name for one in found.measured] == ["srfast", "ort"]
    for one in found.measured:
        assert len(one.seconds) == 3
        assert 0 < one.quartiles[0] <= one.median <= one.quartiles[1]
        assert one.off_by <= 1 == one.allowed
        assert one.share_off < 0.01
        assert one.peak_bytes > 10e6
        assert found.megapixels_per_second(one.name) == pytest.approx(40 * 24 / 1e6 / one.median)
    low, middle, high = found.ratio("ort")
    assert low <= middle <= high
    assert found.ratio("srfast") == (1, 1, 1)
    assert calls[-1] == (10, 10)  # two rounds to warm up
    with pytest.raises(KeyError):
        found["ncnn"]


@pytest.mark.parametrize(
    ("color", "low", "high"), [("y", 0, 1), ("y-full", 0, 255), ("bgr", -1, 1), ("rgb", 0, 255)]
)
def test_every_convention_is_fed_as_srfast_feeds_it(
    tmp_path: Path, color: str, low: float, high: float
) -> None:
    path = tmp_path / "net.onnx"
    channels = 1 if color.startswith("y") else 3
    path.write_bytes(onnx_files.repeat(2, channels, onnx_files.tags(2, color, low, high)))
    found = srfast.benchmark(path, size=(9, 7), against=["ort"], rounds=1)
    assert found["ort"].off_by == 0


def test_a_file_of_one_size(tmp_path: Path) -> None:
    path = tmp_path / "net.onnx"
    path.write_bytes(onnx_files.repeat(2, input_shape=(1, 3, 16, 24), output_shape=(1, 3, 32, 48)))
    found = srfast.benchmark(path, against=["ort"], rounds=1)
    assert (found.size, found["ort"].off_by) == ((24, 16), 0)
    found = srfast.benchmark(path, size=(30, 50), against=["ort"], rounds=1)
    assert len(found.measured) == 1
    assert reason(found, "ort") == "runs this file at 24x16 only"


# --- who does not take part


def test_the_absent_are_named_with_what_to_do(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = srfast.benchmark(model, size=(8, 8), against=["torch", "mmdeploy"], rounds=1)
    assert "--weights" in reason(found, "torch")
    assert reason(found, "mmdeploy").startswith("absent (its environment is not named): make an environment")
    monkeypatch.setenv(MMDEPLOY_PYTHON, "/nowhere/python")
    found = srfast.benchmark(model, size=(8, 8), against=["mmdeploy"], rounds=1)
    assert reason(found, "mmdeploy").startswith("absent (/nowhere/python: No such file or directory)")
    monkeypatch.setenv(MMDEPLOY_PYTHON, sys.executable)
    found = srfast.benchmark(model, size=(8, 8), against=["mmdeploy"], rounds=1)
    assert reason(found, "mmdeploy").startswith("absent (No module named 'mmdeploy_runtime')")


def test_who_makes_another_image_or_fails_is_not_timed(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = set(threading.enumerate())
    peers = [
        made_up(tmp_path, "right", opening="print('hello'); os.system('echo hello')"),
        made_up(tmp_path, "wrong", running="result[3, 4, 1] ^= 2"),
        made_up(tmp_path, "small", running="result = image"),
        made_up(tmp_path, "dying", running="print('so long'); sys.stdout.flush(); os._exit(3)"),
        made_up(tmp_path, "raising", running="raise ValueError('no\\n  such luck')"),
        made_up(tmp_path, "tiring", running="assert count < 3, 'too tired'"),
        made_up(tmp_path, "unable", opening="raise NotImplementedError('only cats')"),
    ]
    for peer in peers:
        monkeypatch.setitem(PEERS, peer.name, peer)
    found = srfast.benchmark(model, size=(8, 8), against=[peer.name for peer in peers], rounds=3)
    assert [one.name for one in found.measured] == ["srfast", "right"]
    assert found["right"].off_by == 0
    assert "values are off by up to 2, and 0.1% differ (allowed: 1)" in reason(found, "wrong")
    assert reason(found, "small") == "its image has the shape (8, 8, 3), and srfast's (16, 16, 3): not timed"
    assert reason(found, "dying") == "its process ended: status 3, so long"
    assert reason(found, "raising") == "no such luck"
    assert reason(found, "tiring") == "too tired"
    assert reason(found, "unable") == "absent (only cats): cannot be had"
    assert set(threading.enumerate()) <= before  # what another test left may end meanwhile


# --- words that make no sense


@pytest.mark.parametrize(
    "options",
    [{"size": (0, 8)}, {"size": (8, 1.5)}, {"rounds": 0}, {"against": ["orrt"]}, {"threads": 0}],
    ids=lambda options: str(options),
)
def test_options_that_make_no_sense(model: Path, options: dict[str, object]) -> None:
    with pytest.raises(srfast.OptionError):
        srfast.benchmark(model, **options)


def test_files_that_cannot_be_measured(tmp_path: Path) -> None:
    with pytest.raises(srfast.ModelError, match=r"none\.onnx"):
        srfast.benchmark(tmp_path / "none.onnx")
    alone = tmp_path / "net.srfast.onnx"
    alone.write_bytes(onnx_files.repeat(2, metadata=onnx_files.tags(2) | {"srfast.passes": "shuffle"}))
    with pytest.raises(srfast.ModelError, match="srfast alone"):
        srfast.benchmark(alone)


# --- the process


def test_quiet_is_when_no_thread_computes() -> None:
    assert worker.wait_until_quiet()
    end = threading.Event()

    def spin() -> None:
        while not end.is_set():
            pass

    thread = threading.Thread(target=spin)
    thread.start()
    try:
        assert not worker.wait_until_quiet()
    finally:
        end.set()
        thread.join()


def test_messages_pass_arrays_of_any_strides() -> None:
    read, write = os.pipe()
    image = np.arange(2 * 3 * 3, dtype=np.uint8).reshape(2, 3, 3)[:, ::-1]
    with os.fdopen(write, "wb") as stream:
        worker.send(stream, {"do": "image"}, image)
        worker.send(stream, {"do": "run"})
    with os.fdopen(read, "rb") as stream:
        message, array = worker.receive(stream)
        assert message == {"do": "image"}
        assert array is not None
        np.testing.assert_array_equal(array, image)
        assert worker.receive(stream) == ({"do": "run"}, None)
        with pytest.raises(EOFError):
            worker.receive(stream)


# --- the command


def test_the_command_prints_a_table_or_json(model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = [
        "bench",
        str(model),
        "--size",
        "12x8",
        "--against",
        "ort,torch",
        "--rounds",
        "1",
        "--threads",
        "1",
    ]
    assert main(words) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith(f"{model}, 12x8 to 24x16, 1 threads, medians of 1 rounds")
    assert [line.split()[0] for line in lines[3:6]] == ["srfast", "ort", "torch"]
    assert lines[-1].endswith("a value may be off by 1 of 255.")
    assert main([*words, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["size"] == [12, 8]
    assert found["measured"]["ort"]["off_by"] == 0
    assert found["measured"]["srfast"]["ratio"] == {"low": 1, "median": 1, "high": 1}
    assert "--weights" in found["not_measured"]["torch"]["reason"]


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["--size", "12"], "'12' is not WIDTHxHEIGHT"),
        (["--against", "orrt"], "there is no peer 'orrt'"),
        (["--rounds", "0"], "rounds must be a whole number of at least 1, not 0"),
    ],
)
def test_the_command_refuses(
    model: Path, words: list[str], reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    try:
        status = main(["bench", str(model), *words])
    except SystemExit as end:  # argparse's own refusal
        status = end.code
    assert status == 2
    assert reason in capsys.readouterr().err
