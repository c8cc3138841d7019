"""Hypotheses on a grid of values: bounds of a gap or a rate, and the capital against "it never changed".

A bound is the last value up to which everything is refused. The lower one says: the gap was above this in at least one
window; the upper one: it was below this in at least one. While nothing changes, the gap lies between them. When they
cross, something has changed: no value is left that the gap could have had all the time (Shekhar and Ramdas 2023).
"""

from __future__ import annotations

import numpy as np

from audit.monitoring.process import Hypotheses
from audit.monitoring.projection import Floats


def grid_of_gaps() -> Floats:
    """Gaps from −1 to 1, the closer together the nearer to 0; the negative of each is in it."""
    half = np.concatenate([np.arange(0, 0.1, 0.005), np.arange(0.1, 0.3, 0.01), np.arange(0.3, 1.001, 0.05)]).round(4)
    return np.concatenate([-half[:0:-1], half])


def grid_of_rates() -> Floats:
    """Rates from 0 to 1, the closer together the nearer to either end; 1 minus each is in it."""
    low = np.concatenate([[0.0], np.geomspace(0.001, 0.02, 9), np.arange(0.03, 0.5, 0.01)])
    return np.concatenate([low, [0.5], 1 - low[::-1]]).round(5)


def of_gaps(values: Floats) -> Hypotheses:
    """Say that θ₁ − θ₂ is at most each value."""
    one = np.ones_like(values)
    return Hypotheses(one, one, values)


def of_rates(values: Floats) -> Hypotheses:
    """Say that θ is at most each value."""
    return Hypotheses(np.ones_like(values), np.zeros_like(values), values)


def bounds(rising: Floats, falling: Floats, values: Floats, needed: float) -> tuple[Floats, Floats]:
    """Read both bounds.

    Parameters
    ----------
    rising
        Logarithm of the capital against "at most each value", with `values` in the last axis.
    falling
        The same against "at least", in the same order of values.
    needed
        Logarithm of the capital at which a value is refused.

    Returns
    -------
    lower, upper
        The ends of the grid where nothing is refused.
    """
    # Nothing lies beyond the ends of the grid, so that these are not tested.
    below = np.logical_and.accumulate(rising[..., 1:] >= needed, axis=-1).sum(-1)
    above = np.logical_and.accumulate(falling[..., -2::-1] >= needed, axis=-1).sum(-1)
    return values[below], values[len(values) - 1 - above]


def log_of_change(rising: Floats, falling: Floats, values: Floats, tolerance: float) -> Floats:
    """Logarithm of the capital against "it stayed within a band as wide as the tolerance, wherever that lies".

    Parameters
    ----------
    rising, falling
        As `bounds` takes them.
    """
    # Of a band from c to c + tolerance with c between two values: the next value upwards, and the one below c.
    low = np.arange(len(values) - 1)
    high = np.minimum(np.searchsorted(values, values[1:] + tolerance - 1e-9), len(values) - 1)
    both = np.logaddexp(rising[..., high], falling[..., low]) - np.log(2.0)
    return np.asarray(both.min(-1))
