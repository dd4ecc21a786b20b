"""An inspected network as lines of text."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from srfast.inspection.report import Inspection, Neighbour, NodeReport, TensorReport
from srfast.inspection.weights import Weights

_BAR = 40


def model_lines(inspection: Inspection) -> Iterator[str]:
    """The whole network: what it is, its nodes, its sums."""
    opsets = ", ".join(f"{domain} {version}".strip() for domain, version in inspection.opsets.items())
    facts = [
        ("file", f"IR version {inspection.ir_version}, operator set {opsets}"),
        ("made by", inspection.producer),
        ("says", inspection.doc),
        *(("input", _tensor(entry)) for entry in inspection.inputs),
        *(("output", _tensor(entry)) for entry in inspection.outputs),
        *(("metadata", f"{key} = {value}") for key, value in inspection.metadata.items()),
        ("shown for", f"an image of {inspection.size[1]}x{inspection.size[0]}"),
    ]
    yield printable(inspection.model)
    yield from _facts(facts)
    yield ""
    yield from _node_table(inspection)
    yield ""
    yield from _facts(_sums(inspection))
    for note in inspection.notes:
        yield f"note: {printable(note)}"


def node_lines(node: NodeReport, values: Mapping[str, npt.NDArray[Any]]) -> Iterator[str]:
    """One node: what it does, its neighbours, its weights and, where they are given, their values."""
    operator = f"{node.domain}.{node.operator}" if node.domain else node.operator
    yield printable(f"{node.label}: {operator}")
    facts = [(f"  {name}", _text(value)) for name, value in node.attributes.items()]
    facts += [("  output shape", _shape(shape)) for shape in node.output_shapes]
    facts.append(("  parameters", f"{node.parameters:,}"))
    facts.append(("  MACs per output pixel", _number(node.macs_per_output_pixel)))
    if node.milliseconds is not None:
        facts.append(("  time", f"{node.milliseconds:.3f} ms, {_percent(node.time_share)}"))
    if node.joined_to is not None:
        facts.append(("  time", f"within {node.joined_to}"))
    yield from _facts(facts)
    yield "reads"
    yield from _facts([(f"  {each.tensor}", _neighbour(each, "from")) for each in node.read_from])
    yield "is read by"
    yield from _facts([(f"  {each.tensor}", _neighbour(each, "by")) for each in node.read_by])
    for weights in node.weights:
        yield from _weight_lines(weights)
        if weights.name in values:
            yield np.array2string(values[weights.name], threshold=sys.maxsize, max_line_width=110)


def printable(text: str) -> str:
    """A file's text without what would move a terminal's cursor or change its colours."""
    return "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape").decode("ascii") for letter in text
    )


def _facts(pairs: Sequence[tuple[str, str]]) -> Iterator[str]:
    shown = [(printable(key), printable(value)) for key, value in pairs if value]
    width = max((len(key) for key, _ in shown), default=0)
    for key, value in shown:
        yield f"{key:{width}}  {value}"


def _tensor(entry: TensorReport) -> str:
    return f"{entry.name}: {entry.dtype or 'no tensor'}, {_shape(entry.shape)}"


def _shape(shape: Sequence[int | str | None] | None) -> str:
    if shape is None:
        return "unknown"
    return " x ".join("?" if side is None else str(side) for side in shape) or "a single number"


def _node_table(inspection: Inspection) -> Iterator[str]:
    profiled = inspection.profile is not None
    titles = ["node", "operator", "output shape", "parameters", "MACs/pixel", *(["time"] if profiled else [])]
    titles += ["attributes", "inputs", "outputs"]
    rows = [titles]
    for node in inspection.nodes:
        time = [_percent(node.time_share) or ("joined" if node.joined_to else "-")] if profiled else []
        rows.append(
            [
                *(node.label, node.operator, "; ".join(map(_shape, node.output_shapes))),
                *(f"{node.parameters:,}" if node.parameters else "", _number(node.macs_per_output_pixel)),
                *time,
                ", ".join(f"{name}={_text(value)}" for name, value in node.attributes.items()),
                ", ".join(name or "-" for name in node.inputs),
                ", ".join(node.outputs),
            ]
        )
    rows = [[printable(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    right = {3, 4, 5} if profiled else {3, 4}
    for row in rows:
        cells = (
            cell.rjust(width) if at in right else cell.ljust(width)
            for at, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        yield "  ".join(cells).rstrip()


def _sums(inspection: Inspection) -> list[tuple[str, str]]:
    field, profile = inspection.field, inspection.profile
    sums = [
        ("nodes", f"{len(inspection.nodes):,}"),
        ("parameters", f"{inspection.parameters:,}; all constants take {inspection.weight_bytes:,} bytes"),
        ("MACs per output pixel", _number(inspection.macs_per_output_pixel) or "none"),
    ]
    if field is None:
        sums.append(("receptive field", f"no bound: {inspection.unbounded}"))
    else:
        top, left, bottom, right = field.halo
        sums += [
            (
                "receptive field",
                f"{field.height} x {field.width} pixels of the input (halo {top} above, {left} left, "
                f"{bottom} below, {right} right)",
            ),
            ("enlarges", f"{field.scale} times"),
            ("tiles in steps of", " x ".join(map(str, field.alignment))),
        ]
        if any(field.margin):
            sums.append(("missing at the border", " ".join(map(str, field.margin)) + " output pixels"))
    if profile is not None:
        own = ", ".join(f"{operator} {spent:.2f} ms" for operator, spent in profile.own.items())
        sums += [
            (
                "time",
                f"{profile.milliseconds:.2f} ms a run on {profile.threads} threads (medians of "
                f"{profile.runs} runs)",
            ),
            ("ONNX Runtime's own", own),
            ("in no kernel", ", ".join(profile.vanished)),
        ]
    return sums


def _weight_lines(weights: Weights) -> Iterator[str]:
    through = f", through {', '.join(weights.through)}" if weights.through else ""
    yield printable(f"weights {weights.name}: {weights.dtype}, {_shape(weights.shape)}{through}")
    if weights.mean is None or weights.minimum is None or weights.maximum is None or weights.std is None:
        yield "  no values"
        return
    bad = f", {weights.not_finite:,} not finite" if weights.not_finite else ""
    yield (
        f"  min {weights.minimum:.6g}, max {weights.maximum:.6g}, mean {weights.mean:.6g}, "
        f"std {weights.std:.6g}{bad}"
    )
    histogram = weights.histogram
    if histogram is None or len(histogram.counts) == 0 or weights.minimum == weights.maximum:
        return
    step = (histogram.high - histogram.low) / len(histogram.counts)
    tallest = max(histogram.counts)
    for place, count in enumerate(histogram.counts):
        bar = "#" * (max(1, round(_BAR * count / tallest)) if count else 0)
        yield f"  {histogram.low + step * place:>11.4g}  {bar:{_BAR}}  {count:,}"


def _neighbour(other: Neighbour, word: str) -> str:
    return {
        "node": f"{word} {other.node}",
        "input": "the graph's input",
        "output": "the graph's output",
        "constant": "a constant",
    }.get(other.what, "nobody")


def _text(value: Any) -> str:
    return (
        "[" + " ".join(map(_text, value)) + "]"
        if isinstance(value, (list, tuple))
        else (f"{value:.6g}" if isinstance(value, float) else str(value))
    )


def _number(value: float | None) -> str:
    if value is None:
        return "unknown"
    return "" if value == 0 else f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _percent(share: float | None) -> str:
    return "" if share is None else f"{100 * share:.1f} %"
