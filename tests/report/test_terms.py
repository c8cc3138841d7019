"""A marked term shows its entry of the glossary on demand, and is a link to it without scripts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.report.pages import open_page

pytestmark = pytest.mark.browser


def test_a_term_shows_what_it_means_by_click_and_by_key(browser: Any, hostile_run: Path) -> None:
    page, seen = open_page(browser, hostile_run / "report.html", "#gate")
    term = page.locator("#gate a.term").first
    term.click()
    note = page.locator("#term-note")
    assert note.is_visible()
    entry = page.locator(f"#term-{term.get_attribute('data-term')}")
    assert (entry.locator("dt").text_content() or "?") in note.inner_text()
    assert (entry.locator("dd p").first.text_content() or "?") in note.inner_text()
    assert term.get_attribute("aria-expanded") == "true"
    page.keyboard.press("Escape")
    assert not note.is_visible()
    assert term.get_attribute("aria-expanded") == "false"
    term.focus()
    page.keyboard.press("Enter")
    assert note.is_visible()
    note.locator("a").click()
    page.wait_for_function("() => !document.querySelector('#glossary > .fold-body').hidden")
    assert seen == []


def test_without_scripts_a_term_is_a_link_to_its_entry(browser: Any, hostile_run: Path) -> None:
    page = browser.new_context(java_script_enabled=False, offline=True).new_page()
    page.goto((hostile_run / "report.html").as_uri())
    names = {link.get_attribute("href")[1:] for link in page.locator("a.term").all()}
    assert names
    assert all(page.locator(f"[id='{name}']").count() == 1 for name in names)
