"""The data themselves, before any model: what matters, then subject by subject."""

from __future__ import annotations

from typing import Any

from audit.report.charts import Chart, dots, forest
from audit.report.data_looks import Block, blocks, conclusion, every_group, finding, lead
from audit.report.sections import Section
from audit.report.view import View
from audit.result import DataAudit

#: Groups in a chart.
MOST_CHARTED = 25


def build(view: View) -> dict[str, Any] | None:
    """Findings, and a part for each subject; nothing where the data were not looked at."""
    found = view.result.data_audit
    if found is None:
        return None
    return {
        "lead": lead(found, view.t),
        "findings": [finding(item, view.t) for item in found.findings],
        "blocks": [(block, _charts(view, found, block)) for block in blocks(found, view.t)],
        "every_group": every_group(found, view.t),
        "notes": [view.t.remark(note) for note in found.notes],
    }


def _charts(view: View, found: DataAudit, block: Block) -> list[Chart]:
    """Draw shares against the reference, and labels by group."""
    if block.code == "representation":
        return [
            view.add_chart(
                forest(
                    view.t("data_audit.chart.shares", attribute=part.attribute),
                    [one.group for one in part.groups[:MOST_CHARTED]],
                    [one.share or 0.0 for one in part.groups[:MOST_CHARTED]],
                    [(one.lower, one.upper) for one in part.groups[:MOST_CHARTED]],
                    [[one.reference] for one in part.groups[:MOST_CHARTED]],
                )
            )
            for part in found.representation
        ]
    labels = [check for check in found.checks if check.code == "label"]
    if block.code != "labels" or len(labels) != 1:
        return []
    return [
        view.add_chart(
            dots(
                view.t(
                    "data_audit.chart.labels", attribute=part.attribute, **{"class": view.t.cls(labels[0].about or "")}
                ),
                [one.group or "" for one in part.groups[:MOST_CHARTED]],
                [one.value for one in part.groups[:MOST_CHARTED]],
                [(one.lower, one.upper) for one in part.groups[:MOST_CHARTED]],
                [False] * len(part.groups[:MOST_CHARTED]),
                labels[0].overall.value,
            )
        )
        for part in labels[0].by_attribute
    ]


def conclude(view: View) -> str | None:
    """Say what matters most."""
    found = view.result.data_audit
    return None if found is None else conclusion(found, view.t)


SECTION = Section("data_audit", 35, build, conclude=conclude)
