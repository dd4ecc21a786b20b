"""How far networks look: random chains of operators, in tiles."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from receptive_field_graphs import (
    Chain,
    assert_tiles_are_exact,
)
from srfast.receptive_field import Unbounded, receptive_field

STEPS: list[Callable[[Chain], Chain]] = [
    lambda c: c.conv((3, 3), pads=[1, 1, 1, 1]),
    lambda c: c.conv((2, 3), pads=[1, 0, 0, 1]),
    lambda c: c.conv((3, 3)),
    lambda c: c.conv((3, 3), strides=[2, 2], pads=[1, 1, 1, 1]),
    lambda c: c.conv((2, 2), strides=[2, 2]),
    lambda c: c.conv((3, 4), strides=[2, 2], auto_pad="SAME_UPPER"),
    lambda c: c.conv((3, 3), dilations=[2, 2], pads=[2, 2, 2, 2]),
    lambda c: c.deconv((4, 4), strides=[2, 2], pads=[1, 1, 1, 1]),
    lambda c: c.deconv((3, 3), strides=[2, 2]),
    lambda c: c.add("MaxPool", kernel_shape=[2, 2], strides=[2, 2]),
    lambda c: c.add("AveragePool", kernel_shape=[3, 3], pads=[1, 1, 1, 1], count_include_pad=1),
    lambda c: c.conv(out=16, pads=[1] * 4).shuffle(2),
    lambda c: c.add("SpaceToDepth", blocksize=2).conv((1, 1), 4) if _quadruple(c) else c,
    lambda c: c.resize(2, mode="nearest"),
    lambda c: c.resize(1.5, mode="linear"),
    lambda c: c.resize(3, mode="cubic", cubic_coeff_a=-0.75),
    lambda c: c.add("Pad", c.constant([0, 0, 2, 1, 0, 0, 0, 2], np.int64), mode="reflect"),
    lambda c: c.add("Pad", c.constant([0, 0, 2, 1, 0, 0, 0, 2], np.int64), mode="edge"),
    lambda c: c.add("Pad", c.constant([0, 0, -1, 0, 0, 0, 0, -1], np.int64)),
    lambda c: c.add("Slice", *(c.constant(v, np.int64) for v in ([2, 1], [2**62, -1], [2, 3]))),
    lambda c: c.add("Relu"),
]


def _quadruple(chain: Chain) -> bool:
    chain.channels *= 4
    return True


@settings(max_examples=60)
@given(steps=st.lists(st.sampled_from(range(len(STEPS))), min_size=1, max_size=5), seed=st.integers(0, 2**16))
def test_tiles_of_random_chains_are_exact(steps: list[int], seed: int) -> None:
    chain = Chain(4, seed)
    for step in steps:
        STEPS[step](chain)
    model = chain.model()
    field = receptive_field(model)
    if isinstance(field, Unbounded):
        # Splitting into blocks what is no multiple of them fails at run time, too.
        assert field.operator in ("SpaceToDepth", "")
        return
    if max(field.halo.top, field.halo.bottom) > 60 or field.scale > 4 or field.scale < Fraction(1, 8):
        return
    assert_tiles_are_exact(model, field, seed, tiles=3, atol=1e-4)  # float32 coordinates of Resize
