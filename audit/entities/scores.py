"""Precision, recall and F1 of entities, by what counts as right (SemEval 2013, task 9.1).

strict
    Boundaries and type are right: the score of CoNLL and seqeval.
exact
    Boundaries are right, whatever the type.
partial
    Right boundaries count one, an overlap one half, whatever the type.
type
    The type is right, and the entities overlap.

References
----------
Chinchor and Sundheim 1993, MUC-5 evaluation metrics; Segura-Bedmar et al. 2013, SemEval-2013 task 9; Batista and Upson,
nervaluate, whose counts these are (see `audit.entities.alignment` for where they are not).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from audit.entities.alignment import Pair, align
from audit.entities.entity import Entity

Strategy = Literal["strict", "exact", "partial", "type"]
STRATEGIES: tuple[Strategy, ...] = ("strict", "exact", "partial", "type")


@dataclass(frozen=True)
class Counts:
    """How many entities were met in which way; the words are those of MUC."""

    correct: int = 0
    incorrect: int = 0
    partial: int = 0
    missing: int = 0
    spurious: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(
            self.correct + other.correct,
            self.incorrect + other.incorrect,
            self.partial + other.partial,
            self.missing + other.missing,
            self.spurious + other.spurious,
        )

    @property
    def gold(self) -> int:
        """Gold entities ("possible")."""
        return self.correct + self.incorrect + self.partial + self.missing

    @property
    def predicted(self) -> int:
        """Predicted entities ("actual")."""
        return self.correct + self.incorrect + self.partial + self.spurious

    @property
    def precision(self) -> float | None:
        """Share of the predicted entities that are right; None if none was predicted."""
        return self._right / self.predicted if self.predicted else None

    @property
    def recall(self) -> float | None:
        """Share of the gold entities that were found; None if there is none."""
        return self._right / self.gold if self.gold else None

    @property
    def f1(self) -> float | None:
        """Harmonic mean of both, 2 right / (gold + predicted); None if there is neither."""
        both = self.gold + self.predicted
        return 2 * self._right / both if both else None

    @property
    def _right(self) -> float:
        return self.correct + self.partial / 2


def count(gold: Iterable[Entity], predicted: Iterable[Entity]) -> dict[Strategy, Counts]:
    """Count one row by every strategy."""
    gold, predicted = list(gold), list(predicted)
    by_place, by_type = align(gold, predicted), align(gold, predicted, by_type=True)
    return {
        strategy: Counts(**Counter(_category(strategy, pair) for pair in (by_type if strategy == "type" else by_place)))
        for strategy in STRATEGIES
    }


def _category(strategy: Strategy, pair: Pair) -> str:
    gold, predicted = pair
    if gold is None:
        return "spurious"
    if predicted is None:
        return "missing"
    place, kind = gold[:2] == predicted[:2], gold.type == predicted.type
    right = {"strict": place and kind, "exact": place, "partial": place, "type": kind}[strategy]
    return "correct" if right else "partial" if strategy == "partial" else "incorrect"


@dataclass
class EntityScores:
    """Counts of many rows: over all entities, and of each type as if there were no other."""

    overall: dict[Strategy, Counts] = field(default_factory=lambda: dict.fromkeys(STRATEGIES, Counts()))
    by_type: dict[str, dict[Strategy, Counts]] = field(default_factory=dict)

    def add(self, gold: Iterable[Entity], predicted: Iterable[Entity]) -> None:
        """Add one row."""
        gold, predicted = list(gold), list(predicted)
        _into(self.overall, count(gold, predicted))
        for kind in sorted({entity.type for entity in [*gold, *predicted]}):
            own = self.by_type.setdefault(kind, dict.fromkeys(STRATEGIES, Counts()))
            _into(own, count([e for e in gold if e.type == kind], [e for e in predicted if e.type == kind]))


def _into(totals: dict[Strategy, Counts], more: dict[Strategy, Counts]) -> None:
    for strategy, counts in more.items():
        totals[strategy] += counts


def score(rows: Iterable[tuple[Iterable[Entity], Iterable[Entity]]]) -> EntityScores:
    """Score rows of gold and predicted entities."""
    scores = EntityScores()
    for gold, predicted in rows:
        scores.add(gold, predicted)
    scores.by_type = dict(sorted(scores.by_type.items()))
    return scores
