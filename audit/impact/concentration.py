"""Who bears the wrong decisions: the smallest groups' share of them, against their share of people."""

from __future__ import annotations

import numpy as np
import pandas as pd

from audit.fairness.bounds.doubt import ONE_CLUSTER
from audit.fairness.bounds.effective import clustered, weighted
from audit.fairness.bounds.inference import Estimates
from audit.impact.grouped import Sliced, bounds_of, number
from audit.result.social import Borne, Concentration

#: The smallest groups are those that hold together at most this share of the people.
SMALL = 0.2


def concentration(sliced: Sliced) -> Concentration | None:
    """Say which share of all wrong decisions the smallest groups bear; None of fewer than two groups.

    Which groups these are goes by their size alone, so their share of errors is an ordinary proportion.
    """
    cells, codes = sliced.tally.cells, sliced.codes(sliced.tally)
    kept = cells["y_true"].notna().to_numpy(bool) & np.isin(codes, sliced.compared)
    cells, codes = cells[kept].reset_index(drop=True), codes[kept]
    weight = cells["w"].to_numpy(np.float64)
    people = np.bincount(codes, weight, len(sliced.groups))
    order = [code for code in np.argsort(people, kind="stable").tolist() if people[code] > 0]
    if len(order) < 2:
        return None
    wrong = (cells["y_true"] != cells["y_pred"]).to_numpy(bool)
    errors = np.bincount(codes[wrong], weight[wrong], len(sliced.groups))
    total = float(people.sum())
    upto = np.cumsum(people[order]) / total
    small = order[: max(1, int((upto <= SMALL + 1e-12).sum()))]
    found = _share(cells[wrong], np.isin(codes[wrong], small))
    low, high = bounds_of(found, sliced.alpha / 2)
    known = float(errors.sum()) > 0
    borne = np.cumsum(errors[order]) / (float(errors.sum()) or 1.0)
    alone = found.clusters is not None and known and found.clusters[0] < 2
    return Concentration(
        attributes=sliced.facts.attributes,
        groups=[sliced.groups[code].values for code in small],
        errors=int(cells["n"].to_numpy()[wrong].sum()),
        people_share=float(people[small].sum() / total),
        errors_share=number(found.value[0]),
        lower=number(low[0]),
        upper=number(high[0]),
        curve=[
            Borne(group=sliced.groups[code].values, people=min(float(upto[i]), 1.0), errors=min(float(borne[i]), 1.0))
            for i, code in enumerate(order)
        ]
        if known
        else [],
        note=None if known else "no_errors",
        doubt=ONE_CLUSTER if alone else None,
    )


def _share(errors: pd.DataFrame, small: np.ndarray) -> Estimates:
    """Share of the wrong decisions that are of the smallest groups."""
    weight, squared = (errors[name].to_numpy(np.float64) for name in ("w", "w2"))
    if weight.sum() <= 0:
        return Estimates(np.array([np.nan]), np.zeros(1))
    value = np.array([weight[small].sum() / weight.sum()])
    sums = [np.array([one[side].sum()]) for side in (small, ~small) for one in (weight, squared)]
    effective = weighted(*sums)
    if "cluster" not in errors:
        return Estimates(value, effective)
    owner, everything = np.zeros(len(errors), np.int64), np.ones(len(errors), bool)
    effective, clusters, _ = clustered(errors, owner, value, small, everything, effective)
    return Estimates(value, effective, clusters)
