"""The decision sheet as one offline page without scripts."""

from __future__ import annotations

import hashlib
import re

from markupsafe import Markup

from audit.report.html import page_environment, template_file
from audit.report.sections.explanations import LEVELS
from audit.report.wording import Catalogue
from audit.result import DecisionSheet


def sheet_name(row_id: str) -> str:
    """Make a file name from an id, whatever is in it: readable at the front, and no other id's at the end."""
    readable = re.sub(r"[^A-Za-z0-9_-]+", "-", row_id).strip("-")[:60] or "row"
    return f"decision-{readable}-{hashlib.sha256(row_id.encode()).hexdigest()[:12]}"


def render_sheet(sheet: DecisionSheet, language: str = "en") -> str:
    """Render a sheet."""
    strongest = max((abs(unit.attribution) for unit in sheet.units), default=0.0)
    pieces, at = [], 0
    for unit in sorted(sheet.units, key=lambda unit: unit.start):
        if unit.start > at:
            pieces.append({"text": sheet.text[at : unit.start], "step": 0, "value": None})
        step = round(LEVELS * unit.attribution / strongest) if strongest else 0
        pieces.append({"text": sheet.text[max(unit.start, at) : unit.end], "step": step, "value": unit.attribution})
        at = max(at, unit.end)
    pieces.append({"text": sheet.text[at:], "step": 0, "value": None})
    ordered = sorted(sheet.units, key=lambda unit: -abs(unit.attribution))
    environment = page_environment()
    return environment.get_template("sheet.html.j2").render(
        s=sheet,
        t=Catalogue(language),
        pieces=pieces,
        units=ordered,
        wrong=sheet.y_true is not None and sheet.y_true != sheet.y_pred,
        style=Markup("\n".join(template_file(name) for name in ("base.css", "heat.css", "print.css"))),  # noqa: S704
    )
