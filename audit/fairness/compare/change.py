"""Bounds of changes between two versions of a model: of each group's metric, and of the gap of each pair of groups.

With both versions on the same rows, a group's change is a mean of what each decision adds to it, and is bounded as one
by Gaffke's method (see `sketch`): where no decision changed, that is Clopper and Pearson's bound of the share that
might have. On different rows, a bound of a difference of values recovers its variance from the bounds of each value
(Zou and Donner 2008). So do bounds of what two groups have between them, from the bounds of each.

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
from audit.fairness.bounds.sketch import Sketches, gathered

if TYPE_CHECKING:
    from audit.result import Change, ValueEstimate

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Changes:
    """One metric in several groups, in two versions.

    Attributes
    ----------
    candidate, baseline
        Its values.
    correlation : array of shape (groups,)
        Of the two versions' values in each group; 0 where they were measured on different rows.
    sketches : optional
        What decisions add to the change in each group.
    paired : array of shape (groups,), optional
        Groups whose sketch is known.
    """

    candidate: Estimates
    baseline: Estimates
    correlation: Floats
    sketches: Sketches | None = None
    paired: npt.NDArray[np.bool_] | None = None

    @staticmethod
    def of(changes: Sequence[Change]) -> Changes:
        """Collect the changes of a comparison."""
        return Changes(
            _estimates([change.candidate for change in changes]),
            _estimates([change.baseline for change in changes]),
            np.array([change.correlation for change in changes], float),
            gathered([change.sketch for change in changes]),
            np.array([change.sketch is not None for change in changes], bool),
        )


def _estimates(values: list[ValueEstimate]) -> Estimates:
    def column(name: str) -> Floats | None:
        numbers = [getattr(value, name) for value in values]
        return None if not numbers or any(n is None for n in numbers) else np.array(numbers, float)

    value, size = (np.array([getattr(v, name) for v in values], float) for name in ("value", "effective_n"))
    sketches = [value.sketch for value in values]
    known = gathered(sketches) if all(sketch is not None for sketch in sketches) else None
    return Estimates(value, size, column("clusters"), column("standard_error"), None, known)


@dataclass(frozen=True)
class ChangeBounds:
    """Bounds of the largest change, the largest change itself, and the groups (twice the same, or a pair) behind."""

    value: float
    lower: float
    upper: float
    lower_pair: tuple[int, int]
    upper_pair: tuple[int, int]
    value_pair: tuple[int, int]


def change_of_each(changes: Changes, tail: float) -> tuple[Floats, Floats]:
    """One-sided bounds of candidate less baseline in every group.

    Returns
    -------
    lower, upper : array of shape (groups,)
    """
    c, b = changes.candidate, changes.baseline
    (c_low, c_high), (b_low, b_high) = one_sided(c, tail), one_sided(b, tail)
    difference = c.value - b.value
    low = difference - np.hypot(c.value - c_low, b_high - b.value)
    high = difference + np.hypot(c_high - c.value, b.value - b_low)
    if changes.sketches is None or changes.paired is None:
        return low, high
    paired_low, paired_high = changes.sketches.bounds(tail)
    return np.where(changes.paired, paired_low, low), np.where(changes.paired, paired_high, high)


def group_changes(changes: Changes, signs: Sequence[float], alpha: float, simultaneous: float) -> ChangeBounds:
    """Bound the largest worsening of any group.

    Parameters
    ----------
    signs
        Directions that count as worsening: 1 if more is worse, −1 if less is, both if either is.
    """
    groups = len(changes.correlation)
    low, high = change_of_each(changes, simultaneous / (groups * len(signs)))
    pass_low, pass_high = change_of_each(changes, alpha)
    difference = changes.candidate.value - changes.baseline.value
    value = np.array([sign * difference for sign in signs])
    lower = np.array([low if sign > 0 else -high for sign in signs])
    upper = np.array([pass_high if sign > 0 else -pass_low for sign in signs])
    worst, loosest, largest = (int(found.max(0).argmax()) for found in (lower, upper, value))
    return ChangeBounds(
        float(value.max()),
        float(lower.max()),
        float(upper.max()),
        (worst, worst),
        (loosest, loosest),
        (largest, largest),
    )


def pair_changes(changes: Changes, margin: float, alpha: float, simultaneous: float) -> ChangeBounds:
    """Bound the largest widening of the gap of any pair.

    Parameters
    ----------
    margin
        What the bounds will be held against; it does not enter them.
    """
    groups = len(changes.correlation)
    first, second = np.triu_indices(groups, 1)
    d = changes.candidate.value[first] - changes.candidate.value[second]
    before = changes.baseline.value[first] - changes.baseline.value[second]
    value = np.abs(d) - np.abs(before)
    lower = widening(changes, first, second, simultaneous / (2 * len(first)), upper=False)
    upper = widening(changes, first, second, alpha / 2, upper=True)
    pairs = [(int(first[at]), int(second[at])) for at in (lower.argmax(), upper.argmax(), value.argmax())]
    return ChangeBounds(float(value.max()), float(lower.max()), float(upper.max()), *pairs)


def widening(changes: Changes, first: Ints, second: Ints, tail: float, *, upper: bool) -> Floats:
    """Bound how far the gaps of pairs of groups widen, through those of sign·d − d′ and sign·d + d′."""
    d = changes.candidate.value[first] - changes.candidate.value[second]
    before = changes.baseline.value[first] - changes.baseline.value[second]
    reach = _Reach.of(changes, tail)

    def bound(sign: float, other: float) -> Floats:
        away = reach.squared(sign, other, upper)[first] + reach.squared(-sign, -other, upper)[second]
        return np.asarray(sign * d + other * before + (1 if upper else -1) * np.sqrt(np.maximum(away, 0.0)))

    return np.asarray(np.max([np.minimum(bound(s, -1), bound(s, 1)) for s in (1, -1)], axis=0))


@dataclass(frozen=True)
class _Reach:
    """How far the bounds of each group lie from its values: of the candidate, the baseline, and the change."""

    below: tuple[Floats, Floats, Floats]
    above: tuple[Floats, Floats, Floats]
    correlation: Floats

    @staticmethod
    def of(changes: Changes, tail: float) -> _Reach:
        c, b = changes.candidate, changes.baseline
        found = (one_sided(c, tail), one_sided(b, tail), change_of_each(changes, tail))
        values = (c.value, b.value, c.value - b.value)
        below = [value - low for value, (low, _) in zip(values, found, strict=True)]
        above = [high - value for value, (_, high) in zip(values, found, strict=True)]
        return _Reach((below[0], below[1], below[2]), (above[0], above[1], above[2]), changes.correlation)

    def squared(self, a: float, b: float, upper: bool) -> Floats:
        """Squared distance of the bound of a·candidate + b·baseline from its value, a and b being 1 or −1."""
        candidate, baseline, change = self.above if (a > 0) == upper else self.below
        if a * b < 0:
            return change**2
        return np.asarray(candidate**2 + baseline**2 + 2 * self.correlation * candidate * baseline)
