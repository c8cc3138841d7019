"""What a notebook shows: the first screen, in a frame in which nothing runs, from the result alone."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

import audit
from audit.errors import ConfigError
from audit.report.notebook import first_screen
from audit.result import AuditResult

Make = Callable[..., dict[str, Any]]
EVIL = '"><script>alert(1)</script><img src=x onerror=alert(2)>'


@pytest.fixture
def result(stored: Make, table: Callable[..., Path]) -> AuditResult:
    path = table(y=[1, 0] * 200, p=[1, 0, 1, 0, 0, 0, 1, 0] * 50, g=["a", "a", EVIL, EVIL] * 100)
    rules = {"rules": [{"metric": "selection_rate", "limit": 0.1}]}
    return audit.run(stored(path, policy=rules, output__title=f"Title {EVIL}"))


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


def tags_of(text: str) -> list[tuple[str, dict[str, str | None]]]:
    parser = Tags()
    parser.feed(text)
    return parser.tags


def page_in(shown: str) -> str:
    ((tag, attributes),) = tags_of(shown)
    assert tag == "iframe"
    return attributes["srcdoc"] or ""


def test_it_is_one_frame_without_rights(result: AuditResult) -> None:
    ((tag, attributes),) = tags_of(result._repr_html_())
    assert (tag, attributes["sandbox"]) == ("iframe", "")
    assert attributes["title"] == html.unescape(attributes["title"] or "") and "Title" in (attributes["title"] or "")


def test_nothing_in_it_runs_or_loads(result: AuditResult) -> None:
    page = page_in(result._repr_html_())
    tags = tags_of(page)
    assert not {tag for tag, _ in tags} & {"script", "iframe", "object", "embed", "link", "img", "base", "form"}
    assert not [name for _, attributes in tags for name in attributes if name.startswith("on") or name == "src"]
    (policy,) = [a["content"] for tag, a in tags if tag == "meta" and a.get("http-equiv") == "Content-Security-Policy"]
    assert (policy or "").startswith("default-src 'none'") and "script-src" not in (policy or "")
    assert "alert(1)" in page, "the name of the group is shown as text"


def test_it_says_what_the_report_says_first(result: AuditResult, tmp_path: Path) -> None:
    text = re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", page_in(result._repr_html_()))))
    report = html.unescape(re.sub(r"<[^>]+>", " ", (tmp_path / "run" / "report.html").read_text()))
    report = re.sub(r"\s+", " ", report)
    assert result.judgement is not None
    from audit.report.wording import Catalogue

    verdict = Catalogue.of(result)(f"verdict.{result.judgement.status}")
    assert verdict in text and verdict in report
    for finding in result.clear_gaps.items[:1]:
        assert finding.low_group[0] in text


def test_a_language_that_is_not_there_is_told(result: AuditResult) -> None:
    with pytest.raises(ConfigError, match="no report in language 'tlh'"):
        first_screen(result, language="tlh")


@pytest.mark.browser
def test_a_browser_runs_nothing_of_it(result: AuditResult, browser: Any, tmp_path: Path) -> None:
    file = tmp_path / "cell.html"
    file.write_text(f"<!doctype html><title>cell</title>{result._repr_html_()}", encoding="utf-8")
    page = browser.new_page()
    asked: list[str] = []
    page.on("dialog", lambda dialog: (asked.append(dialog.message), dialog.dismiss()))
    page.goto(file.as_uri())
    frame = page.frames[1]
    assert "Title" in frame.locator("h1").inner_text()
    assert asked == []
    page.close()
