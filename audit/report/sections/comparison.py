"""Change since the baseline: what moved in which group, and which decisions flipped."""

from __future__ import annotations

from typing import Any

from audit.fairness.metrics.names import COMPLEMENTS
from audit.report.changes import changed, clear_gaps, flip_kinds, gap_count, shown_flips
from audit.report.charts import changes as changes_chart
from audit.report.drawing import draw
from audit.report.sections import Section
from audit.report.sections.data import MOST_CHARTED
from audit.report.view import View
from audit.report.wording import count, group_name
from audit.result import Change, ComparedDecision, ExplanationComparison

CHARTED = ("selection_rate", "true_positive_rate", "false_positive_rate")
MOST_ROWS = 30


def build(view: View) -> dict[str, Any] | None:
    """Charts per attribute and the clear changes; left out without a baseline."""
    comparison = view.result.comparison
    if comparison is None:
        return None
    kind = "paired" if comparison.paired else "unpaired" if comparison.same_rows else "other_rows"
    clear = sorted(clear_changes(comparison.changes), key=lambda c: -_clarity(c))
    return {
        "comparison": comparison,
        "kind": kind,
        "charts": [
            chart
            for slicing in view.result.slicings
            for metric in CHARTED
            if (chart := _chart(view, slicing.attributes, metric))
        ],
        "moved": clear[:MOST_ROWS],
        "rest": max(len(clear) - MOST_ROWS, 0),
        "known": sum(change.lower is not None for change in comparison.changes),
        "gaps": gap_count(comparison.gaps),
        "moved_gaps": clear_gaps(comparison.gaps),
        "flip_kinds": flip_kinds(comparison),
        "flips": shown_flips(comparison),
        "flip_gaps": comparison.flip_gaps,
        "explained": comparison.explanations,
        "shifts": comparison.explanations.shifts if comparison.explanations else [],
        "decisions": _decisions(view, comparison.explanations),
        "redacted": bool(comparison.explanations and comparison.explanations.shown) and not view.texts,
    }


def _decisions(view: View, explained: ExplanationComparison | None) -> list[dict[str, Any]]:
    """Decisions with the heat maps of both versions, on a scale that both share."""
    return [
        {
            "shown": item,
            "flipped": item.y_before != item.y_pred,
            "sides": [_side(view, item, name) for name in ("before", "after")],
        }
        for item in (explained.shown if explained else [])
        if item.row_id in view.texts
    ]


def _side(view: View, item: ComparedDecision, which: str) -> dict[str, Any]:
    both = [value for side in (item.before, item.after) for value in side.attributions]
    side = item.before if which == "before" else item.after
    decision = item.y_before if which == "before" else item.y_pred
    strongest = max(map(abs, both), default=0.0)
    return {
        "which": which,
        "decision": decision,
        "f": side.f_input,
        "drawing": draw(view.kept(item.row_id), side.model_dump(), strongest=strongest),
    }


def clear_changes(changes: list[Change]) -> list[Change]:
    """Changes whose own interval leaves out zero; those in doubt and complements of other metrics are left out."""
    return [
        c
        for c in changes
        if c.lower is not None
        and c.upper is not None
        and c.doubt is None
        and (c.lower > 0 or c.upper < 0)
        and c.metric not in COMPLEMENTS
    ]


def _clarity(change: Change) -> float:
    """Distance from zero in widths of the interval."""
    width = (change.upper or 0.0) - (change.lower or 0.0)
    return abs(change.difference or 0.0) / width if width > 0 else 0.0


def _chart(view: View, attributes: list[str], metric: str) -> Any:
    if len(attributes) != 1 or view.result.comparison is None:
        return None
    rows = [
        c
        for c in view.result.comparison.changes
        if c.attributes == attributes and c.metric == metric and c.lower is not None
    ]
    if not rows or len(rows) > MOST_CHARTED:
        return None
    several = len({c.cls for c in rows}) > 1
    return view.add_chart(
        changes_chart(
            view.t("comparison.chart", metric=view.t.metric(metric), attributes=group_name(attributes)),
            [group_name(c.group) + (f" · {view.t.cls(c.cls)}" if several and c.cls else "") for c in rows],
            [c.difference for c in rows],
            [(c.lower, c.upper) for c in rows],
        )
    )


def conclude(view: View) -> str | None:
    """Say how many figures and decisions changed."""
    comparison = view.result.comparison
    if comparison is None:
        return None
    everybody = next((flip for flip in comparison.flips if not flip.attributes), None)
    clear = len(clear_changes(comparison.changes))
    text = view.t("summary.change", baseline=comparison.baseline, clear=clear)
    if everybody is not None:
        told = view.t("summary.flips", changed=count(changed(everybody)), n=count(everybody.n))
        text = view.t.sentences(text, told)
    return text


SECTION = Section("comparison", 115, build, conclude=conclude)
