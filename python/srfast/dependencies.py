"""Asks for the packages that only some of srfast needs, and says how to get them."""

from __future__ import annotations

import importlib

from srfast.errors import DependencyError


def require(*modules: str, extra: str) -> None:
    """Imports `modules`, so that a missing one is reported before any work.

    Args:
        *modules: Names of top-level modules, such as "torch".
        extra: The extra of srfast that installs them, such as "export".

    Raises:
        DependencyError: One of them is not installed or cannot be imported. The message says how to install
            it.
    """
    for module in modules:
        try:
            importlib.import_module(module)
        except ImportError as error:
            raise DependencyError(
                f'this needs {module}, which cannot be imported ({error}): pip install "srfast[{extra}]" '
                "(PyTorch's CPU build is enough; the README says how to ask for it)"
            ) from error
