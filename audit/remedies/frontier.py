"""How much of the objective a smaller gap costs: the best that thresholds by group can do within every gap.

Each group reaches the points under its ROC hull by a lot between thresholds, and accuracy as well as all rates that are
compared are linear in them. So the best within a gap is a linear program over the corners of the hulls.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.optimize import linprog

from audit.fairness.metrics.tables import Floats
from audit.remedies.curves import Points, curve_of
from audit.remedies.thresholds import Lot

#: Chances below this are rounding of the solver.
TINY = 1e-9


@dataclass(frozen=True)
class Best:
    """The best rules within a gap.

    Attributes
    ----------
    allowed
        Largest gap on the half that chose.
    """

    allowed: float
    objective: float
    lots: dict[str, Lot]


@dataclass(frozen=True)
class _Corners:
    """Corners of the ROC hulls of all groups, one after the other."""

    names: list[str]
    owner: np.ndarray
    threshold: Floats
    gain: Floats
    rates: list[Floats]


def frontier(groups: Mapping[str, Points], constraint: str, objective: str, steps: int) -> list[Best]:
    """Find the best rules for gaps from none to that of the best rules without any constraint.

    Parameters
    ----------
    steps
        How many gaps to try.
    """
    corners = _corners(groups, constraint, objective)
    free = _solve(corners, None)
    widest = max(
        np.ptp([float(rate[corners.owner == at] @ free[corners.owner == at]) for at in range(len(corners.names))])
        for rate in corners.rates
    )
    found = []
    for allowed in np.linspace(0.0, float(widest), steps):
        chances = _solve(corners, float(allowed))
        lots = {}
        for at, name in enumerate(corners.names):
            mine = np.flatnonzero((corners.owner == at) & (chances > TINY))
            share = chances[mine] / chances[mine].sum()
            lots[name] = Lot(tuple(share.tolist()), tuple(corners.threshold[mine].tolist()))
        found.append(Best(float(allowed), float(corners.gain @ chances), lots))
    return found


def _corners(groups: Mapping[str, Points], constraint: str, objective: str) -> _Corners:
    positives = sum(points.positives for points in groups.values())
    negatives = sum(points.negatives for points in groups.values())
    owner, threshold, gain, rates = [], [], [], []
    for at, points in enumerate(groups.values()):
        curve = curve_of(points, "false_positive_rate", "true_positive_rate")
        false, true = curve.x, curve.y
        owner.append(np.full(len(false), at))
        threshold.append(curve.threshold)
        right = points.positives * true, points.negatives * (1 - false)
        gain.append(
            sum(right) / (positives + negatives)
            if objective == "accuracy"
            else 0.5 * right[0] / positives + 0.5 * right[1] / negatives
        )
        selected = (points.positives * true + points.negatives * false) / points.weight
        rates.append(
            {"demographic_parity": [selected], "equal_opportunity": [true], "equalized_odds": [true, false]}[constraint]
        )
    joined = [np.concatenate([of_group[i] for of_group in rates]) for i in range(len(rates[0]))]
    return _Corners(
        list(groups), np.concatenate(owner), np.concatenate(threshold), np.asarray(np.concatenate(gain)), joined
    )


def _solve(corners: _Corners, allowed: float | None) -> Floats:
    """Chances of the corners: those of each group add up to one, and no rates are further apart than allowed."""
    size, groups, rates = len(corners.owner), len(corners.names), len(corners.rates)
    ones = np.zeros((groups, size + rates))
    ones[corners.owner, np.arange(size)] = 1.0
    above, below = [], []
    if allowed is not None:
        for number, rate in enumerate(corners.rates):
            for at in range(groups):
                row = np.zeros(size + rates)
                row[:size] = np.where(corners.owner == at, rate, 0.0)
                row[size + number] = -1.0
                # The lowest rate is a variable; every group's is between it and what is allowed above it.
                above += [row, -row]
                below += [allowed, 0.0]
    cost = np.concatenate([-corners.gain, np.zeros(rates)])
    found = linprog(
        cost,
        A_ub=np.array(above) if above else None,
        b_ub=below or None,
        A_eq=ones,
        b_eq=np.ones(groups),
        bounds=[(0.0, 1.0)] * (size + rates),
        method="highs",
    )
    if found.x is None:
        raise ArithmeticError(f"the best thresholds within a gap of {allowed} were not found: {found.message}")
    return np.asarray(np.maximum(found.x[:size], 0.0), np.float64)
