"""A hook of mkdocs: brings in the pages that lie outside docs/, and leads links between all of them right."""

from __future__ import annotations

import posixpath
import re
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).parents[1]
ROOT_PAGES = ("README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md")
CARDS = "python/srfast/zoo"


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Adds the pages of the repository's root, and the shipped models' cards."""
    for name in ROOT_PAGES:
        files.append(File.generated(config, name, content=(ROOT / name).read_text("utf-8")))
    for card in sorted((ROOT / CARDS).glob("*.md")):
        page = File.generated(config, f"models/{card.name}", content=card.read_text("utf-8"))
        page.inclusion = type(page.inclusion).NOT_IN_NAV
        files.append(page)
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Rewrites links that hold in the repository to links that hold in the site."""
    own = page.file.src_uri
    if own in ROOT_PAGES:
        here = ""
    elif own.startswith("models/"):
        here = CARDS
    else:
        here = "docs"

    def lead(match: re.Match[str]) -> str:
        text, target, anchor = match[1], match[2], match[3] or ""
        if "://" in target or not target:
            return match[0]
        place = posixpath.normpath(posixpath.join(here, target))
        if place.startswith("docs/"):
            place = place.removeprefix("docs/")
        elif place.startswith(CARDS + "/") and place.endswith(".md"):
            place = "models/" + posixpath.basename(place)
        if files.get_file_from_path(place) is None:  # a folder or a source file: named, not led to
            return f"{text} (`{place}`)" if (ROOT / place).exists() else match[0]
        return f"[{text}]({posixpath.relpath(place, posixpath.dirname(own) or '.')}{anchor})"

    return re.sub(r"\[([^\]]*)\]\(([^)#\s]*)(#[^)\s]*)?\)", lead, markdown)
