"""The area under the ROC curve, with an interval that knows weights and clusters.

It is the weighted share of pairs in the right order; its error is by linearisation over clusters, of the placements of
DeLong et al. (1988); its interval is Student's on the logit scale, with Satterthwaite's degrees of freedom from both
classes.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.special import expit, logit
from scipy.stats import t as student

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


def weighted_auc(score: Floats, label: Ints, weight: Floats, cluster: Ints, alpha: float) -> tuple[float, float, float]:
    """Weighted AUC of scores, ties as half, with its two-sided interval.

    Parameters
    ----------
    score, label, weight, cluster : array of shape (rows,)
        Labels are 1 and 0, both present; clusters are codes from 0.
    alpha
        One minus the two-sided level.

    Returns
    -------
    auc, lower, upper
    """
    ones, zeros = label == 1, label == 0
    placed = np.zeros(len(score))
    placed[ones] = _below(score[zeros], weight[zeros], score[ones])
    placed[zeros] = 1 - _below(score[ones], weight[ones], score[zeros])
    auc = float(np.average(placed[ones], weights=weight[ones]))
    residual = np.zeros(len(score))
    sizes = []
    for mine in (ones, zeros):
        residual[mine] = weight[mine] * (placed[mine] - auc) / weight[mine].sum()
        whole = np.bincount(cluster[mine], weight[mine])
        sizes.append(float(whole.sum() ** 2 / (whole**2).sum()))
    if auc <= 0 or auc >= 1:
        # Every pair is in order. Were the AUC θ, independent pairs would all be so with θ to their number.
        edge = float(alpha / 2) ** (1 / min(sizes))
        return (auc, edge, 1.0) if auc >= 1 else (auc, 0.0, 1 - edge)
    parts = [float((np.bincount(cluster[mine], residual[mine]) ** 2).sum()) for mine in (ones, zeros)]
    if not sum(parts):
        # One score for all orders nothing, in any sample; else clusters cancel, and nothing is known of the spread.
        return (auc, auc, auc) if np.all(score == score[0]) else (auc, 0.0, 1.0)
    factors = [size / max(size - 1, 1e-9) for size in sizes]
    variance = float((np.bincount(cluster, residual) ** 2).sum()) * max(factors)
    freedom = sum(parts) ** 2 / sum(part**2 / max(size - 1, 1.0) for part, size in zip(parts, sizes, strict=True))
    half = float(student.isf(alpha / 2, freedom)) * np.sqrt(variance) / (auc * (1 - auc))
    return auc, float(expit(logit(auc) - half)), float(expit(logit(auc) + half))


def _below(others: Floats, weight: Floats, at: Floats) -> Floats:
    """Weighted share of others that stand below each place; half of those that stand there."""
    order = np.argsort(others, kind="stable")
    edges = np.concatenate([[0.0], np.cumsum(weight[order])])
    left, right = (np.searchsorted(others[order], at, side=side) for side in ("left", "right"))
    return np.asarray((edges[left] + edges[right]) / 2 / edges[-1], np.float64)
