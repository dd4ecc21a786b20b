"""Finds the ONNX Runtime library inside the installed `onnxruntime` package, without importing that package.

Every variant (onnxruntime, onnxruntime-gpu, onnxruntime-openvino, ...) installs into the one folder
`onnxruntime/`. With two of them installed, the later one has overwritten the Python files of the earlier one,
and `capi/` holds both libraries if their versions differ.
"""

from __future__ import annotations

import functools
import importlib.util
import os
import re
import warnings
from pathlib import Path

from srfast import _core
from srfast.errors import OnnxRuntimeError


@functools.cache
def find() -> Path:
    """The ONNX Runtime library of the `onnxruntime` package that this interpreter would import.

    The answer is kept, so a warning about a doubled installation is given once a process. May be called from
    several threads.

    Returns:
        The absolute path of the library.

    Raises:
        OnnxRuntimeError: The package is not installed, holds no library, or holds several and does not say
            which is its own.

    Warns:
        UserWarning: Two variants of ONNX Runtime are installed at once.
    """
    try:
        spec = importlib.util.find_spec("onnxruntime")
    except ValueError:  # a stand-in without a spec, put into sys.modules by somebody
        spec = None
    folders = [Path(folder).absolute() for folder in (spec and spec.submodule_search_locations) or ()]
    with_capi = [folder for folder in folders if (folder / "capi").is_dir()]
    # Without an origin it is a namespace package: any folder on sys.path that happens to have this name.
    if spec is None or (spec.origin is None and not with_capi):
        raise OnnxRuntimeError(_explain_no_package())
    if not folders:
        raise OnnxRuntimeError(f"{spec.origin} hides the onnxruntime package: rename that file")
    return library_in((with_capi or folders)[0])


def load() -> None:
    """Loads the ONNX Runtime library unless one is loaded: what SRFAST_ONNXRUNTIME names, else `find()`.

    Raises:
        OnnxRuntimeError: There is none, it cannot be loaded, or it is too old.
    """
    if not _core.onnxruntime_loaded():
        # Given no path, the native side takes the file that the variable names (csrc/runtime/library.h).
        _core.load_onnxruntime("" if os.environ.get("SRFAST_ONNXRUNTIME") else str(find()))


def release() -> tuple[int, int]:
    """The major and the minor version of ONNX Runtime, which is loaded unless it is.

    Raises:
        OnnxRuntimeError: As `load` raises it.
    """
    load()
    major, minor, *_ = _core.onnxruntime_version().split(".")
    return int(major), int(minor)


def library_in(package: Path) -> Path:
    """The ONNX Runtime library inside the folder of an `onnxruntime` package.

    Of several libraries, the one is taken whose version `__init__.py` states as `__version__`: it belongs to
    the variant that was installed last, which is also the one that `import onnxruntime` runs.

    Args:
        package: The folder `onnxruntime` in site-packages.

    Returns:
        The path of the library in `package`.

    Raises:
        OnnxRuntimeError: There is no library, or there are several, and `__init__.py` names none of them.

    Warns:
        UserWarning: There are several libraries, or several distributions own the folder.
    """
    found, used = _core.onnxruntime_libraries(str(package))
    libraries = [Path(path) for path in found]
    owners = distributions(package)
    if not libraries:
        raise OnnxRuntimeError(_explain_no_library(package, owners))
    if len(libraries) == 1 and len(owners) <= 1:
        return libraries[0]

    names = " and ".join(path.name for path in libraries)
    both = f"{' and '.join(owners)} ({names})" if len(owners) > 1 else names
    remove = " ".join(owner.split()[0] for owner in owners) or "onnxruntime"
    cure = (
        f"run: pip uninstall -y {remove}; then install the one to keep, for example: pip install onnxruntime"
    )
    if not used:
        raise OnnxRuntimeError(
            f"ONNX Runtime is installed twice in {package}: {both}, and nothing there says which library "
            f"is in use; {cure}"
        )
    warnings.warn(
        f"ONNX Runtime is installed twice in {package}: {both}; srfast takes {Path(used).name}, which was "
        f"installed last; {cure}",
        UserWarning,
        stacklevel=3,
    )
    return Path(used)


def distributions(package: Path) -> list[str]:
    """The distributions, as "name version", that installed files into the package's `capi` folder."""
    infos = sorted(package.parent.glob("onnxruntime*.dist-info"))
    if len(infos) > 1:
        # onnxruntime_extensions, onnxruntime_genai and others share the first word, but own other folders.
        infos = [info for info in infos if _records_capi(info / "RECORD")]
    return [" ".join(info.stem.replace("_", "-").rsplit("-", 1)) for info in infos]


def _records_capi(record: Path) -> bool:
    try:
        return b"\nonnxruntime/capi/" in b"\n" + record.read_bytes()
    except OSError:
        return False


def _stated_version(package: Path) -> str | None:
    """The version that the package's `__init__.py` states, read as text."""
    try:
        text = (package / "__init__.py").read_text("utf-8", "replace")
    except OSError:
        return None
    match = re.search(r"""^__version__\s*=\s*["']([^"']+)["']""", text, re.MULTILINE)
    return match[1] if match else None


def _explain_no_package() -> str:
    import importlib.metadata  # takes a while to import; only needed once something is wrong

    # Not packages_distributions: from Python 3.12 on it leaves out what is recorded but gone.
    recorded = [
        each.name
        for each in importlib.metadata.distributions()
        if each.name.startswith("onnxruntime")
        and "\nonnxruntime/capi/" in "\n" + (each.read_text("RECORD") or "")
    ]
    if not recorded:
        return "ONNX Runtime is not installed; run: pip install onnxruntime"
    return (
        f"{recorded[0]} is recorded as installed, but its files are gone (uninstalling another variant "
        f"takes them along); run: pip install --force-reinstall --no-deps {recorded[0]}"
    )


def _explain_no_library(package: Path, owners: list[str]) -> str:
    stated = _stated_version(package)
    found = " and ".join(owners) or f"version {stated or 'unknown'}"
    if stated is not None and re.match(r"1\.(\d|1[0-8])\.", stated):
        cure = 'its wheels hold one since 1.19; run: pip install --upgrade "onnxruntime>=1.19"'
    else:
        name = owners[0].split()[0] if owners else "onnxruntime"
        cure = (
            "another variant was perhaps uninstalled and took it along; run: "
            f"pip install --force-reinstall --no-deps {name}"
        )
    return f"the onnxruntime package in {package} ({found}) holds no shared library: {cure}"
