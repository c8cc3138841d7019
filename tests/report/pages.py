"""What tests do with a page in a browser."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from axe_playwright_python.sync_playwright import Axe

#: Passed and incomplete rules are not described node by node, which would take far longer than to find violations.
AXE = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "resultTypes": ["violations"],
}


def open_page(browser: Any, path: Path, at: str = "", **context: Any) -> tuple[Any, list[str]]:
    """Open the report offline, at a place in it; collect everything that went wrong or wanted to leave the page."""
    seen: list[str] = []
    page = browser.new_context(offline=True, **context).new_page()
    page.on("console", lambda message: seen.append(f"console {message.type}: {message.text}"))
    page.on("pageerror", lambda error: seen.append(f"error: {error}"))
    page.on("dialog", lambda dialog: seen.append("dialog"))
    page.on("request", lambda request: request.url.startswith("file://") or seen.append(f"request: {request.url}"))
    page.goto(path.as_uri() + at)
    page.wait_for_selector("html[data-ready=true]", timeout=30_000)
    return page, seen


def open_all(page: Any) -> None:
    """Open every folded part, long list and long table, and come by every chart."""
    page.click("#fold-controls [data-fold=open]")
    for button in page.locator(".more button:visible").all():
        if (button.text_content() or "").startswith(("Show all", "显示全部")):
            button.click()
    page.wait_for_selector("html[data-charts=ready]", timeout=30_000)
    for plot in page.locator(".plot").all():
        plot.scroll_into_view_if_needed()
    drawn = "() => [...document.querySelectorAll('.plot')].every(plot => plot.querySelector('.main-svg'))"
    page.wait_for_function(drawn)
    page.evaluate("() => scrollTo(0, 0)")


def violations(page: Any) -> list[tuple[str, list[str]]]:
    """What axe finds wrong, each with the first elements; the page has to be opened with `bypass_csp`."""
    found = Axe().run(page, options=AXE).response["violations"]
    return [(one["id"], [node["html"][:120] for node in one["nodes"][:3]]) for one in found]
