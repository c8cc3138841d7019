"""Results of random tables: what an audit of them would hold, computed here in a few plain lines."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd

from audit.result import (
    AdverseImpact,
    AuditResult,
    CategoryRate,
    ClassReport,
    Confused,
    Disparity,
    Group,
    ImpactTable,
    MetricValue,
    SlicingFacts,
)
from tests.disclosure.attacker import RATES


def audited(base: AuditResult, table: pd.DataFrame, slicings: list[list[str]], control: str | None) -> AuditResult:
    """Put the numbers of a table with columns `y`, `p` and attributes into a result."""
    classes = sorted({*table.y, *table.p})
    groups = {tuple(names): list(_groups(table, names)) for names in [[], *slicings]}
    metrics = [value for names, found in groups.items() for group, rows in found
               for value in _metrics(list(names), group, rows, classes, {})]  # fmt: skip
    if control is not None:
        for stratum, part in table.groupby(control):
            for names in slicings:
                for group, rows in _groups(part, names):
                    metrics += _metrics(names, group, rows, classes, {control: str(stratum)})
    gaps = list(_gaps(metrics))
    overall = groups[()][0][1]
    counted = pd.crosstab(overall.y, overall.p).stack()
    data = base.data.model_copy(
        update={
            "rows": len(table),
            "rows_read": len(table),
            "decisions": len(table),
            "statuses": {"ok": len(table)},
            "labels": _counts(table.y, classes),
            "predictions": _counts(table.p, classes),
            "confusion": [Confused(y_true=y, y_pred=p, n=int(n)) for (y, p), n in counted.items() if n],
        }
    )
    singles = [name for names in slicings for name in names if len(names) == 1]
    own = [base.config["attributes"][0] | {"name": name, "column": name} for name in singles]
    config = {**base.config, "attributes": own}
    return base.model_copy(
        update={
            "classes": classes,
            "positive_class": classes[-1],
            "config": config,
            "data": data,
            "slicings": [
                SlicingFacts(
                    attributes=list(names), groups=[_group(group, rows, classes, len(table)) for group, rows in found]
                )
                for names, found in groups.items()
            ],
            "metrics": metrics,
            "disparities": gaps,
            "class_reports": [
                report for names, found in groups.items() for group, rows in found
                for report in _reports(list(names), group, rows, classes)
            ],
            "impact_ratios": [
                _impact(list(names), found, classes[-1], len(table)) for names, found in groups.items() if names
            ],
            "adverse_impact": [
                item for names, found in groups.items() if names
                for item in _adverse(list(names), found, classes[-1])
            ],
        }
    )  # fmt: skip


def _groups(table: pd.DataFrame, names: list[str]) -> Iterator[tuple[tuple[str, ...], pd.DataFrame]]:
    if not names:
        yield (), table
        return
    for group, rows in table.groupby(names):
        yield tuple(map(str, group)), rows


def _counts(column: pd.Series, classes: list[str]) -> dict[str, int]:
    return {cls: int((column == cls).sum()) for cls in classes}


def _group(values: tuple[str, ...], rows: pd.DataFrame, classes: list[str], total: int) -> Group:
    n = len(rows)
    return Group(
        values=list(values), n=n, share=n / total, weight=n, effective_n=n, n_labelled=n,
        by_label=_counts(rows.y, classes), by_prediction=_counts(rows.p, classes), in_gaps=True, note=None,
    )  # fmt: skip


def _metrics(
    names: list[str], group: tuple[str, ...], rows: pd.DataFrame, classes: list[str], stratum: dict[str, str]
) -> Iterator[MetricValue]:
    pairs = list(zip(rows.y, rows.p, strict=True))
    for cls in classes:
        for metric, (hits, base) in RATES.items():
            among = [(y, p) for y, p in pairs if base(y == cls, p == cls)]
            yield _value(
                names, stratum, group, metric, cls, sum(hits(y == cls, p == cls) for y, p in among), len(among)
            )
        touched = sum(cls in pair for pair in pairs)
        right = sum(y == p == cls for y, p in pairs)
        yield _value(names, stratum, group, "f1_score", cls, 2 * right, touched + right, n=touched)
    yield _value(names, stratum, group, "accuracy", None, sum(y == p for y, p in pairs), len(pairs))


def _value(
    names: list[str], stratum: dict[str, str], group: tuple[str, ...], metric: str, cls: str | None,
    hits: int, base: int, n: int | None = None,
) -> MetricValue:  # fmt: skip
    size = base if n is None else n
    return MetricValue.model_validate(
        {
            "attributes": names, "stratum": stratum, "group": list(group), "metric": metric, "class": cls, "n": size,
            "value": hits / base if base else None, "lower": None, "upper": None, "effective_n": size,
            "clusters": None, "standard_error": None, "note": None if base else "empty_denominator",
        }
    )  # fmt: skip


def _gaps(metrics: list[MetricValue]) -> Iterator[Disparity]:
    asked: dict[Any, list[MetricValue]] = {}
    for value in metrics:
        if value.attributes:
            key = tuple(value.attributes), tuple(value.stratum.items()), value.metric, value.cls
            asked.setdefault(key, []).append(value)
    for values in asked.values():
        known = sorted((v for v in values if v.value is not None), key=lambda v: v.value or 0.0)
        first = values[0]
        for aggregate in ("difference", "ratio"):
            low, high = (known[0], known[-1]) if len(known) > 1 else (None, None)
            value = None
            if low is not None and high is not None and low.value is not None and high.value is not None:
                value = high.value - low.value if aggregate == "difference" else low.value / (high.value or 1.0)
            yield Disparity.model_validate(
                {
                    "attributes": first.attributes, "stratum": first.stratum, "metric": first.metric,
                    "class": first.cls, "aggregate": aggregate, "value": value, "lower": None, "upper": None,
                    "worst_group": low and low.group, "best_group": high and high.group, "compared": len(known),
                    "undefined": len(values) - len(known), "note": None if low else "fewer_than_two_groups",
                }
            )  # fmt: skip


def _reports(names: list[str], group: tuple[str, ...], rows: pd.DataFrame, classes: list[str]) -> Iterator[ClassReport]:
    for cls in classes:
        label, found = rows.y == cls, rows.p == cls
        right, n, m = int((label & found).sum()), int(label.sum()), int(found.sum())
        yield ClassReport.model_validate(
            {
                "attributes": names, "group": list(group), "class": cls, "support": n,
                "precision": right / m if m else None, "recall": right / n if n else None,
                "f1_score": 2 * right / (n + m) if n + m else None,
            }
        )  # fmt: skip


def _adverse(names: list[str], groups: list[tuple[tuple[str, ...], pd.DataFrame]], cls: str) -> Iterator[AdverseImpact]:
    counts = [(list(group), len(rows), int((rows.p == cls).sum())) for group, rows in groups]
    best = max(counts, key=lambda item: item[2] / item[1])
    for group, n, hits in counts:
        if group != best[0]:
            yield AdverseImpact.model_validate(
                {
                    **dict.fromkeys(_UNKNOWN),
                    "attributes": names, "class": cls, "group": group, "reference": best[0], "n": n, "selected": hits,
                    "rate": hits / n, "effective_n": n, "reference_n": best[1], "reference_selected": best[2],
                    "reference_rate": best[2] / best[1], "reference_effective_n": best[1],
                    "difference": hits / n - best[2] / best[1], "shortfall": 0,
                }
            )  # fmt: skip


def _impact(names: list[str], groups: list[tuple[tuple[str, ...], pd.DataFrame]], cls: str, total: int) -> ImpactTable:
    counts = [(list(group), len(rows), int((rows.p == cls).sum())) for group, rows in groups]
    highest = max(hits / n for _, n, hits in counts)
    rows = [
        CategoryRate(
            group=group, n=n, selected=hits, share=n / total, rate=hits / n,
            impact_ratio=hits / n / highest if highest else None, standing="compared",
        )
        for group, n, hits in counts
    ]  # fmt: skip
    plain = [row.model_dump() for row in rows]
    return ImpactTable.model_validate(
        {"attributes": names, "class": cls, "highest": highest, "unknown": 0, "groups": plain}
    )


_UNKNOWN = (
    *("difference_lower", "difference_upper", "impact_ratio", "ratio_lower", "ratio_upper", "z", "z_p", "fisher_p"),
    *("mid_p", "holm_p", "flip_flop", "minimum_detectable", "doubt"),
)
