"""Upscaler: what goes in, what comes out, what is refused."""

from __future__ import annotations

import concurrent.futures
import gc
import os
import pickle
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import onnx_files
import srfast


@pytest.fixture(scope="module")
def twice() -> srfast.Upscaler:
    return srfast.Upscaler(onnx_files.repeat(2))


def repeated(image: np.ndarray, scale: int) -> np.ndarray:
    return image.repeat(scale, axis=0).repeat(scale, axis=1)


def random_image(shape: tuple[int, ...], dtype: type, seed: int = 0) -> np.ndarray:
    random = np.random.default_rng(seed)
    if dtype is np.float32:
        return random.random(shape, dtype=np.float32)
    return random.integers(0, np.iinfo(dtype).max, shape, dtype=dtype, endpoint=True)


# What comes out


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
@pytest.mark.parametrize("shape", [(5, 7), (5, 7, 1), (5, 7, 3), (1, 1, 3), (1, 1), (1, 9, 3), (64, 1, 3)])
def test_result_has_the_images_dtype_and_dimensions(
    twice: srfast.Upscaler, shape: tuple[int, ...], dtype: type
) -> None:
    image = random_image(shape, dtype)
    result = twice.run(image)
    assert result.dtype == image.dtype
    assert result.shape == (shape[0] * 2, shape[1] * 2, *shape[2:])
    np.testing.assert_allclose(result, repeated(image, 2), rtol=0, atol=1e-6)
    np.testing.assert_array_equal(twice(image), result)


@settings(max_examples=200)
@given(data=st.data())
def test_any_strides_give_what_a_copy_gives(data: st.DataObject) -> None:
    dtype = data.draw(st.sampled_from([np.uint8, np.uint16, np.float32]))
    channels = data.draw(st.sampled_from([None, 1, 3]))
    height, width = data.draw(st.integers(1, 40)), data.draw(st.integers(1, 40))
    steps = [data.draw(st.sampled_from([1, 2, -1, -3])) for _ in range(2)]
    base = random_image((height * 3, width * 3, channels or 3), dtype, seed=height * 41 + width)
    if data.draw(st.booleans()):
        base = np.asfortranarray(base)
    view = base[:: steps[0], :: steps[1]][:height, :width]
    view = view[..., 1] if channels is None else view[..., :: data.draw(st.sampled_from([1, -1]))]
    if data.draw(st.booleans()):
        view = view.swapaxes(0, 1)
    if data.draw(st.booleans()):
        view.flags.writeable = False
    upscaler = srfast.Upscaler(onnx_files.repeat(2), threads=1)
    np.testing.assert_array_equal(upscaler.run(view), upscaler.run(np.ascontiguousarray(view)))


def test_broadcast_and_unaligned_images(twice: srfast.Upscaler) -> None:
    broadcast = np.broadcast_to(np.array([1, 2, 3], np.uint8), (4, 5, 3))
    np.testing.assert_array_equal(twice.run(broadcast), repeated(broadcast, 2))
    unaligned = (
        np.frombuffer(b"\0" + random_image((4, 5, 3), np.uint16).tobytes(), np.uint8)[1:]
        .view(np.uint16)
        .reshape(4, 5, 3)
    )
    assert not unaligned.flags.aligned
    np.testing.assert_array_equal(twice.run(unaligned), repeated(unaligned, 2))


def test_out_is_filled_and_returned(twice: srfast.Upscaler) -> None:
    image = random_image((6, 5, 3), np.uint8)
    buffer = np.full((12, 20, 3), 7, np.uint8)
    out = buffer[:, ::2]
    assert twice.run(image, out=out) is out
    np.testing.assert_array_equal(out, repeated(image, 2))
    assert (buffer[:, 1::2] == 7).all()


def test_channel_order_is_the_callers_business() -> None:
    weights = np.zeros((3, 3, 1, 1), np.float32)
    weights[0, 0] = 1  # the network keeps its first channel, red, and drops the others
    red_only = onnx_files.serialized(
        [onnx.helper.make_node("Conv", ["input", "w"], ["output"])],
        weights={"w": weights},
        metadata=onnx_files.tags(1),
    )
    image = np.array([[[10, 20, 30]]], np.uint8)
    assert srfast.Upscaler(red_only, color="bgr").run(image).tolist() == [[[0, 0, 30]]]
    assert srfast.Upscaler(red_only, color="rgb").run(image).tolist() == [[[10, 0, 0]]]
    assert srfast.Upscaler(red_only, color="rgb", model_color="bgr").run(image).tolist() == [[[0, 0, 30]]]


