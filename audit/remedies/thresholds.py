"""Thresholds by group that make a rate alike, and the one threshold that is best for all.

They are those of Fairlearn's ThresholdOptimizer with given scores (Hardt, Price and Srebro 2016): over a grid of the
rate that groups are to share, the point where the objective is best; each group reaches it by a lot between two
thresholds. For equalized odds the groups share a point below all of their ROC curves, and those that could do better
ignore the score now and then. Where decisions have weights, so have the rates.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from audit.fairness.metrics.tables import Floats
from audit.remedies.curves import RATES, Points, curve_of

#: Constraint -> the rate that it makes alike.
SHARED = {"demographic_parity": "selection_rate", "equal_opportunity": "true_positive_rate"}


@dataclass(frozen=True)
class Lot:
    """What is done with a group's decisions: with these chances, positive above these thresholds.

    Attributes
    ----------
    chances, thresholds
        Of each rule; a threshold of infinity is nobody, of minus infinity everybody.
    """

    chances: tuple[float, ...]
    thresholds: tuple[float, ...]

    def positive(self, scores: Floats) -> Floats:
        """Chance that each decision is positive."""
        out = np.zeros(len(scores))
        for chance, threshold in zip(self.chances, self.thresholds, strict=True):
            out += chance * (scores > threshold)
        return out

    def tidy(self) -> Lot:
        """Leave out rules without a chance, and put equal ones together."""
        sums: dict[float, float] = {}
        for chance, threshold in zip(self.chances, self.thresholds, strict=True):
            sums[threshold] = sums.get(threshold, 0.0) + chance
        kept = {threshold: chance for threshold, chance in sums.items() if chance > 1e-12}
        return Lot(tuple(kept.values()), tuple(kept))


@dataclass(frozen=True)
class Chosen:
    """Rules of every group, and the objective on the half that chose."""

    lots: dict[str, Lot]
    objective: float


def one_threshold(everybody: Points, objective: str) -> tuple[float, float]:
    """Find the threshold that is best for all groups together, the highest of equally good ones.

    Returns
    -------
    threshold, objective
    """
    values = np.around(RATES[objective](everybody), 15)
    best = int(np.argmax(values))
    return float(everybody.threshold[best]), float(values[best])


def equal_rates(groups: Mapping[str, Points], constraint: str, objective: str, grid: int) -> Chosen:
    """Choose thresholds that make a selection or true positive rate alike."""
    xs = np.linspace(0, 1, grid + 1)
    weight = sum(points.weight for points in groups.values())
    along = {name: curve_of(points, SHARED[constraint], objective).along(xs) for name, points in groups.items()}
    total = sum((groups[name].weight / weight * one.y for name, one in along.items()), np.zeros(len(xs)))
    best = int(np.argmax(total))
    lots = {
        name: Lot(
            (float(one.first[best]), float(1 - one.first[best])),
            (float(one.threshold0[best]), float(one.threshold1[best])),
        )
        for name, one in along.items()
    }
    return Chosen(lots, float(total[best]))


def equal_odds(groups: Mapping[str, Points], objective: str, grid: int) -> Chosen:
    """Choose thresholds that make true and false positive rates alike."""
    xs = np.linspace(0, 1, grid + 1)
    along = {
        name: curve_of(points, "false_positive_rate", "true_positive_rate").along(xs) for name, points in groups.items()
    }
    lowest = np.min([one.y for one in along.values()], axis=0)
    positives = sum(points.positives for points in groups.values())
    negatives = sum(points.negatives for points in groups.values())
    whole = Points(xs, positives * lowest, negatives * xs, positives, negatives, True)
    values = np.around(RATES[objective](whole), 15)
    best = int(np.argmax(values))
    x, y = float(xs[best]), float(lowest[best])
    lots = {}
    for name, one in along.items():
        above = float(one.y[best]) - x
        # How often the score is ignored, so that a better curve comes down to the point that all can reach.
        ignored = 0.0 if above == 0 else (float(one.y[best]) - y) / above
        first = float(one.first[best])
        lots[name] = Lot(
            ((1 - ignored) * first, (1 - ignored) * (1 - first), ignored * x, ignored * (1 - x)),
            (float(one.threshold0[best]), float(one.threshold1[best]), -np.inf, np.inf),
        )
    return Chosen(lots, float(values[best]))


def choose(groups: Mapping[str, Points], constraint: str, objective: str, grid: int) -> Chosen:
    """Choose thresholds by group under a constraint."""
    if constraint == "equalized_odds":
        return equal_odds(groups, objective, grid)
    return equal_rates(groups, constraint, objective, grid)
