"""Which gaps a new version widened, and which it narrowed: every pair of groups in every metric, at one level."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from audit.fairness.compare.change import Changes, pair_changes
from audit.fairness.metrics.names import COMPLEMENTS
from audit.result import Change, GapChange, SlicingFacts

Asked = tuple[str, str | None]


def gap_changes(changes: Sequence[Change], slicings: Sequence[SlicingFacts], level: float) -> list[GapChange]:
    """Bound how far the gaps of every metric went apart, and how far together.

    1 − `level` is shared equally among the slicings, and within a slicing among its metrics and the two directions; so
    with nothing changed anywhere, any lower bound above zero is found in at most 1 − `level` of comparisons.
    Complements (FNR beside TPR) are left out, and groups that stand outside gaps or whose bounds carry no guarantee.
    """
    inside = {
        (tuple(slicing.attributes), tuple(group.values))
        for slicing in slicings
        for group in slicing.groups
        if slicing.attributes and group.in_gaps
    }
    asked: dict[tuple[str, ...], dict[Asked, list[Change]]] = {}
    for change in changes:
        attributes = tuple(change.attributes)
        if (attributes, tuple(change.group)) in inside and _bounded(change):
            asked.setdefault(attributes, {}).setdefault((change.metric, change.cls), []).append(change)
    asked = {at: {key: item for key, item in of.items() if len(item) > 1} for at, of in asked.items()}
    looked = {at: of for at, of in asked.items() if of}
    out = []
    for of in looked.values():
        share = (1 - level) / len(looked) / (2 * len(of))
        for found in of.values():
            out += _both_ways(found, 1 - level, share)
    return out


def _bounded(change: Change) -> bool:
    return change.lower is not None and change.doubt is None and change.metric not in COMPLEMENTS


def _both_ways(found: list[Change], alpha: float, simultaneous: float) -> list[GapChange]:
    forward = Changes.of(found)
    back = replace(
        forward,
        candidate=forward.baseline,
        baseline=forward.candidate,
        sketches=forward.sketches.mirrored() if forward.sketches else None,
    )
    out = []
    for direction, changes in (("widened", forward), ("narrowed", back)):
        bounds = pair_changes(changes, 0.0, alpha, simultaneous)
        a, b = bounds.lower_pair
        if not np.isfinite([bounds.lower, bounds.upper]).all():
            continue
        out.append(
            GapChange.model_validate(
                {
                    "attributes": found[0].attributes,
                    "metric": found[0].metric,
                    "cls": found[0].cls,
                    "direction": direction,
                    "groups": [found[a].group, found[b].group],
                    "before": _apart(found[a].baseline.value, found[b].baseline.value),
                    "after": _apart(found[a].candidate.value, found[b].candidate.value),
                    "lower": bounds.lower,
                    "most": bounds.upper,
                }
            )
        )
    return out


def _apart(one: float | None, other: float | None) -> float:
    return abs((one or 0.0) - (other or 0.0))