def test_gray_through_colour_is_replicated_and_its_luma_taken() -> None:
    gains = np.array([0.25, 0.5, 0.75], np.float32).reshape(3, 1, 1)
    model = onnx_files.serialized(
        [onnx.helper.make_node("Mul", ["input", "gains"], ["output"])],
        weights={"gains": gains},
        metadata=onnx_files.tags(1),
    )
    gray = np.arange(256, dtype=np.uint8).reshape(16, 16)
    luma = gray * (0.299 * 0.25 + 0.587 * 0.5 + 0.114 * 0.75)
    result = srfast.Upscaler(model).run(gray)
    assert np.abs(result - luma).max() <= 0.5 + 1e-4


@pytest.mark.parametrize("clips_itself", [True, False])
def test_gray_is_the_luma_of_the_colours_that_the_network_would_give(clips_itself: bool) -> None:
    kernel = np.zeros((3, 3, 3, 3), np.float32)
    kernel[[0, 1, 2], [0, 1, 2], 1, 1] = [3.0, 0.5, -0.5]  # beyond white, and beyond black
    output = "sums" if clips_itself else "output"
    nodes = [onnx.helper.make_node("Conv", ["input", "kernel"], [output], pads=[1] * 4)]
    weights = {"kernel": kernel}
    if clips_itself:  # its last node, which opening the network drops
        nodes.append(onnx.helper.make_node("Clip", ["sums", "low", "high"], ["output"]))
        weights |= {"low": np.array(0, np.float32), "high": np.array(1, np.float32)}
    model = onnx_files.serialized(nodes, weights=weights, metadata=onnx_files.tags(1))
    upscaler = srfast.Upscaler(model, color="rgb")
    assert ("final_clip" in upscaler.info.passes) == clips_itself
    gray = np.arange(256, dtype=np.float32).reshape(16, 16) / 255
    colours = upscaler.run(np.stack([gray] * 3, axis=-1))
    np.testing.assert_allclose(upscaler.run(gray), colours @ [0.299, 0.587, 0.114], rtol=0, atol=1e-6)


def test_values_are_clipped_and_rounded_to_nearest_even() -> None:
    image = np.arange(256 * 3, dtype=np.uint16).reshape(16, 16, 3).astype(np.uint8)
    halves = srfast.Upscaler(onnx_files.affine(0.5, 0.0, onnx_files.tags(1, high=255)))
    np.testing.assert_array_equal(halves.run(image), np.rint(image / 2).astype(np.uint8))
    beyond = srfast.Upscaler(onnx_files.affine(3.0, -1.0, onnx_files.tags(1)))
    np.testing.assert_array_equal(beyond.run(image), np.clip(image * 3.0 - 255, 0, 255))
    assert beyond.run(np.ones((2, 2), np.float32)).max() == 1.0
    assert beyond.run(np.zeros((2, 2), np.float32)).min() == 0.0


def test_nan_becomes_zero() -> None:
    image = np.full((2, 2, 3), np.nan, np.float32)
    assert (srfast.Upscaler(onnx_files.affine(1, 0)).run(image) == 0).all()
    nothing = srfast.Upscaler(onnx_files.affine(float("nan"), 0))
    assert (nothing.run(np.full((2, 2, 3), 9, np.uint8)) == 0).all()
    assert (nothing.run(np.full((2, 2, 3), 9, np.uint16)) == 0).all()


def test_value_range_of_the_model() -> None:
    image = random_image((4, 4, 3), np.uint8)
    for low, high in [(0, 1), (0, 255), (-1, 1), (16, 235)]:
        upscaler = srfast.Upscaler(onnx_files.affine(1, 0, onnx_files.tags(1, low=low, high=high)))
        assert upscaler.info.range == (low, high)
        np.testing.assert_array_equal(upscaler.run(image), image)


