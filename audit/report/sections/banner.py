"""Section 1: the verdict, and what was audited, in one glance."""

from __future__ import annotations

from typing import Any

from audit.report.sections import Section
from audit.report.view import View


def build(view: View) -> dict[str, Any]:
    """Say how many gaps are clear of chance, and whether the page shows text that must not be published."""
    found = view.result.findings
    return {"found": len(found.items), "gaps": found.gaps, "internal": bool(view.shown)}


SECTION = Section("banner", 10, build)
