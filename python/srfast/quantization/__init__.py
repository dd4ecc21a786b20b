"""Makes a network compute with 8-bit integers, and measures what that costs and what it brings."""

from __future__ import annotations

import dataclasses
import math
import os
import warnings
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from srfast import scratch
from srfast.atomic import replacing
from srfast.conventions import Conventions
from srfast.errors import OptionError, QuantizationError
from srfast.evaluation import Score
from srfast.model_file import is_quantized, load_graph, load_weights, model_path, require_portable
from srfast.target_file import check_target
from srfast.upscaler import Upscaler

if TYPE_CHECKING:
    import onnx

    from srfast.quantization.speed import Speed
    from srfast.quantization.trials import Candidate, Reference, Trial

__all__ = ["MAX_LOSS", "QuantizationReport", "quantize"]

MAX_LOSS = 0.3
"""dB of PSNR that may be lost unless the caller says otherwise."""

_Progress = Callable[[float, str], object]


@dataclasses.dataclass(frozen=True)
class QuantizationReport:
    """What was made of a network.

    Attributes:
        path: The file.
        bytes: Its size.
        float_bytes: The size of the file that it was made of.
        windows: How many windows of photographs it was judged on.
        float_score: How near the truth the float network's images are, on average.
        chosen: The trial that became the file.
        trials: All of them, by what they keep in float.
        speed: The file's speed beside the float file's, measured once more after the choice.
        parallel: How it uses cores best: "pool" (one tile on all of them) or "tiles" (a tile on each).
        threads: How many cores were used.
    """

    path: Path
    bytes: int
    float_bytes: int
    windows: int
    float_score: Score
    chosen: Trial
    trials: tuple[Trial, ...]
    speed: Speed
    parallel: str
    threads: int


