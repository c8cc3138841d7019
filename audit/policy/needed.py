"""How many more rows would settle an open rule in four of five audits, if they follow the rates seen so far.

At a size N the rows still to be collected are drawn from what was seen, and every draw is bounded and judged like an
audit. The least N at which four of five draws pass or fail is what every smaller group needs. A group's effective
decisions cost as many rows as they did so far: of a true positive rate, all rows among which its positives were found.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from audit.fairness.bounds.floor import EVIDENCE_FLOOR
from audit.fairness.bounds.inference import Estimates, one_sided, pairs_in_scope
from audit.fairness.compare.change import Changes, change_of_each, widening
from audit.policy.foreseen import MOST_CHANGES, draws_for, of_changes, of_values
from audit.result import Needed

Floats = npt.NDArray[np.float64]

#: No more effective decisions per group than this are asked for; what they would not settle, sampling does not.
MOST_NEEDED = 1e7
#: Chance that what is collected settles the rule.
POWER = 0.8


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
        groups, draws = len(grown.value), draws_for(len(grown.value))
        scope = pairs_in_scope(groups, self.reference)
        factor = 1.0 if self.limit is not None else self.at_least or 0.0
        limit = self.limit if self.limit is not None else 0.0
        r = 0.0 if grown.correlation is None else grown.correlation
        drawn = of_values(self.estimates, grown, draws)
        value, down, up = _reaches(drawn, self.level / scope.sum(), draws)
        _, below, above = _reaches(drawn, self.alpha, draws)

        def reach(first: Floats, second: Floats) -> Floats:
            a, b = first[:, :, None], factor * second[:, None, :]
            return np.asarray(np.sqrt(np.maximum(a**2 + b**2 - 2 * r * a * b, 0.0)))

        apart = value[:, :, None] - factor * value[:, None, :]
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
        draws = draws_for(len(grown.value))
        drawn = of_values(self.estimates, grown, draws)
        value, down, _ = _reaches(drawn, self.level / len(grown.value), draws)
        _, _, up = _reaches(drawn, self.alpha, draws)
        settled = (value - down > self.at_most).any(1) | (value + up <= self.at_most).all(1)
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
        groups, draws = len(now.correlation), draws_for(len(now.correlation), MOST_CHANGES)
        drawn = of_changes(now, grown, draws)
        if self.signs is None:
            first, second = np.triu_indices(groups, 1)
            start = groups * np.arange(draws)[:, None]
            pairs = ((first + start).ravel(), (second + start).ravel())
            lower = widening(drawn, *pairs, self.level / (2 * len(first)), upper=False)
            upper = widening(drawn, *pairs, self.alpha / 2, upper=True)
        else:
            lows = change_of_each(drawn, self.level / (groups * len(self.signs)))
            highs = change_of_each(drawn, self.alpha)
            lower = np.max([lows[0] if sign > 0 else -lows[1] for sign in self.signs], axis=0)
            upper = np.max([highs[1] if sign > 0 else -highs[0] for sign in self.signs], axis=0)
        fails = (lower > self.margin).reshape(draws, -1).any(1)
        passes = (upper <= self.margin).reshape(draws, -1).all(1)
        return bool((fails | passes).mean() >= POWER)


def _reaches(drawn: Estimates, tail: float, draws: int) -> tuple[Floats, Floats, Floats]:
    """Values, and how far their bounds lie below and above them, of shape (draws, groups)."""
    low, high = one_sided(drawn, tail)
    value = drawn.value.reshape(draws, -1)
    return value, value - low.reshape(draws, -1), high.reshape(draws, -1) - value


def _grown(changes: Changes, size: float) -> Changes:
    candidate, baseline = changes.candidate.resized(size), changes.baseline.resized(size)
    sketches = changes.sketches
    if sketches is not None:
        sketches = sketches.grown(candidate.effective / np.maximum(changes.candidate.effective, 1e-9))
    return replace(changes, candidate=candidate, baseline=baseline, sketches=sketches)
