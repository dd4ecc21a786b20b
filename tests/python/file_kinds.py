"""Kinds of image files: written by Pillow, by OpenCV or byte by byte, enlarged, and read by Pillow or OpenCV.

The table of what was kept stands in docs/images.md; this file, run, prints it.
"""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import io
import struct
import sys
import tempfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image, ImageCms, PngImagePlugin

import alpha_numpy
import onnx_files
from srfast.cli import main
from srfast.images import bmp

Array = npt.NDArray[Any]

SCALE = 2
HEIGHT, WIDTH = 40, 60

XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"/></x:xmpmeta>'
MAKE, ORIENTATION, RESOLUTIONS = 0x010F, 0x0112, (0x011A, 0x011B)
EXIF, SENSITIVITY = 0x8769, 0x8827
CAMERA = "a camera"
DPI = (300, 200)
# What turns a picture the way that the orientation of EXIF asks for, undone (Exif 2.32, 4.6.4).
UNTURNED = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


# --- pictures


def colors(depth: int) -> Array:
    """RGB; smooth, so that lossy formats stay close; all channels, rows and columns differ."""
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    picture = np.stack([4 * x, 6 * y, 255 - 2 * x - 3 * y], axis=2)
    # At 16 bits the low byte has a pattern of its own: 8 bits made longer would not have it.
    return (picture * 257 ^ (x * 11 + y * 7)[:, :, np.newaxis] % 251 if depth == 16 else picture).astype(
        f"u{depth // 8}"
    )


def alpha(depth: int) -> Array:
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    most = 2**depth - 1
    return np.clip((22 - np.hypot(y - 20, x - 25)) / 12 * most, 0, most).astype(f"u{depth // 8}")


def picture(depth: int, channels: str) -> Array:
    """HxWxC: gray or RGB, and then alpha if `channels` names it."""
    base = colors(depth)[:, :, :1] if channels.startswith("gray") else colors(depth)
    return np.dstack([base, alpha(depth)]) if channels.endswith("alpha") else base


def large(image: Array, with_alpha: bool) -> Array:
    """What the command should make of it with a network that repeats pixels."""
    result = image.repeat(SCALE, axis=0).repeat(SCALE, axis=1)
    if with_alpha:
        result[:, :, -1] = alpha_numpy.enlarge(image[:, :, -1], SCALE)
    return result


def pillow(image: Array) -> Image.Image:
    return Image.fromarray(image[:, :, 0] if image.shape[2] == 1 else image)


# --- what stands beside the pixels


@functools.cache
def rgb_profile() -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


@functools.cache
def gray_profile() -> bytes:
    """A profile of gray with a gamma of 1.8 (ICC.1:2001-04), made by hand."""
    tags = {
        b"desc": b"desc" + bytes(4) + struct.pack(">I", 5) + b"gray\0" + bytes(78),
        b"cprt": b"text" + bytes(4) + b"none\0",
        b"wtpt": b"XYZ " + bytes(4) + struct.pack(">3i", 0xF6D6, 0x10000, 0xD32D),
        b"kTRC": b"curv" + bytes(4) + struct.pack(">IH", 1, int(1.8 * 256)),
    }
    table, body = struct.pack(">I", len(tags)), b""
    for name, data in tags.items():
        padded = data + bytes(-len(data) % 4)
        table += name + struct.pack(">II", 128 + 4 + 12 * len(tags) + len(body), len(data))
        body += padded
    header = bytearray(128)
    struct.pack_into(
        ">I4sI4s4s4s", header, 0, 128 + len(table) + len(body), b"none", 0x02100000, b"mntr", b"GRAY", b"XYZ "
    )
    header[36:40] = b"acsp"
    struct.pack_into(">3i", header, 68, 0xF6D6, 0x10000, 0xD32D)
    return bytes(header) + table + body


@functools.cache
def cmyk_profile() -> bytes:
    import pyvips

    return bytes(pyvips.Image.profile_load("cmyk"))


