"""Section 6: metrics compared between groups."""

from __future__ import annotations

from typing import Any

from audit.fairness.metrics.names import COMPLEMENTS, CRITERIA
from audit.report.charts import dumbbells, forest
from audit.report.sections import Section
from audit.report.view import View
from audit.report.wording import group_name
from audit.result import Disparity, SlicingFacts, StratifiedTest


def build(view: View) -> dict[str, Any]:
    """Pooled gaps per slicing, then strata and stratified tests where there are controls."""
    slicings = [_slicing(view, slicing) for slicing in view.result.slicings if slicing.attributes]
    controls = view.result.config["controls"]
    return {"slicings": slicings, "controls": view.t.listed(controls), "discovery": view.result.discovery}


def _slicing(view: View, slicing: SlicingFacts) -> dict[str, Any]:
    name = group_name(slicing.attributes)
    rows = _rows(view, view.disparities(slicing.attributes))
    plain = [row for row in rows if row["metric"] not in CRITERIA]
    drawn = [
        row for row in plain if row["low"] is not None and row["high"] is not None and not view.is_number(row["metric"])
    ]
    charts = []
    if drawn:
        charts.append(view.add_chart(_forest(view, slicing, name, drawn)))
        chart = view.add_chart(
            dumbbells(
                view.t("disparities.chart", attributes=name),
                [row["title"] for row in drawn],
                [row["low"].value for row in drawn],
                [row["high"].value for row in drawn],
                [(group_name(row["low"].group), group_name(row["high"].group)) for row in drawn],
            )
        )
        charts.append(chart)
    strata: dict[str, list[Disparity]] = {}
    for gap in view.disparities(slicing.attributes, pooled=False):
        strata.setdefault(view.t.listed(gap.stratum.values()), []).append(gap)
    tested = [row for row in plain if row["tested"]]
    clear = sum(row["finding"] is not None for row in tested)
    return {
        "name": name,
        "says": "" if view.noisy else view.t("conclusion.disparities.by", n=clear, of=len(tested)),
        "criteria": [row for row in rows if row["metric"] in CRITERIA],
        "rows": plain,
        "charts": charts,
        "strata": [(stratum, row) for stratum, gaps in strata.items() for row in _rows(view, gaps)],
        "adverse": [item for item in view.result.adverse_impact if item.attributes == slicing.attributes],
        "tests": _tests(view, slicing),
    }


def _forest(view: View, slicing: SlicingFacts, name: str, drawn: list[dict[str, Any]]) -> Any:
    """Draw the differences with their bounds; limits are those of rules over this slicing."""
    rules = view.result.judgement.rules if view.result.judgement else []
    here = [rule for rule in rules if rule.attributes == slicing.attributes and rule.aggregate == "difference"]
    limits = [
        sorted({rule.limit for rule in here if (rule.metric, rule.cls) == (row["metric"], row["difference"].cls)})
        for row in drawn
    ]
    return forest(
        view.t("disparities.forest", attributes=name),
        [row["title"] for row in drawn],
        [row["difference"].value for row in drawn],
        [(row["difference"].lower, row["difference"].upper) for row in drawn],
        limits,
    )


def _rows(view: View, gaps: list[Disparity]) -> list[dict[str, Any]]:
    """Put difference and ratio of one metric beside each other, with the two groups they lie between."""
    paired: dict[tuple[Any, ...], dict[str, Disparity]] = {}
    for gap in gaps:
        paired.setdefault((gap.metric, gap.cls, tuple(gap.stratum.items())), {})[gap.aggregate] = gap
    clear = {(tuple(f.attributes), f.metric, f.cls): f for f in view.result.clear_gaps.items}
    several = view.names_class
    rows = []
    for (metric, cls, _), pair in paired.items():
        gap = pair["difference"]
        parts = [
            view.metric(gap.attributes, g, metric, cls, gap.stratum) for g in (gap.worst_group, gap.best_group) if g
        ]
        ends = sorted((part for part in parts if part and part.value is not None), key=lambda part: part.value or 0)
        rows.append(
            {
                "metric": metric,
                "title": view.t.metric(metric) + (f" · {view.t.cls(cls)}" if several and cls is not None else ""),
                "difference": gap,
                "ratio": pair["ratio"],
                "low": ends[0] if len(ends) == 2 else None,
                "high": ends[-1] if len(ends) == 2 else None,
                "finding": None if gap.stratum else clear.get((tuple(gap.attributes), metric, cls)),
                "complement_of": COMPLEMENTS.get(metric),
                # Only proportions are tested.
                "tested": not view.noisy and len(ends) == 2 and view.is_proportion(metric) and not gap.stratum,
            }
        )
    return rows


def _tests(view: View, slicing: SlicingFacts) -> list[StratifiedTest]:
    return [test for test in view.result.stratified if test.attributes == slicing.attributes]


def conclude(view: View) -> str:
    """Say what was compared, and how much of it is clear of chance."""
    found = view.result.clear_gaps
    metrics = len({gap.metric for gap in view.result.disparities})
    by = view.t.listed(group_name(slicing.attributes) for slicing in view.result.slicings if slicing.attributes)
    n = len(found.items) + found.suppressed
    if view.noisy:
        return view.t("conclusion.disparities.noisy", metrics=metrics, attributes=by)
    return view.t("conclusion.disparities", metrics=metrics, attributes=by, n=n, gaps=found.gaps)


SECTION = Section("disparities", 60, build, conclude=conclude, noisy=True)
