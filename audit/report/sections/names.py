"""Section 9, of models that find entities: are persons found as often under names of one group as of another?"""

from __future__ import annotations

from typing import Any

from audit.fairness.metrics.names import NAME_RECALL, NAME_VISIBLE
from audit.report.charts import Chart, dots
from audit.report.marked import between_words
from audit.report.sections import Section
from audit.report.view import View
from audit.report.wording import count, group_name, percent
from audit.result import MetricValue, NameExchanges, ShownEntity, SlicingFacts

#: Characters shown on either side of a name.
AROUND = 90
#: Names of a group that its row lists.
MOST_LISTED = 8


def build(view: View) -> dict[str, Any] | None:
    """Build a table and a chart for every way in which names go, then entities whose outcome goes by the group."""
    found = view.result.names
    if found is None:
        return None
    values = {(tuple(v.attributes), tuple(v.group), v.metric): v for v in found.metrics}
    facts = {tuple(group.group): group for group in found.groups}
    tables = []
    for slicing in found.slicings:
        if not slicing.attributes:
            continue
        rows = [
            {
                "name": group_name(group.values),
                "recall": values[tuple(slicing.attributes), tuple(group.values), NAME_RECALL],
                "visible": values.get((tuple(slicing.attributes), tuple(group.values), NAME_VISIBLE)),
                "facts": facts.get(tuple(group.values)),
            }
            for group in slicing.groups
        ]
        tables.append(
            {
                "name": group_name(slicing.attributes),
                "rows": rows,
                "whole": any(row["facts"] for row in rows),
                "chart": _chart(view, found, slicing, values),
            }
        )
    return {
        "names": found,
        "refused": sum(found.refused.values()),
        "everybody": values.get(((), (), NAME_RECALL)),
        "tables": tables,
        "listed": MOST_LISTED,
        "clear_gaps": found.clear_gaps.items,
        "shown": [_shown(view, entity) for entity in found.shown if entity.row_id in view.texts],
        "redacted": bool(found.shown) and not view.texts,
        "group_name": group_name,
    }


def _chart(
    view: View, found: NameExchanges, slicing: SlicingFacts, values: dict[tuple[Any, ...], MetricValue]
) -> Chart | None:
    name = group_name(slicing.attributes)
    recalls = [values[tuple(slicing.attributes), tuple(group.values), NAME_RECALL] for group in slicing.groups]
    known = [value for value in recalls if value.value is not None]
    if not known:
        return None
    chart = dots(
        view.t("names.chart", attributes=name),
        [group_name(value.group) for value in known],
        [value.value for value in known],
        [(value.lower, value.upper) for value in known],
        [False] * len(known),
        found.own.rate,
    )
    return view.add_chart(chart)


def _shown(view: View, entity: ShownEntity) -> dict[str, Any]:
    by_group: dict[tuple[bool, str], list[str]] = {}
    for tried in entity.tried:
        by_group.setdefault((tried.found, group_name(tried.group)), []).append(tried.written)
    return {
        "entity": entity,
        "own": None if entity.own is None else view.t.cls(entity.own),
        "text": _around(view.texts[entity.row_id], entity),
        "tried": [(found, group, names) for (found, group), names in by_group.items()],
    }


def _around(text: str, entity: ShownEntity) -> list[tuple[str, bool]]:
    """Cut a text around a name, between words."""
    low = between_words(text, max(0, entity.start - AROUND), -1)
    high = between_words(text, min(len(text), entity.end + AROUND), 1)
    left = ("…" if low else "") + text[low : entity.start]
    right = text[entity.end : high] + ("…" if high < len(text) else "")
    return [(left, False), (text[entity.start : entity.end], True), (right, False)]


def conclude(view: View) -> str | None:
    """Say between the names of which groups persons are found least alike."""
    found = view.result.names
    if found is None:
        return None
    if not found.clear_gaps.items:
        level = percent(found.clear_gaps.level, 0)
        return view.t("conclusion.names.none", n=count(found.clear_gaps.comparisons), level=level)
    widest = found.clear_gaps.items[0]
    return view.t(
        "conclusion.names", low=group_name(widest.low_group), low_value=percent(widest.low_value),
        high=group_name(widest.high_group), high_value=percent(widest.high_value),
    )  # fmt: skip


SECTION = Section("names", 95, build, conclude=conclude)