def saved(image: Image.Image, path: Path, beside: frozenset[str], **options: Any) -> None:
    """Writes a file by Pillow with what stands beside the pixels."""
    for word in beside:
        if word.startswith("orientation"):
            number = int(word.split()[1])
            image = image.transpose(UNTURNED[number]) if number in UNTURNED else image
            options.setdefault("exif", Image.Exif())[ORIENTATION] = number
    if "EXIF" in beside:
        exif = options.setdefault("exif", Image.Exif())
        exif[MAKE] = CAMERA
        exif.get_ifd(EXIF)[SENSITIVITY] = 200
    if "ICC" in beside:
        options["icc_profile"] = gray_profile() if image.mode in ("L", "LA") else rgb_profile()
    if "XMP" in beside:
        if path.suffix == ".png":
            options["pnginfo"] = PngImagePlugin.PngInfo()
            options["pnginfo"].add_itxt("XML:com.adobe.xmp", XMP.decode())
        elif path.suffix == ".tif":
            options.setdefault("exif", Image.Exif())[700] = XMP
        else:
            options["xmp"] = XMP
    if "DPI" in beside:
        options["dpi"] = DPI
    if path.suffix == ".tif" and "exif" in options:
        data = options["exif"].tobytes()
        options["exif"] = Image.Exif()
        options["exif"].load(data)  # else Pillow leaves the directories below the first out
    image.save(path, **options)


def kept(file: Image.Image, mode: str) -> set[str]:
    """What Pillow finds beside the pixels of a result, of what `saved` writes."""
    found = set()
    exif = file.getexif()
    if exif.get(MAKE) == CAMERA and exif.get_ifd(EXIF).get(SENSITIVITY) == 200:
        found.add("EXIF")
    if file.info.get("icc_profile") == (gray_profile() if mode.startswith("gray") else rgb_profile()):
        found.add("ICC")
    xmp = file.info.get("xmp") or file.info.get("XML:com.adobe.xmp") or b""
    if (xmp.encode() if isinstance(xmp, str) else xmp).rstrip(b"\0") == XMP:
        found.add("XMP")
    # Pillow takes the horizontal resolution in EXIF data for both.
    said = tuple(exif[tag] for tag in RESOLUTIONS) if RESOLUTIONS[1] in exif else file.info.get("dpi", (0, 0))
    if np.allclose(np.array(said, float), DPI, atol=0.1):
        found.add("DPI")
    return found


# --- the kinds


@dataclasses.dataclass(frozen=True)
class Kind:
    """A kind of file.

    Attributes:
        format: Of the file, and of the result unless that cannot be.
        depth: Bits of a sample.
        channels: What the pixels are.
        by: Who writes it.
        write: Writes the file, and gives the upright picture that is in it, HxWxC.
        beside: What stands beside the pixels.
        result: The format of the result.
        becomes: What the pixels of the result are, if not what they were.
        exact: Whether every value is kept.
        says: What the command says of it.
    """

    format: str
    depth: int
    channels: str
    by: str
    write: Callable[[Path, Kind], Array]
    beside: frozenset[str] = frozenset()
    result: str = ""
    becomes: str = ""
    exact: bool = True
    says: str = ""

    @property
    def name(self) -> str:
        words = [self.format, str(self.depth), self.channels, *sorted(self.beside)]
        return "-".join(words).replace(" ", "_").replace(",", "")

    @property
    def suffix(self) -> str:
        return SUFFIXES[self.format]

    @property
    def result_suffix(self) -> str:
        return SUFFIXES[self.result or self.format]

    @property
    def result_channels(self) -> str:
        return self.becomes or self.channels


SUFFIXES = {
    "PNG": ".png",
    "JPEG": ".jpg",
    "WebP": ".webp",
    "TIFF": ".tif",
    "AVIF": ".avif",
    "BMP": ".bmp",
    "GIF": ".gif",
}
LOSSLESS_WEBP = {"lossless": True, "exact": True}


def plain(path: Path, kind: Kind, **options: Any) -> Array:
    image = picture(8, kind.channels)
    saved(pillow(image), path, kind.beside, **options)
    return image


def by_opencv(path: Path, kind: Kind) -> Array:
    image = picture(kind.depth, kind.channels)
    order = {1: [0], 3: [2, 1, 0], 4: [2, 1, 0, 3]}[image.shape[2]]
    assert cv2.imwrite(str(path), image[:, :, order])
    return image


def by_hand(path: Path, kind: Kind) -> Array:
    """A PNG file of 16 bits with gray and alpha (ISO/IEC 15948, 11.2.2)."""
    image = picture(16, kind.channels)
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in image)
    data = b"\x89PNG\r\n\x1a\n"
    header = struct.pack(">IIBBBBB", WIDTH, HEIGHT, 16, 4, 0, 0, 0)
    for name, body in ((b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b"")):
        data += struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
    path.write_bytes(data)
    return image


