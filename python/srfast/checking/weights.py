"""Whether a file gives what the network in PyTorch gives that it was made of."""

from __future__ import annotations

import dataclasses
import warnings

from srfast import parity
from srfast.checking.subject import Subject
from srfast.checking.verdict import Finding, failed, passed, skipped
from srfast.errors import Error, ExportError


def weights(subject: Subject) -> Finding:
    """PyTorch, ONNX Runtime and srfast on the same pixels, at several sizes."""
    if subject.against is None:
        return skipped("no weights to compare with are given (--against)")
    from srfast.checkpoints import load_checkpoint

    info = subject.upscaler.info
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # what the weights do not say, the ONNX file does
        checkpoint = load_checkpoint(subject.against, scale=info.scale)
    says = checkpoint.conventions
    differing = [
        f"{name} is {getattr(says, name)!r} by the weights, {getattr(info, name)!r} by the file"
        for name in ("color", "range")
        if name not in checkpoint.assumed and getattr(says, name) != getattr(info, name)
    ]
    if differing:
        return failed("; ".join(differing))
    conventions = dataclasses.replace(says, color=info.color, range=info.range)
    sizes = [subject.trial_size] if any(subject.fixed_size) else list(parity.SIZES)
    try:
        samples = parity.samples(checkpoint.network, conventions, sizes=sizes, batch=1)
        differences = parity.compare(samples, subject.model, conventions)
    except ExportError as error:
        return failed(str(error))
    except Error as error:
        return failed(f"{subject.against}: {error}")
    figures = dataclasses.asdict(differences)
    tried = ", ".join(f"{width}x{height}" for height, width in sizes)
    return passed(f"{max(figures.values()):.1e} of the value range at most, at {tried}", **figures)
