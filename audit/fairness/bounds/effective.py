"""Effective sample sizes: how many independent, equally weighted decisions a proportion is worth.

With weights alone it is the smaller of two. Kish's, (Σw)²/Σw², holds where weights do not go with the outcome. The
linearised one follows from the residuals, Σw²(y − p)²/(Σw)² (Woodruff 1971), which for a proportion comes to
Σw / (v₁(1 − p) + v₀p) with v₁ and v₀ the mean weight of a unit of weight among hits and among misses, Σw²/Σw. A group
with few hits knows little of what the next one would weigh, so v₁ and v₀ are drawn towards those of all groups, by as
much as `PRIOR` decisions. With equal weights both sizes are the count.

With clusters it follows from the spread between clusters, by linearisation of the ratio: a cluster's residual is
z = Σ w·(numerator − rate·denominator), the variance of the rate is C/(C − 1)·Σz²/(Σw)², and the effective size is
rate·(1 − rate) over that variance. It is never taken above the size without clusters: a design that looks better than
independence is mostly luck. What shows how clusters differ are those in which the rarer outcome occurs; where these are
few, one hit in a large cluster would look like an independent decision. So the variance is drawn towards that of
clusters in which all decisions agree, by as much as `CLUSTER_PRIOR`·√u clusters with hits. Here u is how likely the
next cluster is to show none: with t of C clusters showing hits (C − t + 1)/(C + 2), Laplace's rule of succession.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import csr_matrix

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

#: What a group's decisions would weigh that it has not shown counts as much as so many of its decisions.
PRIOR = 2.0
#: How clusters differ that a group has not shown counts at most as much as so many of its clusters with hits. Chosen
#: by simulation (docs/statistics.md): without it verdicts on few clusters with hits err; and where most clusters show
#: hits, drawing by a whole cluster costs power for nothing.
CLUSTER_PRIOR = 1.0


def kish(weight: Floats, weight_squared: Floats) -> Floats:
    """(Σw)²/Σw², zero where there is nothing (Kish 1965)."""
    return np.divide(weight**2, weight_squared, out=np.zeros_like(weight), where=weight_squared > 0)


def weighted(hits: Floats, hits_squared: Floats, misses: Floats, misses_squared: Floats) -> Floats:
    """Effective size of a proportion in every group, from Σw and Σw² of its hits and of its misses.

    Parameters
    ----------
    hits, hits_squared, misses, misses_squared : array of shape (groups,)
    """
    weight = hits + misses
    whole = kish(weight, hits_squared + misses_squared)
    rate = np.divide(hits, weight, out=np.zeros_like(weight), where=weight > 0)
    each = _weight_of_one(hits, hits_squared) * (1 - rate) + _weight_of_one(misses, misses_squared) * rate
    # Where an outcome occurs in no group at all, nothing shows what it would weigh.
    size = np.divide(weight, each, out=whole.copy(), where=each > 0)
    # Equal weights leave the count as it is, to the last digit.
    return np.where(size < whole * (1 - 1e-9), size, whole)


def _weight_of_one(weight: Floats, squared: Floats) -> Floats:
    """Σw²/Σw of one outcome in every group, drawn towards that of all groups; zero where the outcome occurs nowhere."""
    total = float(weight.sum())
    if total <= 0:
        return np.zeros_like(weight)
    everywhere = float(squared.sum()) / total
    return np.asarray((squared + PRIOR * everywhere**2) / (weight + PRIOR * everywhere))


@dataclass(frozen=True)
class Residuals:
    """What every cluster adds to every group's value.

    Attributes
    ----------
    z, share : array of shape (blocks,)
        Sum of a cluster's influences on the value of a group, and its share of the group's weight.
    owner, cluster : array of shape (blocks,)
        Group and cluster.
    mixed : array of shape (blocks,)
        Whether the rarer outcome of the group occurs in it.
    lone_variance, lone_blocks, lone_count, lone_mixed : array of shape (groups,)
        The same sums over rows that are clusters of their own: of squared influences, of squared shares, and counts.
    """

    z: Floats
    share: Floats
    owner: Ints
    cluster: Ints
    mixed: Bools
    lone_variance: Floats
    lone_blocks: Floats
    lone_count: Floats
    lone_mixed: Floats

    def size(self, rate: Floats, most: Floats) -> tuple[Floats, Floats, Floats | None]:
        """Effective size of each value, number of clusters, and correlation between groups that share clusters.

        Parameters
        ----------
        most : array of shape (groups,)
            Effective size without clusters.
        """
        groups = len(rate)

        def total(values: Floats) -> Floats:
            return np.bincount(self.owner, values, groups).astype(np.float64)

        spread = self.lone_variance + total(self.z**2)
        blocks = self.lone_blocks + total(self.share**2)
        clusters = self.lone_count + total(np.ones(len(self.z)))
        telling = self.lone_mixed + total(self.mixed.astype(np.float64))
        with np.errstate(divide="ignore", invalid="ignore"):
            correction = np.where(clusters > 1, clusters / (clusters - 1), 1.0)
            # Variances relative to rate·(1 − rate): as seen, at least as without clusters, and if clusters agree.
            seen = np.nan_to_num(correction * spread / (rate * (1 - rate)), nan=0.0, posinf=np.inf)
            seen = np.maximum(seen, np.where(most > 0, 1 / most, np.inf))
            agreed = np.maximum(blocks, np.where(most > 0, 1 / most, np.inf))
            # Where every row is its own cluster both are the same.
            prior = CLUSTER_PRIOR * np.sqrt((clusters - telling + 1) / (clusters + 2))
            drawn = (telling * seen + prior * np.maximum(agreed, seen)) / (telling + prior)
            size = np.where((clusters > 0) & (drawn > 0), 1 / drawn, 0.0)
        size = np.where(clusters > 1, size, np.where(clusters > 0, kish(np.ones(groups), blocks), 0.0))
        return np.minimum(size, most), clusters, self._correlation(spread)

    def _correlation(self, spread: Floats) -> Floats | None:
        if len(np.unique(self.cluster)) == len(self.cluster):
            return None
        matrix = csr_matrix((self.z, (self.owner, self.cluster)), shape=(len(spread), int(self.cluster.max()) + 1))
        norm = np.sqrt(np.where(spread > 0, spread, 1.0))
        r = np.asarray((matrix @ matrix.T).todense()) / np.outer(norm, norm)
        np.fill_diagonal(r, 1.0)
        return np.asarray(np.clip(r, -1.0, 1.0), np.float64)


def residuals(
    cells: pd.DataFrame, groups: Ints, size: int, influence: Floats, share: Floats, rarer: Bools
) -> Residuals:
    """Sum influences over clusters; a row without a cluster is one of its own.

    Parameters
    ----------
    cells
        Cells kept apart by cluster, with `n`, `w`, `w2` and `cluster`.
    groups : array of shape (cells,)
        Group code of each cell.
    influence, share : array of shape (cells,)
        Per unit of weight: what a decision of the cell adds to its group's value, and to its weight of one.
    rarer : array of shape (cells,)
        Whether the cell holds the rarer outcome of its group.
    """
    weight, squared, n = (cells[name].to_numpy(np.float64) for name in ("w", "w2", "n"))
    lone = cells["cluster"].isna().to_numpy(bool)

    def total(values: Floats) -> Floats:
        return np.bincount(groups[lone], values[lone], size).astype(np.float64)

    codes, first = pd.factorize(pd.MultiIndex.from_arrays([groups[~lone], cells["cluster"][~lone]]))
    blocks = len(first)
    owner = first.get_level_values(0).to_numpy(np.int64) if blocks else np.zeros(0, np.int64)
    cluster = pd.factorize(first.get_level_values(1))[0].astype(np.int64) if blocks else np.zeros(0, np.int64)

    def by_block(values: Floats) -> Floats:
        return np.bincount(codes, values[~lone], blocks).astype(np.float64)

    return Residuals(
        by_block(weight * influence),
        by_block(weight * share),
        owner,
        cluster,
        by_block(weight * rarer) > 0,
        # Of rows in one cell, the sum of squares is Σw² times the square.
        total(squared * influence**2),
        total(squared * share**2),
        total(n),
        total(n * rarer),
    )


def clustered(
    cells: pd.DataFrame, groups: Ints, rate: Floats, numerator: Bools, denominator: Bools, most: Floats
) -> tuple[Floats, Floats, Floats | None]:
    """Effective size of a proportion in every group, from cells that are kept apart by cluster.

    Parameters
    ----------
    cells
        Cells of a clustered tally.
    groups : array of shape (cells,)
        Group code of each cell.
    rate : array of shape (groups,)
        The proportion in each group.
    numerator, denominator : array of shape (cells,)
        Which cells count.
    most : array of shape (groups,)
        Effective size without clusters.

    Returns
    -------
    size, clusters : array of shape (groups,)
        Effective size, and the number of clusters with anything in the denominator.
    correlation : array of shape (groups, groups) or None
        Of the groups' rates; None where no cluster is in two groups.
    """
    kept = denominator & (cells["w"].to_numpy(np.float64) > 0)
    groups, cells, hit = groups[kept], cells[kept], numerator[kept]
    weight = np.bincount(groups, cells["w"].to_numpy(np.float64), len(rate)).astype(np.float64)
    share = np.divide(1.0, weight, out=np.zeros_like(weight), where=weight > 0)[groups]
    known = np.nan_to_num(rate)
    influence = (hit.astype(np.float64) - known[groups]) * share
    found = residuals(cells, groups, len(rate), influence, share, hit == (known[groups] <= 0.5))
    return found.size(known, most)


def drawn_to(size: Floats, agreed: Floats, clusters: Floats) -> Floats:
    """Effective size from few clusters, drawn towards the size if all decisions of a cluster agree."""
    with np.errstate(divide="ignore", invalid="ignore"):
        seen = 1 / size
        drawn = (clusters * seen + CLUSTER_PRIOR * np.maximum(1 / agreed, seen)) / (clusters + CLUSTER_PRIOR)
    return np.where((size > 0) & (agreed > 0), 1 / np.maximum(drawn, 1e-300), 0.0)


def cluster_blocks(cells: pd.DataFrame, groups: Ints, size: int) -> tuple[Floats, Floats]:
    """Effective number and number of clusters in every group, each cluster one decision of its weight."""
    weight, squared = cells["w"].to_numpy(np.float64), cells["w2"].to_numpy(np.float64)
    lone = cells["cluster"].isna().to_numpy(bool)
    blocks = np.bincount(groups[lone], squared[lone], size).astype(np.float64)
    clusters = np.bincount(groups[lone], cells["n"].to_numpy(np.float64)[lone], size).astype(np.float64)
    if not lone.all():
        codes, first = pd.factorize(pd.MultiIndex.from_arrays([groups[~lone], cells["cluster"][~lone]]))
        owner = first.get_level_values(0).to_numpy(np.int64)
        blocks += np.bincount(owner, np.bincount(codes, weight[~lone], len(first)) ** 2, size)
        clusters += np.bincount(owner, minlength=size)
    return kish(np.bincount(groups, weight, size).astype(np.float64), blocks), clusters
