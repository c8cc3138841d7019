"""Section 1: the verdict, and what was audited, in one glance."""

from __future__ import annotations

from typing import Any

from audit.report.notice import public_notice
from audit.report.sections import Section
from audit.report.sections.gate import ICONS
from audit.report.verdicts import why, why_not_judged
from audit.report.view import View


def build(view: View) -> dict[str, Any]:
    """Say how many gaps are clear of chance, and whether the page shows text that must not be published."""
    found, judgement = view.result.clear_gaps, view.result.judgement
    status = judgement.status if judgement else "none"
    return {
        "found": len(found.items) + found.suppressed,
        "gaps": found.gaps,
        "attributes": [slicing.attributes[0] for slicing in view.result.slicings if len(slicing.attributes) == 1],
        "public": public_notice(view.result, view.t),
        "internal": bool(view.texts),
        "status": status,
        "icon": ICONS.get(status, "○"),
        "verdict": view.t(f"verdict.{status}" if judgement else "banner.not_judged"),
        "why": why(judgement, view.t) if judgement else why_not_judged(view.result, view.t),
        "private": view.noisy,
    }


SECTION = Section("banner", 10, build, noisy=True)
