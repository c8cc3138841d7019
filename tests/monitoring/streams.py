"""Streams made of counts alone: no audit is run for them."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import numpy as np

from audit.monitoring.entries import Entry, Gap, Plan, SlicingCounts, WatchedRule


def rule(kind: str = "limit", value: float = 0.1, metric: str = "selection_rate", **changes: Any) -> WatchedRule:
    plain: dict[str, Any] = {
        "name": f"{metric} {kind} {value:g}", "severity": "error", "kind": kind, "value": value, "attributes": ["g"],
        "metric": metric, "cls": "yes", "exempt": [], "min_share": 0.0, "reference": None,
    }  # fmt: skip
    return WatchedRule.model_validate(plain | changes)


def plan(rules: list[WatchedRule] | None = None, attributes: tuple[str, ...] = ("g",), **changes: Any) -> Plan:
    rules = [rule()] if rules is None else rules
    gaps = [Gap(attributes=one.attributes, metric=one.metric, cls=one.cls) for one in rules]
    plain: dict[str, Any] = {
        "level": 0.95, "unit": "auto", "why_windows": None, "tolerance": 0.02, "drift_tolerance": 0.05,
        "changes": "warn", "drift": "warn", "on_inconclusive": "warn", "outcome": "class", "classes": ["no", "yes"],
        "positive_class": "yes", "nothing": None, "rules": rules, "unwatched": [], "attributes": list(attributes),
        "gaps": gaps or [Gap(attributes=[name], metric="selection_rate", cls="yes") for name in attributes],
    }  # fmt: skip
    return Plan.model_validate(plain | changes)


def day(number: int) -> str:
    return (date(2026, 1, 1) + timedelta(days=number)).isoformat()


Cell = tuple[list[str], str | None, str | None, int]


def counts(cells: list[Cell], attributes: tuple[str, ...] = ("g",)) -> SlicingCounts:
    n = [cell[3] for cell in cells]
    return SlicingCounts(
        attributes=list(attributes), outside=[], outputs=None, groups=[cell[0] for cell in cells],
        y_true=[cell[1] for cell in cells], y_pred=[cell[2] for cell in cells], n=n, w=list(map(float, n)),
        w2=list(map(float, n)),
    )  # fmt: skip


def entry(number: int, slicings: list[SlicingCounts], planned: Plan | None = None, **changes: Any) -> Entry:
    first = slicings[0]
    plain: dict[str, Any] = {
        "kind": "window", "start": day(number), "end": day(number + 1), "added": "2026-01-01T00:00:00+00:00",
        "title": "a stream", "run": f"{number:064x}", "model": "m" * 64, "config": "c", "epoch": 1,
        "began": None if planned is None else "first", "reason": None, "plan": planned, "decisions": sum(first.n),
        "labelled": sum(n for n, label in zip(first.n, first.y_true, strict=True) if label is not None),
        "clusters": None, "weighted": False, "slicings": slicings, "lengths": None, "words": None, "vocabulary": None,
    }  # fmt: skip
    return Entry.model_validate(plain | changes)


def decided(rng: np.random.Generator, sizes: dict[str, int], rates: dict[str, float]) -> SlicingCounts:
    """Decisions without labels of every group."""
    cells: list[Cell] = []
    for group, size in sizes.items():
        hits = int(rng.binomial(size, rates[group]))
        cells += [([group], None, "yes", hits), ([group], None, "no", size - hits)]
    return counts(cells)


def labelled(rng: np.random.Generator, sizes: dict[str, int], right: dict[str, tuple[float, float]]) -> SlicingCounts:
    """Labelled decisions: two in five are positive; true and false positive rate of every group."""
    cells: list[Cell] = []
    for group, size in sizes.items():
        positives = int(rng.binomial(size, 0.4))
        for label, n, rate in (("yes", positives, right[group][0]), ("no", size - positives, right[group][1])):
            hits = int(rng.binomial(n, rate))
            cells += [([group], label, "yes", hits), ([group], label, "no", n - hits)]
    return counts(cells)
