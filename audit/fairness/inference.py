"""Bounds on what separates two groups, from each group's rate and effective size alone.

A gap has two bounds that answer two questions. Its *simultaneous lower bound* holds for all pairs of the comparison at
once (Bonferroni): beyond a limit, it shows a disparity that is not just one of many looks. Its *upper bound* is the
largest of the pairs' one-sided upper bounds, none of them corrected, since all pairs have to lie within the limit for
the gap to do so (intersection–union test, Berger 1982): within the limit, it shows equivalence.

The bound of p_i − c·p_j follows from bounds of p_i and p_j by the method of variance estimates recovery (Zou and Donner
2008), which for c = 1 and Wilson bounds is Newcombe's. Wilson bounds are too narrow where hits or misses are few, and
the more so the higher the level, so there the bounds are Clopper and Pearson's.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.stats import beta, norm
from scipy.stats import t as student

Floats = npt.NDArray[np.float64]

#: With fewer hits or misses than this in a group, its bounds are exact ones.
FEW = 15.0
#: With fewer effective decisions than this in the denominator, nothing is known of a group.
EVIDENCE_FLOOR = 10.0


@dataclass(frozen=True)
class Rates:
    """One proportion in several groups.

    Attributes
    ----------
    rate, effective : array of shape (groups,)
        Share, and effective number of decisions it is a share of.
    clusters : array of shape (groups,), optional
        Clusters the effective size was estimated from.
    """

    rate: Floats
    effective: Floats
    clusters: Floats | None = None

    def resized(self, least: float) -> Rates:
        """Pretend that every group had at least so many effective decisions, with the same rates."""
        return Rates(self.rate, np.maximum(self.effective, least), None)


def one_sided(rates: Rates, tail: float) -> tuple[Floats, Floats]:
    """Lower and upper bound of each group's rate, each missing it with probability `tail`."""
    size = rates.effective
    if rates.clusters is not None:
        freedom = np.maximum(rates.clusters - 1, 1)
        size = size * (norm.ppf(tail) / student.ppf(tail, freedom)) ** 2
    z, p = norm.isf(tail), rates.rate
    middle = (p + z**2 / (2 * size)) / (1 + z**2 / size)
    half = z / (1 + z**2 / size) * np.sqrt(p * (1 - p) / size + z**2 / (4 * size**2))
    hits, misses = p * size, (1 - p) * size
    with np.errstate(invalid="ignore"):
        low = np.where(hits > 0, beta.ppf(tail, hits, misses + 1), 0.0)
        high = np.where(misses > 0, beta.isf(tail, hits + 1, misses), 1.0)
    few = np.minimum(hits, misses) < FEW
    lower, upper = np.where(few, low, middle - half), np.where(few, high, middle + half)
    return np.clip(lower, 0.0, p), np.clip(upper, p, 1.0)


def contrast(rates: Rates, tail: float) -> tuple[Floats, Floats]:
    """One-sided lower and upper bounds of p_i − p_j for all pairs.

    Returns
    -------
    lower, upper : array of shape (groups, groups)
    """
    return _contrast(rates.rate, *one_sided(rates, tail), 1.0)


def _contrast(p: Floats, low: Floats, high: Floats, c: Floats | float) -> tuple[Floats, Floats]:
    """Bounds of p_i − c·p_j from bounds of each rate."""
    below, above, difference = p - low, high - p, p[:, None] - c * p[None, :]
    return (
        np.asarray(difference - np.hypot(below[:, None], c * above[None, :])),
        np.asarray(difference + np.hypot(above[:, None], c * below[None, :])),
    )


def ratio(rates: Rates, tail: float) -> tuple[Floats, Floats]:
    """One-sided bounds of p_i / p_j for all pairs: the c at which the bound of p_i − c·p_j passes zero, by bisection.

    Returns
    -------
    lower, upper : array of shape (groups, groups)
        Infinite where the second rate may be zero.
    """
    low, high = one_sided(rates, tail)
    bounds = []
    for side in (0, 1):
        small, large = np.zeros((len(low), len(low))), np.full((len(low), len(low)), 1e4)
        for _ in range(60):
            middle = (small + large) / 2
            positive = _contrast(rates.rate, low, high, middle)[side] > 0
            small, large = np.where(positive, middle, small), np.where(positive, large, middle)
        bounds.append(np.where(small > 9e3, np.inf, small))
    return bounds[0], bounds[1]


def pairs_in_scope(size: int, reference: int | None = None) -> npt.NDArray[np.bool_]:
    """Which ordered pairs are compared: all, or those with the reference group."""
    scope = ~np.eye(size, dtype=bool)
    if reference is not None:
        scope &= (np.arange(size) == reference)[:, None] | (np.arange(size) == reference)[None, :]
    return scope


@dataclass(frozen=True)
class GapBounds:
    """Bounds of a gap over all pairs in scope, with the pair that decides each.

    Attributes
    ----------
    lower, upper
        Of a difference: simultaneous lower bound, and upper bound. Of a ratio: lower bound, and simultaneous upper one.
    lower_pair, upper_pair
        Indices of the two groups behind each.
    """

    lower: float
    upper: float
    lower_pair: tuple[int, int]
    upper_pair: tuple[int, int]


def difference_bounds(
    rates: Rates, alpha: float, *, simultaneous: float | None = None, reference: int | None = None
) -> GapBounds:
    """Bounds of the largest difference.

    Parameters
    ----------
    alpha
        Of the one-sided upper bound.
    simultaneous
        Shared by all pairs for the lower bound; `alpha` if left out.
    """
    scope = pairs_in_scope(len(rates.rate), reference)
    tail = (alpha if simultaneous is None else simultaneous) / scope.sum()
    lower = np.where(scope, contrast(rates, tail)[0], -np.inf)
    upper = np.where(scope, contrast(rates, alpha)[1], -np.inf)
    low, high = _largest(lower), _largest(upper)
    return GapBounds(max(float(lower[low]), 0.0), float(upper[high]), low, high)


def ratio_bounds(
    rates: Rates, alpha: float, *, simultaneous: float | None = None, reference: int | None = None
) -> GapBounds:
    """Bounds of the smallest ratio; as for the difference, with the ends exchanged."""
    scope = pairs_in_scope(len(rates.rate), reference)
    tail = (alpha if simultaneous is None else simultaneous) / scope.sum()
    lower = np.where(scope, ratio(rates, alpha)[0], np.inf)
    upper = np.where(scope, ratio(rates, tail)[1], np.inf)
    low, high = _largest(-lower), _largest(-upper)
    return GapBounds(float(lower[low]), min(float(upper[high]), 1.0), low, high)


def _largest(matrix: Floats) -> tuple[int, int]:
    i, j = np.unravel_index(int(np.argmax(matrix)), matrix.shape)
    return int(i), int(j)
