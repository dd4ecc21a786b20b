"""`srfast.upscale`, and the networks that it chooses."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

import onnx_files
import srfast
from srfast import images, zoo
from srfast.enlarging import enlarge
from srfast.errors import OptionError
from srfast.model_choice import ModelChoice
from srfast.model_file import Model
from srfast.target_size import TargetSize
from srfast.upscaler import Upscaler

Array = npt.NDArray[Any]


def repeated(image: Array, times: int) -> Array:
    return image.repeat(times, axis=0).repeat(times, axis=1)


@pytest.fixture(scope="module")
def image() -> Array:
    return np.random.default_rng(0).integers(0, 256, (9, 12, 3), np.uint8)


def choice(*scales: int) -> ModelChoice:
    return ModelChoice([onnx_files.repeat(scale) for scale in scales])


@pytest.mark.parametrize(
    ("scales", "factor", "expected"),
    [
        ((3,), 3, (3,)),
        ((3,), 2, (3,)),
        ((3,), 1, ()),
        ((3,), 0.5, ()),
        ((3,), 3.001, (3, 3)),
        ((3,), 9, (3, 3)),
        ((3,), 27, (3, 3, 3)),
        ((2, 3, 4), 2.5, (3,)),
        ((4, 3, 2), 1.1, (2,)),
        ((2, 3, 4), 5, (2, 3)),
        ((2, 3, 4), 7, (2, 4)),
        ((2, 3, 4), 16, (4, 4)),
        ((2, 4), 64, (4, 4, 4)),
        ((1, 2), 1, (1,)),
        ((1, 2), 2, (2,)),
    ],
)
def test_the_fewest_networks_that_go_least_beyond(
    scales: tuple[int, ...], factor: float, expected: tuple[int, ...]
) -> None:
    assert choice(*scales).scales(factor) == expected


def test_a_network_that_does_not_enlarge_cannot_enlarge() -> None:
    with pytest.raises(OptionError, match="does not enlarge"):
        choice(1).scales(2)


def test_two_networks_of_one_scale_are_no_choice() -> None:
    with pytest.raises(OptionError, match="both enlarge 2 times"):
        choice(2, 2)


def test_the_names_of_shipped_models_say_their_scale() -> None:
    for name in zoo.models():
        assert zoo.scale(name) == srfast.Upscaler(name).scale
        assert name in zoo.family(name)


def test_several_passes_and_the_way_down(image: Array) -> None:
    report: list[float] = []
    done = enlarge(image, choice(2), TargetSize(scale=3.5), report.append)
    assert (done.scales, done.shrunk) == ((2, 2), True)
    assert done.image.shape == (32, 42, 3)
    assert report == sorted(report)
    assert report[-1] == 1


def test_a_factor_that_networks_reach_is_their_result_unchanged(image: Array) -> None:
    done = enlarge(image, choice(2), TargetSize(scale=4))
    assert (done.scales, done.shrunk) == ((2, 2), False)
    np.testing.assert_array_equal(done.image, repeated(image, 4))


def test_upscale_is_one_line(image: Array, tmp_path: Path) -> None:
    model = onnx_files.repeat(2)
    np.testing.assert_array_equal(srfast.upscale(image, model=model), repeated(image, 2))
    images.write(tmp_path / "photo.png", image)
    (tmp_path / "net.onnx").write_bytes(model)
    from_file = srfast.upscale(tmp_path / "photo.png", model=tmp_path / "net.onnx")
    np.testing.assert_array_equal(from_file, repeated(image, 2))
    assert srfast.upscale(str(tmp_path / "photo.png"), 1.5, model=[model]).shape == (14, 18, 3)


def test_upscale_keeps_the_order_of_channels(image: Array) -> None:
    bgr = srfast.upscale(image, 2)
    rgb = srfast.upscale(image[:, :, ::-1], 2, color="rgb")
    np.testing.assert_array_equal(bgr, rgb[:, :, ::-1])
    assert bgr.shape == (18, 24, 3)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_upscale_keeps_type_and_dimensions(dtype: type[np.generic], image: Array) -> None:
    for gray in (image[:, :, 0].astype(dtype), image[:, :, :1].astype(dtype)):
        large = srfast.upscale(gray, 2)
        assert (large.dtype, large.ndim) == (gray.dtype, gray.ndim)


def test_upscale_refuses_what_makes_no_sense(image: Array) -> None:
    for bad in (0, -1, float("nan"), 1000):
        with pytest.raises(OptionError):
            srfast.upscale(image, bad)
    with pytest.raises(OptionError, match="no model"):
        srfast.upscale(image, model=[])
    with pytest.raises(srfast.ImageError, match="missing"):
        srfast.upscale("missing.png")


@pytest.mark.parametrize(
    ("image", "scale", "color", "message"),
    [
        (np.zeros((9, 9, 3)), 0.5, "bgr", "float64"),
        (np.zeros((9, 9, 3), np.int32), 2, "bgr", "int32"),
        (np.zeros(5, np.uint8), 2, "bgr", "shape"),
        (np.zeros((0, 5, 3), np.uint8), 2, "bgr", "not empty"),
        (np.zeros((9, 9, 5), np.uint8), 0.5, "bgr", "5 channels"),
        (np.zeros((9, 9, 3), np.uint8), "two", "bgr", "target_scale must be a number"),
        (np.zeros((9, 9, 3), np.uint8), 0.5, "xyz", "color must be"),
    ],
)
def test_arguments_that_make_no_sense(image: np.ndarray, scale: Any, color: str, message: str) -> None:
    with pytest.raises((srfast.ImageError, srfast.OptionError), match=message):
        srfast.upscale(image, scale, color=color)


def test_the_result_is_an_array_of_its_own() -> None:
    image = np.full((4, 5, 3), 7, np.uint8)
    same = srfast.upscale(image, 1)
    np.testing.assert_array_equal(same, image)
    assert not np.shares_memory(same, image)


def test_to_cancel_is_not_to_wait_for_a_model_that_is_being_opened() -> None:
    opening, go_on = threading.Event(), threading.Event()

    def open_slowly(model: Model) -> Upscaler:
        opening.set()
        go_on.wait(60)
        return Upscaler(model)

    choice = ModelChoice(None, open_slowly)
    opener = threading.Thread(target=choice.upscaler, args=(2,))
    canceller = threading.Thread(target=choice.cancel)
    opener.start()
    opening.wait()
    canceller.start()
    canceller.join(10)
    waited = canceller.is_alive()
    go_on.set()
    opener.join()
    canceller.join()
    assert not waited
