"""A page of a terminal: text of a known width, with hanging indents and aligned columns, and no markup."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple

from audit.report.lines import broken, columns
from audit.text import visible

Style = Literal["", "strong", "dim", "fail", "warn", "pass", "open"]

LEAST_WIDTH = 40
INDENT = 2


class Span(NamedTuple):
    """Text of one style."""

    text: str
    style: Style = ""


Line = list[Span]


class Page:
    """Lines of a page, from the top.

    Parameters
    ----------
    width
        Columns of the terminal; at least 40 are used.
    """

    def __init__(self, width: int = 80) -> None:
        self.width = max(width, LEAST_WIDTH)
        self.lines: list[Line] = []

    def blank(self) -> None:
        """Leave a line blank, unless nothing or a blank one stands above."""
        if self.lines and self.lines[-1]:
            self.lines.append([])

    def heading(self, text: str) -> None:
        """Begin a part of the page."""
        self.blank()
        self.text(text, "strong")

    def text(self, text: str, style: Style = "", indent: int = 0) -> None:
        """Write a paragraph."""
        self.lines += [[Span(" " * indent + line, style)] for line in wrap(text, self.width - indent)]

    def item(self, text: str, bullet: str = "-", style: Style = "") -> None:
        """Write a paragraph behind a mark, its further lines beneath the first."""
        first, *rest = wrap(text, self.width - INDENT - columns(bullet) - 1)
        lead = " " * (INDENT + columns(bullet) + 1)
        self.lines.append([Span(" " * INDENT), Span(bullet, style), Span(" "), Span(first)])
        self.lines += [[Span(lead + line)] for line in rest]

    def entry(self, mark: str, style: Style, column: int, text: str) -> None:
        """Write a mark in a column of its own, and a paragraph beside it."""
        first, *rest = wrap(text, self.width - self.beside(column))
        self.lines.append(
            [Span(" " * INDENT), Span(_pad(mark, column, right=False), style), Span("  " + first, "strong")]
        )
        self.lines += [[Span(" " * self.beside(column) + line, "strong")] for line in rest]

    def beside(self, column: int) -> int:
        """Where text begins beside a column of marks."""
        return INDENT + column + 2

    def table(self, head: Sequence[str], rows: Iterable[Sequence[str]], numbers: int = 1) -> None:
        """Write a table with aligned columns, names of columns a word below the other.

        A table that is too wide becomes a list of what stands in each row.

        Parameters
        ----------
        numbers
            Columns from this one on are aligned on the right.
        """
        cells = [[visible(cell, keep="") for cell in row] for row in rows]
        named = [visible(name, keep="").split(" ") for name in head]
        widths = [max(columns(text) for text in (*name, *(row[i] for row in cells))) for i, name in enumerate(named)]
        if sum(widths) + 2 * (len(widths) - 1) + INDENT > self.width:
            self._list(list(head), cells)
            return
        deep = max(map(len, named))
        above = [[*[""] * (deep - len(name)), *name] for name in named]
        head_lines = [list(line) for line in zip(*above, strict=True)]
        for number, row in enumerate([*head_lines, *cells]):
            shown = [
                _pad(cell, width, right=i >= numbers) for i, (cell, width) in enumerate(zip(row, widths, strict=True))
            ]
            self.lines.append([Span(" " * INDENT + "  ".join(shown).rstrip(), "" if number >= deep else "dim")])

    def _list(self, head: list[str], rows: list[list[str]]) -> None:
        for row in rows:
            self.item(row[0])
            for name, cell in zip(head[1:], row[1:], strict=True):
                self.text(f"{name}: {cell}", indent=INDENT + 2)


def wrap(text: str, width: int) -> list[str]:
    """Break text into lines of at most so many columns; nothing in it is obeyed."""
    return broken(visible(text, keep="").strip(), width)


def _pad(text: str, width: int, *, right: bool) -> str:
    blanks = " " * (width - columns(text))
    return blanks + text if right else text + blanks
