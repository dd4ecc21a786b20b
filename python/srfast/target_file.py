"""Files that are about to be made: may they be?"""

from __future__ import annotations

from pathlib import Path

from srfast.errors import Error


def check_target(target: Path, error: type[Error], *, force: bool) -> None:
    """Makes sure, before the work is done, that a file may be made at `target`.

    Args:
        target: The file to make.
        error: What is raised if it may not.
        force: Whether a file that is there may be replaced.

    Raises:
        Error: Of the class `error`: the file exists and `force` is not given, it is a folder, its folder does
            not exist, or there can be none of its name.
    """
    try:
        folder, exists, has_parent = target.is_dir(), target.exists(), target.parent.is_dir()
    except OSError as refusal:
        raise error(f"cannot write {target}: {refusal.strerror}") from refusal
    if folder:
        raise error(f"{target} is a folder: name a file in it")
    if exists and not force:
        raise error(f"{target} exists: give another name, or replace it with force (--force)")
    if not has_parent:
        raise error(f"cannot write {target}: the folder {target.parent} does not exist")
