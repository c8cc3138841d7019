"""Section 10: how well decisions explain themselves, by group, and heat maps of single decisions."""

from __future__ import annotations

import hashlib
from typing import Any

from audit.fairness.metrics.names import EXPLAINED_RATE
from audit.report.charts import MUTED, SERIES, histogram, stacked_bars
from audit.report.heads import head
from audit.report.sections import Section
from audit.report.view import ShownDecision, View
from audit.report.wording import count, group_name
from audit.result import Explanations, OutcomeCounts
from audit.result.facts import attribute_label
from audit.result.outcomes import EXPLAINED
from audit.store.columns import group_column

#: What the tests said of one explanation.
FACTS = ("named", "removed", "followed", "wrong_signs", "comprehensiveness", "content", "gradients")
#: Explained, weak, unexplained: what is not known is grey.
OUTCOME_COLOURS = (*SERIES[:2], MUTED)
MOST_GROUPS_CHARTED = 24
QUANTILES = (0.5, 0.75, 0.9, 0.95, 1.0)


def build(view: View) -> dict[str, Any]:
    """Outcomes, reasons, words, what was checked, then decisions."""
    explained = view.result.explanations
    if explained is None:
        return {"explained": None}
    everybody = _everybody(explained)
    by_slicing: dict[str, list[Any]] = {}
    for item in explained.outcomes:
        if len(item.attributes) == 1:
            rate = view.metric(item.attributes, item.group, EXPLAINED_RATE, EXPLAINED)
            adjusted = next(
                (
                    value
                    for value in view.result.adjusted
                    if (value.attributes, value.group, value.metric) == (item.attributes, item.group, EXPLAINED_RATE)
                ),
                None,
            )
            by_slicing.setdefault(group_name(item.attributes), []).append((item, rate, adjusted))
    names = [attribute_label(attribute) for attribute in view.result.config["attributes"]]
    return {
        "explained": explained,
        "everybody": everybody,
        "chart": _chart(view, explained),
        "outcome_chart": _outcome_chart(view, by_slicing),
        "quantiles": [(q, _quantile(explained.errors, q)) for q in QUANTILES] if explained.errors else [],
        "by_slicing": by_slicing,
        "words": _words(explained),
        "redacted": not view.text_available,
        "says": view.t("conclusion.explanations.shown", n=len(view.shown)) if view.text_available else None,
        "decisions": [_decision(view, item, names) for item in view.shown],
    }


def _outcome_chart(view: View, by_slicing: dict[str, list[Any]]) -> Any:
    groups = [item for rows in by_slicing.values() for item, _, _ in rows]
    if not groups or len(groups) > MOST_GROUPS_CHARTED:
        return None
    series = {
        view.t(f"outcome.{name}"): [getattr(item, name) for item in groups]
        for name in ("explained", "weak", "unexplained")
    }
    labels = [view.t.pair(group_name(item.attributes), group_name(item.group)) for item in groups]
    return view.add_chart(stacked_bars(view.t("explanations.outcomes.chart"), labels, series, OUTCOME_COLOURS))


def _words(explained: Explanations) -> list[tuple[str, str | None, list[tuple[str, list[Any]]]]]:
    """Words per class, for everybody first and then per group of each attribute."""
    tables: dict[tuple[str, str | None], dict[str, list[Any]]] = {}
    for item in explained.words:
        tables.setdefault((item.cls, item.attribute), {}).setdefault(item.group or "", []).append(item)
    return [(cls, attribute, list(groups.items())) for (cls, attribute), groups in tables.items()]


def _chart(view: View, explained: Explanations) -> Any:
    if not explained.errors:
        return None
    width = explained.tolerance / 5
    bins = 20
    counts = [0] * (bins + 1)
    for error in explained.errors:
        counts[min(int(error / width), bins)] += 1
    last = max((i for i, n in enumerate(counts) if n), default=0)
    used = max(last + 1, 6)
    edges = [width * i for i in range(used + 1)]
    words = view.t("explanations.chart"), view.t("explanations.chart.x"), view.t("explanations.chart.y")
    return view.add_chart(histogram(words[0], edges, counts[:used], words[1], words[2], explained.tolerance))


def _quantile(ordered: list[float], q: float) -> float:
    return ordered[min(len(ordered) - 1, round(q * (len(ordered) - 1)))]


def decision_anchor(row_id: str) -> str:
    """Name an explained decision's place in the page, whatever its id is made of."""
    return "decision-" + hashlib.sha256(row_id.encode()).hexdigest()[:10]


def _decision(view: View, item: ShownDecision, names: list[str]) -> dict[str, Any]:
    decision, explanation = item.decision, item.explanation or {}
    return {
        "row_id": item.row_id,
        "anchor": decision_anchor(item.row_id),
        "groups": [(name, decision[group_column(name)]) for name in names],
        "head": head(decision, view.t),
        "f_input": explanation["f_input"],
        "f_baseline": explanation["f_baseline"],
        "error": explanation["error_share"],
        "outcome": explanation["outcome"],
        "reason": explanation["reason"],
        "baseline": explanation["baseline"],
        "scale": explanation["scale"],
        # Shown where there is something of it: special tokens are the same at both ends of the path.
        "frame": explanation["frame"] if round(explanation["frame"] or 0.0, 3) else None,
        "facts": {name: explanation[name] for name in FACTS},
        "drawing": view.draw(item.row_id, explanation),
    }


def _everybody(explained: Explanations) -> OutcomeCounts:
    return next(item for item in explained.outcomes if not item.attributes)


def conclude(view: View) -> str:
    """Say of how many decisions the explanation held its tests."""
    explained = view.result.explanations
    if explained is None:
        return view.t("explanations.none")
    found = _everybody(explained)
    if found.explained is None:
        return view.t("conclusion.suppressed")
    counts = {name: count(getattr(found, name)) for name in ("explained", "weak", "unexplained")}
    return view.t("summary.quality", sampled=count(explained.sampled), **counts)


SECTION = Section("explanations", 100, build, conclude=conclude)
