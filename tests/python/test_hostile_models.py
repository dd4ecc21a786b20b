"""ONNX files that lie, or mean harm: each is refused with a message, when opened and when tagged."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

import onnx_files
import srfast
from onnxruntime_release import RELEASE, needs_onnxruntime

RELU = helper.make_node("Relu", ["input"], ["output"], name="NAME")


def weights_at(folder: Path, **changes: str) -> Path:
    """A file whose weights stand beside it, but for what is changed of where they are."""
    model = onnx.load_model_from_string(onnx_files.convolutions())
    file = folder / "net.onnx"
    onnx.save(model, file, save_as_external_data=True, size_threshold=0, location="weights.bin")
    model = onnx.load(file, load_external_data=False)
    for tensor in model.graph.initializer:
        for entry in tensor.external_data:
            entry.value = changes.get(entry.key, entry.value)
    file.write_bytes(model.SerializeToString())
    return file


def refused(file: Path, *, by_memory: bool = False) -> list[str]:
    """What is said when a file is opened and when it is tagged; the file stays as it is.

    Only a file that asks for more memory than there is may end in a MemoryError.
    """
    errors: tuple[type[Exception], ...] = (srfast.ModelError, srfast.RunError, srfast.MemoryLimitError)
    before = file.read_bytes()
    messages = []
    for attempt in (
        lambda: srfast.Upscaler(file, model_color="rgb", model_range=1).run(np.zeros((9, 9, 3), np.uint8)),
        lambda: srfast.tag_onnx(file, color="rgb", range=(0, 1)),
    ):
        with pytest.raises((*errors, MemoryError) if by_memory else errors) as raised:
            attempt()
        assert file.name in str(raised.value)
        messages.append(str(raised.value))
    assert file.read_bytes() == before
    assert [each.name for each in file.parent.iterdir() if "srfast-tmp" in each.name] == []
    return messages


@pytest.mark.parametrize("location", ["../weights.bin", "/etc/passwd", "gone.bin", "link.bin"])
def test_weights_outside_the_folder(location: str, tmp_path: Path) -> None:
    if location in ("../weights.bin", "link.bin"):
        needs_onnxruntime("1.24", "reads weights from anywhere")
    (tmp_path / "inner").mkdir()
    file = weights_at(tmp_path / "inner", location=location)
    (tmp_path / "weights.bin").write_bytes((tmp_path / "inner" / "weights.bin").read_bytes())
    (tmp_path / "inner" / "link.bin").symlink_to(tmp_path / "weights.bin")
    refused(file)


def test_weights_beyond_the_end_of_their_file(tmp_path: Path) -> None:
    refused(weights_at(tmp_path, offset="99999999999"))


def adding(tensor: TensorProto) -> bytes:
    node = helper.make_node("Add", ["input", "w"], ["output"])
    model = onnx.load_model_from_string(onnx_files.serialized([node], metadata=onnx_files.tags(1)))
    model.graph.initializer.append(tensor)
    return model.SerializeToString()


def computing(operator: str, *inputs: str) -> bytes:
    """Adds the mean of a tensor of 4 TB that the graph itself makes."""
    nodes = [
        helper.make_node(operator, list(inputs), ["huge"]),
        helper.make_node("ReduceMean", ["huge"], ["mean"], axes=[0, 1], keepdims=0),
        helper.make_node("Add", ["input", "mean"], ["output"]),
    ]
    values = {"one": np.ones(1, np.float32), "sides": np.array([10**6, 10**6])}
    return onnx_files.serialized(
        nodes, weights={name: values[name] for name in inputs}, metadata=onnx_files.tags(1)
    )


def calling_itself() -> bytes:
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("x", 1)]
    function = helper.make_function(
        "x", "F", ["a"], ["b"], [helper.make_node("F", ["a"], ["b"], domain="x")], opsets
    )
    node = helper.make_node("F", ["input"], ["output"], domain="x")
    content = onnx_files.serialized([node], metadata=onnx_files.tags(1), domains=["x"])
    model = onnx.load_model_from_string(content)
    model.functions.append(function)
    return model.SerializeToString()


def of_nodes(*nodes: tuple[str, list[str], str]) -> bytes:
    made = [helper.make_node(operator, inputs, [output]) for operator, inputs, output in nodes]
    return onnx_files.serialized(made, metadata=onnx_files.tags(1))


FILES: dict[str, Callable[[], bytes]] = {
    "empty": lambda: b"",
    "zeros": lambda: bytes(64),
    "text": lambda: b"This is text, not a model.\n",
    "a half": lambda: onnx_files.convolutions()[:3000],
    "weights of 120 GB": lambda: adding(
        TensorProto(name="w", data_type=TensorProto.FLOAT, dims=[1, 3, 100000, 100000])
    ),
    "weights of more than there are numbers": lambda: adding(
        TensorProto(name="w", data_type=TensorProto.FLOAT, dims=[1, 3, 2**40, 2**40], raw_data=b"abcd")
    ),
    "weights of less than nothing": lambda: adding(
        TensorProto(name="w", data_type=TensorProto.FLOAT, dims=[-1, 3, -5, 5], raw_data=b"abcd")
    ),
    "4 TB of one value": lambda: computing("ConstantOfShape", "sides"),
    "4 TB by repeating": lambda: computing("Expand", "one", "sides"),
    "a cycle": lambda: of_nodes(
        ("Add", ["input", "b"], "a"), ("Relu", ["a"], "b"), ("Relu", ["b"], "output")
    ),
    "a node that eats itself": lambda: of_nodes(("Add", ["input", "output"], "output")),
    "a name for two": lambda: of_nodes(
        ("Relu", ["input"], "a"), ("Neg", ["input"], "a"), ("Relu", ["a"], "output")
    ),
    "a function that calls itself": calling_itself,
    "an input name that is not text": lambda: onnx_files.serialized(
        [RELU], metadata=onnx_files.tags(1)
    ).replace(b"input", b"in\xffut"),
    "an output name that is not text": lambda: onnx_files.serialized(
        [RELU], metadata=onnx_files.tags(1)
    ).replace(b"output", b"out\xc0\xaft"),
}


@pytest.mark.parametrize("kind", FILES)
def test_files_that_are_no_models(kind: str, tmp_path: Path) -> None:
    if kind == "a function that calls itself":
        needs_onnxruntime("1.28", "calls it until the stack is full, and crashes")
    (tmp_path / "net.onnx").write_bytes(FILES[kind]())
    # Before 1.25, ONNX Runtime takes the memory for weights before it looks whether they are there.
    by_memory = kind.startswith("4 TB") or (kind == "weights of 120 GB" and RELEASE < (1, 25))
    refused(tmp_path / "net.onnx", by_memory=by_memory)


def test_a_node_name_that_is_not_text_is_refused_by_who_shows_it(tmp_path: Path) -> None:
    content = onnx_files.serialized([RELU], metadata=onnx_files.tags(1)).replace(b"NAME", b"N\xffME")
    (tmp_path / "net.onnx").write_bytes(content)
    with pytest.raises(srfast.ModelError, match="UTF-8"):
        srfast.tag_onnx(tmp_path / "net.onnx", color="rgb", range=(0, 1))


@pytest.mark.parametrize("path", ["gone.onnx", "."])
def test_what_is_no_file(path: str, tmp_path: Path) -> None:
    with pytest.raises(srfast.ModelError):
        srfast.tag_onnx(tmp_path / path, color="rgb", range=(0, 1))


def test_a_size_that_no_memory_holds(tmp_path: Path) -> None:
    file = tmp_path / "net.onnx"
    side = 2**40
    shapes = {"input_shape": (1, 3, side, side), "output_shape": (1, 3, 2 * side, 2 * side)}
    file.write_bytes(onnx_files.repeat(2, **shapes))
    with pytest.raises(srfast.MemoryLimitError, match="needs about"):
        srfast.Upscaler(file).run(np.zeros((9, 9, 3), np.uint8))
    assert srfast.tag_onnx(file, color="rgb", range=(0, 1)).conventions.scale == 2  # nothing large is run


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("schema", "2"),
        ("scale", "4"),
        ("scale", "-2"),
        ("scale", "2e9"),
        ("scale", "\u0664"),
        ("range", "0 nan"),
        ("range", "inf 1"),
        ("range", "1 0"),
        ("range", "0 1 " + "9" * 10000),
        ("color", "y"),
        ("color", "cmyk"),
        ("multiple", "0"),
        ("multiple", "1000000000000"),
        ("minimum", "-1"),
        ("halo", "-1 0 0 0"),
        ("halo", "99999999 0 0 0"),
        ("halo", "1 2 3"),
        ("align", "0 1"),
        ("margin", "2 2 2 2"),
        ("margin", "-99999999999 0 0 0"),
        ("margin", "-9223372036854775808 0 0 0"),
        ("margin", "nan 0 0 0"),
        ("enlarge", "cubic 3"),
        ("enlarge", "lanczos 2"),
        ("enlarge", "cubic 0"),
        ("bytes_per_pixel", "nan"),
        ("bytes_per_pixel", "-5"),
        ("parallel", "perhaps"),
    ],
)
def test_tags_that_lie_are_refused_when_the_file_is_opened(key: str, value: str) -> None:
    tags = onnx_files.tags(2) | {"srfast.halo": "3 3 3 3", "srfast.align": "1 1", f"srfast.{key}": value}
    model = onnx.load_model_from_string(onnx_files.convolutions())
    helper.set_model_props(model, tags)
    with pytest.raises(srfast.ModelError):
        srfast.Upscaler(model.SerializeToString())


def test_a_halo_that_lies_is_refused_before_tiles_are_run() -> None:
    model = onnx.load_model_from_string(onnx_files.convolutions())
    tags = onnx_files.tags(2) | {
        "srfast.halo": "2 3 3 3",
        "srfast.align": "1 1",
        "srfast.bytes_per_pixel": "9",
    }
    helper.set_model_props(model, tags)
    # Nobody looks into the graph, which would tell better.
    upscaler = srfast.Upscaler(model.SerializeToString(), memory_limit="300KB", optimize=False)
    with pytest.raises(srfast.ModelError, match=r"srfast\.halo.*looks further"):
        upscaler.run(np.zeros((200, 200, 3), np.uint8))


def test_tagging_mends_tags_that_lie(tmp_path: Path) -> None:
    model = onnx.load_model_from_string(onnx_files.convolutions())
    tags = onnx_files.tags(2) | {"srfast.range": "0 nan", "srfast.halo": "0 0 0 0", "srfast.multiple": "-3"}
    helper.set_model_props(model, tags)
    (tmp_path / "net.onnx").write_bytes(model.SerializeToString())
    report = srfast.tag_onnx(tmp_path / "net.onnx", scale=2, color="rgb", range=(0, 1))
    assert report.metadata["srfast.halo"] == "3 3 3 3"
    assert srfast.Upscaler(tmp_path / "net.onnx").info.range == (0, 1)


def test_a_long_chain_of_nodes_does_not_exhaust_the_stack() -> None:
    """In a process of its own: a crash would end the test run."""
    code = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "import numpy as np, onnx_files, srfast\n"
        "from onnx import helper\n"
        "names = ['input', *(f't{i}' for i in range(2999)), 'output']\n"
        "nodes = [helper.make_node('Relu', [a], [b]) for a, b in zip(names, names[1:])]\n"
        "upscaler = srfast.Upscaler(onnx_files.serialized(nodes, metadata=onnx_files.tags(1)))\n"
        "print(upscaler.run(np.full((3, 3), 9, np.uint8)).max(), upscaler.info.halo)\n"
    )
    folder = str(Path(__file__).parent)
    done = subprocess.run([sys.executable, "-c", code, folder], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.strip()) == (0, "9 (0, 0, 0, 0)"), done.stderr
