"""Confidence intervals of one proportion."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from statsmodels.stats.proportion import proportion_confint

Floats = npt.NDArray[np.float64]


def wilson(rate: Floats, weight: Floats, weight_squared: Floats, alpha: float) -> tuple[Floats, Floats]:
    """Wilson score interval, for weighted decisions at their effective size.

    Parameters
    ----------
    rate
        Weighted share.
    weight, weight_squared
        Σw and Σw² of the denominator. The effective size is (Σw)²/Σw² (Kish 1965): the count, if all weigh the same.
    alpha
        One minus the two-sided confidence level.

    Returns
    -------
    lower, upper
        NaN where the denominator is empty.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        size = np.where(weight > 0, weight**2 / weight_squared, np.nan)
        lower, upper = proportion_confint(rate * size, size, alpha=alpha, method="wilson")
    return np.asarray(lower, float), np.asarray(upper, float)
