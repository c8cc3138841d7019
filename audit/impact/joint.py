"""Share of everybody who belongs to a group and whom something befalls: what a year's decisions are multiplied by.

A number per year is decisions times this share. It is bounded as one proportion of all decisions, so that how large a
group is counts as unsure, too, where it is known from the sample alone.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from audit.fairness.bounds.effective import clustered, kish, weighted
from audit.fairness.bounds.inference import Estimates
from audit.fairness.metrics.sets import Where
from audit.fairness.metrics.tables import Bools, Floats, Ints
from audit.fairness.tally import SUMS, Tally
from audit.impact.harms import HarmRates


def joint_shares(
    tally: Tally, groups: Ints, size: int, everybody: Tally, harm: HarmRates, cls: str, where: Where
) -> Estimates:
    """Estimate the share of all decisions that are of a group and of some kind.

    Parameters
    ----------
    tally
        Of the slicing; kept apart by cluster where rows form clusters.
    groups : array of shape (cells,)
        Group code of each cell.
    size
        Number of groups.
    everybody
        Each decision once, also where it belongs to several groups.
    where
        Which decisions are counted.

    Returns
    -------
    Estimates
        NaN where no decision can be looked at.
    """
    cells, rest = tally.cells, everybody.cells[harm.known(everybody.cells)]
    hit = harm.cells(cells, cls, where)
    total = rest[["w", "w2"]].sum().to_numpy(np.float64)
    hits, squared = (
        np.bincount(groups[hit], cells[name].to_numpy(np.float64)[hit], size).astype(np.float64) for name in ("w", "w2")
    )
    if total[0] <= 0:
        none = np.full(size, np.nan)
        return Estimates(none, np.zeros(size))
    value = hits / total[0]
    effective = weighted(hits, squared, np.maximum(total[0] - hits, 0.0), np.maximum(total[1] - squared, 0.0))
    effective = np.minimum(effective, kish(total[:1], total[1:])[0])
    if not tally.slicing.clustered:
        return Estimates(value, effective)
    spread = _with_rest(cells[hit], groups[hit], size, rest)
    counted = spread["hit"].to_numpy(bool)
    effective, clusters, _ = clustered(
        spread, spread["owner"].to_numpy(np.int64), value, counted, np.ones(len(spread), bool), effective
    )
    return Estimates(value, effective, clusters)


def _with_rest(hits: pd.DataFrame, groups: Ints, size: int, rest: pd.DataFrame) -> pd.DataFrame:
    """For every group, its hits by cluster, and all other decisions of these and other clusters."""
    names = pd.unique(rest["cluster"].dropna())
    codes = pd.Index(names, dtype=object)

    def by_cluster(frame: pd.DataFrame, kept: Bools) -> dict[str, Floats]:
        at = codes.get_indexer(pd.Index(frame["cluster"][kept], dtype=object)) + 1
        return {
            name: np.bincount(at, frame[name].to_numpy(np.float64)[kept], len(names) + 1).astype(np.float64)
            for name in SUMS
        }

    whole = by_cluster(rest, np.ones(len(rest), bool))
    cluster = np.concatenate([[None], names]).astype(object)
    frames = []
    for owner in range(size):
        mine = by_cluster(hits, groups == owner)
        for hit, sums in ((True, mine), (False, {name: np.maximum(whole[name] - mine[name], 0.0) for name in SUMS})):
            kept = sums["w"] > 1e-12
            part = pd.DataFrame({name: sums[name][kept] for name in SUMS})
            frames.append(part.assign(cluster=cluster[kept], hit=hit, owner=owner))
    return pd.concat(frames, ignore_index=True)
