"""The documents' examples run, their commands are the real ones, and their links lead somewhere."""

from __future__ import annotations

import csv
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")])
# The command beside this interpreter: the one that was installed with the package under test.
SRFAST = str(Path(sys.executable).parent / "srfast")


def blocks(page: Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", page.read_text("utf-8"), re.DOTALL | re.MULTILINE)


@pytest.fixture
def newcomers_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with what the examples speak of: a photograph, a folder of them, and a checkpoint of SRCNN."""
    import cv2

    import srfast

    torch = pytest.importorskip("torch")
    photograph = cv2.imread(str(ROOT / "examples" / "chelsea.png"))[60:140, 100:220]
    cv2.imwrite(str(tmp_path / "photo.jpg"), photograph)
    cv2.imwrite(str(tmp_path / "photo.png"), photograph)
    (tmp_path / "holiday").mkdir()
    for name in ("beach.jpg", "tower.jpg"):
        shutil.copy(tmp_path / "photo.jpg", tmp_path / "holiday" / name)
    torch.manual_seed(0)
    weights = {f"generator.{key}": value for key, value in srfast.models.SRCNN(4).state_dict().items()}
    config = (
        "scale = 4\n"
        "model = dict(generator=dict(type='SRCNN', upscale_factor=scale))\n"
        "pipeline = [dict(type='RescaleToZeroOne'), dict(mean=[0, 0, 0], std=[1, 1, 1], to_rgb=True)]\n"
    )
    torch.save({"state_dict": weights, "meta": {"config": config}}, tmp_path / "srcnn_x4.pth")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    "page", [page for page in PAGES if blocks(page, "python")], ids=lambda page: page.name
)
def test_python_examples_run(page: Path, newcomers_folder: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error::UserWarning:srfast", "-c", "\n".join(blocks(page, "python"))],
        cwd=newcomers_folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("page", [page for page in PAGES if blocks(page, "sh")], ids=lambda page: page.name)
def test_srfast_commands_run(page: Path, newcomers_folder: Path) -> None:
    lines = "\n".join(blocks(page, "sh")).replace("\\\n", " ").splitlines()
    for line in lines:
        words = shlex.split(line, comments=True)
        if words[:1] != ["srfast"] or words[1] in (
            "train",
            "quantize",
        ):  # these take too long here and have their own tests
            continue
        environment = os.environ | {"NO_COLOR": "1"}
        done = subprocess.run(
            [SRFAST, *words[1:]],
            cwd=newcomers_folder,
            capture_output=True,
            text=True,
            check=False,
            env=environment,
        )
        assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_to_files(page: Path) -> None:
    # Without the programs on the page: a lambda of C++ begins like a link.
    prose = re.sub(r"^```.*?^```", "", page.read_text("utf-8"), flags=re.DOTALL | re.MULTILINE)
    for target in re.findall(r"\]\(([^)#]+)", prose):
        assert "://" in target or (page.parent / target).exists(), f"{page.name} links to {target}"


def test_every_public_name_is_in_the_reference() -> None:
    import srfast

    reference = "".join((ROOT / "docs" / page).read_text("utf-8") for page in ("api.md", "errors.md"))
    functions = {"get_cmake_dir", "get_include"}  # of srfast.embedding, which stands there as a whole
    assert "::: srfast.embedding\n" in reference
    public = {name for name in srfast.__all__ if not name.startswith("_")} - functions
    info = {name for name in dir(srfast.ModelInfo) if not name.startswith("_")}
    missing = [name for name in sorted(public | info) if not re.search(rf"\b{name}\b", reference)]
    assert missing == []


def test_every_option_is_in_the_documentation() -> None:
    from srfast.cli.main import build_parser

    text = "".join(page.read_text("utf-8") for page in PAGES)
    (commands,) = (each.choices for each in build_parser()._actions if isinstance(each.choices, dict))
    options = {
        tuple(action.option_strings)
        for parser in commands.values()
        for action in parser._actions
        if action.option_strings
    }
    missing = [
        names
        for names in sorted(options)
        if not any(re.search(rf"(?<![\w-]){name}(?![\w-])", text) for name in names)
    ]
    assert missing == []


def test_the_page_of_the_models_has_the_figures_of_the_package() -> None:
    from srfast import zoo

    with Path(zoo.__file__).with_name("figures.csv").open(newline="", encoding="utf-8") as file:
        figures = {(row["name"].partition("-x")[0], row["scale"]): row for row in csv.DictReader(file)}
    names = {"the recipe": "recipe", "bicubic, as MATLAB does it": "bicubic"}
    page = (ROOT / "docs" / "models.md").read_text("utf-8")
    seen = 0
    for line in page.partition("| | x2: dB |")[2].partition("\n\n")[0].splitlines()[2:]:
        name, *cells = (cell.strip() for cell in line.strip("|").split("|"))
        for scale, decibels, times in zip("234", cells[::2], cells[1::2], strict=True):
            row = figures.get((names.get(name, name), scale))
            assert (row is None) == (decibels == times == "")
            if row is not None:
                seen += 1
                assert abs(float(decibels) - float(row["psnr_y"])) < 0.0051
                coarse = 0.051 if "." in times else 0.51
                assert abs(float(times) - float(row["times_recipe"])) < coarse
    assert seen == len(figures)


def test_ci_runs_the_readmes_test_command() -> None:
    commands = [
        line
        for block in blocks(ROOT / "README.md", "sh")
        for line in block.splitlines()
        if line.endswith("nox")
    ]
    assert len(commands) == 1
    assert commands[0] in (ROOT / ".ci" / "run").read_text().splitlines()


def test_the_version_is_the_same_everywhere() -> None:
    stated = re.search(r"project\(srfast VERSION (\S+)", (ROOT / "CMakeLists.txt").read_text("utf-8"))
    assert stated is not None
    assert f"\nversion: {stated[1]}\n" in (ROOT / "CITATION.cff").read_text("utf-8")
    assert stated[1] in (ROOT / "CHANGELOG.md").read_text("utf-8")
