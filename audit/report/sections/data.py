"""Section 4: sizes, label rates, missing values, and what was noted while reading."""

from __future__ import annotations

from typing import Any

from audit.report.charts import stacked_bars
from audit.report.sections import Section
from audit.report.view import View
from audit.report.wording import group_name
from audit.result import Group, SlicingFacts

#: Groups of a slicing in a chart, and in a table of the page; metrics.csv has them all.
MOST_CHARTED, MOST_LISTED = 25, 200


def build(view: View) -> dict[str, Any]:
    """Tables of every slicing, with a chart for single attributes."""
    slicings = [_slicing(view, slicing) for slicing in view.result.slicings if slicing.attributes]
    comparison = view.result.comparison
    notes = [*view.result.notes, *(comparison.notes if comparison else ())]
    return {"slicings": slicings, "notes": [view.t.remark(note) for note in notes]}


def largest(groups: list[Group], limit: int) -> list[Group]:
    """Keep the largest groups, in their own order."""
    kept = sorted(range(len(groups)), key=lambda at: -groups[at].n)[:limit]
    return [groups[at] for at in sorted(kept)]


def _slicing(view: View, slicing: SlicingFacts) -> dict[str, Any]:
    name = group_name(slicing.attributes)
    listed = largest(slicing.groups, MOST_LISTED)
    chart = None
    if len(slicing.attributes) == 1:
        drawn = largest(slicing.groups, MOST_CHARTED)
        by_label = {cls: [group.by_label[cls] for group in drawn] for cls in view.result.classes}
        unlabelled = [group.n - group.n_labelled for group in drawn]
        if any(unlabelled):
            by_label[view.t("data.unlabelled_bar")] = unlabelled
        series = {key: counts for key, counts in by_label.items() if any(counts)}
        label = view.t("data.chart", attributes=name)
        chart = view.add_chart(stacked_bars(label, [group_name(group.values) for group in drawn], series))
    return {"name": name, "groups": listed, "rest": len(slicing.groups) - len(listed), "chart": chart}


SECTION = Section("data", 40, build)
