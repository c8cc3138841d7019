"""One level for everything that is watched: which of many capitals are large enough for an alarm.

A weighted mean of e-processes is an e-process: it bets on all of them at once. So a set of hypotheses that are all true
is refused by the mean over the set with probability of at most α, and a single one raises an alarm only when the mean
over every set that holds it reaches 1/α (closed testing, Marcus, Peritz and Gabriel 1976; with e-values Vovk and Wang
2021). The probability of any false alarm, ever, is then at most α. It is never worse than to
split α by the weights (Bonferroni).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from audit.monitoring.projection import Floats

#: Share of the weight that is kept for what is not watched yet: a group that comes up later.
RESERVE = 0.125


@dataclass
class Family:
    """Alarms that share one level.

    Parameters
    ----------
    alpha
        Probability of any false alarm in the family, at all times together.
    """

    alpha: float
    weights: list[float] = field(default_factory=list)
    alarms: list[bool] = field(default_factory=list)
    _left: float = 1.0

    def admit(self, shares: Sequence[float]) -> None:
        """Take in hypotheses that are watched from now on.

        Parameters
        ----------
        shares
            Their weights among themselves. All but `RESERVE` of the weight that is left is given to them.
        """
        total = sum(shares)
        if not total:
            return
        given = self._left * (1 - RESERVE)
        self._left -= given
        self.weights += [given * share / total for share in shares]
        self.alarms += [False] * len(shares)

    def look(self, logs: Floats) -> list[int]:
        """Look at all capitals, and return the numbers of those that raise an alarm now.

        Parameters
        ----------
        logs
            Logarithm of each capital, in the order of admission.
        """
        new = rejected(np.asarray(logs), np.array(self.weights), np.array(self.alarms, bool), self._left, self.alpha)
        for number in new:
            self.alarms[number] = True
        return new

    def needed(self) -> Floats:
        """Capital at which each raises an alarm if all others are lost, and what is not watched yet is not."""
        weights = np.array(self.weights)
        open_ = weights[~np.array(self.alarms, bool)].sum()
        others = np.maximum(open_ - weights, 0.0)
        lack = others / self.alpha + self._left * (1 / self.alpha - 1)
        with np.errstate(divide="ignore"):
            return np.asarray(1 / self.alpha + lack / weights)


def rejected(logs: Floats, weights: Floats, before: npt.NDArray[np.bool_], left: float, alpha: float) -> list[int]:
    """Return the hypotheses that every set rejects which holds them and none that were rejected before.

    Parameters
    ----------
    left
        Weight of what is not watched yet, whose capital is 1.
    """
    most = 1 / alpha
    capitals = np.exp(np.minimum(logs, 300.0))
    # The set that is hardest to reject holds all whose capital is below the bound, and the one in question.
    lacking = np.where(~before & (capitals < most), weights * (most - capitals), 0.0)
    lack = lacking.sum() + left * (most - 1)
    spare = weights * (capitals - most)
    return [int(i) for i in np.flatnonzero(~before & (capitals >= most) & (spare >= lack))]
