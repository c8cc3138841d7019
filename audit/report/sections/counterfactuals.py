"""Section 9: what the model decides once the groups in a text are exchanged."""

from __future__ import annotations

from typing import Any

from audit.report.charts import dots
from audit.report.marked import heat
from audit.report.sections import Section
from audit.report.view import View
from audit.result import PairEffect, ShownPair
from audit.terms.edits import apply_edits, edited_spans

MOST_CHARTED = 24


def build(view: View) -> dict[str, Any] | None:
    """Numbers per pair of groups, then pairs of texts; nothing where names were exchanged instead."""
    if view.result.probe is None and view.result.names is not None:
        return None
    probe = view.result.probe
    if probe is None:
        model = view.result.model
        return {"probe": None, "task": model.task if model and view.result.config["probe"] is not None else None}
    pairs = sorted(probe.pairs, key=lambda pair: (-pair.flip_rate, -abs(pair.shift)))
    charted = pairs[:MOST_CHARTED]
    chart = None
    if charted:
        chart = view.add_chart(
            dots(
                view.t("counterfactuals.chart"),
                [pair_name(pair) for pair in charted],
                [pair.flip_rate for pair in charted],
                [(pair.lower, pair.upper) for pair in charted],
                [False] * len(charted),
                None,
            )
        )
    by_axis: dict[str, list[tuple[str, PairEffect]]] = {}
    for pair in pairs:
        by_axis.setdefault(pair.axis, []).append((pair_name(pair), pair))
    return {
        "probe": probe,
        "chart": chart,
        "by_axis": by_axis,
        "refused": sum(probe.refused.values()),
        "shown": [_pair(view, shown) for shown in probe.shown if shown.row_id in view.texts],
        "redacted": bool(probe.shown) and not view.texts,
    }


def pair_name(pair: PairEffect | ShownPair) -> str:
    """Name what became what."""
    return f"{pair.source} {'↔' if pair.both else '→'} {pair.target}"


def _pair(view: View, shown: ShownPair) -> dict[str, Any]:
    text = view.texts[shown.row_id]
    after = apply_edits(text, shown.edits)
    return {
        "shown": shown,
        "name": pair_name(shown),
        "flip": shown.y_pred != shown.y_pred_exchanged,
        "sides": [
            _side(shown, text, "original", shown.y_pred, shown.f, [(edit.start, edit.end) for edit in shown.edits]),
            _side(shown, after, "exchanged", shown.y_pred_exchanged, shown.f_exchanged, edited_spans(shown.edits)),
        ],
    }


def _side(
    shown: ShownPair, text: str, which: str, decision: str, f: float, spans: list[tuple[int, int]]
) -> tuple[str, float, list[tuple[str, bool]], list[dict[str, Any]] | None]:
    return decision, f, _cut(text, spans), _heat(text, shown, which)


def _heat(text: str, shown: ShownPair, which: str) -> list[dict[str, Any]] | None:
    """Heat map of one side, on a scale that both sides share."""
    if shown.original is None or shown.exchanged is None:
        return None
    strongest = max(
        (abs(value) for side in (shown.original, shown.exchanged) for value in side.attributions),
        default=0.0,
    )
    side = shown.original if which == "original" else shown.exchanged
    return heat(text, side.model_dump(), strongest=strongest)


def _cut(text: str, spans: list[tuple[int, int]]) -> list[tuple[str, bool]]:
    pieces: list[tuple[str, bool]] = []
    at = 0
    for start, end in spans:
        pieces += [(text[at:start], False), (text[start:end], True)]
        at = end
    return [*pieces, (text[at:], False)]


SECTION = Section("counterfactuals", 90, build)
