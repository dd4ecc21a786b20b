"""The `srfast` command as a shell sees it: files, lines, exit statuses."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from onnx import helper
from PIL import Image

import onnx_files
from command import COMMAND, on_a_terminal
from srfast import images
from srfast.cli import main

Array = npt.NDArray[Any]


def photograph(height: int = 12, width: int = 16) -> Array:
    return np.random.default_rng(height * width).integers(0, 256, (height, width, 3), np.uint8)


def twice(image: Array) -> Array:
    return image.repeat(2, axis=0).repeat(2, axis=1)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder: photo.png, and net.onnx, which repeats every pixel twice along each axis."""
    monkeypatch.chdir(tmp_path)
    images.write("photo.png", photograph())
    Path("net.onnx").write_bytes(onnx_files.repeat(2))
    return tmp_path


def srfast(*words: str, **options: Any) -> subprocess.CompletedProcess[str]:
    """Runs the command in a process of its own; it must never show a traceback."""
    done = subprocess.run(
        [*COMMAND, *words], capture_output=True, text=True, timeout=120, check=False, **options
    )
    assert "Traceback" not in done.stderr
    return done


def error_lines(text: str) -> list[str]:
    lines = text.splitlines()
    assert all(line.startswith("srfast: ") for line in lines), text
    return [line.removeprefix("srfast: error: ") for line in lines if line.startswith("srfast: error: ")]


# --- the main job


def test_a_photo_comes_out_larger_beside_itself() -> None:
    done = srfast("upscale", "photo.png", "-m", "net.onnx")
    assert (done.returncode, done.stderr) == (0, "")
    np.testing.assert_array_equal(images.read("photo_x2.png"), twice(photograph()))
    assert done.stdout.startswith("photo.png 16x12 -> photo_x2.png 32x24 in ")
    assert done.stdout.endswith(" s (net, CPUExecutionProvider)\n")


@pytest.mark.parametrize("name", ["large.webp", "made/", "there", "there/"])
def test_output_names_a_file_or_a_folder(name: str) -> None:
    Path("there").mkdir()
    assert main(["upscale", "photo.png", "-m", "net.onnx", "-o", name]) == 0
    file = Path(name) if name.endswith("webp") else Path(name, "photo_x2.png")
    np.testing.assert_array_equal(images.read(file), twice(photograph()))


def test_several_photos_go_into_a_folder_that_is_made() -> None:
    images.write("other.bmp", photograph(5, 7))
    assert main(["upscale", "photo.png", "other.bmp", "-m", "net.onnx", "-o", "new/deep"]) == 0
    assert sorted(os.listdir("new/deep")) == ["other_x2.png", "photo_x2.png"]


def test_sixteen_bits_and_gray_are_kept() -> None:
    gray = photograph().astype(np.uint16)[:, :, 0] * 257
    images.write("scan.tif", gray)
    assert main(["upscale", "scan.tif", "-m", "net.onnx"]) == 0
    large = images.read("scan_x2.png")
    assert large.dtype == np.uint16
    np.testing.assert_array_equal(large, twice(gray))


@pytest.mark.parametrize(
    "name", ["h\u00f6hen zug \u5c71.png", "-dash.png", "%41 *?.png", os.fsdecode(b"raw\xff.png")]
)
def test_any_file_name(name: str) -> None:
    images.write(name, photograph())
    done = srfast("upscale", "-m", "net.onnx", "--", name, env=os.environ | {"PYTHONIOENCODING": "ascii"})
    assert (done.returncode, done.stderr) == (0, "")
    np.testing.assert_array_equal(images.read(Path(name).stem + "_x2.png"), twice(photograph()))


def test_a_pipe_can_be_read() -> None:
    with open("photo.png", "rb") as photo:
        done = srfast("upscale", "/dev/stdin", "-m", "net.onnx", "-o", "large.png", stdin=photo)
    assert (done.returncode, done.stderr) == (0, "")
    np.testing.assert_array_equal(images.read("large.png"), twice(photograph()))


# --- options of the model


def test_assumed_conventions_are_said_in_one_line_with_the_options_to_set(
    capsys: pytest.CaptureFixture[str],
) -> None:
    Path("plain.onnx").write_bytes(onnx_files.repeat(2, metadata={"made": "elsewhere"}))
    assert main(["upscale", "photo.png", "-m", "plain.onnx"]) == 0
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("srfast: warning: plain.onnx does not say what it takes")
    assert "--model-color rgb --model-range 0,1" in line