def quantize(
    model: str | os.PathLike[str],
    path: str | os.PathLike[str],
    *,
    images: str | os.PathLike[str] | None = None,
    max_loss: float = MAX_LOSS,
    threads: int | None = None,
    model_color: str | None = None,
    model_range: float | tuple[float, float] | None = None,
    force: bool = False,
    progress: _Progress | None = None,
) -> QuantizationReport:
    """Makes a file of a network that computes with 8-bit integers (static, QDQ, a scale for every channel).

    How large the values inside the network get is seen on photographs, fed as srfast feeds them. Four ways
    are tried: all convolutions in integers, or the first, the last or both in float. Each is judged by the
    PSNR that it loses, against the truth, on windows of the photographs that were shrunk with MATLAB's
    bicubic; among those that lose at most `max_loss`, the quickest becomes the file. Every ONNX Runtime reads
    it, with srfast or without, and makes the same image on processors with and without dot products of bytes.
    The file carries the float file's metadata.

    Args:
        model: An ONNX file that any runtime reads, or the name of a shipped model.
        path: The file to make. Its folder must exist.
        images: A folder of photographs like those that the network is for, in full resolution. None: eight
            that srfast ships.
        max_loss: How many dB of PSNR may be lost, over luma and over RGB.
        threads: How many cores are used when speed is measured. None: the CPUs that the process may use.
        model_color: What the network takes, as in `Upscaler`; the file will say so.
        model_range: Likewise.
        force: Replace a file that exists, and write one that lost more than `max_loss` or gained no speed.
        progress: Called as `progress(part, step)`: the part that is done, 0 to 1, and what is being done.

    Returns:
        What was lost and gained.

    Raises:
        OptionError: `max_loss` or another option cannot be used, or `images` is no folder of images.
        ImageError: An image cannot be read, or all are too small.
        ModelError: The file cannot be opened, is srfast's alone, or is quantised already.
        QuantizationError: The network has no convolution to quantise or cannot be rewritten, lost too much,
            gained no speed, or the target exists or cannot be written. Nothing is left behind.
        OSError: Temporary files cannot be written.

    Warns:
        UserWarning: The file was written because of `force` although it lost too much or gained no speed.
    """
    from srfast.quantization import samples
    from srfast.quantization.trials import Reference, least_lossy, quickest

    def report(part: float, step: str) -> None:
        if progress is not None:
            progress(part, step)

    def refuse(complaint: str, advice: str) -> None:
        if not force:
            raise QuantizationError(f"{complaint}; {advice}")
        warnings.warn(complaint, UserWarning, stacklevel=3)

    target, source = Path(path), model_path(model)
    check_target(target, QuantizationError, force=force, sources=[source])
    if not (isinstance(max_loss, (int, float)) and -math.inf < max_loss < math.inf):
        raise OptionError(f"max_loss must be a number of dB, not {max_loss!r}")
    graph = load_graph(source)
    require_portable(graph, model)
    if is_quantized(graph):
        raise QuantizationError(f"{model} is quantised already: name the float file that it was made of")
    _require_float32(graph, model)
    load_weights(graph, source)
    plain = Upscaler(source, color="rgb", threads=threads, model_color=model_color, model_range=model_range)
    float_network = _Float(graph, _conventions(plain, graph), plain.info.fixed_size, plain.info.assumed == [])

    report(0.0, "looking at photographs")
    pairs = samples.pairs(None if images is None else Path(images), plain.scale)
    reference = Reference.of(pairs, [plain.run(pair.low) for pair in pairs])
    candidates = _candidates(float_network, reference, report)

    allowed = [each for each in candidates if each.trial.lost <= max_loss]
    if not allowed:
        allowed = [least_lossy(candidates)]
        trial = allowed[0].trial
        refuse(
            f"{model} loses {trial.lost:.2f} dB of PSNR in integers with {trial.kept} in float, which is the "
            f"least, and max_loss is {max_loss:g}",
            "allow more (--max-loss), give other photographs (--images), or force it (--force)",
        )
    allowed = _timed(source, allowed, threads, lambda part: report(0.5 + 0.3 * part, "measuring speed"))
    chosen = quickest(allowed)
    ways = ("pool", "tiles") if plain.info.threads > 1 else ("pool",)
    variants = {way: _for_cores(chosen.model, way) for way in ways}
    speeds = _speeds(source, variants, threads, lambda part: report(0.8 + 0.2 * part, "measuring speed"))
    parallel = min(speeds, key=lambda way: speeds[way].seconds)
    speed = speeds[parallel]
    if speed.ratio[1] <= 1:
        refuse(
            f"{model} gains no speed in integers on this machine: {speed.seconds * 1e3:.1f} ms a run, and "
            f"{speed.float_seconds * 1e3:.1f} ms in float",
            "stay with float, or force it (--force)",
        )

    content = variants[parallel].SerializeToString()
    try:
        with replacing(target, overwrite=force) as temporary:
            temporary.write_bytes(content)
    except OSError as error:
        raise QuantizationError(f"cannot write {target}: {error.strerror}") from error
    timed = {each.trial.kept: each.trial for each in allowed}
    return QuantizationReport(
        path=target,
        bytes=len(content),
        float_bytes=source.stat().st_size,
        windows=len(pairs),
        float_score=reference.score,
        chosen=chosen.trial,
        trials=tuple(timed.get(each.trial.kept, each.trial) for each in candidates),
        speed=speed,
        parallel=parallel,
        threads=plain.info.threads,
    )


def _require_float32(graph: onnx.ModelProto, model: object) -> None:
    import onnx

    if any(pair.key == "srfast.enlarge" for pair in graph.metadata_props):
        raise QuantizationError(
            f"{model} is given an image that was enlarged before, which quantize does not do: "
            "have the network enlarge it itself, as srfast's SRCNN does"
        )
    weights = {entry.name for entry in graph.graph.initializer}
    inputs = [entry for entry in graph.graph.input if entry.name not in weights]
    for entry in (*inputs[:1], *graph.graph.output[:1]):
        if entry.type.tensor_type.elem_type != onnx.TensorProto.FLOAT:
            raise QuantizationError(f"{model} does not take and give float32: quantise the float32 network")


@dataclasses.dataclass(frozen=True)
class _Float:
    graph: onnx.ModelProto
    conventions: Conventions
    fixed_size: tuple[int | None, int | None]
    sure: bool  # of the conventions


def _conventions(upscaler: Upscaler, graph: onnx.ModelProto) -> Conventions:
    """What a network eats, as its file and the caller say."""
    info = upscaler.info
    stated = Conventions.from_metadata({pair.key: pair.value for pair in graph.metadata_props})
    plain = stated or Conventions(info.scale, made_by=info.made_by)
    return dataclasses.replace(plain, scale=info.scale, color=info.color, range=info.range)


