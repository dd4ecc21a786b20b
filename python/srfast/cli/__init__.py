"""The `srfast` command: one module a subcommand, each with `add_parser` and `run`."""

from srfast.cli.main import main

__all__ = ["main"]
