"""The ways to quantise a network that are tried, what each loses, and which is taken."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from statistics import fmean

import onnx

from srfast.evaluation import Score, judge, mean
from srfast.metrics import psnr
from srfast.pairs import Pair, Pixels
from srfast.quantization.speed import Speed

_ALIKE = 1.03  # speeds that differ by less are taken for equal: noise
_MOST = 100.0  # dB; what equal images count as, so that means stay finite


@dataclasses.dataclass(frozen=True)
class Trial:
    """One way to quantise a network, and what came of it.

    Attributes:
        kept: What stays in float: "nothing", "first", "last" or "first and last".
        integers: How many convolutions compute with integers.
        floats: How many convolutions stay in float.
        trimmed: Whether a few outliers at either end were left out of the ranges of values.
        score: How near the truth its images are, on average.
        lost: dB of PSNR lost to the float network's images, over luma or RGB, whichever lost more.
        agreement: PSNR in dB of its images against those of the float network, on average.
        speed: How quick it is; None: not measured, because it lost too much.
    """

    kept: str
    integers: int
    floats: int
    trimmed: bool
    score: Score
    lost: float
    agreement: float
    speed: Speed | None = None


@dataclasses.dataclass(frozen=True)
class Candidate:
    """A network made of integers, and how it was judged."""

    model: onnx.ModelProto
    trial: Trial


@dataclasses.dataclass(frozen=True)
class Reference:
    """What the float network makes of the windows.

    Attributes:
        pairs: The windows.
        images: Its images of them.
        score: How near the truth they are, on average.
    """

    pairs: Sequence[Pair]
    images: Sequence[Pixels]
    score: Score

    @classmethod
    def of(cls, pairs: Sequence[Pair], images: Sequence[Pixels]) -> Reference:
        """Judges the float network's images."""
        return cls(pairs, images, _score(pairs, images))

    def lost(self, images: Sequence[Pixels]) -> tuple[Score, float, float]:
        """What other images of the windows score, what they lose in dB, and how far they agree, in dB."""
        score = _score(self.pairs, images)
        lost = max(self.score.psnr_y - score.psnr_y, self.score.psnr_rgb - score.psnr_rgb)
        agreement = fmean(
            min(psnr(one, other), _MOST) for one, other in zip(self.images, images, strict=True)
        )
        return score, lost, agreement


def least_lossy(candidates: Sequence[Candidate]) -> Candidate:
    """The one that loses least."""
    return min(candidates, key=lambda each: each.trial.lost)


def quickest(candidates: Sequence[Candidate]) -> Candidate:
    """The one that is quickest, or loses least among those that are about as quick.

    Args:
        candidates: At least one of them with its speed.
    """
    gains = {id(each): speed.ratio[1] for each, speed in _measured(candidates)}
    best = max(gains.values())
    return least_lossy([each for each in candidates if gains.get(id(each), 0.0) * _ALIKE >= best])


def _measured(candidates: Sequence[Candidate]) -> Iterator[tuple[Candidate, Speed]]:
    for each in candidates:
        if each.trial.speed is not None:
            yield each, each.trial.speed


def _score(pairs: Sequence[Pair], images: Sequence[Pixels]) -> Score:
    scores = [judge(pair.high, image, pair.scale) for pair, image in zip(pairs, images, strict=True)]
    return mean(
        [
            dataclasses.replace(each, psnr_y=min(each.psnr_y, _MOST), psnr_rgb=min(each.psnr_rgb, _MOST))
            for each in scores
        ]
    )
