"""Section 6: metrics compared between groups."""

from __future__ import annotations

from typing import Any

from audit.fairness.names import COMPLEMENTS, CRITERIA
from audit.report.charts import dumbbells
from audit.report.sections import Section
from audit.report.view import View
from audit.report.wording import group_name
from audit.result import Disparity, Slicing, StratifiedTest


def build(view: View) -> dict[str, Any]:
    """Pooled gaps per slicing, then strata and stratified tests where there are controls."""
    slicings = [_slicing(view, slicing) for slicing in view.result.slicings if slicing.attributes]
    controls = view.result.config["controls"]
    return {"slicings": slicings, "controls": ", ".join(controls)}


def _slicing(view: View, slicing: Slicing) -> dict[str, Any]:
    name = group_name(slicing.attributes)
    rows = _rows(view, view.disparities(slicing.attributes))
    plain = [row for row in rows if row["metric"] not in CRITERIA]
    drawn = [row for row in plain if row["low"] is not None and row["high"] is not None]
    chart = None
    if drawn:
        chart = view.add_chart(
            dumbbells(
                view.t("disparities.chart", attributes=name),
                [row["title"] for row in drawn],
                [row["low"].value for row in drawn],
                [row["high"].value for row in drawn],
                [(group_name(row["low"].group), group_name(row["high"].group)) for row in drawn],
            )
        )
    strata: dict[str, list[Disparity]] = {}
    for gap in view.disparities(slicing.attributes, pooled=False):
        strata.setdefault(", ".join(gap.stratum.values()), []).append(gap)
    return {
        "name": name,
        "criteria": [row for row in rows if row["metric"] in CRITERIA],
        "rows": plain,
        "chart": chart,
        "strata": [(stratum, row) for stratum, gaps in strata.items() for row in _rows(view, gaps)],
        "tests": _tests(view, slicing),
    }


def _rows(view: View, gaps: list[Disparity]) -> list[dict[str, Any]]:
    """Put difference and ratio of one metric beside each other, with the two groups they lie between."""
    paired: dict[tuple[Any, ...], dict[str, Disparity]] = {}
    for gap in gaps:
        paired.setdefault((gap.metric, gap.cls, tuple(gap.stratum.items())), {})[gap.aggregate] = gap
    clear = {(tuple(f.attributes), f.metric, f.cls): f for f in view.result.findings.items}
    several = len({gap.cls for gap in gaps if gap.cls is not None}) > 1
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
                "title": view.t.metric(metric) + (f" · {cls}" if several and cls is not None else ""),
                "difference": gap,
                "ratio": pair["ratio"],
                "low": ends[0] if len(ends) == 2 else None,
                "high": ends[-1] if len(ends) == 2 else None,
                "finding": None if gap.stratum else clear.get((tuple(gap.attributes), metric, cls)),
                "complement_of": COMPLEMENTS.get(metric),
                # Only proportions are tested.
                "tested": len(ends) == 2 and ends[0].lower is not None and not gap.stratum,
            }
        )
    return rows


def _tests(view: View, slicing: Slicing) -> list[StratifiedTest]:
    return [test for test in view.result.stratified if test.attributes == slicing.attributes]


SECTION = Section("disparities", 60, build)
