"""The decision sheet as one offline page without scripts."""

from __future__ import annotations

import base64
import hashlib
import re

from audit.report.drawing import Kept, draw
from audit.report.heads import head
from audit.report.html import page_environment, page_style
from audit.report.wording import Catalogue
from audit.result import DecisionSheet, SheetUnit


def sheet_name(row_id: str) -> str:
    """Make a file name from an id, whatever is in it: readable at the front, and no other id's at the end."""
    readable = re.sub(r"[^A-Za-z0-9_-]+", "-", row_id).strip("-")[:60] or "row"
    return f"decision-{readable}-{hashlib.sha256(row_id.encode()).hexdigest()[:12]}"


def render_sheet(sheet: DecisionSheet, t: Catalogue) -> str:
    """Render a sheet."""
    units = sorted(sheet.units, key=lambda unit: unit.start)
    placed = {name: [getattr(unit, name[:-1]) for unit in units] for name in ("starts", "ends", "attributions")}
    ordered = sorted(sheet.units, key=lambda unit: -abs(unit.attribution))
    fields = None if sheet.fields is None else [one.model_dump() for one in sheet.fields]
    image = None if sheet.image is None else base64.b64decode(sheet.image)
    kept = Kept.of(sheet.read, sheet.text, fields, image, sheet.grid)
    place = None if sheet.start is None or sheet.end is None else (sheet.start, sheet.end)
    decision = {"y_true": sheet.y_true, "y_pred": sheet.y_pred, "output": sheet.output}
    environment = page_environment()
    return environment.get_template("sheet.html.j2").render(
        s=sheet,
        t=t,
        # Nothing is cut from a sheet.
        drawing=draw(kept, placed, place=place, whole=len(sheet.text)),
        head=head(decision, t),
        units=[(_name(unit, kept, t), unit) for unit in ordered],
        style=page_style(),
    )


def _name(unit: SheetUnit, kept: Kept, t: Catalogue) -> str:
    """Name a unit in the table: a word by itself, a patch by where it is."""
    if kept.kind == "image" and kept.grid is not None:
        row, column = divmod(unit.start, kept.grid[1])
        return t("drawing.patch", row=row + 1, column=column + 1)
    return unit.text
