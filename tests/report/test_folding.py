"""The page is folded to what it found, and everything in it can be reached: by click, key, link, search and print."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from audit.report import islands
from tests.report.pages import open_all, open_page

pytestmark = pytest.mark.browser

SHOWN = "part => part.checkVisibility({contentVisibilityAuto: true, visibilityProperty: true})"


def is_shown(page: Any, selector: str) -> bool:
    return bool(page.locator(selector).first.evaluate(SHOWN))


def test_every_section_is_folded_to_its_heading_and_one_line(browser: Any, hostile_run: Path) -> None:
    page, seen = open_page(browser, hostile_run / "report.html")
    sections = page.locator("main > section.fold")
    assert sections.count() > 8
    for section in sections.all():
        button = section.locator("> .fold-head h2 button")
        assert button.get_attribute("aria-expanded") == "false"
        body = page.locator("#" + button.get_attribute("aria-controls"))
        assert body.get_attribute("hidden") == "until-found"
        assert body.bounding_box()["height"] == 0
        assert (section.locator("> .fold-head .says").inner_text()).strip()
    assert page.locator(".plot:has(.main-svg)").count() == 0
    assert page.evaluate("() => document.documentElement.scrollHeight") < 8_000
    assert seen == []


def test_a_section_opens_and_closes_by_click_and_by_key(browser: Any, hostile_run: Path) -> None:
    page, _ = open_page(browser, hostile_run / "report.html")
    inside = "#method .fold-inner > p"
    page.click("#method .says")
    assert is_shown(page, inside)
    page.locator("#method h2 button").press("Enter")
    assert not is_shown(page, inside)
    page.locator("#method h2 button").press("Space")
    assert is_shown(page, inside)
    assert page.locator("#method h2 button").get_attribute("aria-expanded") == "true"


def test_all_open_and_fold_at_once(browser: Any, hostile_run: Path) -> None:
    page, _ = open_page(browser, hostile_run / "report.html")
    page.click("#fold-controls [data-fold=open]")
    assert page.locator("[hidden=until-found]").count() == 0
    page.click("#fold-controls [data-fold=close]")
    assert page.locator(".fold-body:not([hidden=until-found])").count() == 0


def test_a_chart_is_drawn_when_it_comes_into_sight(browser: Any, hostile_run: Path) -> None:
    page, _ = open_page(browser, hostile_run / "report.html")
    chart = page.locator("#data .plot").first
    page.click("#data h2 button")
    part = page.locator("#data .part").first
    part.locator("button").first.click()
    chart.scroll_into_view_if_needed()
    page.wait_for_selector("#data .plot .main-svg", timeout=30_000)
    assert page.locator("#performance .plot .main-svg").count() == 0


def test_a_link_to_anything_folded_opens_what_is_around_it(browser: Any, hostile_run: Path) -> None:
    page, _ = open_page(browser, hostile_run / "report.html")
    page.evaluate("() => { location.hash = '#performance' }")
    page.wait_for_function("() => !document.querySelector('#performance > .fold-body').hidden")
    anchor = page.locator("#explanations article.decision").first.get_attribute("id")
    page.goto((hostile_run / "report.html").as_uri() + f"#{anchor}")
    page.wait_for_function(f"() => {{ const part = document.getElementById('{anchor}'); return ({SHOWN})(part) }}")
    assert is_shown(page, f"#{anchor} .heat")
    chart = page.locator("#disparities .plot").first.get_attribute("id")
    page.evaluate(f"() => {{ location.hash = '#{chart}' }}")
    page.wait_for_selector(f"#{chart} .main-svg", timeout=30_000)


def test_a_link_to_a_decision_in_an_island_makes_it(browser: Any, hostile_run: Path) -> None:
    anchors = _anchors(hostile_run / "report.html", "flag-list")
    assert anchors, "no flagged decision lies in an island"
    page, seen = open_page(browser, hostile_run / "report.html")
    assert page.locator(f"#{anchors[-1]}").count() == 0
    page.evaluate(f"() => {{ location.hash = '#{anchors[-1]}' }}")
    page.wait_for_selector(f"#{anchors[-1]}")
    assert is_shown(page, f"#{anchors[-1]} h4")
    assert seen == []


def test_what_the_browser_finds_opens(browser: Any, hostile_run: Path) -> None:
    page, _ = open_page(browser, hostile_run / "report.html")
    # What a browser does when its search comes to something hidden: this event, then it takes the attribute away.
    page.evaluate(
        "() => document.querySelector('#method .part > .fold-body')"
        ".dispatchEvent(new Event('beforematch', {bubbles: true}))"
    )
    assert is_shown(page, "#method .part table")
    assert page.locator("#method > .fold-head button").get_attribute("aria-expanded") == "true"
    assert page.locator("#method .part button").first.get_attribute("aria-expanded") == "true"
    assert page.locator("#data > .fold-body").get_attribute("hidden") == "until-found"


def test_the_search_of_the_browser_finds_folded_text(browser: Any, hostile_run: Path) -> None:
    page, _ = open_page(browser, hostile_run / "report.html")
    assert not is_shown(page, "#method .fold-inner > p")
    told = page.locator("#method .fold-inner > p").first.evaluate("part => part.textContent").strip()
    sought = told[:40].rsplit(" ", 1)[0]
    # A link to a text searches for it as the browser's own search does.
    found, _ = open_page(browser, hostile_run / "report.html", "#:~:text=" + quote(sought).replace("-", "%2D"))
    found.wait_for_function(f"() => ({SHOWN})(document.querySelector('#method .fold-inner > p'))")


def test_everything_is_open_on_paper(browser: Any, hostile_run: Path) -> None:
    page, _ = open_page(browser, hostile_run / "report.html")
    page.wait_for_selector("html[data-charts=ready]", timeout=30_000)
    page.evaluate("() => dispatchEvent(new Event('beforeprint'))")
    assert page.locator("[hidden=until-found]").count() == 0
    assert page.locator(".plot:has(.main-svg)").count() == page.locator(".plot").count()
    page.evaluate("() => dispatchEvent(new Event('afterprint'))")
    assert page.locator(".fold-body:not([hidden=until-found])").count() == page.locator(".fold[data-open]").count()


def test_without_javascript_all_is_open(browser: Any, hostile_run: Path) -> None:
    page = browser.new_context(java_script_enabled=False, offline=True).new_page()
    page.goto((hostile_run / "report.html").as_uri())
    bodies = page.locator(".fold-body")
    assert bodies.count() > 20
    assert all(body.bounding_box()["height"] > 0 for body in bodies.all())
    assert page.locator("#fold-controls").is_hidden()
    rows = page.locator("#disparities tbody tr")
    assert all(row.is_visible() for row in rows.all())


def test_long_tables_show_ten_rows_and_the_rest_on_demand(browser: Any, hostile_run: Path) -> None:
    page, _ = open_page(browser, hostile_run / "report.html")
    page.click("#fold-controls [data-fold=open]")
    region = page.locator("#disparities .scroll.cut").first
    rows = region.locator("tbody tr")
    assert rows.count() > 10
    box = region.bounding_box()
    assert rows.nth(9).bounding_box()["y"] < box["y"] + box["height"] <= rows.nth(10).bounding_box()["y"] + 2
    # A search scrolls to what it found; then all is shown.
    region.evaluate("region => { region.scrollTop = 50 }")
    page.wait_for_function("() => !document.querySelector('#disparities .scroll').classList.contains('cut')")
    last = page.locator("#disparities .scroll").first.locator("tbody tr").last
    assert last.bounding_box()["y"] < page.locator("#disparities .scroll").first.bounding_box()["y"] + 2_000


def test_long_lists_show_ten_and_the_rest_on_demand(browser: Any, hostile_run: Path) -> None:
    report = hostile_run / "report.html"
    page, seen = open_page(browser, report)
    page.click("#fold-controls [data-fold=open]")
    items = page.locator("#flag-list > .decision")
    everything = int(page.locator("#flag-list").get_attribute("data-n"))
    assert everything > 10
    assert items.count() == 10
    page.click("[data-more=flag-list] button")
    page.wait_for_function(f"() => document.querySelectorAll('#flag-list > .decision').length === {everything}")
    shown = [item.get_attribute("id") for item in items.all()]
    assert shown[10:] == _anchors(report, "flag-list")
    # What was made of an island looks as what a template has drawn.
    assert items.nth(10).locator("h4 a").inner_text()
    assert items.nth(10).locator(".heat").count() == items.nth(0).locator(".heat").count()
    page.click("[data-more=flag-list] button")
    assert items.count() == 10
    assert seen == []


def test_the_filter_searches_all_flagged_decisions(browser: Any, hostile_run: Path) -> None:
    page, seen = open_page(browser, hostile_run / "report.html")
    open_all(page)
    items = page.locator("#flag-list > .decision")
    everything = items.count()
    held = Counter(code for item in items.all() for code in item.get_attribute("data-codes").split())
    code, count = min(held.items(), key=lambda item: item[1])
    assert count < everything
    last = items.last.locator("h4").inner_text().split(" · ")[1]
    page.reload()
    page.wait_for_selector("html[data-ready=true]")
    page.evaluate("() => { location.hash = '#flags' }")
    page.select_option("#flag-filter select[name=code]", code)
    page.wait_for_function(f"() => document.querySelectorAll('#flag-list > .decision').length === {min(count, 10)}")
    assert all(code in item.get_attribute("data-codes").split() for item in items.all())
    assert str(count) in page.locator("#flag-filter output").inner_text()
    page.fill("#flag-filter input[name=search]", "no such words")
    page.wait_for_function("() => document.querySelectorAll('#flag-list > .decision').length === 0")
    page.select_option("#flag-filter select[name=code]", "")
    page.fill("#flag-filter input[name=search]", last)
    page.wait_for_function("() => document.querySelectorAll('#flag-list > .decision').length > 0")
    assert any(last in (item.locator("h4").inner_text()) for item in items.all())
    # A link to a decision that the filter hides shows it all the same.
    page.fill("#flag-filter input[name=search]", "no such words")
    page.wait_for_function("() => document.querySelectorAll('#flag-list > .decision').length === 0")
    anchor = _anchors(hostile_run / "report.html", "flag-list")[0]
    page.evaluate(f"() => {{ location.hash = '#{anchor}' }}")
    page.wait_for_selector(f"#{anchor}")
    assert [line for line in seen if not line.startswith("request: data:")] == []


def test_an_island_holds_elements_and_texts_only(hostile_run: Path) -> None:
    html = (hostile_run / "report.html").read_text()
    told = islands.texts(html)
    assert told
    assert any("<script>" in text for text in told), "hostile text is text"
    assert not any("\u202e" in text for text in told)
    for item in _items(hostile_run / "report.html", "flag-list"):
        assert {node[0] for node in _elements(item)} <= {
            "article", "header", "h4", "a", "p", "span", "ul", "li", "sup", "mark", "small", "bdi",
        }  # fmt: skip
        assert not [name for node in _elements(item) for name in node[1] if name.startswith("on")]


def _items(report: Path, code: str) -> list[islands.Node]:
    part = report.read_text().split(f'class="island" data-list="{code}">', 1)
    return islands.unpack(part[1].split("<", 1)[0]) if len(part) == 2 else []


def _anchors(report: Path, code: str) -> list[str]:
    return [item[1]["id"] for item in _items(report, code)]


def _elements(node: islands.Node) -> list[Any]:
    return [] if isinstance(node, str) else [node, *(part for inner in node[2:] for part in _elements(inner))]


def test_the_words_of_the_page_are_in_it(hostile_run: Path) -> None:
    html = (hostile_run / "report.html").read_text()
    words = json.loads(html.split('id="words">', 1)[1].split("</script>", 1)[0])
    assert words["all"] == "Show all {n}"