def test_overridden_range_reaches_the_network() -> None:
    # Adding 0.5 to what the network sees is half of white in 0..1 and next to nothing in 0..255.
    model = onnx_files.affine(1, 0.5)
    dark = np.zeros((2, 2), np.float32)
    assert srfast.Upscaler(model).run(dark)[0, 0] == pytest.approx(0.5)
    assert srfast.Upscaler(model, model_range=255).run(dark)[0, 0] == pytest.approx(0.5 / 255)
    assert srfast.Upscaler(model, model_range=(0, 2)).run(dark)[0, 0] == pytest.approx(0.25)


def test_threads_do_not_change_integers() -> None:
    model = onnx_files.convolutions()
    image = random_image((123, 97, 3), np.uint8)
    one = srfast.Upscaler(model, threads=1).run(image)
    for threads in (2, 3, 8):
        upscaler = srfast.Upscaler(model, threads=threads)
        assert upscaler.info.threads == threads
        np.testing.assert_array_equal(upscaler.run(image), one)


def test_many_threads_share_one_upscaler() -> None:
    upscaler = srfast.Upscaler(onnx_files.convolutions(), threads=2)
    images = [random_image((20 + i, 50 - i, 3), np.uint8, seed=i) for i in range(16)]
    expected = [upscaler.run(image) for image in images]
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        for _ in range(5):
            for result, right in zip(pool.map(upscaler.run, images), expected, strict=True):
                np.testing.assert_array_equal(result, right)


def test_the_gil_is_released_while_it_runs() -> None:
    upscaler = srfast.Upscaler(onnx_files.convolutions(features=64), threads=1)
    image = random_image((400, 400, 3), np.uint8)
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        running = pool.submit(upscaler.run, image)
        turns = 0
        while not running.done():
            turns += 1
    # With the GIL held, this thread gets at most a turn or two before the run and after it.
    assert turns > 10


# What is known of a model


def test_info_of_a_tagged_file(twice: srfast.Upscaler) -> None:
    assert twice.scale == twice.info.scale == 2
    assert twice.info.color == "rgb"
    assert twice.info.range == (0.0, 1.0)
    assert twice.info.fixed_size == (None, None)
    assert (twice.info.input, twice.info.output) == ("input", "output")
    assert twice.info.tagged
    assert twice.info.assumed == []
    assert twice.providers == ["CPUExecutionProvider"]
    assert "scale=2" in repr(twice)


def test_conventions_written_by_python_are_read_by_the_native_side() -> None:
    conventions = srfast.Conventions(scale=3, color="bgr", range=(-0.5, 123.456), made_by="a test")
    upscaler = srfast.Upscaler(onnx_files.repeat(3, metadata=conventions.to_metadata()))
    assert upscaler.info.color == "bgr"
    assert upscaler.info.range == pytest.approx((-0.5, 123.456))
    assert upscaler.info.made_by == "a test"


def test_an_untagged_file_warns_of_what_was_assumed() -> None:
    untagged = onnx_files.repeat(2, metadata={"producer": "somebody"})
    with pytest.warns(UserWarning, match=r'does not say.*model_color="rgb".*model_range=\(0, 1\)'):
        upscaler = srfast.Upscaler(untagged)
    assert upscaler.scale == 2
    assert not upscaler.info.tagged
    upscaler = srfast.Upscaler(untagged, model_color="rgb", model_range=1)  # a warning here would be an error
    assert upscaler.info.assumed == []


def test_fixed_size_is_known() -> None:
    fixed = onnx_files.repeat(2, input_shape=(1, 3, 6, 4), output_shape=(1, 3, 12, 8), metadata={"x": "y"})
    upscaler = srfast.Upscaler(fixed, model_color="rgb", model_range=1)
    assert upscaler.scale == 2
    assert upscaler.info.fixed_size == (6, 4)
    for size in [(6, 4), (5, 9), (1, 1), (30, 31)]:
        image = random_image((*size, 3), np.uint8)
        np.testing.assert_array_equal(upscaler.run(image), repeated(image, 2))


