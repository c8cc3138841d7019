"""Section 9: what the model decides once the groups in a text are exchanged."""

from __future__ import annotations

from typing import Any

from audit.report.charts import dots
from audit.report.drawing import sides
from audit.report.sections import Section
from audit.report.view import View
from audit.report.wording import Catalogue, count, percent
from audit.result import PairEffect, ShownPair

MOST_CHARTED = 24


def build(view: View) -> dict[str, Any] | None:
    """Numbers per pair of groups, then pairs of texts; nothing where names were exchanged instead."""
    if view.result.exchange is None and view.result.names is not None:
        return None
    probe = view.result.exchange
    if probe is None:
        model = view.result.model
        return {"exchange": None, "task": model.task if model and view.result.config["exchange"] is not None else None}
    pairs = sorted(probe.pairs, key=lambda pair: (-(pair.flip_rate or 0.0), -abs(pair.shift)))
    charted = pairs[:MOST_CHARTED]
    chart = None
    if charted:
        chart = view.add_chart(
            dots(
                view.t("counterfactuals.chart"),
                [pair_name(pair, view.t) for pair in charted],
                [pair.flip_rate for pair in charted],
                [(pair.lower, pair.upper) for pair in charted],
                [False] * len(charted),
                None,
            )
        )
    by_axis: dict[str, list[tuple[str, PairEffect]]] = {}
    for pair in pairs:
        by_axis.setdefault(pair.axis, []).append((pair_name(pair, view.t), pair))
    return {
        "exchange": probe,
        "chart": chart,
        "by_axis": by_axis,
        "refused": sum(probe.refused.values()),
        "shown": [_pair(view, shown) for shown in probe.shown if shown.row_id in view.texts],
        "redacted": bool(probe.shown) and not view.texts,
    }


def pair_name(pair: PairEffect | ShownPair, t: Catalogue) -> str:
    """Name what became what."""
    return t.swap(pair.axis, pair.source, pair.target, both=pair.both)


def _pair(view: View, shown: ShownPair) -> dict[str, Any]:
    explained = [None if side is None else side.model_dump() for side in (shown.original, shown.exchanged)]
    drawings = sides(view.kept(shown.row_id), shown.edits, view.exchanged_image(shown.row_id), *explained)
    decided = (shown.y_pred, shown.f), (shown.y_pred_exchanged, shown.f_exchanged)
    return {
        "shown": shown,
        "name": pair_name(shown, view.t),
        "flip": shown.y_pred != shown.y_pred_exchanged,
        "sides": [(*decision, drawing) for decision, drawing in zip(decided, drawings, strict=True)],
    }


def conclude(view: View) -> str | None:
    """Say how many decisions flipped, and of which exchange most often."""
    probe = view.result.exchange
    if probe is None:
        return view.t("counterfactuals.none") if view.result.config["exchange"] is None else None
    if not probe.pairs:
        return view.t("counterfactuals.no_pairs")
    if any(pair.flips is None for pair in probe.pairs):
        return view.t("conclusion.suppressed")
    flips, exchanges = sum(pair.flips or 0 for pair in probe.pairs), sum(pair.n or 0 for pair in probe.pairs)
    text = view.t("conclusion.counterfactuals", flips=count(flips), n=count(exchanges))
    if flips:
        most = max(probe.pairs, key=lambda pair: (pair.flip_rate or 0.0, pair.n))
        told = view.t("conclusion.counterfactuals.most", pair=pair_name(most, view.t), rate=percent(most.flip_rate))
        text = view.t.sentences(text, told)
    return text


SECTION = Section("counterfactuals", 90, build, conclude=conclude)
