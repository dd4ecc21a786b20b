"""`srfast.quantize`: the windows of photographs that a network is looked at with, and how they are fed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import srfast
from srfast import images
from srfast.quantization import samples


@pytest.mark.parametrize(
    ("color", "channels", "low", "high"), [("y", 1, 0, 1), ("y-full", 1, 0, 255), ("bgr", 3, -1, 1)]
)
def test_the_network_is_fed_as_srfast_feeds_it(color: str, channels: int, low: float, high: float) -> None:
    """What goes in for a black, a gray and a white image is what the native side would send."""
    conventions = srfast.Conventions(2, color, (low, high))
    for level in (0, 128, 255):
        planes = samples.planes(np.full((20, 24, 3), level, np.uint8), conventions, (None, None))
        assert planes.shape == (1, channels, 20, 24)
        part = (16 + 219 * level / 255) / 255 if color == "y" else level / 255
        np.testing.assert_allclose(planes, low + (high - low) * part, atol=1e-3 * (high - low))
    blue = np.zeros((20, 24, 3), np.uint8)
    blue[..., 2] = 255
    if channels == 3:
        first = samples.planes(blue, conventions, (None, None))[0, :, 0, 0]
        np.testing.assert_allclose(first, [high, low, low])


def test_windows_that_a_network_does_not_take_are_mirrored_or_cut() -> None:
    low = np.random.default_rng(0).integers(0, 256, (20, 24, 3), np.uint8)
    conventions = srfast.Conventions(2, multiple=16, minimum=40)
    planes = samples.planes(low, conventions, (None, None))
    assert planes.shape == (1, 3, 48, 48)
    np.testing.assert_array_equal(planes[..., 20:40, :24], planes[..., 19::-1, :24])
    assert samples.planes(low, srfast.Conventions(2), (10, None)).shape == (1, 3, 10, 24)
    assert samples.planes(low, srfast.Conventions(2), (64, 100)).shape == (1, 3, 64, 100)


def test_windows_are_spread_over_photographs_and_do_not_overlap(tmp_path: Path) -> None:
    ramp = np.arange(900 * 500, dtype=np.uint32).reshape(900, 500)
    colours = np.stack([ramp >> 16, ramp >> 8 & 255, ramp & 255], axis=-1).astype(np.uint8)
    images.write(tmp_path / "a.png", colours)
    found = samples.pairs(tmp_path, 1)
    assert len(found) == 32
    assert {pair.high.shape for pair in found} == {(96, 96, 3)}
    seen = np.concatenate([pair.high[..., ::-1].reshape(-1, 3) for pair in found])
    assert len(np.unique(seen, axis=0)) == len(seen)  # no pixel twice
    for name in "bcdefgh":
        images.write(tmp_path / f"{name}.png", colours)
    assert len(samples.pairs(tmp_path, 1)) == 8 * 4
    assert samples.pairs(tmp_path, 3)[0].low.shape == (96, 96, 3)


def test_the_shipped_photographs_are_those_of_the_card() -> None:
    found = samples.pairs(None, 3)
    assert len(found) == 8
    assert all(pair.low.shape == (64, 64, 3) for pair in found)
    card = ((Path(srfast.__file__).parent / "data" / "calibration") / "README.md").read_text("utf-8")
    for pair in found:
        assert f"`{pair.name.split()[0]}.webp`" in card
