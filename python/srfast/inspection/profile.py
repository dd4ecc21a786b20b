"""Where the time goes in a network: ONNX Runtime's kernels, given back to the nodes of the file.

ONNX Runtime rewrites the graph before it runs it. Most nodes keep their names, or a part of them; a
convolution that it moves to its own layout is named after the tensor that the convolution made. By these
names each kernel is given to a node of the file; what lies between two such nodes was fused into the latter,
or into a convolution before it. Kernels with names of another kind are listed as ONNX Runtime's own.
"""

from __future__ import annotations

import dataclasses
import json
import re
import statistics
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy.typing as npt
import onnx

from srfast import _core, scratch
from srfast.dependencies import require
from srfast.errors import RunError

# Enough for a median, and no more than so many seconds.
_MOST_RUNS = 10
_SECONDS = 4.0
_NAME = "srfast_node_"

# Operators that ONNX Runtime can make a part of the convolution before them.
_JOINED_TO_CONVOLUTION = (
    "Add",
    "BatchNormalization",
    "Clip",
    "HardSigmoid",
    "LeakyRelu",
    "Mul",
    "Relu",
    "Sigmoid",
    "Tanh",
)


@dataclasses.dataclass(frozen=True)
class Profile:
    """How long the kernels of a network took.

    Attributes:
        milliseconds: The time of all kernels of one run: the sum of each one's median.
        runs: How many runs the medians are of, after one that is not counted.
        threads: The threads that ONNX Runtime had.
        nodes: Milliseconds by the place of the node in the file that a kernel was given to.
        joined: Nodes that were fused into another one: their place, and that of the node that has the time.
        vanished: The places of nodes that are in no kernel: constants, and what ONNX Runtime took out.
        own: Kernels of ONNX Runtime that stand for no node, such as "ReorderOutput", in milliseconds.
    """

    milliseconds: float
    runs: int
    threads: int
    nodes: Mapping[int, float]
    joined: Mapping[int, int]
    vanished: Sequence[int]
    own: Mapping[str, float]


def profile(
    model: onnx.ModelProto, feeds: Mapping[str, npt.NDArray[Any]], macs: Sequence[int | None]
) -> Profile:
    """Runs a network a few times with ONNX Runtime's profiler, on the CPU.

    Args:
        model: The network with its weights, as the file has it. Not modified.
        feeds: What its inputs get.
        macs: The multiplications of each node, by which the main one of several fused ones is chosen.

    Returns:
        The times. No file is left behind.

    Raises:
        RunError: ONNX Runtime cannot run the network.
        DependencyError: onnxruntime cannot be imported.
    """
    require("onnxruntime", extra="export")
    import onnxruntime

    threads = _core.usable_cpus()
    with scratch.folder() as folder:
        options = onnxruntime.SessionOptions()
        options.enable_profiling = True
        options.profile_file_prefix = str(Path(folder, "profile"))
        options.intra_op_num_threads = threads
        options.log_severity_level = 4
        try:
            session = onnxruntime.InferenceSession(
                _named(model).SerializeToString(), options, providers=["CPUExecutionProvider"]
            )
            start = time.perf_counter()
            session.run(None, dict(feeds))
            runs = max(1, min(_MOST_RUNS, int(_SECONDS / (time.perf_counter() - start))))
            for _ in range(runs):
                session.run(None, dict(feeds))
            events = json.loads(Path(session.end_profiling()).read_text("utf-8", "replace"))
        except Exception as error:  # ONNX Runtime's exceptions have no base class of their own
            raise RunError(f"ONNX Runtime cannot run the network: {error}") from error
    return _assigned(model.graph, _kernels(events, runs), macs, runs, threads)


@dataclasses.dataclass(frozen=True)
class _Kernel:
    """A node of the graph that ONNX Runtime made, and its time."""

    name: str
    operator: str
    milliseconds: float


