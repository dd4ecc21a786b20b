"""Which ONNX Runtime library is taken, in folders made to look like each kind of installation."""

from __future__ import annotations

import shutil
import subprocess
import sys
import sysconfig
import warnings
from pathlib import Path

import pytest

from srfast import runtime_library
from srfast.errors import OnnxRuntimeError

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="the made-up folders hold Linux library names"
)


def add_distribution(site: Path, name: str, version: str, *files: str) -> None:
    """A dist-info folder whose RECORD lists `files`."""
    info = site / f"{name}-{version}.dist-info"
    info.mkdir(parents=True)
    lines = [f"{file},sha256=abc,1" for file in files] + [f"{info.name}/RECORD,,"]
    (info / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {name.replace('_', '-')}\nVersion: {version}\n"
    )
    (info / "RECORD").write_text("\n".join(lines) + "\n")


def install(site: Path, name: str, version: str, *, library: bool = True) -> Path:
    """What pip leaves when it installs the variant `name` on top of whatever is there."""
    package = site / "onnxruntime"
    (package / "capi").mkdir(parents=True, exist_ok=True)
    (package / "__init__.py").write_text(f'"""Doc."""\nimport contextlib\n\n__version__ = "{version}"\n')
    (package / "capi" / "libonnxruntime_providers_shared.so").touch()
    (package / "capi" / "onnxruntime_pybind11_state.so").touch()
    files = ["onnxruntime/__init__.py", "onnxruntime/capi/onnxruntime_pybind11_state.so"]
    if library:
        (package / "capi" / f"libonnxruntime.so.{version}").touch()
        files.append(f"onnxruntime/capi/libonnxruntime.so.{version}")
    add_distribution(site, name, version, *files)
    return package


