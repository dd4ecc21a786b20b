"""Graphs whose receptive field is asked for, and how it is measured."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import helper, numpy_helper

from srfast.receptive_field import ReceptiveField, Sides, receptive_field

Nodes = Sequence[onnx.NodeProto]
Weights = dict[str, np.ndarray]


def network(
    nodes: Nodes,
    weights: Mapping[str, np.ndarray] | None = None,
    *,
    channels: int = 4,
    opset: int = 17,
    size: Sequence[int | str] = ("h", "w"),
) -> onnx.ModelProto:
    """A model from "input" to the last node's first output."""
    batch = "n" if isinstance(size[0], str) else 1
    graph = helper.make_graph(
        nodes,
        "test",
        [helper.make_tensor_value_info("input", onnx.TensorProto.FLOAT, (batch, channels, *size))],
        [helper.make_tensor_value_info(nodes[-1].output[0], onnx.TensorProto.FLOAT, None)],
        [numpy_helper.from_array(value, name) for name, value in (weights or {}).items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)


class Chain:
    """A chain of operators; every method adds one."""

    def __init__(self, channels: int = 4, seed: int = 0) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.weights: Weights = {}
        self.channels = channels
        self.input_channels = channels
        self.last = "input"
        self.random = np.random.default_rng(seed)

    def constant(self, value: object, dtype: type = np.float32) -> str:
        name = f"constant{len(self.weights)}"
        self.weights[name] = np.asarray(value, dtype)
        return name

    def add(
        self, operator: str, *more: str, inputs: Sequence[str] | None = None, **attributes: object
    ) -> Chain:
        taken = [self.last, *more] if inputs is None else list(inputs)
        self.last = f"tensor{len(self.nodes)}"
        self.nodes.append(
            helper.make_node(operator, taken, [self.last], f"node{len(self.nodes)}", **attributes)
        )
        return self

    # Positive weights and inputs: nothing cancels out, and no ReLU hides a dependence.
    def kernel(self, *shape: int) -> str:
        return self.constant(self.random.uniform(0.5, 1.5, shape) / np.prod(shape[1:]))

    def conv(self, kernel: tuple[int, int] = (3, 3), out: int | None = None, **attributes: object) -> Chain:
        out = out or self.channels
        into = self.channels // int(attributes.get("group", 1))
        self.add("Conv", self.kernel(out, into, *kernel), **attributes)
        self.channels = out
        return self

    def deconv(self, kernel: tuple[int, int] = (4, 4), out: int | None = None, **attributes: object) -> Chain:
        out = out or self.channels
        self.add("ConvTranspose", self.kernel(self.channels, out, *kernel), **attributes)
        self.channels = out
        return self

    def resize(self, scale: float, **attributes: object) -> Chain:
        return self.add("Resize", "", self.constant([1, 1, scale, scale]), **attributes)

    def shuffle(self, block: int, mode: str = "CRD") -> Chain:
        self.channels //= block**2
        return self.add("DepthToSpace", blocksize=block, mode=mode)

    def model(self, **options: object) -> onnx.ModelProto:
        return network(self.nodes, self.weights, channels=self.input_channels, **options)


def session(model: onnx.ModelProto) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 4
    return onnxruntime.InferenceSession(model.SerializeToString(), options, ["CPUExecutionProvider"])


def bounded(model: onnx.ModelProto) -> ReceptiveField:
    field = receptive_field(model)
    assert isinstance(field, ReceptiveField), str(field)
    return field


def measured(model: onnx.ModelProto, field: ReceptiveField, more: int = 0) -> Sides:
    """The halo, from which output rows and columns change when an input row or column does."""
    run = session(model)
    name, channels = run.get_inputs()[0].name, run.get_inputs()[0].shape[1]
    halo, result = field.halo, []
    around = [(halo.top, halo.bottom), (halo.left, halo.right)]
    length = [
        -(-(sum(around[axis]) + 7 + more) // field.alignment[axis] + 1) * field.alignment[axis]
        for axis in (0, 1)
    ]
    random = np.random.default_rng(1)
    image = random.uniform(1, 2, (1, channels, *length)).astype(np.float32)
    for axis in (0, 1):
        batch = np.repeat(image, length[axis] + 1, axis=0)
        for place in range(length[axis]):
            index = (place, slice(None), place) if axis == 0 else (place, slice(None), slice(None), place)
            batch[index] += random.uniform(10, 20, batch[index].shape).astype(np.float32)
        out = run.run(None, {name: batch})[0]
        changed = (np.abs(out[:-1] - out[-1]) > 1e-4).any(axis=(1, 3 if axis == 0 else 2))
        margin = (field.margin.top, field.margin.left)[axis]
        before = after = 0
        for pixel in range(changed.shape[1]):
            (needed,) = np.nonzero(changed[:, pixel])
            place = math.floor((pixel + margin) / field.scale)
            if len(needed):
                before, after = max(before, place - needed[0]), max(after, needed[-1] - place)
        result.append((int(before), int(after)))
    return Sides(result[0][0], result[1][0], result[0][1], result[1][1])


def assert_contains(derived: Sides, actual: Sides) -> None:
    assert derived.top >= actual.top
    assert derived.left >= actual.left
    assert derived.bottom >= actual.bottom
    assert derived.right >= actual.right


def assert_tiles_are_exact(
    model: onnx.ModelProto, field: ReceptiveField, seed: int = 0, tiles: int = 6, atol: float = 2e-5
) -> None:
    """Compares random tiles that keep the conditions of the docstring with the whole, where they are kept."""
    run, random = session(model), np.random.default_rng(seed)
    name, channels = run.get_inputs()[0].name, run.get_inputs()[0].shape[1]
    margins = ((field.margin.top, field.margin.bottom), (field.margin.left, field.margin.right))
    halos = ((field.halo.top, field.halo.bottom), (field.halo.left, field.halo.right))
    shortest = [
        -(-max(sum(halos[axis]) + 1, field.shortest[axis]) // field.alignment[axis]) * field.alignment[axis]
        for axis in (0, 1)
    ]
    size = [shortest[axis] + int(random.integers(1, 9)) * field.alignment[axis] for axis in (0, 1)]
    image = random.uniform(-1, 1, (1, channels, *size)).astype(np.float32)
    whole = run.run(None, {name: image})[0]
    expected = [size[axis] * field.scale - sum(margins[axis]) for axis in (0, 1)]
    assert list(whole.shape[2:]) == expected
    for _ in range(tiles):
        cut, kept, kept_of_tile = [], [], []
        for axis in (0, 1):
            align = field.alignment[axis]
            # Half of the tiles touch a border.
            length = int(random.integers(shortest[axis] // align, size[axis] // align + 1)) * align
            start = int(random.choice([0, size[axis] - length, random.integers(0, size[axis] - length + 1)]))
            start = start // align * align
            end = start + length
            first = 0 if start == 0 else start + halos[axis][0]
            last = size[axis] if end == size[axis] else end - halos[axis][1]
            low = max(math.ceil(first * field.scale) - margins[axis][0], 0)
            high = min(math.ceil(last * field.scale) - margins[axis][0], whole.shape[2 + axis])
            shift = int(start * field.scale)
            cut.append(slice(start, end))
            kept.append(slice(low, high))
            kept_of_tile.append(slice(low - shift, high - shift))
        part = run.run(None, {name: image[:, :, cut[0], cut[1]]})[0]
        np.testing.assert_allclose(
            part[:, :, kept_of_tile[0], kept_of_tile[1]], whole[:, :, kept[0], kept[1]], rtol=0, atol=atol
        )


def torch_model(network: object, *, opset: int = 17, size: tuple[int, int] | None = None) -> onnx.ModelProto:
    """What PyTorch's TorchScript exporter makes of a network."""
    import io
    import warnings

    torch = pytest.importorskip("torch")
    file = io.BytesIO()
    channels = next(network.parameters()).shape[1]
    axes = {"input": {0: "n", 2: "h", 3: "w"}, "output": {0: "n", 2: "H", 3: "W"}}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # PyTorch about its own exporter
        torch.onnx.export(
            network.eval(),
            torch.rand(1, channels, *(size or (12, 20))),
            file,
            opset_version=opset,
            input_names=["input"],
            output_names=["output"],
            dynamic_axes=axes if size is None else None,
            dynamo=False,
        )
    return onnx.load_from_string(file.getvalue())


def srvgg(convolutions: int = 16, scale: int = 4) -> Chain:
    chain = Chain(3).conv(out=8, pads=[1, 1, 1, 1])
    for _ in range(convolutions):
        chain.add("PRelu", chain.constant(np.full((8, 1, 1), 0.2))).conv(pads=[1, 1, 1, 1])
    chain.add("PRelu", chain.constant(np.full((8, 1, 1), 0.2))).conv(out=3 * scale**2, pads=[1, 1, 1, 1])
    chain.shuffle(scale)
    deep = chain.last
    chain.add("Resize", inputs=["input", "", chain.constant([1, 1, scale, scale])], mode="nearest")
    return chain.add("Add", deep)
