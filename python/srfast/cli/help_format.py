"""How the help of the commands is laid out."""

from __future__ import annotations

import argparse
import shutil
from typing import Any

_WIDEST = 100  # longer lines are tiring to read


class HelpFormatter(argparse.HelpFormatter):
    """As argparse's, but examples keep their lines, and options take fewer."""

    def __init__(self, prog: str, **options: Any) -> None:
        width = min(shutil.get_terminal_size().columns - 2, _WIDEST)
        super().__init__(prog, max_help_position=27, width=width, **options)

    def add_argument(self, action: argparse.Action) -> None:
        """Takes an action in; makes room for commands, which argparse measures before it sets them in."""
        super().add_argument(action)
        if isinstance(action, argparse._SubParsersAction):
            self._action_max_length += self._indent_increment

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        if "\n" in text:  # examples
            return "".join(indent + line for line in text.splitlines(keepends=True))
        return super()._fill_text(text, width, indent)

    def _format_action_invocation(self, action: argparse.Action) -> str:
        """`-o, --output OUT`, rather than `-o OUT, --output OUT`."""
        if not action.option_strings or action.nargs == 0:
            return super()._format_action_invocation(action)
        values = self._format_args(action, self._get_default_metavar_for_optional(action))
        return f"{', '.join(action.option_strings)} {values}"

    def _format_action(self, action: argparse.Action) -> str:
        text = super()._format_action(action)
        # The list of commands has a title already.
        return text.partition("\n")[2] if isinstance(action, argparse._SubParsersAction) else text
