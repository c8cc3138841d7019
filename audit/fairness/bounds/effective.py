"""Effective sample sizes: how many independent, equally weighted decisions a proportion is worth.

With weights alone it is Kish's (Σw)²/Σw². With clusters it follows from the spread between clusters, by linearisation
of the ratio (Woodruff 1971): a cluster's residual is z = Σ w·(numerator − rate·denominator), the variance of the rate
is C/(C − 1)·Σz²/(Σw)², and the effective size is rate·(1 − rate) over that variance. It is never taken above Kish's: a
design that looks better than independence is mostly luck.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import csr_matrix

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


def kish(weight: Floats, weight_squared: Floats) -> Floats:
    """(Σw)²/Σw², zero where there is nothing (Kish 1965)."""
    return np.divide(weight**2, weight_squared, out=np.zeros_like(weight), where=weight_squared > 0)


def clustered(
    cells: pd.DataFrame, groups: Ints, rate: Floats, numerator: Bools, denominator: Bools
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

    Returns
    -------
    size, clusters : array of shape (groups,)
        Effective size, and the number of clusters with anything in the denominator.
    correlation : array of shape (groups, groups) or None
        Of the groups' rates; None where no cluster is in two groups.
    """
    kept = denominator & (cells["w"].to_numpy(np.float64) > 0)
    groups, cells, hit = groups[kept], cells[kept], numerator[kept].astype(np.float64)
    weight, squared = cells["w"].to_numpy(np.float64), cells["w2"].to_numpy(np.float64)
    n_groups = len(rate)

    def total(values: Floats, where: Bools, by: Ints = groups, size: int = n_groups) -> Floats:
        return np.bincount(by[where], values[where], size).astype(np.float64)

    residual = hit - np.nan_to_num(rate)[groups]
    lone = cells["cluster"].isna().to_numpy(bool)
    shared = ~lone
    # A row without a cluster is one of its own: its cell's Σw² stands for the sum over its rows.
    spread, blocks = total(squared * residual**2, lone), total(squared, lone)
    clusters = total(cells["n"].to_numpy(np.float64), lone)
    correlation = None
    if shared.any():
        pairs = pd.MultiIndex.from_arrays([groups[shared], cells["cluster"][shared]])
        codes, first = pd.factorize(pairs)
        owner = first.get_level_values(0).to_numpy(np.int64)
        everywhere = np.ones(len(codes), dtype=bool)
        z = total((weight * residual)[shared], everywhere, codes, len(first))
        w = total(weight[shared], everywhere, codes, len(first))
        each = np.ones(len(first), dtype=bool)
        spread += total(z**2, each, owner)
        blocks += total(w**2, each, owner)
        clusters += total(np.ones(len(first)), each, owner)
        correlation = _correlation(z, owner, pd.factorize(first.get_level_values(1))[0], spread)
    all_of = np.ones(len(weight), dtype=bool)
    sum_w, sum_w2 = total(weight, all_of), total(squared, all_of)
    with np.errstate(divide="ignore", invalid="ignore"):
        correction = np.where(clusters > 1, clusters / (clusters - 1), np.inf)
        size = rate * (1 - rate) / (correction * spread / sum_w**2)
    # A rate of 0 or 1 shows no spread at all; then every cluster counts as one decision of its weight.
    known = (rate > 0) & (rate < 1) & (spread > 0)
    return np.where(known, np.minimum(size, kish(sum_w, sum_w2)), kish(sum_w, blocks)), clusters, correlation


def _correlation(z: Floats, owner: Ints, cluster: Ints, spread: Floats) -> Floats | None:
    """Correlation of rates from residuals per group and cluster, where some cluster is in several groups."""
    if len(np.unique(cluster)) == len(cluster):
        return None
    matrix = csr_matrix((z, (owner, cluster)), shape=(len(spread), int(cluster.max()) + 1))
    norm = np.sqrt(np.where(spread > 0, spread, 1.0))
    r = np.asarray((matrix @ matrix.T).todense()) / np.outer(norm, norm)
    np.fill_diagonal(r, 1.0)
    return np.asarray(np.clip(r, -1.0, 1.0), np.float64)


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
