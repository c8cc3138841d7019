"""What a threshold for one group can do: its curve of two rates against each other, as Fairlearn's ThresholdOptimizer
draws it, but for decisions of any weight.

Every threshold between two different scores is a point. The upper convex hull of the points is what a group can reach
if a lot decides between two thresholds (Hardt, Price and Srebro 2016).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from audit.fairness.metrics.tables import Bools, Floats, Ints


@dataclass(frozen=True)
class Points:
    """Thresholds of one group, strictest first: decisions above each are positive.

    Attributes
    ----------
    threshold : array of shape (points,)
        The first is infinite: nobody; the last minus infinity: everybody.
    true, false : array of shape (points,)
        Weight of true and false positives.
    positives, negatives
        Weight of all decisions with the label, and without it.
    exact
        Every score is a threshold.
    """

    threshold: Floats
    true: Floats
    false: Floats
    positives: float
    negatives: float
    exact: bool

    @property
    def weight(self) -> float:
        """Of all decisions of the group."""
        return self.positives + self.negatives

    @property
    def true_rate(self) -> Floats:
        """True positive rate."""
        return self.true / self.positives

    @property
    def false_rate(self) -> Floats:
        """False positive rate."""
        return self.false / self.negatives


#: Rates by what they are called in the configuration and in results.
RATES: dict[str, Callable[[Points], Floats]] = {
    "selection_rate": lambda points: (points.true + points.false) / points.weight,
    "true_positive_rate": lambda points: points.true_rate,
    "false_positive_rate": lambda points: points.false_rate,
    "accuracy": lambda points: (points.true + points.negatives - points.false) / points.weight,
    "balanced_accuracy": lambda points: (
        0.5 * points.true / points.positives + 0.5 * (points.negatives - points.false) / points.negatives
    ),
}


def points_of(rows: pd.DataFrame, most: int) -> Points:
    """Try every threshold between scores of one group.

    Parameters
    ----------
    rows
        `label`, `score`, `weight` and `count`, with both labels.
    most
        Thresholds to keep: of more, those at as many quantiles of the scores.
    """
    weight = rows["weight"].to_numpy(np.float64) * rows["count"].to_numpy(np.float64)
    label = rows["label"].to_numpy(np.int64)
    scores, at = np.unique(-rows["score"].to_numpy(np.float64), return_inverse=True)
    scores = -scores
    true, false = (np.cumsum(np.bincount(at, weight * (label == side), len(scores))) for side in (1, 0))
    # Between this score and the next lower one; below the lowest, minus infinity.
    threshold = (scores + np.append(scores[1:], -np.inf)) / 2
    exact = len(scores) <= most
    if not exact:
        upto = np.cumsum(np.bincount(at, weight, len(scores)))
        wanted = np.searchsorted(upto, upto[-1] * np.arange(1, most + 1) / most)
        kept = np.unique(np.append(np.minimum(wanted, len(scores) - 1), len(scores) - 1))
        threshold, true, false = threshold[kept], true[kept], false[kept]
    return Points(
        np.append(np.inf, threshold),
        np.append(0.0, true),
        np.append(0.0, false),
        float(true[-1]),
        float(false[-1]),
        exact,
    )


@dataclass(frozen=True)
class Curve:
    """Upper convex hull of a group's points.

    Attributes
    ----------
    x, y : array of shape (corners,)
        Rates at the corners; x rises.
    threshold : array of shape (corners,)
        Threshold of each corner.
    """

    x: Floats
    y: Floats
    threshold: Floats

    def along(self, grid: Floats) -> Interpolated:
        """Read the curve at given x, between two corners."""
        left = np.searchsorted(self.x, grid, side="right") - 1
        left[1:] = np.where(grid[1:] == self.x[left[1:]], left[1:] - 1, left[1:])
        first = (self.x[left + 1] - grid) / (self.x[left + 1] - self.x[left])
        y = first * self.y[left] + (1 - first) * self.y[left + 1]
        return Interpolated(y, first, self.threshold[left], self.threshold[left + 1])


@dataclass(frozen=True)
class Interpolated:
    """A curve at every x of a grid: two thresholds, and how often the first one decides."""

    y: Floats
    first: Floats
    threshold0: Floats
    threshold1: Floats


def curve_of(points: Points, x: str, y: str) -> Curve:
    """Draw one rate against another, and keep the upper convex hull."""
    xs, ys = RATES[x](points), RATES[y](points)
    order = np.lexsort((ys, xs))
    kept = order[_hull(xs[order], ys[order])]
    return Curve(xs[kept], ys[kept], points.threshold[kept])


def _hull(x: Floats, y: Floats) -> Ints:
    """Andrew's monotone chain over sorted points."""
    chosen: list[int] = []
    for i in range(len(x)):
        while len(chosen) >= 2:
            b, a = chosen[-1], chosen[-2]
            if (y[b] - y[a]) * (x[i] - x[a]) > (y[i] - y[a]) * (x[b] - x[a]):
                break
            chosen.pop()
        chosen.append(i)
    return np.array(chosen, np.int64)


def both_labels(rows: pd.DataFrame, least: float) -> Bools:
    """Whether a group has decisions enough of both labels to choose a threshold by: labelled 0, and labelled 1."""
    n = np.bincount(rows["label"].to_numpy(np.int64), rows["count"].to_numpy(np.float64), 2)
    return np.asarray(n >= least)
