"""How near to the truth a file comes, beside bicubic."""

from __future__ import annotations

import dataclasses
import math

from srfast.checking.subject import Subject
from srfast.checking.verdict import Finding, failed, passed
from srfast.evaluation import BICUBIC, enlarger, evaluate

_FORGIVEN = 3.0
"""dB below bicubic that are no failure: networks that are trained for looks give them up."""


def quality(subject: Subject) -> Finding:
    """PSNR of the user's image against its truth, by the network and by bicubic."""
    pair = subject.pair
    (mine,) = evaluate(subject.upscaler.run, [pair])
    (plain,) = evaluate(enlarger(BICUBIC, pair.scale), [pair])
    figures = {
        name: {
            key: round(value, 4) if math.isfinite(value) else None
            for key, value in dataclasses.asdict(score).items()
        }
        for name, score in (("network", mine), (BICUBIC, plain))
    }
    truth = "its truth" if subject.reference is not None else "the image itself, shrunk and enlarged"
    said = f"PSNR {mine.psnr_y:.2f} dB (Y), bicubic {plain.psnr_y:.2f}, against {truth}"
    if mine.psnr_y < plain.psnr_y - _FORGIVEN:
        return failed(f"{said}: far worse than bicubic", **figures)
    return passed(said, **figures)
