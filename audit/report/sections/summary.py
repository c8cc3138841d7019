"""Section 2: the findings that matter, widest first, in plain words, and what is not settled."""

from __future__ import annotations

from typing import Any

from audit.report.sections import Section, comparison
from audit.report.verdicts import undecided
from audit.report.view import View
from audit.report.wording import count, group_name, percent
from audit.result import ClearGap

#: Findings in the summary, over all slicings and per slicing.
MOST_SLICINGS, MOST_PER_SLICING = 6, 3
SMALL_GROUP = 30
MOST_DISCOVERED = 5


def build(view: View) -> dict[str, Any]:
    """Group findings by slicing, in the order of their widest gap."""
    by_slicing: dict[tuple[str, ...], list[ClearGap]] = {}
    for finding in view.result.clear_gaps.items:
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
    explained = view.result.explanations
    return {
        "cards": cards,
        "small": small,
        "limit": SMALL_GROUP,
        "open": view.result.judgement is None,
        "undecided": _undecided(view),
        "discovered": _discovered(view),
        "change": comparison.conclude(view),
        "outcomes": next((item for item in explained.outcomes if not item.attributes), None) if explained else None,
    }


def _undecided(view: View) -> list[str]:
    """Say which rules are undecided, and what would settle each."""
    judgement = view.result.judgement
    return undecided(judgement.rules, view.t) if judgement else []


def _discovered(view: View) -> list[str]:
    discovery = view.result.discovery
    return [
        view.t(
            "summary.discovered",
            slice=" · ".join(f"{column}: {value}" for column, value in item.slice.items()),
            metric=view.t.metric(item.metric),
            value=percent(item.value),
            rest=percent(item.rest),
            n=count(item.n),
        )
        for item in (discovery.items if discovery else [])[:MOST_DISCOVERED]
    ]


SECTION = Section("summary", 20, build, folded=False)
