"""What a document for everybody says of itself."""

from __future__ import annotations

from audit.report.wording import Catalogue, count
from audit.result import AuditResult


def public_notice(result: AuditResult, t: Catalogue) -> str | None:
    """Say what was left out for the public, and why; None of an internal result."""
    found = result.publication
    if found is None:
        return None
    parts = [t(f"report.public.part.{code}") for code in found.left_out]
    if result.clear_gaps.suppressed:
        parts.append(t("report.public.part.gaps", n=count(result.clear_gaps.suppressed)))
    return t.sentences(
        t("report.public", least=found.least),
        t("report.public.suppressed") if found.suppressed else "",
        t("report.public.left_out", parts=t.listed(parts)) if parts else "",
    )
