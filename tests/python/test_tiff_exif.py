"""EXIF data of TIFF files: taken out of their directories, and put in."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from srfast import images
from srfast.images import tiff_exif

EXIF, GPS, INTEROPERABILITY = 0x8769, 0x8825, 0xA005
MAKE, DATE, EXPOSURE, SENSITIVITY, MAKER_NOTE, LATITUDE = 0x010F, 0x0132, 0x829A, 0x8827, 0x927C, 2
PIXELS = np.random.default_rng(0).integers(0, 256, (20, 30, 3), np.uint8)


def exif(order: str = "<") -> bytes:
    """A TIFF structure as cameras make it, with directories in it."""
    made = Image.Exif()
    made.endian = order
    made[MAKE], made[DATE] = "a camera", "2026:01:02 03:04:05"
    made.get_ifd(EXIF).update({EXPOSURE: 0.01, SENSITIVITY: 200, MAKER_NOTE: b"at 1234 lies"})
    made.get_ifd(EXIF)[INTEROPERABILITY] = {1: "R98"}
    made.get_ifd(GPS).update({1: "N", LATITUDE: (1.0, 2.0, 3.0)})
    return made.tobytes().removeprefix(b"Exif\0\0")


def said(data: bytes) -> dict[str, Any]:
    """What Pillow finds in a TIFF structure."""
    found = Image.Exif()
    found.load(data)
    return {
        "make": found.get(MAKE),
        "date": found.get(DATE),
        "exposure": float(found.get_ifd(EXIF)[EXPOSURE]),
        "sensitivity": found.get_ifd(EXIF).get(SENSITIVITY),
        "maker note": found.get_ifd(EXIF).get(MAKER_NOTE),
        "latitude": tuple(map(float, found.get_ifd(GPS)[LATITUDE])),
        "interoperability": found.get_ifd(INTEROPERABILITY).get(1),
    }


EVERYTHING = {
    "make": "a camera",
    "date": "2026:01:02 03:04:05",
    "exposure": 0.01,
    "sensitivity": 200,
    "maker note": None,
    "latitude": (1.0, 2.0, 3.0),
    "interoperability": "R98",
}


def tiff(big: bool) -> bytes:
    import pyvips

    return bytes(pyvips.Image.new_from_array(PIXELS).tiffsave_buffer(bigtiff=big))


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("big", [False, True])
def test_there_and_back(order: str, big: bool) -> None:
    plain = tiff(big)
    data = tiff_exif.put_in(plain, exif(order))
    with Image.open(io.BytesIO(data)) as file:
        np.testing.assert_array_equal(np.asarray(file), PIXELS)
        assert file.getexif()[MAKE] == "a camera"
    taken = tiff_exif.taken_out(data)
    assert taken is not None
    assert said(taken) == EVERYTHING
    assert tiff_exif.put_in(plain, taken) == tiff_exif.put_in(plain, exif(order)) or big
    assert tiff_exif.put_in(data, exif(order)) == data  # it is there already


def test_files_of_another_byte_order() -> None:
    stream = io.BytesIO()
    Image.frombytes("I;16B", (30, 20), PIXELS[:, :, :2].tobytes()).save(stream, "TIFF")
    data = stream.getvalue()
    assert data.startswith(b"MM")
    taken = tiff_exif.taken_out(tiff_exif.put_in(data, exif("<")))
    assert taken is not None
    assert taken.startswith(b"MM")
    assert said(taken) == EVERYTHING


@pytest.mark.parametrize(
    ("source", "target"), [(".jpg", ".tif"), (".tif", ".jpg"), (".tif", ".png"), (".webp", ".tif")]
)
def test_from_format_to_format(source: str, target: str, tmp_path: Path) -> None:
    metadata = images.Metadata(exif=exif())
    images.write(tmp_path / f"a{source}", PIXELS, metadata=metadata)
    image, metadata = images.read_with_metadata(tmp_path / f"a{source}")
    images.write(tmp_path / f"b{target}", image, metadata=metadata)
    with Image.open(tmp_path / f"b{target}") as file:
        found = file.getexif()
        assert (found[MAKE], found.get_ifd(EXIF)[SENSITIVITY]) == ("a camera", 200)
        assert tuple(map(float, found.get_ifd(GPS)[LATITUDE])) == (1.0, 2.0, 3.0)


def test_nothing_is_made_of_nothing() -> None:
    plain = tiff(big=False)
    assert tiff_exif.taken_out(plain) is None
    assert tiff_exif.put_in(plain, b"II*\0\x08\0\0\0\0\0\0\0\0\0") == plain
    assert tiff_exif.put_in(plain, b"nonsense") == plain


@given(st.data())
def test_damage_does_no_harm(data: st.DataObject) -> None:
    whole = tiff_exif.put_in(tiff(data.draw(st.booleans())), exif(data.draw(st.sampled_from("<>"))))
    start = whole.find(b"a camera") - 600
    damaged = bytearray(whole)
    for _ in range(data.draw(st.integers(1, 30))):
        damaged[data.draw(st.integers(max(start, 4), len(whole) - 1))] = data.draw(st.integers(0, 255))
    kept = bytes(damaged[: data.draw(st.integers(4, len(whole)))])
    taken = tiff_exif.taken_out(kept)
    assert taken is None or len(taken) < 100_000
    tiff_exif.put_in(tiff(big=False), kept)
