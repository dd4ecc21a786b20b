"""Arguments of any type and value: a result, or one of srfast's errors, never the words of its insides."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import onnx_files
import srfast

DTYPES = [
    *(
        "u1",
        "u2",
        "f4",
        "u1",
        "u2",
        "f4",
        ">u2",
        ">f4",
        "i1",
        "i8",
        "u4",
        "f2",
        "f8",
        "?",
        "c8",
        "O",
        "U3",
        "S2",
    ),
    *("M8[s]", "V4", [("r", "u1"), ("g", "u1")]),
]
HUGE = 10**400  # more than a float holds

anything: st.SearchStrategy[Any] = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 300),
    st.integers(),
    st.sampled_from([HUGE, -HUGE, 2**31, 2**63, -(2**63)]),
    st.floats(),
    st.text(max_size=5),
    st.sampled_from(
        ["rgb", "bgr", "y", "cubic", "512MB", "1e3", "9" * 400 + "GB", "x" * 300, "\udcff", "a\0b"]
    ),
    st.binary(max_size=3),
    st.complex_numbers(),
    st.sampled_from([np.uint8(2), np.int64(3), np.float32(1), np.float64("nan"), np.bool_(True)]),
    st.sampled_from([np.zeros(2), np.array([1, 2]), np.array(None), object(), int, len]),
    st.lists(
        st.integers(-2, 300) | st.floats() | st.text(max_size=3) | st.none() | st.just(HUGE), max_size=3
    ),
    st.tuples(st.floats() | st.integers(), st.floats() | st.integers() | st.just(HUGE)),
    st.dictionaries(st.text(max_size=3) | st.integers(), st.text(max_size=3) | st.none(), max_size=2),
)


def outcome(call: Callable[[], Any]) -> Any:
    """The result; or the error, where it is one of srfast's or what Python says of a path."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # of what a model does not say: drawn by chance
        try:
            return call()
        except srfast.Error as error:
            return error
        except TypeError as error:
            if re.search(r"(expected|argument should be a) str.*os\.PathLike", str(error)):
                return srfast.OptionError(str(error))  # what Python's own functions say of a path
            raise


# --- images


@st.composite
def arrays(draw: st.DrawFn) -> Any:
    """Arrays that are images, or nearly, or not at all."""
    dtype = np.dtype(draw(st.sampled_from(DTYPES)))
    sides = draw(
        st.lists(st.integers(0, 7), max_size=4).map(tuple) | st.tuples(st.integers(1, 7), st.integers(1, 7))
    )
    shape = (*sides, draw(st.integers(1, 4))) if draw(st.booleans()) and len(sides) == 2 else sides
    steps = [draw(st.sampled_from([1, -1, 2, -3])) for _ in shape]
    whole = np.zeros([side * abs(step) for side, step in zip(shape, steps, strict=True)], dtype)
    if dtype.kind in "uif":
        random = np.random.default_rng(draw(st.integers(0, 9)))
        whole[...] = (random.random(whole.shape) * (1 if dtype.kind == "f" else 100)).astype(dtype)
    array = whole[(*(slice(None, None, step) for step in steps), ...)]
    if draw(st.booleans()) and array.ndim > 1:
        array = array.swapaxes(0, 1)
    match draw(st.integers(0, 7)):
        case 0:
            array.flags.writeable = False
        case 1:
            array = np.ma.masked_array(array, mask=draw(st.booleans()))
        case 2 if array.ndim > 0 and array.shape[0] > 0:
            array = np.broadcast_to(array[:1], array.shape)
        case 3:
            return draw(anything)
    return array


def is_image(array: Any) -> bool:
    return (
        isinstance(array, np.ndarray)
        and array.dtype in (np.uint8, np.uint16, np.float32)
        and array.dtype.isnative
        and array.ndim in (2, 3)
        and array.size > 0
        and (array.ndim == 2 or array.shape[2] <= 4)
    )


TWICE = srfast.Upscaler(onnx_files.repeat(2), threads=1)


@settings(max_examples=150, derandomize=True)
@given(arrays())
def test_any_array_is_enlarged_or_refused(image: Any) -> None:
    result = outcome(lambda: TWICE.run(image))
    if not is_image(image):
        assert isinstance(result, srfast.ImageError)
        return
    plain = np.ascontiguousarray(np.asarray(image))
    assert type(result) is np.ndarray
    np.testing.assert_array_equal(result, TWICE.run(plain))
    assert result.dtype == image.dtype
    assert result.shape == (image.shape[0] * 2, image.shape[1] * 2, *image.shape[2:])


