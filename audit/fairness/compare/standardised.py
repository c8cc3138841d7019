"""Rates with the controls held fixed: what each group's rate would be with everybody's mix of strata.

Direct standardisation: the group's rate in each stratum, weighted by the stratum's share of the denominators of the
groups that are compared, by weight. Only strata in which each of these groups has a denominator can be compared; which
groups those are is for the rule to say, so that a group which a rule leaves out decides no strata of it.

A standardised rate varies as Σ share²·(variance within the stratum) where rows are independent. Clusters may lie in
several strata: then what a cluster adds to the whole rate is summed over its strata first (linearisation, Woodruff
1971). In a small stratum a cluster pulls the rate towards itself, so its residual is taken from the rate of the others
(the jackknife; Bell and McCaffrey 2002).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from audit.fairness.bounds.doubt import ONE_CLUSTER, first_of
from audit.fairness.bounds.effective import residuals, weighted
from audit.fairness.bounds.intervals import wilson
from audit.fairness.compare.values import Values
from audit.fairness.metrics.definitions import Metric

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class FineCells:
    """Cells kept apart by cluster, of all strata.

    Attributes
    ----------
    cells
        Cells of a clustered tally.
    group, stratum : array of shape (cells,)
        Codes.
    classes
        All classes, in the order of their codes.
    """

    cells: pd.DataFrame
    group: Ints
    stratum: Ints
    classes: list[str]

    def counted(self, metric: Metric, cls: str | None) -> tuple[Bools, Bools]:
        """Which cells a proportion counts, and which of them are hits."""
        codes = {name: number for number, name in enumerate(self.classes)} if cls is None else {cls: 1}
        other = -1 if cls is None else 0
        truth, predicted = (
            np.array([codes.get(label, other) for label in self.cells[column]], np.int64)
            for column in ("y_true", "y_pred")
        )
        base = metric.needs[0](truth, predicted) & (self.cells["w"].to_numpy(np.float64) > 0)
        if metric.needs_labels:
            base &= self.cells["y_true"].notna().to_numpy(bool)
        if cls is not None and "output" in self.cells:
            base &= (self.cells["output"] == cls).to_numpy(bool)
        return base, base & metric.numerator(truth, predicted) if metric.numerator else base


@dataclass(frozen=True)
class Standardised:
    """A metric with the controls held fixed, and the share of the compared groups' denominators it rests on."""

    values: Values
    support: float


def standardise(
    strata: list[list[Values]], compared: Bools, alpha: float, fine: FineCells | None = None
) -> list[Standardised]:
    """Standardise every proportion over strata.

    Parameters
    ----------
    strata
        Per stratum the same metrics in the same order, over the same groups.
    compared : array of shape (groups,)
        Groups that decide which strata are common, and how strata are mixed.
    alpha
        One minus the two-sided level of the intervals.
    fine
        The same decisions by cluster, where rows form clusters.

    Returns
    -------
    list of Standardised
        With the effective size of a proportion that would vary as much. Undefined where no stratum is common.
    """
    out = []
    for same in zip(*strata, strict=True):
        if same[0].metric.numerator is None:
            continue
        value, n = np.array([v.value for v in same]), np.array([v.n for v in same])
        weight = np.nan_to_num(np.array([v.n if v.weight is None else v.weight for v in same], np.float64))
        present = compared & (n.sum(0) > 0)
        common = (weight > 0)[:, present].all(1) & ~np.isnan(value)[:, present].any(1)
        mass = weight[:, compared].sum()
        if not common.any() or not present.any():
            out.append(Standardised(_nothing(same[0], n.sum(0)), 0.0))
            continue
        share = np.where(common, weight[:, compared].sum(1), 0.0)
        support, share = float(share.sum() / mass), share / share.sum()
        with np.errstate(invalid="ignore"):
            rate = share[common] @ value[common]
        known = n[common].sum(0)
        if fine is None:
            size, clusters, correlation = _independent(same, share, rate, common), None, None
        else:
            size, clusters, correlation = _over_clusters(fine, same[0], share, rate, value, weight)
        lower, upper = wilson(rate, size, alpha, clusters)
        reasons: list[str | None] = [None if not np.isnan(r) else "no_common_stratum" for r in rate]
        made = Values(
            same[0].metric, same[0].cls, rate, lower, upper, known, reasons, size, clusters, None, correlation
        )
        lone = [None] * len(rate) if clusters is None else [ONE_CLUSTER if c < 2 else None for c in clusters]
        # That a group lies in one cluster within a stratum says nothing of all strata together.
        others = [[None if code == ONE_CLUSTER else code for code in v.doubt or []] for v in same]
        out.append(Standardised(made.doubted(lone, first_of(*others)), support))
    return out


