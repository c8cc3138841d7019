"""Confidence intervals of one proportion."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.stats import norm
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
