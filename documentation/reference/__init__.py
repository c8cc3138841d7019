"""Reference pages, made from the code each time the site is built, so that none can fall behind it."""

from __future__ import annotations

from collections.abc import Callable

from documentation.reference import codes, commands, configuration, metrics, packs, python, result

#: Where a page stands below the pages of the site -> what writes it.
PAGES: dict[str, Callable[[], str]] = {
    "reference/commands.md": commands.page,
    "reference/configuration.md": configuration.page,
    "reference/metrics.md": metrics.page,
    "reference/glossary.md": metrics.glossary,
    "reference/result.md": result.page,
    "reference/codes.md": codes.page,
    "reference/packs.md": packs.page,
    "reference/python.md": python.page,
}


def pages() -> dict[str, str]:
    """Return every reference page in Markdown, by its place."""
    return {place: write() for place, write in PAGES.items()}
