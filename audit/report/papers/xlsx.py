"""`tables.xlsx`: the tables of an audit, one on each sheet, numbers as numbers, and text as nothing but text.

Nothing that comes from model or data becomes a formula or a link, whatever it begins with. What Excel has no room
for is cut, and the place says so.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from audit.report.documents import Telling
from audit.report.lines import columns
from audit.report.papers.cells import Cell, Grid, Kind, Quantity
from audit.report.papers.facts import result_sha256
from audit.report.papers.grids import grids
from audit.report.papers.workbook import new_workbook
from audit.report.wording import Catalogue, count
from audit.text import visible

#: Of Excel: rows of a sheet, UTF-16 units of a cell, characters of a sheet's name.
MOST_ROWS, LONGEST_TEXT, LONGEST_NAME = 1_048_576, 32_767, 31
#: Room for the words that say how much of a text was cut.
_ROOM = 60
#: What a sheet's name may not hold.
_NOT_IN_NAMES = str.maketrans(dict.fromkeys("[]:*?/\\", " "))
FORMATS: dict[Kind, str] = {
    "count": "#,##0",
    "share": "0.0%",
    "number": "0.0000",
    "p": "[<0.0001]0.0E+00;0.0000",
    "text": "@",
}
#: Widths of columns, in characters that are not wide.
NARROW, WIDE = 8, 60


def render_xlsx(telling: Telling) -> bytes:
    """Render the workbook. The same run folder gives the same bytes.

    Raises
    ------
    ConfigError
        If XlsxWriter is not installed.
    """
    out = io.BytesIO()
    book = new_workbook(out)
    book.set_properties(
        {
            "title": fitting(telling.result.title, telling.t, 255),
            "comments": f"result.json: SHA-256 {result_sha256(telling)}",
            "author": f"fairaudit {telling.result.tool_version}",
            "created": datetime.fromisoformat(telling.result.timings.finished),
        }
    )
    formats: dict[str, Any] = {
        kind: book.add_format({"num_format": shown, "valign": "top"}) for kind, shown in FORMATS.items()
    }
    formats["head"] = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"})
    for grid in grids(telling):
        rows = [list(row) for row in grid.rows]
        if rows:
            _write(book.add_worksheet(sheet_name(telling.t(f"paper.grid.{grid.code}"))), grid, rows, formats, telling.t)
    book.close()
    return out.getvalue()


def sheet_name(words: str) -> str:
    """Make words a name that a sheet may have."""
    return visible(words, keep="").translate(_NOT_IN_NAMES)[:LONGEST_NAME].strip(" '")


def fitting(text: str, t: Catalogue, longest: int = LONGEST_TEXT) -> str:
    """Show control characters, and cut what a cell cannot hold, saying how long it was."""
    shown = visible(text)
    units = shown.encode("utf-16-le")
    if len(units) <= 2 * longest:
        return shown
    kept = units[: 2 * (longest - _ROOM)].decode("utf-16-le", errors="ignore")
    return kept + "… " + t("paper.cut", n=count(len(text)))


def _write(sheet: Any, grid: Grid, rows: list[list[Cell | Quantity]], formats: dict[str, Any], t: Catalogue) -> None:
    heads = [t(f"paper.column.{code}") for code, _ in grid.columns]
    for column, head in enumerate(heads):
        sheet.write_string(0, column, head, formats["head"])
    fits = rows[: MOST_ROWS - 1]
    if len(rows) > len(fits):
        # The last line says what is missing.
        fits = fits[:-1]
        sheet.write_string(MOST_ROWS - 1, 0, t("paper.more_rows", n=count(len(rows) - len(fits))), formats["text"])
    for number, row in enumerate(fits, 1):
        for column, (cell, (_, kind)) in enumerate(zip(row, grid.columns, strict=True)):
            _cell(sheet, number, column, cell, kind, formats, t)
    for column, head in enumerate(heads):
        sheet.set_column(column, column, _width(head, [row[column] for row in fits[:1000]]))
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, len(fits), len(heads) - 1)


def _cell(
    sheet: Any, row: int, column: int, cell: Cell | Quantity, kind: Kind, formats: dict[str, Any], t: Catalogue
) -> None:
    if isinstance(cell, Quantity):
        kind = "share" if cell.share else "number"
        cell = cell.value
    if cell is None or cell == "":
        return
    if isinstance(cell, str):
        sheet.write_string(row, column, fitting(cell, t), formats["text"])
    else:
        shown = kind if kind != "text" else "count" if isinstance(cell, int) else "number"
        sheet.write_number(row, column, cell, formats[shown])


def _width(head: str, cells: Sequence[Cell | Quantity]) -> int:
    longest = max((columns(cell) for cell in cells if isinstance(cell, str)), default=0)
    return min(max(NARROW, columns(head) + 3, longest + 1), WIDE)
