"""Bounds on what separates two groups, from each group's value and effective size alone.

A gap has two bounds that answer two questions. Its *simultaneous lower bound* holds for all pairs of the comparison at
once (Bonferroni): beyond a limit, it shows a disparity that is not just one of many looks. Its *upper bound* is the
largest of the pairs' one-sided upper bounds, none of them corrected, since all pairs have to lie within the limit for
the gap to do so (intersection–union test, Berger 1982): within the limit, it shows equivalence.

The bound of θ_i − c·θ_j follows from bounds of θ_i and θ_j by the method of variance estimates recovery (Zou and Donner
2008), which for c = 1 and Wilson bounds is Newcombe's. Wilson bounds are too narrow where hits or misses are few, and
the more so the higher the level, so there the bounds are Clopper and Pearson's. A share that is no proportion (F1, an
AUC) has the bounds of a proportion of its effective size, which is how Newcombe (2006) bounds an AUC; a mean has those
of its sketch, and a number of which only a standard error is known has Student's. Where decisions of two groups belong
together, or share a background, the correlation of their values enters (Zou and Donner's equation for dependent
estimates).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy.stats import beta, norm
from scipy.stats import t as student

from audit.fairness.bounds.operating import Operating
from audit.fairness.bounds.sketch import Sketches

Floats = npt.NDArray[np.float64]

#: With fewer hits or misses than this in a group, its bounds are exact ones.
FEW = 15.0
#: Stands for no effective decision at all: in this limit a share is bounded by 0 and 1.
NOTHING = 1e-9


@dataclass(frozen=True)
class Estimates:
    """One metric in several groups.

    Attributes
    ----------
    value, effective : array of shape (groups,)
        The metric, and the effective number of decisions it was estimated from.
    clusters : array of shape (groups,), optional
        Clusters the effective size was estimated from.
    error : array of shape (groups,), optional
        Standard error, for a number that has no ends; a share is bounded by its effective size.
    correlation : array of shape (groups, groups), optional
        Of the values, where groups are not independent of each other.
    sketches : optional
        Of means: what decisions add to them.
    points : optional
        Of true positive rates at a false positive rate: the counts that their bounds follow from.
    """

    value: Floats
    effective: Floats
    clusters: Floats | None = None
    error: Floats | None = None
    correlation: Floats | None = None
    sketches: Sketches | None = None
    points: Sequence[Operating] | None = None

    def resized(self, least: float) -> Estimates:
        """Pretend that every group had at least so many effective decisions, with the same values."""
        size = np.maximum(self.effective, least)
        error = None if self.error is None else self.error * np.sqrt(self.effective / size)
        sketches = None if self.sketches is None else self.sketches.grown(size / np.maximum(self.effective, NOTHING))
        return replace(self, effective=size, clusters=None, error=error, sketches=sketches, points=None)

    def variance(self) -> Floats:
        """Variance of each value."""
        if self.error is not None:
            return np.asarray(self.error**2)
        return np.asarray(self.value * (1 - self.value) / np.maximum(self.effective, NOTHING))


def one_sided(estimates: Estimates, tail: float) -> tuple[Floats, Floats]:
    """Lower and upper bound of each group's value, each missing it with probability `tail`."""
    if estimates.points is not None:
        bounds = np.array([point.bounds(tail) for point in estimates.points], float).reshape(-1, 2)
        return bounds[:, 0], bounds[:, 1]
    if estimates.sketches is not None:
        low, high = estimates.sketches.bounds(tail)
        return np.minimum(low, estimates.value), np.maximum(high, estimates.value)
    size, p, freedom = np.maximum(estimates.effective, NOTHING), estimates.value, None
    if estimates.clusters is not None:
        freedom = np.maximum(estimates.clusters - 1, 1)
    if estimates.error is not None:
        half = student.isf(tail, np.maximum(size - 1, 1) if freedom is None else freedom) * estimates.error
        return p - half, p + half
    if freedom is not None:
        size = size * (norm.ppf(tail) / student.ppf(tail, freedom)) ** 2
    z = norm.isf(tail)
    middle = (p + z**2 / (2 * size)) / (1 + z**2 / size)
    half = z / (1 + z**2 / size) * np.sqrt(p * (1 - p) / size + z**2 / (4 * size**2))
    hits, misses = p * size, (1 - p) * size
    lower, upper = middle - half, middle + half
    few = np.minimum(hits, misses) < FEW
    hits, misses = hits[few], misses[few]
    with np.errstate(invalid="ignore"):
        lower[few] = np.where(hits > 0, beta.ppf(tail, hits, misses + 1), 0.0)
        upper[few] = np.where(misses > 0, beta.isf(tail, hits + 1, misses), 1.0)
    return np.clip(lower, 0.0, p), np.clip(upper, p, 1.0)


