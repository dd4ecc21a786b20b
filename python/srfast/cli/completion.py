"""`srfast completion`: what a shell needs to complete srfast's commands, options, models and files."""

from __future__ import annotations

import argparse
from pathlib import Path

from srfast import zoo
from srfast.cli.status import DONE
from srfast.cli.terminal import say

SHELLS = ("bash", "zsh", "fish")

EXAMPLES = """\
examples:
  eval "$(srfast completion bash)"                                    for this shell; or in ~/.bashrc
  srfast completion zsh > ~/.zfunc/_srfast                            with fpath+=~/.zfunc before compinit
  srfast completion fish > ~/.config/fish/completions/srfast.fish
"""


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds `srfast completion` to the command's parser."""
    parser = commands.add_parser(
        "completion",
        help="print the script that makes a shell complete this command",
        description="Prints a script for a shell. It knows the commands, options and shipped models of this "
        "version: print it again after an update.",
        epilog=EXAMPLES,
    )
    parser.add_argument("shell", choices=SHELLS, help="the shell")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Prints the script."""
    from srfast.cli.main import build_parser

    say(script(build_parser(), options.shell))
    return DONE


def script(parser: argparse.ArgumentParser, shell: str) -> str:
    """The completion script of a parser.

    An argument is completed by its choices; by shipped models and ONNX files where its `dest` is `model` or
    `models`; by folders where its metavar is `DIR`; by files where its type is `Path` or its metavar names a
    file.
    """
    import shtab

    models = _models_and_files()
    for action in _actions(parser):
        if action.choices is None and action.nargs != 0:
            if action.dest in ("model", "models"):
                action.complete = models  # type: ignore[attr-defined]  # shtab looks for it
            elif action.metavar == "DIR":
                action.complete = shtab.DIRECTORY  # type: ignore[attr-defined]  # shtab looks for it
            elif action.type is Path or action.metavar in ("FILE", "OUT", "PHOTO"):
                action.complete = shtab.FILE  # type: ignore[attr-defined]  # shtab looks for it
    text: str = shtab.complete(parser, shell)
    return text


def _actions(parser: argparse.ArgumentParser) -> list[argparse.Action]:
    """The actions of a parser and of its subcommands."""
    found: list[argparse.Action] = []
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for command in action.choices.values():
                found += _actions(command)
        else:
            found.append(action)
    return found


def _models_and_files() -> dict[str, object]:
    """Completes a shipped model or a file, in shtab's terms."""
    names = " ".join(zoo.models())
    bash = (
        "_srfast_models() {\n"
        f'  compgen -W "{names}" -- "$1"\n'
        '  compgen -o plusdirs -f -X "!*.onnx" -- "$1"\n'
        "}\n"
    )
    zsh = (
        "_srfast_models() {\n"
        "  _alternative "
        f'"models:shipped model:({names})" "files:ONNX file:_files -g \'*.onnx(-.)\'"\n'
        "}\n"
    )
    fish = f"function _srfast_models\n  printf '%s\\n' {names}\n  __fish_complete_suffix .onnx\nend\n"
    return {
        "bash": "_srfast_models",
        "zsh": "_srfast_models",
        "fish": "(_srfast_models)",
        "preamble": {"bash": bash, "zsh": zsh, "fish": fish},
    }
