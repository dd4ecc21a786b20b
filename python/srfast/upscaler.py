"""The way to run a network: `Upscaler`, a thin face on the native pipeline."""

from __future__ import annotations

import collections
import concurrent.futures
import numbers
import os
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, overload

import numpy as np

from srfast import _core, image_argument, memory_size, runtime_library, value_range, zoo
from srfast.conventions import COLORS
from srfast.errors import Error, ImageError, ModelError, OptionError
from srfast.model_file import Model, is_quantized, model_name, model_path, passes_of

if TYPE_CHECKING:
    import onnx
    from numpy.typing import NDArray
    from PIL import Image

    Sample = TypeVar("Sample", np.uint8, np.uint16, np.float32)


class Upscaler:
    """A super-resolution network, ready to run on images.

    Opening reads the ONNX file and plans its execution; running is then cheap to start. One `Upscaler` may be
    used from many threads at once, and the GIL is released while it runs. The integers that come out do not
    depend on `threads`. It can be pickled: it is opened again where it is unpickled, so a path must be valid
    there too.

    Args:
        model: The path of an ONNX file, the content of one (bytes), or the name of a shipped model.
        color: The channel order of *your* 3-channel images: "bgr", as OpenCV reads them, or "rgb". What the
            network wants is another matter; its file says that.
        threads: How many cores all runs together keep busy. None: the CPUs that the process may use, by its
            affinity and its cgroup.
        providers: ONNX Runtime's execution providers in order of preference, such as
            `["CUDAExecutionProvider"]`. None: the CPU. The CPU helps out with what a provider cannot run only
            if `"CPUExecutionProvider"` is listed too.
        provider_options: One mapping of options for each of `providers`.
        model_color: What the network takes: "rgb", "bgr", "y" (BT.601 luma in studio range) or "y-full" (full
            range). None: what the file says, else RGB for three channels and "y" for one, with a warning.
        model_range: The values that the network takes for black and white: 1 for (0, 1), 255 for (0, 255), or
            a pair. None: what the file says, else (0, 1), with a warning.
        model_scale: How many times the network enlarges. None: what the file says, else what the graph shows.
        optimize: Whether the graph is rewritten in memory for srfast to run it faster, where the CPU runs it
            (see `srfast.optimize`). The result is the same but for the order of sums; a network that does not
            prove so when it is opened is run as it is.
        memory_limit: The working memory of all runs together, in bytes or as text such as "512MB", beyond the
            images, the network's weights and the ONNX Runtime library. Large images are run in tiles that fit
            into it; the result is that of the whole. None: a quarter of what the machine, or the container,
            has available now.

    Raises:
        ModelError: The file is missing, damaged, or not a network that srfast can run.
        OptionError: An option makes no sense, or contradicts the network.
        ProviderError: A provider cannot be had.
        OnnxRuntimeError: ONNX Runtime is missing or too old.

    Warns:
        UserWarning: The file does not state its conventions, so some had to be assumed; or it cannot be run
            in tiles, or not as fast as it could be.
    """

    def __init__(
        self,
        model: Model,
        color: str = "bgr",
        threads: int | None = None,
        providers: Sequence[str] | None = None,
        provider_options: Sequence[Mapping[str, Any]] | None = None,
        model_color: str | None = None,
        model_range: float | tuple[float, float] | None = None,
        model_scale: int | None = None,
        memory_limit: int | str | None = None,
        optimize: bool = True,
    ) -> None:
        if not isinstance(color, str) or color not in ("bgr", "rgb"):
            raise OptionError(f'color, the order of your images\' channels, is "bgr" or "rgb", not "{color}"')
        self._rgb = color == "rgb"
        native_options: dict[str, Any] = {
            "threads": _thread_count(threads),
            "memory_limit": 0 if memory_limit is None else memory_size.parse(memory_limit),
            "providers": _provider_list(providers, provider_options),
            "model_color": _model_color(model_color),
            "model_range": _range_pair(model_range),
            "model_scale": _whole("model_scale", model_scale),
        }
        runtime_library.load()
        self._model: Path | bytes = model if isinstance(model, bytes) else model_path(model)
        if isinstance(self._model, Path) and optimize and _by_cpu(providers):
            opened: Path | bytes = zoo.optimized(self._model)
        else:
            opened = self._model
        try:
            self._native = self._open(opened, native_options)
        except ModelError:
            # Perhaps for want of the value of an input that carries the scale.
            bound = None if model_scale is None else self._with_scale(int(model_scale), native_options)
            if bound is None:
                raise
            opened = bound
            self._native = self._open(opened, native_options)
        if self._native.info.providers == ["CPUExecutionProvider"]:
            self._prepare(opened, optimize, native_options)
        self._options = (
            *(color, threads, providers, provider_options),
            *(model_color, model_range, model_scale, memory_limit, optimize),
        )
        self.info: _core.ModelInfo = self._native.info
        """What is known of the network."""
        scale_is_assumed = self.info.scale == 1 and not self.info.tagged and model_scale is None
        if self.info.assumed or scale_is_assumed:
            self._warn(_assumptions(self._name, self.info, scale_is_assumed=scale_is_assumed), 3)

    @property
    def scale(self) -> int:
        """Output pixels per input pixel along each axis."""
        return self.info.scale

    @property
    def providers(self) -> list[str]:
        """The execution providers that are really active, in order of preference."""
        return self.info.providers

    @overload
    def run(
        self,
        img: NDArray[Sample],
        out: NDArray[Sample] | None = None,
        progress: Callable[[int, int], object] | None = None,
    ) -> NDArray[Sample]: ...

    @overload
    def run(
        self, img: Image.Image, out: None = None, progress: Callable[[int, int], object] | None = None
    ) -> Image.Image: ...

    def run(self, img: Any, out: Any = None, progress: Callable[[int, int], object] | None = None) -> Any:
        """Enlarges one image.

        Args:
            img: Height x width (gray), or height x width x 1 (gray), 2 (gray, alpha), 3 (colour, in the order
                `color`) or 4 (colour, alpha); uint8 (0..255), uint16 (0..65535) or float32 (0..1); any
                strides, so views and flips are not copied; it may be read-only. A gray image is given to a
                colour network three times over, and the BT.601 luma of what comes back is the result. Of a
                colour image, a network with one channel gets the luma, and Cb and Cr are enlarged by bicubic
                interpolation (a = -0.75). Alpha, by which the colours are not multiplied, is enlarged beside
                the network, by bicubic interpolation held between the extremes of the 2 x 2 samples around
                each pixel: it does not ring, what is opaque stays so exactly, and so does what is
                transparent. The colours of pixels whose alpha is 0 do not matter: in their place the network
                gets those of the nearest visible pixels, and where alpha is below 1/16 the mean of what is
                around. Where it is nowhere that low, the colours come out as without alpha. Or one of
                Pillow's images, read by its own mode (L, LA, RGB, RGBA, I;16, P) whatever `color` says.
            out: Where to write the result: an array of the result's shape and dtype, of any strides, that
                shares no memory with `img`. None: a new array.
            progress: Called as `progress(done, total)` between tiles, in the thread that called `run`. An
                exception raised in it ends the run and is raised here.

        Returns:
            `scale` times as high and wide, of the same dtype and number of dimensions; `out` if it was given.
            For one of Pillow's images, another one: of its mode, or RGB or RGBA for a palette, with its
            profile, EXIF data and resolution.
            Values are clipped to the dtype's range; integers are rounded to nearest, ties to even; NaN
            becomes 0.

        Raises:
            ImageError: `img` or `out` cannot be used; the message says why.
            OptionError: `progress` cannot be called.
            RunError: The network failed on this image.
            MemoryLimitError: The memory limit is too small; the message says what would do.
            MemoryError: There is not enough memory for an image of this size.
            CancelledError: Another thread called `cancel`.
            KeyboardInterrupt: Ctrl-C, within one tile. As after any error, the `Upscaler` can be used as
                before.
        """
        if progress is not None and not callable(progress):
            raise OptionError(f"progress must be a function of two numbers, not {progress!r}")
        if image_argument.is_picture(img):
            if out is not None:
                raise ImageError("out is for arrays; of a PIL image, the result is a new one")
            pixels = image_argument.to_array(img)
            return image_argument.to_picture(self._native.run(pixels, None, progress, True), img)
        image_argument.require_array("img", img)
        if out is not None:
            image_argument.require_array("out", out)
            if np.may_share_memory(img, out) and _share_memory(img, out):
                raise ImageError("out shares memory with img; give an array of its own")
        return self._native.run(img, out, progress, self._rgb)

    __call__ = run

    @overload
    def map(self, images: Iterable[NDArray[Sample]]) -> Iterator[NDArray[Sample]]: ...

    @overload
    def map(self, images: Iterable[Image.Image]) -> Iterator[Image.Image]: ...

    def map(self, images: Iterable[Any]) -> Iterator[Any]:
        """Enlarges many images, keeping the cores busy from one to the next.

        A few images are worked on at once, however many there are, so memory stays bounded.

        Args:
            images: Images as `run` takes them. They are taken from the iterable as they are needed, in the
                thread that iterates over the result.

        Yields:
            The results, in order.

        Raises:
            Error: As `run` does, at the image that failed; later images are not run.
        """
        at_once = self.info.threads
        with concurrent.futures.ThreadPoolExecutor(at_once, thread_name_prefix="srfast") as pool:
            running: collections.deque[concurrent.futures.Future[Any]] = collections.deque()
            try:
                for image in images:
                    running.append(pool.submit(self.run, image))
                    # One more than is worked on, so that nobody waits for the next image.
                    if len(running) > at_once:
                        yield running.popleft().result()
                while running:
                    yield running.popleft().result()
            finally:
                for future in running:
                    future.cancel()

    def cancel(self) -> None:
        """Ends all runs that are in progress, each within one tile. They raise CancelledError.

        May be called from any thread. Runs that start later are not affected.
        """
        self._native.cancel()

    def _open(self, model: Path | bytes, native_options: dict[str, Any]) -> _core.Upscaler:
        if isinstance(model, bytes):
            return _core.Upscaler.open_bytes(model, label=self._name, **native_options)
        return _core.Upscaler.open_file(os.fsencode(model), **native_options)

    def _with_scale(self, scale: int, native_options: dict[str, Any]) -> bytes | None:
        """The model with the scale in its extra inputs, or None where it has none or cannot be read."""
        from srfast import extra_inputs
        from srfast.model_file import load_graph, load_weights

        def shown_scale(candidate: onnx.ModelProto) -> int | None:
            try:
                options = native_options | {"model_scale": None}
                return self._open(candidate.SerializeToString(), options).info.scale
            except Error:
                return None

        try:
            loaded = load_graph(self._model)
            if not extra_inputs.extra_inputs(loaded):
                return None
            load_weights(loaded, self._model)
        except ModelError:
            return None
        extra_inputs.bind_scale(loaded, scale, shown_scale)
        content: bytes = loaded.SerializeToString()
        return content

    def _prepare(self, model: Path | bytes, optimize: bool, options: Mapping[str, Any]) -> None:
        """Has the network run as srfast runs it best, if it does not yet."""
        plain = self._native
        if plain.info.passes or (plain.info.halo is not None and not optimize):
            return
        import onnx

        from srfast import geometry
        from srfast.agreement import disagreement

        try:
            loaded = onnx.load_model_from_string(model) if isinstance(model, bytes) else onnx.load(model)
        except Exception as error:  # ONNX Runtime has opened it, so it can be run, if only as a whole
            self._warn(f"{self._name} is run whole, not in tiles: its graph cannot be read ({error})", 4)
            return

        if any(plain.info.margin):  # as runs showed it; the graph may show it better
            geometry.write(loaded, {"srfast.margin": " ".join(map(str, plain.info.margin))})

        def opened(made: onnx.ModelProto | None) -> _core.Upscaler:
            if made is None or (plain.info.halo is not None and not passes_of(made)):
                return plain
            return _core.Upscaler.open_bytes(made.SerializeToString(), label=self._name, **options)

        wrong = ""
        if optimize:
            try:
                made = geometry.prepared(loaded, value_range=plain.info.range)
                if made is not None and not plain.info.tagged and plain.info.multiple > 1:
                    # Runs showed which sizes it takes. Where the graph does not, only the plain one knows.
                    made = made if geometry.is_tiled(made) else None
                self._native = opened(made)
                if made is None or self._native is plain:
                    return
                # Runs show how much of a border is missing, and only the graph at which side.
                as_it_is = (
                    opened(geometry.prepared(loaded, optimize=False)) if any(plain.info.margin) else plain
                )
                wrong = disagreement(
                    as_it_is, self._native, geometry.alignment(made), quantized=is_quantized(loaded)
                )
                if not wrong:
                    return
            except Exception as error:  # whatever a strange graph does to a pass
                wrong = str(error)
        try:
            self._native = opened(geometry.prepared(loaded, optimize=False))
        except Exception as error:
            self._native = plain
            self._warn(f"{self._name} is run whole, not in tiles: its graph cannot be read ({error})", 4)
            return
        if wrong:
            self._warn(
                f"{self._name} is run as it is, not as fast as it could be: "
                f"rewritten, it does not give the same image ({wrong}). optimize=False ends this warning",
                4,
            )

    def _warn(self, message: str, stacklevel: int) -> None:
        warnings.warn(message, UserWarning, stacklevel=stacklevel)

    @property
    def _name(self) -> str:
        return model_name(self._model)

    def __repr__(self) -> str:
        info = self.info
        return (
            f"Upscaler({self._name!r}, scale={info.scale}, model_color={info.color!r}, "
            f"model_range={info.range}, threads={info.threads}, providers={info.providers})"
        )

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self._model, *self._options)


