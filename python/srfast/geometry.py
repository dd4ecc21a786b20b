"""What tiles of a network must look like, derived from its graph and written into its metadata.

The native side reads it from there (`csrc/geometry.cpp`), so a file that was exported by srfast is run in
tiles by C++ programs too.
"""

from __future__ import annotations

import onnx

from srfast import passes
from srfast.activation_memory import bytes_per_pixel
from srfast.errors import ModelError
from srfast.receptive_field import ReceptiveField, Unbounded, receptive_field

MEASURED = "srfast.measured_parallel"
"""What stands for `srfast.parallel` in files whose maker has measured it, whatever the rule below says."""

_NOT_FOR_OTHERS = (
    "Made by srfast for srfast alone: any other runtime makes wrong images of it, because what this network "
    "begins and ends with stands in its metadata."
)


def prepared(
    model: onnx.ModelProto, *, value_range: tuple[float, float] = (0.0, 1.0), optimize: bool = True
) -> onnx.ModelProto | None:
    """A network as srfast runs it best: rewritten, and tagged.

    It then stands for the same images as before, but is no longer a file for other runtimes.

    Args:
        model: Any network, its weights loaded. Not modified.
        value_range: The values that stand for black and white.
        optimize: Whether to rewrite it; otherwise it is tagged only.

    Returns:
        The other network, or None where nothing was learned that helps to run it.
    """
    other = passes.rewritten(model, value_range) if optimize else None
    metadata = tags(model) if other is None else tags(other.whole, other.model) | other.ends.to_metadata()
    if other is None and not metadata:
        return None
    result = onnx.ModelProto()
    result.CopyFrom(model if other is None else other.model)
    if other is not None:
        metadata["srfast.passes"] = " ".join(other.passes)
        result.doc_string = _NOT_FOR_OTHERS
    write(result, metadata)
    return result


def alignment(model: onnx.ModelProto) -> tuple[int, int]:
    """What the height and the width of images must be multiples of, as a tagged model says."""
    found = next((pair.value for pair in model.metadata_props if pair.key == "srfast.align"), "1 1")
    height, width = (int(word) for word in found.split())
    return height, width


def is_tiled(model: onnx.ModelProto) -> bool:
    """Whether a model says how far it looks."""
    return any(pair.key == "srfast.halo" for pair in model.metadata_props)


def tags(model: onnx.ModelProto, run: onnx.ModelProto | None = None) -> dict[str, str]:
    """The halo, the alignment, the margin and the memory that a network needs, and how it uses cores best.

    Args:
        model: The network, without an enlargement that the native side does before it. Not modified.
        run: What of it is run in ONNX Runtime, where that is another graph.

    Returns:
        Pairs of metadata, none for a network that cannot be run in tiles.
    """
    field = receptive_field(model)
    if isinstance(field, Unbounded) or not _can_be_tiled(field):
        return {}
    try:
        memory = bytes_per_pixel(run or model)
    except ModelError:  # without it, no tile size follows from a memory limit
        return {}
    halo, margin = field.halo, field.margin
    # ONNX Runtime does this operator on one core, however many it has (benchmarks/tiles.py).
    serial = any(node.op_type == "Resize" and _mode(node) == "cubic" for node in (run or model).graph.node)
    parallel = next(
        (pair.value for pair in model.metadata_props if pair.key == MEASURED), "tiles" if serial else "pool"
    )
    margins = f"{margin.top} {margin.left} {margin.bottom} {margin.right}"
    return {
        **({"srfast.margin": margins} if margins != "0 0 0 0" else {}),
        "srfast.halo": f"{halo.top} {halo.left} {halo.bottom} {halo.right}",
        "srfast.align": "{} {}".format(*field.alignment),
        "srfast.bytes_per_pixel": f"{memory:.0f}",
        "srfast.parallel": parallel,
    }


def write(model: onnx.ModelProto, metadata: dict[str, str]) -> None:
    """Sets pairs of a model's metadata, in place of older values of the same keys."""
    kept = [pair for pair in model.metadata_props if pair.key not in metadata]
    del model.metadata_props[:]
    model.metadata_props.extend(kept)
    for key, value in metadata.items():
        model.metadata_props.add(key=key, value=value)


def _mode(node: onnx.NodeProto) -> str:
    return next((entry.s.decode() for entry in node.attribute if entry.name == "mode"), "nearest")


def _can_be_tiled(field: ReceptiveField) -> bool:
    """Whether the native planner's rules cover the field."""
    # The planner's tiles have at least the halo and one aligned step.
    least = (
        field.halo.top + field.halo.bottom + field.alignment[0],
        field.halo.left + field.halo.right + field.alignment[1],
    )
    fits = all(shortest <= size for shortest, size in zip(field.shortest, least, strict=True))
    return field.scale.denominator == 1 and fits
