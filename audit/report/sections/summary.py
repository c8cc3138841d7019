"""Section 2: the findings that matter, widest first, in plain words, and what is not settled."""

from __future__ import annotations

from typing import Any

from audit.report.sections import Section
from audit.report.view import View
from audit.report.wording import group_name
from audit.result import Finding

#: Findings in the summary, over all slicings and per slicing.
MOST_SLICINGS, MOST_PER_SLICING = 6, 3
SMALL_GROUP = 30


def build(view: View) -> dict[str, Any]:
    """Group findings by slicing, in the order of their widest gap."""
    by_slicing: dict[tuple[str, ...], list[Finding]] = {}
    for finding in view.result.findings.items:
        by_slicing.setdefault(tuple(finding.attributes), []).append(finding)
    cards = [
        {
            "attributes": group_name(attributes),
            "findings": found[:MOST_PER_SLICING],
            "more": len(found) - MOST_PER_SLICING,
        }
        for attributes, found in list(by_slicing.items())[:MOST_SLICINGS]
    ]
    small = [
        group_name(group.values)
        for slicing in view.result.slicings
        for group in slicing.groups
        if len(slicing.attributes) == 1 and group.n < SMALL_GROUP and group.in_gaps
    ]
    return {"cards": cards, "small": small, "limit": SMALL_GROUP, "open": view.result.judgement is None}


SECTION = Section("summary", 20, build)
