"""A real browser opens the report: nothing runs, nothing loads, nothing is out of reach."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from audit.report import islands
from tests.conftest import make_texts
from tests.report.conftest import HOSTILE
from tests.report.pages import open_all, open_page, violations

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def all_open(browser: Any, hostile_run: Path) -> tuple[Any, list[str]]:
    """The page with everything in it open, for tests that only look, and what went wrong or wanted to leave it."""
    page, seen = open_page(browser, hostile_run / "report.html")
    open_all(page)
    return page, seen


def test_nothing_runs_and_nothing_loads(all_open: tuple[Any, list[str]]) -> None:
    page, seen = all_open
    assert [line for line in seen if not line.startswith("request: data:")] == []
    assert page.title() == f"Fairness audit: {HOSTILE[1]}"
    assert page.locator("main img, main iframe, main object, main form").count() == 0
    hrefs = page.eval_on_selector_all("a", "links => links.map(link => link.getAttribute('href'))")
    assert all(href.startswith("#") for href in hrefs)
    assert page.locator("script:not([type])").count() == 3  # ours, and Plotly inflated


def test_text_is_shown_as_it_is(all_open: tuple[Any, list[str]]) -> None:
    page, _ = all_open
    body = page.locator("main").inner_text()
    assert "{{ 7*7 }}" in body
    assert "49" not in page.locator("section#scope").inner_text()
    assert "⟨U+202E⟩gnp.exe⟨U+2066⟩" in body
    assert "\u202e" not in page.content()


def test_charts_are_drawn_with_hostile_labels_as_text(all_open: tuple[Any, list[str]]) -> None:
    page, _ = all_open
    assert page.locator(".plot:has(.main-svg)").count() == page.locator(".plot").count() > 3
    labels = page.locator(".plot .ytick").all_text_contents()
    assert any("<b>bold</b>" in label for label in labels)
    assert page.locator(".plot a").count() == 0


# The page that is all open is long, and takes its time: every width and every scheme is opened once.
@pytest.mark.parametrize(
    ("width", "scheme", "opened"),
    [(1280, "light", True), (1280, "dark", False), (390, "light", False), (390, "dark", True)],
)
def test_accessible_in_light_and_dark_wide_and_narrow(
    browser: Any, hostile_run: Path, scheme: str, width: int, opened: bool
) -> None:
    # axe is injected by the test, which the policy of the page rightly forbids.
    viewport = {"width": width, "height": 900}
    page, _ = open_page(
        browser, hostile_run / "report.html", color_scheme=scheme, viewport=viewport, bypass_csp=True
    )  # fmt: skip
    for step in (None, open_all) if opened else (None,):
        if step is not None:
            step(page)
        assert violations(page) == []
        assert page.evaluate("() => document.documentElement.scrollWidth") <= width


def test_the_page_reads_without_javascript(browser: Any, hostile_run: Path) -> None:
    page = browser.new_context(java_script_enabled=False, offline=True).new_page()
    page.goto((hostile_run / "report.html").as_uri())
    assert "Charts need JavaScript" in page.locator("main").inner_text()
    assert page.locator("table").count() > 5


def test_every_chart_has_a_name_and_a_table_near(all_open: tuple[Any, list[str]]) -> None:
    page, _ = all_open
    for chart in page.locator(".plot").all():
        assert chart.get_attribute("aria-label")
        section = chart.locator("xpath=ancestor::section")
        assert section.locator("table").count() >= 1


def test_prints_to_a_clean_pdf(browser: Any, hostile_run: Path) -> None:
    page, _ = open_page(browser, hostile_run / "report.html")
    page.wait_for_selector("html[data-charts=ready]", timeout=30_000)
    pdf = page.pdf(format="A4", print_background=True)
    assert pdf.startswith(b"%PDF")
    assert len(pdf) > 20_000


def test_a_page_in_dark_mode_prints_black_on_white(browser: Any, hostile_run: Path) -> None:
    page, _ = open_page(browser, hostile_run / "report.html", color_scheme="dark")
    open_all(page)
    page.emulate_media(media="print", color_scheme="dark")
    # In one go: charts are drawn again when the medium changes, and texts of the old drawing have no colour.
    script = "() => [...document.querySelectorAll('.plot text')].map(text => getComputedStyle(text).fill)"
    fills = page.evaluate(script)
    assert fills
    assert set(fills) == {"rgb(0, 0, 0)"}
    assert page.locator("body").evaluate("body => getComputedStyle(body).backgroundColor") == "rgb(255, 255, 255)"


def test_redacted_without_its_inputs(browser: Any, hostile_run: Path, tmp_path: Path) -> None:
    import shutil

    from audit.cli import call

    copy = Path(shutil.copytree(hostile_run, tmp_path / "copy"))
    (copy / "inputs.parquet").unlink()
    assert call(["report", str(copy)]) == 0
    page, _ = open_page(browser, copy / "report.html")
    open_all(page)
    assert "redacted" in page.locator("section#explanations").inner_text()
    assert page.locator(".heat").count() == 0
    # Words that recur in many decisions stay; texts do not.
    sought = [text for text in make_texts(60) if text.count(" ") > 3]
    found = [page.content(), *islands.texts((copy / "report.html").read_text())]
    assert not any(text in part for text in sought for part in found)


def test_no_address_but_namespaces_and_the_data_itself(hostile_run: Path) -> None:
    html = (hostile_run / "report.html").read_text()
    outside = re.sub(r"<script type=\"text/plain\".*?</script>", "", html, flags=re.S)
    loading = re.findall(
        r"""(?:src|href|action|data|poster)\s*=\s*["'](?!#)[^"']*["']""", re.sub(r">[^<]*<", "><", outside)
    )
    assert loading == []
    assert "Content-Security-Policy" in html
    assert "default-src &#39;none&#39;" in html


def test_size_and_time_to_open(browser: Any, hostile_run: Path) -> None:
    report = hostile_run / "report.html"
    assert report.stat().st_size < 3_000_000
    page, _ = open_page(browser, report)
    timing = page.evaluate("() => performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd")
    assert timing > 0
