"""Which files a batch takes, and where it puts the results."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from srfast.batch.inputs import Source, find, names_one
from srfast.batch.targets import Place, jobs, place
from srfast.errors import ImageError, OptionError

VALUES = {"model": "net", "scale": "2", "size": "x2"}


@pytest.fixture(autouse=True)
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("b.jpg", "a.PNG", "in/c.webp", "in/deep/d.tif", "other/e.png", "notes.txt", ".hidden.png"):
        file = tmp_path / "tree" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
    return tmp_path / "tree"


def found(*words: str, **options: object) -> list[str]:
    return [str(source) for source in find(words, **options)]


def targets(sources: list[Source], where: Place) -> list[str]:
    return [str(job.target) for job in jobs(sources, where, values=VALUES, suffix=".png")]


# --- inputs


def test_a_folder_stands_for_its_images() -> None:
    assert found("tree") == ["tree/a.PNG", "tree/b.jpg"]
    assert found("tree", recursive=True) == [
        "tree/a.PNG",
        "tree/b.jpg",
        "tree/in/c.webp",
        "tree/in/deep/d.tif",
        "tree/other/e.png",
    ]


def test_pipes_and_devices_are_waited_for_only_if_they_are_named(tree: Path) -> None:
    os.mkfifo(tree / "pipe.png")
    (tree / "null.png").symlink_to(os.devnull)
    (tree / "gone.png").symlink_to("nowhere.png")  # reading it will say why it cannot be
    assert found("tree") == found("tree/*") == ["tree/a.PNG", "tree/b.jpg", "tree/gone.png"]
    assert found("tree/pipe.png") == ["tree/pipe.png"]


def test_patterns_are_expanded_here_where_the_shell_did_not() -> None:
    assert found("tree/*") == ["tree/a.PNG", "tree/b.jpg"]
    assert found("tree/**/*.[tw]*") == ["tree/in/c.webp", "tree/in/deep/d.tif"]


def test_a_name_that_looks_like_a_pattern_is_a_name_if_there_is_such_a_file() -> None:
    Path("photo[1].png").touch()
    Path("photo1.png").touch()
    assert found("photo[1].png") == ["photo[1].png"]
    assert names_one(["photo[1].png"])


def test_a_file_comes_once_however_often_it_is_named() -> None:
    Path("link.jpg").symlink_to("tree/b.jpg")
    assert found("tree/b.jpg", "tree", "./tree/b.jpg", "link.jpg") == ["tree/b.jpg", "tree/a.PNG"]


def test_circles_of_links_are_survived(tree: Path) -> None:
    (tree / "in" / "up").symlink_to(tree)
    (tree / "in" / "self").symlink_to("self")
    (tree / "in" / "self.png").symlink_to("self.png")
    (tree / "again").symlink_to("in")
    names = found("tree", recursive=True)
    assert sorted(Path(name).name for name in names) == [
        "a.PNG",
        "b.jpg",
        "c.webp",
        "d.tif",
        "e.png",
        "self.png",
    ]


@pytest.mark.parametrize(
    ("word", "problem"),
    [
        ("empty", "empty is a folder without image files"),
        ("above", "above is a folder without image files; -r looks into its folders, too"),
        ("*.xyz", "*.xyz matches no image files"),
        ("", "one of the photos has an empty name"),
    ],
)
def test_words_that_name_nothing(word: str, problem: str) -> None:
    Path("empty").mkdir()
    Path("above/below").mkdir(parents=True)
    (source,) = find([word])
    assert source.problem == problem


def test_the_folder_of_the_results_is_not_looked_into() -> None:
    Path("tree/out").mkdir()
    Path("tree/out/a_x2.png").touch()
    assert "tree/out/a_x2.png" not in found("tree", recursive=True, leave_out=Path("tree/out"))


def test_standard_input() -> None:
    assert [source.path for source in find(["-", "./-"])] == [None, Path("-")]
    assert names_one(["-"])


@pytest.mark.parametrize("words", [["tree"], ["*.png"], ["a.png", "b.png"]])
def test_words_for_several(words: list[str]) -> None:
    assert not names_one(words)


# --- targets


def test_beside_each_photo() -> None:
    sources = find(["tree"], recursive=True)
    assert targets(sources, Place())[:3] == ["tree/a_x2.png", "tree/b_x2.png", "tree/in/c_x2.png"]


def test_a_folder_keeps_the_tree() -> None:
    sources = find(["tree"], recursive=True)
    assert targets(sources, place("out", many=True)) == [
        "out/a_x2.png",
        "out/b_x2.png",
        "out/in/c_x2.png",
        "out/in/deep/d_x2.png",
        "out/other/e_x2.png",
    ]


def test_a_pattern() -> None:
    where = place("out/{stem}_{model}_x{scale}{ext}", many=True)
    assert targets(find(["tree"]), where) == ["out/a_net_x2.png", "out/b_net_x2.png"]
    assert targets(find(["tree"]), place("{stem}{{1}}.webp", many=True)) == [
        "tree/a{1}.webp",
        "tree/b{1}.webp",
    ]


@pytest.mark.parametrize(
    ("output", "reason"),
    [
        ("{stm}{ext}", "no field {stm}; did you mean stem?"),
        ("{stem", "expected '}'"),
        ("{}.png", "no field {}"),
        ("{stem}", "does not end in a format"),
        ("{stem}.xyz", "choose one of .png"),
        ("{model}/{stem}{ext}", "not into the folders"),
        ("", "empty name"),
        ("-", "standard output takes one image"),
        ("tree/b.jpg", "need a folder"),
        ("new.png", "need a folder, such as new/"),
        ("tree/b.jpg/", "is a file, not a folder"),
    ],
)
def test_outputs_that_make_no_sense(output: str, reason: str) -> None:
    with pytest.raises((OptionError, ImageError), match=reason.replace("{", r"\{").replace("?", r"\?")):
        place(output, many=True)


def test_a_format_that_contradicts_the_name() -> None:
    with pytest.raises(OptionError, match="contradict"):
        place("large.png", many=False, suffix=".jpg")
    assert place("{stem}{ext}", many=True, suffix=".jpg").suffix is None


def test_a_field_that_differs_from_photo_to_photo() -> None:
    with pytest.raises(OptionError, match=r"take \{size\}"):
        jobs(
            find(["tree"]),
            place("{stem}_{scale}{ext}", many=True),
            values=VALUES | {"scale": None},
            suffix=".png",
        )


def test_two_photos_with_one_result_are_refused() -> None:
    Path("tree/b.webp").touch()
    with pytest.raises(OptionError, match=r"tree/b\.jpg and tree/b\.webp would both be written to out/b_x2"):
        targets(find(["tree"]), place("out/", many=True))


def test_results_that_lie_in_the_folder_are_not_enlarged_again() -> None:
    Path("tree/b_x2.png").touch()
    Path("tree/own_x2.png").touch()  # the result of nothing that is here
    assert targets(find(["tree"]), Place()) == ["tree/a_x2.png", "tree/b_x2.png", "tree/own_x2_x2.png"]
    named = jobs(find(["tree/b.jpg", "tree/b_x2.png"]), Place(), values=VALUES, suffix=".png")
    assert [job.problem is None for job in named] == [False, True]


def test_a_photo_is_not_written_over_whatever_its_name() -> None:
    os.link("tree/b.jpg", "hard.png")
    (job,) = jobs(find(["tree/b.jpg"]), place("hard.png", many=False), values=VALUES, suffix=".png")
    assert job.problem is not None
    assert "one of the photos to read" in job.problem
