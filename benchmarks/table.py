"""The project's own table: srfast beside its peers, as a page's tables and a plot, made by this one command.

Run: python benchmarks/table.py            (about five minutes; give the machine nothing else to do)
     python benchmarks/table.py --only srvgg,pack      (these rows again, the others as they were)

Networks are measured by `srfast.benchmark`: everybody in a process of its own, in turns, after all have
proved that they make the same image. The rest is measured by the benchmarks beside this file. Networks and
figures are kept in build/table: what was made there once is not made again, so a run that was broken off
goes on, and every row says when it was measured. The tables go into docs/performance.md between two marks,
the plot into docs/speed.png.

With `SRFAST_DATA` naming a folder of real weights and of Set5, the networks have these weights, and what
int8 loses there is said; otherwise weights are random, and time does not depend on them. Peers that are not
installed are named as absent; MMDeploy's SDK has an environment of its own, named by `SRFAST_MMDEPLOY_PYTHON`
(docs/command.md).
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import platform
import statistics
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
import onnx
import pack_unpack
import run_overhead
import torch
from torch import nn

import srfast
from srfast.bench import machine
from srfast.evaluation import evaluate, mean
from srfast.pairs import read_pairs

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "build" / "table"
PAGE = ROOT / "docs" / "performance.md"
PLOT = ROOT / "docs" / "speed.png"
BEGIN, END = "<!-- benchmarks/table.py begins -->\n", "<!-- benchmarks/table.py ends -->\n"

SRCNN = "weights/srcnn_x4k915_1x16_1000k_div2k_20200608-4186f232.pth"
SRVGG = "weights/realesr_animevideov3_x4.npz"
PEERS = ("ort", "torch", "openvino", "openvino-bf16", "opencv", "ncnn", "mmdeploy")

Row = dict[str, Any]


def data() -> Path | None:
    folder = os.environ.get("SRFAST_DATA")
    return Path(folder) if folder else None


# --- the networks


def weights(name: str) -> Path:
    """A file of weights as `srfast export` takes it."""
    path = FOLDER / f"{name}.pth"
    folder = data()
    if name == "srcnn" and folder is not None:
        return folder / SRCNN
    if path.exists():
        return path
    torch.manual_seed(0)
    network: nn.Module
    if name == "srcnn":
        network = srfast.models.SRCNN(3)
    else:
        network = srfast.models.SRVGGNetCompact(4)
        if folder is not None:
            with np.load(folder / SRVGG) as arrays:
                state = {key: torch.from_numpy(arrays[key].astype(np.float32)) for key in arrays.files}
            network.load_state_dict(state)
    torch.save({"params": network.state_dict()}, path)
    return path


def exported(name: str, scale: int) -> Path:
    path = FOLDER / f"{name}.onnx"
    if path.exists():
        return path
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that SRCNN's weights are for x4
        if name == "espcn":
            torch.manual_seed(0)
            network = srfast.models.ESPCN(scale, features=32)
            srfast.export_onnx(network, path, conventions=srfast.Conventions(scale))
        else:
            srfast.export_onnx(srfast.load_checkpoint(weights(name), scale=scale), path)
    return path


def quantized(name: str, source: Path) -> Path:
    """The int8 file, by srfast's own photographs, whatever its speed is here: the table shows it."""
    path = source.with_suffix(".int8.onnx")
    if not path.exists():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that it lost much or gained nothing: the table says it
            report = srfast.quantize(source, path, force=True)
        print(
            f"{name}: int8 with {report.chosen.kept} in float, lost {report.chosen.lost:.3f} dB", flush=True
        )
    return path


def lost_on_set5(source: Path, rounded: Path, scale: int) -> Row | None:
    folder = data()
    if folder is None:
        return None
    pairs = read_pairs(folder / f"Set5/x{scale}", folder / f"Set5/x{scale}", scale)
    one, other = (mean(evaluate(srfast.Upscaler(path, color="rgb").run, pairs)) for path in (source, rounded))
    return {"y": one.psnr_y - other.psnr_y, "rgb": one.psnr_rgb - other.psnr_rgb}


# --- the rows


