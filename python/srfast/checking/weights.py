"""Whether a file gives what the network in PyTorch gives that it was made of."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np

from srfast import parity
from srfast.checking.subject import Subject
from srfast.checking.verdict import Finding, failed, passed, skipped
from srfast.conventions import Conventions
from srfast.errors import ExportError


def weights(subject: Subject) -> Finding:
    """PyTorch, ONNX Runtime and srfast on the same pixels, at several sizes."""
    if subject.against is None:
        return skipped("no weights to compare with are given (--against)")
    from srfast.checkpoints import rebuilt

    info = subject.upscaler.info
    # What the weights do not say, the ONNX file does.
    checkpoint, _ = rebuilt(subject.against, scale=info.scale)
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
        if subject.runs_alone:
            differences = parity.compare(samples, subject.model, conventions)
        else:
            differences = _natively(subject, samples, conventions)
    except ExportError as error:
        return failed(str(error))
    figures = dataclasses.asdict(differences)
    tried = ", ".join(f"{width}x{height}" for height, width in sizes)
    return passed(f"{max(figures.values()):.1e} of the value range at most, at {tried}", **figures)


def _natively(
    subject: Subject, samples: Sequence[parity.Sample], conventions: Conventions
) -> parity.Differences:
    """Of a file that only srfast runs right: PyTorch against srfast."""
    largest = 0.0
    for sample in samples:
        height, width = sample.image.shape[1:3]
        made = subject.upscaler.run(sample.image[0])
        expected = parity.to_image(sample.result, conventions)[: made.shape[0], : made.shape[1]]
        largest = max(largest, float(np.abs(made - expected).max()))
        if not largest <= parity.tolerance(height, width):  # a NaN fails too
            raise ExportError(
                f"at {width}x{height}, PyTorch and srfast differ by {largest:.2g} of the distance from black "
                "to white"
            )
    return parity.Differences(pytorch_native=largest)
