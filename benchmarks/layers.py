"""Where the time of SRCNN and of SRVGGNetCompact goes, layer by layer, in float and in 8-bit integers.

Each network is rewritten as `Upscaler` does it, and run by ONNX Runtime's profiler on one core. Beside each
layer stands how many multiplications a second it does, and above the tables how many ONNX Runtime does on the
same core in a product of two matrices of 1024x1024, which has nothing to do but multiply. The rest of a run
is srfast's own, and not a matter of layers (`run_overhead.py`, `pack_unpack.py`).

Run: python benchmarks/layers.py       (the networks are those of table.py, made where they are missing)
"""

from __future__ import annotations

import os
import statistics
import time
from pathlib import Path

import numpy as np
import onnxruntime as ort
from onnx import TensorProto, helper, numpy_helper
from table import FOLDER, exported, quantized

import srfast
from srfast.bench import machine
from srfast.inspection.report import NodeReport

SIDE = 1024
ROUNDS = 15
# Of what the graphs are fed with for an image of 256x256: SRCNN's has been enlarged by then.
SIDES = {"srcnn": 768, "srvgg": 256}
SMALL = 0.02  # kinds of layers with a smaller share of the time are put together


def matrix_products(integers: bool) -> float:
    """10^9 multiplications a second of a product of two square matrices."""
    kind = TensorProto.UINT8 if integers else TensorProto.FLOAT
    weights = np.random.default_rng(0).integers(-64, 64, (SIDE, SIDE))
    graph = helper.make_graph(
        [helper.make_node("MatMulInteger" if integers else "MatMul", ["a", "b"], ["c"])],
        "product",
        [helper.make_tensor_value_info("a", kind, [SIDE, SIDE])],
        [helper.make_tensor_value_info("c", TensorProto.INT32 if integers else kind, [SIDE, SIDE])],
        [numpy_helper.from_array(weights.astype(np.int8 if integers else np.float32), "b")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    session = ort.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    feeds = {"a": np.ones((SIDE, SIDE), np.uint8 if integers else np.float32)}
    times = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        session.run(None, feeds)
        times.append(time.perf_counter() - start)
    return SIDE**3 / statistics.median(times) / 1e9


def kind(node: NodeReport) -> str:
    """What layers have in common that are counted as one line."""
    kernel = node.attributes.get("kernel_shape")
    made = "x".join(str(side) for side in node.output_shapes[0] or ())
    return (
        f"{node.operator} {'x'.join(map(str, kernel))} to {made}" if kernel else f"{node.operator} to {made}"
    )


def show(title: str, file: Path, side: int) -> None:
    found = srfast.inspect_model(file, size=(side, side), profile=True)
    assert found.profile is not None
    whole = found.profile.milliseconds
    print(
        f"\n{title}: {whole:.0f} ms\n\n| layers | how many | ms | share | 10^9 MAC/s |\n|---|---|---|---|---|"
    )
    alike: dict[str, list[NodeReport]] = {}
    for node in found.nodes:
        if node.milliseconds:
            alike.setdefault(kind(node), []).append(node)
    rows = [
        (
            name,
            len(nodes),
            sum(node.milliseconds or 0 for node in nodes),
            sum(node.macs or 0 for node in nodes),
        )
        for name, nodes in alike.items()
    ]
    rows += [
        (f"{operator}, ONNX Runtime's own", 1, spent, 0) for operator, spent in found.profile.own.items()
    ]
    for name, count, spent, macs in rows:
        if spent >= SMALL * whole:
            rate = f"{macs / spent / 1e6:.0f}" if macs else ""
            print(f"| {name} | {count} | {spent:.1f} | {spent / whole:.0%} | {rate} |")
    rest = sum(spent for _, _, spent, _ in rows if spent < SMALL * whole)
    print(f"| others | | {rest:.1f} | {rest / whole:.0%} | |")


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    files = {}
    for name, scale in (("srcnn", 3), ("srvgg", 4)):
        plain = exported(name, scale)
        for kind, source in (("float32", plain), ("int8", quantized(name, plain))):
            files[f"{name}, {kind}"] = source.with_suffix(".srfast.onnx")
            srfast.optimize(source, files[f"{name}, {kind}"], force=True)
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    print(f"{machine()}, one of them; onnxruntime {ort.__version__}, srfast {srfast.__version__}")
    for integers in (False, True):
        kind = "8-bit integers" if integers else "float32"
        print(f"matrix product, {kind}: {matrix_products(integers):.0f} x 10^9 MAC/s")
    for title, file in files.items():
        show(title, file, SIDES[title.partition(",")[0]])


if __name__ == "__main__":
    main()
