"""Small pieces of Markdown that every reference page is made of."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

NOTE = "<!-- Made from the code when the site is built; a change belongs there. -->"


def cell(text: str) -> str:
    """Text that stays within one cell of a table, and is text and not HTML."""
    return " ".join(text.split()).replace("&", "&amp;").replace("<", "&lt;").replace("|", "&#124;")


def code(text: object) -> str:
    """Text as code, within a table too; a bar has no way of its own there."""
    plain = " ".join(str(text).split())
    if "|" in plain:
        return f"<code>{cell(plain)}</code>"
    return f"`` {plain} ``" if "`" in plain else f"`{plain}`"


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; the empty text where there are no rows."""
    lines = [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join([f"| {' | '.join(heads)} |", "|" + "---|" * len(heads), *lines]) if lines else ""


def page(title: str, *parts: str) -> str:
    """A page with its title and what stands on it."""
    return "\n\n".join([NOTE, f"# {title}", *(part for part in parts if part)]) + "\n"
