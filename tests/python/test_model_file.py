from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest

import onnx_files
from srfast.errors import ModelError
from srfast.model_file import load_graph, load_weights


def with_outside_weights(folder: Path, location: str = "weights.bin") -> Path:
    """A file whose weights stand in another one."""
    model = onnx.load_model_from_string(onnx_files.convolutions())
    onnx.save(
        model, folder / "net.onnx", save_as_external_data=True, size_threshold=0, location="weights.bin"
    )
    model = onnx.load(folder / "net.onnx", load_external_data=False)
    for tensor in model.graph.initializer:
        next(entry for entry in tensor.external_data if entry.key == "location").value = location
    (folder / "net.onnx").write_bytes(model.SerializeToString())
    return folder / "net.onnx"


def test_paths_bytes_and_shipped_models(tmp_path: Path) -> None:
    content = onnx_files.repeat(2)
    (tmp_path / "net.onnx").write_bytes(content)
    assert load_graph(content) == load_graph(tmp_path / "net.onnx") == load_graph(str(tmp_path / "net.onnx"))
    assert load_graph("fast-x3").producer_name == "pytorch"


def test_a_folder_may_have_the_name_of_a_shipped_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("fast-x3", "photos"):
        (tmp_path / name).mkdir()
    assert load_graph("fast-x3").producer_name == "pytorch"
    with pytest.raises(ModelError, match="photos: Is a directory"):
        load_graph("photos")


@pytest.mark.parametrize("content", [b"", b"hello", bytes(20), b"\x89PNG\r\n", onnx_files.repeat(2)[:-9]])
def test_what_is_not_a_model_is_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "net.onnx").write_bytes(content)
    with pytest.raises(ModelError, match=r"net\.onnx (is|holds no)"):
        load_graph(tmp_path / "net.onnx")


@pytest.mark.parametrize("path", ["missing.onnx", "."])
def test_files_that_cannot_be_read(path: str, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"No such file|Is a directory"):
        load_graph(tmp_path / path)


def test_names_that_are_not_text_are_refused() -> None:
    content = onnx_files.serialized([onnx.helper.make_node("Relu", ["input"], ["output"], name="NAME")])
    for bad in (b"N\xffME", b"NAM\xfe"):
        with pytest.raises(ModelError, match="UTF-8"):
            load_graph(content.replace(b"NAME", bad))


def test_weights_in_another_file(tmp_path: Path) -> None:
    file = with_outside_weights(tmp_path)
    model = load_graph(file)
    assert not model.graph.initializer[0].raw_data
    load_weights(model, file)
    assert np.isfinite(onnx.numpy_helper.to_array(model.graph.initializer[0])).all()
    with pytest.raises(ModelError, match="give a path"):
        load_weights(load_graph(file), file.read_bytes())


@pytest.mark.parametrize("location", ["../weights.bin", "/etc/passwd", "gone.bin", ""])
def test_weights_outside_the_folder_are_not_read(location: str, tmp_path: Path) -> None:
    (tmp_path / "inner").mkdir()
    file = with_outside_weights(tmp_path / "inner", location)
    (tmp_path / "weights.bin").write_bytes((tmp_path / "inner" / "weights.bin").read_bytes())
    with pytest.raises(ModelError, match="weights cannot be read"):
        load_weights(load_graph(file), file)
