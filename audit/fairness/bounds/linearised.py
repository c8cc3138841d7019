"""Effective sizes of averages over many classes, from derivatives instead of resamples.

Resampling draws a whole confusion table per resample, which a hundred classes make ten thousand cells. The variance of
a smooth function of the cells follows from its derivative g by each cell (the infinitesimal jackknife, Efron 1982):
Σ w²·g² over independent decisions, and Σ z² over clusters with z = Σ w·g. Every cell is given the 1/classes of a
decision that resampling gives it, so that what was not seen is not taken for impossible.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix

from audit.fairness.bounds.resample import RESAMPLES, Cells, Unseen, added, kept_of_classes
from audit.fairness.metrics.forms import SLOPES, Form

Floats = npt.NDArray[np.float64]

#: Numbers to draw, above which resampling gives way.
MOST_DRAWN = 40_000_000
#: Cells of tables held at a time.
CHUNK = 4_000_000


def too_many_to_draw(shape: tuple[int, int]) -> bool:
    """Whether tables of so many groups and classes are too large to be resampled."""
    groups, classes = shape
    return groups * classes**2 * RESAMPLES > MOST_DRAWN and classes > 2


def linearised_sizes(cells: Cells, form: Form, unseen: Unseen = "in_cells") -> tuple[Floats, Floats | None]:
    """Effective size of a share in every group, and the correlation between groups where clusters cross them.

    Parameters
    ----------
    unseen
        What is allowed for without clusters; with clusters it is nothing.

    Returns
    -------
    size : array of shape (groups,)
        NaN where nothing varies.
    correlation : array of shape (groups, groups) or None
    """
    groups, classes = cells.shape
    unseen = "nothing" if cells.cluster is not None else unseen
    value, variance = np.zeros(groups), np.zeros(groups)
    influence = np.zeros(len(cells.w))
    step = max(1, CHUNK // classes**2)
    for start in range(0, groups, step):
        here = (cells.group >= start) & (cells.group < start + step)
        part = Cells(
            cells.group[here] - start,
            cells.truth[here],
            cells.predicted[here],
            cells.w[here],
            cells.w2[here],
            (min(step, groups - start), classes),
        )
        w, w2 = part.table(part.w), part.table(part.w2)
        scale = np.divide(
            w2.sum((1, 2)), w.sum((1, 2)), out=np.zeros(len(w)), where=w.sum((1, 2)) > 0
        )[:, None, None]  # fmt: skip
        prior = 0.0 if unseen == "nothing" else 1 / classes
        w, w2 = w + scale * prior, w2 + scale**2 * prior
        if unseen == "of_classes":
            n = np.divide(w**2, w2, out=np.zeros_like(w), where=w2 > 0)
            w2 = w2 / kept_of_classes(n, fewer=2)
        slope = SLOPES[form](w)
        value[start : start + step] = form(w)
        variance[start : start + step] = (w2 * slope**2).sum((1, 2))
        influence[here] = slope[part.group, part.truth, part.predicted]
    correlation = None
    if cells.cluster is not None:
        variance, correlation = _between_clusters(cells, cells.cluster, influence)
    with np.errstate(divide="ignore", invalid="ignore"):
        size = np.where(variance > 1e-24, value * (1 - value) / variance - added(unseen, classes), np.nan)
    return np.maximum(size, 0.0), correlation


def _between_clusters(cells: Cells, cluster: npt.NDArray[np.int64], influence: Floats) -> tuple[Floats, Floats]:
    """Variance of every group's value from the spread between clusters, and the correlation of the groups' values."""
    groups = cells.shape[0]
    shared = cluster >= 0
    names, code = np.unique(cluster[shared], return_inverse=True)
    z = csr_matrix(
        ((cells.w * influence)[shared], (cells.group[shared], code)), shape=(groups, max(len(names), 1))
    )  # fmt: skip
    present = csr_matrix((np.ones(shared.sum()), (cells.group[shared], code)), shape=z.shape)
    count = np.diff(present.tocsr().indptr).astype(np.float64)
    covariance = np.asarray((z @ z.T).todense(), np.float64)
    alone = np.bincount(cells.group[~shared], (cells.w2 * influence**2)[~shared], groups)
    count += np.bincount(cells.group[~shared], minlength=groups)
    correction = np.divide(count, count - 1, out=np.ones(groups), where=count > 1)
    variance = (np.diag(covariance) + alone) * correction
    norm = np.sqrt(np.where(variance > 0, np.diag(covariance) + alone, 1.0))
    r = covariance / np.outer(norm, norm)
    np.fill_diagonal(r, 1.0)
    return variance, np.asarray(np.clip(r, -1.0, 1.0))
