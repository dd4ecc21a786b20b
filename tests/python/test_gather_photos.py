from __future__ import annotations

import importlib.util
import struct
import sys
import zlib
from pathlib import Path
from types import ModuleType

import cv2
import numpy as np
import pytest

SCRIPT = Path(__file__).parents[2] / "scripts" / "gather_photos.py"


@pytest.fixture(scope="module")
def gather_photos() -> ModuleType:
    spec = importlib.util.spec_from_file_location("gather_photos", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


def test_credits_are_read_whatever_the_order_of_their_lines(gather_photos: ModuleType) -> None:
    readme = """Copyright: Somebody, 2022
License: CC-BY-SA 4.0
Files:
drawing.svg
a/one.webp
two.webp

Files: three.webp
Source: https://example.org/File:Three.jpg
License: Public Domain
Copyright: Somebody: Else
Comments: cropped
"""
    photographs = list(gather_photos.credits_in(readme))
    assert [(each.path, each.author, each.licence) for each in photographs] == [
        ("a/one.webp", "Somebody, 2022", "CC-BY-SA-4.0"),
        ("two.webp", "Somebody, 2022", "CC-BY-SA-4.0"),
        ("three.webp", "Somebody: Else", "public domain"),
    ]
    assert photographs[2].source == "https://example.org/File:Three.jpg"
    assert all(each.licence.startswith(gather_photos.FREE) for each in photographs)


def test_resource_files_are_unpacked(gather_photos: ModuleType, tmp_path: Path) -> None:
    """A file of one folder with a stored and a deflated file, built as Qt's rcc tool does."""
    names, name_at = b"", []
    for name in ("pictures", "README", "one.webp"):
        name_at.append(len(names))
        names += struct.pack(">HI", len(name), 0) + name.encode("utf-16-be")
    deflated = struct.pack(">I", 9) + zlib.compress(b"<picture>")
    data = struct.pack(">I", 7) + b"credits" + struct.pack(">I", len(deflated)) + deflated
    nodes = [(0, 2, 1, 1), (name_at[0], 2, 2, 2), (name_at[1], 0, 0, 0), (name_at[2], 1, 0, 11)]
    tree = b"".join(struct.pack(">IHII", *node) + bytes(8) for node in nodes)
    header = struct.pack(">4s4I", b"qres", 3, 24, 24 + len(tree), 24 + len(tree) + len(data)) + bytes(4)
    file = tmp_path / "pictures.rcc"
    file.write_bytes(header + tree + data + names)
    assert gather_photos.resources(file) == {"pictures/README": b"credits", "pictures/one.webp": b"<picture>"}


@pytest.mark.parametrize(("lossy", "side"), [(True, 100), (False, 200)])
def test_what_was_stored_with_loss_is_halved(gather_photos: ModuleType, lossy: bool, side: int) -> None:
    _, encoded = cv2.imencode(".png", np.zeros((150, 200, 3), np.uint8))
    assert gather_photos.cleaned(encoded.tobytes(), lossy).shape == (side * 3 // 4, side, 3)


def test_no_photograph_is_larger_than_the_limit(gather_photos: ModuleType) -> None:
    _, encoded = cv2.imencode(".png", np.zeros((8, 2000, 3), np.uint8))
    assert gather_photos.cleaned(encoded.tobytes(), False).shape[1] == gather_photos.LONGEST


def test_every_licence_in_the_list_is_free(gather_photos: ModuleType) -> None:
    listed = [*gather_photos.DEBIAN.values(), *gather_photos.LIBRARIES.values()]
    for photographs in listed:
        for photograph in photographs:
            assert photograph.licence.startswith(gather_photos.FREE), photograph
            assert photograph.author
