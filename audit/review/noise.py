"""What a gap between groups may be once labels are right: bounds, not a point.

Of every cell (group, recorded label, decision) the number of decisions is known. Unknown is the share of them whose
true label is the class asked about. Reviewers measure it on a sample; where they err at the rate ε, a share r that
their majority calls so comes from a true share between (r − ε)/(1 − ε) and r/(1 − ε). A metric of a group rises or
falls in each of these shares, and so does a gap: its ends are found with every share at its worse end. Sampling enters
by the method of variance estimates recovery (Zou and Donner 2008): each share, and ε, moves the end from its estimate
to its own confidence limit, and the squares of these moves are added. A cell that nobody looked at may be anything.

Assumed: reviewers err independently of each other given the truth, each in less than half of the cases, and within a
group equally often whatever the label and the decision. Not assumed: that labels are wrong equally often in all groups,
or that wrong labels do not go with decisions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from audit.fairness.bounds.outcomes import rate_of
from audit.review.panel import LABEL, Bools, Floats, Panel, Votes
from audit.review.reviewer_error import WORTHLESS, ReviewerError, majority_error, reviewer_error

Metric = Literal["accuracy", "true_positive_rate", "false_positive_rate"]
METRICS: tuple[Metric, ...] = ("accuracy", "true_positive_rate", "false_positive_rate")


@dataclass(frozen=True)
class Noisy:
    """One metric of one group, and what is known of its cells.

    Attributes
    ----------
    recorded
        The metric by the recorded labels; None where its denominator is empty.
    n : array of shape (cells,)
        Weight of each cell.
    hit : array of shape (cells,)
        Whether the decision of the cell counts in the numerator.
    rate, lower, upper : array of shape (cells,)
        What share of the cell the majority of reviewers says is so, with its limits; NaN where nobody decided.
    error, error_upper
        How often that majority errs.
    reviewed
        Decisions that a majority decided about.
    """

    metric: Metric
    recorded: float | None
    n: Floats
    hit: Bools
    rate: Floats
    lower: Floats
    upper: Floats
    error: float
    error_upper: float
    reviewed: int

    @property
    def rising(self) -> Bools:
        """Whether the metric rises with the share of each cell."""
        if self.metric == "accuracy":
            return np.ones(len(self.n), bool)
        return self.hit if self.metric == "true_positive_rate" else ~self.hit

    def value(self, share: Floats, *, high: bool) -> float:
        """Work the metric out where this share of each cell is so.

        Parameters
        ----------
        high
            What to take where nothing is left in the denominator: one, or else zero.
        """
        if self.metric == "accuracy":
            above, below = (self.n * share).sum(), (self.n * (1 - share)).sum()
        else:
            so = share if self.metric == "true_positive_rate" else 1 - share
            above, below = (self.n * so)[self.hit].sum(), (self.n * so)[~self.hit].sum()
        return float(above / (above + below)) if above + below > 0 else float(high)

    def end(self, rate: Floats, error: float, *, high: bool) -> float:
        """Highest, or lowest, value that the metric may have where the majority says this of each cell."""
        return self.value(_true_share(rate, error, self.rising == high), high=high)

    def moves(self, *, high: bool) -> list[float]:
        """How far each limit moves that end: one for each cell, and one for the error of reviewers."""
        limit = np.where(self.rising == high, self.upper, self.lower)
        start = self.end(self.rate, self.error, high=high)
        out = [self.end(self.rate, self.error_upper, high=high) - start]
        for at in np.flatnonzero(~np.isnan(self.rate)):
            moved = self.rate.copy()
            moved[at] = limit[at]
            out.append(self.end(moved, self.error, high=high) - start)
        return out


def _true_share(rate: Floats, error: float, most: Bools) -> Floats:
    """Largest or smallest true share behind what the majority says."""
    if error >= WORTHLESS:
        return most.astype(np.float64)
    found = np.where(most, rate / (1 - error), (rate - error) / (1 - error))
    return np.clip(np.where(np.isnan(rate), most.astype(np.float64), found), 0.0, 1.0)


def bounds(group: Noisy) -> tuple[float, float]:
    """Bounds of the metric of one group."""
    low, high = (group.end(group.rate, group.error, high=side) for side in (False, True))
    return max(low - _together(group.moves(high=False)), 0.0), min(high + _together(group.moves(high=True)), 1.0)


def gap_bounds(group: Noisy, other: Noisy) -> tuple[float, float]:
    """Bounds of the metric of one group minus that of another."""
    ends = []
    for side in (False, True):
        point = group.end(group.rate, group.error, high=side) - other.end(other.rate, other.error, high=not side)
        moved = _together([*group.moves(high=side), *other.moves(high=not side)])
        ends.append(point + moved if side else point - moved)
    return max(ends[0], -1.0), min(ends[1], 1.0)


def _together(moves: Sequence[float]) -> float:
    return float(np.sqrt(np.square(moves).sum()))


def noisy(
    panel: Panel, metric: Metric, cls: str | None, column: str, group: str, tail: float, assumed: float | None = None
) -> Noisy:
    """Look at one metric of one group.

    Parameters
    ----------
    cls
        Class that a rate is of; None for accuracy.
    column, group
        Group column, and its value.
    tail
        Of every limit.
    assumed
        How often a reviewer errs, where that is not measured.
    """
    whole = panel.population[(panel.population[column] == group).to_numpy(bool)]
    chosen = (panel.reviewed[column] == group).to_numpy(bool) & panel.reviewed["y_true"].notna().to_numpy(bool)
    votes = panel.says(LABEL, panel.reviewed["y_pred"].to_numpy(object) if cls is None else cls)
    error: ReviewerError = reviewer_error(votes, chosen, tail, assumed)
    used = chosen & votes.decided
    weight = panel.weight
    majority, worst = (majority_error(e, votes.of[used], weight[used]) for e in (error.value, error.upper))
    so, hit = _cells(whole, cls)
    so_here, hit_here = _cells(panel.reviewed, cls)
    n, kinds, limits = [], [], []
    for kind in ((True, True), (False, True), (True, False), (False, False)):
        size = float(whole["weight"].to_numpy(np.float64)[(so == kind[0]) & (hit == kind[1])].sum())
        if size > 0:
            n.append(size)
            kinds.append(kind)
            limits.append(_limits(panel, votes, used & (so_here == kind[0]) & (hit_here == kind[1]), weight, tail))
    rate, lower, upper = np.array(limits, np.float64).reshape(-1, 3).T
    sizes, hits = np.array(n, np.float64), np.array([kind[1] for kind in kinds], bool)
    found = Noisy(metric, None, sizes, hits, rate, lower, upper, majority, worst, int(used.sum()))
    recorded = np.array([kind[0] for kind in kinds], np.float64)
    value = found.value(recorded, high=True)
    defined = value == found.value(recorded, high=False)
    return Noisy(metric, value if defined else None, sizes, hits, rate, lower, upper, majority, worst, found.reviewed)


def _cells(frame: pd.DataFrame, cls: str | None) -> tuple[Bools, Bools]:
    """Whether the recorded label is the class asked about (or the decision), and whether the decision is that class."""
    true, found = frame["y_true"].to_numpy(object), frame["y_pred"].to_numpy(object)
    if cls is None:
        right = np.asarray(true == found, bool)
        return right, np.ones(len(right), bool)
    return np.asarray(true == cls, bool), np.asarray(found == cls, bool)


def _limits(panel: Panel, votes: Votes, here: Bools, weight: Floats, tail: float) -> tuple[float, float, float]:
    if not here.any():
        return np.nan, np.nan, np.nan
    cluster = panel.reviewed["cluster"][here]
    rate = rate_of(votes.majority[here], weight[here], cluster if cluster.notna().any() else None, 2 * tail)
    if rate.value is None or rate.lower is None or rate.upper is None:
        return np.nan, np.nan, np.nan
    return rate.value, rate.lower, rate.upper
