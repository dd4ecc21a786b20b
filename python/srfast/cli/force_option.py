"""`--force`: files that exist are replaced only by those who say so."""

from __future__ import annotations

import argparse
from pathlib import Path

from srfast.errors import OptionError


def add_force(parser: argparse.ArgumentParser) -> None:
    """Adds the option to a command that writes a file."""
    parser.add_argument("--force", action="store_true", help="replace files that exist")


def require_free(path: Path, options: argparse.Namespace) -> None:
    """Refuses a file that exists, unless `--force` was given; to be called before the work is done.

    Raises:
        OptionError: It exists.
    """
    if path.exists() and not options.force:
        raise OptionError(f"{path} exists already; --force replaces it")