@pytest.mark.parametrize("value_range", ["1", "255", "0,1", "-1,1", "0.5,2.5e2"])
def test_given_conventions_end_the_warning(value_range: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path("plain.onnx").write_bytes(onnx_files.repeat(2, metadata={"made": "elsewhere"}))
    words = ["-m", "plain.onnx", "--model-color", "bgr", f"--model-range={value_range}"]
    assert main(["upscale", "photo.png", *words]) == 0
    assert capsys.readouterr().err == ""
    difference = images.read("photo_x2.png").astype(int) - twice(photograph())
    assert np.abs(difference).max() <= 1


@pytest.mark.parametrize(
    "value_range", ["", "2", "0", "one", "0,1,2", "0;1", "nan,", "1,0", "0,inf", "0,nan"]
)
def test_ranges_that_make_no_sense(value_range: str, capsys: pytest.CaptureFixture[str]) -> None:
    try:
        status = main(["upscale", "photo.png", "-m", "net.onnx", f"--model-range={value_range}"])
    except SystemExit as stop:  # how argparse ends
        status = int(stop.code or 0)
    assert status == 2
    assert "range" in capsys.readouterr().err
    assert not Path("photo_x2.png").exists()


# --- one bad photo among several


def test_one_bad_photo_does_not_stop_the_others(folder: Path) -> None:
    Path("bad.jpg").write_text("not an image")
    images.write("last.png", photograph(3, 4))
    done = srfast(
        "upscale", "photo.png", "bad.jpg", "missing.png", "last.png", "-m", "net.onnx", "-o", "out/"
    )
    assert done.returncode == 1
    assert sorted(os.listdir("out")) == ["last_x2.png", "photo_x2.png"]
    assert [line.split()[0] for line in done.stdout.splitlines()] == ["photo.png", "last.png"]
    bad, missing = error_lines(done.stderr)
    assert bad.startswith("bad.jpg cannot be decoded")
    assert missing == "missing.png: No such file or directory"
    _, _, summary, *listed = done.stderr.splitlines()
    assert summary.startswith("srfast: 2 done, 2 failed, in ")
    assert listed == ["srfast: 2 of 4 photos failed:", f"srfast:   {bad}", f"srfast:   {missing}"]


def test_nothing_done_is_another_status(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["upscale", "missing.png", "gone.png", "-m", "net.onnx"]) == 2
    assert len(error_lines(capsys.readouterr().err)) == 2


# --- what cannot be read


def cut_short(path: Path) -> None:
    path.write_bytes(Path("photo.png").read_bytes()[:-200])


BAD_PHOTOS: dict[str, tuple[Callable[[Path], object], str]] = {
    "empty.png": (Path.touch, "is empty"),
    "text.jpg": (lambda path: path.write_text("hello"), "cannot be decoded"),
    "short.png": (cut_short, "cannot be decoded"),
    "folder.png": (Path.mkdir, "is a folder"),
    "missing.png": (lambda path: None, "No such file"),
}


@pytest.mark.parametrize("name", BAD_PHOTOS)
def test_a_bad_photo_is_one_line_that_names_it(name: str) -> None:
    make, reason = BAD_PHOTOS[name]
    make(Path(name))
    done = srfast("upscale", name, "-m", "net.onnx")
    (line,) = error_lines(done.stderr)
    assert (done.returncode, done.stdout) == (2, "")
    assert name in line
    assert reason in line
    assert len(done.stderr.splitlines()) == 1


def test_what_a_decoder_says_of_a_damaged_photo_is_shown_as_a_warning() -> None:
    Image.fromarray(photograph(60, 80)).save("photo.jpg")
    data = bytearray(Path("photo.jpg").read_bytes())
    data[-1200:-1160] = b"\xff\xd0" * 20  # restart markers that do not belong there
    Path("photo.jpg").write_bytes(data)
    done = srfast("upscale", "photo.jpg", "-m", "net.onnx")
    assert done.returncode == 0
    assert done.stderr.splitlines()
    assert all(line.startswith("srfast: warning: photo.jpg is damaged") for line in done.stderr.splitlines())


def test_further_pages_are_mentioned(capsys: pytest.CaptureFixture[str]) -> None:
    page = Image.fromarray(photograph())
    page.save("scan.tif", save_all=True, append_images=[page])
    assert main(["upscale", "scan.tif", "-m", "net.onnx"]) == 0
    assert capsys.readouterr().err == "srfast: warning: scan.tif holds 2 pictures; only the first is read\n"


# --- what cannot be written


@pytest.mark.parametrize(
    ("output", "reason"),
    [
        ("missing/large.png", "no folder missing"),
        ("photo.png/large.png", "no folder photo.png"),
        ("large.xyz", "choose one of .png"),
        ("large", "for a folder, write large/"),
        ("", "empty name"),
        ("x" * 300 + ".png", "File name too long"),
        ("net.onnx/", "is a file"),
    ],
)
def test_an_output_that_cannot_be_is_refused_before_work(
    output: str, reason: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = sorted(os.listdir(folder))
    assert main(["upscale", "photo.png", "-m", "missing.onnx", "-o", output]) == 2
    (line,) = error_lines(capsys.readouterr().err)
    assert reason in line
    assert sorted(os.listdir(folder)) == before


def test_several_photos_into_a_file_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    images.write("other.png", photograph())
    before = Path("other.png").read_bytes()
    assert main(["upscale", "photo.png", "photo.png", "-m", "net.onnx", "-o", "other.png", "--force"]) == 2
    assert "need a folder" in capsys.readouterr().err
    assert Path("other.png").read_bytes() == before


def test_nothing_is_overwritten_without_force(capsys: pytest.CaptureFixture[str]) -> None:
    Path("photo_x2.png").write_bytes(b"old")
    assert main(["upscale", "photo.png", "-m", "net.onnx"]) == 2
    assert error_lines(capsys.readouterr().err) == ["photo_x2.png exists already; --force replaces it"]
    assert Path("photo_x2.png").read_bytes() == b"old"
    assert main(["upscale", "photo.png", "-m", "net.onnx", "--force"]) == 0
    np.testing.assert_array_equal(images.read("photo_x2.png"), twice(photograph()))


@pytest.mark.parametrize("force", [[], ["--force"]])
@pytest.mark.parametrize("output", ["photo.png", "./photo.png", "link.png", "hard.png"])
def test_a_photo_is_never_overwritten_by_its_own_result(
    output: str, force: Sequence[str], capsys: pytest.CaptureFixture[str]
) -> None:
    Path("link.png").symlink_to("photo.png")
    os.link("photo.png", "hard.png")
    assert main(["upscale", "photo.png", "-m", "net.onnx", "-o", output, *force]) == 2
    assert "is one of the photos to read" in capsys.readouterr().err
    np.testing.assert_array_equal(images.read("photo.png"), photograph())


def test_a_result_does_not_replace_another_photo_of_the_batch(capsys: pytest.CaptureFixture[str]) -> None:
    images.write("photo_x2.png", photograph(5, 5))
    assert main(["upscale", "photo.png", "photo_x2.png", "-m", "net.onnx", "--force"]) == 1
    assert "photo_x2.png is one of the photos to read" in capsys.readouterr().err
    np.testing.assert_array_equal(images.read("photo_x2.png"), photograph(5, 5))
    np.testing.assert_array_equal(images.read("photo_x2_x2.png"), twice(photograph(5, 5)))


def test_two_photos_with_one_result_are_refused_before_work(capsys: pytest.CaptureFixture[str]) -> None:
    Path("a").mkdir()
    images.write("a/photo.jpg", photograph())
    assert main(["upscale", "photo.png", "a/photo.jpg", "-m", "net.onnx", "-o", "out/"]) == 2
    (line,) = error_lines(capsys.readouterr().err)
    assert line.startswith("photo.png and a/photo.jpg would both be written to out/photo_x2.png")
    assert not Path("out").exists()


def test_sixteen_bits_into_jpeg_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    images.write("scan.png", photograph().astype(np.uint16))
    assert main(["upscale", "scan.png", "-m", "net.onnx", "-o", "scan.jpg"]) == 2
    assert "choose .png or .tif" in capsys.readouterr().err


def test_transparency_is_kept_or_refused(capsys: pytest.CaptureFixture[str]) -> None:
    Image.new("RGBA", (4, 4), (1, 2, 3, 4)).save("sprite.png")
    assert main(["upscale", "sprite.png", "-m", "net.onnx"]) == 0
    with Image.open("sprite_x2.png") as large:
        assert (large.mode, large.size, large.getpixel((5, 5))) == ("RGBA", (8, 8), (1, 2, 3, 4))
    assert main(["upscale", "sprite.png", "-m", "net.onnx", "-o", "sprite.jpg"]) == 2
    assert "JPEG has no transparency" in capsys.readouterr().err


def test_a_full_disk_is_one_line_and_the_old_file_stays(folder: Path) -> None:
    Path("large.png").write_bytes(b"old")
    before = sorted(os.listdir(folder))
    images.write("photo.png", photograph(100, 100))

    def limit() -> None:  # fails in the middle of a write, as a full disk does, and for root as well
        resource.setrlimit(resource.RLIMIT_FSIZE, (8192, 8192))

    done = srfast("upscale", "photo.png", "-m", "net.onnx", "-o", "large.png", "--force", preexec_fn=limit)
    assert done.returncode == 2
    assert error_lines(done.stderr) == ["large.png cannot be written: File too large"]
    assert Path("large.png").read_bytes() == b"old"
    assert sorted(os.listdir(folder)) == before


@pytest.mark.skipif(sys.platform != "linux", reason="needs a folder that even root cannot write to")
def test_a_folder_that_cannot_be_written_to(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["upscale", "photo.png", "-m", "net.onnx", "-o", "/proc/photo.png"]) == 2
    (line,) = error_lines(capsys.readouterr().err)
    assert line.startswith("/proc/photo.png cannot be written: ")


# --- models


@pytest.mark.parametrize(
    ("model", "content"),
    [("missing.onnx", None), ("empty.onnx", b""), ("text.onnx", b"hello"), ("fast-x99", None)],
)
def test_a_bad_model_is_one_line_that_names_it(model: str, content: bytes | None) -> None:
    if content is not None:
        Path(model).write_bytes(content)
    done = srfast("upscale", "photo.png", "-m", model)
    (line,) = error_lines(done.stderr)
    assert (done.returncode, done.stdout) == (2, "")
    assert model in line


def test_a_size_that_the_network_does_not_take_names_the_photo(capsys: pytest.CaptureFixture[str]) -> None:
    # A mean over the whole image, at one size: such a network cannot be run in tiles.
    nodes = [
        helper.make_node("GlobalAveragePool", ["input"], ["mean"]),
        helper.make_node("Sub", ["input", "mean"], ["output"]),
    ]
    shape = (1, 3, 8, 8)
    Path("fixed.onnx").write_bytes(
        onnx_files.serialized(nodes, input_shape=shape, output_shape=shape, metadata=onnx_files.tags(1))
    )
    images.write("fits.png", photograph(8, 8))
    assert main(["upscale", "photo.png", "fits.png", "-m", "fixed.onnx"]) == 1
    (line,) = error_lines(capsys.readouterr().err)
    assert line.startswith("photo.png: ")


# --- usage


@pytest.mark.parametrize(
    "words",
    [
        ["upscale"],
        ["upscale", "photo.png", "--threads", "many"],
        ["upscale", "photo.png", "-m", "net.onnx", "--threads", "0"],
        ["upscale", "photo.png", "--model-color", "cmyk"],
        ["upscale", "photo.png", "--no-such-option"],
        ["upsacle", "photo.png"],
    ],
)
def test_wrong_usage(words: list[str]) -> None:
    done = srfast(*words)
    assert (done.returncode, done.stdout) == (2, "")
    assert "error: " in done.stderr


def test_without_a_command_the_help_is_shown() -> None:
    done = srfast()
    assert (done.returncode, done.stdout) == (2, "")
    assert "upscale" in done.stderr


@pytest.mark.parametrize("words", [["--help"], ["upscale", "--help"], ["info", "--help"]])
def test_help(words: list[str]) -> None:
    done = srfast(*words)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("usage: srfast")


def test_version() -> None:
    import srfast as package

    assert srfast("--version").stdout == f"srfast {package.__version__}\n"


# --- terminals, pipes, signals


def shown_in_black_and_white(*words: str) -> tuple[int, str, str]:
    return on_a_terminal([*COMMAND, *words], environment=os.environ | {"NO_COLOR": "1"})


def test_a_terminal_gets_a_bar_that_goes_away() -> None:
    status, output, shown = shown_in_black_and_white("upscale", "photo.png", "-m", "net.onnx")
    assert status == 0
    assert output.startswith("photo.png 16x12 -> photo_x2.png 32x24")
    assert "photo.png |" in shown
    assert "0% [" in shown
    assert shown.endswith("\r")
    assert shown.rstrip("\r").rpartition("\r")[2].strip() == ""


def test_errors_on_a_terminal_have_lines_of_their_own() -> None:
    status, _, shown = shown_in_black_and_white("upscale", "missing.png", "photo.png", "-m", "net.onnx")
    assert status == 1
    (line,) = [line for line in shown.split("\r\n") if "error" in line]
    assert line.rpartition("\r")[2] == "srfast: error: missing.png: No such file or directory"


def test_without_a_terminal_there_is_no_bar() -> None:
    done = srfast("upscale", "photo.png", "-m", "net.onnx")
    assert done.stderr == ""
    assert "\r" not in done.stdout


@pytest.mark.parametrize("words", [["upscale", "photo.png", "-m", "net.onnx"], ["info"]])
def test_a_reader_that_went_away_is_no_error_to_talk_about(words: list[str]) -> None:
    process = subprocess.Popen([*COMMAND, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    process.stdout.close()
    _, errors = process.communicate(timeout=120)
    assert errors == ""


def test_ctrl_c_stops_a_running_network_and_leaves_nothing_half_done(folder: Path) -> None:
    kernel = np.zeros((48, 3, 61, 61), np.float32)
    nodes = [
        helper.make_node("Conv", ["input", "kernel"], ["wide"], pads=[30] * 4),
        helper.make_node("DepthToSpace", ["wide"], ["output"], blocksize=4),
    ]
    Path("slow.onnx").write_bytes(
        onnx_files.serialized(nodes, weights={"kernel": kernel}, metadata=onnx_files.tags(4))
    )
    images.write("small.png", photograph(4, 4))
    images.write("huge.png", np.zeros((1500, 1500, 3), np.uint8))  # 10**12 multiplications
    before = set(os.listdir(folder))
    process = subprocess.Popen(
        [
            *COMMAND,
            "upscale",
            "small.png",
            "huge.png",
            "-m",
            "slow.onnx",
            "--threads",
            "1",
            "--memory",
            "100MB",
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # A shell's background jobs ignore Ctrl-C, and so would what they start.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    assert process.stdout is not None
    assert process.stdout.readline().startswith("small.png")
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(timeout=2)  # it is busy with the huge one
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == -signal.SIGINT
    assert errors == ("srfast: 1 of 2 photos are done; --skip-existing does the rest\nsrfast: interrupted\n")
    assert set(os.listdir(folder)) - before == {"small_x4.png"}


@pytest.mark.parametrize("second", [signal.SIGINT, signal.SIGTERM])
def test_a_second_signal_neither_hurts_the_file_that_is_finished_nor_changes_the_end(
    second: signal.Signals, folder: Path
) -> None:
    # Bringing the result to the disk takes until both signals are there, however busy the machine.
    code = (
        "import os, sys\n"
        "from srfast import atomic\n"
        "fsync, end_all = os.fsync, atomic.end_all\n"
        "def slow(file):\n"
        "    print('writing', flush=True)\n"
        "    sys.stdin.readline()\n"
        "    fsync(file)\n"
        "def patient(seconds):\n"
        "    print('ending', flush=True)\n"
        "    end_all(60)\n"
        "os.fsync, atomic.end_all = slow, patient\n"
        "from srfast.cli import main\n"
        "sys.exit(main())\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code, "upscale", "photo.png", "-m", "net.onnx"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "writing\n"
    process.send_signal(signal.SIGINT)
    assert process.stdout.readline() == "ending\n"
    process.send_signal(second)
    _, errors = process.communicate("go on\n", timeout=60)
    assert (process.returncode, errors) == (-signal.SIGINT, "srfast: interrupted\n")
    assert sorted(os.listdir(folder)) == ["net.onnx", "photo.png", "photo_x2.png"]
    np.testing.assert_array_equal(images.read("photo_x2.png"), twice(photograph()))


def test_a_signal_between_the_first_and_the_end_shows_no_traceback() -> None:
    code = (
        "import os, signal, sys\n"
        "from srfast.cli import main\n"
        "from srfast.cli import upscale\n"
        "module = sys.modules['srfast.cli.main']\n"
        "end = module._end_by_signal\n"
        "def end_again(number):\n"
        "    os.kill(os.getpid(), signal.SIGINT)\n"
        "    return end(number)\n"
        "def run(options):\n"
        "    os.kill(os.getpid(), signal.SIGINT)\n"
        "module._end_by_signal, upscale.run = end_again, run\n"
        "sys.exit(main())\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "upscale", "photo.png"],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    assert (done.returncode, done.stderr) == (-signal.SIGINT, "srfast: interrupted\n")
