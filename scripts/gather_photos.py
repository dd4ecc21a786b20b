"""Gathers freely licensed photographs to train on: `python scripts/gather_photos.py photos`.

They come from Debian packages (wallpapers and the pictures of GCompris, an educational program) and from
the samples inside scikit-image and scikit-learn. Every photograph is named below with its licence and
author, or, for GCompris, read from the credits that its resources carry; only public domain, CC0, CC BY, CC
BY-SA, GPL and LGPL are taken. Rendered and abstract pictures are left out. What was stored with loss is
shrunk to half its size or less, which removes the traces of the compression. The result is a folder of PNG
files and `manifest.csv` with where each is from, its author, its licence and its checksum.

Needs `apt-get` and `dpkg-deb` (Debian 12 or Ubuntu with the same packages), scikit-image, scikit-learn and
srfast.
"""

from __future__ import annotations

import argparse
import csv
import dataclasses
import hashlib
import importlib.util
import struct
import subprocess
import tempfile
import zlib
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from srfast.bicubic import imresize

LONGEST = 1600
"""Pixels along the longer side of a gathered photograph, at most."""
SHORTEST = 128
"""Pixels along the shorter side, at least; what is smaller is left out."""


@dataclasses.dataclass(frozen=True)
class Photograph:
    """One photograph: where its file is, what to call it, and whom to thank.

    Attributes:
        path: The file, for a package or a library relative to its root.
        author: Who holds the copyright, or made it where nobody does.
        licence: An SPDX identifier, or "public domain".
        source: The package or library, or the address that its credits name.
    """

    path: str
    author: str
    licence: str
    source: str = ""


LOMIRI = "usr/share/backgrounds"
MATE = "usr/share/backgrounds/mate/nature"
PLASMA = "usr/share/wallpapers/{}/contents/images/2560x1600.jpg"
PALAPELI = "usr/share/palapeli/collection"

# As debian/copyright of each package states; for Plasma, each wallpaper's own metadata.json.
DEBIAN = {
    "lomiri-wallpapers-16.04": [
        Photograph(f"{LOMIRI}/Bridge_by_Sander_Klootwijk.jpg", "Sander Klootwijk", "CC-BY-SA-4.0"),
        Photograph(f"{LOMIRI}/Dragonfly_by_Bolly.jpg", "Bolly", "CC-BY-SA-4.0"),
        Photograph(f"{LOMIRI}/Picture_0B_by_freespace.jpg", 'Trevor "Freespace"', "CC-BY-4.0"),
        Photograph(f"{LOMIRI}/Picture_1A_by_freespace.jpg", 'Trevor "Freespace"', "CC-BY-4.0"),
        Photograph(f"{LOMIRI}/Wine_by_Jakkub_Mede.jpg", "Jakub Mede", "CC-BY-4.0"),
        Photograph(f"{LOMIRI}/aitzgorri_by_Aitzol_Berasategi.jpg", "Aitzol Berasategi", "CC-BY-4.0"),
        Photograph(f"{LOMIRI}/free_by_Peter_Nerlich.jpg", "Peter Nerlich", "CC-BY-SA-4.0"),
        Photograph(f"{LOMIRI}/friends_by_Aitzol_Berasategi.jpg", "Aitzol Berasategi", "CC-BY-4.0"),
        Photograph(f"{LOMIRI}/greentock_by_Peter_Nerlich.jpg", "Peter Nerlich", "CC-BY-SA-4.0"),
        Photograph(f"{LOMIRI}/life_by_Aitzol_Berasategi.jpg", "Aitzol Berasategi", "CC-BY-4.0"),
        Photograph(f"{LOMIRI}/picosdeeuropa_by_Aitzol_Berasategi.jpg", "Aitzol Berasategi", "CC-BY-4.0"),
        Photograph(f"{LOMIRI}/seeding_by_Clements_Engelhardt.jpg", "Clemens Engelhardt", "CC0-1.0"),
        Photograph(f"{LOMIRI}/sunset_by_Aitzol_Berasategi.jpg", "Aitzol Berasategi", "CC-BY-4.0"),
    ],
    "lomiri-wallpapers-20.04": [
        Photograph(f"{LOMIRI}/Kleiber_by_Lukas_Baubkus.jpg", "Lukas Baubkus", "CC-BY-SA-3.0"),
    ],
    "mate-backgrounds": [
        Photograph(f"{MATE}/Aqua.jpg", "Charles Barbin", "GPL-2.0-or-later"),
        Photograph(f"{MATE}/Blinds.jpg", "Lennart Poettering, Andrea Cimitan", "GPL-2.0-or-later"),
        Photograph(f"{MATE}/Dune.jpg", "Marco Cogoni, Hylke Bons", "GPL-2.0-or-later"),
        Photograph(f"{MATE}/FreshFlower.jpg", "Jens Ansorg", "GPL-2.0-or-later"),
        Photograph(f"{MATE}/Garden.jpg", "Charles Barbin", "GPL-2.0-or-later"),
        Photograph(f"{MATE}/GreenMeadow.jpg", "Timothy Schellhase, Lapo Calamandrei", "GPL-2.0-or-later"),
        Photograph(f"{MATE}/LadyBird.jpg", "Charles Barbin", "GPL-2.0-or-later"),
        Photograph(f"{MATE}/RainDrops.jpg", "blackcombwhistler07", "GPL-2.0-or-later"),
        Photograph(f"{MATE}/TwoWings.jpg", "Charles Barbin, Hylke Bons", "GPL-2.0-or-later"),
        Photograph(f"{MATE}/Wood.jpg", "Jean-Fran\u00e7ois Fortin Tam", "GPL-2.0-or-later"),
        Photograph(f"{MATE}/YellowFlower.jpg", "Charles Barbin", "GPL-2.0-or-later"),
    ],
    "plasma-workspace-wallpapers": [
        Photograph(PLASMA.format("BytheWater"), "Maciej Wiklo", "LGPL-3.0-only"),
        Photograph(PLASMA.format("ColdRipple"), "Risto Saukonp\u00e4\u00e4", "LGPL-3.0-only"),
        Photograph(PLASMA.format("ColorfulCups"), "Dmitri Popov", "LGPL-3.0-only"),
        Photograph(PLASMA.format("EveningGlow"), "Ian Hex", "LGPL-3.0-only"),
        Photograph(PLASMA.format("FallenLeaf"), "Martin Klapetek", "LGPL-3.0-only"),
        Photograph(PLASMA.format("Grey"), "Sigi Sagi", "LGPL-3.0-only"),
        Photograph(PLASMA.format("OneStandsOut"), "Risto Saukonp\u00e4\u00e4", "LGPL-3.0-only"),
        Photograph(PLASMA.format("Path"), "Risto Saukonp\u00e4\u00e4", "LGPL-3.0-only"),
    ],
    "palapeli-data": [
        Photograph(f"{PALAPELI}/cincinnati-bridge.jpg", "Derek Jensen", "public domain"),
        Photograph(f"{PALAPELI}/citrus-fruits.jpg", "US Department of Agriculture", "public domain"),
        Photograph(f"{PALAPELI}/european-honey-bee.jpg", "John Severns", "public domain"),
    ],
}