def contrast(estimates: Estimates, tail: float) -> tuple[Floats, Floats]:
    """One-sided lower and upper bounds of θ_i − θ_j for all pairs.

    Returns
    -------
    lower, upper : array of shape (groups, groups)
    """
    low, high = one_sided(estimates, tail)
    value, r = estimates.value, 0.0 if estimates.correlation is None else estimates.correlation
    difference, below, above = value[:, None] - value[None, :], value - low, high - value
    return difference - _apart(below, above, r), difference + _apart(above, below, r)


def _apart(of_first: Floats, of_second: Floats, r: Floats | float) -> Floats:
    """Distance of a bound from the difference, from the distances of both groups' bounds from their values."""
    a, b = of_first[:, None], of_second[None, :]
    return np.asarray(np.sqrt(np.maximum(a**2 + b**2 - 2 * r * a * b, 0.0)))


def ratio(estimates: Estimates, tail: float) -> tuple[Floats, Floats]:
    """One-sided bounds of θ_i / θ_j for all pairs: the c at which the bound of θ_i − c·θ_j is zero (Donner, Zou 2012).

    Returns
    -------
    lower, upper : array of shape (groups, groups)
        Infinite where the second value may be zero.
    """
    low, high = one_sided(estimates, tail)
    value, r = estimates.value, 0.0 if estimates.correlation is None else estimates.correlation
    below, above = value - low, high - value

    def roots(of_first: Floats, of_second: Floats) -> tuple[Floats, Floats, Floats, Floats]:
        """Coefficients a·c² − 2b·c + d = 0 and the root of the discriminant."""
        p, q, x, y = value[:, None], value[None, :], of_first[:, None], of_second[None, :]
        a, b, d = (q - y) * (q + y), p * q - r * x * y, (p - x) * (p + x)
        a, d = np.broadcast_to(a, b.shape), np.broadcast_to(d, b.shape)
        return a, b, d, np.sqrt(np.maximum(b**2 - a * d, 0.0))

    with np.errstate(divide="ignore", invalid="ignore"):
        a, b, d, root = roots(below, above)
        lower = np.where(d > 0, d / (b + root), 0.0)
        a, b, d, root = roots(above, below)
        upper = np.where(a > 0, (b + root) / a, np.inf)
    return np.nan_to_num(lower, nan=0.0, posinf=np.inf), np.where(np.isnan(upper), np.inf, upper)


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
    estimates: Estimates, alpha: float, *, simultaneous: float | None = None, reference: int | None = None
) -> GapBounds:
    """Bounds of the largest difference.

    Parameters
    ----------
    alpha
        Of the one-sided upper bound.
    simultaneous
        Shared by all pairs for the lower bound; `alpha` if left out.
    """
    scope = pairs_in_scope(len(estimates.value), reference)
    tail = (alpha if simultaneous is None else simultaneous) / scope.sum()
    lower = np.where(scope, contrast(estimates, tail)[0], -np.inf)
    upper = np.where(scope, contrast(estimates, alpha)[1], -np.inf)
    low, high = _largest(lower), _largest(upper)
    return GapBounds(max(float(lower[low]), 0.0), float(upper[high]), low, high)


def ratio_bounds(
    estimates: Estimates, alpha: float, *, simultaneous: float | None = None, reference: int | None = None
) -> GapBounds:
    """Bounds of the smallest ratio; as for the difference, with the ends exchanged."""
    scope = pairs_in_scope(len(estimates.value), reference)
    tail = (alpha if simultaneous is None else simultaneous) / scope.sum()
    lower = np.where(scope, ratio(estimates, alpha)[0], np.inf)
    upper = np.where(scope, ratio(estimates, tail)[1], np.inf)
    low, high = _largest(-lower), _largest(-upper)
    return GapBounds(float(lower[low]), min(float(upper[high]), 1.0), low, high)


def _largest(matrix: Floats) -> tuple[int, int]:
    i, j = np.unravel_index(int(np.argmax(matrix)), matrix.shape)
    return int(i), int(j)
