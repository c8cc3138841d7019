"""Section 13: the chosen compliance packs, clause by clause, with what answers each."""

from __future__ import annotations

from typing import Any

from audit.report.compliance import conclusion, lead, sheets
from audit.report.sections import Section
from audit.report.view import View


def build(view: View) -> dict[str, Any] | None:
    """Hold the chosen packs against the result; left out where none is chosen."""
    if not view.frameworks:
        return None
    return {"lead": lead(view.result, view.t), "sheets": sheets(view.frameworks, view.result, view.t)}


def conclude(view: View) -> str:
    """Say how many clauses have evidence."""
    return conclusion(view.frameworks, view.result, view.t)


SECTION = Section("compliance", 130, build, conclude=conclude)