# As the docstrings of skimage.data and scikit-learn's datasets/images/README.txt state.
LIBRARIES = {
    "skimage": [
        Photograph("data/astronaut.png", "NASA", "public domain"),
        Photograph("data/brick.png", "CC0Textures", "CC0-1.0"),
        Photograph("data/camera.png", "Lav Varshney", "CC0-1.0"),
        Photograph("data/chelsea.png", "Stefan van der Walt", "CC0-1.0"),
        Photograph("data/coffee.png", "Rachel Michetti", "CC0-1.0"),
        Photograph("data/grass.png", "Linolafett", "CC0-1.0"),
        Photograph("data/gravel.png", "CC0Textures", "CC0-1.0"),
        Photograph("data/rocket.jpg", "SpaceX", "public domain"),
    ],
    "sklearn": [
        Photograph("datasets/images/china.jpg", "danielbuechele", "CC-BY-2.0"),
        Photograph("datasets/images/flower.jpg", "vultilion", "CC-BY-2.0"),
    ],
}

GCOMPRIS = "gcompris-qt-data"
GCOMPRIS_ACTIVITIES = ("erase", "explore_farm_animals", "explore_monuments", "explore_world_animals")

FREE = ("public domain", "CC0-1.0", "CC-BY-", "GPL-", "LGPL-")
"""How the licences that are taken begin."""


def unpack(package: str, folder: Path) -> Path:
    """Downloads a Debian package with apt-get and unpacks it; gives the folder that holds its files."""
    subprocess.run(["apt-get", "download", package], cwd=folder, check=True, stdout=subprocess.DEVNULL)
    (archive,) = folder.glob(f"{package}_*.deb")
    root = folder / package
    subprocess.run(["dpkg-deb", "-x", archive, root], check=True)
    return root


def resources(path: Path) -> dict[str, bytes]:
    """The files inside a Qt resource file (.rcc), by their paths in it.

    The format is not documented; it is what Qt's `rcc` tool writes and QResource reads: a header with three
    offsets (tree, data, names), a tree of 22-byte nodes, and data blocks of a length and bytes, stored or
    deflated.
    """
    content = path.read_bytes()
    magic, _, tree, data, names = struct.unpack(">4s4I", content[:20])
    if magic != b"qres":
        raise SystemExit(f"{path} is not a Qt resource file")
    files: dict[str, bytes] = {}

    def visit(node: int, parent: str) -> None:
        at = tree + 22 * node
        name_at, flags, first, second = struct.unpack(">IHII", content[at : at + 14])
        name = ""
        if node:
            (length,) = struct.unpack(">H", content[names + name_at : names + name_at + 2])
            name = content[names + name_at + 6 : names + name_at + 6 + 2 * length].decode("utf-16-be")
        full = f"{parent}/{name}" if parent else name
        if flags & 2:  # a folder: the number of its children and the first of them
            for child in range(second, second + first):
                visit(child, full)
            return
        (size,) = struct.unpack(">I", content[data + second : data + second + 4])
        block = content[data + second + 4 : data + second + 4 + size]
        files[full] = zlib.decompress(block[4:]) if flags & 1 else block

    visit(0, "")
    return files