def test_a_fixed_size_that_looks_at_the_whole_image_refuses_others() -> None:
    nodes = [
        onnx.helper.make_node("GlobalAveragePool", ["input"], ["mean"]),
        onnx.helper.make_node("Sub", ["input", "mean"], ["output"]),
    ]
    shape = (1, 3, 6, 4)
    content = onnx_files.serialized(nodes, input_shape=shape, output_shape=shape, metadata=onnx_files.tags(1))
    upscaler = srfast.Upscaler(content)
    assert upscaler.run(random_image((6, 4, 3), np.uint8)).shape == (6, 4, 3)
    with pytest.raises(
        srfast.ImageError, match=r"5 x 6 pixels.*takes 4 x 6 only, and cannot be run in tiles"
    ):
        upscaler.run(random_image((6, 5, 3), np.uint8))


def test_luma_network_takes_gray_images() -> None:
    upscaler = srfast.Upscaler(onnx_files.repeat(2, channels=1, metadata=onnx_files.tags(2, color="y")))
    gray = random_image((5, 6), np.uint8)
    np.testing.assert_array_equal(upscaler.run(gray), repeated(gray, 2))


# How it is opened, kept and closed


def test_opens_paths_bytes_and_names(tmp_path: Path) -> None:
    content = onnx_files.repeat(2)
    path = tmp_path / "gr\u00f6\u00dfer \u5927.onnx"
    path.write_bytes(content)
    image = random_image((3, 3), np.uint8)
    for model in (content, path, str(path)):
        np.testing.assert_array_equal(srfast.Upscaler(model).run(image), repeated(image, 2))
    with pytest.raises(srfast.ModelError, match="no shipped model 'no-such-model'"):
        srfast.Upscaler("no-such-model")


def test_pickle_opens_the_model_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("net.onnx").write_bytes(onnx_files.repeat(3))
    image = random_image((3, 4, 3), np.uint8)
    for model in ("net.onnx", Path("net.onnx").read_bytes()):
        upscaler = srfast.Upscaler(model, color="rgb", threads=1, model_range=255)
        pickled = pickle.dumps(upscaler)
        monkeypatch.chdir("/")  # a relative path must not lose its meaning
        copy = pickle.loads(pickled)
        monkeypatch.chdir(tmp_path)
        assert copy.scale == 3
        assert copy.info.range == (0, 255)
        assert copy.info.threads == 1
        np.testing.assert_array_equal(copy.run(image), upscaler.run(image))


def test_a_result_outlives_its_upscaler() -> None:
    upscaler = srfast.Upscaler(onnx_files.repeat(2))
    info = upscaler.info
    image = random_image((4, 4), np.uint8)
    result = upscaler.run(image)
    del upscaler
    gc.collect()
    np.testing.assert_array_equal(result, repeated(image, 2))
    assert info.scale == 2


