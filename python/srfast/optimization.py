"""Makes an ONNX file that srfast runs faster than the one that it was made of."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path

from srfast import _core, geometry, runtime_library, value_range
from srfast.agreement import disagreement
from srfast.atomic import replacing
from srfast.errors import Error, ExportError, ModelError, OptionError
from srfast.model_file import (
    Model,
    is_quantized,
    load_graph,
    load_weights,
    model_name,
    passes_of,
    require_portable,
)
from srfast.target_file import check_target

SUFFIX = ".srfast.onnx"
"""How the names of optimised files end."""


@dataclasses.dataclass(frozen=True)
class OptimizeReport:
    """What was done.

    Attributes:
        path: The file.
        bytes: Its size.
        passes: The rewrites that were applied, names of modules in `srfast.passes`.
    """

    path: Path
    bytes: int
    passes: tuple[str, ...]


def optimize(
    model: Model,
    path: str | os.PathLike[str],
    *,
    model_range: tuple[float, float] | None = None,
    force: bool = False,
) -> OptimizeReport:
    """Rewrites a network for srfast, proves that it gives the same image, and writes it to a file.

    `srfast.Upscaler` does the same in memory with every file that it opens, so from Python this saves no more
    than the time to open it; C and C++ programs get the speed by it. The file is wrong in every other
    runtime: what the network begins and ends with (enlargement, pixel shuffle, residual, scale and offset)
    is not in its graph but in its metadata, for srfast to do.

    Args:
        model: The path of an ONNX file that any runtime reads, its content, or the name of a shipped model.
        path: The file to make; its name ends in `.srfast.onnx`. Its folder must exist.
        model_range: The values that stand for black and white, where the file does not say it.
        force: Replace a file that exists.

    Returns:
        What was done.

    Raises:
        OptionError: `path` ends otherwise, or `model_range` cannot be used.
        ModelError: The network cannot be opened, is optimised already, or nothing in it can be rewritten.
        ExportError: The target exists or cannot be written, or the rewritten network did not prove right.
            Nothing is left behind.
    """
    target = Path(path)
    if not target.name.endswith(SUFFIX):
        raise OptionError(
            f"{target}: the file would be wrong in other runtimes, so its name must say what it is for: "
            f"end it in {SUFFIX}"
        )
    check_target(target, ExportError, force=force)
    values = None if model_range is None else value_range.pair(model_range, "model_range")
    graph = load_graph(model)
    require_portable(graph, model)
    load_weights(graph, model)
    runtime_library.load()
    name = model_name(model)

    def opened(content: bytes) -> _core.Upscaler:
        return _core.Upscaler.open_bytes(
            *(content, name),
            threads=0,
            memory_limit=0,
            providers=[],
            model_color=None,
            model_range=values,
            model_scale=None,
        )

    plain = opened(graph.SerializeToString())
    if any(plain.info.margin):
        # Runs show how much of a border is missing, and only the graph at which side.
        geometry.write(graph, {"srfast.margin": " ".join(map(str, plain.info.margin))})
        plain = opened((geometry.prepared(graph, optimize=False) or graph).SerializeToString())
    made = geometry.prepared(graph, value_range=plain.info.range)
    if made is None or not (passes := passes_of(made)):
        raise ModelError(f"nothing in {name} can be rewritten: srfast runs it as it is")
    content = made.SerializeToString(deterministic=True)
    try:
        wrong = disagreement(plain, opened(content), geometry.alignment(made), quantized=is_quantized(graph))
    except Error as error:
        wrong = str(error)
    if wrong:
        raise ExportError(f"the rewritten network does not give what {name} gives: {wrong}. Please report it")
    try:
        with replacing(target) as temporary:
            temporary.write_bytes(content)
    except OSError as error:
        raise ExportError(f"cannot write {target}: {error.strerror}") from error
    return OptimizeReport(target, len(content), passes)
