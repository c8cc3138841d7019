"""Section 4: sizes, label rates, missing values, and what was noted while reading."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from audit.report.charts import SERIES, stacked_bars
from audit.report.sections import Section
from audit.report.view import View
from audit.report.wording import count, group_name
from audit.result import Group, SlicingFacts

#: Groups of a slicing in a chart, and in a table of the page; metrics.csv has them all.
MOST_CHARTED, MOST_LISTED = 25, 200
#: Classes of a table of labels and predictions: more would fit no screen.
MOST_CONFUSED = 20


def build(view: View) -> dict[str, Any]:
    """Tables of every slicing, with a chart for single attributes."""
    slicings = [_slicing(view, slicing) for slicing in view.result.slicings if slicing.attributes]
    comparison = view.result.comparison
    notes = [*view.result.notes, *(comparison.notes if comparison else ())]
    # What an audit and its comparison both note is said once.
    told = list(dict.fromkeys(view.t.remark(note) for note in notes))
    return {"slicings": slicings, "confusion": _confusion(view), "notes": told}


def _confusion(view: View) -> dict[str, Any] | None:
    """Labels and predictions: of several labels a line each, else a table of classes, what is nothing last."""
    data = view.result.data
    found = {(item.y_true, item.y_pred): item.n for item in data.confusion}
    if not found or len(view.asked) > MOST_CONFUSED:
        return None
    if view.t.outcome == "labels":
        nothing = data.nothing or ""
        return {"each": True, "rows": [(cls, *(found.get(at, 0) for at in _cells(cls, nothing))) for cls in view.asked]}
    classes = [*view.asked, *([data.nothing] if data.nothing is not None else [])]
    rows = [
        (
            true,
            [(found.get((true, cls)), "right" if cls == true else "") for cls in classes],
            sum(found.get((true, cls), 0) for cls in classes),
        )
        for true in classes
    ]
    return {"each": False, "predicted": classes, "rows": rows}


def _cells(cls: str, nothing: str) -> tuple[tuple[str, str], ...]:
    """What is right, missed and wrongly given of one label."""
    return (cls, cls), (cls, nothing), (nothing, cls)


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
        by_label: dict[str, list[int | None]] = {
            view.t.cls(cls): [group.by_label[cls] for group in drawn] for cls in view.result.classes
        }
        unlabelled = [None if group.n_labelled is None else group.n - group.n_labelled for group in drawn]
        if any(unlabelled):
            by_label[view.t("data.unlabelled_bar")] = unlabelled
        series = _paintable(view, {key: counts for key, counts in by_label.items() if any(counts)})
        label = view.t("data.chart", attributes=name)
        chart = view.add_chart(stacked_bars(label, [group_name(group.values) for group in drawn], series))
    says = _sizes(view, slicing.groups)
    return {"says": says, "name": name, "groups": listed, "rest": len(slicing.groups) - len(listed), "chart": chart}


def _paintable(view: View, series: dict[str, list[int | None]]) -> dict[str, list[int | None]]:
    """Put the smallest series together, where there are more than colours."""
    if len(series) <= len(SERIES):
        return series
    own = set(sorted(series, key=lambda key: -sum(n or 0 for n in series[key]))[: len(SERIES) - 1])
    rest = [counts for key, counts in series.items() if key not in own]
    named = {key: counts for key, counts in series.items() if key in own}
    return named | {view.t("data.others_bar", n=len(rest)): [_sum(column) for column in zip(*rest, strict=True)]}


def _sum(counts: Iterable[int | None]) -> int | None:
    """Add up what is known; with a count that is not told, neither is the sum."""
    known = list(counts)
    return None if None in known else sum(n or 0 for n in known)


def conclude(view: View) -> str:
    """Say how many decisions there are, and which group has fewest."""
    data = view.result.data
    single = [slicing.groups for slicing in view.result.slicings if len(slicing.attributes) == 1]
    counted = view.t("data.counted", decisions=count(data.decisions), rows=count(data.rows), labels=len(view.asked))
    lines = [view.t("conclusion.data", counted=counted)]
    groups = [group for groups in single for group in groups]
    if groups:
        lines.append(_sizes(view, groups))
    if failed := data.statuses.get("failed", 0):
        lines.append(view.t("conclusion.data.failed", n=count(failed)))
    return view.t.sentences(*lines)


def _sizes(view: View, groups: list[Group]) -> str:
    small, large = min(groups, key=lambda group: group.n), max(groups, key=lambda group: group.n)
    return view.t(
        "conclusion.data.groups", n=len(groups), small=group_name(small.values), small_n=count(small.n),
        large=group_name(large.values), large_n=count(large.n),
    )  # fmt: skip


SECTION = Section("data", 40, build, conclude=conclude, noisy=True)
