"""The page of `srfast inspect --html`, in a browser."""

from __future__ import annotations

import html
import json
import re
import urllib.parse
from pathlib import Path

import numpy as np
import pytest
from onnx import helper

import onnx_files
import srfast
from browser import in_a_browser, loaded
from srfast.cli.main import main
from srfast.inspection.page import page


def at_node(page: Path, node: str) -> str:
    return f"{page.as_uri()}#node={urllib.parse.quote(node, safe='')}"


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


def test_the_page_does_not_replace_the_network(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    network = tmp_path / "net.onnx"
    network.write_bytes(onnx_files.repeat(2))
    assert main(["inspect", str(network), "--html", str(network), "--force"]) == 2
    assert "is to be read and is not overwritten" in capsys.readouterr().err
    assert network.read_bytes() == onnx_files.repeat(2)


def test_the_page_and_json_in_one_go(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "net.html"
    assert main(["inspect", "fast-x3", "--json", "--html", str(file)]) == 0
    out, err = capsys.readouterr()
    assert len(json.loads(out)["nodes"]) == 22  # so nothing but JSON is on standard output
    assert err == f"srfast: {file}: 22 nodes drawn; open it in a browser\n"
    assert file.read_text("utf-8") == page(srfast.inspect_model("fast-x3"))


def test_a_page_that_cannot_be_written_is_refused_before_work(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["inspect", "not-opened", "--html", str(tmp_path / "gone" / "net.html")]) == 2
    assert "gone does not exist" in capsys.readouterr().err


@in_a_browser
def test_every_node_is_drawn(tmp_path: Path) -> None:
    document, console = loaded(written("fast-x3", tmp_path).as_uri(), tmp_path)
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
    document, console = loaded(at_node(written("fast-x3", tmp_path), "/last/Conv"), tmp_path)
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
    document, console = loaded(at_node(file, name), tmp_path)
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
    document, console = loaded(at_node(written(content, tmp_path), "Add#999"), tmp_path)
    assert console == []
    assert document.count('<g class="node') == 1000


@in_a_browser
def test_a_broken_page_would_be_noticed(tmp_path: Path) -> None:
    file = tmp_path / "broken.html"
    file.write_text("<script>missing()</script>")
    assert loaded(file.as_uri(), tmp_path)[1] != []
