"""The shipped models: each has a card, figures that hold, and a line in `srfast models`."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

import srfast
from srfast import cli, zoo
from srfast.errors import ModelError
from srfast.evaluation import enlarger, evaluate, mean
from srfast.pairs import read_pairs

PHOTOGRAPHS = Path(zoo.__file__).with_name("photographs.csv")


@pytest.mark.parametrize("name", zoo.models())
def test_a_model_has_all_that_it_needs(name: str) -> None:
    described = zoo.describe(name)
    assert described.scale == srfast.Upscaler(name).scale
    assert described.bytes == zoo.path(name).stat().st_size
    assert described.psnr_y is not None
    assert described.times_recipe is not None
    card = zoo.card(name).read_text("utf-8")
    assert card.startswith(f"# {name}\n")
    assert f"| licence | {described.licence}" in card
    assert "srfast train" in card  # the command that repeats it
    assert f"**{described.psnr_y:.3f}**" in card


@pytest.mark.data
@pytest.mark.parametrize("name", zoo.models())
def test_the_figures_hold(name: str, data_dir: Path) -> None:
    folder = data_dir / f"Set5/x{zoo.scale(name)}"
    found = mean(evaluate(enlarger(name, zoo.scale(name)), read_pairs(folder, folder, zoo.scale(name))))
    assert found.psnr_y == pytest.approx(zoo.describe(name).psnr_y, abs=0.002)


def test_every_photograph_has_an_author_and_a_licence() -> None:
    with PHOTOGRAPHS.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) > 100
    assert all(row["licence"] and row["author"] and row["source"] for row in rows)


def test_an_unknown_model_is_answered_with_those_that_are_there() -> None:
    with pytest.raises(ModelError, match=r"shipped are fast-int8-x2, .*; did you mean fast-x3\?"):
        zoo.describe("fast-x33")


def test_the_command_lists_them(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["models"]) == 0
    lines = capsys.readouterr().out.splitlines()
    starred = [line for line in lines if line.startswith("*")]
    assert len(starred) == 1
    assert zoo.DEFAULT in starred[0]
    for name in zoo.models():
        figures = f"x{zoo.scale(name)}", f"{zoo.describe(name).psnr_y:.3f}", "Apache-2.0"
        assert any(name in line and all(figure in line for figure in figures) for line in lines)

    assert cli.main(["models", "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert [each["name"] for each in listed] == list(zoo.models())
    assert listed[0]["psnr_y"] == zoo.describe(zoo.models()[0]).psnr_y
