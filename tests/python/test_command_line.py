"""What all of srfast's commands share: help for the mistyped, completion, colours, signals."""

from __future__ import annotations

import io
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import onnx_files
from command import COMMAND, on_a_terminal
from srfast import images, zoo
from srfast.cli.completion import script
from srfast.cli.main import build_parser, main
from srfast.cli.terminal import Progress


@pytest.mark.parametrize(
    ("words", "guess", "prog"),
    [
        (["upsacle", "a.png"], "upscale", "srfast"),
        (["upscale", "a.png", "--memroy", "1GB"], "--memory", "srfast upscale"),
        (["upscale", "a.png", "--threds=2"], "--threads", "srfast upscale"),
        (["upscale", "a.png", "--model-color", "rbg"], "rgb", "srfast upscale"),
        (["completion", "fsh"], "fish", "srfast completion"),
        (["--versoin"], "--version", "srfast"),
    ],
)
def test_what_is_mistyped_is_guessed(
    words: list[str], guess: str, prog: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stop:
        main(words)
    assert stop.value.code == 2
    error, help_line = capsys.readouterr().err.splitlines()
    assert error.startswith("srfast: error: ")
    assert error.endswith(f"; did you mean {guess}?")
    assert help_line == f"srfast: for help: {prog} --help"


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (["upscale", "phoot.jpg"], "phoot.jpg: No such file or directory; did you mean photo.jpg?"),
        (
            ["upscale", "photo.jpg", "-m", "nett.onnx"],
            "nett.onnx: No such file or directory; did you mean net.onnx?",
        ),
        (
            ["upscale", "photo.jpg", "-m", "fastx3"],
            f"there is no file and no shipped model 'fastx3'; shipped are {', '.join(zoo.models())}; "
            "did you mean fast-x3?",
        ),
        (["photo.jpg"], "the command is missing; did you mean srfast upscale photo.jpg?"),
        (
            ["inspect", "weights.pth"],
            "weights.pth holds weights without a network; make an ONNX file: "
            "srfast export weights.pth -o net.onnx",
        ),
    ],
)
def test_mistyped_files_and_models_are_guessed(
    words: list[str],
    error: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("net.onnx", "photo.jpg", "weights.pth"):
        (tmp_path / name).touch()
    try:
        status = main(words)
    except SystemExit as stop:
        status = int(stop.code or 0)
    assert status == 2
    assert capsys.readouterr().err.splitlines()[0] == f"srfast: error: {error}"


COMMANDS = re.findall(r"^    (\w+) ", build_parser().format_help(), re.MULTILINE)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_examples_that_it_understands(
    command: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    with pytest.raises(SystemExit) as stop:
        main([command, "--help"])
    assert stop.value.code == 0
    text, mark, examples = capsys.readouterr().out.partition("examples:\n")
    assert mark, f"give the parser of srfast {command} an epilog with examples"
    assert max(map(len, text.splitlines())) <= 100
    found = [line.partition("srfast ")[2] for line in examples.splitlines() if "srfast " in line]
    assert found
    for line in found:
        words = shlex.split(re.split(r"   |\)|[>|]", line)[0])
        build_parser().parse_args(words)


def test_the_list_of_commands_is_one_line_each() -> None:
    assert "upscale" in COMMANDS
    assert "completion" in COMMANDS


def test_what_is_like_nothing_is_not_guessed(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["upscale", "a.png", "--zzz"])
    assert capsys.readouterr().err.splitlines()[0] == "srfast: error: there is no option --zzz"


def test_too_little_memory_is_said_in_a_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def allocate(*_: object, **__: object) -> None:
        raise MemoryError

    monkeypatch.setattr("srfast.inspection.inspect_model", allocate)
    assert main(["inspect", "fast-x2"]) == 2
    assert capsys.readouterr().err.splitlines() == ["srfast: error: there is not enough memory"]


def test_options_are_not_abbreviated(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["upscale", "a.png", "--forc"])
    assert "did you mean --force?" in capsys.readouterr().err


# --- completion


def completed(shell: str, line: str, folder: Path) -> set[str]:
    """What a shell offers for the last word of a command line."""
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    (folder / "srfast.script").write_text(script(build_parser(), shell))
    words = line.split(" ")
    if shell == "bash":
        code = (
            f"source ./srfast.script; COMP_WORDS=({' '.join(words)} {'' if words[-1] else repr('')}); "
            f"COMP_CWORD={len(words) - 1}; COMP_LINE={line!r}; "
            f'_shtab_srfast srfast {words[-1]!r} {words[-2]!r}; printf "%s\\n" "${{COMPREPLY[@]}}"'
        )
        command = ["bash", "--norc", "-c", code]
    else:
        command = ["fish", "--no-config", "-c", f"source ./srfast.script; complete -C {line!r}"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    return {each.partition("\t")[0].strip() for each in done.stdout.splitlines()} - {""}


@pytest.mark.parametrize("shell", ["bash", "fish"])
def test_a_shell_completes_commands_options_models_and_files(shell: str, tmp_path: Path) -> None:
    for name in ("net.onnx", "photo.jpg"):
        (tmp_path / name).touch()
    assert completed(shell, "srfast ups", tmp_path) == {"upscale"}
    assert "--memory" in completed(shell, "srfast upscale --me", tmp_path)
    assert "rgb" in completed(shell, "srfast upscale --model-color ", tmp_path)
    assert completed(shell, "srfast upscale --model fast", tmp_path) == {
        name for name in zoo.models() if name.startswith("fast")
    }
    assert completed(shell, "srfast upscale --model ne", tmp_path) == {"net.onnx"}
    assert completed(shell, "srfast upscale pho", tmp_path) == {"photo.jpg"}


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_is_printed_and_a_shell_accepts_it(
    shell: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["completion", shell]) == 0
    file = tmp_path / "script"
    file.write_text(capsys.readouterr().out)
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    subprocess.run([shell, "-n", str(file)], check=True)


# --- colours


def missing_photo(**environment: str) -> str:
    """What the command writes for a missing photo where standard error is a terminal."""
    inherited = {key: value for key, value in os.environ.items() if key != "NO_COLOR"}
    status, _, shown = on_a_terminal(
        [*COMMAND, "upscale", "missing.png"], environment=inherited | {"TERM": "xterm"} | environment
    )
    assert status == 2
    return shown


def test_errors_are_red_on_a_terminal() -> None:
    assert "srfast: \033[31;1merror:\033[0m missing.png: " in missing_photo()


@pytest.mark.parametrize("environment", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_colours_are_left_out_where_they_are_not_wanted(environment: dict[str, str]) -> None:
    assert "srfast: error: missing.png: " in missing_photo(**environment)


def test_without_a_terminal_there_are_no_colours(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["upscale", "missing.png"]) == 2
    assert "\033" not in capsys.readouterr().err


def test_control_characters_of_a_file_name_do_not_reach_the_terminal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["upscale", "a\033[2Jb\nc.png"]) == 2
    error = capsys.readouterr().err
    assert "a\\x1b[2Jb c.png" in error
    assert error.count("\n") == 1
    images.write("a\033[2Jb\nc.png", np.zeros((5, 6, 3), np.uint8))
    assert main(["upscale", "a\033[2Jb\nc.png"]) == 0
    assert capsys.readouterr().out.startswith("a\\x1b[2Jb c.png 6x5 -> a\\x1b[2Jb c_x3.png 18x15 in ")


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_what_is_left_out_does_not_make_the_time_left_look_short(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    with Progress(100) as progress:
        progress.set(0, "a batch")
        progress.leave_out(92)
        progress.set(4)
        assert " 50% [" in terminal.getvalue().split("\r")[-1]
        progress.leave_out(8)
        progress.set(0)
        assert "% [" in terminal.getvalue().split("\r")[-1]
        progress.set(0, "a\033[2Jb\nc.png")
    assert "a\\x1b[2Jb c.png |" in terminal.getvalue()


# --- standard streams that who starts a command has closed


def closing(
    numbers: str, *words: str, folder: Path, before: str = "pass"
) -> subprocess.CompletedProcess[str]:
    """Runs the command as `srfast WORDS 0<&- 1>&-` would, with Python code before it."""
    code = f"import sys; {before}; from srfast.cli import main; sys.exit(main())"
    closed = " ".join(f"{number}>&-" for number in numbers)
    command = shlex.join([sys.executable, "-c", code, *words])
    return subprocess.run(
        ["sh", "-c", f"{command} {closed}"],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    """A folder with photo.png, and net.onnx, which repeats every pixel twice along each axis."""
    images.write(tmp_path / "photo.png", np.full((9, 12, 3), 77, np.uint8))
    (tmp_path / "net.onnx").write_bytes(onnx_files.repeat(2))
    return tmp_path


def test_closed_input_cannot_be_enlarged(photo: Path) -> None:
    done = closing("0", "upscale", "-", "-m", "net.onnx", "-o", "a.png", folder=photo)
    assert (done.returncode, done.stderr) == (2, "srfast: error: standard input is closed\n")
    assert not (photo / "a.png").exists()


def test_closed_output_takes_no_image(photo: Path) -> None:
    done = closing("1", "upscale", "photo.png", "-m", "net.onnx", "-o", "-", folder=photo)
    error = "srfast: error: standard output is closed; give a file with -o\n"
    assert (done.returncode, done.stderr) == (2, error)


@pytest.mark.parametrize("numbers", ["2", "012"])
def test_closed_streams_keep_no_command_from_its_work(numbers: str, photo: Path) -> None:
    words = ["upscale", "missing.png", "photo.png", "-m", "net.onnx"]
    # What a library prints there must not go into the file that is being written.
    before = (
        "import os; fsync = os.fsync; "
        "os.fsync = lambda file: (fsync(file), *(os.write(n, b'said by a codec') for n in (1, 2)))"
    )
    done = closing(numbers, *words, folder=photo, before=before)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert ("missing.png: No such file" in done.stderr) == ("2" not in numbers)
    assert ("photo.png 12x9 -> photo_x2.png" in done.stdout) == ("1" not in numbers)
    assert (photo / "photo_x2.png").read_bytes().startswith(b"\x89PNG\r\n")
    assert images.read(photo / "photo_x2.png").shape == (18, 24, 3)


@pytest.mark.parametrize(("words", "status"), [(["upsacle"], 2), (["completion", "bash"], 0)])
def test_the_status_is_told_where_nothing_else_can_be(words: list[str], status: int, tmp_path: Path) -> None:
    assert closing("12", *words, folder=tmp_path).returncode == status


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no full device")
def test_a_script_that_was_not_written_is_said(tmp_path: Path) -> None:
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [*COMMAND, "completion", "bash"], stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert done.returncode == 2
    assert done.stderr == "srfast: error: standard output: No space left on device\n"


# --- signals


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_the_command_as_a_signal_does(number: signal.Signals, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "photo.png")  # nobody writes to it, so the command waits
    process = subprocess.Popen(
        [*COMMAND, "upscale", "photo.png"],
        cwd=tmp_path,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(number, signal.SIG_DFL),
    )
    with open(tmp_path / "photo.png", "wb"):  # returns when the command has opened it
        time.sleep(0.2)
        process.send_signal(number)
        _, errors = process.communicate(timeout=60)
    assert process.returncode == -number
    assert errors.count("\n") == 1
    assert errors.startswith("srfast: ")
