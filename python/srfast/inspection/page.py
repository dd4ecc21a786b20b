"""Draws an inspected network as one HTML page, which needs nothing but itself."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
from importlib.resources import files
from typing import Any

from srfast.inspection.brief import brief
from srfast.inspection.layout import draw
from srfast.inspection.report import Inspection, NodeReport, TensorReport

LONGEST = 36
"""Characters of a line in a box; longer ones are cut."""
_TERMINAL_HEIGHT = 40.0


def page(inspection: Inspection) -> str:
    """The page: the graph drawn, with attributes, neighbours and weights of the node that is picked.

    A node is picked by a click, or in the page's address, as in `page.html#node=LABEL`. Names in the file are
    data to the page, whatever they hold: its policy runs the one script that is known by its hash.
    """
    template = files("srfast.inspection").joinpath("page.html").read_text(encoding="utf-8")
    script = files("srfast.inspection").joinpath("page.js").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    # "</script>" inside a string would end the script.
    data = json.dumps(_data(inspection), separators=(",", ":"), allow_nan=False)
    parts = {
        "SCRIPT_HASH": f"sha256-{digest}",
        "TITLE": html.escape(inspection.model),
        "SCRIPT": script,
        "DATA": data.replace("<", "\\u003c"),
    }
    # In one pass: a name in the data may look like a mark.
    return re.sub(f"@({'|'.join(parts)})@", lambda mark: parts[mark[1]], template)


def _data(inspection: Inspection) -> dict[str, Any]:
    texts = [_texts(node) for node in inspection.nodes]
    boxes = [_box(node, text) for node, text in zip(inspection.nodes, texts, strict=True)]
    count = len(boxes)
    terminals = [*inspection.inputs, *inspection.outputs]
    descriptions = [_shape(terminal) for terminal in terminals]
    boxes += [
        (_width(terminal.name, text) + 8, _TERMINAL_HEIGHT)
        for terminal, text in zip(terminals, descriptions, strict=True)
    ]
    edges = _edges(inspection)
    drawing = draw(boxes, [(source, target) for source, target, _ in edges])
    placed = [[*corner, *size] for corner, size in zip(drawing.boxes, boxes, strict=True)]
    return {
        "model": inspection.to_dict(),
        "width": drawing.width,
        "height": drawing.height,
        "longest": LONGEST,
        "boxes": placed[:count],
        "texts": texts,
        "terminals": [
            {"name": terminal.name, "text": text, "box": box}
            for terminal, text, box in zip(terminals, descriptions, placed[count:], strict=True)
        ],
        "lines": [
            {"from": source, "to": target, "tensor": tensor, "points": points}
            for (source, target, tensor), points in zip(edges, drawing.lines, strict=True)
        ],
    }


def _edges(inspection: Inspection) -> list[tuple[int, int, str]]:
    """From box to box, and the tensor between them; the boxes of inputs and outputs follow the nodes'."""
    makers = {name: place for place, node in enumerate(inspection.nodes) for name in node.outputs if name}
    count = len(inspection.nodes)
    for place, entry in enumerate(inspection.inputs):
        makers.setdefault(entry.name, count + place)
    edges = [
        (makers[name], place, name)
        for place, node in enumerate(inspection.nodes)
        for name in dict.fromkeys(node.inputs)
        if name in makers
    ]
    first = count + len(inspection.inputs)
    edges += [
        (makers[entry.name], first + place, entry.name)
        for place, entry in enumerate(inspection.outputs)
        if entry.name in makers
    ]
    return edges


def _texts(node: NodeReport) -> list[str]:
    """The lines below the operator: what it does, and what it makes."""
    shape = node.output_shapes[0] if node.output_shapes else None
    made = " \u00d7 ".join(map(str, shape)) if shape else ""
    return [line for line in (brief(node), made) if line]


def _box(node: NodeReport, texts: list[str]) -> tuple[float, float]:
    # A bar at the foot shows the node's part of the work.
    return _width(node.operator, *texts), 30.0 + 14.0 * len(texts) + (
        6.0 if node.macs or node.milliseconds else 0.0
    )


def _width(title: str, *texts: str) -> float:
    widest = max([8.2 * min(len(title), LONGEST), *(6.6 * min(len(text), LONGEST) for text in texts)])
    return round(max(84.0, widest + 28.0), 1)


def _shape(entry: TensorReport) -> str:
    if entry.shape is None:
        return entry.dtype or ""
    return " \u00d7 ".join("?" if side is None else str(side) for side in entry.shape)
