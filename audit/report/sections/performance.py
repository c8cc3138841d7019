"""Section 5: every metric of every group, with its interval."""

from __future__ import annotations

from typing import Any

from audit.fairness.bounds.floor import EVIDENCE_FLOOR
from audit.report.charts import dots
from audit.report.sections import Section
from audit.report.sections.data import MOST_CHARTED, MOST_LISTED, largest
from audit.report.view import View
from audit.report.wording import group_name, percent
from audit.result import SlicingFacts

CHARTED = (
    *("selection_rate", "true_positive_rate", "false_positive_rate", "accuracy"),
    *("micro_recall", "exact_match", "visible_characters"),
)
#: Metrics of each class, where rows have several decisions.
PER_CLASS = ("true_positive_rate", "precision", "f1_score")
#: Metrics of the first table of a slicing; the rest is one click away.
FIRST = (
    *("selection_rate", "true_positive_rate", "false_positive_rate", "precision", "accuracy", "macro_f1"),
    *("micro_precision", "micro_recall", "micro_f1", "hamming_loss", "exact_match", "visible_characters"),
)
#: Metrics of which the first that there is stands in the conclusion.
TOLD = ("accuracy", "micro_f1", "exact_match", "selection_rate")
MOST_CLASSES_CHARTED = 3
MOST_IN_FULL = 10


def build(view: View) -> dict[str, Any]:
    """Charts and tables per slicing."""
    slicings = [_slicing(view, slicing) for slicing in view.result.slicings if slicing.attributes]
    return {"slicings": slicings, "classes": _classes(view)}


def _classes(view: View) -> list[dict[str, Any]]:
    """Metrics of each class over everybody, where rows have several decisions."""
    data = view.result.data
    columns = view.columns([])
    return [
        {
            "cls": cls,
            "labelled": data.labels[cls],
            "found": data.predictions[cls],
            "values": [view.metric([], [], metric, cls) for metric in PER_CLASS if (metric, cls) in columns],
        }
        for cls in (view.asked if data.nothing is not None else [])
    ]


def _slicing(view: View, slicing: SlicingFacts) -> dict[str, Any]:
    attributes = slicing.attributes
    name = group_name(attributes)
    columns = view.columns(attributes)
    asked = list(dict.fromkeys(cls for _, cls in columns if cls is not None))
    if view.result.data.nothing is not None:
        # Of many types or labels, those with the most labelled decisions say most.
        asked.sort(key=lambda cls: -(view.result.data.labels.get(cls) or 0))
    charted = [
        (metric, cls)
        for metric, cls in columns
        if metric in CHARTED and (cls is None or cls in asked[:MOST_CLASSES_CHARTED])
    ]
    single = len(attributes) == 1
    charts = (
        [_chart(view, slicing, name, metric, cls, several=len(asked) > 1) for metric, cls in charted] if single else []
    )
    listed = largest(slicing.groups, MOST_LISTED)
    first = [(metric, cls) for metric, cls in columns if metric in FIRST] or columns[:6]
    return {
        "name": name,
        "says": _spread(view, [slicing]),
        "attributes": attributes,
        "charts": charts,
        "groups": listed,
        "rest": len(slicing.groups) - len(listed),
        "first": first,
        "all": columns,
        # With a column for each group, more would neither fit a screen nor a sheet of paper.
        "in_full": len(slicing.groups) <= MOST_IN_FULL,
        "class_reports": [report for report in view.result.class_reports if report.attributes == attributes]
        if single
        else [],
    }


def _chart(view: View, slicing: SlicingFacts, name: str, metric: str, cls: str | None, *, several: bool) -> Any:
    groups = largest(slicing.groups, MOST_CHARTED)
    values = [view.metric(slicing.attributes, group.values, metric, cls) for group in groups]
    overall = view.metric([], [], metric, cls)
    named = None if cls is None else view.t.cls(cls)
    code = "performance.chart_class" if several and cls is not None else "performance.chart"
    return view.add_chart(
        dots(
            view.t(
                code,
                metric=view.t.metric(metric),
                attributes=name,
                **{"class": named},
            ),
            [group_name(group.values) for group in groups],
            [value.value if value else None for value in values],
            [(value.lower, value.upper) if value else (None, None) for value in values],
            [not group.in_gaps for group in groups],
            overall.value if overall else None,
        )
    )


def conclude(view: View) -> str | None:
    """Say what the first metric is for everybody, and in which groups it is lowest and highest."""
    return _spread(view, [slicing for slicing in view.result.slicings if len(slicing.attributes) == 1])


def _spread(view: View, slicings: list[SlicingFacts]) -> str | None:
    """Name the lowest and the highest group of the metric that says most, among groups that can be assessed."""
    columns = view.columns([])
    metric, cls = next(((name, c) for wanted in TOLD for name, c in columns if name == wanted), (None, None))
    if metric is None:
        return None
    overall = view.metric([], [], metric, cls)
    found = [
        (value.value, group_name(group.values))
        for slicing in slicings
        for group in slicing.groups
        if group.in_gaps
        and group.effective_n >= EVIDENCE_FLOOR
        and (value := view.metric(slicing.attributes, group.values, metric, cls)) is not None
        and value.value is not None
    ]
    if overall is None or overall.value is None or not found:
        return None
    (low, lowest), (high, highest) = min(found), max(found)
    return view.t(
        "conclusion.performance", metric=view.t.metric(metric), value=percent(overall.value),
        low=percent(low), lowest=lowest, high=percent(high), highest=highest,
    )  # fmt: skip


SECTION = Section("performance", 50, build, conclude=conclude, noisy=True)
