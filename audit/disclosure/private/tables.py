"""Counts of decisions by group, label and prediction: true ones, and those with noise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from audit.disclosure.outcomes import Cell, Mask, Outcomes
from audit.disclosure.private.noise import largest_sum

Values = tuple[str, ...]


@dataclass(frozen=True)
class Domain:
    """Cells of a table, known beforehand: every value of each attribute, by every outcome, whether it occurs or not.

    Attributes
    ----------
    attributes
        None: everybody.
    groups
        Every joint value.
    outcomes
        Kinds of outcomes.
    """

    attributes: Values
    groups: tuple[Values, ...]
    outcomes: Outcomes

    @classmethod
    def of(cls, attributes: Sequence[str], values: Mapping[str, Sequence[str]], outcomes: Outcomes) -> Domain:
        """Cross the values of some attributes."""
        return cls(tuple(attributes), tuple(product(*(values[name] for name in attributes))), outcomes)

    @property
    def cells(self) -> int:
        """How many counts there are."""
        return len(self.groups) * len(self.outcomes.cells)

    def listed(self, found: Mapping[tuple[Values, Cell], int]) -> list[int]:
        """Counts of all cells, in their order; what lies in no cell is left out.

        A decision lies in one cell, so one more or one less changes one count by one.
        """
        return [found.get((group, cell), 0) for group in self.groups for cell in self.outcomes.cells]


@dataclass(frozen=True)
class Noisy:
    """A table with noise.

    Attributes
    ----------
    domain
        Its cells.
    counts
        Whole numbers, some of them negative; sums are made of these as they are, so that they are not biased.
    scale
        Of the noise of each.
    """

    domain: Domain
    counts: np.ndarray[tuple[int, int], np.dtype[np.int64]]
    scale: float

    @classmethod
    def of(cls, domain: Domain, true: Sequence[int], noise: Sequence[int], scale: float) -> Noisy:
        """Add noise to each count."""
        counts = np.asarray(true, np.int64) + np.asarray(noise, np.int64)
        return cls(domain, counts.reshape(len(domain.groups), -1), scale)

    def sum(self, group: Values, mask: Mask) -> int:
        """Count the decisions of a group that became of some kind; may be negative."""
        return int(self.counts[self.domain.groups.index(group), sorted(mask)].sum())

    def largest(self, mask: Mask, alpha: float) -> int:
        """By how much such a sum is off, but for a probability of α."""
        return largest_sum(len(mask), self.scale, alpha)
