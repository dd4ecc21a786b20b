"""`srfast-upscale`, the compiled program: the pixels, words and exit statuses of `srfast upscale`."""

from __future__ import annotations

import fcntl
import json
import os
import re
import resource
import shutil
import signal
import struct
import subprocess
import sys
import termios
import time
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image, ImageCms, PngImagePlugin

from command import on_a_terminal
from srfast import images, runtime_library, zoo
from srfast.cli import main

PIXELS = np.random.default_rng(5).integers(0, 256, (21, 30, 4), np.uint8)
RGB = np.ascontiguousarray(PIXELS[:, :, :3])


@dataclass
class Told:
    """What a command leaves: its status, its words, and its files."""

    status: int
    out: list[str]
    err: list[str]
    files: list[str]


@pytest.fixture(scope="session")
def program(request: pytest.FixtureRequest) -> Path:
    """The one that SRFAST_UPSCALE names, such as one with sanitizers; else as it is built for users."""
    if named := os.environ.get("SRFAST_UPSCALE"):
        return Path(named)
    prefix: Path = request.getfixturevalue("prefix")
    return prefix / "bin" / "srfast-upscale"


@pytest.fixture(scope="session")
def environment() -> dict[str, str]:
    return os.environ | {"SRFAST_ONNXRUNTIME": str(runtime_library.find())}


