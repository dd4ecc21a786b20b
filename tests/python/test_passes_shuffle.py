"""Rewrites of graphs: pixel shuffles and residuals that the unpack does."""

from __future__ import annotations

import io
import warnings

import pytest

pytest.importorskip("torch")

import numpy as np
import onnx
import torch
from onnx import helper

from pass_graphs import SIZES, assert_left_alone, assert_same, body, model_of, node
from srfast.passes import rewritten
from srfast.passes.enlargement import Enlargement

# Pixel shuffles


ORDERS = {"CRD": (0, 1, 4, 2, 5, 3), "DCR": (0, 3, 4, 1, 5, 2)}


@pytest.mark.parametrize("behind", [[], ["Tanh"], ["Relu", "Sigmoid"]])
@pytest.mark.parametrize("mode", ["CRD", "DCR"])
@pytest.mark.parametrize("scale", [2, 3])
def test_depth_to_space(scale: int, mode: str, behind: list[str]) -> None:
    nodes, weights = body(3 * scale**2)
    nodes.append(node("DepthToSpace", "details", "shuffled", blocksize=scale, mode=mode))
    names = ["shuffled", *(f"behind.{place}" for place in range(len(behind)))]
    nodes += [node(kind, names[place], names[place + 1]) for place, kind in enumerate(behind)]
    nodes[-1].output[0] = "output"
    made = assert_same(model_of(nodes, weights), ["pixel_shuffle"], scale)
    assert made.ends.to_metadata() == {"srfast.shuffle": str(scale)}
    assert [entry.op_type for entry in made.model.graph.node] == ["Conv", "Relu", "Conv", *behind]
    (output,) = made.model.graph.output
    assert output.name == "output"
    assert output.type.tensor_type.shape.dim[1].dim_value == 3 * scale**2


@pytest.mark.parametrize("mode", ["CRD", "DCR"])
@pytest.mark.parametrize("sides", [("h", "w"), (17, 31)])
def test_reshape_transpose_reshape(sides: tuple[int | str, int | str], mode: str) -> None:
    """As exporters wrote a pixel shuffle before opset 11, and as some still do."""
    nodes, weights = body(12)
    weights |= {"axis": np.array([2, 2, 3]), "two": np.array([2]), "-1": np.array([-1])}
    weights |= {str(place): np.array([place]) for place in range(4)}
    parts = "three two two" if mode == "CRD" else "two two three"
    weights["three"] = np.array([3])
    nodes += [
        node("Shape", "details", "shape"),
        *(node("Gather", f"shape {place}", f"side.{place}") for place in (0, 2, 3)),
        node("Concat", f"side.0 {parts} side.2 side.3", "six", axis=0),
        node("Reshape", "details six", "split"),
        node("Transpose", "split", "turned", perm=ORDERS[mode]),
        node("Mul", "side.2 two", "high"),
        node("Mul", "side.3 two", "wide"),
        node("Concat", "side.0 three high wide", "four", axis=0),
        node("Reshape", "turned four", "output"),
    ]
    model = model_of(nodes, weights, sides=sides)
    fixed = [sides] if isinstance(sides[0], int) else SIZES
    made = assert_same(model, ["pixel_shuffle"], 2, sizes=fixed)
    assert len(made.model.graph.node) == 3


def test_another_transpose_is_no_pixel_shuffle() -> None:
    nodes, weights = body(12)
    weights |= {"six": np.array([1, 3, 2, 2, 5, 7]), "four": np.array([1, 3, 10, 14])}
    nodes += [
        node("Reshape", "details six", "split"),
        node("Transpose", "split", "turned", perm=(0, 1, 4, 3, 5, 2)),
        node("Reshape", "turned four", "output"),
    ]
    assert_left_alone(model_of(nodes, weights, sides=(5, 7)))


def test_shuffled_values_that_are_read_twice() -> None:
    nodes, weights = body(12)
    nodes += [
        node("DepthToSpace", "details", "shuffled", blocksize=2, mode="CRD"),
        node("Sigmoid", "shuffled", "gate"),
        node("Mul", "gate shuffled", "output"),
    ]
    assert_left_alone(model_of(nodes, weights))


# Residuals