def test_the_installed_one_is_found_without_importing_it() -> None:
    code = (
        "import sys; from srfast import runtime_library; path = runtime_library.find();"
        "assert path.is_absolute() and path.is_file(), path;"
        "assert not {'onnxruntime', 'onnx'} & set(sys.modules); print(path.name)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "onnxruntime" in done.stdout


@pytest.fixture
def only(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A site-packages folder, the only one that this interpreter sees."""
    monkeypatch.setattr(sys, "path", [str(tmp_path), sysconfig.get_path("stdlib")])
    for name in [name for name in sys.modules if name.partition(".")[0] == "onnxruntime"]:
        monkeypatch.delitem(sys.modules, name)
    runtime_library.find.cache_clear()
    return tmp_path


def test_find_looks_along_sys_path(only: Path) -> None:
    package = install(only, "onnxruntime", "1.32.0")
    assert runtime_library.find() == package / "capi" / "libonnxruntime.so.1.32.0"
    runtime_library.find.cache_clear()


def test_missing_package(only: Path) -> None:
    with pytest.raises(OnnxRuntimeError, match="pip install onnxruntime"):
        runtime_library.find()


def test_a_package_whose_files_went_with_another_variant(only: Path) -> None:
    package = install(only, "onnxruntime_openvino", "1.24.1")
    shutil.rmtree(package)
    with pytest.raises(OnnxRuntimeError, match="--force-reinstall --no-deps onnxruntime-openvino"):
        runtime_library.find()


def test_an_unrelated_folder_of_that_name_is_not_the_package(only: Path) -> None:
    (only / "onnxruntime" / "models").mkdir(parents=True)
    with pytest.raises(OnnxRuntimeError, match="pip install onnxruntime"):
        runtime_library.find()


def test_a_module_of_that_name_is_named(only: Path) -> None:
    (only / "onnxruntime.py").touch()
    with pytest.raises(OnnxRuntimeError, match=r"onnxruntime\.py hides"):
        runtime_library.find()


def test_a_doubled_installation_warns_once_a_process(only: Path) -> None:
    install(only, "onnxruntime", "1.32.0")
    install(only, "onnxruntime_openvino", "1.24.1")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        assert runtime_library.find() == runtime_library.find()
    assert [warning.category for warning in caught] == [UserWarning]
    assert caught[0].filename == __file__
    runtime_library.find.cache_clear()


def test_a_wheel_without_a_shared_library(tmp_path: Path) -> None:
    package = install(tmp_path, "onnxruntime", "1.18.1", library=False)
    with pytest.raises(OnnxRuntimeError, match=r'1\.18\.1.*pip install --upgrade "onnxruntime>=1\.19"'):
        runtime_library.library_in(package)


def test_a_library_that_went_with_another_variant(tmp_path: Path) -> None:
    package = install(tmp_path, "onnxruntime_gpu", "1.24.1", library=False)
    (package / "__init__.py").unlink()
    with pytest.raises(OnnxRuntimeError, match=r"--force-reinstall --no-deps onnxruntime-gpu"):
        runtime_library.library_in(package)


@pytest.mark.parametrize("last", ["1.24.1", "1.32.0"])
def test_two_versions_the_one_installed_last_is_taken(tmp_path: Path, last: str) -> None:
    order = [("onnxruntime", "1.32.0"), ("onnxruntime_openvino", "1.24.1")]
    for name, version in sorted(order, key=lambda item: item[1] == last):
        package = install(tmp_path, name, version)
    with pytest.warns(UserWarning, match="installed twice") as caught:
        assert runtime_library.library_in(package).name == f"libonnxruntime.so.{last}"
    message = str(caught[0].message)
    assert "onnxruntime 1.32.0" in message
    assert "onnxruntime-openvino 1.24.1" in message
    assert "pip uninstall -y onnxruntime onnxruntime-openvino" in message


def test_two_variants_of_one_version_share_one_library(tmp_path: Path) -> None:
    install(tmp_path, "onnxruntime", "1.24.1")
    package = install(tmp_path, "onnxruntime_openvino", "1.24.1")
    with pytest.warns(UserWarning, match="onnxruntime-openvino"):
        assert runtime_library.library_in(package).name == "libonnxruntime.so.1.24.1"


def test_a_development_build_states_more_than_the_library(tmp_path: Path) -> None:
    package = install(tmp_path, "onnxruntime", "1.32.1")
    install(tmp_path, "onnxruntime_gpu", "1.3.0")
    (package / "__init__.py").write_text("__version__ = '1.32.1.dev20260101+cu12'\n")
    with pytest.warns(UserWarning, match="installed twice"):
        assert runtime_library.library_in(package).name == "libonnxruntime.so.1.32.1"


def test_two_libraries_and_no_rule(tmp_path: Path) -> None:
    install(tmp_path, "onnxruntime", "1.32.0")
    package = install(tmp_path, "onnxruntime_gpu", "1.31.1")
    (package / "__init__.py").write_text("")
    with pytest.raises(OnnxRuntimeError, match=r"libonnxruntime\.so\.1\.31\.1.*pip uninstall -y"):
        runtime_library.library_in(package)


def test_packages_that_share_the_first_word_are_no_second_installation(tmp_path: Path) -> None:
    package = install(tmp_path, "onnxruntime", "1.32.0")
    add_distribution(tmp_path, "onnxruntime_extensions", "0.15.2", "onnxruntime_extensions/_ortapi2.py")
    add_distribution(tmp_path, "onnxruntime_genai", "0.18.0", "onnxruntime_genai/libonnxruntime-genai.so")
    (tmp_path / "onnxruntime_tools-1.0.dist-info").mkdir()  # without a RECORD, as some distributors ship
    assert runtime_library.library_in(package).name == "libonnxruntime.so.1.32.0"


def test_a_shorter_name_of_the_same_library_is_no_second_one(tmp_path: Path) -> None:
    package = install(tmp_path, "onnxruntime", "1.32.0")
    (package / "capi" / "libonnxruntime.so.1").touch()
    (package / "capi" / "libonnxruntime.so").touch()
    assert runtime_library.library_in(package).name == "libonnxruntime.so.1.32.0"