def palette(path: Path, kind: Kind) -> Array:
    image = pillow(picture(8, "RGB")).quantize(64)
    if kind.becomes == "RGB, alpha":
        image.info["transparency"] = 7
        image.save(path, transparency=7)
        return np.asarray(image.convert("RGBA"))
    image.save(path)
    return np.asarray(image.convert("RGB"))


def black_and_white(path: Path, kind: Kind) -> Array:
    image = pillow(picture(8, "gray")).convert("1")
    image.save(path)
    return np.asarray(image.convert("L"))[:, :, np.newaxis]


def associated(path: Path, kind: Kind) -> Array:
    """TIFF whose colours are multiplied by alpha, of values that survive it."""
    image = picture(8, kind.channels)
    image[:, :, 3] = np.where(image[:, :, 3] > 127, 255, 0)
    image[image[:, :, 3] == 0] = 0
    pillow(image).save(path, tiffinfo={338: 1})
    return image


def cmyk(path: Path, kind: Kind) -> Array:
    press = ImageCms.ImageCmsProfile(io.BytesIO(cmyk_profile()))
    screen = ImageCms.createProfile("sRGB")
    into = {
        "renderingIntent": ImageCms.Intent.RELATIVE_COLORIMETRIC,
        "flags": ImageCms.Flags.BLACKPOINTCOMPENSATION,
    }
    image = ImageCms.profileToProfile(pillow(picture(8, "RGB")), screen, press, outputMode="CMYK", **into)
    assert image is not None
    options: dict[str, Any] = {"quality": 100, "subsampling": 0} if kind.format == "JPEG" else {}
    image.save(path, **options, **({"icc_profile": cmyk_profile()} if "CMYK profile" in kind.beside else {}))
    back = ImageCms.profileToProfile(image, press, screen, outputMode="RGB", **into)
    return np.asarray(back)


def several(path: Path, kind: Kind) -> Array:
    first = pillow(picture(8, kind.result_channels))
    options = LOSSLESS_WEBP if kind.format == "WebP" else {}
    if kind.format == "GIF":
        first = first.quantize(64)
    others = [first.transpose(Image.Transpose.ROTATE_180), first.transpose(Image.Transpose.FLIP_TOP_BOTTOM)]
    first.save(path, save_all=True, append_images=others, **options)
    return np.asarray(first.convert("RGB"))


WEBP = functools.partial(plain, **LOSSLESS_WEBP)
PRECISE_JPEG = functools.partial(plain, quality=98, subsampling=0)
PRECISE_AVIF = functools.partial(plain, quality=98, subsampling="4:4:4")
ALL = frozenset({"orientation 6", "ICC", "EXIF", "XMP", "DPI"})
NO_DPI = ALL - {"DPI"}
FRAMES, FIRST = "only the first is read", "only its first picture is read"

