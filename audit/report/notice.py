"""What a document for everybody says of itself."""

from __future__ import annotations

from audit.report.wording import Catalogue, count, number
from audit.result import AuditResult
from audit.result.facts import PrivateCounts


def public_notice(result: AuditResult, t: Catalogue) -> str | None:
    """Say what was left out for the public, and why; None of an internal result."""
    found = result.publication
    if found is None:
        return None
    if found.privacy is not None:
        return _private(found.privacy, t)
    parts = [t(f"report.public.part.{code}") for code in found.left_out]
    if result.clear_gaps.suppressed:
        parts.append(t("report.public.part.gaps", n=count(result.clear_gaps.suppressed)))
    return t.sentences(
        t("report.public", least=found.least),
        t("report.public.suppressed") if found.suppressed else "",
        t("report.public.left_out", parts=t.listed(parts)) if parts else "",
    )


def _private(found: PrivateCounts, t: Catalogue) -> str:
    """Say what the noise protects, and what it costs."""
    return t.sentences(
        t(
            f"report.private.{found.unit}",
            epsilon=f"{found.epsilon:g}",
            library=found.library,
            most=count(found.per_unit),
        ),
        t("report.private.tables", n=count(len(found.tables)), scale=number(max(one.scale for one in found.tables))),
        t("report.private.bounds"),
        t("report.private.negative", n=count(found.negative)) if found.negative else "",
        t("report.private.spent", spent=f"{found.spent:g}") if found.spent > found.epsilon else "",
        t("report.private.left_out"),
    )
