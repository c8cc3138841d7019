"""The CSV files: one line per metric and group, one line per disparity."""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Iterable, Sequence

from audit.report.wording import group_name
from audit.result import AuditResult
from audit.text import map_hidden, visible

METRIC_COLUMNS = ["attribute", "group", "metric", "class", "n", "value", "lower", "upper", "note"]
DISPARITY_COLUMNS = [
    "attribute",
    "metric",
    "class",
    "aggregate",
    "value",
    "lower",
    "upper",
    "worst_group",
    "best_group",
    "note",
]
ADVERSE_NUMBERS = (
    *("n", "selected", "rate", "effective_n", "reference_n", "reference_selected", "reference_rate"),
    *("reference_effective_n", "difference", "difference_lower", "difference_upper"),
    *("impact_ratio", "ratio_lower", "ratio_upper", "z", "z_p", "fisher_p", "mid_p", "holm_p"),
    *("shortfall", "flip_flop", "minimum_detectable", "doubt"),
)
IMPACT_NUMBERS = ("n", "selected", "rate", "impact_ratio", "share", "standing")
#: What begins a formula, in one spreadsheet or another.
_FORMULA = frozenset("=+-@")


def metrics_csv(result: AuditResult) -> str:
    """All metrics of all groups; strata of controls are named after a bar, as in `gender | dept=A`."""
    lines: list[Sequence[object]] = [
        (_attribute(item.attributes, item.stratum), group_name(item.group), item.metric, item.cls, item.n)
        + (item.value, item.lower, item.upper, item.note)
        for item in result.metrics
    ]
    for report in result.class_reports:
        named = [_attribute(report.attributes, {}), group_name(report.group)]
        for metric in ("precision", "recall", "f1_score", "support"):
            if metric in {"precision", "f1_score"} and len(result.classes) > 2:
                continue  # among the metrics already, for every class
            if metric in {"precision", "f1_score"} and report.cls == result.positive_class:
                continue
            lines.append([*named, metric, report.cls, report.support, getattr(report, metric), None, None, None])
    return _csv(METRIC_COLUMNS, lines)


def disparities_csv(result: AuditResult) -> str:
    """All disparities."""
    lines = [
        (_attribute(item.attributes, item.stratum), item.metric, item.cls, item.aggregate)
        + (item.value, item.lower, item.upper)
        + (group_name(item.worst_group or []), group_name(item.best_group or []), item.note)
        for item in result.disparities
    ]
    return _csv(DISPARITY_COLUMNS, lines)


def adverse_impact_csv(result: AuditResult) -> str:
    """Every comparison with the group selected most, in the columns of UGESP (29 CFR 1607)."""
    lines = [
        (_attribute(item.attributes, {}), item.cls, group_name(item.group), group_name(item.reference))
        + tuple(getattr(item, name) for name in ADVERSE_NUMBERS)
        for item in result.adverse_impact
    ]
    return _csv(["attribute", "class", "group", "reference", *ADVERSE_NUMBERS], lines)


def impact_ratios_csv(result: AuditResult) -> str:
    """Selection or scoring rates of all categories against the highest (6 RCNY 5-301), unknown ones too."""
    lines = [
        (_attribute(table.attributes, {}), table.cls, group_name(row.group))
        + tuple(getattr(row, name) for name in IMPACT_NUMBERS)
        for table in result.impact_ratios
        for row in table.groups
    ]
    return _csv(["attribute", "class", "group", *IMPACT_NUMBERS], lines)


def _attribute(attributes: Sequence[str], stratum: dict[str, str]) -> str:
    name = group_name(attributes) or "(all)"
    return f"{name} | {', '.join(f'{key}={value}' for key, value in stratum.items())}" if stratum else name


def _csv(header: list[str], lines: Iterable[Sequence[object]]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(header)
    writer.writerows([spreadsheet_cell(value) for value in line] for line in lines)
    return out.getvalue()


def spreadsheet_cell(value: object) -> object:
    """Keep a spreadsheet from running text as a formula: such text gets an apostrophe, which spreadsheets hide.

    Spreadsheets overlook blanks and invisible characters before a formula, and read full-width signs as the plain ones.
    """
    if not isinstance(value, str):
        return value
    shown = visible(value)
    start = map_hidden(value, lambda hidden: "").lstrip()[:1]
    return "'" + shown if start and unicodedata.normalize("NFKC", start) in _FORMULA else shown
