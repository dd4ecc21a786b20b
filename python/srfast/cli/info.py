"""`srfast info`: what is installed, and what srfast uses of it on this machine."""

from __future__ import annotations

import argparse
import contextlib
import importlib.metadata
import json
import os
import platform
import sys
from collections.abc import Iterator
from typing import Any

import srfast
from srfast import _core, runtime_library, zoo
from srfast.cli.status import DONE
from srfast.cli.terminal import say
from srfast.errors import OnnxRuntimeError

PACKAGES = (
    "numpy",
    "onnx",
    "pyvips",
    "pyvips-binary",
    "opencv-python",
    "opencv-python-headless",
    "opencv-contrib-python",
    "opencv-contrib-python-headless",
    "torch",
    "spandrel",
)
"""Whose versions are told where they are installed."""


EXAMPLES = """\
examples:
  srfast info
  srfast info --json      for programs
"""


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds `srfast info` to the command's parser."""
    parser = commands.add_parser(
        "info",
        help="show versions, ONNX Runtime, processor and models",
        description="Shows what is installed and what srfast uses of it. Put it into every bug report.",
        epilog=EXAMPLES,
    )
    parser.add_argument("--json", action="store_true", help="print JSON instead of lines")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Prints one fact a line, or JSON. A broken ONNX Runtime is one of the facts."""
    found = facts()
    if options.json:
        say(json.dumps(found, indent=2))
    else:
        for line in _as_lines(found):
            say(line)
    return DONE


def facts() -> dict[str, Any]:
    """What is installed and used, under the keys that docs/command.md describes."""
    best = _core.kernels.best_instruction_set()
    others = [name for name in _core.kernels.supported_instruction_sets() if name != best]
    return {
        "srfast": srfast.__version__,
        "python": platform.python_version(),
        "executable": sys.executable,
        "platform": platform.platform(),
        "packages": _installed(),
        "onnxruntime": _onnxruntime(),
        "instruction_sets": [best, *others],
        "threads": _core.usable_cpus(),
        "cpus": os.cpu_count(),
        "models": list(zoo.models()),
    }


def _as_lines(found: dict[str, Any]) -> Iterator[str]:
    yield f"srfast         {found['srfast']}"
    yield f"Python         {found['python']} ({found['executable']}) on {found['platform']}"
    packages = [f"{name} {version}" for name, version in found["packages"].items()]
    runtime = found["onnxruntime"]
    yield f"packages       {', '.join([*packages, *runtime['packages']])}"
    if runtime["error"] is None:
        named = " (named by SRFAST_ONNXRUNTIME)" if os.environ.get("SRFAST_ONNXRUNTIME") else ""
        yield f"ONNX Runtime   {runtime['version']}, {runtime['library']}{named}"
        yield f"providers      {', '.join(runtime['providers'])}"
    else:
        yield f"ONNX Runtime   not usable: {runtime['error']}"
    best, *others = found["instruction_sets"]
    yield f"CPU features   {best}" + (f" (also supported: {', '.join(others)})" if others else "")
    yield f"threads        {found['threads']} (the CPUs that this process may use, of {found['cpus']})"
    yield f"models         {', '.join(found['models']) or 'none'}"


def _installed() -> dict[str, str]:
    """Those of `PACKAGES` that are installed, with their versions, without importing them."""
    found = {}
    for package in PACKAGES:
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            found[package] = importlib.metadata.version(package)
    return found


def _onnxruntime() -> dict[str, Any]:
    try:
        package = runtime_library.find().parent.parent
        packages = list(runtime_library.distributions(package)) or [f"onnxruntime in {package}"]
    except OnnxRuntimeError:
        packages = ["no onnxruntime"]  # the reason follows with the library
    found: dict[str, Any] = {"packages": packages, "version": None, "library": None, "providers": []}
    try:
        runtime_library.load()
    except OnnxRuntimeError as error:
        return found | {"error": str(error)}
    return found | {
        "version": _core.onnxruntime_version(),
        "library": _core.onnxruntime_path(),
        "providers": list(_core.available_providers()),
        "error": None,
    }
