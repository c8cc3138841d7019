"""One slicing as social impact looks at it: its groups in the order of the result, its cells, and everybody's."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from audit.fairness.bounds.inference import Estimates, Floats, one_sided
from audit.fairness.compare.frame import evaluate
from audit.fairness.compare.grouping import group_of
from audit.fairness.compare.question import Question
from audit.fairness.compare.values import GroupedCells, Ints, Values
from audit.fairness.metrics.definitions import Metric
from audit.fairness.tally import Tally
from audit.result import Group, SlicingFacts


@dataclass(frozen=True)
class Sliced:
    """One slicing.

    Attributes
    ----------
    everybody
        Each decision once, also where it belongs to several groups.
    """

    facts: SlicingFacts
    tally: Tally
    everybody: Tally
    question: Question

    @property
    def alpha(self) -> float:
        """One minus the level."""
        return 1 - self.question.level

    @property
    def groups(self) -> list[Group]:
        """Groups in the order of the result."""
        return self.facts.groups

    @property
    def compared(self) -> Ints:
        """Groups that enter gaps."""
        return np.flatnonzero([group.in_gaps for group in self.groups]).astype(np.int64)

    def codes(self, tally: Tally) -> Ints:
        """Code of the group of each cell."""
        found = {tuple(group.values): code for code, group in enumerate(self.groups)}
        return np.asarray(group_of(tally.cells, tally.slicing.group_columns).map(found), np.int64)

    def cells(self) -> GroupedCells:
        """Cells with their groups, those of each cluster apart where rows form clusters."""
        pooled = replace(self.tally, cells=self.tally.pooled_over_clusters())
        grouped = GroupedCells(pooled.cells, self.codes(pooled), len(self.groups))
        if not self.tally.slicing.clustered:
            return grouped
        return replace(grouped, by_cluster=GroupedCells(self.tally.cells, self.codes(self.tally), len(self.groups)))

    def evaluate(self, metrics: list[Metric], cls: str) -> dict[str, Values]:
        """Compute metrics about one class in every group."""
        question = self.question
        found = evaluate(
            self.cells(), metrics, classes=question.classes, asked=[cls], alpha=self.alpha, seed=question.seed
        )
        return {values.metric.name: values for values in found}


def bounds_of(estimates: Estimates, tail: float) -> tuple[Floats, Floats]:
    """One-sided bounds of every group; NaN where it has no value, or lies in one cluster."""
    known = ~np.isnan(estimates.value)
    low, high = one_sided(replace(estimates, value=np.where(known, estimates.value, 0.5)), tail)
    if estimates.clusters is not None:
        known &= estimates.clusters >= 2
    return np.where(known, low, np.nan), np.where(known, high, np.nan)


def number(value: Any) -> float | None:
    """A number of the result; None where it is undefined."""
    return None if value is None or np.isnan(value) else float(value)
