"""How many more rows would settle an open rule in four of five audits, if they follow the rates seen so far.

At a size N the values to come are drawn around those seen, with the spread of the rows that are still to be collected;
what is known already does not move. The bounds keep the distance from the values that they have at N. The least N at
which four of five draws pass or fail is what every smaller group needs. A group's effective decisions cost as many rows
as they did so far: of a true positive rate, all rows among which its positives were found.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from audit.fairness.bounds.inference import EVIDENCE_FLOOR, Estimates, one_sided, pairs_in_scope
from audit.fairness.compare.change import Changes, change_of_each
from audit.result import Needed

Floats = npt.NDArray[np.float64]

#: No more effective decisions per group than this are asked for; what they would not settle, sampling does not.
MOST_NEEDED = 1e7
#: Chance that what is collected settles the rule.
POWER = 0.8
DRAWS = 400
#: More pairs of groups than this times draws are drawn fewer times.
MOST_CELLS = 2_000_000


@dataclass(frozen=True)
class ScopedGroup:
    """One group in scope: its name, how many rows it has, and how many decisions these were worth."""

    name: list[str]
    rows: float
    effective: float


def more_rows(groups: list[ScopedGroup], settled: Callable[[float], bool]) -> list[Needed] | None:
    """Find the least size of every group that settles a rule, and the rows that each lacks; None if none does.

    Parameters
    ----------
    settled
        Whether enough draws settle the rule once every group is worth at least so many decisions.
    """
    if not settled(MOST_NEEDED):
        return None
    small, large = math.log(EVIDENCE_FLOOR), math.log(MOST_NEEDED)
    while large - small > 0.01:
        middle = (small + large) / 2
        small, large = (small, middle) if settled(math.exp(middle)) else (middle, large)
    size = math.exp(large)
    return [
        Needed(group=group.name, n=math.ceil(group.rows * (size / group.effective - 1)), reason="too_few")
        for group in groups
        if 0 < group.effective < size
    ]


def lacking(name: list[str], rows: float, effective: float, reason: str) -> Needed:
    """Say how many rows bring a group to the evidence floor; of a group without any such decision, nobody knows."""
    if effective <= 0:
        return Needed(group=name, n=None, reason=reason)
    return Needed(group=name, n=max(1, math.ceil(rows * (EVIDENCE_FLOOR / effective - 1))), reason=reason)


@dataclass(frozen=True)
class GapPower:
    """Chance that a rule on a gap is settled at a size.

    Attributes
    ----------
    limit, at_least
        Of the difference, or of the ratio; the other is None.
    """

    estimates: Estimates
    limit: float | None
    at_least: float | None
    reference: int | None
    alpha: float
    level: float

    def __call__(self, size: float) -> bool:
        """Whether the chance is `POWER` or more."""
        grown = self.estimates.resized(size)
        groups = len(grown.value)
        scope = pairs_in_scope(groups, self.reference)
        factor = 1.0 if self.limit is not None else self.at_least or 0.0
        limit = self.limit if self.limit is not None else 0.0
        r = 0.0 if grown.correlation is None else grown.correlation
        drawn = _draw(self.estimates, grown, max(50, min(DRAWS, MOST_CELLS // groups**2)))
        low, high = one_sided(grown, self.level / scope.sum())
        down, up = grown.value - low, high - grown.value
        low, high = one_sided(grown, self.alpha)
        below, above = grown.value - low, high - grown.value

        def reach(first: Floats, second: Floats) -> Floats:
            a, b = first[:, None], factor * second[None, :]
            return np.asarray(np.sqrt(np.maximum(a**2 + b**2 - 2 * r * a * b, 0.0)))

        apart = drawn[:, :, None] - factor * drawn[:, None, :]
        if self.limit is not None:
            fails = (apart - reach(down, up) > limit)[:, scope].any(1)
            passes = (apart + reach(above, below) <= limit)[:, scope].all(1)
        else:
            fails = (apart + reach(up, down) < 0)[:, scope].any(1)
            passes = (apart - reach(below, above) >= 0)[:, scope].all(1)
        return bool((fails | passes).mean() >= POWER)


@dataclass(frozen=True)
class LevelPower:
    """Chance that a rule on values themselves is settled at a size."""

    estimates: Estimates
    at_most: float
    alpha: float
    level: float

    def __call__(self, size: float) -> bool:
        """Whether the chance is `POWER` or more."""
        grown = self.estimates.resized(size)
        drawn = _draw(self.estimates, grown, DRAWS)
        down = grown.value - one_sided(grown, self.level / len(grown.value))[0]
        up = one_sided(grown, self.alpha)[1] - grown.value
        settled = (drawn - down > self.at_most).any(1) | (drawn + up <= self.at_most).all(1)
        return bool(settled.mean() >= POWER)


@dataclass(frozen=True)
class ChangePower:
    """Chance that a rule on changes is settled at a size.

    Attributes
    ----------
    signs
        Directions that count as worse, for changes of groups; None for changes of gaps.
    """

    changes: Changes
    margin: float
    signs: tuple[float, ...] | None
    alpha: float
    level: float

    def __call__(self, size: float) -> bool:
        """Whether the chance is `POWER` or more."""
        now, grown = self.changes, _grown(self.changes, size)
        change = grown.candidate.value - grown.baseline.value
        noise = np.sqrt(np.maximum(_variance(grown) * _still(now.candidate, grown.candidate), 0.0))
        z = np.random.default_rng(0).standard_normal((DRAWS, len(change)))
        if self.signs is not None:
            low, high = change_of_each(grown, self.level / (len(change) * len(self.signs)))
            down, up = change - low, high - change
            low, high = change_of_each(grown, self.alpha)
            below, above = change - low, high - change
            drawn = change + z * noise
            fails = np.zeros(DRAWS, dtype=bool)
            passes = np.ones(DRAWS, dtype=bool)
            for sign in self.signs:
                fails |= (sign * drawn - (down if sign > 0 else up) > self.margin).any(1)
                passes &= (sign * drawn + (above if sign > 0 else below) <= self.margin).all(1)
            return bool((fails | passes).mean() >= POWER)
        return self._of_gaps(grown, change, z * noise)

    def _of_gaps(self, grown: Changes, change: Floats, noise: Floats) -> bool:
        first, second = np.triu_indices(len(change), 1)
        d = grown.candidate.value[first] - grown.candidate.value[second]
        before = grown.baseline.value[first] - grown.baseline.value[second]
        # Where the gap keeps its direction, its widening is the difference of the two groups' changes.
        sign = np.where(d >= 0, 1.0, -1.0)
        widened = np.abs(d) - np.abs(before) + sign * (noise[:, first] - noise[:, second])
        low, high = change_of_each(grown, self.level / (2 * len(first)))
        down = np.hypot((change - low)[first], (high - change)[second])
        low, high = change_of_each(grown, self.alpha / 2)
        up = np.hypot((high - change)[first], (change - low)[second])
        settled = (widened - down > self.margin).any(1) | (widened + up <= self.margin).all(1)
        return bool(settled.mean() >= POWER)


def _still(now: Estimates, grown: Estimates) -> Floats:
    """Share of the decisions that are still to be collected."""
    return np.asarray(1 - np.minimum(now.effective / grown.effective, 1.0))


def _draw(now: Estimates, grown: Estimates, draws: int) -> Floats:
    """Values at a size, of which what is already known does not move."""
    variance = grown.variance()
    if grown.error is None:
        # A rate of 0 or 1 is not known for certain.
        rate = (now.value * now.effective + 0.5) / (now.effective + 1)
        variance = rate * (1 - rate) / grown.effective
    noise = np.sqrt(np.maximum(variance * _still(now, grown), 0.0))
    drawn = grown.value + np.random.default_rng(0).standard_normal((draws, len(noise))) * noise
    return np.asarray(np.clip(drawn, 0.0, 1.0) if grown.error is None else drawn)


def _grown(changes: Changes, size: float) -> Changes:
    candidate, baseline = changes.candidate.resized(size), changes.baseline.resized(size)
    sketches = changes.sketches
    if sketches is not None:
        sketches = sketches.grown(candidate.effective / np.maximum(changes.candidate.effective, 1e-9))
    return replace(changes, candidate=candidate, baseline=baseline, sketches=sketches)


def _variance(changes: Changes) -> Floats:
    """Variance of each group's change."""
    apart = changes.candidate.variance() + changes.baseline.variance()
    if changes.sketches is None or changes.paired is None:
        return apart
    sketch = changes.sketches
    spread = (sketch.shares * (sketch.values - sketch.mean[:, None]) ** 2).sum(1) / np.maximum(sketch.size, 1e-9)
    return np.where(changes.paired, spread, apart)
