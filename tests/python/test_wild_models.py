"""Other people's files: one of every kind, against ONNX Runtime and NumPy, whole, in tiles, and native."""

from __future__ import annotations

import dataclasses
import warnings
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")

import numpy as np
import onnx
import onnxruntime
import torch
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

import onnx_files
import srfast
from srfast import _core, runtime_library

FLOAT, HALF, INT64 = TensorProto.FLOAT, TensorProto.FLOAT16, TensorProto.INT64
Side = int | str


def kernel(out: int, into: int, size: int, seed: int = 0) -> NDArray[np.float32]:
    random = np.random.default_rng(seed)
    return (random.standard_normal((out, into, size, size)) / np.sqrt(into) / size).astype(np.float32)


def model(
    nodes: Sequence[onnx.NodeProto],
    weights: Mapping[str, NDArray[Any]],
    *,
    inputs: Mapping[str, tuple[int, Sequence[Side]]] | None = None,
    outputs: Mapping[str, tuple[int, Sequence[Side]]] | None = None,
    opset: int = 17,
    ir: int = 8,
    weights_as_inputs: bool = False,
) -> bytes:
    def infos(entries: Mapping[str, tuple[int, Sequence[Side]]]) -> list[onnx.ValueInfoProto]:
        return [helper.make_tensor_value_info(name, kind, shape) for name, (kind, shape) in entries.items()]

    initializers = [numpy_helper.from_array(value, name) for name, value in weights.items()]
    given = infos(inputs or {"input": (FLOAT, (1, 3, "h", "w"))})
    if weights_as_inputs:
        given += [
            helper.make_tensor_value_info(each.name, each.data_type, each.dims) for each in initializers
        ]
    made = infos(outputs or {"output": (FLOAT, (1, 3, "H", "W"))})
    graph = helper.make_graph(nodes, "somebody's", given, made, initializers)
    opsets = [helper.make_opsetid("", opset)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=ir).SerializeToString()


def same_convolutions(
    scale: int, channels: int = 3, names: Sequence[str] = ("input", "output"), **options: Any
) -> bytes:
    """Two padded convolutions and a pixel shuffle; the output spreads around a half."""
    first, last = names
    weights = {
        "w1": kernel(8, channels, 3),
        "w2": kernel(channels * scale * scale, 8, 3),
        "bias": np.full(channels * scale * scale, 0.5, np.float32),
    }
    nodes = [
        helper.make_node("Conv", [first, "w1"], ["a"], pads=[1] * 4),
        helper.make_node("Relu", ["a"], ["b"]),
        helper.make_node("Conv", ["b", "w2", "bias"], ["c"], pads=[1] * 4),
        helper.make_node("DepthToSpace", ["c"], [last], blocksize=scale),
    ]
    return model(nodes, weights, **options)


def valid_convolutions(**options: Any) -> bytes:
    """As waifu2x's upconv_7: nothing is padded, so 6 pixels of x2 are missing at each side."""
    weights = {
        "w1": kernel(8, 3, 3),
        "w2": kernel(8, 8, 3),
        "w3": kernel(8, 3, 4),
        "bias": np.full(3, 0.5, np.float32),
    }
    nodes = [
        helper.make_node("Conv", ["input", "w1"], ["a"]),
        helper.make_node("LeakyRelu", ["a"], ["b"], alpha=0.1),
        helper.make_node("Conv", ["b", "w2"], ["c"]),
        helper.make_node("ConvTranspose", ["c", "w3", "bias"], ["output"], strides=[2, 2], pads=[3] * 4),
    ]
    return model(nodes, weights, **options)