KINDS = [
    Kind("PNG", 1, "gray", "Pillow", black_and_white),
    Kind("PNG", 8, "gray", "Pillow", plain),
    Kind("PNG", 8, "gray", "Pillow", plain, frozenset({"ICC", "DPI"})),
    Kind("PNG", 8, "gray, alpha", "Pillow", plain),
    Kind("PNG", 8, "palette", "Pillow", palette, becomes="RGB"),
    Kind("PNG", 8, "palette, transparent", "Pillow", palette, becomes="RGB, alpha"),
    Kind("PNG", 8, "RGB", "Pillow", plain),
    Kind("PNG", 8, "RGB", "Pillow", plain, ALL),
    Kind("PNG", 8, "RGB, alpha", "Pillow", plain),
    Kind("PNG", 8, "RGB, alpha", "Pillow", plain, ALL),
    Kind("PNG", 8, "RGB, animated", "Pillow", several, becomes="RGB", says=FIRST),
    Kind("PNG", 16, "gray", "OpenCV", by_opencv),
    Kind("PNG", 16, "gray, alpha", "hand", by_hand),
    Kind("PNG", 16, "RGB", "OpenCV", by_opencv),
    Kind("PNG", 16, "RGB, alpha", "OpenCV", by_opencv),
    Kind("JPEG", 8, "gray", "Pillow", PRECISE_JPEG, exact=False),
    Kind("JPEG", 8, "gray", "Pillow", PRECISE_JPEG, frozenset({"ICC", "EXIF", "DPI"}), exact=False),
    Kind("JPEG", 8, "RGB", "Pillow", PRECISE_JPEG, exact=False),
    *(
        Kind(
            "JPEG",
            8,
            "RGB",
            "Pillow",
            PRECISE_JPEG,
            (ALL - {"orientation 6"}) | {f"orientation {n}"},
            exact=False,
        )
        for n in range(1, 9)
    ),
    Kind(
        "JPEG",
        8,
        "CMYK",
        "Pillow",
        cmyk,
        becomes="RGB",
        exact=False,
        says="converted to sRGB with a common press",
    ),
    Kind(
        *("JPEG", 8, "CMYK", "Pillow", cmyk, frozenset({"CMYK profile"})),
        becomes="RGB",
        exact=False,
        says="converted to sRGB with its profile",
    ),
    Kind("WebP", 8, "RGB", "Pillow", WEBP),
    Kind("WebP", 8, "RGB", "Pillow", WEBP, NO_DPI),
    Kind("WebP", 8, "RGB, alpha", "Pillow", WEBP),
    Kind("WebP", 8, "RGB, alpha", "Pillow", WEBP, NO_DPI),
    Kind("WebP", 8, "RGB, animated", "Pillow", several, becomes="RGB", says=FRAMES),
    Kind("TIFF", 1, "gray", "Pillow", black_and_white),
    Kind("TIFF", 8, "gray", "Pillow", plain),
    Kind("TIFF", 8, "gray, alpha", "Pillow", plain),
    Kind("TIFF", 8, "palette", "Pillow", palette, becomes="RGB"),
    Kind("TIFF", 8, "RGB", "Pillow", plain),
    Kind("TIFF", 8, "RGB", "Pillow", plain, ALL),
    Kind("TIFF", 8, "RGB, alpha", "Pillow", plain),
    Kind("TIFF", 8, "RGB, associated alpha", "Pillow", associated, becomes="RGB, alpha"),
    Kind(
        *("TIFF", 8, "CMYK", "Pillow", cmyk, frozenset({"CMYK profile"})),
        becomes="RGB",
        exact=False,
        says="converted to sRGB with its profile",
    ),
    Kind("TIFF", 8, "RGB, 3 pages", "Pillow", several, becomes="RGB", says=FRAMES),
    Kind("TIFF", 16, "gray", "OpenCV", by_opencv),
    Kind("TIFF", 16, "RGB", "OpenCV", by_opencv),
    Kind("TIFF", 16, "RGB, alpha", "OpenCV", by_opencv),
    Kind("AVIF", 8, "gray", "Pillow", PRECISE_AVIF, becomes="RGB", exact=False),
    Kind("AVIF", 8, "RGB", "Pillow", PRECISE_AVIF, exact=False),
    Kind("AVIF", 8, "RGB", "Pillow", PRECISE_AVIF, NO_DPI, exact=False),
    Kind("AVIF", 8, "RGB, alpha", "Pillow", PRECISE_AVIF, exact=False),
    Kind("AVIF", 8, "RGB, animated", "Pillow", several, becomes="RGB", exact=False, says=FIRST),
    Kind("BMP", 8, "gray", "Pillow", plain),
    Kind("BMP", 8, "palette", "Pillow", palette, becomes="RGB"),
    Kind("BMP", 8, "RGB", "Pillow", plain),
    *([Kind("BMP", 8, "RGB, alpha", "OpenCV", by_opencv)] if bmp.keeps_alpha() else []),
    Kind("GIF", 8, "palette", "Pillow", palette, result="PNG", becomes="RGB"),
    Kind("GIF", 8, "palette, transparent", "Pillow", palette, result="PNG", becomes="RGB, alpha"),
    Kind("GIF", 8, "RGB, animated", "Pillow", several, result="PNG", becomes="RGB", says=FRAMES),
]


# --- through the command, and back


