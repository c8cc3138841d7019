"""How far groups lie apart in one metric: the difference and the ratio of the extremes, with their bounds."""

from __future__ import annotations

from typing import Any

import numpy as np

from audit.fairness.bounds.floor import EVIDENCE_FLOOR
from audit.fairness.bounds.inference import difference_bounds, ratio_bounds
from audit.fairness.compare.values import Values
from audit.result import Disparity, SlicingFacts

#: Reasons that say a group has nothing to measure at all.
ABSENT = frozenset({"no_rows", "no_labels"})


def gaps_of(item: Values, slicing: SlicingFacts, stratum: dict[str, str], level: float) -> list[Disparity]:
    """Take the groups with the lowest and the highest value: their difference, and their ratio."""
    in_gaps = np.array([group.in_gaps for group in slicing.groups], bool)
    defined = ~np.isnan(item.value)
    kept = np.flatnonzero(in_gaps & defined)
    absent = np.array([bool(stratum) and why in ABSENT for why in item.why], bool)
    base: dict[str, Any] = {
        "attributes": slicing.attributes,
        "stratum": stratum,
        "metric": item.metric.name,
        "cls": item.cls,
        "lower": None,
        "upper": None,
        "compared": len(kept),
        "undefined": int((in_gaps & ~defined & ~absent).sum()),
    }
    if len(kept) < 2:
        empty = {**base, "value": None, "worst_group": None, "best_group": None, "note": "fewer_than_two_groups"}
        return [Disparity(aggregate="difference", **empty), Disparity(aggregate="ratio", **empty)]
    low, high = (int(kept[pick(item.value[kept])]) for pick in (np.argmin, np.argmax))
    worst, best = (low, high) if item.metric.better == "high" else (high, low)
    smallest, largest = float(item.value[low]), float(item.value[high])
    note = "undefined_groups_left_out" if base["undefined"] else None
    named = {**base, "worst_group": slicing.groups[worst].values, "best_group": slicing.groups[best].values}
    # Rates (.3, 0) have the ratio 0; of (0, 0) there is none.
    ratio = smallest / largest if largest > 0 and smallest >= 0 else None
    bounds: dict[str, dict[str, Any]] = {"difference": {}, "ratio": {}}
    alpha = 1 - level
    # A standard error of a handful of decisions is itself a guess.
    sure = kept[item.sure[kept]]
    if item.error is not None:
        sure = sure[(item.effective >= EVIDENCE_FLOOR)[sure]]
    if not item.sure[kept].all():
        note = note or "no_guarantee"
    if len(sure) == len(kept):
        estimates = item.among(sure)
        found = difference_bounds(estimates, alpha)
        bounds["difference"] = {"lower": found.lower, "upper": found.upper}
        if ratio is not None:
            found = ratio_bounds(estimates, alpha)
            bounds["ratio"] = {"lower": found.lower, "upper": found.upper}
    return [
        Disparity(aggregate="difference", value=largest - smallest, note=note, **(named | bounds["difference"])),
        Disparity(
            aggregate="ratio",
            value=ratio,
            note=note if ratio is not None else "ratio_of_zeros",
            **(named | bounds["ratio"]),
        ),
    ]


def compose(criterion: str, parts: list[Disparity]) -> Disparity:
    """Take the worse of the parts: the widest difference, the smallest ratio. Undefined if any part is."""
    worst = parts[0]
    for part in parts[1:]:
        if worst.value is None:
            break
        if part.value is None or (part.value > worst.value) == (part.aggregate == "difference"):
            worst = part
    return worst.model_copy(update={"metric": criterion})