def _share_memory(one: NDArray[Any], other: NDArray[Any]) -> bool:
    try:
        return bool(np.shares_memory(one, other, max_work=1_000_000))  # type: ignore[arg-type]  # its stubs know two values
    except RuntimeError:  # too hard to say
        return True


def _by_cpu(providers: Sequence[str] | None) -> bool:
    return providers is None or list(providers) == ["CPUExecutionProvider"]


def _whole(name: str, value: object) -> int | None:
    if value is None:
        return None
    if not isinstance(value, (int, np.integer)) or isinstance(value, bool) or not 1 <= value <= 1024:
        raise OptionError(f"{name} must be a whole number between 1 and 1024, or left out, not {value!r}")
    return int(value)


def _thread_count(threads: object) -> int:
    return _whole("threads", threads) or 0  # 0: the native side counts the CPUs


def _provider_list(
    providers: Sequence[str] | None, provider_options: Sequence[Mapping[str, Any]] | None
) -> list[tuple[str, dict[str, str]]]:
    if providers is None:
        if provider_options is not None:
            raise OptionError("provider_options needs providers: one mapping for each")
        return []
    if (
        not isinstance(providers, Sequence)
        or isinstance(providers, str)
        or not all(isinstance(name, str) and name.isascii() for name in providers)
        or not providers
    ):
        raise OptionError(
            f'providers must be a list of names like ["CPUExecutionProvider"], not {providers!r}'
        )
    options = [{} for _ in providers] if provider_options is None else provider_options
    if (
        not isinstance(options, Sequence)
        or len(options) != len(providers)
        or not all(isinstance(each, Mapping) for each in options)
    ):
        raise OptionError(
            f"provider_options must hold one mapping for each of {list(providers)}, not {provider_options!r}"
        )
    return [
        (name, {_text(key): _text(value) for key, value in each.items()})
        for name, each in zip(providers, options, strict=True)
    ]


