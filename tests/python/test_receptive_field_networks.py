"""How far networks look: whole networks."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from receptive_field_graphs import (
    Chain,
    assert_contains,
    assert_tiles_are_exact,
    bounded,
    measured,
    srvgg,
    torch_model,
)
from srfast.receptive_field import ReceptiveField, Sides


def test_srvgg_looks_one_pixel_a_convolution() -> None:
    model = srvgg().model()
    field = bounded(model)
    assert (field.scale, field.halo) == (4, Sides(18, 18, 18, 18))
    assert_tiles_are_exact(model, field, tiles=3)


def test_fsrcnn() -> None:
    chain = Chain(1).conv((5, 5), 8, pads=[2] * 4).conv((1, 1), 4)
    for _ in range(4):
        chain.conv(pads=[1] * 4)
    chain.conv((1, 1), 8).deconv((9, 9), 1, strides=[3, 3], pads=[3, 3, 3, 3])
    model = chain.model()
    field = bounded(model)
    assert (field.scale, field.margin) == (3, Sides(0, 0, 0, 0))
    assert field.halo == measured(model, field)
    assert_tiles_are_exact(model, field)


def test_espcn() -> None:
    chain = Chain(1).conv((5, 5), 8, pads=[2] * 4).add("Tanh").conv(out=4, pads=[1] * 4).add("Tanh")
    model = chain.conv(out=9, pads=[1] * 4).shuffle(3).add("Sigmoid").model()
    assert bounded(model).halo == Sides(4, 4, 4, 4)
    assert_tiles_are_exact(model, bounded(model))


def test_edsr() -> None:
    chain = Chain(3).add("Sub", (c := Chain()).constant(np.full((1, 3, 1, 1), 0.4)))
    chain.weights = c.weights
    head = chain.conv(out=8, pads=[1] * 4).last
    for _ in range(4):
        block = chain.last
        chain.conv(pads=[1] * 4).add("Relu").conv(pads=[1] * 4).add("Mul", chain.constant(0.1)).add(
            "Add", block
        )
    chain.conv(pads=[1] * 4).add("Add", head).conv(out=32, pads=[1] * 4).shuffle(2).conv(out=3, pads=[1] * 4)
    model = chain.model()
    field = bounded(model)
    assert (field.scale, field.halo) == (2, Sides(12, 12, 12, 12))
    assert_contains(field.halo, measured(model, field))
    assert_tiles_are_exact(model, field, tiles=3)


def test_u_net() -> None:
    chain = Chain(3).conv(out=4, pads=[1] * 4)
    full = chain.last
    half = chain.conv((2, 2), 8, strides=[2, 2]).conv(pads=[1] * 4).last
    chain.conv((3, 3), 8, strides=[2, 2], pads=[1] * 4).conv(pads=[1] * 4)
    chain.resize(2, mode="nearest").add("Concat", half, axis=1)
    chain.channels = 16
    chain.conv(out=4, pads=[1] * 4).deconv((2, 2), strides=[2, 2]).add("Add", full).conv(out=3, pads=[1] * 4)
    model = chain.model()
    field = bounded(model)
    assert (field.scale, field.alignment) == (1, (4, 4))
    assert_contains(field.halo, measured(model, field))
    for seed in range(4):
        assert_tiles_are_exact(model, field, seed)


def test_u_net_that_enlarges_to_the_size_of_its_skip() -> None:
    torch = pytest.importorskip("torch")

    class Network(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.first = torch.nn.Conv2d(3, 4, 3, padding=1)
            self.down = torch.nn.Conv2d(4, 4, 3, stride=2, padding=1)
            self.last = torch.nn.Conv2d(8, 3, 3, padding=1)

        def forward(self, x: object) -> object:
            skip = self.first(x)
            low = torch.nn.functional.interpolate(self.down(skip), size=skip.shape[2:], mode="bilinear")
            return self.last(torch.cat([skip, low], 1))

    model = torch_model(Network())
    field = bounded(model)
    assert field.alignment == (2, 2)
    assert_tiles_are_exact(model, field)


def test_valid_convolutions_and_deconvolution() -> None:
    """As waifu2x upconv_7."""
    chain = Chain(3)
    for _ in range(6):
        chain.conv((3, 3)).add("LeakyRelu", alpha=0.1)
    model = chain.deconv((4, 4), 3, strides=[2, 2], pads=[3, 3, 3, 3]).model()
    field = bounded(model)
    assert field == ReceptiveField(Fraction(2), Sides(7, 7, 7, 7), (1, 1), Sides(14, 14, 14, 14))
    assert field.halo == measured(model, field, more=14)
    assert_tiles_are_exact(model, field)
