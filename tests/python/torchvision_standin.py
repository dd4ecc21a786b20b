"""A stand-in for the three names that spandrel takes from torchvision, where torchvision cannot be imported.

torchvision wants the very PyTorch that it was built for; beside another it fails on import. spandrel uses it
in two of its networks only, LaMa and RestoreFormer, neither of which enlarges images.
"""

from __future__ import annotations

import importlib
import sys
import types
from typing import Any


def import_spandrel() -> types.ModuleType:
    """Imports spandrel, with the stand-in where it needs one; nothing of the stand-in stays visible."""
    try:
        importlib.import_module("torchvision")
    except Exception:  # absent, or built for another PyTorch
        pass
    else:
        return importlib.import_module("spandrel")
    names = ("torchvision", "torchvision.transforms", "torchvision.transforms.functional")
    modules = {name: types.ModuleType(name) for name in names}
    functional: Any = modules[names[2]]
    functional.normalize = functional.rotate = functional.InterpolationMode = None
    # What a failed import left behind, too: a submodule found there would not be put into its package again.
    for name in [name for name in sys.modules if name.split(".")[0] in ("torchvision", "spandrel")]:
        del sys.modules[name]
    sys.modules.update(modules)
    try:
        return importlib.import_module("spandrel")
    finally:
        for name in names:
            del sys.modules[name]
