from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest

import onnx_files
from srfast import images
from srfast.bicubic import imresize
from srfast.cli.main import main
from srfast.comparison import View, most_detailed, page, side_by_side, views_of
from srfast.errors import OptionError
from srfast.evaluation import BICUBIC, enlarger, evaluate, judge, mean
from srfast.metrics import psnr, ssim
from srfast.pairs import read_pairs, read_rgb, shrink


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two pictures of blocks, 48x60 and 30x30."""
    generator = np.random.default_rng(0)
    for name, shape in (("large", (8, 10, 3)), ("small", (5, 5, 3))):
        coarse = generator.integers(0, 256, shape, dtype=np.uint8)
        images.write(tmp_path / f"{name}.png", coarse.repeat(6, axis=0).repeat(6, axis=1))
    return tmp_path


def test_scores_are_those_of_the_metrics(folder: Path) -> None:
    pairs = read_pairs(folder, None, 3)
    scores = evaluate(enlarger(BICUBIC, 3), pairs)
    for pair, score in zip(pairs, scores, strict=True):
        result = imresize(pair.low, 3)
        assert score.psnr_y == psnr(pair.high, result, border=3, channels="y")
        assert score.psnr_rgb == psnr(pair.high, result, border=3)
        assert score.ssim_y == ssim(pair.high, result, border=3, channels="y")
        assert score.ssim_rgb == ssim(pair.high, result, border=3)
    assert mean(scores).psnr_y == pytest.approx((scores[0].psnr_y + scores[1].psnr_y) / 2)


def test_another_scale_than_the_models_is_refused() -> None:
    with pytest.raises(OptionError, match="3 times, not 2"):
        enlarger("fast-x3", 2)


def test_an_image_too_small_for_ssim_has_none() -> None:
    image = np.zeros((12, 12, 3), np.uint8)
    score = judge(image, image, 3)
    assert np.isnan(score.ssim_y)
    assert score.psnr_y == float("inf")


def test_the_eval_command_prints_a_table(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["eval", "fast-x3", "--hr", str(folder), "--scale", "3"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == ["fast-x3", "image", "large", "small", "mean"]
    assert lines[0].split() == ["fast-x3", "bicubic"]
    expected = mean(evaluate(enlarger(BICUBIC, 3), read_pairs(folder, None, 3)))
    assert lines[-1].split()[5:] == [
        f"{expected.psnr_y:.3f}",
        f"{expected.ssim_y:.4f}",
        f"{expected.psnr_rgb:.3f}",
        f"{expected.ssim_rgb:.4f}",
    ]


def test_the_eval_command_gives_json(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    flat = np.full((30, 30, 3), 9, np.uint8)
    images.write(folder / "flat.png", flat)
    assert main(["eval", BICUBIC, "--hr", str(folder), "--scale", "2", "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert list(result["models"]) == [BICUBIC]
    assert list(result["models"][BICUBIC]["images"]) == ["flat", "large", "small"]
    assert result["models"][BICUBIC]["images"]["flat"]["psnr_y"] is None  # infinite
    assert result["models"][BICUBIC]["images"]["large"]["psnr_y"] > 10


def test_the_eval_command_says_what_is_wrong(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["eval", BICUBIC, "--hr", str(folder / "none"), "--scale", "2"]) == 2
    assert "not a folder" in capsys.readouterr().err
    assert main(["eval", BICUBIC, "--hr", str(folder), "--scale", "0"]) == 2
    assert "scale" in capsys.readouterr().err
    assert main(["eval", "fast-x3", "--hr", str(folder), "--scale", "4"]) == 2
    assert "3 times, not 4" in capsys.readouterr().err


def test_the_crop_shows_where_the_detail_is() -> None:
    low = np.zeros((60, 80, 3), np.uint8)
    low[30:50, 40:60] = np.random.default_rng(0).integers(0, 256, (20, 20, 3), dtype=np.uint8)
    assert most_detailed(low, 20) == (30, 40, 20, 20)
    assert most_detailed(low[:10, :10], 20) == (0, 0, 10, 10)


def test_the_picture_holds_the_same_crop_of_every_view() -> None:
    low = np.random.default_rng(0).integers(0, 256, (20, 20, 3), dtype=np.uint8)
    views = [View("red", np.full((60, 60, 3), (255, 0, 0), np.uint8)), View("low", imresize(low, 3), 30.0)]
    picture = side_by_side(views, low, 3)
    panel = picture.shape[1] // 2
    assert panel >= 280
    np.testing.assert_array_equal(picture[:280, :280], np.full((280, 280, 3), (255, 0, 0)))
    np.testing.assert_array_equal(picture[2:280:5, panel + 2 : panel + 280 : 5], imresize(low, 3)[:56, :56])


def test_views_are_measured_only_against_a_truth() -> None:
    truth = shrink("noise", np.random.default_rng(0).integers(0, 256, (30, 30, 3), dtype=np.uint8), 3)
    enlargers = {BICUBIC: enlarger(BICUBIC, 3)}
    (alone,) = views_of(truth.low, enlargers)
    assert alone.caption == BICUBIC
    first, second = views_of(truth.low, enlargers, truth)
    assert first.caption == "truth"
    expected = psnr(truth.high, imresize(truth.low, 3), border=3, channels="y")
    assert second.caption == f"bicubic, {expected:.2f} dB"


def test_the_page_needs_no_network_and_no_trust() -> None:
    image = np.zeros((4, 4, 3), np.uint8)
    text = page([View("</script><b>", image)], "<i>title</i>")
    assert "http" not in text.replace("http-equiv", "")
    assert text.count("</script>") == 1
    assert "<i>" not in text
    assert "data:image/png;base64," in text


def test_the_compare_command(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pair = read_pairs(folder, None, 3)[0]
    images.write(tmp_path / "low.png", pair.low[:, :, ::-1])
    command = ["compare", str(tmp_path / "low.png"), "--models", "fast-x3,bicubic"]
    command += ["--hr", str(folder / "large.png"), "-o", str(tmp_path / "compare.png")]
    assert main([*command, "--html", str(tmp_path / "compare.html")]) == 0
    assert [line.split(",")[0] for line in capsys.readouterr().out.splitlines()] == [
        "truth",
        "fast-x3",
        "bicubic",
        f"{tmp_path / 'compare.png'}: the same detail of each",
        f"{tmp_path / 'compare.html'}: open it in a browser",
    ]
    assert read_rgb(tmp_path / "compare.png").shape[1] >= 3 * 280
    assert "low.png, 3 times as large" in (tmp_path / "compare.html").read_text()
    before = (tmp_path / "compare.png").read_bytes()
    capsys.readouterr()
    assert main([*command, "--models", "bicubic", "--scale", "3"]) == 2
    assert "compare.png exists: give another name" in capsys.readouterr().err
    assert (tmp_path / "compare.png").read_bytes() == before
    assert main([*command, "--models", "bicubic", "--scale", "3", "--force"]) == 0
    assert (tmp_path / "compare.png").read_bytes() != before


def test_the_compare_command_says_what_is_wrong(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    image, output = str(folder / "large.png"), str(tmp_path / "compare.png")
    assert main(["compare", image, "--models", "bicubic", "-o", output]) == 2
    assert "give --scale" in capsys.readouterr().err
    assert main(["compare", image, "--models", ",", "-o", output]) == 2
    assert "names no model" in capsys.readouterr().err
    assert main(["compare", image, "--models", "bicubic", "--scale", "2", "--hr", image, "-o", output]) == 2
    assert "low-resolution image has 60x48 pixels" in capsys.readouterr().err
    assert main(["compare", image, "--models", "bicubic", "--scale", "2", "-o", str(tmp_path / "a.txt")]) == 2
    assert ".txt" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (["-o", "no/a.png"], "the folder no does not exist"),
        (["-o", "a.png", "--html", "no/a.html"], "the folder no does not exist"),
        (["-o", "a.png", "--html", "large.png/a.html"], "the folder large.png does not exist"),
        (["-o", "a.png", "--html", "."], "is a folder"),
        (["-o", "a.png", "--html", "/dev/null", "--force"], "is not a regular file"),
        (["-o", "a.png", "--html", "a.png"], "name one file"),
        (["-o", "large.png", "--force"], "large.png is to be read and is not overwritten"),
        (["-o", "a.png", "--html", "link.html", "--force"], "link.html is to be read"),
        (["-o", "a.png", "--html", "net.onnx", "--force"], "net.onnx is to be read"),
    ],
)
def test_what_compare_cannot_write_is_refused_before_work(
    options: list[str],
    reason: str,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(folder)
    Path("link.html").symlink_to("small.png")
    Path("net.onnx").write_bytes(b"not opened")
    before = {file: file.read_bytes() for file in folder.iterdir()}
    command = ["compare", "large.png", "--hr", "small.png", "--models", "net.onnx"]
    assert main([*command, *options]) == 2
    assert reason in capsys.readouterr().err
    assert {file: file.read_bytes() for file in folder.iterdir()} == before


def test_two_models_of_one_name_are_told_apart(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(folder)
    for place, scale in (("plain", 2), ("old", 2)):
        Path(place).mkdir()
        Path(place, "net.onnx").write_bytes(onnx_files.repeat(scale))
    models = "plain/net.onnx,old/net.onnx,bicubic"
    assert main(["compare", "small.png", "--models", models, "-o", "c.png", "--html", "c.html"]) == 0
    assert capsys.readouterr().out.splitlines()[:3] == ["plain/net.onnx", "old/net.onnx", "bicubic"]
    page = Path("c.html").read_text()
    assert page.count("data:image/png;base64,") == 3
    assert all(f'"label": "{model}"' in page for model in models.split(","))
    assert read_rgb(Path("c.png")).shape[1] >= 3 * 280


def test_a_long_name_is_not_cut_off() -> None:
    low = np.zeros((20, 20, 3), np.uint8)
    large = np.zeros((60, 60, 3), np.uint8)
    common = "a/folder/whose/name/is/longer/than/the/panel/"
    views = [View(common + "one", large), View(common + "two", large)]
    first, second = np.split(side_by_side(views, low, 3), 2, axis=1)
    assert (first != second).any()


# --- images of a few pixels


@pytest.mark.parametrize("size", [(1, 1), (1, 40), (40, 1), (3, 2)])
def test_the_smallest_images_can_be_shown(
    size: tuple[int, int], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    images.write(tmp_path / "small.png", np.full((*size, 3), 7, np.uint8))
    command = ["compare", str(tmp_path / "small.png"), "--models", "bicubic", "--scale", "2"]
    assert main([*command, "-o", str(tmp_path / "c.png")]) == 0
    assert capsys.readouterr().err == ""
    assert (read_rgb(tmp_path / "c.png")[:2, :2] == 7).all()


def test_eval_leaves_ssim_open_where_the_window_does_not_fit(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    images.write(folder / "tiny.png", np.random.default_rng(0).integers(0, 256, (6, 7, 3), np.uint8))
    command = ["eval", BICUBIC, "--hr", str(folder), "--scale", "2"]
    assert main(command) == 0
    rows = {line.split()[0]: line.split()[1:] for line in capsys.readouterr().out.splitlines()[2:]}
    assert [value == "nan" for value in rows["tiny"]] == [False, True, False, True]
    assert [value == "nan" for value in rows["mean"]] == [False, True, False, True]
    assert "nan" not in rows["large"]
    assert main([*command, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["models"][BICUBIC]
    assert found["images"]["tiny"]["ssim_y"] is found["mean"]["ssim_y"] is None
    assert found["images"]["tiny"]["psnr_y"] == pytest.approx(float(rows["tiny"][0]), abs=1e-3)


@pytest.mark.parametrize(
    ("size", "reason"),
    [((4, 40), "tiny: nothing is left to measure of 40x4 pixels"), ((1, 40), "tiny.*40x1 pixels, too few")],
)
def test_an_image_without_an_inside_is_named_before_work(
    size: tuple[int, int],
    reason: str,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    images.write(folder / "tiny.png", np.zeros((*size, 3), np.uint8))
    monkeypatch.setattr("srfast.evaluation.evaluate", None)
    assert main(["eval", BICUBIC, "--hr", str(folder), "--scale", "2"]) == 2
    assert re.search(reason, capsys.readouterr().err)
