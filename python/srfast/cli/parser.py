"""The command's parser: what is mistyped is answered with what was probably meant."""

from __future__ import annotations

import argparse
import re
from collections.abc import Sequence
from typing import Any, NoReturn

from srfast.cli.status import NOTHING_DONE
from srfast.cli.terminal import complain, remark
from srfast.did_you_mean import did_you_mean


class Parser(argparse.ArgumentParser):
    """An `ArgumentParser` whose errors are two lines: what is wrong, with a guess, and where the help is."""

    def __init__(self, *args: Any, **options: Any) -> None:
        # An abbreviation that a script relies on would become ambiguous with the next option.
        options.setdefault("allow_abbrev", False)
        # Examples keep their lines.
        options.setdefault("formatter_class", argparse.RawDescriptionHelpFormatter)
        super().__init__(*args, **options)

    # The signature of the base class has overloads that mypy cannot match with a single one.
    def parse_known_args(  # type: ignore[override]
        self, args: Sequence[str] | None = None, namespace: Any = None
    ) -> tuple[Any, list[str]]:
        """Parses; a subcommand refuses what it does not know itself, since it knows its own options."""
        known, unknown = super().parse_known_args(args, namespace)
        if unknown:
            word = unknown[0]
            if word.startswith("-"):
                options = [option for option in self._option_string_actions if option.startswith("--")]
                self.error(
                    f"there is no option {word.partition('=')[0]}"
                    + did_you_mean(word.partition("=")[0], options)
                )
            self.error(f"{word!r} is one argument too many")
        return known, unknown

    def error(self, message: str) -> NoReturn:
        """Says what is wrong with the command line, and ends with the status for it."""
        # argparse's own words for a wrong choice, with a guess behind them.
        choice = re.fullmatch(r"(.*invalid choice: '(.*)' \()choose from (.*)\)", message)
        if choice:
            choices = [each.strip(" '") for each in choice[3].split(",")]
            message = f"{choice[1]}choose from {', '.join(choices)})" + did_you_mean(choice[2], choices)
        complain(message)
        remark(f"for help: {self.prog} --help")
        raise SystemExit(NOTHING_DONE)
