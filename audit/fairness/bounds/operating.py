"""A true positive rate at a given false positive rate, with bounds that know that the threshold was estimated too.

The threshold of an attack is set on rows that were not trained on. The rate of all such rows above the k-th highest of
n of them has the beta distribution of (k, n − k + 1), whatever the signal's distribution is (where signals tie, it is
stochastically no larger strictly above, and no smaller at or above). So half of the tail goes to the threshold: the
lower bound takes the k at which the false positive rate is surely no larger than asked for, the upper bound the k at
which it is surely no smaller; the other half goes to Clopper and Pearson's bound of the members' share there. Nothing
is assumed of the two distributions. Where rows form clusters, counts are divided by the size of the cluster that a row
is in on average, as if all rows of a cluster did the same, which is the most they can.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.stats import beta

Floats = npt.NDArray[np.float64]

#: Ranks of held-out rows are kept until the false positive rate there is larger than asked for but for this chance.
LEAST_TAIL = 1e-5


@dataclass(frozen=True)
class Operating:
    """What is known of a true positive rate at a false positive rate.

    Attributes
    ----------
    rate
        The false positive rate that is asked for.
    above, reached
        Members whose signal is above, and at or above, the k-th highest of the held-out rows; k = 1, 2, ...
    members, held_out
        Rows.
    per_member, per_held_out
        Rows of the cluster that a row is in, on average; 1 where rows are independent.
    """

    rate: float
    above: Sequence[int]
    reached: Sequence[int]
    members: int
    held_out: int
    per_member: float = 1.0
    per_held_out: float = 1.0

    @property
    def value(self) -> float | None:
        """Members above the threshold that no more held-out rows than asked for exceed; None if none may exceed it."""
        allowed = int(self.rate * self.held_out * (1 + 1e-12))
        return self.above[allowed] / self.members if allowed and self.members else None

    def bounds(self, tail: float) -> tuple[float, float]:
        """Lower and upper bound, each missing the rate with at most the probability `tail`."""
        rank = np.arange(1, len(self.above) + 1) / self.per_held_out
        rows = self.held_out / self.per_held_out
        # How likely the false positive rate above each rank is larger than asked for.
        larger = beta.sf(self.rate, rank, np.maximum(rows - rank + 1, 1e-9))
        low, high = np.flatnonzero(larger <= tail / 2), np.flatnonzero(larger >= 1 - tail / 2)
        lower = self._bound(self.above[int(low[-1])], tail / 2)[0] if len(low) else 0.0
        upper = self._bound(self.reached[int(high[0])], tail / 2)[1] if len(high) else 1.0
        value = self.value
        return (lower, upper) if value is None else (min(lower, value), max(upper, value))

    def _bound(self, hits: int, tail: float) -> tuple[float, float]:
        """Clopper and Pearson's bounds of a share of members."""
        k, n = hits / self.per_member, self.members / self.per_member
        lower = float(beta.ppf(tail, k, n - k + 1)) if k > 0 else 0.0
        return lower, float(beta.isf(tail, k + 1, n - k)) if hits < self.members else 1.0


def operating(
    rate: float, members: Floats, held_out: Floats, per_member: float = 1.0, per_held_out: float = 1.0
) -> Operating:
    """Count members above each of the highest held-out signals.

    Parameters
    ----------
    rate
        False positive rate.
    members, held_out : array of shape (members,), (held-out rows,)
        Signals; higher looks more like a member.
    """
    n = len(held_out)
    expected = rate * n / per_held_out
    # No more ranks than these can be needed: far above the largest count that chance brings.
    rank = np.arange(1, min(n, int(per_held_out * (expected + 8 * expected**0.5 + 40))) + 1) / per_held_out
    needed = np.flatnonzero(beta.sf(rate, rank, np.maximum(n / per_held_out - rank + 1, 1e-9)) >= 1 - LEAST_TAIL)
    kept = max(int(needed[0]) + 1 if len(needed) else len(rank), min(int(rate * n) + 2, n))
    thresholds, ordered = np.sort(held_out)[::-1][:kept], np.sort(members)
    above = len(ordered) - np.searchsorted(ordered, thresholds, side="right")
    reached = len(ordered) - np.searchsorted(ordered, thresholds, side="left")
    return Operating(rate, above.tolist(), reached.tolist(), len(members), n, per_member, per_held_out)
