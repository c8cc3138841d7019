"""The report in Chinese: no English words of ours are left in it, and it is as accessible as the English one."""

from __future__ import annotations

import html
import json
import re
from pathlib import Path
from string import Formatter
from typing import Any

import pytest

from audit.report.documents import Telling
from audit.report.html import render_html
from audit.report.junit import render_junit
from audit.report.markdown import render_markdown
from audit.report.sarif import render_sarif
from audit.store.runfolder import RunFolder
from tests.report.pages import open_all, open_page, violations

WORDS = json.loads((Path(__file__).parents[2] / "audit/report/messages/en.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def chinese(hostile_run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of an audit with everything in it, in Chinese."""
    folder = RunFolder(hostile_run)
    path = tmp_path_factory.mktemp("chinese") / "report.html"
    path.write_text(render_html(Telling(folder, folder.read_result(), language="zh")), encoding="utf-8")
    return path


def english() -> set[str]:
    """Pieces of English messages that are long enough to be nothing else."""
    pieces = {
        piece.strip(" .,:;()“”")
        for message in WORDS.values()
        for piece, *_ in Formatter().parse(message)
        if len(re.findall(r"[A-Za-z]{2,}", piece)) >= 3
    }
    # Names that Chinese uses as well.
    return {piece for piece in pieces if not re.fullmatch(r"[\w./ -]*(?:json|jsonl|csv|yaml)[\w./ -]*", piece)}


def left(text: str) -> list[str]:
    return sorted(piece for piece in english() if piece in text)


def test_no_english_words_are_left_on_the_page(chinese: Path) -> None:
    page = re.sub(r"<(style|script)\b.*?</\1>", " ", chinese.read_text(encoding="utf-8"), flags=re.S)
    assert '<html lang="zh-Hans">' in page
    named = re.findall(r'(?:aria-label|title|alt|placeholder)="([^"]*)"', page)
    assert len(english()) > 300
    assert left(html.unescape(re.sub(r"<[^>]+>", " ", page))) == []
    assert left(html.unescape(" ".join(named))) == []


def test_no_english_words_are_left_in_other_documents(hostile_run: Path) -> None:
    folder = RunFolder(hostile_run)
    result = folder.read_result()
    t = Telling(folder, result, language="zh").t
    assert left(render_markdown(result, t)) == []
    assert left(html.unescape(render_junit(result, t))) == []
    assert left(render_sarif(result, t, folder.read_flagged())) == []


def test_english_words_are_found_where_they_are(hostile_run: Path) -> None:
    """The two tests above would see what was forgotten."""
    assert len(left((hostile_run / "summary.md").read_text(encoding="utf-8"))) > 3


@pytest.mark.browser
@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_accessible_in_chinese(browser: Any, chinese: Path, width: int, scheme: str) -> None:
    viewport = {"width": width, "height": 900}
    page, seen = open_page(browser, chinese, color_scheme=scheme, viewport=viewport, bypass_csp=True)
    assert violations(page) == []
    open_all(page)
    assert violations(page) == []
    assert page.evaluate("() => document.documentElement.scrollWidth") <= width
    assert not [line for line in seen if line.startswith(("error", "console error"))]
