"""`report.pdf`: the page as a browser prints it, everything open, with page numbers and a running head.

Chromium prints through its DevTools, which playwright speaks: charts stay vectors, text stays text, headings become the
outline, and tags say what is what to those who listen. The page is opened offline and may load nothing.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from audit.errors import ConfigError, SystemFault
from audit.report.documents import Telling
from audit.report.html import render_html
from audit.report.papers.facts import result_sha256
from audit.text import cut, one_line

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, PdfMargins

#: Browsers of the system that can print, the best known first; then those that playwright finds by itself.
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "microsoft-edge")
FOUND_BY_PLAYWRIGHT: tuple[dict[str, Any], ...] = ({"channel": "chrome"}, {"channel": "msedge"}, {})
#: A4 less its margins, in CSS pixels: charts are drawn for this width.
WIDTH, HEIGHT = 688, 980
MARGINS: PdfMargins = {"top": "18mm", "bottom": "16mm", "left": "14mm", "right": "14mm"}
#: Milliseconds that a page may take to fill.
PATIENCE = 300_000
#: Without ligatures: whoever searches for a hash that holds "ff" finds it.
_LINE = Markup(
    '<div style="font: 6.5pt sans-serif; font-variant-ligatures: none; color: #333; width: 100%; margin: 0 14mm; '
    'display: flex; gap: 4mm; justify-content: space-between; white-space: nowrap">'
    "<span>{}</span><span>{}</span></div>"
)
_NUMBER = Markup('<span class="pageNumber"></span> / <span class="totalPages"></span>')
#: Whether charts can be drawn.
_CHARTS_READY = "() => !document.getElementById('plotly') || 'charts' in document.documentElement.dataset"
#: Shows all of long lists and tables, and no line that says that the rest is left out; and whether the lists are whole.
_SHOW_ALL = """() => {
  for (const button of document.querySelectorAll('[data-more] button, .more button[aria-expanded="false"]'))
    if (!button.hidden) button.click();
  for (const line of document.querySelectorAll('[data-more]')) line.style.display = 'none';
}"""
_WHOLE = "() => [...document.querySelectorAll('.list[data-n]')].every(one => one.children.length >= +one.dataset.n)"
#: Whether each chart is drawn, at the width of its place.
_DRAWN = """() => [...document.querySelectorAll('.plot')].every(place => {
  const drawn = place.querySelector('.main-svg');
  return drawn && Math.abs(drawn.getBoundingClientRect().width - place.clientWidth) < 2;
})"""


def render_pdf(telling: Telling) -> bytes:
    """Print the page.

    Raises
    ------
    ConfigError
        If playwright or a browser is missing; it names what to install.
    SystemFault
        If the page did not come to its end in the browser.
    """
    html, head, foot = render_html(telling), *running(telling)
    # In a thread of its own: a notebook has an event loop, beside which playwright does not run.
    with ThreadPoolExecutor(1) as alone:
        return alone.submit(_print, html, head, foot).result()


def running(telling: Telling) -> tuple[str, str]:
    """Head and foot of every page: what was audited with the hash of its result, for whom, and the number."""
    t, result = telling.t, telling.result
    title = cut(one_line(t.pair(t("report.kind"), result.title)), 60)
    head = _LINE.format(title, f"result.json SHA-256 {result_sha256(telling)}")
    foot = _LINE.format(t(f"paper.audience.{telling.audience}"), _NUMBER)
    return str(head), str(foot)


@contextmanager
def _browser() -> Iterator[Browser]:
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        raise ConfigError(
            "the format pdf needs playwright, which is not installed",
            hint="pip install 'fairaudit[pdf]', and have Chromium, Chrome or Edge on this machine",
            code="package",
        ) from None
    with sync_playwright() as playwright:
        browser = _launch(playwright.chromium)
        try:
            yield browser
        finally:
            browser.close()


def _launch(kind: Any) -> Browser:
    """Start the first browser that starts, in its sandbox where the system has one."""
    from playwright.sync_api import Error

    paths = [{"executable_path": path} for path in map(shutil.which, NAMES) if path]
    said = []
    for found in [*paths, *FOUND_BY_PLAYWRIGHT]:
        # Chromium refuses to keep root in a sandbox, and some systems have none; the page may run our scripts alone.
        for sandbox in (False,) if _is_root() else (True, False):
            try:
                browser: Browser = kind.launch(**found, chromium_sandbox=sandbox)
            except Error as error:
                said.append(one_line(error.message.split("\n")[0], 200))
            else:
                return browser
    raise ConfigError(
        "no browser that can print was found\n" + "\n".join(dict.fromkeys(said)),
        hint="install Chromium, Chrome or Edge (apt-get install chromium, or: playwright install chromium)",
    )


def _is_root() -> bool:
    return hasattr(os, "geteuid") and os.geteuid() == 0


def _print(html: str, head: str, foot: str) -> bytes:
    with tempfile.TemporaryDirectory(prefix="fairaudit-") as folder, _browser() as browser:
        place = Path(folder) / "report.html"
        place.write_text(html, encoding="utf-8")
        return _print_page(browser, place, head, foot)


def _print_page(browser: Browser, place: Path, head: str, foot: str) -> bytes:
    from playwright.sync_api import Error

    context = browser.new_context(offline=True, viewport={"width": WIDTH, "height": HEIGHT}, color_scheme="light")
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(error.message))
    try:
        page.emulate_media(media="print", color_scheme="light")
        page.goto(place.as_uri())
        page.wait_for_selector("html[data-ready=true]", state="attached")
        _open_all(page)
        _fit(page)
        printed = page.pdf(
            format="A4",
            margin=MARGINS,
            print_background=True,
            display_header_footer=True,
            header_template=head,
            footer_template=foot,
            tagged=True,
            outline=True,
        )
    except Error as error:
        raise SystemFault(f"the browser could not print the report: {error.message}", where=browser.version) from None
    finally:
        context.close()
    if wrong:
        raise SystemFault("the report did not run to its end in the browser:\n" + "\n".join(wrong))
    return printed


def _open_all(page: Page) -> None:
    """Open what is folded, as the page does before it is printed, and what it cuts short; wait for what it draws."""
    _until(page, _CHARTS_READY)
    page.evaluate("() => dispatchEvent(new Event('beforeprint'))")
    page.evaluate(_SHOW_ALL)
    _until(page, _WHOLE)
    _until(page, _DRAWN)


def _until(page: Page, condition: str) -> None:
    """Wait for the page. Playwright's own way to wait runs text as code in some versions, which the page forbids."""
    ends = time.monotonic() + PATIENCE / 1000
    while not page.evaluate(condition):
        if time.monotonic() > ends:
            raise SystemFault("the report was not drawn in time in the browser", hint="is the machine very busy?")
        page.wait_for_timeout(50)


def _fit(page: Page) -> None:
    """Lay the page out as wide as its widest part: Chromium prints all at that width and makes it smaller.

    Charts are drawn for one width and would lie across each other at another.
    """
    width = WIDTH
    for _ in range(3):
        widest = int(page.evaluate("() => document.querySelector('main').scrollWidth"))
        if widest <= width:
            break
        width = widest
        page.set_viewport_size({"width": width, "height": HEIGHT})
        _until(page, _DRAWN)