def network_row(
    name: str, scale: int, size: tuple[int, int], peers: tuple[str, ...], rounds: int, *, int8: bool
) -> Row:
    source = exported(name, scale)
    also = [quantized(name, source)] if int8 else []
    found = srfast.benchmark(
        source,
        size=size,
        against=peers,
        also=also,
        weights=weights(name) if "torch" in peers else None,
        rounds=rounds,
    )
    row = found.to_json()
    row["ratios"] = {
        over.name: {one.name: found.ratio(one.name, to=over.name) for one in found.measured}
        for over in found.measured
    }
    row["lost"] = lost_on_set5(source, also[0], scale) if also else None
    return row


def srcnn() -> Row:
    return network_row("srcnn", 3, (256, 256), PEERS, 9, int8=True)


def srvgg() -> Row:
    return network_row("srvgg", 4, (256, 256), PEERS[:-1], 7, int8=True)


def espcn() -> Row:
    return network_row("espcn", 2, (1920, 1080), ("ort",), 9, int8=False)


def pack() -> Row:
    times = pack_unpack.measured()
    both = {
        name: [one + other for one, other in zip(ways[0], ways[1], strict=True)]
        for name, ways in times.items()
        if len(ways) > 1  # others convert one way only
    }
    ours = next(iter(both))
    rows = {}
    for name, values in both.items():
        ratios = [theirs / mine for theirs, mine in zip(values, both[ours], strict=True)]
        rows[name] = {"ms": statistics.median(values), "ratio": quartiles(ratios)}
    return {"rows": rows, "rounds": pack_unpack.ROUNDS}


def overhead() -> Row:
    times = run_overhead.measured(256, 256)
    shares = [
        (whole - bare - kernels) / whole
        for whole, bare, kernels in zip(times["run"], times["bare"], times["kernels"], strict=True)
    ]
    return {"ms": statistics.median(times["run"]), "share": quartiles(shares), "rounds": run_overhead.ROUNDS}


ROWS: dict[str, Callable[[], Row]] = {
    "srcnn": srcnn,
    "srvgg": srvgg,
    "espcn": espcn,
    "pack": pack,
    "overhead": overhead,
}


def quartiles(values: list[float]) -> tuple[float, float, float]:
    low, middle, high = statistics.quantiles(values, n=4, method="inclusive")
    return low, middle, high


# --- what is shown


TITLES = {
    "srcnn": "SRCNN 9-1-5 x3, 256x256 in",
    "srvgg": "SRVGGNetCompact x4, 64 features, 16 convolutions, 256x256 in",
    "espcn": "ESPCN x2, 32 features, 1920x1080 in",
}
INT8 = "srfast, int8"


def called(name: str) -> str:
    return INT8 if name.endswith(".int8") else {"srfast": "srfast, float32"}.get(name, name)


def network_lines(title: str, row: Row) -> list[str]:
    measured = row["measured"]
    rounded = next((name for name in measured if name.endswith(".int8")), None)
    lines = [
        f"### {title}",
        "",
        f"{row['threads']} threads, medians of {row['rounds']} rounds (quartiles). {row['stamp']}",
        "",
        f"| | ms | times srfast |{' times its int8 |' if rounded else ''} off by | version |",
        "|---|---|---|" + ("---|" if rounded else "") + "---|---|",
    ]
    for name, one in measured.items():
        low, high = (value * 1e3 for value in one["quartiles"])
        cells = [
            called(name),
            f"{one['median'] * 1e3:.1f} ({low:.1f}-{high:.1f})",
            *(spread(row["ratios"][over][name]) for over in ("srfast", rounded) if over),
            f"{one['off_by']} ({one['share_off']:.2%})",
            one["version"],
        ]
        lines.append(f"| {' | '.join(cells)} |")
    lines += ["", "Off by: the most that a value of 255 differs from srfast's, and how many do."]
    if row["lost"]:
        lines[-1] += (
            f" int8 loses {row['lost']['y']:.3f} dB (luma) and {row['lost']['rgb']:.3f} dB (RGB) on Set5."
        )
    for name, one in row["not_measured"].items():
        lines.append(f"Not measured: {name}, {one['reason']}.")
    return [*lines, ""]


def spread(ratio: list[float]) -> str:
    low, middle, high = ratio
    return f"{middle:.2f} ({low:.2f}-{high:.2f})"


