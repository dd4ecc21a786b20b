"""Networks whose ends srfast does, as their metadata says, beside the same networks that do them inside."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
import pytest
from numpy.typing import NDArray

import srfast
from ends_files import blocked, network
from onnx_files import tags

Array = NDArray[Any]
WHITE = {np.uint8: 255, np.uint16: 65535, np.float32: 1}


def picture(height: int, width: int, channels: int, dtype: type) -> Array:
    values = np.random.default_rng(height * 97 + width).random((height, width, channels)) * WHITE[dtype]
    return (values[..., 0] if channels == 1 else values).astype(dtype)


def assert_same(mine: Array, plain: Array, dtype: type) -> None:
    """A float may differ in its last bits, and so an integer, where it was halfway between two."""
    assert mine.dtype == plain.dtype == dtype
    if dtype == np.float32:
        np.testing.assert_allclose(mine, plain, rtol=0, atol=2e-6)
    else:
        off = np.abs(mine.astype(np.int64) - plain)
        assert off.max(initial=0) <= 1
        assert np.count_nonzero(off) <= (0.02 if dtype == np.uint16 else 0.001) * off.size
        assert len(np.unique(plain)) > 20 or plain.size < 100


SIZES = [(1, 1), (1, 6), (13, 9), (40, 57)]


@pytest.mark.parametrize("tiled", [False, True])
@pytest.mark.parametrize("planes", [3, 1])
@pytest.mark.parametrize("scale", [2, 3, 4])
def test_a_shuffle_gives_the_same_pixels(scale: int, planes: int, tiled: bool) -> None:
    limit: dict[str, Any] = {"memory_limit": 120_000 * scale} if tiled else {}
    for color in ("rgb", "bgr"):
        mine = srfast.Upscaler(network(scale, planes, inside=False), color=color, **limit)
        plain = srfast.Upscaler(network(scale, planes, inside=True), optimize=False, color=color, **limit)
        assert mine.scale == plain.scale == scale
        for height, width in SIZES:
            for channels in (1, 3):
                for dtype in WHITE:
                    image = picture(height, width, channels, dtype)
                    expected = plain.run(image)
                    assert expected.shape[:2] == (height * scale, width * scale)
                    np.testing.assert_array_equal(mine.run(image), expected)


def test_a_shuffle_in_a_file_of_one_size() -> None:
    mine = srfast.Upscaler(network(3, inside=False, size=(16, 20)))
    plain = srfast.Upscaler(network(3, inside=True, size=(16, 20)), optimize=False)
    for size in [(16, 20), (5, 7), (50, 43)]:
        image = picture(*size, 3, np.uint8)
        np.testing.assert_array_equal(mine.run(image), plain.run(image))


@pytest.mark.parametrize("inside", [False, True])
def test_the_scale_is_found_where_nobody_states_it(inside: bool) -> None:
    model = onnx.load_from_string(network(4, inside=inside))
    kept = [pair for pair in model.metadata_props if pair.key not in tags(4)]
    del model.metadata_props[:]
    model.metadata_props.extend(kept)
    with pytest.warns(UserWarning, match="model_color"):
        assert srfast.Upscaler(model.SerializeToString()).scale == 4


@pytest.mark.parametrize("limit", [None, 60_000])
@pytest.mark.parametrize("block", [2, 3, 4])
def test_a_blocked_convolution_reaches_beyond_odd_sizes(block: int, limit: int | None) -> None:
    mine = srfast.Upscaler(blocked(block, inside=False), memory_limit=limit)
    plain = srfast.Upscaler(blocked(block, inside=True), optimize=False)
    assert mine.scale == 1
    for height, width in [*SIZES, (2, 3), (4, 4), (61, 47)]:
        for dtype in WHITE:
            image = picture(height, width, 3, dtype)
            assert_same(mine.run(image), plain.run(image), dtype)


@pytest.mark.parametrize("tiled", [False, True])
@pytest.mark.parametrize("planes", [3, 1])
@pytest.mark.parametrize(
    ("mode", "scale", "normalized"),
    [("nearest", 2, True), ("linear", 2, False), ("cubic", 4, True), ("cubic", 1, False)],
)
def test_residuals_and_gains_give_the_same_pixels(
    mode: str, scale: int, planes: int, normalized: bool, tiled: bool
) -> None:
    limit: dict[str, Any] = {"memory_limit": 120_000 * scale} if tiled else {}
    ends: dict[str, Any] = {"residual": mode, "normalized": normalized}
    mine = srfast.Upscaler(network(scale, planes, inside=False, **ends), **limit)
    plain = srfast.Upscaler(network(scale, planes, inside=True, **ends), optimize=False)
    for height, width in SIZES:
        for channels in (1, 3):
            for dtype in WHITE:
                image = picture(height, width, channels, dtype)
                assert_same(mine.run(image), plain.run(image), dtype)


def test_a_residual_of_the_enlarged_input() -> None:
    """The residual is that of the network's own input, which is enlarged already."""
    enlarged = {"srfast.enlarge": "cubic 3", "srfast.scale": "3"}
    mine = srfast.Upscaler(network(1, inside=False, residual="nearest", metadata=enlarged))
    plain = srfast.Upscaler(network(1, inside=True, residual="nearest", metadata=enlarged), optimize=False)
    assert mine.scale == 3
    for dtype in WHITE:
        image = picture(11, 14, 3, dtype)
        assert_same(mine.run(image), plain.run(image), dtype)


def test_a_halo_that_is_too_small_is_found_behind_a_shuffle() -> None:
    content = network(2, inside=False, normalized=True, metadata={"srfast.halo": "3 3 2 3"})
    with pytest.raises(srfast.ModelError, match=r"srfast\.halo"):
        srfast.Upscaler(content, memory_limit=200_000).run(picture(64, 64, 3, np.uint8))


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("srfast.shuffle", "0"),
        ("srfast.input_gain", "1 1"),
        ("srfast.output_bias", "0 0 x"),
        ("srfast.residual", "cubic"),
    ],
)
def test_metadata_that_makes_no_sense_is_named(key: str, value: str) -> None:
    with pytest.raises(srfast.ModelError, match=f'{key} = "{value}"'):
        srfast.Upscaler(network(2, inside=True, metadata={key: value}), optimize=False)


def test_a_residual_of_another_size_is_refused() -> None:
    with pytest.raises(srfast.ModelError, match=r"srfast\.residual that is enlarged 3 times"):
        srfast.Upscaler(network(2, inside=False, metadata={"srfast.residual": "cubic 3"}))
