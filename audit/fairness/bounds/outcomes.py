"""Rates and means of outcomes of single decisions, with bounds that know weights and clusters."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import t as student

from audit.fairness.bounds.effective import clustered, weighted
from audit.fairness.bounds.inference import Estimates, one_sided

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Rate:
    """A share of decisions: how often, of how many, and its two-sided bounds."""

    n: int
    hits: int
    value: float | None
    effective_n: float | None
    clusters: float | None
    lower: float | None
    upper: float | None


@dataclass(frozen=True)
class Mean:
    """A weighted mean with its standard error and two-sided bounds."""

    value: float
    error: float
    lower: float
    upper: float


def rate_of(hits: npt.NDArray[np.bool_], weight: Floats, cluster: pd.Series | None, alpha: float) -> Rate:
    """Share of decisions that were hit.

    Parameters
    ----------
    hits, weight : array of shape (decisions,)
    cluster
        Cluster of each decision, None for those that are clusters of their own; None if there are no clusters.
    alpha
        One minus the two-sided level.
    """
    cells = pd.DataFrame({"hit": hits, "n": 1.0, "w": weight, "w2": weight**2})
    return rate_of_cells(cells.assign(cluster=None if cluster is None else cluster.to_numpy(object)), alpha)


def rate_of_cells(cells: pd.DataFrame, alpha: float) -> Rate:
    """Share of decisions that were hit, from sums: memory then holds clusters, not decisions.

    Parameters
    ----------
    cells
        `hit`, `n` decisions, `w` = Σw, `w2` = Σw², and `cluster`, None for decisions that are clusters of their own.
    alpha
        One minus the two-sided level.
    """
    hit, n = cells["hit"].to_numpy(bool), cells["n"].to_numpy(np.float64)
    weight, squared = (cells[name].to_numpy(np.float64) for name in ("w", "w2"))
    decisions, hits, total = int(n.sum()), int(n[hit].sum()), float(weight.sum())
    if not decisions or total <= 0:
        return Rate(decisions, hits, None, None, None, None, None)
    value = float(weight[hit].sum() / total)
    clusters: Floats | None = None
    sums = [np.array([float(column[where].sum())]) for where in (hit, ~hit) for column in (weight, squared)]
    size = weighted(*sums)
    if cells["cluster"].notna().any():
        everywhere = np.ones(len(cells), bool)
        size, clusters, _ = clustered(cells, np.zeros(len(cells), np.int64), np.array([value]), hit, everywhere, size)
    lower, upper = one_sided(Estimates(np.array([value]), size, clusters), alpha / 2)
    return Rate(
        decisions, hits, value, float(size[0]), float(clusters[0]) if clusters is not None else None,
        float(lower[0]), float(upper[0]),
    )  # fmt: skip


def mean_of(values: Floats, weight: Floats, cluster: pd.Series | None, alpha: float) -> Mean:
    """Weighted mean, its error by linearisation over clusters (Woodruff 1971)."""
    total = float(weight.sum())
    mean = float((weight * values).sum() / total)
    residual = weight * (values - mean)
    if cluster is not None and cluster.notna().any():
        lone = cluster.isna().to_numpy(bool)
        codes, _ = pd.factorize(cluster[~lone])
        residual = np.concatenate([residual[lone], np.bincount(codes, residual[~lone])])
    blocks = len(residual)
    if blocks < 2:
        return Mean(mean, float("inf"), float("-inf"), float("inf"))
    error = float(np.sqrt(blocks / (blocks - 1) * (residual**2).sum()) / total)
    half = float(student.isf(alpha / 2, blocks - 1)) * error
    return Mean(mean, error, mean - half, mean + half)
