"""Every two of several values compared: difference, interval, p value."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from audit.fairness.bounds.inference import Estimates, contrast

Floats = npt.NDArray[np.float64]

#: A p value below this is one.
LEAST_P = 1e-12


@dataclass(frozen=True)
class Pair:
    """Two values; `low` and `high` are their places.

    Attributes
    ----------
    lower, upper
        Of the difference of these two alone.
    p_value
        Two-sided: the level at which the bounds of the difference reach 0.
    """

    low: int
    high: int
    difference: float
    lower: float
    upper: float
    p_value: float


def pairs_of(estimates: Estimates, level: float) -> Iterator[Pair]:
    """Compare every two.

    Parameters
    ----------
    level
        Of the intervals.
    """
    if len(estimates.value) < 2:
        return
    lower, upper = contrast(estimates, (1 - level) / 2)
    p = _p_values(estimates)
    for i in range(len(estimates.value)):
        for j in range(i):
            low, high = (i, j) if estimates.value[i] <= estimates.value[j] else (j, i)
            difference = float(estimates.value[high] - estimates.value[low])
            yield Pair(low, high, difference, float(lower[high, low]), float(upper[high, low]), float(p[high, low]))


def _p_values(estimates: Estimates) -> Floats:
    """P value of every pair, the first above the second."""
    groups = len(estimates.value)
    p = np.ones((groups, groups))
    # Bounds are those of all pairs at one tail, so all are looked for together, on tails that fall by a tenth.
    for tail in np.geomspace(0.49, LEAST_P, 260):
        beyond = contrast(estimates, float(tail))[0] > 0
        if not beyond.any():
            break
        p[beyond] = 2 * tail
    return p
