from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from srfast import images
from srfast.bicubic import imresize
from srfast.errors import ImageError, OptionError
from srfast.pairs import image_files, read_pairs, read_rgb


def _noise(height: int, width: int) -> np.ndarray:
    return np.random.default_rng(height * 1000 + width).integers(0, 256, (height, width, 3), dtype=np.uint8)


def test_reads_rgb_whatever_the_file_holds(tmp_path: Path) -> None:
    color = _noise(4, 5)
    images.write(tmp_path / "color.png", color[:, :, ::-1])
    images.write(tmp_path / "gray.png", color[:, :, 0])
    images.write(tmp_path / "deep.png", color[:, :, ::-1].astype(np.uint16) * 257)
    np.testing.assert_array_equal(read_rgb(tmp_path / "color.png"), color)
    np.testing.assert_array_equal(read_rgb(tmp_path / "gray.png"), np.repeat(color[:, :, :1], 3, axis=2))
    np.testing.assert_array_equal(read_rgb(tmp_path / "deep.png"), color)


def test_hidden_files_and_folders_are_no_images(tmp_path: Path) -> None:
    (tmp_path / "._a.png").write_bytes(b"what macOS leaves on other systems' disks")
    (tmp_path / "folder.png").mkdir()
    images.write(tmp_path / "a.png", _noise(9, 8))
    assert image_files(tmp_path) == [tmp_path / "a.png"]


def test_sixteen_bits_are_rounded_to_eight(tmp_path: Path) -> None:
    deep = np.random.default_rng(0).integers(0, 65536, (30, 40), np.uint16)
    images.write(tmp_path / "deep.png", deep)
    np.testing.assert_array_equal(read_rgb(tmp_path / "deep.png")[:, :, 0], np.rint(deep / 257))


def test_without_twins_they_are_made(tmp_path: Path) -> None:
    images.write(tmp_path / "a.png", _noise(13, 17))
    (pair,) = read_pairs(tmp_path, None, 3)
    assert (pair.name, pair.scale, pair.high.shape, pair.low.shape) == ("a", 3, (12, 15, 3), (4, 5, 3))
    np.testing.assert_array_equal(pair.low, imresize(pair.high, 1 / 3))


@pytest.mark.parametrize(("high", "low"), [("a_HR", "a_LR"), ("a", "ax2"), ("a", "a_x2"), ("a", "a_LR")])
def test_twins_are_found_in_the_same_folder_or_another(tmp_path: Path, high: str, low: str) -> None:
    twins = tmp_path / "twins"
    twins.mkdir()
    images.write(tmp_path / f"{high}.png", _noise(9, 8))
    images.write(twins / f"{low}.png", _noise(4, 4))
    (pair,) = read_pairs(tmp_path, twins, 2)
    assert (pair.name, pair.high.shape) == ("a", (8, 8, 3))
    np.testing.assert_array_equal(pair.low, read_rgb(twins / f"{low}.png"))
    if low == "a_LR":
        images.write(tmp_path / "a_LR.png", _noise(4, 4))
        assert [pair.name for pair in read_pairs(tmp_path, tmp_path, 2)] == ["a"]


def test_says_what_is_missing_or_does_not_fit(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="not a folder"):
        image_files(tmp_path / "none")
    with pytest.raises(OptionError, match="holds no image"):
        image_files(tmp_path)
    images.write(tmp_path / "a_HR.png", _noise(9, 9))
    images.write(tmp_path / "b_LR.png", _noise(3, 3))
    with pytest.raises(OptionError, match="no twin of a"):
        read_pairs(tmp_path, tmp_path, 3)
    images.write(tmp_path / "a_LR.png", _noise(4, 3))
    with pytest.raises(ImageError, match=r"3x4 pixels.*3x3"):
        read_pairs(tmp_path, tmp_path, 3)
    with pytest.raises(ImageError, match="too few for scale 10"):
        read_pairs(tmp_path, None, 10)
    with pytest.raises(OptionError, match="scale"):
        read_pairs(tmp_path, None, 0)


def test_names_that_differ_by_their_size_or_suffix_alone(tmp_path: Path) -> None:
    names = ["shot_1920x1080.png", "shot_1920x720.png", "a.png", "a.bmp", "b_HR.png"]
    for name in names:
        images.write(tmp_path / name, _noise(8, 8))
    found = read_pairs(tmp_path, None, 2)
    assert sorted(pair.name for pair in found) == ["a.bmp", "a.png", "b", "shot_1920x1080", "shot_1920x720"]


def test_true_images_and_twins_in_one_folder(tmp_path: Path) -> None:
    images.write(tmp_path / "baby.png", _noise(8, 8))
    images.write(tmp_path / "babyx2.png", _noise(4, 4))
    (pair,) = read_pairs(tmp_path, tmp_path, 2)
    assert (pair.name, pair.high.shape, pair.low.shape) == ("baby", (8, 8, 3), (4, 4, 3))
    images.write(tmp_path / "baby_x2.png", _noise(4, 4))
    with pytest.raises(OptionError, match=r"babyx2\.png"):
        read_pairs(tmp_path, tmp_path, 2)
