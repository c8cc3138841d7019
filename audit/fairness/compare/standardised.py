"""Rates with the controls held fixed: what each group's rate would be with everybody's mix of strata.

Direct standardisation: the group's rate in each stratum, weighted by the stratum's share of all groups' denominators.
Only strata in which every group has a denominator can be compared, so the others are left out.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from audit.fairness.bounds.intervals import wilson
from audit.fairness.compare.frame import Values

Floats = npt.NDArray[np.float64]


def standardise(strata: list[list[Values]], in_gaps: npt.NDArray[np.bool_], alpha: float) -> list[Values]:
    """Standardise every proportion over strata.

    Parameters
    ----------
    strata
        Per stratum the same metrics in the same order, over the same groups.
    in_gaps : array of shape (groups,)
        Groups that decide which strata are common.
    alpha
        One minus the two-sided level of the intervals.

    Returns
    -------
    list of Values
        With the effective size of a proportion that would vary as much. Undefined where no stratum is common.
    """
    out = []
    for same in zip(*strata, strict=True):
        if same[0].metric.numerator is None:
            continue
        value, size = np.array([v.value for v in same]), np.array([v.effective for v in same])
        n = np.array([v.n for v in same])
        present = n.sum(0) > 0
        common = (n > 0)[:, in_gaps & present].all(1) & ~np.isnan(value)[:, in_gaps & present].any(1)
        if not common.any() or not (in_gaps & present).any():
            none = np.full(len(in_gaps), np.nan)
            nowhere: list[str | None] = ["no_common_stratum"] * len(in_gaps)
            out.append(
                replace(same[0], value=none, lower=none, upper=none, n=n.sum(0), why=nowhere, effective=none * 0)
            )
            continue
        value, size, n = value[common], size[common], n[common]
        share = n[:, in_gaps].sum(1) / n[:, in_gaps].sum()
        with np.errstate(invalid="ignore", divide="ignore"):
            rate = share @ value
            # A rate of 0 or 1 in a small stratum is not known for certain.
            shrunk = (value * size + 0.5) / (size + 1)
            effective = rate * (1 - rate) / (share**2 @ (shrunk * (1 - shrunk) / size))
        effective = np.where(np.isnan(rate), 0.0, np.minimum(np.nan_to_num(effective), size.sum(0)))
        effective = np.where((rate <= 0) | (rate >= 1), size.min(0), effective)
        clusters = None
        if all(v.clusters is not None for v in same):
            clusters = np.sum([v.clusters for v in same if v.clusters is not None], axis=0)
        lower, upper = wilson(rate, effective, alpha, clusters)
        reasons: list[str | None] = [None if not np.isnan(r) else "no_common_stratum" for r in rate]
        made = Values(same[0].metric, same[0].cls, rate, lower, upper, n.sum(0), reasons, effective, clusters)
        out.append(made.doubted(*(v.doubt or [] for v in same)))
    return out
