"""How often reviewers err themselves, from how often they differ.

Two reviewers who err independently of each other given the truth, each at the rate e, differ in d = 2e(1 − e) of the
decisions; so e = (1 − √(1 − 2d))/2. Where they err at different rates this is at least their mean (the mean of a
product of different rates is below the square of their mean). What reviewers get wrong together is not seen by this:
it is the assumption that bounds under label noise rest on.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.stats import binom

from audit.fairness.bounds.inference import Estimates, one_sided
from audit.review.panel import Bools, Floats, Votes

#: From this on answers are as good as thrown coins, and say nothing.
WORTHLESS = 0.5


@dataclass(frozen=True)
class ReviewerError:
    """How often one reviewer errs.

    Attributes
    ----------
    value, upper
        The rate, and its one-sided upper bound; both 0 where reviewers are taken to be right.
    pairs
        Pairs of answers that it was measured on; 0 where it is assumed.
    """

    value: float
    upper: float
    pairs: int


def reviewer_error(votes: Votes, where: Bools, tail: float, assumed: float | None = None) -> ReviewerError:
    """Measure how often a reviewer errs.

    Parameters
    ----------
    where : array of shape (decisions,)
        Decisions to look at.
    tail
        Of the upper bound.
    assumed
        Take this rate instead.
    """
    if assumed is not None:
        return ReviewerError(assumed, assumed, 0)
    pairs, differing = votes.pairs[where], votes.differing[where]
    if not pairs.sum():
        return ReviewerError(0.0, 0.0, 0)
    share = float(differing.sum() / pairs.sum())
    # Pairs about one decision are not independent: it counts once, and Kish's size makes up for decisions with more.
    size = float(pairs.sum() ** 2 / (pairs.astype(np.float64) ** 2).sum())
    upper = float(one_sided(Estimates(np.array([share]), np.array([size])), tail)[1][0])
    return ReviewerError(_rate(share), _rate(upper), int(pairs.sum()))


def _rate(differing: float) -> float:
    return (1 - float(np.sqrt(max(1 - 2 * differing, 0.0)))) / 2


def majority_error(error: float, of: npt.NDArray[np.int64], weight: Floats) -> float:
    """How often the majority errs where it decides, when each of its reviewers errs at this rate.

    Parameters
    ----------
    of, weight : array of shape (decisions,)
        Reviewers who answered about each decision, and its weight.
    """
    if error <= 0 or not len(of):
        return 0.0
    if error >= WORTHLESS:
        return WORTHLESS
    most = np.array([_wrong_of(error, size) for size in range(int(of.max()) + 1)])
    return float((most[of] * weight).sum() / weight.sum())


def _wrong_of(error: float, size: int) -> float:
    wrong, right = (float(binom.sf(size // 2, size, rate)) for rate in (error, 1 - error))
    return wrong / (wrong + right) if size else 0.0