def _candidates(network: _Float, reference: Reference, report: _Progress) -> list[Candidate]:
    """Quantises the network in several ways, and judges what each makes."""
    from srfast import parity
    from srfast.quantization import prelu, samples, static
    from srfast.quantization.layers import layers
    from srfast.quantization.spans import spans
    from srfast.quantization.trials import Candidate, Trial, least_lossy

    inputs = [samples.planes(pair.low, network.conventions, network.fixed_size) for pair in reference.pairs]
    folded, maxima = prelu.as_maximum(static.folded(network.graph))
    found = layers(folded)
    if not found.every:
        raise QuantizationError("the network holds no convolution that could compute with integers")
    seen = prelu.with_one_step(spans(folded, inputs), maxima)
    report(0.1, "judging pictures")
    candidates = []
    for kept, names in found.ways().items():
        alike = []  # as quick as each other
        for trimmed in (False, True):
            integers = static.quantized(
                folded,
                found,
                names,
                maxima,
                seen,
                input_span=parity.black_and_white(network.conventions),
                trimmed=trimmed,
                example=inputs[0],
            )
            model = _dressed(integers, network)
            eats = network.conventions
            upscaler = Upscaler(
                model.SerializeToString(),
                color="rgb",
                model_color=eats.color,
                model_range=eats.range,
                model_scale=eats.scale,
            )
            score, lost, agreement = reference.lost([upscaler.run(pair.low) for pair in reference.pairs])
            integer = len(found.every) - len(names)
            trial = Trial(kept, integer, found.count - integer, trimmed, score, lost, agreement)
            alike.append(Candidate(model, trial))
        candidates.append(least_lossy(alike))
        report(0.1 + 0.4 * len(candidates) / len(found.ways()), "judging pictures")
    return candidates


def _dressed(integers: onnx.ModelProto, network: _Float) -> onnx.ModelProto:
    """The network with what the float file says of itself, and without what only the tools needed."""
    import onnxruntime

    from srfast import __version__, geometry

    original = network.graph
    model = type(integers)()
    model.CopyFrom(integers)
    used = {node.domain or "ai.onnx" for node in model.graph.node}
    opsets = [entry for entry in model.opset_import if (entry.domain or "ai.onnx") in used]
    del model.opset_import[:]
    model.opset_import.extend(opsets)
    model.ir_version = max(original.ir_version, 7)  # with operator set 13
    model.doc_string = original.doc_string
    del model.metadata_props[:]
    model.metadata_props.extend(original.metadata_props)
    by = f"int8 by srfast {__version__}, onnxruntime {onnxruntime.__version__}"
    made_by = f"{network.conventions.made_by}; {by}" if network.conventions.made_by else by
    if network.sure:
        geometry.write(model, dataclasses.replace(network.conventions, made_by=made_by).to_metadata())
    if any(pair.key == "srfast.halo" for pair in original.metadata_props):
        geometry.write(model, geometry.tags(model))  # the memory is another
    return model


def _for_cores(model: onnx.ModelProto, way: str) -> onnx.ModelProto:
    """The network, marked as to be run in this way."""
    from srfast import geometry

    marked = type(model)()
    marked.CopyFrom(model)
    geometry.write(marked, {"srfast.parallel": way, geometry.MEASURED: way})
    return marked


def _timed(
    source: Path, candidates: Sequence[Candidate], threads: int | None, report: Callable[[float], object]
) -> list[Candidate]:
    """The candidates with their speeds; those that cannot be run are left out."""
    numbered = {str(number): each for number, each in enumerate(candidates)}
    speeds = _speeds(source, {name: each.model for name, each in numbered.items()}, threads, report)
    return [
        dataclasses.replace(each, trial=dataclasses.replace(each.trial, speed=speeds[name]))
        for name, each in numbered.items()
    ]


def _speeds(
    source: Path,
    models: Mapping[str, onnx.ModelProto],
    threads: int | None,
    report: Callable[[float], object],
) -> dict[str, Speed]:
    from srfast.quantization import speed

    with scratch.folder() as folder:
        return speed.measured(source, models, folder, threads, report)
