"""The decision sheet as one offline page without scripts."""

from __future__ import annotations

import hashlib
import re

from markupsafe import Markup

from audit.report.heads import head
from audit.report.html import page_environment, template_file
from audit.report.marked import heat, marked
from audit.report.wording import Catalogue
from audit.result import DecisionSheet


def sheet_name(row_id: str) -> str:
    """Make a file name from an id, whatever is in it: readable at the front, and no other id's at the end."""
    readable = re.sub(r"[^A-Za-z0-9_-]+", "-", row_id).strip("-")[:60] or "row"
    return f"decision-{readable}-{hashlib.sha256(row_id.encode()).hexdigest()[:12]}"


def render_sheet(sheet: DecisionSheet, t: Catalogue) -> str:
    """Render a sheet."""
    units = sorted(sheet.units, key=lambda unit: unit.start)
    placed = {name: [getattr(unit, name[:-1]) for unit in units] for name in ("starts", "ends", "attributions")}
    ordered = sorted(sheet.units, key=lambda unit: -abs(unit.attribution))
    place = None if sheet.start is None or sheet.end is None else (sheet.start, sheet.end)
    decision = {"y_true": sheet.y_true, "y_pred": sheet.y_pred, "output": sheet.output}
    environment = page_environment()
    return environment.get_template("sheet.html.j2").render(
        s=sheet,
        t=t,
        # Nothing is cut from a sheet.
        text=marked(heat(sheet.text, placed), place, whole=len(sheet.text)),
        head=head(decision, t),
        units=ordered,
        style=Markup("\n".join(template_file(name) for name in ("base.css", "heat.css", "print.css"))),  # noqa: S704
    )
