"""`--force`: files that exist are replaced only by those who say so."""

from __future__ import annotations

import argparse


def add_force(parser: argparse.ArgumentParser) -> None:
    """Adds the option to a command that writes a file."""
    parser.add_argument("--force", action="store_true", help="replace files that exist")
