"""Decisions that changed between two versions of a model: how many, which way, and in which group more than in others.

Whether a decision changed is an outcome of that decision like any other, so its share is bounded as a selection rate
is: by Clopper and Pearson where every decision counts once, at effective sizes where rows have weights or form
clusters. Shares of the two directions are of all decisions too, so that they add up to the share that changed.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from audit.fairness.bounds.inference import one_sided
from audit.fairness.compare.clear_gaps import clear_gaps
from audit.fairness.compare.disparities import Compared
from audit.fairness.compare.frame import evaluate
from audit.fairness.compare.paired import SUMS, PairedTally
from audit.fairness.compare.values import GroupedCells, Values
from audit.fairness.metrics.definitions import known_metrics
from audit.fairness.metrics.names import FLIPS
from audit.result import ClearGaps, FlipRate, Flips, SlicingFacts

Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]
NO, YES = "no", "yes"


def changed_decisions(
    tallies: list[tuple[PairedTally, Ints, SlicingFacts]], positive: str | None, level: float
) -> tuple[list[Flips], ClearGaps]:
    """Count what changed in every group, bound its shares, and find groups where more changed than in others.

    Parameters
    ----------
    tallies
        Per slicing: what both versions decided, the group of each cell (−1 for none), and its groups.
    level
        Of the intervals; and, over all slicings, ways of changing and pairs of groups together, of the gaps.
    """
    flips: list[Flips] = []
    compared: list[Compared] = []
    for tally, codes, slicing in tallies:
        found = {kind: _shares(tally, codes, len(slicing.groups), kind, positive, level) for kind in FLIPS}
        known = {kind: shares for kind, shares in found.items() if shares is not None}
        counted = {kind: _counts(tally, codes, len(slicing.groups), kind, positive) for kind in known}
        flips += [
            Flips(
                attributes=slicing.attributes,
                group=group.values,
                n=int(counted["changed"][1][code]),
                rates=[_rate(kind, shares, counted[kind], code) for kind, shares in known.items()],
            )
            for code, group in enumerate(slicing.groups)
        ]
        compared.append(Compared(slicing=slicing, pooled=list(known.values())))
    return flips, clear_gaps(compared, level)


def _rate(kind: str, shares: Values, counted: tuple[Ints, Ints], code: int) -> FlipRate:
    def of(numbers: npt.NDArray[np.float64] | None) -> float | None:
        return None if numbers is None or np.isnan(numbers[code]) else float(numbers[code])

    known = of(shares.value) is not None
    return FlipRate.model_validate(
        {
            "kind": kind,
            "n": int(counted[1][code]),
            "flips": int(counted[0][code]),
            "rate": of(shares.value),
            "lower": of(shares.lower) if known else None,
            "upper": of(shares.upper) if known else None,
            "effective_n": of(shares.effective) if known else None,
            "clusters": of(shares.clusters) if known else None,
            "doubt": shares.doubt[code] if shares.doubt and known else None,
        }
    )


def _outcome(cells: pd.DataFrame, kind: str, positive: str | None) -> tuple[Bools, Bools] | None:
    """Which cells changed in this way, among which; None where nothing can change so."""
    truth, after, before = (cells[name].astype(object).to_numpy() for name in ("y_true", "y_pred", "y_before"))
    labelled, everything = cells["y_true"].notna().to_numpy(bool), np.ones(len(cells), bool)
    changed = after != before
    if kind == "changed":
        return changed, everything
    if kind in {"to_positive", "to_negative"}:
        side = after if kind == "to_positive" else before
        return None if positive is None else (changed & (side == positive), everything)
    right = truth == (before if kind == "newly_wrong" else after)
    return (changed & right & labelled, labelled) if labelled.any() else None


def _counts(tally: PairedTally, codes: Ints, groups: int, kind: str, positive: str | None) -> tuple[Ints, Ints]:
    """Decisions that changed in this way, and those that could, of every group."""
    found = _outcome(tally.cells, kind, positive)
    n = tally.cells["n"].to_numpy(np.int64)
    hit, among = found or (np.zeros(len(n), bool),) * 2
    counted = [np.bincount(codes[at & (codes >= 0)], n[at & (codes >= 0)], groups) for at in (hit, among)]
    return counted[0].astype(np.int64), counted[1].astype(np.int64)


def _shares(
    tally: PairedTally, codes: Ints, groups: int, kind: str, positive: str | None, level: float
) -> Values | None:
    """Share of decisions that changed in this way, with its bounds, in every group."""
    found = _outcome(tally.cells, kind, positive)
    if found is None:
        return None
    hit, among = found
    clusters = ["cluster"] if tally.slicing.clustered else []
    kept = among & (codes >= 0)
    cells = tally.cells.loc[kept, [*clusters, *SUMS]].assign(
        group=codes[kept], y_true=None, y_pred=np.where(hit[kept], YES, NO).astype(object)
    )
    grouped = _grouped(cells, ["group", "y_pred"], groups)
    if clusters:
        grouped = replace(grouped, by_cluster=_grouped(cells, ["group", "y_pred", "cluster"], groups))
    metric = replace(known_metrics()["selection_rate"], name=FLIPS[kind])
    (values,) = evaluate(grouped, [metric], classes=[NO, YES], asked=[YES], alpha=1 - level)
    # Flips are rare and few, where Wilson's intervals of metrics miss too often: exact ones.
    lower, upper = one_sided(values.among(np.arange(groups)), (1 - level) / 2)
    return replace(values, cls=None, lower=lower, upper=upper)


def _grouped(cells: pd.DataFrame, keys: list[str], groups: int) -> GroupedCells:
    summed = cells.groupby(keys, dropna=False, as_index=False, sort=True)[SUMS].sum().assign(y_true=None)
    return GroupedCells(summed, summed["group"].to_numpy(np.int64), groups)
