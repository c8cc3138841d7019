from __future__ import annotations

import builtins
import io
import shutil
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from audit.errors import ConfigError, SystemFault
from audit.report.documents import Telling
from audit.report.papers import pdf
from audit.report.papers.pdf import render_pdf
from audit.report.stories import told as in_words
from audit.store.files import sha256
from audit.text import visible


def words(text: str) -> str:
    """Text without the line breaks that a page gives it."""
    return "".join(text.split())


@pytest.fixture(scope="module")
def printed(told: Telling, browser: Any) -> PdfReader:
    return PdfReader(io.BytesIO(render_pdf(told)))


@pytest.mark.browser
def test_every_page_has_its_number_and_the_hash_of_the_result(printed: PdfReader, told: Telling) -> None:
    pages = [page.extract_text() for page in printed.pages]
    assert len(pages) > 3
    for number, text in enumerate(pages, 1):
        assert words(f"{number} / {len(pages)}") in words(text)
        assert sha256(told.folder.result) in words(text)
        assert words("Internal: shows text of the audited data.") in words(text)


@pytest.mark.browser
def test_all_sections_are_there_and_open(printed: PdfReader, told: Telling) -> None:
    text = words(" ".join(page.extract_text() for page in printed.pages))
    for section in ("summary", "scope", "data", "performance", "disparities", "gate", "limits", "method"):
        assert words(told.t(f"section.{section}")) in text
    assert words(told.result.config_sha256) in text  # stands in a part that is folded on the screen
    assert words("=cmd|' /C calc'!A0") in text
    assert words("a⟨U+202E⟩b") in text


@pytest.mark.browser
def test_it_tells_the_findings_of_the_result(printed: PdfReader, told: Telling) -> None:
    text = words(" ".join(page.extract_text() for page in printed.pages))
    result = told.result
    findings = [in_words(finding, told.t, result.judgement) for finding in result.findings.items]
    assert findings
    for story in findings:
        said = [story.headline, *(step.text for step in story.steps)]
        assert [sentence for sentence in said if words(visible(sentence)) not in text] == []


@pytest.mark.browser
def test_headings_make_the_outline_and_tags_the_structure(printed: PdfReader) -> None:
    titles = [item.title for item in printed.outline if not isinstance(item, list)]
    assert titles
    assert "/StructTreeRoot" in printed.trailer["/Root"]


@pytest.mark.browser
def test_charts_are_vectors(printed: PdfReader) -> None:
    assert not any(len(page.images) for page in printed.pages)


@pytest.mark.browser
def test_an_error_in_the_page_is_told(told: Telling, browser: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = "<html data-ready=true><main><h2>x</h2></main><script>missing()</script></html>"
    monkeypatch.setattr(pdf, "render_html", lambda telling: broken)
    with pytest.raises(SystemFault, match="missing is not defined"):
        render_pdf(told)


def test_without_a_browser_it_says_what_to_install(
    told: Telling, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    fake = tmp_path / "chromium"
    fake.write_text("#!/bin/sh\nexit 1\n")
    fake.chmod(0o755)
    monkeypatch.setattr(shutil, "which", lambda name: str(fake) if name == "chromium" else None)
    monkeypatch.setattr(pdf, "FOUND_BY_PLAYWRIGHT", ())
    with pytest.raises(ConfigError, match=r"no browser that can print(.|\n)*apt-get install chromium"):
        render_pdf(told)


def test_without_playwright_it_says_what_to_install(told: Telling, monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def absent(name: str, *rest: Any, **named: Any) -> Any:
        if name.startswith("playwright"):
            raise ImportError(name)
        return real(name, *rest, **named)

    monkeypatch.setattr(builtins, "__import__", absent)
    with pytest.raises(ConfigError, match=r"fairaudit\[pdf\]"):
        render_pdf(told)
