"""Image files: read and written as they are, or refused with a reason."""

from __future__ import annotations

import dataclasses
import io
import os
import struct
import subprocess
import sys
import threading
import warnings
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image, ImageCms

from srfast import images
from srfast.errors import DependencyError, ImageError
from srfast.images import bmp
from srfast.images.exif import upright as upright_exif

Array = npt.NDArray[Any]

LOSSLESS = (".png", ".tif", ".tiff", ".bmp", ".webp")


def photograph(height: int = 40, width: int = 60) -> Array:
    """A smooth RGB picture whose channels, rows and columns all differ."""
    y, x = np.mgrid[0:height, 0:width]
    return np.stack([4 * x, 6 * y, 255 - 2 * x - 3 * y], axis=2).astype(np.uint8)


def encoded(picture: Image.Image, kind: str, **options: Any) -> bytes:
    stream = io.BytesIO()
    picture.save(stream, kind, **options)
    return stream.getvalue()


def png(width: int, height: int, color_type: int, *chunks: tuple[bytes, bytes]) -> bytes:
    """A PNG file of 8 bits made by hand, for what Pillow does not write."""
    header = struct.pack(">IIBBBBB", width, height, 8, color_type, 0, 0, 0)
    data = b"\x89PNG\r\n\x1a\n"
    for kind, body in ((b"IHDR", header), *chunks, (b"IEND", b"")):
        data += struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
    return data


# --- what is kept


