"""How well several people agree beyond chance: Krippendorff's alpha, with an interval.

α = 1 − D_o/D_e. D_o is how often two people differ about one unit, D_e how often two ratings differ that are drawn from
all of them whoever gave them (Krippendorff 2011). Any number of people may have rated a unit; of fewer than two nothing
is learned.

The interval follows from the variance of α by linearisation over clusters of units (Woodruff 1971), D_e included. As
for every share here that is no plain proportion, it is told as the effective size of the proportion that spreads as
much, of disagreement D_o, so that units of which all agree do not make an interval of no width.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from audit.fairness.bounds.effective import drawn_to
from audit.fairness.bounds.inference import FEW, Estimates, one_sided

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

#: Why α is undefined: no unit has two ratings; or all ratings are the same, so that none could differ by chance.
NO_PAIRS, ONE_VALUE = "no_pairs", "one_value"


@dataclass(frozen=True)
class Alpha:
    """Krippendorff's alpha.

    Attributes
    ----------
    value, lower, upper
        1 where all agree, 0 where they agree as often as chance has it; None where undefined.
    units
        Units with at least two ratings.
    ratings
        Ratings of these units.
    differing
        Units about which not all agree.
    note
        Why it is undefined.
    """

    value: float | None
    lower: float | None
    upper: float | None
    units: int
    ratings: int
    differing: int
    note: str | None = None


def krippendorff_alpha(
    ratings: Sequence[Sequence[str | float | None]],
    *,
    alpha: float,
    level: Literal["nominal", "interval"] = "nominal",
    weight: Floats | None = None,
    cluster: Sequence[str | None] | None = None,
) -> Alpha:
    """Compute alpha of ratings, with its two-sided interval.

    Parameters
    ----------
    ratings : of shape (units, people)
        What each person said of each unit; None where a person said nothing. Rows may differ in length.
    alpha
        One minus the two-sided level.
    level
        `nominal`: two ratings are the same or not. `interval`: numbers, which differ by the square of their distance.
    weight : array of shape (units,), optional
        Sampling weight of each unit.
    cluster : of shape (units,), optional
        Units that are not independent share one; None for a unit that is a cluster of its own.

    Returns
    -------
    Alpha
    """
    paired = np.array([sum(rating is not None for rating in unit) > 1 for unit in ratings], bool)
    if not paired.any():
        return Alpha(None, None, None, 0, 0, 0, NO_PAIRS)
    kept = [[rating for rating in unit if rating is not None] for unit, has in zip(ratings, paired, strict=True) if has]
    values = sorted({rating for unit in kept for rating in unit}, key=lambda value: (str(type(value)), value))
    code = {value: at for at, value in enumerate(values)}
    counts = np.zeros((len(kept), len(values)))
    for row, unit in zip(counts, kept, strict=True):
        np.add.at(row, [code[rating] for rating in unit], 1.0)
    sizes = len(kept), int(counts.sum()), int(((counts > 0).sum(1) > 1).sum())
    if len(values) < 2:
        return Alpha(None, None, None, *sizes, ONE_VALUE)
    w = np.ones(len(kept)) if weight is None else np.asarray(weight, np.float64)[paired]
    names = None if cluster is None else [name for name, has in zip(cluster, paired, strict=True) if has]
    observed, expected, influence = _linearised(counts, _distance(values, level), w)
    if expected <= 0:  # all ratings of weight are the same
        return Alpha(None, None, None, *sizes, ONE_VALUE)
    lower, upper = _bounds(observed, influence, counts, w, names, alpha)
    return Alpha(1 - observed / expected, 1 - upper / expected, 1 - lower / expected, *sizes)


def _distance(values: Sequence[str | float | None], level: str) -> Floats:
    """How far any two ratings differ, at most by one: α does not depend on the unit."""
    if level == "nominal":
        return 1 - np.eye(len(values))
    numbers = np.array(values, np.float64)
    squares = (numbers[:, None] - numbers[None, :]) ** 2
    return np.asarray(squares / squares.max())


def _linearised(counts: Floats, distance: Floats, weight: Floats) -> tuple[float, float, Floats]:
    """Observed and expected disagreement, and what each unit adds to D_o − (1 − α)·D_e, which varies as α·D_e does."""
    rated = counts.sum(1)
    total, n = float((weight * rated).sum()), float(rated.sum())
    if total <= 0:
        return 0.0, 0.0, np.zeros(len(rated))
    each = ((counts @ distance) * counts).sum(1) / (rated - 1)
    observed = float((weight * each).sum() / total)
    share = (weight[:, None] * counts).sum(0) / total
    # Two ratings are drawn without putting the first one back.
    scale = n / (n - 1)
    far = distance @ share
    expected = float(share @ far) * scale
    if expected <= 0:
        return observed, expected, np.zeros(len(rated))
    of_observed = each - observed * rated
    of_expected = 2 * scale * (counts @ far - rated * float(share @ far))
    return observed, expected, weight * (of_observed - observed / expected * of_expected) / total


def _bounds(
    observed: float, influence: Floats, counts: Floats, weight: Floats, cluster: list[str | None] | None, alpha: float
) -> tuple[float, float]:
    """Two-sided bounds of the observed disagreement, as wide as those of α."""
    units = float(weight.sum() ** 2 / (weight**2).sum())
    blocks = _codes(cluster, len(weight))
    sums, weights = np.bincount(blocks, influence), np.bincount(blocks, weight)
    n = len(sums)
    variance = float((sums**2).sum()) * n / (n - 1) if n > 1 else np.inf
    share = min(observed, 1.0)
    size = share * (1 - share) / variance if variance > 0 and 0 < share < 1 else np.inf
    differing = int(((counts > 0).sum(1) > 1).sum())
    if min(differing, len(counts) - differing) < FEW:
        # Where m people nearly always agree, a unit is as good as m/2 pairs; so few differences show no spread.
        size = min(size, units * float(counts.sum()) / len(counts) / 2)
    found = Estimates(np.array([share]), np.array([size]))
    if cluster is not None:
        agreed = float(weights.sum() ** 2 / (weights**2).sum())
        size = min(size, units)
        drawn = drawn_to(np.array([size]), np.array([agreed]), np.array([float(n)]))
        found = Estimates(np.array([share]), drawn, np.array([float(n)]))
    lower, upper = one_sided(found, alpha / 2)
    return float(lower[0]), float(upper[0])


def _codes(cluster: list[str | None] | None, size: int) -> Ints:
    """Number clusters; a unit without one is its own."""
    if cluster is None:
        return np.arange(size)
    keys = [(at, None) if name is None else (-1, name) for at, name in enumerate(cluster)]
    known = {key: code for code, key in enumerate(dict.fromkeys(keys))}
    return np.array([known[key] for key in keys], np.int64)
