"""Every kind of image file through the command: what is kept, and that the documentation says so."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import file_kinds
import onnx_files
from command import COMMAND
from file_kinds import KINDS, Kind, Result
from srfast import images
from srfast.cli import main
from srfast.images import bmp

PAGE = Path(__file__).parents[2] / "docs" / "images.md"


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Result]:
    return file_kinds.enlarged(KINDS, tmp_path_factory.mktemp("kinds"))


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_what_is_kept(kind: Kind, results: dict[str, Result]) -> None:
    result = results[kind.name]
    assert result.channels == kind.result_channels
    assert result.depth == max(kind.depth, 8)
    assert result.as_expected(kind)
    assert result.orientation in (None, 1)
    beside = {"orientation", "CMYK"}  # used up
    assert result.beside >= {word for word in kind.beside if word.split()[0] not in beside}
    if kind.says:
        assert kind.says in result.said
    else:
        assert result.said == ""


def test_the_documentation_has_this_table(results: dict[str, Result]) -> None:
    """Else put what `python tests/python/file_kinds.py` prints into the page."""
    if not bmp.keeps_alpha():
        pytest.skip("this OpenCV has no transparency in BMP files, as the page says")
    assert file_kinds.table(results) in PAGE.read_text("utf-8")


def test_strip_leaves_everything_but_the_picture_out(tmp_path: Path) -> None:
    kinds = [kind for kind in KINDS if "orientation 6" in kind.beside]
    assert {kind.format for kind in kinds} == {"PNG", "JPEG", "WebP", "TIFF", "AVIF"}
    stripped = file_kinds.enlarged(kinds, tmp_path, "--strip")
    for kind in kinds:
        result = stripped[kind.name]
        assert result.as_expected(kind), kind.name  # it was turned all the same
        assert (result.beside, result.orientation or 1) == (set(), 1), kind.name


@pytest.mark.parametrize("name", ["a name \u5c71 with \u00e9.png", "\u5c71" * 75 + ".png", "deep"])
def test_names(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    folder = tmp_path
    if name == "deep":  # 3800 bytes of path: near the limit of Linux, 4095
        folder, name = tmp_path.joinpath(*["\u5c71" * 60] * 20), "photo.png"
    folder.mkdir(parents=True, exist_ok=True)
    picture = file_kinds.picture(8, "RGB, alpha")
    Image.fromarray(picture).save(folder / name)
    Path("net.onnx").write_bytes(onnx_files.repeat(2))
    assert (
        main(["upscale", str(folder / name), "-o", str(folder / "x.png"), "-m", "net.onnx", "--quiet"]) == 0
    )
    with Image.open(folder / "x.png") as large:
        assert large.size == (120, 80)


@pytest.mark.parametrize(
    "kind", [kind for kind in KINDS if not kind.beside and kind.depth > 1], ids=lambda kind: kind.name
)
def test_what_is_cut_short_or_garbled_is_refused_or_said(
    kind: Kind, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / f"photo{kind.suffix}"
    kind.write(path, kind)
    data = path.read_bytes()
    random = np.random.default_rng(len(data))
    (tmp_path / "net.onnx").write_bytes(onnx_files.repeat(2))
    bad = [b"", data[:1], data[: len(data) // 3], data[: len(data) * 9 // 10]]
    for _ in range(4):
        garbled = np.frombuffer(data, np.uint8).copy()
        garbled[random.integers(12, len(data), 20)] = random.integers(0, 256, 20)
        bad.append(garbled.tobytes())
    files = [tmp_path / f"{number}{kind.suffix}" for number in range(len(bad))]
    for file, content in zip(files, bad, strict=True):
        file.write_bytes(content)
    words = ["upscale", *map(str, files), "-o", f"{tmp_path}/large/", "-m", f"{tmp_path}/net.onnx", "--quiet"]
    assert main(words) in (0, 1, 2)
    said = capsys.readouterr().err
    several = "animated" in kind.channels or "pages" in kind.channels  # the first may be whole in a third
    for file in files[: 2 if several else 3]:
        assert not (tmp_path / "large" / f"{file.stem}_x2.png").exists(), file
        assert str(file) in said
    for line in said.splitlines():
        assert line.startswith("srfast: "), line
    for large in (tmp_path / "large").glob("*"):
        images.read(large)


@pytest.mark.parametrize(
    ("format", "channels"),
    [
        *((format, 4) for format in ("png", "tif", "webp", "avif")),
        ("bmp", 4 if bmp.keeps_alpha() else 3),
        ("jpg", 3),
    ],
)
def test_through_pipes(format: str, channels: int, tmp_path: Path) -> None:
    picture = file_kinds.picture(8, "RGB, alpha")[:, :, :channels]
    Image.fromarray(picture).save(tmp_path / "photo.png")
    (tmp_path / "net.onnx").write_bytes(onnx_files.repeat(2))
    words = ["upscale", "-", "-o", "-", "--format", format, "-m", "net.onnx", "--quiet"]
    data = (tmp_path / "photo.png").read_bytes()
    done = subprocess.run([*COMMAND, *words], input=data, capture_output=True, check=False, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, b"")
    (tmp_path / "out").write_bytes(done.stdout)
    with Image.open(tmp_path / "out") as large:
        assert (large.size, large.mode) == ((120, 80), "RGBA" if channels == 4 else "RGB")


# --- 16 bits


def sixteen_bits(path: Path) -> np.ndarray:
    import cv2

    image = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    assert image is not None
    return image


@pytest.mark.parametrize("suffix", [".png", ".tif"])
@pytest.mark.parametrize("shape", [(), (3,)])
def test_a_gradient_of_sixteen_bits_stays_one(suffix: str, shape: Sequence[int], tmp_path: Path) -> None:
    """A dark gradient of 600 levels, 2.3 of those of 8 bits, through a network that was trained."""
    import cv2

    levels = np.arange(20000, 20600, dtype=np.uint16)
    image = np.broadcast_to(levels.reshape(1, 600, *(1 for _ in shape)), (16, 600, *shape))
    cv2.imwrite(str(tmp_path / f"a{suffix}"), image)
    words = ["upscale", f"{tmp_path}/a{suffix}", "-o", f"{tmp_path}/b{suffix}", "-m", "fast-x3", "--quiet"]
    assert main(words) == 0
    result = sixteen_bits(tmp_path / f"b{suffix}")
    assert (result.dtype, result.shape) == (np.uint16, (48, 1800, *shape))
    inside = result.reshape(48, 1800, -1)[12:-12, 60:-60, :].astype(float)
    expected = 20000 + (np.arange(60, 1740) + 0.5) / 3 - 0.5
    rows = inside.mean(axis=0)
    # The network may shift a tone by a little; what it may not do is to step where 8 bits would.
    slope = np.polyfit(np.arange(60, 1740), rows, 1)[0]
    np.testing.assert_allclose(slope, 1 / 3, rtol=0.05)
    wobble = rows - rows.mean(axis=0) - (expected - expected.mean())[:, np.newaxis]
    assert np.abs(wobble).max() < 257 / 8, np.abs(wobble).max()
    assert len(np.unique(result)) > 500


def test_sixteen_bits_are_more_than_eight(tmp_path: Path) -> None:
    """The low byte reaches the network: pictures that differ in it alone do so afterwards."""
    import srfast

    upscaler = srfast.Upscaler("fast-x3")
    image = file_kinds.picture(16, "RGB")
    coarse = (image >> 8) << 8
    fine, rough = (upscaler.run(each).astype(int) for each in (image, coarse))
    difference = (fine - rough).mean() - (image.astype(int) - coarse).mean()
    assert abs(difference) < 10
    assert len(np.unique(fine & 255)) == 256


def test_imagemagick_agrees(results: dict[str, Result], tmp_path: Path) -> None:
    """A third reader, where it is there, for what Pillow shows with 8 bits only."""
    program = shutil.which("convert")
    if program is None:
        pytest.skip("needs ImageMagick")
    kinds = [kind for kind in KINDS if kind.depth == 16 and kind.channels.startswith("RGB")]
    for kind in kinds:
        shown = kind.write(tmp_path / f"photo{kind.suffix}", kind)
        (tmp_path / "net.onnx").write_bytes(onnx_files.repeat(2))
        words = ["upscale", f"{tmp_path}/photo{kind.suffix}", "-o", f"{tmp_path}/large{kind.suffix}"]
        assert main([*words, "-m", f"{tmp_path}/net.onnx", "--quiet", "--force"]) == 0
        alpha = kind.channels.endswith("alpha")
        order = "rgba:-" if alpha else "rgb:-"
        words = [program, f"{tmp_path}/large{kind.suffix}", "-depth", "16", "-endian", "LSB", order]
        raw = subprocess.run(
            words, capture_output=True, check=True, env=os.environ | {"OMP_NUM_THREADS": "1"}
        ).stdout
        image = np.frombuffer(raw, np.uint16).reshape(80, 120, 4 if alpha else 3)
        assert Result(shown, image, 16, kind.channels, frozenset(), 1, "", "ImageMagick").as_expected(kind)
