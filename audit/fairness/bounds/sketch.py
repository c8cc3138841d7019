"""Bounds of a mean from few atoms: at any level, at any skewness, for values between two ends.

A sketch holds what decisions add to a mean as a few atoms (value, share) and the ends between which a decision not yet
seen may lie. The upper bound is Gaffke's (2005; Learned-Miller and Thomas 2019): draw the decisions' weights from the
flat Dirichlet distribution as the Bayesian bootstrap does (Rubin 1981), with one more decision at the upper end; the
bound is the 1 − tail quantile of the mean. For outcomes of 0 and 1 this is exactly Clopper and Pearson's bound, and in
large samples it is the normal one, so nothing is paid for what cannot happen. The lower bound mirrors it.

With x atoms, n decisions each and c beyond the end, the saddlepoint belongs to the mean Σ nx/(c − x) / Σ n/(c − x), and
how likely more than that is follows from Lugannani and Rice (1980).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr
from scipy.stats import norm
from scipy.stats import t as student

if TYPE_CHECKING:
    from audit.result import Sketch

Floats = npt.NDArray[np.float64]

#: Halvings of the search for a quantile.
STEPS = 36


@dataclass(frozen=True)
class Sketches:
    """The distributions behind the means of several groups.

    Attributes
    ----------
    values, shares : array of shape (groups, atoms)
        Shares sum to 1 in every group.
    least, most : array of shape (groups,)
        Where a decision that was not seen may lie.
    size : array of shape (groups,)
        Effective number of decisions.
    freedom : array of shape (groups,), optional
        Degrees of freedom of the size, where it was estimated from clusters.
    """

    values: Floats
    shares: Floats
    least: Floats
    most: Floats
    size: Floats
    freedom: Floats | None = None

    @property
    def mean(self) -> Floats:
        """Mean of every group."""
        return np.asarray((self.values * self.shares).sum(1))

    def variance(self) -> Floats:
        """Variance of every mean."""
        spread = (self.shares * (self.values - self.mean[:, None]) ** 2).sum(1)
        return np.asarray(spread / np.maximum(self.size, 1e-9))

    def at(self, group: int) -> dict[str, object]:
        """One group's sketch, as the result keeps it."""
        kept = self.shares[group] > 0
        numbers = {name: float(getattr(self, name)[group]) for name in ("least", "most", "size")}
        freedom = None if self.freedom is None else float(self.freedom[group])
        freedom = None if freedom == np.inf else freedom
        return {
            "values": [_short(x) for x in self.values[group][kept]],
            "shares": [_short(x) for x in self.shares[group][kept]],
            **{name: _short(x) for name, x in numbers.items()},
            "freedom": freedom,
        }

    def among(self, groups: npt.NDArray[np.int64]) -> Sketches:
        """The sketches of some of the groups."""
        freedom = None if self.freedom is None else self.freedom[groups]
        least, most, size = self.least[groups], self.most[groups], self.size[groups]
        return Sketches(self.values[groups], self.shares[groups], least, most, size, freedom)

    def grown(self, times: Floats) -> Sketches:
        """Pretend there were so many times the decisions."""
        return replace(self, size=self.size * times, freedom=None)

    def mirrored(self) -> Sketches:
        """The sketches of the negative values."""
        return replace(self, values=-self.values, least=-self.most, most=-self.least)

    def bounds(self, tail: float) -> tuple[Floats, Floats]:
        """Lower and upper bound of each mean, each missing it with probability `tail`."""
        return -_upper(self.mirrored(), tail), _upper(self, tail)


