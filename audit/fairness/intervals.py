"""Confidence intervals of proportions and of their differences."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.stats import hypergeom, norm
from scipy.stats import t as student
from statsmodels.stats.proportion import proportion_confint

Floats = npt.NDArray[np.float64]


def wilson(rate: Floats, size: Floats, alpha: float, clusters: Floats | None = None) -> tuple[Floats, Floats]:
    """Wilson score interval at an effective sample size.

    Parameters
    ----------
    rate
        Share.
    size
        Effective number of independent decisions: the count, if all weigh the same and none belong together.
    alpha
        One minus the two-sided confidence level.
    clusters
        Number of clusters the size was estimated from. Few of them estimate it badly; the size is then scaled by the
        squared ratio of the normal to Student's quantile (Korn and Graubard 1998).

    Returns
    -------
    lower, upper
        NaN where the size is zero.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        effective = np.where(size > 0, size, np.nan)
        if clusters is not None:
            freedom = np.maximum(clusters - 1, 1)
            effective = effective * (norm.ppf(alpha / 2) / student.ppf(alpha / 2, freedom)) ** 2
        lower, upper = proportion_confint(rate * effective, effective, alpha=alpha, method="wilson")
    return np.asarray(lower, float), np.asarray(upper, float)


def newcombe_lower(rate: Floats, lower: Floats, upper: Floats) -> Floats:
    """Lower bounds of all pairwise differences, from the groups' Wilson bounds (Newcombe 1998, method 10).

    Parameters
    ----------
    rate, lower, upper : array of shape (groups,)
        Rates with their Wilson bounds at the level wanted for a difference.

    Returns
    -------
    array of shape (groups, groups)
        Entry [i, j] bounds rate[i] − rate[j] from below.
    """
    difference = rate[:, None] - rate[None, :]
    return np.asarray(
        difference - np.sqrt((rate - lower)[:, None] ** 2 + (upper - rate)[None, :] ** 2), dtype=np.float64
    )


def fisher_greater(high: tuple[Floats, Floats], low: tuple[Floats, Floats]) -> Floats:
    """One-sided p-values of Fisher's exact test that the first rate is the larger one.

    Parameters
    ----------
    high, low
        Counts and sizes of the two sides, arrays of one shape, rounded to whole numbers. The test holds its level in
        groups of any size, where score intervals do not: of eight decisions at a true rate of 2 %, a hit or two is rare
        but not as rare as they say.
    """
    (k, n), (rest, size) = (np.round(high), np.round(low))
    return np.asarray(hypergeom.sf(k - 1, n + size, k + rest, n), dtype=np.float64)
