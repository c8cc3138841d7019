"""Gaps that chance does not explain, of every slicing, widest first, and slices that nobody asked for."""

from __future__ import annotations

from typing import Any

from audit.report.sections import Section
from audit.report.view import View
from audit.report.wording import count, group_name, number, percent
from audit.result import ClearGap

#: Slicings, and gaps of each.
MOST_SLICINGS, MOST_PER_SLICING = 6, 3
MOST_DISCOVERED = 5


def build(view: View) -> dict[str, Any]:
    """Group gaps by slicing, in the order of their widest."""
    by_slicing: dict[tuple[str, ...], list[ClearGap]] = {}
    for gap in view.result.clear_gaps.items:
        by_slicing.setdefault(tuple(gap.attributes), []).append(gap)
    cards = [
        {"attributes": group_name(attributes), "gaps": found[:MOST_PER_SLICING], "more": len(found) - MOST_PER_SLICING}
        for attributes, found in list(by_slicing.items())[:MOST_SLICINGS]
    ]
    return {"cards": cards, "discovered": _discovered(view)}


def conclude(view: View) -> str:
    """Say how many gaps are clear of chance, and which is best established."""
    found = view.result.clear_gaps
    if not found.items and found.suppressed:
        return view.t("conclusion.clear_gaps.suppressed", n=found.suppressed, gaps=found.gaps)
    if not found.items:
        return view.t("conclusion.clear_gaps.none", gaps=found.gaps)
    first = found.items[0]
    value = number if view.is_number(first.metric) else percent
    metric = view.t.metric(first.metric)
    if view.names_class and first.cls is not None:
        metric = view.t("named.of_class", metric=metric, **{"class": view.t.cls(first.cls)})
    return view.t(
        "conclusion.clear_gaps", n=len(found.items), gaps=found.gaps, attributes=group_name(first.attributes),
        metric=metric, low=group_name(first.low_group), low_value=value(first.low_value),
        high=group_name(first.high_group), high_value=value(first.high_value),
    )  # fmt: skip


def _discovered(view: View) -> list[str]:
    discovery = view.result.discovery
    return [
        view.t(
            "summary.discovered",
            slice=" · ".join(view.t.pair(column, value) for column, value in item.slice.items()),
            metric=view.t.metric(item.metric),
            value=percent(item.value),
            rest=percent(item.rest),
            n=count(item.n),
        )
        for item in (discovery.items if discovery else [])[:MOST_DISCOVERED]
    ]


SECTION = Section("clear_gaps", 25, build, conclude=conclude)
