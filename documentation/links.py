"""Links of the built site: each leads to a file, and to an anchor that it has, and no page loads anything from afar."""

from __future__ import annotations

from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit


class _Page(HTMLParser):
    """Anchors of a page, where it leads, and what it loads."""

    def __init__(self) -> None:
        super().__init__()
        self.anchors: set[str] = set()
        self.leads: list[str] = []
        self.loads: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value for name, value in attrs if value is not None}
        self.anchors |= {given[name] for name in ("id", "name") if name in given}
        if tag == "a" and "href" in given:
            self.leads.append(given["href"])
        if "src" in given:
            self.loads.append(given["src"])
        if tag == "link" and given.get("rel") not in {"canonical", "alternate"} and "href" in given:
            self.loads.append(given["href"])


@cache
def _read(page: Path) -> _Page:
    parser = _Page()
    parser.feed(page.read_text(encoding="utf-8"))
    return parser


def broken(site: Path) -> list[str]:
    """Say what is wrong with the links of a site.

    Parameters
    ----------
    site
        The folder of the built site.

    Returns
    -------
    One line for each link that leads nowhere, and each file that a page would load from another machine.
    """
    wrong: list[str] = []
    site = site.resolve()
    for page in sorted(site.rglob("*.html")):
        told, inside = _read(page), page.relative_to(site)
        if inside.name == "404.html" or inside.parts[:2] == ("gallery", "reports"):
            continue
        wrong += [f"{inside}: loads {load}" for load in told.loads if urlsplit(load).scheme in {"http", "https"}]
        for link in [*told.leads, *told.loads]:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = (page.parent / unquote(parts.path)).resolve() if parts.path else page
            target = target / "index.html" if target.is_dir() else target
            if not target.is_relative_to(site) or not target.exists():
                wrong.append(f"{inside}: {link} leads nowhere")
            elif target.suffix == ".html" and unquote(parts.fragment) not in {"", *_read(target).anchors}:
                wrong.append(f"{inside}: {link} has no such place")
    return wrong