@settings(max_examples=150, derandomize=True)
@given(arrays(), st.sampled_from(["u1", "u2", "f4"]), st.integers(0, 4))
def test_any_out_is_filled_or_refused(out: Any, dtype: str, channels: int) -> None:
    shape = (3, 3, channels) if channels else (3, 3)
    if isinstance(out, np.ndarray) and out.ndim in (2, 3) and all(side % 2 == 0 for side in out.shape[:2]):
        shape = (out.shape[0] // 2, out.shape[1] // 2, *out.shape[2:])
    image = np.ones(shape, dtype)
    result = outcome(lambda: TWICE.run(image, out=out))
    if out is None:
        out = result
    if isinstance(result, np.ndarray):
        assert result is out
        np.testing.assert_array_equal(result, TWICE.run(image))


@settings(max_examples=50, derandomize=True)
@given(anything.filter(lambda value: not callable(value)))
def test_a_progress_that_cannot_be_called_is_refused(progress: Any) -> None:
    result = outcome(lambda: TWICE.run(np.ones((2, 2), np.uint8), progress=progress))
    assert isinstance(result, srfast.OptionError) or progress is None


# --- options


@settings(max_examples=150, derandomize=True)
@given(
    st.sampled_from(
        [
            *("color", "threads", "providers", "provider_options", "model_color", "model_range"),
            *("model_scale", "memory_limit"),
        ]
    ),
    anything,
)
def test_any_option_is_used_or_refused(name: str, value: Any) -> None:
    options: dict[str, Any] = {"threads": 1} | {name: value}
    if name == "provider_options":
        options["providers"] = ["CPUExecutionProvider"]
    result = outcome(lambda: srfast.Upscaler(onnx_files.repeat(2), **options))
    assert isinstance(result, (srfast.Upscaler, srfast.OptionError, srfast.ProviderError))


@settings(max_examples=100, derandomize=True)
@given(anything)
def test_any_model_is_opened_or_refused(model: Any) -> None:
    assert isinstance(outcome(lambda: srfast.Upscaler(model)), (srfast.Upscaler, srfast.ModelError))


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A network in the working directory, where any name that is given as a path is made."""
    path = tmp_path_factory.mktemp("arguments") / "net.onnx"
    path.write_bytes(onnx_files.repeat(2))
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(path.parent)
        yield path


@settings(max_examples=150, derandomize=True)
@given(
    name=st.sampled_from(["scale", "color", "range", "enlarge", "inputs", "path", "model"]), value=anything
)
def test_any_tag_is_written_or_refused(file: Path, name: str, value: Any) -> None:
    arguments: dict[str, Any] = {"model": file, "path": file.with_name("made.onnx"), "force": True} | {
        name: value
    }
    before = file.read_bytes()
    outcome(lambda: srfast.tag_onnx(arguments.pop("model"), arguments.pop("path"), **arguments))
    file.write_bytes(before)


@settings(max_examples=60, derandomize=True)
@given(name=st.sampled_from(["model", "path", "model_range"]), value=anything)
def test_any_argument_of_optimize_is_used_or_refused(file: Path, name: str, value: Any) -> None:
    arguments: dict[str, Any] = {"model": file, "path": file.with_name("made.srfast.onnx"), "force": True}
    arguments |= {name: value}
    outcome(lambda: srfast.optimize(arguments.pop("model"), arguments.pop("path"), **arguments))


@settings(max_examples=100, derandomize=True)
@given(
    name=st.sampled_from(["model", "path", "images", "max_loss", "threads", "model_color", "model_range"]),
    value=anything,
)
def test_any_argument_of_quantize_is_refused(file: Path, name: str, value: Any) -> None:
    """The network has no convolution, so whatever is usable otherwise is refused at last."""
    arguments: dict[str, Any] = {"model": file, "path": file.with_name("int8.onnx"), "images": file.parent}
    arguments |= {name: value}
    result = outcome(lambda: srfast.quantize(arguments.pop("model"), arguments.pop("path"), **arguments))
    assert isinstance(result, srfast.Error)


@settings(max_examples=80, derandomize=True)
@given(name=st.sampled_from(["network", "path", "conventions", "opset", "size"]), value=anything)
def test_any_argument_of_export_is_refused(file: Path, name: str, value: Any) -> None:
    """What is given for the network is none, so whatever is usable otherwise is refused at last."""
    arguments: dict[str, Any] = {"network": object(), "path": file.with_name("exported.onnx")} | {name: value}
    result = outcome(lambda: srfast.export_onnx(arguments.pop("network"), arguments.pop("path"), **arguments))
    assert isinstance(result, srfast.Error)


@settings(max_examples=80, derandomize=True)
@given(name=st.sampled_from(["scale", "color", "range", "multiple", "minimum", "made_by"]), value=anything)
def test_any_conventions_are_kept_or_refused(name: str, value: Any) -> None:
    made = outcome(lambda: srfast.Conventions(**({"scale": 2} | {name: value})))
    if isinstance(made, srfast.OptionError):
        return
    assert srfast.Conventions.from_metadata(made.to_metadata()) is not None


@settings(max_examples=100, derandomize=True)
@given(path=anything, scale=anything)
def test_any_checkpoint_is_refused(path: Any, scale: Any) -> None:
    assert isinstance(outcome(lambda: srfast.load_checkpoint(path, scale=scale)), srfast.Error)
