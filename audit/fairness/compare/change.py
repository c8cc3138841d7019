"""Bounds of changes between two versions of a model: of each group's metric, and of the gap of each pair of groups.

With both versions on the same rows, a group's two values are correlated, and a bound of a sum or difference of values
recovers its variance from the bounds of each value and their correlations (Zou and Donner 2008); for two paired
proportions this is Newcombe's method 10 (1998).

The gap of a pair widens by w = |d| − |d′|, with d the candidate's difference and d′ the baseline's. Since |d| is the
larger of d and −d, w > m exactly if for some sign s both s·d − d′ > m and s·d + d′ > m, and w ≤ m exactly if for each
sign s one of s·d − d′ ≤ m and s·d + d′ ≤ m holds. Bounds of these four sums thus bound w: the lower one is the larger,
over s, of the smaller of two lower bounds; the upper one the larger, over s, of the smaller of two upper bounds, each
of which misses with half the probability.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from audit.fairness.bounds.inference import Estimates, one_sided

if TYPE_CHECKING:
    from audit.result import Change, ValueEstimate

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Changes:
    """One metric in several groups, in two versions.

    Attributes
    ----------
    candidate, baseline
        Its values.
    correlation : array of shape (groups,)
        Of the two versions' values in each group; 0 where they were measured on different rows.
    """

    candidate: Estimates
    baseline: Estimates
    correlation: Floats

    @staticmethod
    def of(changes: Sequence[Change]) -> Changes:
        """Collect the changes of a comparison."""
        return Changes(
            _estimates([change.candidate for change in changes]),
            _estimates([change.baseline for change in changes]),
            np.array([change.correlation for change in changes], float),
        )


def _estimates(values: list[ValueEstimate]) -> Estimates:
    def column(name: str) -> Floats | None:
        numbers = [getattr(value, name) for value in values]
        return None if not numbers or any(n is None for n in numbers) else np.array(numbers, float)

    value, size = (np.array([getattr(v, name) for v in values], float) for name in ("value", "effective_n"))
    return Estimates(value, size, column("clusters"), column("standard_error"))


@dataclass(frozen=True)
class ChangeBounds:
    """Bounds of the largest change, the largest change itself, and the groups (twice the same, or a pair) behind."""

    value: float
    lower: float
    upper: float
    lower_pair: tuple[int, int]
    upper_pair: tuple[int, int]


def change_of_each(changes: Changes, tail: float) -> tuple[Floats, Floats]:
    """One-sided bounds of candidate less baseline in every group.

    Returns
    -------
    lower, upper : array of shape (groups,)
    """
    c, b, r = changes.candidate, changes.baseline, changes.correlation
    (c_low, c_high), (b_low, b_high) = one_sided(c, tail), one_sided(b, tail)
    difference = c.value - b.value

    def apart(x: Floats, y: Floats) -> Floats:
        return np.asarray(np.sqrt(np.maximum(x**2 + y**2 - 2 * r * x * y, 0.0)))

    return (
        difference - apart(c.value - c_low, b_high - b.value),
        difference + apart(c_high - c.value, b.value - b_low),
    )


def group_changes(changes: Changes, signs: Sequence[float], alpha: float, simultaneous: float) -> ChangeBounds:
    """Bound the largest worsening of any group.

    Parameters
    ----------
    signs
        Directions that count as worsening: 1 if more is worse, −1 if less is, both if either is.
    """
    groups = len(changes.correlation)
    low, _ = change_of_each(changes, simultaneous / (groups * len(signs)))
    _, high = change_of_each(changes, simultaneous / (groups * len(signs)))
    pass_low, pass_high = change_of_each(changes, alpha)
    difference = changes.candidate.value - changes.baseline.value
    value = np.array([sign * difference for sign in signs])
    lower = np.array([low if sign > 0 else -high for sign in signs])
    upper = np.array([pass_high if sign > 0 else -pass_low for sign in signs])
    worst, loosest = int(lower.max(0).argmax()), int(upper.max(0).argmax())
    return ChangeBounds(float(value.max()), float(lower.max()), float(upper.max()), (worst, worst), (loosest, loosest))


def pair_changes(changes: Changes, margin: float, alpha: float, simultaneous: float) -> ChangeBounds:
    """Bound the largest widening of the gap of any pair.

    Parameters
    ----------
    margin
        What the bounds will be held against; it does not enter them.
    """
    groups = len(changes.correlation)
    first, second = np.triu_indices(groups, 1)
    pairs = len(first)
    d = changes.candidate.value[first] - changes.candidate.value[second]
    before = changes.baseline.value[first] - changes.baseline.value[second]
    value = np.abs(d) - np.abs(before)

    def bound(sign: float, other: float, tail: float, upper: bool) -> Floats:
        """Bound sign·d + other·d′."""
        centre = sign * d + other * before
        spread = _spread(changes, first, sign, other, tail, upper) + _spread(
            changes, second, -sign, -other, tail, upper
        )
        return np.asarray(centre + (1 if upper else -1) * np.sqrt(np.maximum(spread, 0.0)))

    fail = simultaneous / (2 * pairs)
    lower = np.max([np.minimum(bound(s, -1, fail, False), bound(s, 1, fail, False)) for s in (1, -1)], axis=0)
    upper = np.max([np.minimum(bound(s, -1, alpha / 2, True), bound(s, 1, alpha / 2, True)) for s in (1, -1)], axis=0)
    worst, loosest = int(lower.argmax()), int(upper.argmax())
    return ChangeBounds(
        float(value.max()),
        float(lower.max()),
        float(upper.max()),
        (int(first[worst]), int(second[worst])),
        (int(first[loosest]), int(second[loosest])),
    )


def _spread(changes: Changes, at: npt.NDArray[np.int64], a: float, b: float, tail: float, upper: bool) -> Floats:
    """Squared distance of the bound of a·candidate + b·baseline of one group from its value."""

    def distance(estimates: Estimates, sign: float) -> Floats:
        low, high = one_sided(estimates, tail)
        towards_high = (sign > 0) == upper
        return np.asarray((high - estimates.value if towards_high else estimates.value - low)[at])

    x, y = distance(changes.candidate, a), distance(changes.baseline, b)
    return np.asarray(x**2 + y**2 + 2 * np.sign(a * b) * changes.correlation[at] * x * y)
