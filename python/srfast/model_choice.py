"""Which networks enlarge an image by a given factor."""

from __future__ import annotations

import itertools
import math
import os
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from srfast import zoo
from srfast.errors import OptionError
from srfast.model_file import Model
from srfast.upscaler import Upscaler


class ModelChoice:
    """Networks of several scales, of which the nearest one at or above a factor is taken.

    May be used from several threads.

    Args:
        models: Paths of ONNX files, contents of such, or names of shipped models. None: the shipped models of
            the default's family, each opened only when it is needed.
        open_model: Opens one of `models`.

    Raises:
        OptionError: Two of `models` have the same scale.
        srfast.Error: One of `models` cannot be opened.
    """

    def __init__(
        self, models: Sequence[Model] | None = None, open_model: Callable[[Model], Upscaler] = Upscaler
    ) -> None:
        self._open_model = open_model
        self._lock = threading.Lock()
        self._open: dict[int, Upscaler] = {}
        self._models: dict[int, Model] = {}
        if models is None:
            self._models = {zoo.scale(name): name for name in zoo.family(zoo.DEFAULT)}
            self.natural_scale = zoo.scale(zoo.DEFAULT)
            """The scale to enlarge by where nobody asks for another."""
            return
        if not models:
            raise OptionError("no model is given")
        for model in models:
            upscaler = open_model(model)
            other = self._models.setdefault(upscaler.scale, model)
            if other is not model:
                raise OptionError(
                    f"{_name(other)} and {_name(model)} both enlarge {upscaler.scale} times; give one of them"
                )
            self._open[upscaler.scale] = upscaler
        self.natural_scale = next(iter(self._models))

    def scales(self, factor: float) -> tuple[int, ...]:
        """The scales of the networks to run one after the other for an image `factor` times as large.

        Their product is the least one at or above `factor` that the fewest networks reach. The smallest comes
        first, since the later ones work on a larger image. Empty where there is nothing to enlarge.

        Raises:
            OptionError: No number of the networks reaches it.
        """
        if factor <= 1:
            return (1,) if 1 in self._models else ()
        usable = sorted(scale for scale in self._models if scale > 1)
        if not usable:
            raise OptionError(
                f"{self.name(1)} does not enlarge, so nothing {factor:g} times as large can be made of it"
            )
        for count in itertools.count(math.ceil(math.log(factor, usable[-1]) - 1e-9)):
            reached = [
                each
                for each in itertools.combinations_with_replacement(usable, count)
                if math.prod(each) >= factor
            ]
            if reached:
                return min(reached, key=math.prod)
        raise AssertionError("unreachable")

    def upscaler(self, scale: int) -> Upscaler:
        """The network of a scale, opened if it is not."""
        with self._lock:
            if scale not in self._open:
                self._open[scale] = self._open_model(self._models[scale])
            return self._open[scale]

    def name(self, scale: int) -> str:
        """What the network of a scale is called: a shipped model's name, or its file's without the suffix."""
        return _name(self._models[scale])

    @property
    def only_name(self) -> str | None:
        """The name of the network where there is one only."""
        return self.name(self.natural_scale) if len(self._models) == 1 else None

    def cancel(self) -> None:
        """Ends all runs that are in progress, each within one tile."""
        for upscaler in tuple(self._open.values()):  # the lock may be held by one that takes long to open
            upscaler.cancel()


def _name(model: Model) -> str:
    return "memory" if isinstance(model, bytes) else Path(os.fspath(model)).stem
