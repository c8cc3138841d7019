"""What is asked by a rule, with its groups sorted into those that can be assessed and those that cannot."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from audit.fairness.bounds.floor import EVIDENCE_FLOOR
from audit.fairness.bounds.inference import (
    Estimates,
    GapBounds,
    difference_bounds,
    one_sided,
    ratio_bounds,
)
from audit.fairness.bounds.sketch import gathered
from audit.fairness.compare.change import ChangeBounds, Changes, group_changes, pair_changes
from audit.fairness.metrics.names import SCORECARD
from audit.policy.asked import AskedRule
from audit.policy.remembered import OperatedValue
from audit.policy.rules import NEUTRAL
from audit.result import Doubt, MetricValue

#: Limits are written in decimal; 0.5 − 0.4 must not exceed 0.1.
SLACK = 1e-12


@dataclass(frozen=True)
class _ValueCase:
    """Values of groups, sorted by what is known of them; the estimates are those of the assessable ones."""

    question: AskedRule
    assessable: list[MetricValue]
    unassessable: list[MetricValue]
    doubted: list[MetricValue]
    estimates: Estimates


@dataclass(frozen=True)
class GapCase(_ValueCase):
    """A question of a gap, with its groups sorted into those that can be assessed and those that cannot."""

    @property
    def answerable(self) -> bool:
        """Whether enough groups can be assessed for an answer."""
        return len(self.assessable) > 1 and (self.question.rule.reference is None or self.reference is not None)

    @property
    def reference(self) -> int | None:
        """Position of the group that all others are compared with."""
        name = self.question.rule.reference
        return next((i for i, v in enumerate(self.assessable) if name in {*v.group, " × ".join(v.group)}), None)

    def bounds(self, estimates: Estimates, alpha: float, simultaneous: float) -> GapBounds:
        """Bounds of the gap: one-sided at `alpha`, and over all pairs at `simultaneous`."""
        find = ratio_bounds if self.question.rule.limit is None else difference_bounds
        return find(estimates, alpha, simultaneous=simultaneous, reference=self.reference)

    def status(self, found: GapBounds) -> str:
        """Say what bounds mean for the limit."""
        rule = self.question.rule
        if rule.limit is not None:
            return "fail" if found.lower > rule.limit else "pass" if found.upper <= rule.limit else "inconclusive"
        least = rule.at_least or 0.0
        return "fail" if found.upper < least else "pass" if found.lower >= least else "inconclusive"

    def fails(self, alpha: float, level: float) -> bool:
        """Whether the rule is shown to be broken at this level."""
        return self.status(self.bounds(self.estimates, alpha, level)) == "fail"


@dataclass(frozen=True)
class ChangeCase:
    """A question of changes since the baseline."""

    question: AskedRule
    changes: Changes
    groups: list[list[str]]
    unassessable: list[list[str]]
    doubts: list[Doubt]

    @property
    def answerable(self) -> bool:
        """Whether enough groups can be assessed for an answer."""
        return len(self.groups) > (1 if self.question.rule.of == "gap" else 0)

    def bounds(self, alpha: float, level: float) -> ChangeBounds:
        """Bounds of the largest change for the worse."""
        margin = self.question.rule.margin or 0.0
        if self.question.rule.of == "gap":
            return pair_changes(self.changes, margin, alpha, level)
        return group_changes(self.changes, self.signs, alpha, level)

    @property
    def signs(self) -> tuple[float, ...]:
        """Directions that count as worse."""
        better = self.question.definition.better if self.question.definition else "high"
        return (1.0, -1.0) if self.question.metric in NEUTRAL else (-1.0 if better == "high" else 1.0,)

    def status(self, found: ChangeBounds) -> str:
        """Say what bounds mean for the margin."""
        margin = self.question.rule.margin or 0.0
        return "fail" if found.lower > margin else "pass" if found.upper <= margin else "inconclusive"

    def fails(self, alpha: float, level: float) -> bool:
        """Whether the rule is shown to be broken at this level."""
        return self.status(self.bounds(alpha, level)) == "fail"


@dataclass(frozen=True)
class LevelCase(_ValueCase):
    """A question of values themselves: each group's is at most so much."""

    @property
    def answerable(self) -> bool:
        """Whether enough groups can be assessed for an answer."""
        return bool(self.assessable)

    def bounds(self, alpha: float, level: float) -> tuple[float, float, int, int]:
        """Bounds of the largest value, the lower one simultaneous over groups, and the groups that decide them."""
        lower = one_sided(self.estimates, level / len(self.assessable))[0]
        upper = one_sided(self.estimates, alpha)[1]
        low, high = int(np.argmax(lower)), int(np.argmax(upper))
        return float(lower[low]), float(upper[high]), low, high

    def status(self, lower: float, upper: float) -> str:
        """Say what bounds mean for the largest value allowed."""
        most = self.question.rule.at_most or 0.0
        return "fail" if lower > most else "pass" if upper <= most else "inconclusive"

    def fails(self, alpha: float, level: float) -> bool:
        """Whether the rule is shown to be broken at this level."""
        return self.status(*self.bounds(alpha, level)[:2]) == "fail"


