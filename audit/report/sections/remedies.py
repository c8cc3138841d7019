"""Section 10, continued: what might help, tried on one half of the decisions and judged on the other."""

from __future__ import annotations

from typing import Any

from audit.report.charts import Chart, lines
from audit.report.sections import Section
from audit.report.sections.data import MOST_LISTED
from audit.report.view import View
from audit.report.wording import count, decimal, group_name, percent
from audit.result import CollectMore, JudgedGap, JudgedGroup, Remedies, Remedy, Reweighting, ThresholdWhatIf

#: Constraint -> the gap on which it is judged; of equalized odds the wider of both.
GAPS = {
    "demographic_parity": ("selection_rate",),
    "equal_opportunity": ("true_positive_rate",),
    "equalized_odds": ("true_positive_rate", "false_positive_rate"),
}


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
        "says": _says(view, found, item),
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
                "rules": _rules(view, group),
                "rates": group.rates,
                "group": group,
            }
            for group in remedy.groups
        ],
        "own": remedy.code not in {"as_decided", "one_threshold"},
        "changes": remedy.code != "as_decided",
    }


def _rules(view: View, group: JudgedGroup) -> str:
    if not group.rules:
        return view.t("remedies.rule.as_decided")
    told = [
        view.t(f"remedies.rule.{rule.rule}", **({} if rule.above is None else {"above": decimal(rule.above)}))
        for rule in group.rules
    ]
    if len(told) == 1:
        return told[0]
    shares = [percent(rule.share) for rule in group.rules]
    return view.t.clauses([view.t("remedies.rule.share", share=s, rule=r) for s, r in zip(shares, told, strict=True)])


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
    chart.figure.update_layout(yaxis={"rangemode": "normal", "range": [low, high]})
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


def _wider(gaps: list[JudgedGap], constraint: str) -> JudgedGap | None:
    known = [gap for gap in gaps if gap.metric in GAPS[constraint] and gap.value is not None]
    return max(known, key=lambda gap: gap.value or 0.0, default=None)


def _says(view: View, found: Remedies, item: ThresholdWhatIf) -> str | None:
    """Say which thresholds by group surely narrow their gap most, and what that costs."""
    if not item.remedies:
        return view.t("remedies.says.none", reason=view.t.note(item.note))
    before = item.remedies[0]
    narrowed = []
    for remedy in item.remedies:
        if remedy.code not in GAPS:
            continue
        then, now = _wider(before.gaps, remedy.code), _wider(remedy.gaps, remedy.code)
        if then is not None and now is not None:
            # By what is sure: a gap that looks small may be wide all the same.
            narrowed.append(((then.value or 0.0) - (1.0 if now.upper is None else now.upper), remedy, then, now))
    if not narrowed:
        return None
    _, remedy, then, now = max(narrowed, key=lambda one: one[0])
    lost = _objective(remedy, found), _objective(before, found)
    return view.t(
        "remedies.says", name=view.t.phrase(remedy.code), before=view.t.points(then.value),
        after=view.t.points(now.value), most=view.t.points(now.upper), metric=view.t.phrase(found.objective),
        old=percent(lost[1]), new=percent(lost[0]),
    )  # fmt: skip


def _objective(remedy: Remedy, found: Remedies) -> float | None:
    return next(one.value for one in remedy.overall if one.metric == found.objective)


def conclude(view: View) -> str | None:
    """Say what thresholds would do for the first attribute, or how many groups need more rows."""
    found = view.result.remedies
    if found is None:
        return None
    said = [
        view.t.pair(group_name(item.attributes), text)
        for item in found.thresholds
        if item.remedies and (text := _says(view, found, item))
    ]
    if said:
        return said[0]
    return view.t("conclusion.remedies.collect", n=count(len({(*one.attributes, *one.group) for one in found.collect})))


SECTION = Section("remedies", 104, build, conclude=conclude)
