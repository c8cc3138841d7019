"""Effective sizes of metrics that are no proportions, by resampling cells instead of rows.

Resampling a million rows moves only the weights of a few cells, so the cells are drawn directly: the Bayesian bootstrap
(Rubin 1981) gives each row an exponential weight, a cell of n equal rows hence a Gamma(n) one, and thousands of
confusion tables of all groups are drawn at once. Where rows form clusters, each cluster has one such weight for all its
rows, in whichever groups they are, so that what clusters share between groups shows as correlation.

The spread s of a share around its mean m over the draws is told as the size of the proportion that spreads as much:
m(1 − m)/s², less what the prior adds. For a metric that is a proportion this is its denominator.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import csr_matrix

from audit.fairness.metrics.forms import Form

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

#: What is allowed for that decisions without clusters have not shown: nothing; 1/classes of a decision in every cell;
#: or that, and that few decisions of a class show too little of its spread.
Unseen = Literal["nothing", "in_cells", "of_classes"]

RESAMPLES = 2000
#: More clusters than this are merged at random: the spread between merged clusters is the same on average.
MOST_CLUSTERS = 4096
#: Draws made at a time, which bounds memory.
CHUNK = 250


@dataclass(frozen=True)
class Cells:
    """Decisions of all groups as confusion cells.

    Attributes
    ----------
    group, truth, predicted : array of shape (cells,)
        Codes from 0.
    w, w2 : array of shape (cells,)
        Σw and Σw² of the cell's decisions.
    shape
        Groups and classes.
    cluster : array of shape (cells,), optional
        Code of the cell's cluster, −1 where each of its rows is a cluster of its own.
    """

    group: Ints
    truth: Ints
    predicted: Ints
    w: Floats
    w2: Floats
    shape: tuple[int, int]
    cluster: Ints | None = None

    @property
    def flat(self) -> Ints:
        """Position of each cell in an array of shape (groups, classes, classes), flattened."""
        classes = self.shape[1]
        return np.asarray((self.group * classes + self.truth) * classes + self.predicted)

    def table(self, values: Floats) -> Floats:
        """Sum values into tables of shape (groups, classes, classes)."""
        groups, classes = self.shape
        sums = np.bincount(self.flat, values, groups * classes**2).astype(np.float64)
        return sums.reshape(groups, classes, classes)


def draw_tables(cells: Cells, resamples: int, rng: np.random.Generator, unseen: Unseen = "nothing") -> Floats:
    """Draw confusion tables by the Bayesian bootstrap.

    Parameters
    ----------
    unseen
        With a prior, what was not seen is not taken for impossible.

    Returns
    -------
    array of shape (resamples, groups, classes, classes)
    """
    groups, classes = cells.shape
    lone = np.ones(len(cells.w), dtype=bool) if cells.cluster is None else cells.cluster < 0
    w, w2 = cells.table(cells.w * lone), cells.table(cells.w2 * lone)
    # A cell of weights w has mean Σw and variance Σw²: a Gamma with as many rows as weights of one size would need.
    overall = w2.sum((1, 2), keepdims=True) / np.maximum(w.sum((1, 2), keepdims=True), 1e-300)
    scale = np.divide(w2, w, out=np.broadcast_to(overall, w.shape).copy(), where=w > 0)
    shape = np.divide(w, scale, out=np.zeros_like(w), where=scale > 0) + (0.0 if unseen == "nothing" else 1 / classes)
    if unseen == "of_classes":
        kept = kept_of_classes(shape, fewer=3)
        shape, scale = shape * kept, scale / kept
    drawn = rng.standard_gamma(shape, (resamples, groups, classes, classes)) * scale
    if not lone.all() and cells.cluster is not None:
        drawn += _draw_clusters(cells, ~lone, resamples, rng)
    return np.asarray(drawn, np.float64)


def kept_of_classes(n: Floats, fewer: int) -> Floats:
    """Share of the decisions of each class from which its recall spreads as widely as it does on average.

    Parameters
    ----------
    n : array of shape (groups, classes, classes)
        Decisions of each cell with the prior, of each class one more than there are.
    fewer
        So many decisions of a class count less. Of k, the share p̂ of the prior and them has the variance p̂(1 − p̂)/k by
        derivatives, p̂(1 − p̂)/(k + 1) where it is resampled; one less than there are, is right on average.

    Returns
    -------
    array of shape (groups, classes, 1)
    """
    total = np.maximum(n.sum(-1, keepdims=True), 1.0)
    return np.asarray(np.maximum(total - fewer, 1.0) / total)


def _draw_clusters(cells: Cells, shared: npt.NDArray[np.bool_], resamples: int, rng: np.random.Generator) -> Floats:
    groups, classes = cells.shape
    codes, names = pd.factorize(cells.cluster[shared] if cells.cluster is not None else np.array([]))
    size = len(names)
    if size > MOST_CLUSTERS:
        codes, size = rng.integers(0, MOST_CLUSTERS, size)[codes], MOST_CLUSTERS
    matrix = csr_matrix((cells.w[shared], (cells.flat[shared], codes)), shape=(groups * classes**2, size))
    out = np.empty((resamples, groups * classes**2))
    for start in range(0, resamples, CHUNK):
        rows = out[start : start + CHUNK]
        rows[:] = (matrix @ rng.standard_exponential((size, len(rows)))).T
    return out.reshape(resamples, groups, classes, classes)


def effective_sizes(
    cells: Cells, form: Form, resamples: int, rng: np.random.Generator, unseen: Unseen = "in_cells"
) -> tuple[Floats, Floats | None]:
    """Effective size of a share in every group, and the correlation between groups where clusters cross them.

    Parameters
    ----------
    unseen
        What is allowed for without clusters; with clusters it is nothing.

    Returns
    -------
    size : array of shape (groups,)
        NaN where nothing varies; the caller knows what the design allows at most.
    correlation : array of shape (groups, groups) or None
    """
    clustered = cells.cluster is not None
    unseen = "nothing" if clustered else unseen
    drawn = form(draw_tables(cells, resamples, rng, unseen))
    mean, spread = drawn.mean(0), drawn.std(0)
    with np.errstate(divide="ignore", invalid="ignore"):
        size = np.where(spread > 1e-12, mean * (1 - mean) / spread**2 - added(unseen, cells.shape[1]), np.nan)
    return np.maximum(size, 0.0), correlations(drawn, spread) if clustered else None


def added(unseen: Unseen, classes: int) -> float:
    """How many decisions the prior adds to an effective size.

    It is worth a decision per class, and the posterior of a proportion of n has m(1 − m)/s² = n + 1. Where few
    decisions of a class are allowed for, that is done class by class.
    """
    return 1.0 + classes if unseen == "in_cells" else 0.0


def correlations(drawn: Floats, spread: Floats) -> Floats:
    """Correlation of the groups' values over draws; zero for a group that does not vary."""
    centred = drawn - drawn.mean(0)
    scaled = np.divide(centred, spread, out=np.zeros_like(centred), where=spread > 1e-12)
    r = np.asarray(scaled.T @ scaled / len(drawn))
    np.fill_diagonal(r, 1.0)
    return r
