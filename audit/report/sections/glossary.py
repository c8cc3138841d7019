"""Last section: what the words mean. Wherever a term is marked in the page, its entry is shown on demand."""

from __future__ import annotations

from typing import Any

from audit.report.sections import Section
from audit.report.view import View


def build(view: View) -> dict[str, Any]:
    """All terms, in the order of the alphabet."""
    return {"entries": sorted(view.glossary.values(), key=lambda entry: entry.term.casefold())}


def conclude(view: View) -> str:
    """Say what it is for."""
    return view.t("conclusion.glossary", n=len(view.glossary))


SECTION = Section("glossary", 170, build, conclude=conclude, noisy=True)