def credits_in(readme: str) -> Iterator[Photograph]:
    """The photographs that a README file of GCompris credits, in paragraphs of "Copyright: ..." lines."""
    for paragraph in readme.split("\n\n"):
        fields: dict[str, list[str]] = {}
        field = ""
        for line in paragraph.splitlines():
            key, colon, rest = line.partition(":")
            if colon and key in ("Copyright", "License", "Source", "Files", "Comments"):
                field, line = key, rest
            if line.strip():
                fields.setdefault(field, []).append(line.strip())
        licence = " ".join(fields.get("License", [])).replace("CC-BY-SA 4.0", "CC-BY-SA-4.0")
        licence = "public domain" if licence.lower() == "public domain" else licence
        for file in fields.get("Files", []):
            if file.endswith(".webp"):
                yield Photograph(
                    file, " ".join(fields["Copyright"]), licence, " ".join(fields.get("Source", [GCOMPRIS]))
                )


def from_debian(folder: Path) -> Iterator[tuple[str, Photograph, bytes]]:
    """A name, the credits and the file's bytes of every photograph from Debian's packages."""
    for package, photographs in DEBIAN.items():
        root = unpack(package, folder)
        for photograph in photographs:
            path = Path(photograph.path)
            stem = path.parts[3] if package.startswith("plasma") else path.stem
            named = dataclasses.replace(photograph, source=f"Debian package {package}, {path}")
            yield f"{package.split('-')[0]}-{stem}", named, (root / path).read_bytes()


def from_gcompris(folder: Path) -> Iterator[tuple[str, Photograph, bytes]]:
    """The same for the photographs inside GCompris's resource files."""
    root = unpack(GCOMPRIS, folder)
    for activity in GCOMPRIS_ACTIVITIES:
        files = resources(root / f"usr/share/gcompris-qt/rcc/{activity}.rcc")
        for readme in (path for path in files if path.endswith("/README")):
            for photograph in credits_in(files[readme].decode()):
                path = readme.removesuffix("README") + photograph.path
                if path in files:  # one credit has a misspelt file name
                    named = dataclasses.replace(
                        photograph, source=f"Debian package {GCOMPRIS}, {activity}.rcc; {photograph.source}"
                    )
                    yield f"gcompris-{activity}-{Path(photograph.path).stem}", named, files[path]


def from_libraries() -> Iterator[tuple[str, Photograph, bytes]]:
    """The same for the samples inside scikit-image and scikit-learn."""
    for library, photographs in LIBRARIES.items():
        spec = importlib.util.find_spec(library)
        if spec is None or spec.origin is None:
            raise SystemExit(f"{library} is not installed: pip install scikit-image scikit-learn")
        for photograph in photographs:
            path = Path(spec.origin).parent / photograph.path
            named = dataclasses.replace(photograph, source=f"{library}, {photograph.path}")
            yield f"{library}-{path.stem}", named, path.read_bytes()


def cleaned(content: bytes, lossy: bool) -> npt.NDArray[np.uint8]:
    """Decodes a photograph; shrinks it to half if it was stored with loss, and to LONGEST pixels at most."""
    decoded = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)
    if decoded is None:
        raise SystemExit("OpenCV cannot decode a photograph; it needs its JPEG and WebP codecs")
    image: npt.NDArray[np.uint8] = decoded.astype(np.uint8)
    ratio = min(0.5 if lossy else 1.0, LONGEST / max(image.shape[:2]))
    return image if ratio == 1.0 else imresize(image, ratio)


def main() -> None:
    """Gathers the photographs into the folder that the command line names."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument(
        "folder", type=Path, help="where to put the PNG files and manifest.csv; made if missing"
    )
    folder: Path = parser.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    rows = []
    with tempfile.TemporaryDirectory() as downloads:
        for source in (from_debian(Path(downloads)), from_gcompris(Path(downloads)), from_libraries()):
            for name, photograph, content in source:
                if not photograph.licence.startswith(FREE):
                    print(f"left out, licence {photograph.licence}: {name}")
                    continue
                image = cleaned(content, lossy=not photograph.path.endswith(".png"))
                if min(image.shape[:2]) < SHORTEST:
                    print(f"left out, too small: {name}")
                    continue
                file = folder / f"{name}.png"
                cv2.imwrite(str(file), image)
                height, width = image.shape[:2]
                digest = hashlib.sha256(file.read_bytes()).hexdigest()
                rows.append(
                    [
                        file.name,
                        width,
                        height,
                        photograph.licence,
                        photograph.author,
                        photograph.source,
                        digest,
                    ]
                )
    with (folder / "manifest.csv").open("w", encoding="utf-8", newline="") as file_:
        writer = csv.writer(file_, lineterminator="\n")
        writer.writerow(["file", "width", "height", "licence", "author", "source", "sha256"])
        writer.writerows(sorted(rows))
    print(f"{len(rows)} photographs in {folder}")


if __name__ == "__main__":
    main()
