"""A real browser opens the report: nothing runs, nothing loads, nothing is out of reach."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe

import audit
from tests.conftest import make_texts

pytestmark = pytest.mark.browser

HOSTILE = [
    "<script>document.title='owned'</script>",
    "</script><script>document.title='owned'</script>",
    '"><img src=x onerror="document.title=\'owned\'">',
    "{{ 7*7 }}{% for x in y %}",
    "${7*7} <%= 7*7 %> #{7*7}",
    "\u202egnp.exe\u2066",
    "=HYPERLINK('http://evil.example','x')",
    "javascript:document.title='owned'",
    "<b>bold</b><a href='http://evil.example'>x</a>",
    "http://evil.example/pixel.png",
]


@pytest.fixture(scope="module")
def hostile_run(tmp_path_factory: pytest.TempPathFactory, checkpoints: dict[str, Path]) -> Path:
    """An audit with hostile strings in every field that a user or the data can fill."""
    folder = tmp_path_factory.mktemp("hostile")
    texts = make_texts(60)
    rows = [
        {
            "id": f"{HOSTILE[i % 10]} {i}",
            "text": f"{HOSTILE[(i * 3) % 10]} {texts[i]}",
            "label": "no" if i % 3 else "yes",
            HOSTILE[0]: HOSTILE[i % 10],
            HOSTILE[3]: HOSTILE[i % 2],
        }
        for i in range(60)
    ]
    path = folder / "data<i>.jsonl"
    path.write_text("\n".join(json.dumps(row) for row in rows))
    config = {
        "model": {"path": str(checkpoints["bert"])},
        "data": {
            "path": str(path),
            "columns": {"input": "text", "label": "label", "id": "id"},
            "positive_label": "yes",
        },
        "attributes": [HOSTILE[0], {"column": HOSTILE[3], "name": HOSTILE[2]}],
        "crossings": [[HOSTILE[0], HOSTILE[2]]],
        "explanations": {"sample": 20, "shown": 12, "least_contrast": 0.3},
        "probe": {"threshold": 0.03},
        "gaps": {"sample": 60, "metrics": ["selection_rate"], "resamples": 200},
        # Fails, so that its errors are flagged beside the flips.
        "policy": {"rules": [{"metric": "accuracy", "limit": 0.001, "evidence": "point"}]},
        "output": {
            "folder": str(folder / "run"),
            "title": HOSTILE[1],
            "intended_use": HOSTILE[2],
            "contact": HOSTILE[4],
        },
    }
    audit.run(config)
    return folder / "run"


def open_page(browser: Any, path: Path, **context: Any) -> tuple[Any, list[str]]:
    """Open the report offline; collect everything that went wrong or wanted to leave the page."""
    seen: list[str] = []
    page = browser.new_context(offline=True, **context).new_page()
    page.on("console", lambda message: seen.append(f"console {message.type}: {message.text}"))
    page.on("pageerror", lambda error: seen.append(f"error: {error}"))
    page.on("dialog", lambda dialog: seen.append("dialog"))
    page.on("request", lambda request: request.url.startswith("file://") or seen.append(f"request: {request.url}"))
    page.goto(path.as_uri())
    page.wait_for_selector("html[data-ready=true]", timeout=30_000)
    return page, seen


def test_nothing_runs_and_nothing_loads(browser: Any, hostile_run: Path) -> None:
    page, seen = open_page(browser, hostile_run / "report.html")
    assert [line for line in seen if not line.startswith("request: data:")] == []
    assert page.title() == f"Fairness audit: {HOSTILE[1]}"
    assert page.locator("main img, main iframe, main object, main form").count() == 0
    hrefs = page.eval_on_selector_all("a", "links => links.map(link => link.getAttribute('href'))")
    assert all(href.startswith("#") for href in hrefs)
    assert page.locator("script:not([type])").count() == 2  # ours, and Plotly inflated


def test_text_is_shown_as_it_is(browser: Any, hostile_run: Path) -> None:
    page, _ = open_page(browser, hostile_run / "report.html")
    body = page.locator("main").inner_text()
    assert "{{ 7*7 }}" in body
    assert "49" not in page.locator("section#scope").inner_text()
    assert "⟨U+202E⟩gnp.exe⟨U+2066⟩" in body
    assert "\u202e" not in page.content()


def test_charts_are_drawn_with_hostile_labels_as_text(browser: Any, hostile_run: Path) -> None:
    page, _ = open_page(browser, hostile_run / "report.html")
    assert page.locator(".plot:has(.main-svg)").count() == page.locator(".plot").count() > 3
    labels = page.locator(".plot .ytick").all_text_contents()
    assert any("<b>bold</b>" in label for label in labels)
    assert page.locator(".plot a").count() == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1320, 390])
def test_accessible_in_light_and_dark_wide_and_narrow(browser: Any, hostile_run: Path, scheme: str, width: int) -> None:
    # axe is injected by the test, which the policy of the page rightly forbids.
    page, _ = open_page(
        browser,
        hostile_run / "report.html",
        color_scheme=scheme,
        viewport={"width": width, "height": 900},
        bypass_csp=True,
    )
    for details in page.locator("details").all():
        details.evaluate("part => { part.open = true }")
    found = Axe().run(
        page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
    )
    problems = [
        (violation["id"], [node["html"][:120] for node in violation["nodes"][:3]])
        for violation in found.response["violations"]
    ]
    assert problems == []
    assert page.evaluate("() => document.documentElement.scrollWidth") <= width


def test_the_page_reads_without_javascript(browser: Any, hostile_run: Path) -> None:
    page = browser.new_context(java_script_enabled=False, offline=True).new_page()
    page.goto((hostile_run / "report.html").as_uri())
    assert "Charts need JavaScript" in page.locator("main").inner_text()
    assert page.locator("table").count() > 5


def test_every_chart_has_a_name_and_a_table_near(browser: Any, hostile_run: Path) -> None:
    page, _ = open_page(browser, hostile_run / "report.html")
    for chart in page.locator(".plot").all():
        assert chart.get_attribute("aria-label")
        section = chart.locator("xpath=ancestor::section")
        assert section.locator("table").count() >= 1


def test_prints_to_a_clean_pdf(browser: Any, hostile_run: Path) -> None:
    page, _ = open_page(browser, hostile_run / "report.html")
    pdf = page.pdf(format="A4", print_background=True)
    assert pdf.startswith(b"%PDF")
    assert len(pdf) > 20_000


def test_a_page_in_dark_mode_prints_black_on_white(browser: Any, hostile_run: Path) -> None:
    page, _ = open_page(browser, hostile_run / "report.html", color_scheme="dark")
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
    assert "redacted" in page.locator("section#explanations").inner_text()
    assert page.locator(".heat").count() == 0
    # Words that recur in many decisions stay; texts do not.
    texts = [text for text in make_texts(60) if text.count(" ") > 3]
    assert not any(text in page.content() for text in texts)


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


def test_flagged_decisions_can_be_filtered_and_linked(browser: Any, hostile_run: Path) -> None:
    page, seen = open_page(browser, hostile_run / "report.html")
    items = page.locator("#flag-list > .decision")
    everything = items.count()
    assert everything > 1
    assert page.locator("#flag-list > .decision:visible").count() == everything
    held = Counter(code for item in items.all() for code in item.get_attribute("data-codes").split())
    code, count = min(held.items(), key=lambda item: item[1])
    assert count < everything
    page.select_option("#flag-filter select[name=code]", code)
    left = page.locator("#flag-list > .decision:visible")
    assert left.count() == count
    assert all(code in item.get_attribute("data-codes").split() for item in left.all())
    page.fill("#flag-filter input[name=search]", "no such words")
    assert left.count() == 0
    anchor = items.nth(everything - 1).get_attribute("id")
    page.evaluate(f"location.hash = '#{anchor}'")
    page.wait_for_function(f"!document.getElementById('{anchor}').hidden")
    assert seen == []