@pytest.mark.parametrize("swapped", [False, True])
@pytest.mark.parametrize(
    ("mode", "attributes"),
    [
        ("nearest", {"coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}),
        ("linear", {}),
        ("cubic", {}),
    ],
)
def test_the_enlarged_input_is_added(mode: str, attributes: dict[str, object], swapped: bool) -> None:
    nodes, weights = body(27)
    weights["scales"] = np.array([1, 1, 3, 3], np.float32)
    nodes += [
        node("DepthToSpace", "details", "shuffled", blocksize=3, mode="CRD"),
        node("Resize", "input  scales", "large", mode=mode, **attributes),
        node("Add", "large shuffled" if swapped else "shuffled large", "output"),
    ]
    made = assert_same(model_of(nodes, weights), ["residual", "pixel_shuffle"], 3)
    assert made.ends.to_metadata() == {"srfast.shuffle": "3", "srfast.residual": f"{mode} 3"}


REPEATS = {
    "a convolution": (
        [node("Conv", "input ones", "repeated")],
        {"ones": np.eye(3, dtype=np.float32).repeat(4, axis=0)[:, :, None, None]},
    ),
    "split and joined": (
        [
            helper.make_node("Split", ["input"], ["r", "g", "b"], axis=1),
            node("Concat", "r r r r g g g g b b b b", "repeated", axis=1),
        ],
        {},
    ),
}


@pytest.mark.parametrize("how", REPEATS)
def test_the_input_is_repeated_before_the_shuffle(how: str) -> None:
    nodes, weights = body(12)
    copying, constants = REPEATS[how]
    nodes += [
        *copying,
        node("Add", "details repeated", "sum"),
        node("DepthToSpace", "sum", "output", blocksize=2, mode="CRD"),
    ]
    made = assert_same(model_of(nodes, weights | constants), ["residual", "pixel_shuffle"], 2)
    assert made.ends.residual == Enlargement("nearest", 2)


@pytest.mark.parametrize("how", ["torch.cat", "repeat_interleave", "tile of luma"])
def test_ways_of_pytorch_to_repeat_the_input(how: str) -> None:
    class Network(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.planes = 1 if how == "tile of luma" else 3
            self.conv = torch.nn.Conv2d(self.planes, self.planes * 4, 3, padding=1)
            self.shuffle = torch.nn.PixelShuffle(2)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            if how == "torch.cat":
                again = torch.cat([x[:, p : p + 1] for p in range(3) for _ in range(4)], dim=1)
            elif how == "tile of luma":
                again = x.repeat(1, 4, 1, 1)
            else:
                again = torch.repeat_interleave(x, 4, dim=1)
            shuffled: torch.Tensor = self.shuffle(self.conv(x) + again)
            return shuffled

    network = Network().eval()
    file = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # PyTorch about its own exporter
        torch.onnx.export(
            network,
            (torch.rand(1, network.planes, 6, 8),),
            file,
            opset_version=17,
            dynamo=False,
            input_names=["input"],
            dynamic_axes={"input": {2: "h", 3: "w"}},
        )
    model = onnx.load_from_string(file.getvalue())
    made = rewritten(model, (0, 1))
    assert made is not None
    passes = ["residual", "pixel_shuffle", *({"plain_nodes"} & set(made.passes))]
    assert_same(model, passes, 2, network.planes, sizes=[(2, 3), (17, 31)])


def test_other_repetitions_are_not_the_enlarged_input() -> None:
    nodes, weights = body(12)
    nodes += [
        node("Concat", "input input input input", "repeated", axis=1),
        node("Add", "details repeated", "sum"),
        node("DepthToSpace", "sum", "output", blocksize=2, mode="CRD"),
    ]
    made = assert_same(model_of(nodes, weights), ["pixel_shuffle"], 2)
    assert made.ends.residual is None


def test_a_residual_that_is_scaled() -> None:
    """mean and deviation around the whole network: the image itself comes out as it was."""
    nodes, weights = body(12)
    for entry in nodes:
        for place, name in enumerate(entry.input):
            if name == "input":
                entry.input[place] = "normal"
    weights |= {
        "mean": np.array([0.4, 0.5, 0.6], np.float32).reshape(1, 3, 1, 1),
        "deviation": np.array([0.2, 0.3, 0.25], np.float32).reshape(3, 1, 1),
        "scales": np.array([1, 1, 2, 2], np.float32),
    }
    nodes = [
        node("Sub", "input mean", "centred"),
        node("Div", "centred deviation", "normal"),
        *nodes,
        node("DepthToSpace", "details", "shuffled", blocksize=2, mode="CRD"),
        node("Resize", "normal  scales", "large", mode="linear"),
        node("Add", "shuffled large", "sum"),
        node("Mul", "sum deviation", "scaled"),
        node("Add", "scaled mean", "output"),
    ]
    passes = ["input_affine", "output_affine", "residual", "pixel_shuffle"]
    made = assert_same(model_of(nodes, weights), passes, 2)
    np.testing.assert_allclose(made.ends.output.gain, [0.2, 0.3, 0.25], rtol=1e-6)
    np.testing.assert_allclose(made.ends.output.bias, [0, 0, 0], atol=1e-6)
    assert made.ends.residual == Enlargement("linear", 2)
    assert [entry.op_type for entry in made.model.graph.node] == ["Conv", "Relu", "Conv"]


def test_a_residual_of_half_the_image_stays() -> None:
    nodes, weights = body(12)
    weights |= {"scales": np.array([1, 1, 2, 2], np.float32), "half": np.array(0.5, np.float32)}
    nodes += [
        node("DepthToSpace", "details", "shuffled", blocksize=2, mode="CRD"),
        node("Resize", "input  scales", "large", mode="linear"),
        node("Mul", "large half", "darker"),
        node("Add", "shuffled darker", "output"),
    ]
    assert_left_alone(model_of(nodes, weights))