@pytest.fixture
def both(
    program: Path,
    environment: dict[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> Callable[..., tuple[Told, Told]]:
    """Runs the program and Python's command, each in a folder of its own with the same photos."""

    def run(*words: str) -> tuple[Told, Told]:
        ours, theirs = tmp_path / "program", tmp_path / "python"
        for folder in (ours, theirs):
            if not folder.exists():
                shutil.copytree(tmp_path / "photos", folder, symlinks=True)
        done = subprocess.run(
            [program, *words], cwd=ours, capture_output=True, text=True, check=False, env=environment
        )
        first = told(done.returncode, done.stdout, done.stderr.replace("srfast-upscale", "srfast"), ours)
        monkeypatch.chdir(theirs)
        capfd.readouterr()
        try:
            status = main(["upscale", *words])
        except SystemExit as stop:
            status = int(stop.code or 0)
        captured = capfd.readouterr()
        return first, told(status, captured.out, captured.err.replace("srfast upscale", "srfast"), theirs)

    def told(status: int, out: str, err: str, folder: Path) -> Told:
        def lines(text: str) -> list[str]:
            # From the beginning of a word only: from each letter of a very long one would take minutes.
            text = re.sub(r"(?<!\d)\d+\.\d+ s\b", "T s", text).replace(f"{folder}/", "")
            return re.sub(r"(?<![^ ])[^ ]*/(?=fast-x\d(\.srfast)?\.onnx)", "", text).splitlines()

        files = sorted(str(file.relative_to(folder)) for file in folder.rglob("*"))
        return Told(status, lines(out), lines(err), files)

    (tmp_path / "photos").mkdir()
    return run


def save(folder: Path, name: str, image: Image.Image | None = None, **options: Any) -> Path:
    file = folder / "photos" / name
    (image or Image.fromarray(RGB)).save(file, **options)
    return file


# --- the same pixels


def oriented(orientation: int) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010F] = "a camera"
    return exif.tobytes()


def palette(image: Image.Image) -> Image.Image:
    return image.convert("P", palette=Image.Palette.ADAPTIVE, colors=9)


COLOR = Image.fromarray(RGB)
GRAY = Image.fromarray(np.ascontiguousarray(PIXELS[:, :, 0]))
GRAY_16 = Image.fromarray(PIXELS[:, :, 0].astype(np.uint16) * 256 + PIXELS[:, :, 1])
OPAQUE = Image.fromarray(np.dstack([RGB, np.full(RGB.shape[:2], 255, np.uint8)]))
KINDS: dict[str, tuple[str, Image.Image, dict[str, Any]]] = {
    "colour": ("photo.png", COLOR, {}),
    "gray": ("photo.png", GRAY, {}),
    "gray, 16 bits": ("photo.png", GRAY_16, {}),
    "one bit": ("photo.png", GRAY.convert("1"), {}),
    "palette": ("photo.png", palette(COLOR), {}),
    "palette with a transparent colour": ("photo.png", palette(COLOR), {"transparency": 3}),
    "opaque alpha": ("photo.png", OPAQUE, {}),
    "alpha": ("photo.png", Image.fromarray(PIXELS), {}),
    "gray with alpha": ("photo.png", Image.fromarray(PIXELS).convert("LA"), {}),
    "jpeg": ("photo.jpg", COLOR, {"quality": 90}),
    "jpeg, coarse colours": ("photo.jpg", COLOR, {"quality": 60, "subsampling": 2}),
    "jpeg, progressive": ("photo.JPEG", COLOR, {"progressive": True}),
    "jpeg, gray": ("photo.jpg", GRAY, {}),
    **{f"turned {each}": ("photo.jpg", COLOR, {"exif": oriented(each)}) for each in range(1, 9)},
    "turned png": ("photo.png", COLOR, {"exif": oriented(6)}),
}


@pytest.mark.parametrize("kind", KINDS)
def test_pixels_are_those_of_the_command(kind: str, both: Any, tmp_path: Path) -> None:
    name, image, options = KINDS[kind]
    save(tmp_path, name, image, **options)
    ours, theirs = both(name, "-o", "large.png")
    assert ours == theirs
    assert ours.status == 0
    result = images.read(tmp_path / "program" / "large.png")
    assert result.dtype == (np.uint16 if "16" in kind else np.uint8)
    np.testing.assert_array_equal(result, images.read(tmp_path / "python" / "large.png"))


def test_colours_of_16_bits(both: Any, tmp_path: Path) -> None:
    picture = np.random.default_rng(0).integers(0, 65536, (9, 14, 3), np.uint16)
    images.write(tmp_path / "photos" / "photo.png", picture)
    ours, theirs = both("photo.png", "-m", "fast-x2")
    assert ours == theirs
    assert ours.files == ["photo.png", "photo_x2.png"]
    large = images.read(tmp_path / "program" / "photo_x2.png")
    assert large.dtype == np.uint16
    np.testing.assert_array_equal(large, images.read(tmp_path / "python" / "photo_x2.png"))


@pytest.mark.parametrize("quality", [[], ["--quality", "89"], ["--quality", "90"]])
@pytest.mark.parametrize("image", [COLOR, GRAY], ids=["colour", "gray"])
def test_jpegs_are_those_of_the_command(
    image: Image.Image, quality: list[str], both: Any, tmp_path: Path
) -> None:
    save(tmp_path, "photo.png", image)
    ours, theirs = both("photo.png", "-o", "large.jpg", *quality)
    assert ours == theirs
    np.testing.assert_array_equal(
        images.read(tmp_path / "program" / "large.jpg"), images.read(tmp_path / "python" / "large.jpg")
    )


@pytest.mark.parametrize("target", ["large.png", "large.jpg"])
@pytest.mark.parametrize("name", ["photo.png", "photo.jpg"])
def test_metadata_are_carried_over(name: str, target: str, both: Any, tmp_path: Path) -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    xmp = b'<x:xmpmeta xmlns:x="adobe:ns:meta/">words</x:xmpmeta>'
    options: dict[str, Any] = {"icc_profile": profile, "exif": oriented(3), "dpi": (300, 150)}
    if name.endswith("png"):
        text = PngImagePlugin.PngInfo()
        text.add_itxt("XML:com.adobe.xmp", xmp.decode())
        options["pnginfo"] = text
    else:
        options["xmp"] = xmp
    save(tmp_path, name, **options)
    both(name, "-o", target)
    ours, theirs = (images.read_with_metadata(tmp_path / side / target)[1] for side in ("program", "python"))
    assert (ours.icc, ours.xmp) == (profile, xmp)
    assert ours.dpi == pytest.approx((300, 150), abs=0.02)
    assert ours.dpi == pytest.approx(theirs.dpi, abs=0.02)
    with Image.open(tmp_path / "program" / target) as written:
        assert (written.getexif()[0x010F], written.getexif()[0x0112]) == ("a camera", 1)

    both(name, "-o", target, "--force", "--strip")
    stripped = images.read_with_metadata(tmp_path / "program" / target)[1]
    assert (stripped.icc, stripped.exif, stripped.xmp) == (None, None, None)


@pytest.mark.parametrize("target", ["large.png", "large.jpg"])
def test_metadata_that_a_jpeg_file_cannot_hold_are_named(target: str, both: Any, tmp_path: Path) -> None:
    save(tmp_path, "photo.png")
    xmp = b'<x:xmpmeta xmlns:x="adobe:ns:meta/">' + b"word " * 20_000 + b"</x:xmpmeta>"
    image, _ = images.read_with_metadata(tmp_path / "photos" / "photo.png")
    images.write(tmp_path / "photos" / "photo.png", image, metadata=images.Metadata(xmp=xmp))
    ours, theirs = both("photo.png", "-o", target)
    assert ours == theirs
    kept = images.read_with_metadata(tmp_path / "program" / target)[1].xmp
    assert kept == (xmp if target == "large.png" else None)
    said = (
        f"srfast: warning: {target}: JPEG holds 64 KB of XMP, and these {len(xmp)} bytes are left out; "
        "choose .png to keep them"
    )
    assert ours.err == ([] if target == "large.png" else [said])


# --- the same words and statuses

CASES: dict[str, list[str]] = {
    "a photo": ["photo.png"],
    "several": ["photo.png", "other.jpg", "-o", "new"],
    "several, one missing": ["photo.png", "missing.png", "other.jpg"],
    "all missing": ["a.png", "b.png"],
    "twice the same": ["photo.png", "./photo.png"],
    "quiet": ["photo.png", "other.jpg", "-q"],
    "a folder of results": ["photo.png", "-o", "out/"],
    "a file": ["photo.png", "-o", "large.jpg", "--quality=80"],
    "a format": ["photo.png", "--format", "jpg"],
    "a pattern": ["photo.png", "-o", "{stem}-{model}-{scale}-{size}{{}}.png", "-m", "fast-x2"],
    "a pattern in a folder": ["photo.png", "other.jpg", "-o", "new/{stem}{ext}"],
    "an unknown field": ["photo.png", "-o", "{stme}.png"],
    "a field in a folder": ["photo.png", "-o", "{stem}/{stem}.png"],
    "a pattern without a format": ["photo.png", "-o", "{stem}"],
    "a short option with its value": ["photo.png", "-olarge.png", "-qm", "fast-x2"],
    "into one file": ["photo.png", "sub/photo.png", "-o", "out"],
    "over itself": ["photo.png", "-o", "photo.png", "--force"],
    "over a photo": ["photo.png", "-o", "other.png", "--force"],
    "a folder where a file is": ["photo.png", "-o", "other.jpg/"],
    "several into a file": ["photo.png", "other.jpg", "-o", "text.png"],
    "several into a new file": ["photo.png", "other.jpg", "-o", "new.png"],
    "no suffix": ["photo.png", "-o", "large"],
    "no folder": ["photo.png", "-o", "nowhere/large.png"],
    "no name": ["photo.png", "-o", ""],
    "a contradiction": ["photo.png", "-o", "large.png", "--format", "jpg"],
    "several into standard output": ["photo.png", "other.jpg", "-o", "-"],
    "json into an image": ["photo.png", "-o", "-", "--json"],
    "a name that is too long": ["photo.png", "-o", "x" * 300 + ".png"],
    "exists": ["photo.png", "-o", "text.png"],
    "replaced": ["photo.png", "-o", "text.png", "--force"],
    "skipped": ["photo.png", "-o", "text.png", "--skip-existing"],
    "an empty file": ["empty.png"],
    "no image": ["text.png"],
    "cut short": ["cut.png"],
    "cut short, jpeg": ["cut.jpg"],
    "no name of a photo": [""],
    "too many pixels": ["photo.png", "--max-pixels", "600"],
    "as many pixels": ["photo.png", "--max-pixels", "0.001M"],
    "no pixels": ["photo.png", "--max-pixels", "few"],
    "more pixels than a number holds": ["photo.png", "--max-pixels", "9" * 100_000 + "MP"],
    "quality": ["photo.png", "--quality", "0", "-o", "large.jpg"],
    "photo, mistyped": ["poto.png"],
    "model, mistyped": ["photo.png", "-m", "bar.onnx"],
    "weights": ["photo.png", "-m", "net.pth"],
    "several exist": ["photo.png", "other.jpg", "-o", "out"],
    "pixels in another notation": ["photo.png", "--max-pixels", "1e8"],
    "pixels without a number": ["photo.png", "--max-pixels", "500P"],
    "a link to nowhere": ["dangling.png", "photo.png"],
    "quiet, one missing": ["photo.png", "dangling.png", "missing.png", "-q"],
    "a folder named like a model": ["photo.png", "-m", "fast-x2"],
    "a folder for a model": ["photo.png", "-m", "out"],
    "threads": ["photo.png", "--threads", "0"],
    "threads, words": ["photo.png", "--threads", "two"],
    "threads, below": ["photo.png", "--threads", "-1"],
    "threads, without": ["photo.png", "--threads"],
    "threads, an option": ["photo.png", "--threads", "--quiet"],
    "one thread": ["photo.png", "--threads", "1"],
    "memory": ["photo.png", "--memory", "much"],
    "memory, more than a number holds": ["photo.png", "--memory", "9" * 100_000 + "MB"],
    "memory, too little": ["photo.png", "--memory", "1KB"],
    "memory, enough": ["photo.png", "--memory", "5 MiB"],
    "colour": ["photo.png", "--model-color", "rbg"],
    "colour, another": ["photo.png", "--model-color", "bgr"],
    "range": ["photo.png", "--model-range", "3"],
    "range, reversed": ["photo.png", "--model-range", "1,0"],
    "range, negative": ["photo.png", "--model-range=-1,1"],
    "mistyped": ["photo.png", "--forc"],
    "mistyped, with a value": ["photo.png", "--threds=2"],
    "unlike anything": ["photo.png", "--zzz"],
    "a flag with a value": ["photo.png", "--force=yes"],
    "force and skip": ["photo.png", "--force", "--skip-existing"],
    "nothing": [],
    "no model": ["photo.png", "-m", "zzz"],
    "no model file": ["photo.png", "-m", "/nonexistent/net.onnx"],
    "a damaged model": ["photo.png", "-m", "text.png"],
}


@pytest.mark.parametrize("case", CASES)
def test_words_are_those_of_the_command(case: str, both: Any, tmp_path: Path) -> None:
    save(tmp_path, "photo.png")
    save(tmp_path, "other.jpg")
    for name in ("sub", "out", "fast-x2"):
        (tmp_path / "photos" / name).mkdir()
    save(tmp_path, "out/photo_x3.png")
    for name in ("bare.onnx", "net.pth"):
        (tmp_path / "photos" / name).touch()
    save(tmp_path, "sub/photo.png")
    (tmp_path / "photos" / "other.png").hardlink_to(tmp_path / "photos" / "photo.png")
    (tmp_path / "photos" / "dangling.png").symlink_to("nowhere.png")
    (tmp_path / "photos" / "empty.png").touch()
    (tmp_path / "photos" / "text.png").write_text("these are words, and no image")
    for name in ("photo.png", "other.jpg"):
        whole = (tmp_path / "photos" / name).read_bytes()
        (tmp_path / "photos" / f"cut{Path(name).suffix}").write_bytes(whole[: len(whole) * 2 // 3])
    ours, theirs = both(*CASES[case])
    assert ours == theirs


def test_what_only_the_command_has_is_refused_clearly(both: Any, tmp_path: Path) -> None:
    images.write(tmp_path / "photos" / "photo.webp", RGB)
    ours, _ = both("photo.webp", "-o", "large.png")
    assert (ours.status, ours.err) == (
        2,
        [
            "srfast: error: photo.webp is WebP, and srfast reads PNG and JPEG; "
            "convert it, or take Python's srfast upscale"
        ],
    )
    ours, _ = both("photo.webp", "-o", "large.webp")
    assert "large.webp: images are not written as .webp; choose one of .png, .jpg, .jpeg" in ours.err[0]
    Image.frombytes("CMYK", (30, 21), PIXELS.tobytes()).save(tmp_path / "program" / "press.jpg")
    ours, _ = both("press.jpg", "-o", "large.png")
    assert (ours.status, "CMYK" in ours.err[0]) == (2, True)
    images.write(tmp_path / "program" / "alpha.png", PIXELS)
    ours, _ = both("alpha.png", "-o", "large.jpg")
    assert "large.jpg: JPEG has no transparency, and the image has; choose .png" in ours.err[0]
    images.write(tmp_path / "program" / "wide.png", np.zeros((1, 21834, 3), np.uint8))
    ours, _ = both("wide.png", "-o", "large.jpg")
    assert "JPEG ends at 65500 pixels a side, and the image has 65502x3; choose .png" in ours.err[0]
    ours, _ = both("wide.png", "-o", "large.png", "--quality", "90")
    assert "--quality is for JPEG, but the results are .png files" in ours.err[0]
    ours, _ = both(".", "-o", "large.png")
    assert ours.err == ["srfast: error: . is a folder, not an image file"]


def test_a_picture_that_is_too_wide_is_refused_before_memory_is_taken_for_a_row(
    program: Path, environment: dict[str, str], tmp_path: Path
) -> None:
    def chunk(name: bytes, content: bytes) -> bytes:
        body = name + content
        return len(content).to_bytes(4, "big") + body + zlib.crc32(body).to_bytes(4, "big")

    header = struct.pack(">IIBBBBB", 2**30, 3, 8, 2, 0, 0, 0)
    data = zlib.compress(bytes(400))
    photo = tmp_path / "wide.png"
    photo.write_bytes(
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")
    )
    done = subprocess.run(
        [program, photo],
        capture_output=True,
        text=True,
        check=False,
        env=environment,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (2 << 30, 2 << 30)),
    )
    assert done.returncode == 2
    assert "1073741824x3 pixels" in done.stderr


def test_json(both: Any, tmp_path: Path) -> None:
    name = 'a "strange" \\ n\u00e4me \U0001f600.png'
    save(tmp_path, name)
    ours, theirs = (
        [json.loads(line) | {"seconds": 0} for line in each.out]
        for each in both(name, "missing.png", "--json")
    )
    assert ours == theirs
    assert [line["status"] for line in ours] == ["done", "failed"]


def test_a_model_that_does_not_say_what_it_takes(both: Any, tmp_path: Path) -> None:
    import onnx

    save(tmp_path, "photo.png")
    bare = onnx.load(zoo.path("fast-x2"))
    kept = [entry for entry in bare.metadata_props if entry.key != "srfast.schema"]
    del bare.metadata_props[:]
    bare.metadata_props.extend(kept)
    onnx.save(bare, tmp_path / "photos" / "bare.onnx")
    ours, theirs = both("photo.png", "-m", "bare.onnx")
    assert ours == theirs
    assert "bare.onnx does not say what it takes; assuming --model-color rgb --model-range 0,1" in ours.err[0]
    ours, theirs = both("photo.png", "-m", "bare.onnx", "--model-color=rgb", "--model-range=1", "--force")
    assert (ours, ours.err) == (theirs, [])


# --- pipes, signals, terminals


def piped(program: Path, environment: dict[str, str], data: bytes, *words: str) -> bytes:
    done = subprocess.run([program, *words], input=data, capture_output=True, check=True, env=environment)
    return done.stdout


def test_standard_input_and_output(program: Path, environment: dict[str, str]) -> None:
    def decoded(data: bytes) -> npt.NDArray[Any]:
        return images.decode(data, "the output")[0]

    expected = zoo_upscaled(RGB[:, :, ::-1])
    data = images.encode(RGB[:, :, ::-1], ".png")
    np.testing.assert_array_equal(decoded(piped(program, environment, data, "-")), expected)
    jpeg = piped(program, environment, data, "-", "-o", "-", "--format", "jpg")
    assert jpeg.startswith(b"\xff\xd8")
    assert decoded(jpeg).shape == expected.shape


def zoo_upscaled(image: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    import srfast

    return srfast.Upscaler("fast-x3").run(image)


def test_a_reader_that_goes_away(program: Path, environment: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    photo = save(tmp_path, "photo.png")
    reader, writer = os.pipe()
    os.close(reader)
    words: Sequence[str | Path] = [program, photo]
    done = subprocess.run(words, stdout=writer, stderr=subprocess.PIPE, check=False, env=environment)
    os.close(writer)
    assert (done.returncode, done.stderr) == (2, b"")


def wait_until(condition: Callable[[], bool]) -> None:
    """Within a minute, which is enough on a busy machine, too."""
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


def waits_for(process: subprocess.Popen[Any], number: signal.Signals) -> bool:
    """Whether a process has blocked a signal, which it does to wait for it in a thread of its own."""
    status = Path(f"/proc/{process.pid}/status").read_text()
    blocked = re.search(r"^SigBlk:\s*(\w+)", status, re.MULTILINE)
    assert blocked is not None
    return bool(int(blocked[1], 16) >> (number - 1) & 1)


def test_a_signal_ends_it_while_nobody_reads(
    program: Path, environment: dict[str, str], tmp_path: Path
) -> None:
    names = [f"{index:03}{'x' * 200}.png" for index in range(400)]  # more words than a pipe holds
    process = subprocess.Popen(
        [program, *names, "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=environment,
        cwd=tmp_path,
        preexec_fn=lambda: signal.signal(signal.SIGTERM, signal.SIG_DFL),
    )
    assert process.stdout is not None

    def said() -> int:  # bytes that the pipe holds
        return int.from_bytes(fcntl.ioctl(process.stdout, termios.FIONREAD, bytes(4)), sys.byteorder)

    try:
        wait_until(lambda: said() > 30_000)
        time.sleep(0.2)  # in which the rest of the pipe fills up, too
        assert process.poll() is None
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=20) == -signal.SIGTERM
    finally:
        process.kill()
        process.stdout.close()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_signals_end_it_and_leave_no_temporary_file(
    number: signal.Signals, program: Path, environment: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "photos").mkdir()
    large = Image.fromarray(np.random.default_rng(0).integers(0, 256, (1500, 1500, 3), np.uint8))
    photo = save(tmp_path, "photo.png", large)
    target = tmp_path / "large.png"
    words = [program, photo, "-o", target, "--threads", "1"]
    process = subprocess.Popen(
        words,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
        # Under nohup, or behind a shell's &, it would inherit that the signal is ignored, and rightly do so.
        preexec_fn=lambda: signal.signal(number, signal.SIG_DFL),
    )
    wait_until(lambda: waits_for(process, number))
    time.sleep(0.2)
    assert process.poll() is None  # it is at work
    process.send_signal(number)
    _, err = process.communicate(timeout=60)
    assert process.returncode == -number
    said = "interrupted" if number == signal.SIGINT else f"ended by {number.name}"
    assert err == f"srfast-upscale: {said}\n"
    assert sorted(file.name for file in tmp_path.iterdir()) == ["photos"]


def test_a_full_disk_leaves_the_old_file_and_nothing_else(
    program: Path, environment: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "photos").mkdir()
    photo, target = save(tmp_path, "photo.png"), tmp_path / "photos" / "large.png"
    target.write_bytes(b"old")
    done = subprocess.run(
        [program, photo, "-o", target, "--force"],
        capture_output=True,
        text=True,
        check=False,
        env=environment,
        timeout=60,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000)),
    )
    assert done.returncode == 2
    assert done.stderr == f"srfast-upscale: error: {target} cannot be written: File too large\n"
    assert target.read_bytes() == b"old"
    assert sorted(os.listdir(target.parent)) == ["large.png", "photo.png"]


def test_leftovers_of_killed_processes_are_removed(both: Any, tmp_path: Path) -> None:
    save(tmp_path, "photo.png")
    (tmp_path / "photos" / ".photo_x3.0123abcd.srfast-tmp.png").write_bytes(b"half a file")
    ours, theirs = both("photo.png")
    assert ours.files == theirs.files == ["photo.png", "photo_x3.png"]


def test_a_file_that_is_replaced_passes_its_permissions_on(both: Any, tmp_path: Path) -> None:
    save(tmp_path, "photo.png")
    old = tmp_path / "photos" / "old.png"
    old.touch()
    old.chmod(0o640)
    (tmp_path / "photos" / "link.png").symlink_to("old.png")
    ours, theirs = both("photo.png", "-o", "link.png", "--force")
    assert ours == theirs
    for side in ("program", "python"):
        assert (tmp_path / side / "link.png").is_symlink()
        assert (tmp_path / side / "old.png").stat().st_mode & 0o777 == 0o640
        assert images.read(tmp_path / side / "old.png").shape == (63, 90, 3)


def test_a_link_to_a_file_that_is_not_there_yet(both: Any, tmp_path: Path) -> None:
    save(tmp_path, "photo.png")
    (tmp_path / "photos" / "results").mkdir()
    (tmp_path / "photos" / "link.png").symlink_to("results/large.png")
    for words in (["-o", "link.png"], ["-o", "link.png", "--force"]):
        ours, theirs = both("photo.png", *words)
        assert ours == theirs
        for side in ("program", "python"):
            assert (tmp_path / side / "link.png").is_symlink()
            assert images.read(tmp_path / side / "results" / "large.png").shape == (63, 90, 3)


def shown(words: Sequence[str | Path], environment: dict[str, str], columns: int) -> str:
    """What a command that works in many tiles shows on a terminal."""
    words = [*words, "--memory", "5MB"]
    status, _, seen = on_a_terminal(words, environment=environment, columns=columns, output_too=True)
    assert status == 0
    return seen


def test_a_name_in_the_bar_is_cut_between_characters(
    program: Path, environment: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "photos").mkdir()
    photo = save(tmp_path, "\u00e4\u6f22" * 30 + ".png", COLOR.resize((400, 300)))
    for columns in (10, 40, 100):
        seen = shown([program, photo, "-o", tmp_path / "large.png", "--force"], environment, columns)
        drawn = [line for line in seen.replace("\x1b[K", "").split("\r") if "|" in line]
        assert drawn
        shortest = len("... ||   0% [00:00<00:00]")  # on a terminal as narrow as this, it breaks
        assert max(len(line) for line in drawn) <= max(columns - 1, shortest)


def test_a_bar_is_shown_on_a_terminal(program: Path, environment: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    photo = save(tmp_path, "photo.png", COLOR.resize((400, 300)))
    seen = shown([program, photo], environment, 80)
    parts = [int(each) for each in re.findall(r"photo\.png \|#* *\| +(\d+)% \[", seen)]
    assert parts == sorted(parts)
    assert len(parts) > 1
    assert seen.rpartition("\r\x1b[K")[2].count("\n") <= 1  # it is taken away before the last line


def test_help_and_version(program: Path, environment: dict[str, str]) -> None:
    import srfast

    shown = piped(program, environment, b"", "--help").decode()
    assert shown.startswith("usage: srfast-upscale PHOTO")
    assert max(map(len, shown.splitlines())) <= 120
    assert piped(program, environment, b"", "--version").decode() == f"srfast-upscale {srfast.__version__}\n"


def test_it_needs_nothing_but_the_c_library(program: Path) -> None:
    words = ["readelf", "--dynamic", str(program)]
    shown = subprocess.run(words, capture_output=True, text=True, check=True).stdout
    needed = set(re.findall(r"NEEDED.*\[(.*)\]", shown))
    assert needed <= {"libc.so.6", "libm.so.6", "libpthread.so.0", "libdl.so.2", "ld-linux-x86-64.so.2"}
    assert "$ORIGIN:$ORIGIN/../lib" in shown