def _nothing(values: Values, n: Ints) -> Values:
    none = np.full(len(n), np.nan)
    nowhere: list[str | None] = ["no_common_stratum"] * len(n)
    return replace(
        values, value=none, lower=none, upper=none, n=n, why=nowhere, effective=none * 0, clusters=None,
        correlation=None, doubt=None,
    )  # fmt: skip


def _independent(same: tuple[Values, ...], share: Floats, rate: Floats, common: Bools) -> Floats:
    """Effective size from the variances within strata."""
    value, size = (np.array([getattr(v, name) for v in same])[common] for name in ("value", "effective"))
    share = share[common]
    with np.errstate(invalid="ignore", divide="ignore"):
        # A rate of 0 or 1 in a small stratum is not known for certain.
        shrunk = (value * size + 0.5) / (size + 1)
        effective = rate * (1 - rate) / (share**2 @ (shrunk * (1 - shrunk) / size))
    effective = np.where(np.isnan(rate), 0.0, np.minimum(np.nan_to_num(effective), size.sum(0)))
    return np.where((rate <= 0) | (rate >= 1), size.min(0), effective)


def _over_clusters(
    fine: FineCells, values: Values, share: Floats, rate: Floats, value: Floats, weight: Floats
) -> tuple[Floats, Floats, Floats | None]:
    """Effective size, clusters and correlation, from what each cluster adds to the whole standardised rate."""
    base, hit = fine.counted(values.metric, values.cls)
    kept = base & (share[fine.stratum] > 0)
    cells, group, stratum = fine.cells[kept].reset_index(drop=True), fine.group[kept], fine.stratum[kept]
    hit = hit[kept]
    known = np.nan_to_num(rate)
    w, w2 = (cells[name].to_numpy(np.float64) for name in ("w", "w2"))
    inside = weight[stratum, group]
    per_weight = np.divide(share[stratum], inside, out=np.zeros_like(w), where=inside > 0)
    # What part of its group's stratum each cluster is: of a row without one, its own weight.
    lone = cells["cluster"].isna().to_numpy(bool)
    part = np.divide(w2, w * inside, out=np.zeros_like(w), where=(w > 0) & (inside > 0))
    codes = pd.factorize(pd.MultiIndex.from_arrays([group, stratum, cells["cluster"].astype(object)]))[0]
    held = np.bincount(codes, w)[codes]
    part = np.where(lone, part, np.divide(held, inside, out=np.zeros_like(w), where=inside > 0))
    alone = part > 1 - 1e-9
    within = np.nan_to_num(value)[stratum, group]
    residual = np.where(
        alone, hit - known[group], np.divide(hit - within, 1 - part, out=np.zeros_like(w), where=~alone)
    )
    groups = len(rate)
    found = residuals(cells, group, groups, residual * per_weight, per_weight, hit == (known[group] <= 0.5))
    sums = [
        np.bincount(group[where], values[where], groups).astype(np.float64)
        for where in (hit, ~hit)
        for values in (w * per_weight, w2 * per_weight**2)
    ]
    most = weighted(*sums)
    size, clusters, correlation = found.size(known, most)
    return np.where(np.isnan(rate), 0.0, size), clusters, correlation
