"""Rewrites of ONNX graphs, one a module, for srfast to run networks faster.

What a network begins and ends with, srfast does natively, fused with the conversion of the samples; the rest
is written as ONNX Runtime runs it fastest. The result is the same, but for the order of sums. No model that
is given is modified.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import onnx

from srfast.passes import (
    few_outputs,
    final_clip,
    final_deconvolution,
    input_affine,
    integer_maximum,
    leading_enlargement,
    output_affine,
    pixel_shuffle,
    plain_nodes,
    prelu,
    residual,
)
from srfast.passes.affine import Affine
from srfast.passes.draft import Draft
from srfast.passes.ends import Ends
from srfast.passes.rewriting import Rewriting

__all__ = ["PASSES", "Rewritten", "rewritten"]

Pass = Callable[[Rewriting], bool]

_AT_THE_START: dict[str, Pass] = {
    "plain_nodes": plain_nodes.apply,
    "input_affine": input_affine.apply,
    "leading_enlargement": leading_enlargement.apply,
}
_AT_THE_END: dict[str, Pass] = {
    "final_clip": final_clip.apply,
    "output_affine": output_affine.apply,
    "residual": residual.apply,
    "pixel_shuffle": pixel_shuffle.apply,
    "final_deconvolution": final_deconvolution.apply,
    "input_affine": input_affine.apply,
    "few_outputs": few_outputs.apply,
    "prelu": prelu.apply,
    "integer_maximum": integer_maximum.apply,
}
PASSES = tuple(dict.fromkeys([*_AT_THE_START, *_AT_THE_END]))
"""The names of the passes, in the order in which they are tried."""


@dataclasses.dataclass(frozen=True)
class Rewritten:
    """A network that was rewritten.

    Attributes:
        model: The graph that ONNX Runtime is to run.
        ends: What is done natively around it.
        passes: The names of those that changed something, in the order of `PASSES`.
        whole: The network without what is done before it, but with all that is done after it: how far the
            result looks, in pixels of `model`'s input, is seen in this graph.
    """

    model: onnx.ModelProto
    ends: Ends
    passes: tuple[str, ...]
    whole: onnx.ModelProto


def rewritten(model: onnx.ModelProto, value_range: tuple[float, float]) -> Rewritten | None:
    """Rewrites a network for srfast.

    Args:
        model: The network, NCHW, its weights loaded. It is left alone unless it takes and gives float32.
        value_range: The values that stand for black and white.

    Returns:
        The other network and what goes with it, or None if no pass applies. May be called from several
        threads.
    """
    if not model.graph.output:
        return None
    draft = Draft(model)
    draft.keep_first_output()
    planes = draft.channels(draft.input)
    if planes is None or planes != draft.channels(draft.output) or not draft.is_float32():
        return None
    ends = Ends(Affine.identity(planes), Affine.identity(planes))
    rewriting = Rewriting(draft, ends, planes, value_range)
    done = _run(_AT_THE_START, rewriting)
    whole = onnx.ModelProto()
    whole.CopyFrom(draft.model)
    done |= _run(_AT_THE_END, rewriting)
    if not done:
        return None
    _set_output_shape(draft)
    return Rewritten(draft.model, ends, tuple(name for name in PASSES if name in done), whole)


def _run(passes: dict[str, Pass], rewriting: Rewriting) -> set[str]:
    """Runs passes from the first one on again whenever one has changed something."""
    done = set()
    while (name := next((name for name, apply in passes.items() if apply(rewriting)), None)) is not None:
        done.add(name)
    return done


def _set_output_shape(draft: Draft) -> None:
    """States the number of channels that the network gives now; the rest follows."""
    tensor = draft.graph.output[0].type.tensor_type
    batch = onnx.TensorShapeProto.Dimension()
    if len(tensor.shape.dim) == 4:
        batch.CopyFrom(tensor.shape.dim[0])
    channels = draft.channels(draft.output)
    tensor.ClearField("shape")
    tensor.shape.dim.append(batch)
    tensor.shape.dim.add(dim_value=channels)
    for side in ("height", "width"):
        tensor.shape.dim.add(dim_param=f"output {side}")
