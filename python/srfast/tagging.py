"""Writes into an ONNX file what it eats and how it is run best, so that nobody has to say it again."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from srfast import _core, runtime_library
from srfast.atomic import replacing
from srfast.conventions import Conventions
from srfast.errors import Error, MemoryLimitError, ModelError, OptionError
from srfast.model_file import load_graph, load_weights, model_path
from srfast.target_file import check_target

if TYPE_CHECKING:
    import onnx

    from srfast.extra_inputs import Values

Enlarge = Literal["nearest", "linear", "cubic"]
ENLARGE = ("nearest", "linear", "cubic")

_PREFIX = "srfast."
# Odd, and no multiple of anything that networks ask for.
_TRIAL = (29, 37)
# A network of one size is tried at that size, unless it is larger.
_MOST_TRIAL_PIXELS = 4_000_000


@dataclasses.dataclass(frozen=True)
class TagReport:
    """What was written into a file.

    Attributes:
        path: The file.
        conventions: What the network eats.
        metadata: All of srfast's keys in the file.
    """

    path: Path
    conventions: Conventions
    metadata: Mapping[str, str]


def tag_onnx(
    model: str | os.PathLike[str],
    path: str | os.PathLike[str] | None = None,
    *,
    scale: int | None = None,
    color: str | None = None,
    range: tuple[float, float] | None = None,
    enlarge: Enlarge | None = None,
    inputs: Values | None = None,
    force: bool = False,
) -> TagReport:
    """Writes conventions into the metadata of somebody's ONNX file.

    With them goes what is derived from the graph: the halo, the alignment, the border that convolutions
    without padding cost, and the sizes that the network takes. So C++ programs run the file in tiles, too.
    Nothing else changes, but that inputs get values: other programs read the file as before. Before it is put
    in place, it is opened, compared with what it says, and run on a small image of odd size.

    Args:
        model: The file.
        path: Where to write the tagged file. None: in place of `model`. Weights that the file keeps in other
            files stay there, and come into the file itself where it moves to another folder.
        scale: How many times the network enlarges. None: what the file says, else what it shows when it runs.
        color: What it takes: "rgb", "bgr", "y" or "y-full". None: what the file says; it must say something.
        range: The values that it takes for black and white. None: likewise.
        enlarge: The network wants an image that was enlarged before: how srfast is to do that. "nearest",
            "linear" or "cubic" (a = -0.75), with pixel centres as PyTorch has them with align_corners=False;
            by `scale`, divided by what the network itself enlarges. None: what the file says.
        inputs: Values of inputs beside the image. None: those that carry the scale are found by running.
        force: Replace a file `path` that exists.

    Returns:
        What was written.

    Raises:
        OptionError: An option makes no sense, contradicts the network, or is missing.
        ModelError: The file is missing, damaged, or not a network that srfast can run.
        RunError: It does not run on a small image.
        OSError: The file cannot be written.
    """
    source = model_path(model)
    target = _target(model, source, path, force=force)
    loaded = load_graph(source)
    before = {pair.key: pair.value for pair in loaded.metadata_props}
    said = _said(before, scale=scale, color=color, range=range)
    if enlarge is not None and not (isinstance(enlarge, str) and enlarge in ENLARGE):
        raise OptionError(f"enlarge must be one of {', '.join(ENLARGE)}, not {enlarge!r}")
    _keep_weights(loaded, source, target)
    runtime_library.load()

    with replacing(target) as temporary:
        trial = _Trial(temporary, str(model), said)
        # Files that srfast optimised keep what was derived for them.
        kept = {key: value for key, value in before.items() if "srfast.passes" in before}
        _replace_tags(loaded, kept)
        _bind(loaded, inputs, said, trial)
        if enlarge is None and "srfast.enlarge" in before:
            _write(loaded, {"srfast.enlarge": before["srfast.enlarge"]})
        elif enlarge is not None:
            own = trial.open(loaded, scale=None).scale
            _write(loaded, {"srfast.enlarge": f"{enlarge} {_factor(said.scale, own)}"})
        found = trial.open(loaded, scale=said.scale)
        conventions = Conventions(
            scale=found.scale,
            color=found.color,
            range=found.range,
            made_by=said.made_by,
            multiple=max(said.multiple, found.multiple),
            minimum=max(said.minimum, found.minimum),
        )
        _write(loaded, conventions.to_metadata() | _derived(loaded, source, found))
        trial.run(loaded)
    tags = {pair.key: pair.value for pair in loaded.metadata_props if pair.key.startswith(_PREFIX)}
    return TagReport(Path(target), conventions, tags)


@dataclasses.dataclass(frozen=True)
class _Said:
    """What the caller says, or said when the file was tagged before."""

    scale: int | None
    color: str
    range: tuple[float, float]
    made_by: str
    multiple: int
    minimum: int


def _said(before: Mapping[str, str], **options: Any) -> _Said:
    try:
        stated = Conventions.from_metadata(before)
    except OptionError:
        stated = None  # it is being mended
    values = (
        dataclasses.asdict(stated) if stated else {"made_by": "", "multiple": 1, "minimum": 1, "scale": None}
    )
    values |= {name: value for name, value in options.items() if value is not None}
    missing = [name for name in ("color", "range") if name not in values]
    if missing:
        raise OptionError(
            f"the file does not say what the network takes: give {' and '.join(missing)} "
            f"({', '.join('--' + name for name in missing)})"
        )
    Conventions(**(values | {"scale": 1 if values["scale"] is None else values["scale"]}))  # makes sense
    return _Said(**values)


def _factor(scale: int | None, own: int) -> int:
    """How many times an image is enlarged before a network that enlarges it `own` times."""
    if scale is None:
        raise OptionError("how many times is the image to be enlarged before? Give the scale (--scale)")
    if scale % own:
        raise OptionError(f"scale is {scale}, but the network itself enlarges {own} times")
    return scale // own


def _target(
    model: str | os.PathLike[str], source: Path, path: str | os.PathLike[str] | None, *, force: bool
) -> Path:
    if path is None:
        if not Path(model).exists():
            raise OptionError(f"{model} is a shipped model: name a file to write (--output)")
        return source
    target = Path(path)
    try:
        itself = target.exists() and target.samefile(source)
    except OSError as error:
        raise OptionError(f"cannot write {target}: {error.strerror}") from error
    check_target(target, OptionError, force=force or itself)
    return target


def _keep_weights(loaded: onnx.ModelProto, source: Path, target: Path) -> None:
    """Weights in other files are found from the folder of the file; in another folder they would be lost."""
    if os.path.realpath(source.parent) != os.path.realpath(target.parent):
        load_weights(loaded, source)


def _replace_tags(loaded: onnx.ModelProto, kept: Mapping[str, str]) -> None:
    others = [pair for pair in loaded.metadata_props if not pair.key.startswith(_PREFIX) or pair.key in kept]
    del loaded.metadata_props[:]
    loaded.metadata_props.extend(others)
    for pair in [pair for pair in loaded.metadata_props if pair.key == "srfast.schema"]:
        loaded.metadata_props.remove(pair)  # the conventions themselves are written anew


def _write(loaded: onnx.ModelProto, metadata: dict[str, str]) -> None:
    from srfast import geometry

    geometry.write(loaded, metadata)


def _bind(loaded: onnx.ModelProto, inputs: Values | None, said: _Said, trial: _Trial) -> None:
    from srfast import extra_inputs

    if inputs is not None:
        extra_inputs.bind(loaded, inputs)
    others = extra_inputs.extra_inputs(loaded)
    if not others:
        return
    if said.scale is None:
        names = ", ".join(repr(entry.name) for entry in others)
        raise OptionError(f"its scale goes into it with {names}: give the scale (--scale)")
    extra_inputs.bind_scale(loaded, said.scale, trial.shown_scale)


def _derived(loaded: onnx.ModelProto, source: Path, found: _core.ModelInfo) -> dict[str, str]:
    """What the graph and the runs show: the geometry, as metadata."""
    import onnx

    from srfast import geometry

    if any(pair.key == "srfast.passes" for pair in loaded.metadata_props):
        return {}
    margin = {"srfast.margin": " ".join(map(str, found.margin))} if any(found.margin) else {}
    tags = geometry.tags(loaded)
    if not tags and any(entry.data_location == entry.EXTERNAL for entry in loaded.graph.initializer):
        # Perhaps some constant that matters is among the weights.
        whole = onnx.ModelProto()
        whole.CopyFrom(loaded)
        load_weights(whole, source)
        tags = geometry.tags(whole)
    return margin | tags


class _Trial:
    """Opens and runs a model that is not in its place yet, under its own name."""

    def __init__(self, file: Path, name: str, said: _Said) -> None:
        self._file = file
        self._name = name
        self._said = said

    def open(self, loaded: onnx.ModelProto, scale: int | None) -> _core.ModelInfo:
        """What the native side finds; `scale` is what it should find."""
        info: _core.ModelInfo = self._open(loaded, self._said.color, self._said.range, scale).info
        return info

    def shown_scale(self, loaded: onnx.ModelProto) -> int | None:
        """How many times the model enlarges, None where it does not run."""
        try:
            return self.open(loaded, scale=None).scale
        except Error:
            return None

    def run(self, loaded: onnx.ModelProto) -> None:
        """Runs the model as its own tags say, on gray pixels."""
        native = self._open(loaded, None, None, None)
        height, width = (
            trial if side is None or native.info.halo is not None else side
            for trial, side in zip(_TRIAL, native.info.fixed_size, strict=True)
        )
        if height * width > _MOST_TRIAL_PIXELS:
            return
        image = np.full((height, width, 3), 127, np.uint8)
        try:
            native.run(image, None, None, True)
        except MemoryLimitError:
            return  # another machine may have more
        except Error as error:
            raise self._renamed(error) from error

    def _open(
        self,
        loaded: onnx.ModelProto,
        color: str | None,
        values: tuple[float, float] | None,
        scale: int | None,
    ) -> _core.Upscaler:
        try:
            self._file.write_bytes(loaded.SerializeToString())
        except Exception as error:
            if isinstance(error, OSError):
                raise
            # protobuf has a limit of 2 GB, and several exceptions for it
            raise ModelError(
                f"{self._name} is too large for one file with its weights; write into its own folder"
            ) from error
        try:
            return _core.Upscaler.open_file(
                os.fsencode(self._file),
                threads=0,
                memory_limit=0,
                providers=[],
                model_color=color,
                model_range=values,
                model_scale=scale,
            )
        except (Error, MemoryError) as error:
            raise self._renamed(error) from error

    def _renamed(self, error: Exception) -> Exception:
        return type(error)(str(error).replace(str(self._file), self._name))
