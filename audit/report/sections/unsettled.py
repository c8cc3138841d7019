"""What is not settled: rules that decide nothing and what would settle them, small groups, what is not explained."""

from __future__ import annotations

from typing import Any

from audit.report.sections import Section
from audit.report.verdicts import undecided
from audit.report.view import View
from audit.report.wording import group_name

SMALL_GROUP = 30


def build(view: View) -> dict[str, Any]:
    """Say all of it in lines."""
    explained = view.result.explanations
    return {
        "small": _small(view),
        "limit": SMALL_GROUP,
        "open": view.result.judgement is None,
        "undecided": _undecided(view),
        "outcomes": next((item for item in explained.outcomes if not item.attributes), None) if explained else None,
    }


def conclude(view: View) -> str:
    """Say how many rules decide nothing, and how many groups are small."""
    judgement = view.result.judgement
    rules = [rule for rule in judgement.rules if rule.counts] if judgement else []
    lines = [view.t("conclusion.unsettled", n=sum(rule.is_open for rule in rules), of=len(rules))]
    if judgement is None:
        lines = [view.t("summary.points_only")]
    if small := _small(view):
        lines.append(view.t("conclusion.unsettled.small", n=len(small), limit=SMALL_GROUP))
    return view.t.sentences(*lines)


def _small(view: View) -> list[str]:
    """Name groups that are compared although they are small."""
    return [
        group_name(group.values)
        for slicing in view.result.slicings
        for group in slicing.groups
        if len(slicing.attributes) == 1 and group.n < SMALL_GROUP and group.in_gaps
    ]


def _undecided(view: View) -> list[str]:
    """Say which rules are undecided, and what would settle each."""
    judgement = view.result.judgement
    return undecided(judgement.rules, view.t) if judgement else []


SECTION = Section("unsettled", 27, build, conclude=conclude)
