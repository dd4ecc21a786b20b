"""Whether a file is whole: ONNX's checker, its shapes, and whether ONNX Runtime and srfast open it."""

from __future__ import annotations

import numpy as np
import onnx

from srfast.checking.subject import Subject, first_line
from srfast.checking.verdict import Finding, failed, passed
from srfast.errors import Error, ModelError, RunError
from srfast.model_file import load_weights


def checker(subject: Subject) -> Finding:
    """ONNX's own checker."""
    try:
        onnx.checker.check_model(subject.place)
    except Exception as error:  # somebody's file may hold anything
        return failed(f"ONNX's checker refuses it: {first_line(error)}")
    try:
        load_weights(subject.graph, subject.model)
    except ModelError as error:
        return failed(str(error))
    opsets = ", ".join(f"{entry.domain} {entry.version}".strip() for entry in subject.graph.opset_import)
    return passed(f"IR version {subject.graph.ir_version}, operator set {opsets}")


def shapes(subject: Subject) -> Finding:
    """Whether the types and shapes in the file follow from one another."""
    try:
        inferred = onnx.shape_inference.infer_shapes(
            subject.graph, check_type=True, strict_mode=True, data_prop=True
        )
    except Exception as error:  # somebody's file may hold anything
        return failed(f"shapes and types contradict one another: {first_line(error)}")
    known = {entry.name for entry in (*inferred.graph.value_info, *inferred.graph.output)}
    made = [name for node in inferred.graph.node for name in node.output if name]
    unknown = [name for name in made if name not in known]
    if unknown:
        return passed(f"consistent; {len(unknown)} of {len(made)} cannot be known beforehand")
    return passed(f"consistent; all {len(made)} tensors inside are known")


def opens(subject: Subject) -> Finding:
    """Whether srfast opens it."""
    found = subject.opened
    if isinstance(found, Error):
        return failed(str(found))
    info = found.info
    low, high = info.range
    eats = f"x{info.scale}, {info.color}, values {low:g} to {high:g}"
    if info.assumed:
        return passed(f"{eats}; the file does not say its {' and '.join(info.assumed)}, so this is assumed")
    return passed(eats)


def runs(subject: Subject) -> Finding:
    """Whether ONNX Runtime runs it on an ordinary image, and what comes out are numbers."""
    if isinstance(subject.loaded, str):
        return failed(f"ONNX Runtime does not open it: {subject.loaded}")
    height, width = subject.trial_size
    try:
        made = subject.run(height, width)
    except RunError as error:
        return failed(f"at {width}x{height}: {error}")
    if not np.isfinite(made).all():
        return failed(f"at {width}x{height} it makes values that are not finite")
    larger = "x".join(str(side * subject.shuffled) for side in made.shape[:1:-1])
    return passed(f"{width}x{height} becomes {larger}")
