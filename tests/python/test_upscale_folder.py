"""`srfast upscale` on folders: what is skipped, the sizes and formats of results, what scripts read."""

from __future__ import annotations

import errno
import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

import onnx_files
from command import COMMAND
from srfast import images
from srfast.cli import main

Array = npt.NDArray[Any]


def photograph(seed: int) -> Array:
    return np.random.default_rng(seed).integers(0, 256, (9, 12, 3), np.uint8)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder: net.onnx, which repeats every pixel twice, and photos/ with a folder in it."""
    monkeypatch.chdir(tmp_path)
    Path("net.onnx").write_bytes(onnx_files.repeat(2))
    Path("photos/in").mkdir(parents=True)
    for seed, name in enumerate(("a.png", "b.png", "in/c.png")):
        images.write(f"photos/{name}", photograph(seed))
    return tmp_path


def upscale(*words: str) -> int:
    return main(["upscale", "photos", "-r", "-m", "net.onnx", *words])


def results(folder: str = "out") -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in Path(folder).rglob("*") if path.is_file())


# --- what is done and what is left


def test_a_stopped_batch_goes_on(capsys: pytest.CaptureFixture[str]) -> None:
    assert upscale("-o", "out") == 0
    assert results() == ["a_x2.png", "b_x2.png", "in/c_x2.png"]
    Path("out/b_x2.png").unlink()
    kept = Path("out/a_x2.png").stat()
    capsys.readouterr()
    assert upscale("-o", "out", "--skip-existing") == 0
    out, err = capsys.readouterr()
    assert [line.split()[0] for line in out.splitlines()] == ["photos/b.png"]
    assert err.startswith("srfast: 1 done, 2 skipped, since they exist, in ")
    assert Path("out/a_x2.png").stat() == kept


def test_nothing_left_to_do_is_success() -> None:
    assert upscale("-o", "out") == 0
    assert upscale("-o", "out", "--skip-existing") == 0


def test_results_that_exist_are_one_line_not_one_each(capsys: pytest.CaptureFixture[str]) -> None:
    assert upscale("-o", "out") == 0
    capsys.readouterr()
    assert upscale("-o", "out") == 2
    summary, error = capsys.readouterr().err.splitlines()
    assert summary.startswith("srfast: 0 done, 3 left, since they exist, in ")
    assert error == (
        f"srfast: error: 3 of 3 results exist already, such as {Path('out/a_x2.png')}; "
        "--force replaces them, --skip-existing leaves them"
    )
    assert upscale("-o", "out", "--force") == 0


def test_what_a_killed_run_left_is_removed() -> None:
    Path("out/in").mkdir(parents=True)
    Path("out/in/.c_x2.0123abcd.srfast-tmp.png").write_bytes(b"half")
    assert upscale("-o", "out") == 0
    assert results() == ["a_x2.png", "b_x2.png", "in/c_x2.png"]


# --- what scripts read


def test_json_is_a_line_for_each_photo(capsys: pytest.CaptureFixture[str]) -> None:
    Path("photos/b.png").write_text("no image")
    Path("out/in").mkdir(parents=True)
    Path("out/in/c_x2.png").touch()
    assert upscale("-o", "out", "--json") == 1
    done, failed, exists = map(json.loads, capsys.readouterr().out.splitlines())
    assert done.pop("seconds") > 0
    assert done == {
        "file": "photos/a.png",
        "output": "out/a_x2.png",
        "status": "done",
        "before": [12, 9],
        "after": [24, 18],
        "models": ["net"],
        "scales": [2],
        "shrunk": False,
        "error": None,
    }
    assert (failed["status"], failed["after"]) == ("failed", None)
    assert failed["error"].startswith("photos/b.png cannot be decoded")
    assert (exists["status"], exists["output"]) == ("exists", "out/in/c_x2.png")


def test_quiet_says_only_what_is_wrong(capsys: pytest.CaptureFixture[str]) -> None:
    assert upscale("-o", "out", "--quiet") == 0
    assert capsys.readouterr() == ("", "")
    Path("photos/b.png").write_text("no image")
    assert upscale("-o", "out", "--quiet", "--force") == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("srfast: error: photos/b.png cannot be decoded")
    assert err.count("\n") == 1


# --- sizes


@pytest.mark.parametrize(
    ("option", "size", "way"),
    [
        (("--scale", "2"), (24, 18), "net, "),
        (("--scale", "1.5"), (18, 14), "net, x2 shrunk to size, "),
        (("--scale", "5"), (60, 45), "net 3 times, x8 shrunk to size, "),
        (("--scale", "0.5"), (6, 5), "no network needed"),
        (("--width", "30"), (30, 23), "net 2 times, x4 shrunk to size, "),
        (("--height", "18"), (24, 18), "net, "),
        (("--fit", "1000x27"), (36, 27), "net 2 times, x4 shrunk to size, "),
    ],
)
def test_any_size(
    option: tuple[str, str], size: tuple[int, int], way: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["upscale", "photos/a.png", "-m", "net.onnx", "-o", "large.png", *option]) == 0
    with Image.open("large.png") as large:
        assert large.size == size
    assert f" -> large.png {size[0]}x{size[1]} in " in (line := capsys.readouterr().out)
    assert f" s ({way}" in line


# --- formats


def test_a_pattern_names_results_and_the_format_chooses_their_suffix() -> None:
    assert upscale("-o", "out/{stem}_{model}_x{scale}{ext}", "--format", "webp", "--scale", "1.5") == 0
    assert results() == ["a_net_x1.5.webp", "b_net_x1.5.webp", "in/c_net_x1.5.webp"]


def test_quality_and_lossless_reach_the_encoder() -> None:
    sizes = {}
    for name, words in {"good": ["--quality", "95"], "poor": ["--quality", "20"], "exact": []}.items():
        assert upscale("-o", f"{name}/", "--format", "webp", *words) == 0
        sizes[name] = Path(f"{name}/a_x2.webp").stat().st_size
    assert sizes["poor"] < sizes["good"]
    twice = photograph(0).repeat(2, axis=0).repeat(2, axis=1)
    np.testing.assert_array_equal(images.read("exact/a_x2.webp"), twice)
    assert upscale("-o", "avif/", "--format", "avif", "--lossless") == 0
    assert np.abs(images.read("avif/a_x2.avif").astype(int) - twice).max() <= 1


@pytest.fixture
def nothing_is_done() -> Iterator[None]:
    """Checks that no file is made, and that no network was opened: there is none of that name."""
    before = sorted(os.walk("."))
    yield
    assert sorted(os.walk(".")) == before


@pytest.mark.usefixtures("nothing_is_done")
@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["--quality", "0"], "--quality: '0' is not a whole number from 1 to 100"),
        (["--quality", "ninety", "--format", "jpg"], "'ninety' is not a whole number from 1 to 100"),
        (["--quality", "80"], "the results are .png files, which lose nothing"),
        (["--format", "jpg", "--lossless"], "JPEG always loses a little"),
        (["--format", "webp", "--lossless", "--quality", "80"], "exclude each other"),
        (["--scale", "2", "--width", "9"], "--width and --scale exclude each other"),
        (["--scale", "100"], "not above 64"),
        (["--width", "0"], "0 pixels"),
        (["--width", "wide"], "--width: 'wide' is not a whole number"),
        (["--fit", "10"], "--fit: '10' is not WIDTHxHEIGHT"),
        (["--max-pixels", "inf"], "not a number of pixels"),
        (["--skip-existing", "--force"], "exclude each other"),
    ],
)
def test_what_cannot_work_is_refused_before_the_network_is_opened(
    words: list[str], reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    try:
        status = main(["upscale", "photos", "-m", "gone.onnx", "-o", "out/", *words])
    except SystemExit as stop:
        status = int(stop.code or 0)
    assert status == 2
    assert reason in capsys.readouterr().err.splitlines()[0]


def test_a_result_too_large_for_its_format_is_refused_before_the_network_runs(
    capsys: pytest.CaptureFixture[str],
) -> None:
    images.write("wide.png", np.zeros((1, 9000, 3), np.uint8))
    assert main(["upscale", "wide.png", "-m", "net.onnx", "-o", "wide.webp"]) == 2
    assert "wide.webp: WebP ends at 16383 pixels a side, and the image has 18000x2" in capsys.readouterr().err
    assert main(["upscale", "wide.png", "-m", "net.onnx", "-o", "wide.webp", "--scale", "1.5"]) == 0


def test_too_many_pixels_name_the_option(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["upscale", "photos/a.png", "-m", "net.onnx", "--max-pixels", "100"]) == 2
    assert "12x9 pixels, more than the limit of 100" in (error := capsys.readouterr().err)
    assert "--max-pixels" in error
    assert main(["upscale", "photos/a.png", "-m", "net.onnx", "--max-pixels", "0.0001M"]) == 2
    assert main(["upscale", "photos/a.png", "-m", "net.onnx", "--max-pixels", "0"]) == 0


# --- pipes and disks


def test_from_standard_input_to_standard_output() -> None:
    with open("photos/a.png", "rb") as photo:
        done = subprocess.run(
            [*COMMAND, "upscale", "-", "-m", "net.onnx", "--format", "bmp"],
            stdin=photo,
            capture_output=True,
            check=True,
        )
    image, _ = images.decode(done.stdout, "the result")
    np.testing.assert_array_equal(image, photograph(0).repeat(2, axis=0).repeat(2, axis=1))
    assert done.stdout.startswith(b"BM")
    assert done.stderr.startswith(b"- 12x9 -> standard output 24x18 in ")


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_reader_that_takes_a_part_of_the_image_and_goes(unbuffered: str) -> None:
    images.write("photos/large.png", np.random.default_rng(9).integers(0, 256, (600, 600, 3), np.uint8))
    process = subprocess.Popen(
        [*COMMAND, "upscale", "photos/large.png", "-m", "net.onnx", "-o", "-"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=os.environ | {"PYTHONUNBUFFERED": unbuffered},
    )
    assert process.stdout is not None
    assert process.stdout.read(1) == b"\x89"  # far more than a pipe holds is still to come
    process.stdout.close()
    _, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (2, b"")  # nobody is there to be told, but a script sees it


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no full device")
@pytest.mark.parametrize("word", ["-", "photos/a.png"])
def test_a_full_disk_behind_standard_output(word: str) -> None:
    with open("photos/a.png", "rb") as photo, open("/dev/full", "wb") as full:
        done = subprocess.run(
            [*COMMAND, "upscale", word, "-m", "net.onnx"],
            stdin=photo,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
            # The device must be met again at exit, as it is where output is buffered.
            env={name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"},
        )
    assert done.returncode == 2
    assert done.stderr.startswith("srfast: error: standard output")
    assert done.stderr.endswith(": No space left on device\n")


def test_a_full_disk_ends_the_batch_and_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for seed in range(40):
        images.write(f"photos/d{seed}.png", photograph(seed))

    def full(file: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    assert upscale("-o", "out", "--json") == 2
    out, err = capsys.readouterr()
    statuses = [json.loads(line)["status"] for line in out.splitlines()]
    assert len(statuses) == 43
    assert set(statuses) == {"failed", "not begun"}
    assert "out/a_x2.png cannot be written: No space left on device" in err
    assert (
        err.splitlines()[-1] == "srfast: the disk is full; when there is room, --skip-existing does the rest"
    )
    assert results() == []


@pytest.mark.parametrize(
    ("words", "status", "said", "counted"),
    [
        (["--skip-existing"], 0, "skipped", "1 done, 2 skipped, since they exist"),
        ([], 1, "exists", "2 of 3 results exist already"),
        (["--force"], 0, "done", "3 done"),
    ],
)
def test_results_that_another_process_makes_meanwhile(
    words: list[str],
    status: int,
    said: str,
    counted: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    encode = images.encoding.encode

    def encode_second(image: Array, kind: Any, label: str, *others: Any) -> bytes:
        data = encode(image, kind, label, *others)
        if label != "out/a_x2.png":
            Path(label).write_bytes(data + b"of another process")
        return data

    monkeypatch.setattr(images.encoding, "encode", encode_second)
    assert upscale("-o", "out", "--json", *words) == status
    out, err = capsys.readouterr()
    statuses = {found["output"]: found["status"] for found in map(json.loads, out.splitlines())}
    assert statuses == {"out/a_x2.png": "done", "out/b_x2.png": said, "out/in/c_x2.png": said}
    assert counted in err
    kept = Path("out/b_x2.png").read_bytes().endswith(b"of another process")
    assert kept == ("--force" not in words)


def test_an_original_that_a_pattern_would_overwrite_is_kept() -> None:
    before = {file: file.read_bytes() for file in Path("photos").iterdir() if file.is_file()}
    images.write("photos/b.webp", images.read("photos/b.png"))
    assert upscale("-o", "photos/{stem}{ext}", "--force") == 2
    assert {file: file.read_bytes() for file in before} == before


@pytest.mark.parametrize("pattern", ["{stem:d}{ext}", "{stem!r}{ext}", "{stem:{ext}}{ext}"])
def test_patterns_with_more_than_names(pattern: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert upscale("-o", f"out/{pattern}") == 2
    assert "takes no format" in capsys.readouterr().err


def test_a_folder_that_is_there_may_have_braces_in_its_name() -> None:
    Path("{2026} trip").mkdir()
    assert main(["upscale", "photos/a.png", "-m", "net.onnx", "-o", "{2026} trip/large.png"]) == 0
    assert upscale("-o", "{2026} trip/{stem}_{model}{ext}") == 0
    assert results("{2026} trip") == ["a_net.png", "b_net.png", "in/c_net.png", "large.png"]
    assert upscale("-o", "{2027} trip/{stem}{ext}") == 2


@pytest.mark.parametrize(
    ("name", "format"), [("a.jpg", "jpeg"), ("a.JPEG", "jpg"), ("photos/{stem}.tif", "tiff")]
)
def test_both_suffixes_of_a_format_are_the_format(name: str, format: str) -> None:
    assert main(["upscale", "photos/a.png", "-m", "net.onnx", "-o", name, "--format", format]) == 0
    assert Path(name.format(stem="a")).exists()