@dataclass(frozen=True)
class RangeCase(LevelCase):
    """A question of a dimension of risk: everything that it could still be is known, whatever the level."""

    def bounds(self, alpha: float, level: float) -> tuple[float, float, int, int]:
        """Both ends of the range."""
        (value,) = self.assessable
        return value.lower or 0.0, 1.0 if value.upper is None else value.upper, 0, 0


#: Whatever a rule may ask.
AskedCase = GapCase | ChangeCase | LevelCase


def sort_case(question: AskedRule) -> AskedCase:
    """Sort the groups that a rule asks about by what is known of them."""
    if question.rule.margin is not None:
        return _sort_changes(question)
    if question.metric.startswith(SCORECARD):
        return RangeCase(question, question.values, [], [], _estimates(question, question.values))
    known: list[MetricValue] = []
    unknown: list[MetricValue] = []
    doubted: list[MetricValue] = []
    point = question.rule.evidence == "point"
    for value in question.values:
        if value.value is None:
            unknown.append(value)
        elif value.doubt is not None:
            doubted.append(value)
        else:
            (known if point or (value.effective_n or 0) >= EVIDENCE_FLOOR else unknown).append(value)
    if point:  # Values are compared as they are, whatever their bounds are worth.
        known = [value for value in question.values if value.value is not None]
    sorted_into = GapCase if question.rule.at_most is None else LevelCase
    return sorted_into(question, known, unknown, doubted, _estimates(question, known))


def _estimates(question: AskedRule, values: list[MetricValue]) -> Estimates:
    def column(name: str) -> np.ndarray | None:
        numbers = [getattr(value, name) for value in values]
        return None if any(number is None for number in numbers) else np.array(numbers, float)

    correlation = None
    if question.correlation is not None:
        at = [question.correlation.groups.index(value.group) for value in values]
        correlation = np.array(question.correlation.matrix)[np.ix_(at, at)]
    points = [value.operating() for value in values if isinstance(value, OperatedValue)]
    effective = column("effective_n")
    return Estimates(
        np.array([value.value for value in values], float),
        effective if effective is not None else np.full(len(values), EVIDENCE_FLOOR),
        column("clusters") if values else None,
        column("standard_error") if values else None,
        correlation,
        gathered([v.sketch for v in values]) if values and all(v.sketch is not None for v in values) else None,
        points if points and len(points) == len(values) else None,
    )


def _sort_changes(question: AskedRule) -> ChangeCase:
    known, unknown, doubts = [], [value.group for value in question.values], []
    point = question.rule.evidence == "point"
    for change in question.changes or []:
        both = (change.candidate, change.baseline)
        if any(v.value is None for v in both):
            continue
        if change.doubt is not None:
            doubts.append(Doubt(group=change.group, reason=change.doubt))
            unknown = [group for group in unknown if group != change.group]
        if point or (change.doubt is None and all((v.effective_n or 0) >= EVIDENCE_FLOOR for v in both)):
            known.append(change)
            unknown = [group for group in unknown if group != change.group]
    return ChangeCase(question, Changes.of(known), [change.group for change in known], unknown, doubts)