@pytest.mark.parametrize("suffix", LOSSLESS)
def test_colours_come_as_blue_green_red(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"photo{suffix}"
    Image.fromarray(photograph()).save(path, lossless=True)  # only WebP minds it
    image = images.read(path)
    np.testing.assert_array_equal(image, photograph()[:, :, ::-1])
    assert image.flags.c_contiguous


@pytest.mark.parametrize("suffix", LOSSLESS)
def test_another_reader_sees_what_was_written(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"photo{suffix}"
    images.write(path, photograph()[:, :, ::-1])
    with Image.open(path) as written:
        np.testing.assert_array_equal(np.asarray(written.convert("RGB")), photograph())


@pytest.mark.parametrize("suffix", [".jpg", ".JPEG", ".avif"])
def test_lossy_formats_stay_close(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"photo{suffix}"
    images.write(path, photograph())
    difference = np.abs(images.read(path).astype(int) - photograph())
    assert difference.mean() < 4


@pytest.mark.parametrize(
    ("suffix", "channels"),
    [
        (suffix, channels)
        for suffix in images.SUFFIXES
        for channels in ((), (2,), (3,), (4,))
        if channels in ((), (3,))
        or not (suffix in (".jpg", ".jpeg") or (suffix == ".bmp" and not bmp.keeps_alpha()))
    ],
)
@pytest.mark.parametrize("size", [(1, 1), (1, 5), (5, 1)])
def test_a_single_pixel_or_row_is_an_image(
    suffix: str, size: tuple[int, int], channels: tuple[int, ...], tmp_path: Path
) -> None:
    images.write(tmp_path / f"a{suffix}", np.full((*size, *channels), 77, np.uint8))
    found = images.read(tmp_path / f"a{suffix}")
    assert found.shape[:2] == size
    assert found.ndim == (2 if not channels and suffix not in (".webp", ".avif") else 3)
    assert np.abs(found.astype(int) - 77).max() <= 2


@pytest.mark.parametrize(("suffix", "quality"), [(".jpg", 95), (".avif", 90)])
def test_what_quality_is_taken_unless_one_is_given(suffix: str, quality: int) -> None:
    plain = images.encode(photograph(), suffix)
    assert plain == images.encode(photograph(), suffix, quality=quality)
    assert plain != images.encode(photograph(), suffix, quality=quality - 10)


def test_twelve_bits_are_spread_over_sixteen(tmp_path: Path) -> None:
    """The highest bits stand below them again, so that white is 65535 and not 65520."""
    images.write(tmp_path / "photo.avif", photograph().astype(np.uint16) * 257)
    image = images.read(tmp_path / "photo.avif")
    np.testing.assert_array_equal(image & 15, image >> 12)


@pytest.mark.parametrize("suffix", [".png", ".tif", ".bmp", ".jpg"])
def test_gray_stays_gray(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"gray{suffix}"
    Image.fromarray(photograph()[:, :, 0]).save(path)
    assert images.read(path).shape == (40, 60)
    images.write(path, photograph()[:, :, :1])
    assert images.read(path).shape == (40, 60)


@pytest.mark.parametrize("suffix", [".png", ".tif", ".tiff"])
@given(
    image=hnp.arrays(
        st.sampled_from([np.uint8, np.uint16]),
        st.tuples(st.integers(1, 9), st.integers(1, 9))
        | st.tuples(st.integers(1, 9), st.integers(1, 9), st.just(3)),
    )
)
def test_every_value_survives(tmp_path_factory: pytest.TempPathFactory, suffix: str, image: Array) -> None:
    path = tmp_path_factory.mktemp("images") / f"image{suffix}"
    images.write(path, image)
    back = images.read(path)
    assert back.dtype == image.dtype
    np.testing.assert_array_equal(back, image)


def test_any_strides_can_be_written(tmp_path: Path) -> None:
    view = photograph()[::-2, ::3, ::-1]
    images.write(tmp_path / "view.png", view)
    np.testing.assert_array_equal(images.read(tmp_path / "view.png"), view)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF"])
@pytest.mark.parametrize("orientation", [3, 6, 8])
def test_the_rotation_in_exif_is_applied_once(tmp_path: Path, kind: str, orientation: int) -> None:
    path = tmp_path / "turned"
    exif = Image.Exif()
    exif[0x0112] = orientation
    path.write_bytes(encoded(Image.fromarray(photograph()), kind, exif=exif))
    upright = np.rot90(photograph()[:, :, ::-1], {3: 2, 6: 3, 8: 1}[orientation])
    image = images.read(path)
    assert image.shape == upright.shape
    assert np.abs(image.astype(int) - upright).mean() < 4


@pytest.mark.parametrize("form", ['tiff:Orientation="6"', "<tiff:Orientation>6</tiff:Orientation>"])
def test_the_rotation_in_xmp_does_not_turn_again(form: str) -> None:
    exif = Image.Exif()
    packet = f'<x:xmpmeta xmlns:x="adobe:ns:meta/">{form} tiff:ResolutionUnit="2"</x:xmpmeta>'.encode()
    for orientation, expected in ((6, form.replace("6", "1")), (1, form)):
        exif[0x0112] = orientation
        data = encoded(Image.fromarray(photograph()), "WEBP", exif=exif, xmp=packet)
        _, metadata = images.decode(data, "photo")
        assert metadata.xmp == packet.replace(form.encode(), expected.encode())


def test_a_thumbnail_is_unlinked_when_the_picture_was_turned() -> None:
    orientation = struct.pack("<HHIHH", 0x0112, 3, 1, 6, 0)
    thumbnail = struct.pack("<H", 0) + bytes(4)  # a directory of its own, at 26
    data = b"II*\0" + struct.pack("<IH", 8, 1) + orientation + struct.pack("<I", 26) + thumbnail
    upright = data[:18] + struct.pack("<H", 1) + data[20:22] + bytes(4) + thumbnail
    assert upright_exif(data) == upright


def test_exif_data_whose_directory_begins_in_their_header_are_none() -> None:
    data = b"MM\0*" + struct.pack(">I", 4) + bytes(21)  # resetting what is in it would write into the header
    assert upright_exif(data) is None


@pytest.mark.parametrize(
    "name", ["h\u00f6henzug \u5c71.png", "two words.png", "-dash.png", "a%20b?.png", "\u5c71" * 80 + ".png"]
)
def test_any_name_will_do(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    images.write(name, photograph())
    np.testing.assert_array_equal(images.read(name), photograph())


def test_a_name_that_is_not_text(tmp_path: Path) -> None:
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/photo\xff.png"))
    images.write(path, photograph())
    np.testing.assert_array_equal(images.read(path), photograph())


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_pipe_is_read_once(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    data = encoded(Image.fromarray(photograph()), "PNG")
    writer = threading.Thread(target=pipe.write_bytes, args=(data,))
    writer.start()
    np.testing.assert_array_equal(images.read(pipe), photograph()[:, :, ::-1])
    writer.join()


def test_kinds_of_colour(tmp_path: Path) -> None:
    picture = Image.fromarray(photograph())
    path = tmp_path / "picture"
    for kind, mode, shape in [
        ("PNG", "1", (40, 60)),
        ("PNG", "P", (40, 60, 3)),
        ("TIFF", "P", (40, 60, 3)),
        ("JPEG", "CMYK", (40, 60, 3)),
        ("TIFF", "CMYK", (40, 60, 3)),
    ]:
        path.write_bytes(encoded(picture.convert(mode), kind))
        with warnings.catch_warnings():
            # It is due for some of these, and has a test of its own.
            warnings.filterwarnings("ignore", message=".* holds CMYK, converted to sRGB")
            image = images.read(path)
        assert (image.shape, image.dtype.name) == (shape, "uint8"), (kind, mode)


# --- what a file says beside its pixels


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".webp", ".avif"])
def test_metadata_are_carried_over(tmp_path: Path, suffix: str) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010F] = "a camera"
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    xmp = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"/>'
    path = tmp_path / f"photo{suffix}"
    Image.fromarray(photograph()).save(path, exif=exif, icc_profile=profile, dpi=(300, 200))
    image, metadata = images.read_with_metadata(path)
    assert image.shape == (60, 40, 3)
    assert metadata.icc == profile
    assert metadata.exif is not None
    images.write(path, image, metadata=dataclasses.replace(metadata, xmp=xmp))
    assert images.read(path).shape == (60, 40, 3)
    with Image.open(path) as written:
        assert dict(written.getexif()).items() >= {0x0112: 1, 0x010F: "a camera"}.items()
        assert written.info["icc_profile"] == profile
        packet = written.info.get("xmp") or written.info["XML:com.adobe.xmp"].encode()
        assert packet.rstrip(b"\0") == xmp


# --- transparency


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "WEBP"])
def test_opaque_alpha_is_dropped_and_real_alpha_is_kept(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "sprite"
    alpha = np.full((40, 60, 1), 255, np.uint8)
    path.write_bytes(encoded(Image.fromarray(np.dstack([photograph(), alpha])), kind))
    assert images.read(path).shape == (40, 60, 3)
    alpha[7, 5] = 254
    options = {"lossless": True, "exact": True}  # only WebP minds them
    path.write_bytes(encoded(Image.fromarray(np.dstack([photograph(), alpha])), kind, **options))
    np.testing.assert_array_equal(images.read(path), np.dstack([photograph()[:, :, ::-1], alpha]))


@pytest.mark.parametrize("suffix", [".png", ".tif", ".webp"])
def test_colours_under_transparency_are_written_as_they_are(suffix: str, tmp_path: Path) -> None:
    image = np.dstack([photograph(), np.zeros((40, 60), np.uint8)])
    images.write(tmp_path / f"sprite{suffix}", image)
    np.testing.assert_array_equal(images.read(tmp_path / f"sprite{suffix}"), image)


def test_gray_with_alpha(tmp_path: Path) -> None:
    path = tmp_path / "gray.png"
    gray = Image.fromarray(photograph()[:, :, 0])
    gray.putalpha(255)
    gray.save(path)
    np.testing.assert_array_equal(images.read(path), photograph()[:, :, 0])
    gray.putalpha(128)
    gray.save(path)
    np.testing.assert_array_equal(images.read(path)[:, :, 0], photograph()[:, :, 0])
    np.testing.assert_array_equal(images.read(path)[:, :, 1], 128)


@pytest.mark.parametrize("mode", ["L", "P", "RGB"])
def test_one_colour_that_stands_for_transparency(tmp_path: Path, mode: str) -> None:
    picture = Image.fromarray(photograph()).convert(mode)
    path = tmp_path / "key.png"
    picture.save(path, transparency=picture.getpixel((3, 3)))
    image = images.read(path)
    assert image.shape == (40, 60, 2 if mode == "L" else 4)
    with Image.open(path) as read_by_pillow:
        np.testing.assert_array_equal(image[:, :, -1], np.asarray(read_by_pillow.convert("RGBA"))[:, :, 3])


# --- what cannot be read


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(ImageError, match=r"missing\.png: No such file"):
        images.read(tmp_path / "missing.png")


def test_folder(tmp_path: Path) -> None:
    with pytest.raises(ImageError, match="is a folder"):
        images.read(tmp_path)


def test_name_that_is_too_long(tmp_path: Path) -> None:
    with pytest.raises(ImageError, match="too long"):
        images.read(tmp_path / ("x" * 300))


@pytest.mark.parametrize(
    "data", [b"", b"hello, I am text\n" * 50, b"\xff\xd8", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF89a"]
)
def test_what_is_no_image_names_the_file(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "photo.jpg"
    path.write_bytes(data)
    with pytest.raises(ImageError, match=r"photo\.jpg (is empty|cannot be decoded)"):
        images.read(path)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "WEBP", "BMP"])
@pytest.mark.parametrize("kept", [0.1, 0.6, 0.97])
def test_a_file_that_was_cut_short_is_refused(tmp_path: Path, kind: str, kept: float) -> None:
    rough = np.random.default_rng(0).integers(0, 256, (80, 90, 3), np.uint8)
    data = encoded(Image.fromarray(rough), kind)
    path = tmp_path / "photo"
    path.write_bytes(data[: int(len(data) * kept)])
    with pytest.raises(ImageError, match="photo cannot be decoded"):
        images.read(path)


def test_a_thumbnail_does_not_hide_that_a_jpeg_was_cut_short(tmp_path: Path) -> None:
    rough = Image.fromarray(np.random.default_rng(0).integers(0, 256, (80, 90, 3), np.uint8))
    thumbnail = encoded(rough.resize((16, 16)), "JPEG")
    segment = b"\xff\xe2" + struct.pack(">H", 2 + len(thumbnail)) + thumbnail
    whole = encoded(rough, "JPEG")
    path = tmp_path / "photo.jpg"
    path.write_bytes(whole[:2] + segment + whole[2:] + b"what some cameras append")
    assert images.read(path).shape == (80, 90, 3)
    path.write_bytes((whole[:2] + segment + whole[2:])[:-500])
    with pytest.raises(ImageError, match="cut short"):
        images.read(path)


@pytest.mark.parametrize("width_height", [(60000, 60000), (0, 10), (2_000_000, 10), (2**31 - 1, 2**31 - 1)])
def test_absurd_sizes_are_refused(tmp_path: Path, width_height: tuple[int, int]) -> None:
    path = tmp_path / "bomb.png"
    path.write_bytes(png(*width_height, 0, (b"IDAT", zlib.compress(bytes(1000)))))
    with pytest.raises(ImageError, match=r"bomb\.png (has .* pixels|cannot be decoded)"):
        images.read(path)


def test_as_many_pixels_as_are_allowed_are_read(tmp_path: Path) -> None:
    for suffix in (".png", ".bmp"):
        path = tmp_path / f"photo{suffix}"
        images.write(path, photograph())
        assert images.read(path, max_pixels=40 * 60).shape == (40, 60, 3)
        with pytest.raises(ImageError, match="60x40 pixels, more than the limit of 2399"):
            images.read(path, max_pixels=40 * 60 - 1)


@pytest.mark.parametrize("dtype", [np.float32, np.int32])
def test_other_samples_are_refused(tmp_path: Path, dtype: npt.DTypeLike) -> None:
    path = tmp_path / "scientific.tif"
    Image.fromarray(photograph()[:, :, 0].astype(dtype)).save(path)
    with pytest.raises(ImageError, match=rf"scientific\.tif holds {np.dtype(dtype).name} samples"):
        images.read(path)


@pytest.mark.parametrize("compression", ["raw", "tiff_lzw", "jpeg"])
def test_ycbcr_in_tiff_files_is_not_taken_for_rgb(compression: str, tmp_path: Path) -> None:
    path = tmp_path / "scan.tif"
    Image.fromarray(photograph()).convert("YCbCr").save(path, compression=compression)
    if compression == "jpeg":
        difference = images.read(path)[:, :, ::-1].astype(int) - photograph()
        assert np.abs(difference).mean() < 3
        return
    with pytest.raises(ImageError, match=r"scan\.tif holds YCbCr colours; convert it to gray or RGB first"):
        images.read(path)


def test_lab_in_tiff_files_is_named_and_not_called_damaged(tmp_path: Path) -> None:
    path = tmp_path / "scan.tif"
    Image.fromarray(photograph()).convert("LAB").save(path)
    with pytest.raises(ImageError, match=r"scan\.tif holds L\*a\*b\* colours; convert it"):
        images.read(path)


def bmp_of_16_bits(pixels: Array, green: int) -> bytes:
    """A BMP file of 5 bits of red and blue, and 5 or 6 of green."""
    red, middle, blue = (pixels[::-1, :, band].astype(np.uint16) for band in range(3))
    data = ((red << (5 + green)) | (middle << 5) | blue).astype("<u2").tobytes()
    masks = b"" if green == 5 else struct.pack("<III", 0xF800, 0x07E0, 0x001F)
    start = 54 + len(masks)
    head = struct.pack("<2sIIIIiiHH", b"BM", start + len(data), 0, start, 40, *pixels.shape[1::-1], 1, 16)
    return head + struct.pack("<IIIIII", 3 if masks else 0, len(data), 0, 0, 0, 0) + masks + data


@pytest.mark.parametrize("green", [5, 6])
def test_a_bmp_file_of_16_bits_has_black_and_white(green: int) -> None:
    full = np.array([31, 2**green - 1, 31])
    pixels = np.random.default_rng(0).integers(0, full + 1, (6, 8, 3))
    pixels[0, 0], pixels[0, 1] = 0, full
    image, _ = images.decode(bmp_of_16_bits(pixels, green), "photo.bmp")
    expected = pixels * 255 / full
    assert image[0, 0].tolist() == [0, 0, 0]
    assert image[0, 1].tolist() == [255, 255, 255]
    assert np.abs(image[:, :, ::-1] - expected).max() < 2


def test_further_pages_are_not_dropped_in_silence(tmp_path: Path) -> None:
    path = tmp_path / "scan.tif"
    page = Image.fromarray(photograph())
    page.save(path, save_all=True, append_images=[page.rotate(180)] * 2)
    with pytest.warns(UserWarning, match=r"scan\.tif holds 3 pictures; only the first is read"):
        np.testing.assert_array_equal(images.read(path), photograph()[:, :, ::-1])


# --- what cannot be written


@pytest.mark.parametrize("name", ["photo", "photo.xyz", "photo.", ".png"])
def test_unknown_suffix(tmp_path: Path, name: str) -> None:
    with pytest.raises(ImageError, match=r"choose one of \.png, \.tif"):
        images.write(tmp_path / name, photograph())
    assert list(tmp_path.iterdir()) == []


def test_an_opencv_that_has_no_transparency_in_bmp_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    image = np.dstack([photograph(), photograph()[:, :, :1]])
    header = bytearray(images.encode(photograph(), ".bmp"))
    header[14:18], header[28:30], header[66:70] = (108).to_bytes(4, "little"), b"\x20\0", b"\0\0\0\xff"
    assert bmp.has_alpha(bytes(header))
    monkeypatch.setattr(bmp, "keeps_alpha", lambda: False)
    with pytest.raises(ImageError, match=r"photo\.bmp.*transparency.*OpenCV 4\.13"):
        images.write(tmp_path / "photo.bmp", image)
    assert list(tmp_path.iterdir()) == []
    monkeypatch.setattr(bmp, "decode", lambda data: photograph())
    with pytest.warns(UserWarning, match=r"photo\.bmp is read without its transparency"):
        images.decode(bytes(header), "photo.bmp")


@pytest.mark.parametrize("suffix", [".jpg", ".bmp", ".webp"])
def test_sixteen_bits_are_not_squeezed_into_eight(tmp_path: Path, suffix: str) -> None:
    with pytest.raises(ImageError, match=r"16; choose \.png or \.tif"):
        images.write(tmp_path / f"photo{suffix}", photograph().astype(np.uint16))


@pytest.mark.parametrize(
    "image",
    [
        np.zeros((4, 4, 5), np.uint8),
        np.zeros((4, 4, 0), np.uint8),
        np.zeros((0, 4, 3), np.uint8),
        np.zeros((1, 3, 4, 4), np.uint8),
        np.zeros(4, np.uint8),
        np.zeros((4, 4, 3), np.float32),
        np.zeros((4, 4, 3), np.int64),
    ],
)
def test_arrays_that_are_no_images(tmp_path: Path, image: Array) -> None:
    with pytest.raises(ImageError):
        images.write(tmp_path / "photo.png", image)
    assert list(tmp_path.iterdir()) == []


def test_missing_folder(tmp_path: Path) -> None:
    with pytest.raises(ImageError, match=r"missing/photo\.png cannot be written: No such file"):
        images.write(tmp_path / "missing" / "photo.png", photograph())


def test_a_failed_write_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "photo.webp"
    path.write_bytes(b"old")
    with pytest.raises(ImageError, match="16383"):
        images.write(path, np.zeros((2, 20_000), np.uint8))
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["photo.webp"]


# --- libraries that cannot be loaded


def python(code: str, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize(
    ("module", "raises", "suffix", "cure"),
    [
        ("pyvips", None, ".png", "pip install 'pyvips[binary]'"),
        ("pyvips", "OSError('cannot load library libvips.so.42')", ".png", "libvips.so.42"),
        ("cv2", None, ".bmp", "pip install opencv-python"),
        ("cv2", "ImportError('libGL.so.1: cannot open')", ".bmp", "apt-get install libgl1 libglib2.0-0"),
    ],
)
def test_a_library_that_cannot_be_imported(
    tmp_path: Path, module: str, raises: str | None, suffix: str, cure: str
) -> None:
    if raises is not None:
        (tmp_path / f"{module}.py").write_text(f"raise {raises}")
    hide = f"sys.modules[{module!r}] = None" if raises is None else f"sys.path.insert(0, {str(tmp_path)!r})"
    said = python(
        f"import sys; {hide}\n"
        "import numpy as np\n"
        "from srfast import DependencyError, images\n"
        f"try:\n    images.encode(np.zeros((2, 2), np.uint8), {suffix!r})\n"
        "except DependencyError as error:\n    print(error)\n"
    )
    assert cure in said


def test_the_error_is_an_import_error_too() -> None:
    assert issubclass(DependencyError, ImportError)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_forked_process_is_told_so_instead_of_waiting_for_ever(tmp_path: Path) -> None:
    path = tmp_path / "photo.png"
    images.write(path, photograph())
    said = python(
        "import os, sys\n"
        "from srfast import DependencyError, images\n"
        "images.read(sys.argv[1])\n"
        "if os.fork() == 0:\n"
        "    try:\n        images.read(sys.argv[1])\n"
        "    except DependencyError as error:\n        print(error, flush=True)\n"
        "    os._exit(0)\n"
        "os.wait()\n",
        str(path),
    )
    assert '"spawn"' in said


def linear_gray_profile() -> bytes:
    """An ICC profile, version 2, for gray that is proportional to the light."""
    white = struct.pack(">3i", 63190, 65536, 54061)
    contents = {
        b"desc": b"desc" + bytes(4) + struct.pack(">I", 5) + b"gray\0" + bytes(4 + 4 + 2 + 1 + 67 + 2),
        b"cprt": b"text" + bytes(4) + b"none",
        b"wtpt": b"XYZ " + bytes(4) + white,
        b"kTRC": b"curv" + bytes(4) + struct.pack(">IHH", 1, 256, 0),
    }
    table, body = struct.pack(">I", len(contents)), b""
    for name, content in contents.items():
        table += struct.pack(">4sII", name, 128 + 4 + 12 * len(contents) + len(body), len(content))
        body += content
    header = struct.pack(">I4sI", 128 + len(table) + len(body), b"lcms", 0x02400000) + b"mntrGRAYXYZ "
    header += struct.pack(">6H", 2026, 1, 1, 0, 0, 0) + b"acsp" + bytes(28) + white
    return header.ljust(128, b"\0") + table + body


@pytest.mark.parametrize("suffix", [".webp", ".avif", ".png"])
def test_a_gray_profile_is_not_lost(suffix: str, tmp_path: Path) -> None:
    """Linear gray at half the light is 188 in sRGB."""
    gray = np.full((32, 32), 128, np.uint8)
    profile = linear_gray_profile()
    images.write(tmp_path / f"photo{suffix}", gray, metadata=images.Metadata(icc=profile))
    image, metadata = images.read_with_metadata(tmp_path / f"photo{suffix}")
    if suffix == ".png":
        assert (image[0, 0], metadata.icc) == (128, profile)
    else:
        assert abs(int(image.flat[0]) - 188) <= 2
