"""The file under check, opened in every way that the checks need, each when it is first asked for."""

from __future__ import annotations

import dataclasses
import functools
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from srfast import geometry, parity
from srfast.checking import probing
from srfast.checking.verdict import SkippedError
from srfast.conventions import Conventions
from srfast.dependencies import require
from srfast.errors import Error, OptionError, RunError
from srfast.model_file import Model, load_graph, model_path
from srfast.upscaler import Upscaler

if TYPE_CHECKING:
    import onnxruntime

    from srfast.pairs import Pair

Pixels = npt.NDArray[np.float32]

_LARGEST_FACTOR = 64  # as csrc/geometry.cpp has it
_LARGEST_SIZE = 512
"""Where the tags ask for larger images than this, nothing is tried: it would take minutes and gigabytes."""


class _Quiet(Upscaler):
    def _warn(self, message: str, stacklevel: int) -> None:
        pass


class Subject:
    """A file, and what it is compared with.

    Args:
        model: As `srfast.check` takes it.
        against: The weights that it was made of, or None.
        image: An image file to judge it by, or None.
        reference: The true large image of `image`, or None.
        suspected: A height and a width that may have been left in it when it was traced, or None.

    Raises:
        ModelError: The file is missing or no ONNX file.
    """

    def __init__(
        self,
        model: Model,
        against: Path | None = None,
        image: Path | None = None,
        reference: Path | None = None,
        suspected: tuple[int, int] | None = None,
    ) -> None:
        self.model = model
        self.against = against
        self.image = image
        self.reference = reference
        self.suspected = suspected
        self.graph = load_graph(model)
        self.metadata = {pair.key: pair.value for pair in self.graph.metadata_props}
        self.place: str | bytes = model if isinstance(model, bytes) else str(model_path(model))

    @functools.cached_property
    def tags(self) -> Conventions | OptionError | None:
        """The conventions that the file states, what is wrong with them, or None where it states none."""
        try:
            return Conventions.from_metadata(self.metadata)
        except OptionError as error:
            return error

    @property
    def stated(self) -> Conventions:
        """The conventions that the file states, where they make sense."""
        if self.tags is None:
            raise SkippedError("the file has no tags")
        if isinstance(self.tags, OptionError):
            raise SkippedError("the tags make no sense")
        return self.tags

    @functools.cached_property
    def opened(self) -> Upscaler | Error:
        """The file in srfast, or why srfast does not open it."""
        try:
            return self.reopened()
        except Error as error:
            return error

    @property
    def upscaler(self) -> Upscaler:
        """The file in srfast; takes RGB."""
        if isinstance(self.opened, Error):
            raise SkippedError("srfast does not open the file")
        self._require_small()
        return self.opened

    def reopened(self, **options: Any) -> Upscaler:
        """The file in srfast once more, with other options.

        What has to be assumed is a finding here, not a warning.

        Raises:
            Error: As `srfast.Upscaler`.
        """
        return _Quiet(self.model, color="rgb", **options)

    @functools.cached_property
    def loaded(self) -> onnxruntime.InferenceSession | str:
        """The file in ONNX Runtime, or why ONNX Runtime does not open it."""
        require("onnxruntime", extra="export")
        import onnxruntime

        quiet = onnxruntime.SessionOptions()
        quiet.log_severity_level = 4  # fatal: errors are raised too
        try:
            return onnxruntime.InferenceSession(self.place, quiet, providers=["CPUExecutionProvider"])
        except Exception as error:  # ONNX Runtime's exceptions have no base class of their own
            return first_line(error)

    @property
    def session(self) -> onnxruntime.InferenceSession:
        """The file in ONNX Runtime."""
        if isinstance(self.loaded, str):
            raise SkippedError("ONNX Runtime does not open the file")
        if len(self.loaded.get_inputs()) != 1:
            raise SkippedError(f"it has {len(self.loaded.get_inputs())} inputs")
        if len(self.loaded.get_inputs()[0].shape) != 4:
            raise SkippedError("its input is no image: batch, channels, height, width")
        if not self.loaded.get_outputs():
            raise SkippedError("it has no output")
        return self.loaded

    @property
    def planes(self) -> int:
        """The channels of the input; those of the tags where the file leaves them open."""
        side = self.session.get_inputs()[0].shape[1]
        if isinstance(side, int) and side > 0:
            return side
        return parity.channels(self.tags) if isinstance(self.tags, Conventions) else 3

    @property
    def fixed_size(self) -> tuple[int | None, int | None]:
        """The height and the width that the input is declared to have; None where it may be any."""
        height, width = (
            side if isinstance(side, int) and side > 0 else None
            for side in self.session.get_inputs()[0].shape[2:]
        )
        return height, width

    @property
    def enlarged(self) -> int:
        """How many times the image is enlarged before the graph gets it (`srfast.enlarge`)."""
        return _factor(self.metadata.get("srfast.enlarge", "").rpartition(" ")[2])

    @property
    def shuffled(self) -> int:
        """How many times wider the image is than what the graph makes (`srfast.shuffle`)."""
        return _factor(self.metadata.get("srfast.shuffle", ""))

    @property
    def conventions(self) -> Conventions:
        """What the file says that it takes, or what is assumed; the scale is that of the tags, or 1."""
        if isinstance(self.tags, Conventions) and parity.channels(self.tags) == self.planes:
            return self.tags
        return Conventions(1, color="y" if self.planes == 1 else "rgb")

    @property
    def runs_alone(self) -> bool:
        """Whether the graph makes the image by itself, and srfast does none of the network's work."""
        return not {"srfast.enlarge", "srfast.passes"} & self.metadata.keys()

    def run(self, height: int, width: int, batch: int = 1) -> Pixels:
        """Runs the graph in ONNX Runtime on real pixels, as if for an image of this size.

        Returns:
            What it makes: NCHW.

        Raises:
            RunError: It does not run at this size; the message is ONNX Runtime's first line.
        """
        size = height * self.enlarged, width * self.enlarged
        image = parity.cut(*size, self.conventions, batch)
        tensor = parity.to_network(image, self.conventions)
        session = self.session
        try:
            made = parity.made_by(session, tensor)
        except Exception as error:  # ONNX Runtime's exceptions have no base class of their own
            raise RunError(first_line(error)) from error
        if made.ndim != 4:
            raise RunError(f"it makes a tensor of {made.ndim} axes, not an image")
        return made

    def made_size(self, height: int, width: int) -> tuple[int, int]:
        """The height and the width of the image that the graph makes of one of this size.

        Raises:
            RunError: As `run`.
        """
        made = self.run(height, width).shape
        whole = made[2] * self.shuffled, made[3] * self.shuffled
        wanted = height * self.conventions.scale, width * self.conventions.scale
        # A convolution that makes blocks of pixels makes whole ones; srfast drops what is too much.
        rows, columns = (
            need if need <= has < need + self.shuffled else has
            for has, need in zip(whole, wanted, strict=True)
        )
        return rows, columns

    @property
    def trial_size(self) -> tuple[int, int]:
        """An ordinary size of image, or the one that the file declares."""
        self._require_small()
        ordinary = parity.taken_size((64, 48), self.conventions)
        height, width = (
            fixed // self.enlarged if fixed else usual
            for fixed, usual in zip(self.fixed_size, ordinary, strict=True)
        )
        return height, width

    @functools.cached_property
    def tile_tags(self) -> dict[str, str]:
        """What the file says of tiles, else what its graph shows."""
        if "srfast.halo" in self.metadata:
            return self.metadata
        prepared = geometry.prepared(self.graph)
        return {} if prepared is None else {pair.key: pair.value for pair in prepared.metadata_props}

    def _require_small(self) -> None:
        largest = max(self.conventions.multiple, self.conventions.minimum)
        if largest > _LARGEST_SIZE:
            raise SkippedError(f"it asks for images of {largest} pixels a side, which are too large to try")

    @functools.cached_property
    def taken(self) -> probing.Taken | str:
        """The sizes that the graph takes where it declares any, found by trying, or why it takes none."""
        self._require_small()
        return probing.find(self.made_size, self.conventions.minimum)

    @property
    def sizes_taken(self) -> Conventions:
        """The same as conventions, for `parity.taken_size`."""
        if isinstance(self.taken, str):
            raise SkippedError("it runs at no size that was tried")
        return dataclasses.replace(self.conventions, multiple=self.taken.multiple, minimum=self.taken.minimum)

    @functools.cached_property
    def pair(self) -> Pair:
        """The user's image, and its truth."""
        from srfast.pairs import match, read_rgb, shrink

        scale = self.upscaler.scale
        if self.image is None:
            raise SkippedError("no image to judge by is given (--image)")
        if self.reference is None:
            return shrink(self.image.name, read_rgb(self.image), scale)
        return match(self.reference.name, read_rgb(self.reference), read_rgb(self.image), scale)


def _factor(word: str) -> int:
    """A factor in the metadata; 1 where it makes no sense, which srfast says when it opens the file."""
    return int(word) if word.isdecimal() and 1 <= int(word) <= _LARGEST_FACTOR else 1


def first_line(error: Exception) -> str:
    """The first line of what a library says; the rest is for its developers."""
    return next(iter(str(error).strip().splitlines()), type(error).__name__)