def test_exit_with_an_open_upscaler_and_onnxruntime_imported() -> None:
    code = (
        "import onnxruntime, onnx_files, srfast, numpy\n"
        "up = srfast.Upscaler(onnx_files.repeat(2))\n"
        "print(up.run(numpy.ones((2, 2), numpy.uint8)).shape)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=Path(__file__).parent, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "(4, 4)\n", "")


def test_import_loads_nothing_heavy() -> None:
    code = "import sys, srfast; print(sorted({'torch', 'onnx', 'onnxruntime', 'cv2'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_running_a_shipped_model_loads_nothing_heavy() -> None:
    code = (
        "import sys, srfast, numpy\n"
        "srfast.Upscaler('fast-x3').run(numpy.ones((2, 2), numpy.uint8))\n"
        "print(sorted({'torch', 'onnx', 'onnxruntime', 'cv2'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


# What is refused


def test_files_that_are_no_models(tmp_path: Path) -> None:
    whole = onnx_files.convolutions()
    cases = {
        "missing.onnx": (None, "No such file"),
        "empty.onnx": (b"", "empty file"),
        "text.onnx": (b"This is text, not a model.\n", "not an ONNX file, or it is damaged"),
        "truncated.onnx": (whole[: len(whole) // 2], "not an ONNX file, or it is damaged"),
    }
    for name, (content, message) in cases.items():
        path = tmp_path / name
        if content is not None:
            path.write_bytes(content)
        with pytest.raises(srfast.ModelError, match=message) as raised:
            srfast.Upscaler(path)
        assert str(path) in str(raised.value)
    with pytest.raises(srfast.ModelError, match="is a folder"):
        srfast.Upscaler(tmp_path)
    with pytest.raises(srfast.ModelError, match="is empty"):
        srfast.Upscaler(b"")
    with pytest.raises(srfast.ModelError, match="not int"):
        srfast.Upscaler(5)


def test_networks_of_another_kind() -> None:
    relu = onnx.helper.make_node("Relu", ["input"], ["output"])

    def refusal(content: bytes) -> str:
        with pytest.raises(srfast.ModelError) as raised:
            srfast.Upscaler(content, model_range=1)
        return str(raised.value)

    rank = onnx_files.serialized([relu], input_shape=(3, 8, 8), output_shape=(3, 8, 8))
    assert "4 axes" in refusal(rank)
    double = onnx_files.serialized([relu], dtype=onnx.TensorProto.DOUBLE)
    assert 'its input "input" is float64' in refusal(double)
    unknown = onnx_files.serialized(
        [onnx.helper.make_node("Sharpen", ["input"], ["output"], domain="my.ops")], domains=["my.ops"]
    )
    assert "my.ops:Sharpen" in refusal(unknown)
    four = onnx_files.serialized([relu], input_shape=(1, 4, "h", "w"), output_shape=(1, 4, "h", "w"))
    assert "4 channel(s)" in refusal(four)
    batch = onnx_files.serialized([relu], input_shape=(2, 3, "h", "w"), output_shape=(2, 3, "h", "w"))
    assert "batch of 2" in refusal(batch)
    pooled = onnx_files.serialized([onnx.helper.make_node("GlobalAveragePool", ["input"], ["output"])])
    assert "not a whole multiple" in refusal(pooled)
    assert "scale 3, but it enlarges 2 times" in refusal(onnx_files.repeat(2, metadata=onnx_files.tags(3)))
    assert '"cmyk"' in refusal(onnx_files.repeat(2, metadata=onnx_files.tags(2, color="cmyk")))


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"color": "hsv"}, srfast.OptionError, '"bgr" or "rgb", not "hsv"'),
        ({"threads": 0}, srfast.OptionError, "threads must be a whole number"),
        ({"threads": 2.5}, srfast.OptionError, "threads must be a whole number"),
        ({"threads": True}, srfast.OptionError, "threads must be a whole number"),
        ({"model_color": "cmyk"}, srfast.OptionError, "rgb, bgr, y, y-full"),
        ({"model_color": "y"}, srfast.OptionError, r"3 channel\(s\)"),
        ({"model_range": 100}, srfast.OptionError, "model_range must be 1, 255 or a pair"),
        ({"model_range": (1, 0)}, srfast.OptionError, "lower first"),
        ({"model_range": (0, float("nan"))}, srfast.OptionError, "finite"),
        ({"model_scale": 3}, srfast.OptionError, "enlarges 2 times"),
        ({"model_scale": -1}, srfast.OptionError, "model_scale must be a whole number"),
        ({"providers": "CPUExecutionProvider"}, srfast.OptionError, "list of names"),
        ({"providers": []}, srfast.OptionError, "list of names"),
        (
            {"providers": ["NoSuchProvider"]},
            srfast.ProviderError,
            "not in this ONNX Runtime, which has .*CPUExecutionProvider",
        ),
        ({"provider_options": [{}]}, srfast.OptionError, "needs providers"),
        (
            {"providers": ["CPUExecutionProvider"], "provider_options": []},
            srfast.OptionError,
            "one mapping for each",
        ),
        ({"providers": ["CPUExecutionProvider"] * 2}, srfast.ProviderError, "given twice"),
    ],
)
def test_options_that_make_no_sense(
    options: dict[str, object], error: type[srfast.Error], message: str
) -> None:
    with pytest.raises(error, match=message):
        srfast.Upscaler(onnx_files.repeat(2), **options)


@pytest.mark.parametrize(
    ("image", "message"),
    [
        ([[1, 2], [3, 4]], "is a list, not a NumPy array"),
        (None, "is a NoneType"),
        (np.zeros((4, 4), np.int64), "int64; srfast takes uint8"),
        (np.zeros((4, 4), np.float64), "float64"),
        (np.zeros((4, 4), bool), "bool"),
        (np.zeros((4, 4), ">u2"), "byte order"),
        (np.zeros((4, 4, 5), np.uint8), "5 channels"),
        (np.zeros((1, 3, 4, 4), np.float32), "HWC"),
        (np.zeros(4, np.uint8), "HWC"),
        (np.zeros((0, 4, 3), np.uint8), "empty"),
        (np.zeros((4, 0), np.uint8), "empty"),
        (np.zeros((4, 4, 0), np.uint8), "0 channels"),
    ],
)
def test_images_that_cannot_be_used(twice: srfast.Upscaler, image: object, message: str) -> None:
    with pytest.raises(srfast.ImageError, match=message):
        twice.run(image)


