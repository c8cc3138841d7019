"""Section 10, continued: what might help, tried on one half of the decisions and judged on the other."""

from __future__ import annotations

from typing import Any

from audit.report.beside.remedies import conclusion, rules_of, says
from audit.report.charts import Chart, lines
from audit.report.sections import Section
from audit.report.sections.data import MOST_LISTED
from audit.report.view import View
from audit.report.wording import group_name
from audit.result import CollectMore, Remedies, Remedy, Reweighting, ThresholdWhatIf


def build(view: View) -> dict[str, Any] | None:
    """Thresholds of every attribute, weights for training, rows to collect, and what the law may say."""
    found = view.result.remedies
    if found is None:
        return None
    return {
        "found": found,
        "notes": [view.t.remark(note) for note in found.notes],
        "thresholds": [_what_if(view, found, item) for item in found.thresholds],
        "weights": [_weights(view, item) for item in found.reweighting if len(item.attributes) == 1],
        "collect": [_collected(view, item) for item in _most_wanted(found.collect)[:MOST_LISTED]],
        "rest": max(len(found.collect) - MOST_LISTED, 0),
        "cautions": [view.t(f"remedies.caution.{code}") for code in found.cautions],
        "objective": view.t.metric(found.objective),
    }


def _what_if(view: View, found: Remedies, item: ThresholdWhatIf) -> dict[str, Any]:
    name = group_name(item.attributes)
    return {
        "item": item,
        "name": name,
        "says": says(item, found, view.t),
        "remedies": [_remedy(view, found, remedy) for remedy in item.remedies],
        "groups": [_groups(view, remedy) for remedy in item.remedies],
        "metrics": [gap.metric for gap in item.remedies[0].gaps] if item.remedies else [],
        "chart": _chart(view, found, item, name),
        "left_out": view.t.clauses(
            [view.t.pair(group_name(one.group), view.t.note(one.note)) for one in item.left_out]
        ),
        "note": view.t.note(item.note),
    }


def _remedy(view: View, found: Remedies, remedy: Remedy) -> dict[str, Any]:
    return {
        "name": view.t(f"remedies.name.{remedy.code}"),
        "objective": next(one for one in remedy.overall if one.metric == found.objective),
        "gaps": remedy.gaps,
    }


def _groups(view: View, remedy: Remedy) -> dict[str, Any]:
    """Rules of every group in words, what they lead to, and how many decisions change."""
    return {
        "name": view.t(f"remedies.name.{remedy.code}"),
        "rows": [
            {
                "name": group_name(group.group),
                "rules": rules_of(group, view.t),
                "rates": group.rates,
                "group": group,
            }
            for group in remedy.groups
        ],
        "own": remedy.code not in {"as_decided", "one_threshold"},
        "changes": remedy.code != "as_decided",
    }


def _chart(view: View, found: Remedies, item: ThresholdWhatIf, name: str) -> Chart | None:
    """The best that can be had within every gap, as judged."""
    series: dict[str, list[tuple[float, float]]] = {}
    for point in item.frontier:
        if point.gap is not None and point.objective is not None:
            series.setdefault(view.t.metric(point.constraint), []).append((point.gap, point.objective))
    if not series:
        return None
    words = (
        view.t("remedies.frontier", attributes=name, metric=view.t.metric(found.objective)),
        view.t("remedies.frontier.gap"),
        view.t.metric(found.objective),
    )
    chart = lines(*words, {key: sorted(points) for key, points in series.items()}, markers=True)
    every = [y for points in series.values() for _, y in points]
    # What is gained or lost is a few points: from zero on, nobody would see it.
    low, high = max(0.0, min(every) - 0.02), min(1.0, max(every) + 0.02)
    chart.figure.lay_out(yaxis={"rangemode": "normal", "range": [low, high]})
    return view.add_chart(chart)


def _weights(view: View, item: Reweighting) -> dict[str, Any]:
    labels = list(dict.fromkeys(cell.label for cell in item.cells))
    groups = list(dict.fromkeys(tuple(cell.group) for cell in item.cells))
    cells = {(tuple(cell.group), cell.label): cell for cell in item.cells}
    return {
        "name": group_name(item.attributes),
        "labels": [view.t.cls(label) for label in labels],
        "rows": [(group_name(group), [cells[group, label] for label in labels]) for group in groups],
        "effective": item.effective_share,
    }


def _most_wanted(items: list[CollectMore]) -> list[CollectMore]:
    """Single attributes first, then those that need fewest rows; what no number of rows settles, last."""
    return sorted(items, key=lambda one: (len(one.attributes), one.rows is None, one.rows or 0))


def _collected(view: View, item: CollectMore) -> dict[str, Any]:
    return {
        "item": item,
        "attributes": group_name(item.attributes),
        "group": group_name(item.group),
        "reference": group_name(item.reference),
        "metric": view.t.phrase(item.metric, item.cls if view.names_class else None),
        "note": view.t.note(item.note),
    }


def conclude(view: View) -> str | None:
    """Say what thresholds would do for the first attribute, or how many groups need more rows."""
    found = view.result.remedies
    return None if found is None else conclusion(found, view.t)


SECTION = Section("remedies", 104, build, conclude=conclude)