def _text(value: object) -> str:
    """What ONNX Runtime gets of a provider's option, which may be a number."""
    text = str(value)
    if "\0" in text or any("\ud800" <= letter <= "\udfff" for letter in text):
        raise OptionError(f"provider_options cannot hold {text!r}: it is not text")
    return text


def _model_color(value: str | None) -> str | None:
    if value is not None and not (isinstance(value, str) and value in COLORS):
        raise OptionError(f"model_color is one of {', '.join(COLORS)}, not {value!r}")
    return value


def _range_pair(value: object) -> tuple[float, float] | None:
    if value is None:
        return None
    if isinstance(value, numbers.Real) and value in (1, 255):
        return (0.0, float(value))
    if not isinstance(value, Sequence) or len(value) != 2:
        raise OptionError(f"model_range must be 1, 255 or a pair (low, high), not {value!r}")
    return value_range.pair(value, "model_range")


def _assumptions(name: str, info: _core.ModelInfo, *, scale_is_assumed: bool) -> str:
    assumed = {
        "color": f'model_color="{info.color}"',
        "range": f"model_range=({info.range[0]:g}, {info.range[1]:g})",
    }
    options = [assumed[key] for key in info.assumed]
    if scale_is_assumed:
        options.append("model_scale=1")
    message = (
        f"{name} does not say what it takes; assuming {', '.join(options[:-1])}"
        f"{' and ' if options[1:] else ''}{options[-1]}. "
        "If the colours or the contrast come out wrong, give these options other values; giving them ends "
        "this warning"
    )
    if scale_is_assumed:
        message += (
            ". If the network wants an image that was enlarged before, say so: "
            "srfast tag MODEL --scale N --enlarge cubic"
        )
    return message