def _kernels(events: Sequence[Mapping[str, Any]], runs: int) -> list[_Kernel]:
    durations: dict[tuple[str, str, str], list[float]] = {}
    for event in events:
        if event.get("cat") == "Node" and str(event["name"]).endswith("_kernel_time"):
            arguments = event["args"]
            key = (
                str(event["name"]).removesuffix("_kernel_time"),
                str(arguments.get("op_name", "")),
                str(arguments.get("node_index", "")),
            )
            durations.setdefault(key, []).append(float(event["dur"]) / 1000)
    # The first run is left out. A node of a loop's body has several times a run; they are added up.
    return [
        _Kernel(name, operator, statistics.median(_per_run(times, runs + 1)[1:]))
        for (name, operator, _), times in durations.items()
    ]


def _per_run(times: list[float], runs: int) -> list[float]:
    if len(times) % runs:
        return [sum(times) / runs] * runs
    each = len(times) // runs
    return [sum(times[run * each : (run + 1) * each]) for run in range(runs)]


def _assigned(
    graph: onnx.GraphProto, kernels: Sequence[_Kernel], macs: Sequence[int | None], runs: int, threads: int
) -> Profile:
    maker = {name: place for place, node in enumerate(graph.node) for name in node.output if name}
    readers: dict[str, list[int]] = {}
    for place, node in enumerate(graph.node):
        for name in node.input:
            readers.setdefault(name, []).append(place)

    nodes: dict[int, float] = {}
    own: dict[str, float] = {}
    for kernel in kernels:
        found = _place(kernel, maker)
        if found is None:
            own[kernel.operator] = own.get(kernel.operator, 0.0) + kernel.milliseconds
        else:
            nodes[found] = nodes.get(found, 0.0) + kernel.milliseconds

    joined: dict[int, int] = {}
    # Backwards: what a kernel's last node is computed from, up to the tensors that other kernels make.
    for place in sorted(nodes):
        waiting = [maker[name] for name in graph.node[place].input if name in maker]
        while waiting:
            before = waiting.pop()
            alone = all(set(readers.get(name, [])) <= {place, *joined} for name in graph.node[before].output)
            if (
                before not in nodes
                and before not in joined
                and alone
                and graph.node[before].op_type != "Constant"
            ):
                joined[before] = place
                waiting += [maker[name] for name in graph.node[before].input if name in maker]
    # Forwards: what follows a convolution that ONNX Runtime named after it.
    for place in sorted(nodes):
        at = place
        while True:
            after = [reader for name in graph.node[at].output for reader in readers.get(name, [])]
            if len(after) != 1 or after[0] in nodes or after[0] in joined:
                break
            if (
                "Conv" not in graph.node[place].op_type
                or graph.node[after[0]].op_type not in _JOINED_TO_CONVOLUTION
            ):
                break
            at = after[0]
            joined[at] = place

    # The time of a group goes to the node that does most of the work.
    groups: dict[int, list[int]] = {place: [place] for place in nodes}
    for place, head in joined.items():
        groups[head].append(place)
    main = {head: max(group, key=lambda at: (macs[at] or 0, at == head)) for head, group in groups.items()}
    vanished = [place for place in range(len(graph.node)) if place not in nodes and place not in joined]
    return Profile(
        milliseconds=sum(kernel.milliseconds for kernel in kernels),
        runs=runs,
        threads=threads,
        nodes={main[head]: spent for head, spent in nodes.items()},
        joined={at: main[head] for head, group in groups.items() for at in group if at != main[head]},
        vanished=vanished,
        own=own,
    )


def _place(kernel: _Kernel, maker: Mapping[str, int]) -> int | None:
    """The node of the file that a kernel is named after."""
    if found := re.search(rf"{_NAME}(\d+)_", kernel.name):
        return int(found[1])
    return maker.get(re.sub(r"_nchwc(_token_\d+)?$", "", kernel.name))


def _named(model: onnx.ModelProto) -> onnx.ModelProto:
    """The model with names by which its nodes are known again: some have none, or one of several."""
    named = onnx.ModelProto()
    named.CopyFrom(model)
    for place, node in enumerate(named.graph.node):
        node.name = f"{_NAME}{place}_"
    return named
