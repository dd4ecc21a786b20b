"""`srfast info`: what is installed, and what srfast uses of it on this machine."""

from __future__ import annotations

import argparse
import importlib.metadata
import os
import platform
import sys

import srfast
from srfast import _core, runtime_library, zoo
from srfast.cli.status import DONE
from srfast.cli.terminal import say
from srfast.errors import OnnxRuntimeError

OPENCV_VARIANTS = (
    "opencv-python",
    "opencv-python-headless",
    "opencv-contrib-python",
    "opencv-contrib-python-headless",
)


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds `srfast info` to the command's parser."""
    parser = commands.add_parser(
        "info",
        help="show versions, the ONNX Runtime in use, processor features and threads",
        description="Shows what is installed and what srfast uses of it. Put it into every bug report.",
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Prints one fact a line. A broken ONNX Runtime is one of the facts."""
    say(f"srfast         {srfast.__version__}")
    say(f"Python         {platform.python_version()} ({sys.executable}) on {platform.platform()}")
    say(f"packages       {_installed('numpy', 'onnx', *OPENCV_VARIANTS)}, {_onnxruntime_package()}")
    for line in _onnxruntime_library():
        say(line)
    best = _core.kernels.best_instruction_set()
    others = [name for name in _core.kernels.supported_instruction_sets() if name != best]
    say(f"CPU features   {best}" + (f" (also supported: {', '.join(others)})" if others else ""))
    say(f"threads        {_core.usable_cpus()} (the CPUs that this process may use, of {os.cpu_count()})")
    say(f"models         {', '.join(zoo.models()) or 'none'}")
    return DONE


def _installed(*packages: str) -> str:
    """Those of `packages` that are installed, with their versions, without importing them."""
    found = []
    for package in packages:
        try:
            found.append(f"{package} {importlib.metadata.version(package)}")
        except importlib.metadata.PackageNotFoundError:
            continue
    return ", ".join(found)


def _onnxruntime_package() -> str:
    try:
        package = runtime_library.find().parent.parent
    except OnnxRuntimeError:
        return "no onnxruntime"  # the reason follows with the library
    return ", ".join(runtime_library.distributions(package)) or f"onnxruntime in {package}"


def _onnxruntime_library() -> list[str]:
    try:
        runtime_library.load()
    except OnnxRuntimeError as error:
        return [f"ONNX Runtime   not usable: {error}"]
    named = " (named by SRFAST_ONNXRUNTIME)" if os.environ.get("SRFAST_ONNXRUNTIME") else ""
    return [
        f"ONNX Runtime   {_core.onnxruntime_version()}, {_core.onnxruntime_path()}{named}",
        f"providers      {', '.join(_core.available_providers())}",
    ]
