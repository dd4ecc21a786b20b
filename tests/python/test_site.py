"""The documentation as a site, every page of it in a browser: `nox -s site` builds it before."""

from __future__ import annotations

import functools
import html
import re
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import pytest

from browser import in_a_browser, loaded

SITE = Path(__file__).parents[2] / "build" / "site"
PAGES = sorted(str(file.parent.relative_to(SITE)) for file in SITE.glob("**/index.html"))
pytestmark = [
    pytest.mark.slow,
    in_a_browser,
    pytest.mark.skipif(not PAGES, reason="build/site is empty: nox -s site builds it first"),
]


class Quiet(SimpleHTTPRequestHandler):
    missing: ClassVar[list[str]] = []

    def log_message(self, *words: object) -> None:
        pass

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        self.missing.append(self.path)
        super().send_error(code, message, explain)


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    handler = functools.partial(Quiet, directory=str(SITE))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.mark.parametrize("page", PAGES)
def test_page(page: str, address: str, tmp_path: Path) -> None:
    Quiet.missing.clear()
    document, console = loaded(f"{address}/{page}/", tmp_path)
    assert console == []
    assert Quiet.missing == []
    title = re.search(r"<h1[^>]*>(.*?)<", document, re.DOTALL)
    assert title is not None, "no heading"
    assert html.unescape(title[1]).strip() != ""


def test_a_page_with_a_defect_is_found_out(tmp_path: Path) -> None:
    file = tmp_path / "broken.html"
    file.write_text("<script>nothing()</script>", encoding="utf-8")
    assert loaded(file.as_uri(), tmp_path)[1] != []
