"""The command's parser: what is mistyped is answered with what was probably meant."""

from __future__ import annotations

import argparse
import os
import re
import shlex
from collections.abc import Sequence
from typing import Any, NoReturn

from srfast.cli.help_format import HelpFormatter
from srfast.cli.status import NOTHING_DONE
from srfast.cli.terminal import complain, remark
from srfast.did_you_mean import did_you_mean


class Parser(argparse.ArgumentParser):
    """An `ArgumentParser` whose errors are two lines: what is wrong, with a guess, and where the help is."""

    def __init__(self, *args: Any, **options: Any) -> None:
        # An abbreviation that a script relies on would become ambiguous with the next option.
        options.setdefault("allow_abbrev", False)
        options.setdefault("formatter_class", HelpFormatter)
        super().__init__(*args, **options)
        self._positionals.title = "arguments"

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
        complain(_in_our_words(message))
        remark(f"for help: {self.prog} --help")
        raise SystemExit(NOTHING_DONE)


def _in_our_words(message: str) -> str:
    """What argparse says, in words that a user understands, and with a guess at what was meant."""
    message = message.removeprefix("argument ")
    if found := re.fullmatch(r"(.*): invalid choice: '(.*)' \(choose from (.*)\)", message, re.DOTALL):
        name, word = found[1], found[2]
        known = [each.strip(" '") for each in found[3].split(",")]
        if name == "COMMAND" and os.path.exists(word):
            return f"the command is missing; did you mean srfast upscale {shlex.quote(word)}?"
        wrong = f"there is no command {word!r}" if name == "COMMAND" else f"{name}: there is no {word!r}"
        return f"{wrong}; there are {', '.join(known)}{did_you_mean(word, known)}"
    if found := re.fullmatch(r"(.*): invalid (int|float) value: (.*)", message, re.DOTALL):
        return f"{found[1]}: {found[3]} is not a {'whole ' if found[2] == 'int' else ''}number"
    if found := re.fullmatch(r"(.*): not allowed with argument (.*)", message):
        return f"{found[1]} and {found[2]} exclude each other"
    if found := re.fullmatch(r"the following arguments are required: (.*)", message):
        return f"missing: {found[1]}"
    return message
