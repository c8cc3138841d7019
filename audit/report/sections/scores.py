"""Section 7: how scores rank, whether they mean what they say, and what another threshold would do."""

from __future__ import annotations

from typing import Any

from audit.fairness.bounds.floor import EVIDENCE_FLOOR
from audit.report.charts import SERIES, Chart, lines
from audit.report.sections import Section
from audit.report.sections.data import MOST_CHARTED, largest
from audit.report.view import View
from audit.report.wording import decimal, group_name
from audit.result import GroupScores, ScoreReport

RANKING = ("auc", "bpsn_auc", "bnsp_auc")
SMALLEST_BIN = 10


def build(view: View) -> dict[str, Any] | None:
    """Charts and tables per attribute; left out where decisions have no scores and labels."""
    reports = [report for report in view.result.scores if report.attributes]
    if not reports:
        return None
    return {
        "slicings": [_slicing(view, report) for report in reports],
        "exact": all(report.exact for report in reports),
        "error": max(report.binning_error for report in reports),
    }


def _slicing(view: View, report: ScoreReport) -> dict[str, Any]:
    name = group_name(report.attributes)
    slicing = next(s for s in view.result.slicings if s.attributes == report.attributes)
    shown = [group.values for group in largest(slicing.groups, MOST_CHARTED) if group.in_gaps][: len(SERIES)]
    by_group = {tuple(item.group): item for item in report.groups}
    drawn = [by_group[tuple(values)] for values in shown]
    ranking = [metric for metric in RANKING if view.metric(report.attributes, report.groups[0].group, metric, None)]
    return {
        "name": name,
        "says": _spread(view, [report]),
        "report": report,
        "charts": [
            *([_calibration(view, name, drawn)] if report.score_range is None else []),
            _roc(view, name, drawn),
            _sweep(view, name, report),
        ],
        "drawn": [group_name(values) for values in shown],
        "rows": [
            (item, [view.metric(report.attributes, item.group, metric, None) for metric in ranking])
            for item in report.groups
        ],
        "ranking": ranking,
        "sweep": list(
            zip(
                report.thresholds,
                report.demographic_parity_difference,
                report.equalized_odds_difference,
                strict=True,
            )
        ),
    }


def _calibration(view: View, name: str, groups: list[GroupScores]) -> Chart:
    series = {
        group_name(item.group): [
            (b.mean_score, b.positive_rate)
            for b in item.calibration
            if b.n >= SMALLEST_BIN and b.mean_score is not None and b.positive_rate is not None
        ]
        for item in groups
    }
    words = view.t("scores.calibration", attributes=name), view.t("scores.mean"), view.t("scores.positive_rate")
    return view.add_chart(lines(*words, series, diagonal=True, markers=True))


def _roc(view: View, name: str, groups: list[GroupScores]) -> Chart:
    series = {group_name(item.group): list(item.roc) for item in groups if item.roc}
    words = (
        view.t("scores.roc", attributes=name),
        view.t("metric.false_positive_rate"),
        view.t("metric.true_positive_rate"),
    )
    return view.add_chart(lines(*words, series, diagonal=True))


def _sweep(view: View, name: str, report: ScoreReport) -> Chart:
    series = {
        view.t(f"metric.{metric}"): [(x, y) for x, y in zip(report.thresholds, values, strict=True) if y is not None]
        for metric, values in (
            ("demographic_parity", report.demographic_parity_difference),
            ("equalized_odds", report.equalized_odds_difference),
        )
    }
    words = view.t("scores.sweep", attributes=name), view.t("scores.threshold"), view.t("disparities.difference")
    return view.add_chart(lines(*words, series, x_percent=False))


def conclude(view: View) -> str | None:
    """Say how far apart scores rank in groups, and where they mean least what they say."""
    return _spread(view, [report for report in view.result.scores if len(report.attributes) == 1])


def _spread(view: View, reports: list[ScoreReport]) -> str | None:
    compared = {
        (tuple(slicing.attributes), tuple(group.values))
        for slicing in view.result.slicings
        for group in slicing.groups
        if group.in_gaps and group.effective_n >= EVIDENCE_FLOOR
    }
    groups = [
        (report, item)
        for report in reports
        for item in report.groups
        if (tuple(report.attributes), tuple(item.group)) in compared
    ]
    aucs = [
        (value.value, group_name(item.group))
        for report, item in groups
        if (value := view.metric(report.attributes, item.group, "auc", None)) and value.value is not None
    ]
    if not aucs:
        return None
    (low, lowest), (high, highest) = min(aucs), max(aucs)
    params = {"low": decimal(low), "lowest": lowest, "high": decimal(high), "highest": highest}
    text = view.t("conclusion.scores", metric=view.t.metric("auc"), **params)
    off = [
        (item.calibration_error, group_name(item.group))
        for report, item in groups
        if report.score_range is None and item.calibration_error is not None
    ]
    if off:
        error, group = max(off)
        text = view.t.sentences(text, view.t("conclusion.scores.calibration", error=decimal(error), group=group))
    return text


SECTION = Section("scores", 70, build, conclude=conclude)
