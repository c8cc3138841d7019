"""Sketches of means: what decisions add, by mean, spread and skewness, and where a decision not yet seen may lie.

The skewness γ of what decisions add, over the root of their number, is the skewness of the mean itself; it follows from
any blocks of decisions as Σz³/(Σz²)^1.5, with z a block's residual. Student's bounds miss by about γ/√n (Johnson 1978).

Where every decision lies between two ends, as probabilities and their errors do, those ends go into the sketch and the
bounds hold at any skewness. Where there are none, as for log loss and predicted numbers, a decision not yet seen is
taken to lie as far out as the skewness of this group, or of all decisions together, puts the rare ones; with γ/√n above
`MOST_SKEWED` too few decisions are known for that, and the bounds are in doubt.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from audit.fairness.bounds.doubt import SKEWED, Doubts
from audit.fairness.bounds.sketch import Sketches, two_point

Floats = npt.NDArray[np.float64]

#: More than this of γ/√n, and nothing is promised of bounds of what has no ends (`benchmarks calibration_scores`).
MOST_SKEWED = 0.45


@dataclass(frozen=True)
class Sketched:
    """Sketches of one metric in several groups, with their doubts."""

    sketches: Sketches
    doubt: Doubts


def skewness_index(z: Floats) -> Floats:
    """Skewness of a sum of independent residuals, from an array of shape (groups, blocks)."""
    square = (z**2).sum(1)
    # In units of the widest block, so that no power leaves the range of numbers.
    scale = np.maximum(np.abs(z).max(1, initial=0.0), 1e-300)[:, None]
    cube, norm = ((z / scale) ** 3).sum(1), ((z / scale) ** 2).sum(1)
    return np.asarray(np.where(square > 0, cube / np.maximum(norm, 1e-12) ** 1.5, 0.0))


def sketch_means(
    value: Floats,
    spread: Floats,
    size: Floats,
    freedom: Floats | None,
    index: Floats,
    pooled: float,
    ends: tuple[float, float] | None,
) -> Sketched:
    """Sketch the means of several groups.

    Parameters
    ----------
    value, spread, size
        Mean, variance of what decisions add, and effective number of them.
    freedom
        Degrees of freedom of the spread.
    index
        Skewness of each mean.
    pooled
        Skewness of what all decisions add.
    ends
        What every decision adds lies between these, if anything bounds it.
    """
    root = np.sqrt(np.maximum(size, 1.0))
    skewness, deviation = np.clip(index * root, -root, root), np.sqrt(np.maximum(spread, 0.0))
    known = np.nan_to_num(value)
    values, shares = two_point(known, deviation, skewness)
    if ends is not None:
        # Two atoms may lie beyond the ends between which the decisions themselves lie.
        least, most = (np.full(len(value), end) for end in ends)
        return Sketched(Sketches(values, shares, least, most, size, freedom), [None] * len(value))
    # A group whose decisions are all alike may still see what others see.
    usual = np.where(deviation > 0, deviation, deviation.max(initial=0.0))
    high, low = (_far(np.maximum.reduce([sign * skewness, np.full(len(value), sign * pooled)])) for sign in (1, -1))
    doubt: Doubts = [SKEWED if at > MOST_SKEWED else None for at in np.maximum(np.abs(index), abs(pooled) / root)]
    return Sketched(Sketches(values, shares, known - usual * low, known + usual * high, size, freedom), doubt)


def _far(skewness: Floats) -> Floats:
    """How many deviations out the farther of two atoms lies."""
    return np.asarray((skewness + np.sqrt(skewness**2 + 4)) / 2)