def page(rows: dict[str, Row]) -> str:
    lines = [machine_line(), ""]
    for name, title in TITLES.items():
        if name in rows:
            lines += network_lines(title, rows[name])
            if name == "srcnn":
                lines += ["![srfast beside other libraries, milliseconds](speed.png)", ""]
    if "pack" in rows:
        row = rows["pack"]
        lines += [
            "### Pixels to planes and back, 3840x2160",
            "",
            f"One thread or as it says, medians of {row['rounds']} rounds (quartiles). {row['stamp']}",
            "",
            "| | ms | times the first row |",
            "|---|---|---|",
            *(f"| {name} | {one['ms']:.2f} | {spread(one['ratio'])} |" for name, one in row["rows"].items()),
            "",
        ]
    if "overhead" in rows:
        row = rows["overhead"]
        low, middle, high = (100 * value for value in row["share"])
        lines += [
            "### What a run adds",
            "",
            f"fast-x3, 256x256, one thread: of {row['ms']:.1f} ms, {middle:.2f} % ({low:.2f} to {high:.2f}) "
            f"are neither ONNX Runtime's nor the kernels'; medians of {row['rounds']} rounds (quartiles). "
            f"{row['stamp']}",
            "",
        ]
    return "\n".join(lines)


def machine_line() -> str:
    versions = f"Python {platform.python_version()}, NumPy {np.__version__}, onnx {onnx.__version__}"
    return f"{machine()}. {versions}, srfast {srfast.__version__}."


def write_page(rows: dict[str, Row]) -> None:
    text = PAGE.read_text("utf-8")
    before, found, rest = text.partition(BEGIN)
    _, closed, after = rest.partition(END)
    assert found, f"{PAGE} has lost its marks"
    assert closed, f"{PAGE} has lost its marks"
    PAGE.write_text(f"{before}{BEGIN}\n{page(rows)}\n{END}{after}", "utf-8")


def draw(rows: dict[str, Row]) -> None:
    matplotlib.use("Agg")
    from matplotlib import pyplot

    shown = [name for name in ("srcnn", "srvgg") if name in rows]
    figure, axes = pyplot.subplots(1, len(shown), figsize=(5.5 * len(shown), 3.6), squeeze=False)
    for axis, name in zip(axes[0], shown, strict=True):
        measured = rows[name]["measured"]
        order = sorted(measured, key=lambda each: -measured[each]["median"])
        colours = ["#c5561e" if called(each).startswith("srfast") else "#8a94a0" for each in order]
        bars = axis.barh(
            [called(each) for each in order],
            [measured[each]["median"] * 1e3 for each in order],
            color=colours,
        )
        axis.bar_label(bars, fmt="%.0f", padding=3)
        axis.set_title(TITLES[name].replace(", 64 features, 16 convolutions", ""), fontsize=10)
        axis.set_xlabel("ms a picture, pixels to pixels")
        axis.spines[["top", "right"]].set_visible(False)
        axis.margins(x=0.15)
    figure.tight_layout()
    figure.savefig(PLOT, dpi=110)
    pyplot.close(figure)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--only",
        metavar="ROWS",
        type=lambda text: text.split(","),
        help=f"measure these rows again: {', '.join(ROWS)}",
    )
    parser.add_argument("--fresh", action="store_true", help="make networks and figures anew")
    options = parser.parse_args()
    if unknown := set(options.only or ()) - set(ROWS):
        parser.error(f"there is no row {', '.join(sorted(unknown))}; there are: {', '.join(ROWS)}")
    FOLDER.mkdir(parents=True, exist_ok=True)
    if options.fresh:
        for file in FOLDER.iterdir():
            file.unlink()
    for name, measure in ROWS.items():
        file = FOLDER / f"{name}.json"
        if name in options.only if options.only else not file.exists():
            print(f"{name} ...", flush=True)
            # The load on the cores before it began tells whether the machine had something else to do.
            stamp = f"{datetime.date.today():%Y-%m-%d}, load {os.getloadavg()[0]:.1f}."
            row = measure() | {"stamp": stamp}
            file.write_text(json.dumps(row, indent=1))
    rows = {name: json.loads(file.read_text()) for name in ROWS if (file := FOLDER / f"{name}.json").exists()}
    write_page(rows)
    if {"srcnn", "srvgg"}.intersection(rows):
        draw(rows)
    print(page(rows))


if __name__ == "__main__":
    main()