def squeezed_and_excited() -> bytes:
    """As waifu2x's cunet: a step down and up, a global pooling, no padding, and multiples of 4 alone."""
    weights = {
        "w1": kernel(8, 3, 3),
        "down": kernel(8, 8, 2),
        "downer": kernel(8, 8, 2, seed=1),
        "gate": kernel(8, 8, 1),
        "up": kernel(8, 8, 4),
        "last": 3 * kernel(3, 8, 3),
        "bias": np.full(3, 0.5, np.float32),
        "crop_from": np.array([0, 0, 2, 2], np.int64),
        "crop_to": np.array([9999, 9999, -2, -2], np.int64),
    }
    nodes = [
        helper.make_node("Conv", ["input", "w1"], ["a"], pads=[1] * 4),
        helper.make_node("Relu", ["a"], ["b"]),
        helper.make_node("Conv", ["b", "down"], ["half"], strides=[2, 2]),
        helper.make_node("Conv", ["half", "downer"], ["quarter"], strides=[2, 2]),
        helper.make_node("GlobalAveragePool", ["quarter"], ["mean"]),
        helper.make_node("Conv", ["mean", "gate"], ["g"]),
        helper.make_node("Sigmoid", ["g"], ["s"]),
        helper.make_node("Mul", ["quarter", "s"], ["m"]),
        helper.make_node("ConvTranspose", ["m", "up"], ["large"], strides=[4, 4]),
        helper.make_node("Add", ["large", "b"], ["sum"]),
        helper.make_node("Slice", ["sum", "crop_from", "crop_to"], ["cropped"]),
        helper.make_node("Conv", ["cropped", "last", "bias"], ["output"]),
    ]
    return model(nodes, weights)