@dataclasses.dataclass(frozen=True)
class Result:
    """What came of a file.

    Attributes:
        shown: The upright picture that was in the file.
        image: The picture that is in the result, as an independent reader sees it, HxWxC.
        depth: Of the result.
        channels: Of the result, in the words of `Kind`.
        beside: What of `Kind.beside` is in the result.
        orientation: What the result says of it.
        said: What the command said of the file.
        by: Who read the result.
    """

    shown: Array
    image: Array
    depth: int
    channels: str
    beside: frozenset[str]
    orientation: int | None
    said: str
    by: str

    def as_expected(self, kind: Kind) -> bool:
        """Whether the values are those that they should be, or close in lossy formats."""
        with_alpha = kind.result_channels.endswith("alpha")
        expected = large(self.shown, with_alpha)
        image = self.image
        if image.shape[2] == 3 and expected.shape[2] == 1:
            expected = expected.repeat(3, axis=2)
        if image.shape != expected.shape or image.dtype != expected.dtype:
            return False
        off = np.abs(image.astype(int) - expected)
        if with_alpha:  # the colours of what is transparent, or nearly, are others now
            clear = self.shown[:, :, -1] >= np.iinfo(image.dtype).max / 16
            off[:, :, :-1][~clear.repeat(SCALE, 0).repeat(SCALE, 1)] = 0
        return bool(off.max() == 0 if kind.exact else off.mean() < 3)


def enlarged(kinds: list[Kind], folder: Path, *options: str) -> dict[str, Result]:
    """Writes files, enlarges them by `srfast upscale`, a call for each format, and reads the results."""
    model = folder / "net.onnx"
    model.write_bytes(onnx_files.repeat(SCALE))
    shown = {kind.name: kind.write(folder / (kind.name + kind.suffix), kind) for kind in kinds}
    results = {}
    for suffix in sorted({kind.result_suffix for kind in kinds}):
        these = [kind for kind in kinds if kind.result_suffix == suffix]
        files = [str(folder / (kind.name + kind.suffix)) for kind in these]
        words = [
            "upscale",
            *files,
            "-o",
            f"{folder}/large/",
            "-m",
            str(model),
            "--format",
            suffix[1:],
            "--quiet",
        ]
        words += ["--quality", "98"] if suffix in (".jpg", ".avif") else []
        said = io.StringIO()
        with contextlib.redirect_stderr(said):
            status = main([*words, *options])
        assert status == 0, said.getvalue()
        for kind, file in zip(these, files, strict=True):
            lines = " ".join(line for line in said.getvalue().splitlines() if file in line)
            path = folder / "large" / f"{kind.name}_x{SCALE}{suffix}"
            results[kind.name] = read(path, kind, shown[kind.name], lines)
    return results


def read(path: Path, kind: Kind, shown: Array, said: str) -> Result:
    with Image.open(path) as file:
        file.load()
        modes = {"L": "gray", "LA": "gray, alpha", "RGB": "RGB", "RGBA": "RGB, alpha", "I;16": "gray"}
        beside = frozenset(kept(file, modes[file.mode]))
        orientation = file.getexif().get(ORIENTATION)
        image, channels = np.asarray(file), modes[file.mode]
    image = image if image.ndim == 3 else image[:, :, np.newaxis]
    by = "Pillow"
    if kind.depth == 16:  # of which Pillow shows 8 bits
        by = "OpenCV"
        pixels = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
        assert pixels is not None
        if path.suffix == ".png" and path.read_bytes()[25] == 4:  # the type of colour in its header
            channels = "gray, alpha"
        image = (
            pixels[:, :, np.newaxis] if pixels.ndim == 2 else pixels[:, :, [2, 1, 0, 3][: pixels.shape[2]]]
        )
        if channels == "gray, alpha":  # which OpenCV shows as colour
            image = image[:, :, [0, 3]]
    depth = image.dtype.itemsize * 8
    return Result(shown, image, depth, channels, beside, orientation, said, by)


def table(results: dict[str, Result]) -> str:
    """What was kept of each kind, in Markdown."""
    lines = [
        "| file | bits | pixels | beside them | written by | result | values | beside them | read by |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for kind in KINDS:
        result = results[kind.name]
        values = "wrong" if not result.as_expected(kind) else "all" if kind.exact else "close"
        beside = sorted(result.beside & kind.beside)
        if any(word.startswith("orientation") for word in kind.beside) and result.orientation in (None, 1):
            beside.append("upright")
        if kind.says and kind.says in result.said:
            beside.append("a warning")
        cells = [
            *(kind.format, kind.depth, kind.channels, ", ".join(sorted(kind.beside)), kind.by),
            f"{kind.result or kind.format}, {result.depth} bits, {result.channels}",
            *(values, ", ".join(beside), result.by),
        ]
        lines.append("| " + " | ".join(map(str, cells)) + " |")
    return "\n".join(lines).replace("|  |", "| |") + "\n"


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        sys.stdout.write(table(enlarged(KINDS, Path(name))))
