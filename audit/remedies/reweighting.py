"""Weights by group and label under which the label does not go with the group (Kamiran and Calders 2012).

W(g, y) = P(g)·P(y) / P(g, y). A model that is trained with them sees every label equally often in every group. They are
computed from the labelled rows of the audit; rows that are trained on may be others.
"""

from __future__ import annotations

import numpy as np

from audit.fairness.compare.grouping import group_of
from audit.fairness.tally import Tally
from audit.result import SlicingFacts
from audit.result.remedies import ReweightedCell, Reweighting


def reweighting(facts: SlicingFacts, tally: Tally, classes: list[str]) -> Reweighting | None:
    """Tell the weight of every group and label; None where no row is labelled."""
    cells = tally.pooled_over_clusters()
    cells = cells[cells["y_true"].isin(classes)].reset_index(drop=True)
    if cells.empty or cells["w"].sum() <= 0:
        return None
    names = [tuple(group.values) for group in facts.groups]
    found = {name: code for code, name in enumerate(names)}
    at = np.asarray(group_of(cells, tally.slicing.group_columns).map(found), np.int64) * len(classes)
    at = at + np.array([classes.index(label) for label in cells["y_true"]], np.int64)
    shape = (len(names), len(classes))
    n, w = (
        np.bincount(at, cells[name].to_numpy(np.float64), shape[0] * shape[1]).reshape(shape) for name in ("n", "w")
    )
    joint = w / w.sum()
    expected = joint.sum(1, keepdims=True) * joint.sum(0, keepdims=True)
    weight = np.divide(expected, joint, out=np.full(shape, np.nan), where=joint > 0)
    used = np.nan_to_num(weight)
    squared = float((n * used**2).sum())
    return Reweighting(
        attributes=facts.attributes,
        cells=[
            ReweightedCell(
                group=list(name),
                label=label,
                n=int(n[i, j]),
                observed=float(joint[i, j]),
                expected=float(expected[i, j]),
                weight=None if np.isnan(weight[i, j]) else float(weight[i, j]),
                note="no_rows" if np.isnan(weight[i, j]) else None,
            )
            for i, name in enumerate(names)
            for j, label in enumerate(classes)
        ],
        effective_share=float((n * used).sum() ** 2 / (n.sum() * squared)) if squared > 0 else None,
    )
