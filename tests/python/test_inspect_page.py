"""The page of `srfast inspect --html`, in a browser."""

from __future__ import annotations

import html
import re
import shutil
import subprocess
import urllib.parse
from pathlib import Path

import numpy as np
import pytest
from onnx import helper

import onnx_files
import srfast
from srfast.cli.main import main
from srfast.inspection.page import page

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
in_a_browser = pytest.mark.skipif(
    CHROMIUM is None, reason="no Chromium here (Debian: apt-get install chromium)"
)


def loaded(file: Path, tmp_path: Path, node: str | None = None) -> tuple[str, list[str]]:
    """The document after its script has run, and what was written to the console."""
    assert CHROMIUM is not None
    profile = tmp_path / "chromium"
    address = file.as_uri() + ("" if node is None else f"#node={urllib.parse.quote(node, safe='')}")
    flags = (
        *(
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-sync",
        ),
        *("--disable-background-networking", "--disable-component-update", "--disable-dev-shm-usage"),
        # Any name that is asked for is refused, so a page that needed the network would not be whole.
        *("--host-resolver-rules=MAP * ~NOTFOUND", f"--user-data-dir={profile}"),
        *("--enable-logging=stderr", "--v=0", "--virtual-time-budget=2000", "--dump-dom"),
    )
    done = subprocess.run(
        [CHROMIUM, *flags, address],
        capture_output=True,
        text=True,
        encoding="utf-8",
        errors="replace",
        timeout=120,
        check=False,
    )
    shutil.rmtree(profile, ignore_errors=True)
    assert done.returncode == 0, done.stderr
    return done.stdout, [line for line in done.stderr.splitlines() if "CONSOLE" in line]


def written(content: bytes | str, tmp_path: Path) -> Path:
    file = tmp_path / "net.html"
    file.write_text(page(srfast.inspect_model(content)), encoding="utf-8")
    return file


def test_the_page_names_no_other_place() -> None:
    text = page(srfast.inspect_model("fast-x3"))
    assert "http://www.w3.org/2000/svg" in text  # a name, not an address
    assert re.findall(r"https?://(?!www\.w3\.org/2000/svg)", text) == []
    assert re.findall(r"(?:src|href)=", text) == []
    assert "default-src 'none'" in text


def test_the_command_writes_the_page(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "net.html"
    assert main(["inspect", "fast-x3", "--html", str(file)]) == 0
    assert main(["inspect", "fast-x3", "--html", str(file)]) == 2
    assert main(["inspect", "fast-x3", "--html", str(file), "--force"]) == 0
    assert file.read_text("utf-8") == page(srfast.inspect_model("fast-x3"))
    assert "22 nodes drawn" in capsys.readouterr().out
    assert main(["inspect", "fast-x3", "--html", str(tmp_path / "gone" / "net.html")]) == 2


@in_a_browser
def test_every_node_is_drawn(tmp_path: Path) -> None:
    document, console = loaded(written("fast-x3", tmp_path), tmp_path)
    assert console == []
    inspection = srfast.inspect_model("fast-x3")
    assert document.count('<g class="node"') == len(inspection.nodes) == 22
    assert document.count('<g class="terminal"') == 2
    assert document.count('<path class="edge"') == sum(
        other.what in ("node", "input") for node in inspection.nodes for other in node.read_from
    ) + len(inspection.outputs)
    assert "21,371" in document


@in_a_browser
def test_a_picked_node_shows_its_details(tmp_path: Path) -> None:
    document, console = loaded(written("fast-x3", tmp_path), tmp_path, "/last/Conv")
    assert console == []
    aside = document[document.index("<aside>") : document.index("</aside>")]
    node = next(node for node in srfast.inspect_model("fast-x3").nodes if node.label == "/last/Conv")
    assert "/last/Conv" in aside
    assert "[3,3]" in aside
    assert "3,915" in aside
    for other in (*node.read_from, *node.read_by):
        assert other.tensor in aside
    assert aside.count("<rect") == sum(
        len(weights.histogram.counts) for weights in node.weights if weights.histogram
    )
    assert document.count('<g class="node picked"') == 1
    assert document.count('<g class="node near"') == 2


@in_a_browser
def test_names_in_the_file_are_only_text(tmp_path: Path) -> None:
    name = "</script><script>document.title='taken'</script><img src=x onerror=alert(1)>\"'&@DATA@\u2028\x00"
    nodes = [
        helper.make_node("Relu", ["input"], [name], name=name),
        helper.make_node("Neg", [name], ["output"]),
    ]
    content = onnx_files.serialized(nodes, metadata={name: name})
    file = written(content, tmp_path)
    document, console = loaded(file, tmp_path, name)
    assert console == []
    assert document.count("<script") == 2
    assert "<img" not in document
    assert document.count('<g class="node') == 2
    assert "<title>the model in memory</title>" in document
    assert html.escape("<img src=x", quote=False) in document
    assert document.count('<g class="node picked"') == 1


@in_a_browser
def test_a_thousand_nodes(tmp_path: Path) -> None:
    """A chain of blocks with skips, as in large networks."""
    nodes, before = [], "input"
    for block in range(250):
        nodes += [
            helper.make_node("Conv", [before, "w"], [f"a{block}"], pads=[1, 1, 1, 1]),
            helper.make_node("Relu", [f"a{block}"], [f"b{block}"]),
            helper.make_node("Conv", [f"b{block}", "w"], [f"c{block}"], pads=[1, 1, 1, 1]),
            helper.make_node("Add", [before, f"c{block}"], [f"d{block}" if block < 249 else "output"]),
        ]
        before = f"d{block}"
    content = onnx_files.serialized(nodes, weights={"w": np.ones((3, 3, 3, 3), np.float32)})
    document, console = loaded(written(content, tmp_path), tmp_path, "Add#999")
    assert console == []
    assert document.count('<g class="node') == 1000


@in_a_browser
def test_a_broken_page_would_be_noticed(tmp_path: Path) -> None:
    file = tmp_path / "broken.html"
    file.write_text("<script>missing()</script>")
    assert loaded(file, tmp_path)[1] != []