def resized_by(kind: str, values: NDArray[Any] | None = None) -> bytes:
    """A convolution of an image that an extra input tells how much to enlarge."""
    weights = {"w": kernel(3, 3, 3), "none": np.array([], np.float32)}
    resize = {"mode": "nearest", "coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}
    scales = ["input", "none", "scales"]
    ones = helper.make_node("Constant", [], ["ones"], value=numpy_helper.from_array(np.ones(2, np.float32)))
    nodes = {
        "four floats": [helper.make_node("Resize", ["input", "none", "factor"], ["large"], **resize)],
        "two integers": [
            ones,
            helper.make_node("Cast", ["factor"], ["floats"], to=FLOAT),
            helper.make_node("Concat", ["ones", "floats"], ["scales"], axis=0),
            helper.make_node("Resize", scales, ["large"], **resize),
        ],
        "one float": [
            ones,
            helper.make_node("Concat", ["ones", "factor", "factor"], ["scales"], axis=0),
            helper.make_node("Resize", scales, ["large"], **resize),
        ],
        "its shape": [
            helper.make_node("Shape", ["factor"], ["shape"]),
            helper.make_node("Cast", ["shape"], ["scales"], to=FLOAT),
            helper.make_node("Resize", scales, ["large"], **resize),
        ],
    }[kind]
    shape = {
        "four floats": (FLOAT, (4,)),
        "two integers": (INT64, ("n",)),
        "one float": (FLOAT, (1,)),
        "its shape": (FLOAT, (1, 1, "s", "t")),
    }[kind]
    nodes = [*nodes, helper.make_node("Conv", ["large", "w"], ["output"], pads=[1] * 4)]
    return model(nodes, weights, inputs={"input": (FLOAT, (1, 3, "h", "w")), "factor": shape})


def halves(kinds: tuple[int, int]) -> bytes:
    """The same network in 16-bit floats, its input or its output or both."""
    weights = {"w1": kernel(8, 3, 3).astype(np.float16), "w2": kernel(12, 8, 3).astype(np.float16)}
    nodes = [
        helper.make_node("Cast", ["input"], ["i"], to=HALF),
        helper.make_node("Conv", ["i", "w1"], ["a"], pads=[1] * 4),
        helper.make_node("Relu", ["a"], ["b"]),
        helper.make_node("Conv", ["b", "w2"], ["c"], pads=[1] * 4),
        helper.make_node("DepthToSpace", ["c"], ["o"], blocksize=2),
        helper.make_node("Cast", ["o"], ["output"], to=kinds[1]),
    ]
    return model(
        nodes,
        weights,
        inputs={"input": (kinds[0], ("n", 3, "h", "w"))},
        outputs={"output": (kinds[1], ("n", 3, "H", "W"))},
    )


@dataclasses.dataclass(frozen=True)
class Wild:
    """A file, how it is tagged, and what it is."""

    content: bytes
    tags: Mapping[str, Any]
    scale: int
    margin: int = 0
    multiple: int = 1
    minimum: int = 1
    enlarged: int = 1
    feeds: Mapping[str, NDArray[Any]] = dataclasses.field(default_factory=dict)
    color: str = "rgb"
    range: tuple[float, float] = (0.0, 1.0)
    tiles: bool = True
    tolerance: int = 1


def fixed(height: int, width: int, scale: int, margin: int = 0, channels: int = 3) -> dict[str, Any]:
    out = (height * scale - 2 * margin, width * scale - 2 * margin)
    return {
        "inputs": {"input": (FLOAT, (1, channels, height, width))},
        "outputs": {"output": (FLOAT, (1, channels, *out))},
    }


RGB = {"color": "rgb", "range": (0.0, 1.0)}
KINDS: dict[str, Callable[[], Wild]] = {
    "free": lambda: Wild(same_convolutions(2), RGB, 2),
    "bgr 0..255": lambda: Wild(
        same_convolutions(2), {"color": "bgr", "range": (0, 255)}, 2, color="bgr", range=(0, 255)
    ),
    "square": lambda: Wild(same_convolutions(2, **fixed(32, 32, 2)), RGB, 2),
    "not square": lambda: Wild(same_convolutions(3, **fixed(40, 24, 3)), RGB, 3),
    "luma of one size": lambda: Wild(
        same_convolutions(2, 1, **fixed(32, 32, 2, channels=1)), {"color": "y", "range": (0, 1)}, 2, color="y"
    ),
    "full luma": lambda: Wild(
        same_convolutions(
            3,
            1,
            inputs={"input": (FLOAT, ("n", 1, "h", "w"))},
            outputs={"output": (FLOAT, ("n", 1, "H", "W"))},
        ),
        {"color": "y-full", "range": (0, 1)},
        3,
        color="y-full",
    ),
    "enlarged before": lambda: Wild(
        same_convolutions(1), RGB | {"scale": 3, "enlarge": "cubic"}, 3, enlarged=3
    ),
    "enlarged before and inside": lambda: Wild(
        same_convolutions(2), RGB | {"scale": 6, "enlarge": "cubic"}, 6, enlarged=3
    ),
    "valid convolutions": lambda: Wild(valid_convolutions(), RGB, 2, margin=6),
    "valid convolutions of one size": lambda: Wild(
        valid_convolutions(**fixed(48, 40, 2, margin=6)), RGB, 2, margin=6
    ),
    "global pooling": lambda: Wild(
        squeezed_and_excited(), RGB, 1, margin=3, multiple=4, minimum=28, tiles=False
    ),
    "four floats": lambda: Wild(
        resized_by("four floats"), RGB | {"scale": 3}, 3, feeds={"factor": np.array([1, 1, 3, 3], np.float32)}
    ),
    "two integers": lambda: Wild(
        resized_by("two integers"), RGB | {"scale": 2}, 2, feeds={"factor": np.array([2, 2])}
    ),
    "one float": lambda: Wild(
        resized_by("one float"),
        RGB | {"inputs": {"factor": 4}},
        4,
        feeds={"factor": np.array([4], np.float32)},
    ),
    "its shape": lambda: Wild(
        resized_by("its shape"), RGB | {"scale": 2}, 2, feeds={"factor": np.zeros((1, 1, 2, 2), np.float32)}
    ),
    "odd names": lambda: Wild(
        same_convolutions(
            2,
            names=("x:0/in put.\u5927", "1 + 1 = \u00df?"),
            inputs={"x:0/in put.\u5927": (FLOAT, ("", 3, "", ""))},
            outputs={"1 + 1 = \u00df?": (FLOAT, ("", 3, "", ""))},
        ),
        RGB,
        2,
    ),
    "weights among the inputs": lambda: Wild(
        same_convolutions(2, opset=8, ir=3, weights_as_inputs=True), RGB, 2
    ),
    "weights that may be replaced": lambda: Wild(
        same_convolutions(2, opset=12, ir=6, weights_as_inputs=True), RGB, 2
    ),
    "halves": lambda: Wild(halves((HALF, HALF)), RGB, 2, tolerance=2),
    "halves in": lambda: Wild(halves((HALF, FLOAT)), RGB, 2, tolerance=2),
    "halves out": lambda: Wild(halves((FLOAT, HALF)), RGB, 2, tolerance=2),
}


def by_numpy(wild: Wild, image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """What the conventions mean: RGB or gray in, the same out. A fixed size takes one image that fits."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    session = onnxruntime.InferenceSession(wild.content, options, providers=["CPUExecutionProvider"])
    given = session.get_inputs()[0]
    low, high = wild.range
    if wild.color == "y":  # studio range
        low, high = low + (high - low) * 16 / 255, low + (high - low) * 235 / 255
    planes = image[None].astype(np.float64) / 255 if image.ndim == 2 else image.transpose(2, 0, 1) / 255
    planes = (planes[::-1] if wild.color == "bgr" else planes) * (high - low) + low
    batch = torch.from_numpy(np.ascontiguousarray(planes))[None]
    if wild.enlarged > 1:
        batch = torch.nn.functional.interpolate(
            batch, scale_factor=wild.enlarged, mode="bicubic", align_corners=False
        )
    own = wild.scale // wild.enlarged
    before = -(-wild.margin // own)
    pads, sides = [(0, 0), (0, 0)], batch.shape[2:]
    for axis, side in enumerate(sides):
        taken = max(side + 2 * before, wild.minimum)
        taken = -(-taken // wild.multiple) * wild.multiple
        declared = given.shape[2 + axis]
        if isinstance(declared, int):
            assert taken <= declared
            taken = declared
        pads.append((before, taken - side - before))
    dtype = np.float16 if "float16" in given.type else np.float32
    fed = np.pad(batch.numpy(), pads, mode="reflect").astype(dtype)
    made = session.run(None, {given.name: fed, **wild.feeds})[0][0].astype(np.float64)
    first = own * before - wild.margin
    made = made[:, first : first + own * sides[0], first : first + own * sides[1]]
    made = (made - low) / (high - low)
    made = made[::-1] if wild.color == "bgr" else made
    made = made[0] if image.ndim == 2 else made.transpose(1, 2, 0)
    result: NDArray[np.uint8] = np.rint(made.clip(0, 1) * 255).astype(np.uint8)
    return result


def photograph(height: int, width: int, gray: bool) -> NDArray[np.uint8]:
    whole = np.load(Path(srfast.__file__).parent / "data" / "chelsea.npy")[:height, :width]
    return np.ascontiguousarray(whole[..., 1] if gray else whole)


def by_native_code_alone(file: Path, image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """As a C++ program runs it: by its metadata, without a look into the graph."""
    runtime_library.load()
    options = {"model_color": None, "model_range": None, "model_scale": None}
    native = _core.Upscaler.open_file(str(file), threads=1, memory_limit=0, providers=[], **options)
    result: NDArray[np.uint8] = native.run(image, None, None, True)
    return result


def require_equal(result: NDArray[np.uint8], expected: NDArray[np.uint8], tolerance: int = 1) -> None:
    assert result.shape == expected.shape
    difference = np.abs(result.astype(int) - expected)
    assert difference.max() <= tolerance
    # What another order of sums changes; halves round that to steps of a quarter of a value.
    few = 0.002 if tolerance == 1 else 0.2
    assert np.count_nonzero(difference) <= max(1, few * difference.size)
    assert expected.size < 1000 or expected.std() > 5  # an image, not a gray plane


def sizes(wild: Wild) -> list[tuple[int, int]]:
    shape = onnx.load_model_from_string(wild.content).graph.input[0].type.tensor_type.shape.dim[2:]
    if shape[0].dim_value:
        most = [(side.dim_value - 2 * -(-wild.margin // wild.scale)) for side in shape]
        return [(most[0], most[1]), (most[0] - 3, most[1] - 1), (1, 1)]
    return [(1, 1), (5, 2), (37, 50)]


@pytest.mark.parametrize("kind", KINDS)
def test_a_tagged_file_runs_as_its_tags_say(kind: str, tmp_path: Path) -> None:
    wild = KINDS[kind]()
    source, file = tmp_path / "wild.onnx", tmp_path / "tagged.onnx"
    source.write_bytes(wild.content)
    report = srfast.tag_onnx(source, file, **wild.tags)
    assert source.read_bytes() == wild.content
    assert report.conventions.scale == wild.scale
    onnx.checker.check_model(onnx.load(file), full_check=not kind.startswith("enlarged"))

    upscaler = srfast.Upscaler(file, color="rgb")  # a warning would be an error
    assert upscaler.scale == wild.scale
    assert upscaler.info.margin == (wild.margin,) * 4
    assert (upscaler.info.halo is not None) == wild.tiles
    for height, width in sizes(wild):
        image = photograph(height, width, gray=wild.color.startswith("y"))
        expected = by_numpy(wild, image)
        require_equal(upscaler.run(image), expected, wild.tolerance)
        require_equal(by_native_code_alone(file, image), expected, wild.tolerance)


@pytest.mark.parametrize("kind", [kind for kind, make in KINDS.items() if make().tiles])
def test_tiles_make_what_the_whole_makes(kind: str, tmp_path: Path) -> None:
    wild = KINDS[kind]()
    (tmp_path / "wild.onnx").write_bytes(wild.content)
    srfast.tag_onnx(tmp_path / "wild.onnx", **wild.tags)
    image = photograph(101, 90, gray=wild.color.startswith("y"))
    free = onnx.load_model_from_string(wild.content)
    for entry in (*free.graph.input[:1], *free.graph.output):
        for side in entry.type.tensor_type.shape.dim[2:]:
            side.Clear()
    expected = by_numpy(dataclasses.replace(wild, content=free.SerializeToString()), image)
    totals: list[int] = []
    tiled = srfast.Upscaler(tmp_path / "wild.onnx", color="rgb", memory_limit="900KB", threads=1)
    result = tiled.run(image, progress=lambda _, total: totals.append(total))
    assert totals[-1] > 1
    require_equal(result, expected, wild.tolerance)


@pytest.mark.parametrize("kind", [kind for kind, make in KINDS.items() if "enlarge" not in make().tags])
def test_without_tags_the_same_is_inferred(kind: str) -> None:
    wild = KINDS[kind]()
    options: dict[str, Any] = {"model_color": wild.tags["color"], "model_range": wild.tags["range"]}
    if wild.feeds:
        options["model_scale"] = wild.scale
        with pytest.raises(srfast.ModelError, match=r"2 inputs.*\"factor\".*srfast tag"):
            srfast.Upscaler(wild.content, model_color="rgb", model_range=1)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        upscaler = srfast.Upscaler(wild.content, color="rgb", **options)
    assert len(caught) == (1 if wild.scale == 1 else 0)
    height, width = sizes(wild)[0]
    image = photograph(height, width, gray=wild.color.startswith("y"))
    require_equal(upscaler.run(image), by_numpy(wild, image), wild.tolerance)


def test_what_was_assumed_is_said_once() -> None:
    content = same_convolutions(1)
    with pytest.warns(UserWarning, match="does not say") as caught:
        srfast.Upscaler(content)
    (warning,) = caught
    assert 'assuming model_color="rgb", model_range=(0, 1) and model_scale=1' in str(warning.message)
    assert "--enlarge cubic" in str(warning.message)
    with pytest.warns(UserWarning, match="assuming model_scale=1"):
        srfast.Upscaler(content, model_color="rgb", model_range=1)
    srfast.Upscaler(content, model_color="rgb", model_range=1, model_scale=1)


def test_a_network_that_looks_at_the_whole_says_so_where_it_does_not_fit(tmp_path: Path) -> None:
    nodes = [
        helper.make_node("GlobalAveragePool", ["input"], ["mean"]),
        helper.make_node("Sub", ["input", "mean"], ["output"]),
    ]
    (tmp_path / "net.onnx").write_bytes(model(nodes, {}, **fixed(16, 16, 1)))
    srfast.tag_onnx(tmp_path / "net.onnx", **RGB)
    upscaler = srfast.Upscaler(tmp_path / "net.onnx")
    assert upscaler.run(np.zeros((16, 16, 3), np.uint8)).shape == (16, 16, 3)
    with pytest.raises(srfast.ImageError, match="takes 16 x 16 only, and cannot be run in tiles"):
        upscaler.run(np.zeros((17, 16, 3), np.uint8))


# Operator sets and versions of the format


def old_and_new(opset: int, ir: int) -> bytes:
    """A network of what changed between the operator sets: resizing, padding, clipping."""
    weights: dict[str, NDArray[Any]] = {"w": kernel(3, 3, 3)}
    if opset >= 9:
        weights["scales"] = np.array([1, 1, 2, 2], np.float32)
    nodes = []
    if opset < 9:
        nodes.append(
            helper.make_node("Upsample", ["input"], ["large"], mode="nearest", scales=[1.0, 1, 2, 2])
        )
    elif opset < 10:
        nodes.append(helper.make_node("Upsample", ["input", "scales"], ["large"], mode="nearest"))
    elif opset < 11:
        nodes.append(helper.make_node("Resize", ["input", "scales"], ["large"], mode="nearest"))
    else:
        weights["roi"] = np.array([], np.float32)
        nodes.append(
            helper.make_node(
                "Resize",
                ["input", "roi", "scales"],
                ["large"],
                mode="nearest",
                nearest_mode="floor",
                coordinate_transformation_mode="asymmetric",
            )
        )
    if opset < 11:
        nodes.append(helper.make_node("Pad", ["large"], ["p"], mode="edge", pads=[0, 0, 1, 1, 0, 0, 1, 1]))
        nodes.append(helper.make_node("Clip", ["p"], ["c"], min=0.0, max=0.9))
    else:
        weights |= {
            "pads": np.array([0, 0, 1, 1, 0, 0, 1, 1]),
            "low": np.array(0, np.float32),
            "high": np.array(0.9, np.float32),
        }
        nodes.append(helper.make_node("Pad", ["large", "pads"], ["p"], mode="edge"))
        nodes.append(helper.make_node("Clip", ["p", "low", "high"], ["c"]))
    nodes.append(helper.make_node("Conv", ["c", "w"], ["output"]))
    return model(nodes, weights, opset=opset, ir=ir, weights_as_inputs=ir < 4)


@pytest.mark.parametrize(
    ("opset", "ir"), [(8, 3), (9, 4), (10, 5), (11, 6), (12, 7), (13, 7), (15, 8), (18, 8)]
)
def test_old_and_new_operator_sets(opset: int, ir: int, tmp_path: Path) -> None:
    wild = Wild(old_and_new(opset, ir), RGB, 2)
    (tmp_path / "net.onnx").write_bytes(wild.content)
    srfast.tag_onnx(tmp_path / "net.onnx", **RGB)
    image = photograph(40, 33, gray=False)
    expected = by_numpy(wild, image)
    for limit in (None, "60KB"):
        upscaler = srfast.Upscaler(tmp_path / "net.onnx", color="rgb", memory_limit=limit, threads=1)
        require_equal(upscaler.run(image), expected)


@pytest.mark.parametrize("optimize", [False, True])
@pytest.mark.parametrize("size", [(63, 79), (64, 80), (63, 80)])
def test_a_network_that_enlarges_to_the_size_of_its_input(size: tuple[int, int], optimize: bool) -> None:
    """Half of a U-Net: padded to an even size, it would make another image everywhere, not at the border."""
    nodes = [
        helper.make_node("Conv", ["input", "down"], ["half"], strides=[2, 2], pads=[1] * 4),
        helper.make_node("Shape", ["input"], ["shape"]),
        helper.make_node("Slice", ["shape", "two", "four"], ["sides"]),
        helper.make_node("Slice", ["shape", "none", "two"], ["rest"]),
        helper.make_node("Concat", ["rest", "sides"], ["whole"], axis=0),
        helper.make_node("Resize", ["half", "", "", "whole"], ["large"], mode="linear"),
        helper.make_node("Add", ["large", "input"], ["both"]),
        helper.make_node("Conv", ["both", "last"], ["output"], pads=[1] * 4),
    ]
    random = np.random.default_rng(0)
    weights = {name: random.uniform(-0.2, 0.2, (3, 3, 3, 3)).astype(np.float32) for name in ("down", "last")}
    weights |= {name: np.array([value]) for name, value in (("none", 0), ("two", 2), ("four", 4))}
    model = onnx_files.serialized(nodes, weights=weights, metadata=onnx_files.tags(1))
    image = random.uniform(0.2, 0.8, (*size, 3)).astype(np.float32)
    upscaler = srfast.Upscaler(model, color="rgb", optimize=optimize)
    found = upscaler.run(image)
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    (expected,) = session.run(None, {"input": image.transpose(2, 0, 1)[None]})
    np.testing.assert_allclose(found, expected[0].transpose(1, 2, 0).clip(0, 1), rtol=0, atol=1e-5)