def gathered(items: Sequence[Sketch | None]) -> Sketches | None:
    """Arrange sketches of the result; None where there is none. What stands for a missing one means nothing."""
    known = [item for item in items if item is not None]
    if not known:
        return None
    width = max(len(item.values) for item in known)

    def padded(name: str) -> Floats:
        rows = [[0.0] if item is None else getattr(item, name) for item in items]
        return np.array([[*row, *([0.0] * (width - len(row)))] for row in rows], float)

    def column(name: str, default: float) -> Floats:
        found = [default if item is None else getattr(item, name) for item in items]
        return np.array([default if value is None else value for value in found], float)

    freedom = None if all(item.freedom is None for item in known) else column("freedom", np.inf)
    return Sketches(
        padded("values"), padded("shares"), column("least", 0.0), column("most", 0.0), column("size", 1.0), freedom
    )


def _short(number: float) -> float:
    """Twelve digits are more than any bound needs."""
    return float(f"{number:.12g}")


def _upper(sketch: Sketches, tail: float) -> Floats:
    size = np.maximum(sketch.size, 1e-9)
    if sketch.freedom is not None:
        # Few clusters tell the size badly (Korn and Graubard 1998).
        known = np.isinf(sketch.freedom)
        quantile = student.ppf(tail, np.where(known, 1.0, np.maximum(sketch.freedom, 1.0)))
        size = np.where(known, size, size * (norm.ppf(tail) / quantile) ** 2)
    x = np.concatenate([sketch.values, sketch.most[:, None]], axis=1)
    n = np.concatenate([sketch.shares * size[:, None], np.ones((len(size), 1))], axis=1)
    end = np.where(n > 0, x, -np.inf).max(1)
    width = end - np.where(n > 0, x, np.inf).min(1)
    point = width <= 1e-12 * np.maximum(np.abs(end), 1e-300)
    scale = np.where(point, 1.0, width)
    # In units of the width, below the end: every atom lies in [0, 1].
    below = np.where(n > 0, (end[:, None] - x) / scale[:, None], 0.0)
    low, high = np.full(len(size), -40.0), np.full(len(size), 25.0)
    for _ in range(STEPS):
        middle = (low + high) / 2
        too_far = _tail(below, n, np.exp(middle)[:, None])[0] < tail
        low, high = np.where(too_far, middle, low), np.where(too_far, high, middle)
    edge = end - scale * _tail(below, n, np.exp(high)[:, None])[1]
    return np.asarray(np.where(point, end, np.maximum(edge, sketch.mean)))


def _tail(below: Floats, n: Floats, gap: Floats) -> tuple[Floats, Floats]:
    """Chance that the mean lies nearer to the end than the saddlepoint of c = end + gap, and that point's distance."""
    pull = n / (below + gap)
    distance = (pull * below).sum(1) / pull.sum(1)
    t = 1 / (distance[:, None] + gap)
    reach = t * (below + gap)
    k = (n * np.log(reach)).sum(1)
    curve = (n * ((distance[:, None] - below) / reach) ** 2).sum(1)
    r, v = np.sqrt(np.maximum(2 * k, 0.0)), t[:, 0] * np.sqrt(curve)
    with np.errstate(divide="ignore", invalid="ignore"):
        chance = ndtr(-r) + np.exp(-(r**2) / 2) / np.sqrt(2 * np.pi) * (1 / v - 1 / r)
    # Near the middle both terms grow without bound and their difference is lost to rounding.
    return np.where(r > 1e-3, np.clip(chance, 0.0, 1.0), 0.5), distance


def two_point(mean: Floats, spread: Floats, skewness: Floats) -> tuple[Floats, Floats]:
    """Two atoms of this mean, standard deviation and skewness: the Gauss quadrature of three moments.

    Returns
    -------
    values, shares : array of shape (groups, 2)
    """
    root = np.sqrt(skewness**2 + 4)
    # The stable form of (skewness ± root)/2.
    far = (np.abs(skewness) + root) / 2
    high = np.where(skewness >= 0, far, 1 / far)
    low = -1 / high
    share = -low / (high - low)
    values = mean[:, None] + spread[:, None] * np.stack([low, high], 1)
    return values, np.stack([1 - share, share], 1)