def test_out_that_cannot_be_used(twice: srfast.Upscaler) -> None:
    image = np.zeros((4, 4, 3), np.uint8)
    read_only = np.zeros((8, 8, 3), np.uint8)
    read_only.flags.writeable = False
    shared = np.zeros((12, 8, 3), np.uint8)
    cases = [
        (image, np.zeros((8, 9, 3), np.uint8), "8 x 8 pixels"),
        (image, np.zeros((8, 8), np.uint8), "2 axes"),
        (image, np.zeros((8, 8, 3), np.uint16), "depth"),
        (image, read_only, "read-only"),
        (shared[:4, :4], shared[4:, :], None),
        (shared[:4, :4], shared[:8, :], "shares memory"),
        (image, [1], "out is a list"),
    ]
    for img, out, message in cases:
        if message is None:
            twice.run(img, out=out)
            continue
        with pytest.raises(srfast.ImageError, match=re.escape(message)):
            twice.run(img, out=out)


def test_a_network_that_fails_says_so_and_lives() -> None:
    # Multiplying by a fixed 8 x 8 map works at that size alone, though the file promises any.
    model = onnx_files.serialized(
        [onnx.helper.make_node("Mul", ["input", "map"], ["output"])],
        weights={"map": np.ones((1, 1, 8, 8), np.float32)},
        metadata=onnx_files.tags(1),
    )
    upscaler = srfast.Upscaler(model)
    with pytest.raises(srfast.RunError, match="1x3x5x6"):
        upscaler.run(np.zeros((5, 6, 3), np.uint8))
    image = random_image((8, 8, 3), np.uint8)
    np.testing.assert_array_equal(upscaler.run(image), image)


def test_errors_are_also_what_python_calls_them() -> None:
    assert issubclass(srfast.ImageError, ValueError)
    assert issubclass(srfast.ModelError, ValueError)
    assert issubclass(srfast.DependencyError, ImportError)
    for name in srfast.__all__:
        if name.endswith("Error"):
            assert issubclass(getattr(srfast, name), srfast.Error)


def test_no_onnxruntime_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "net.onnx").write_bytes(onnx_files.repeat(2))
    code = (
        "import srfast\n"
        "try: srfast.Upscaler('net.onnx')\n"
        "except srfast.OnnxRuntimeError as error: print(error)"
    )
    environment = os.environ | {"SRFAST_ONNXRUNTIME": str(tmp_path / "libnone.so")}
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
        env=environment,
    )
    assert "libnone.so (named by SRFAST_ONNXRUNTIME) cannot be loaded" in done.stdout


def test_out_beside_the_image_in_one_canvas() -> None:
    upscaler = srfast.Upscaler(onnx_files.repeat(2))
    canvas = np.random.default_rng(0).integers(0, 256, (16, 24, 3), np.uint8)
    expected = upscaler.run(canvas[:8, :8].copy())
    upscaler.run(canvas[:8, :8], out=canvas[:, 8:])
    np.testing.assert_array_equal(canvas[:, 8:], expected)
    with pytest.raises(srfast.ImageError, match="shares memory"):
        upscaler.run(canvas[:8, :8], out=canvas[:, :16])


def test_a_path_that_is_not_text(tmp_path: Path) -> None:
    path = tmp_path / os.fsdecode(b"net\xff.onnx")
    path.write_bytes(onnx_files.convolutions())
    image = np.full((4, 5, 3), 7, np.uint8)
    expected = srfast.Upscaler(onnx_files.convolutions()).run(image)
    np.testing.assert_array_equal(srfast.Upscaler(path).run(image), expected)
    path.write_bytes(b"no model")
    with pytest.raises(srfast.ModelError, match="net"):
        srfast.Upscaler(path)
