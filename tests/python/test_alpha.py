"""Transparency: enlarged beside the network, exact where it must be, and hidden colours stay hidden."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")

import numpy as np
import numpy.typing as npt
from hypothesis import given, settings
from hypothesis import strategies as st

import alpha_numpy
import onnx_files
import srfast
from networks import exported

Array = npt.NDArray[Any]

DTYPES = [np.uint8, np.uint16, np.float32]
REACH_WITHOUT_HALO = 4


def white(dtype: Any) -> Any:
    return dtype(1) if dtype is np.float32 else np.iinfo(dtype).max


def picture(height: int, width: int, channels: int, dtype: Any, seed: int = 0) -> Array:
    """Random colours under alpha that is 0 in large parts, opaque in others, and between at their edges."""
    random = np.random.default_rng(seed)
    image = random.random((height, width, channels), dtype=np.float32)
    y, x = np.mgrid[0:height, 0:width]
    distance = np.hypot(y - 0.4 * height, x - 0.4 * width) - 0.3 * min(height, width)
    alpha = np.clip(0.5 - distance / 2, 0, 1)
    alpha[(random.random((height, width)) < 0.02)] = 0  # holes
    alpha[-1, -1] = 0.3
    image[:, :, -1] = alpha
    return image if dtype is np.float32 else np.rint(image * np.iinfo(dtype).max).astype(dtype)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("channels", [2, 4])
@pytest.mark.parametrize("scale", [1, 2, 3, 4])
def test_as_numpy_says_it(dtype: Any, channels: int, scale: int) -> None:
    image = picture(23, 31, channels, dtype)
    upscaler = srfast.Upscaler(onnx_files.repeat(scale) if scale > 1 else onnx_files.affine(1, 0))
    result = upscaler.run(image)
    assert (result.dtype, result.shape) == (image.dtype, (23 * scale, 31 * scale, channels))
    colors = alpha_numpy.without_hidden_colors(image, REACH_WITHOUT_HALO)
    np.testing.assert_array_equal(result[:, :, -1], alpha_numpy.enlarge(image[:, :, -1], scale))
    expected = colors.repeat(scale, axis=0).repeat(scale, axis=1)
    # A gray plane that goes through a colour network comes back as the sum of three shares of itself.
    np.testing.assert_allclose(result[:, :, :-1], expected, rtol=0, atol=0 if channels == 4 else 1e-6)


@settings(max_examples=50, deadline=None)
@given(data=st.data())
def test_any_layout_and_any_size(data: st.DataObject) -> None:
    dtype = data.draw(st.sampled_from(DTYPES))
    channels = data.draw(st.sampled_from([2, 4]))
    height, width = data.draw(st.integers(1, 20)), data.draw(st.integers(1, 20))
    random = np.random.default_rng(data.draw(st.integers(0, 1000)))
    base = picture(2 * height, 2 * width, channels, dtype)
    base[:, :, -1] *= random.random(base.shape[:2]) < data.draw(st.sampled_from([0.05, 0.5, 1]))
    if data.draw(st.booleans()):
        base = np.asfortranarray(base)
    view = base[:: data.draw(st.sampled_from([1, -2])), :: data.draw(st.sampled_from([2, -1]))]
    view = view[:height, :width]
    if data.draw(st.booleans()):
        view = view.swapaxes(0, 1)
    result = srfast.Upscaler(onnx_files.affine(1, 0), threads=1).run(view)
    colors = alpha_numpy.without_hidden_colors(view, REACH_WITHOUT_HALO)
    np.testing.assert_allclose(result[:, :, :-1], colors, rtol=0, atol=1e-6 if channels == 2 else 0)
    np.testing.assert_array_equal(result[:, :, -1], view[:, :, -1])


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("channels", [2, 4])
def test_opaque_is_as_without_alpha(dtype: Any, channels: int) -> None:
    upscaler = srfast.Upscaler("fast-x3")
    image = picture(20, 30, channels, dtype)
    image[:, :, -1] = white(dtype)
    result = upscaler.run(image)
    np.testing.assert_array_equal(result[:, :, -1], np.full((60, 90), white(dtype)))
    np.testing.assert_array_equal(result[:, :, :-1], upscaler.run(image[:, :, :-1]))


@pytest.mark.parametrize("dtype", DTYPES)
def test_flat_alpha_stays_what_it_is(dtype: Any) -> None:
    image = picture(20, 30, 4, dtype)
    for level in (0.0, 0.3, 1e-6):
        image[:, :, 3] = level if dtype is np.float32 else round(level * np.iinfo(dtype).max)
        result = srfast.upscale(image, 3)
        np.testing.assert_array_equal(result[:, :, 3], np.full((60, 90), image[0, 0, 3]))


def test_alpha_does_not_ring() -> None:
    image = np.zeros((9, 9, 4), np.float32)
    image[3:6, 3:6, 3] = 0.5
    alpha = srfast.upscale(image, 4)[:, :, 3]
    assert alpha.max() == 0.5
    assert (alpha[:10] == 0).all()  # beyond the middle of the first transparent pixel
    assert (alpha[14:22, 14:22] == 0.5).all()


@pytest.fixture(
    scope="module",
    params=[("srcnn", "rgb"), ("espcn", "rgb"), ("espcn", "y")],
    ids=lambda param: "-".join(param),
)
def network(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    name, color = request.param
    return exported(name, 3, tmp_path_factory.mktemp("networks") / "net.onnx", color=color)


@pytest.mark.parametrize("dtype", DTYPES)
def test_hidden_colours_do_not_matter(network: Path, dtype: Any) -> None:
    upscaler = srfast.Upscaler(network)
    image = picture(40, 50, 4, dtype)
    other = image.copy()
    hidden = image[:, :, 3] == 0
    assert 0.2 < hidden.mean() < 0.9
    other[hidden, :3] = white(dtype) - other[hidden, :3]
    np.testing.assert_array_equal(upscaler.run(image), upscaler.run(other))


def test_one_colour_gives_one_colour(network: Path) -> None:
    """No dark or light fringe: what is seen of a shape of one colour is what a flat image becomes."""
    upscaler = srfast.Upscaler(network)
    flat = np.full((60, 70, 4), (40, 90, 200, 255), np.uint8)
    shape = picture(60, 70, 4, np.uint8)
    seen = shape[:, :, 3] > 0
    shape[seen, :3] = flat[seen, :3]
    result = upscaler.run(shape)
    shown = result[:, :, 3] > 0
    assert shown.sum() > 9 * seen.sum() > 5000
    np.testing.assert_array_equal(result[shown, :3], upscaler.run(flat)[shown, :3])


@pytest.mark.parametrize("channels", [2, 4])
def test_tiles_give_what_the_whole_gives(network: Path, channels: int) -> None:
    image = picture(90, 120, channels, np.uint8)
    totals: list[int] = []
    expected = srfast.Upscaler(network, threads=1).run(image)
    for memory in ("1MB", "2MB", "3MB"):
        upscaler = srfast.Upscaler(network, threads=1, memory_limit=memory)
        result = upscaler.run(image, progress=lambda done, total: totals.append(total))
        np.testing.assert_array_equal(result[:, :, -1], expected[:, :, -1])
        difference = np.abs(result[:, :, :-1].astype(int) - expected[:, :, :-1])
        assert difference.max() <= 1  # ONNX Runtime's sums at the edges of tiles, as for images without alpha
        assert (difference > 0).mean() < 1e-3
    assert len(set(totals)) > 1


def test_a_network_that_is_run_whole(tmp_path: Path) -> None:
    import onnx

    nodes = [
        onnx.helper.make_node("GlobalAveragePool", ["input"], ["mean"]),
        onnx.helper.make_node("Add", ["input", "mean"], ["output"]),
    ]
    image = picture(30, 40, 4, np.float32)
    result = srfast.Upscaler(onnx_files.serialized(nodes, metadata=onnx_files.tags(1))).run(image)
    colors = alpha_numpy.without_hidden_colors(image, 70)  # so many rings that nothing is left
    np.testing.assert_allclose(
        result[:, :, :3], np.clip(colors + colors.mean(axis=(0, 1)), 0, 1), rtol=0, atol=1e-5
    )


def test_odd_floats() -> None:
    image = np.full((6, 6, 4), 0.5, np.float32)
    image[0, 0, 3] = np.nan
    image[5, 5, 3] = -1
    image[5, 0, 3] = 7
    image[0, 0, :3] = image[5, 5, :3] = 0.9
    result = srfast.Upscaler(onnx_files.affine(1, 0)).run(image)
    np.testing.assert_array_equal(result[:, :, :3], np.full((6, 6, 3), np.float32(0.5)))
    assert (result[0, 0, 3], result[5, 5, 3], result[5, 0, 3]) == (0, 0, 1)


def test_channel_order_leaves_alpha_last() -> None:
    image = picture(8, 9, 4, np.uint8)
    bgr = srfast.upscale(image, 2)
    rgb = srfast.upscale(image[:, :, [2, 1, 0, 3]], 2, color="rgb")
    np.testing.assert_array_equal(bgr, rgb[:, :, [2, 1, 0, 3]])


def test_five_channels_are_refused() -> None:
    with pytest.raises(srfast.ImageError, match=r"5 channels; srfast takes 1 \(gray\), 2 \(gray, alpha\)"):
        srfast.upscale(np.zeros((4, 4, 5), np.uint8), 2)
