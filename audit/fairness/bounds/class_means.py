"""Effective sizes of means over classes: macro-averages and balanced accuracy.

A class counts as much as any other however few its decisions, so the spread of the mean may lie with a class of seven.
From so few a spread is told too small: with a share p̂ of n decisions right, p̂(1 − p̂) is too small by 1/n on average,
and the Bayesian bootstrap with its prior divides it by n + 2. So each class is resampled as if it had as many fewer
decisions as give its recall the variance p̂(1 − p̂)/(n − 1), which is right on average.

Between clusters the spread of a class cannot be told in this way: all its decisions may be right, and it seems to have
none. So clusters tell only how many times as large the variance of the mean is as without them, and never less than
once.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from audit.fairness.bounds.linearised import linearised_sizes, too_many_to_draw
from audit.fairness.bounds.resample import Cells, Unseen, effective_sizes
from audit.fairness.metrics.forms import Form

Floats = npt.NDArray[np.float64]

#: So many labelled decisions of every class bounds of a mean over classes need, and so many where classes are many, and
#: no single one decides. Chosen by simulation (`python -m benchmarks calibration_classes`, docs/statistics.md).
LEAST_OF_A_CLASS, LEAST_OF_MANY, MANY = 10, 7, 10


def class_mean_sizes(cells: Cells, form: Form, resamples: int, seed: int) -> tuple[Floats, Floats | None]:
    """Effective size of a mean over classes in every group, and the correlation between groups that share clusters.

    Parameters
    ----------
    seed
        Of resampling, which derivatives stand in for where classes are many.

    Returns
    -------
    size : array of shape (groups,)
        In decisions; NaN where nothing varies.
    correlation : array of shape (groups, groups) or None
    """

    def sizes(of: Cells, unseen: Unseen) -> tuple[Floats, Floats | None]:
        if too_many_to_draw(of.shape):
            return linearised_sizes(of, form, unseen)
        return effective_sizes(of, form, resamples, np.random.default_rng(seed), unseen)

    alone = replace(cells, cluster=None)
    size, _ = sizes(alone, "of_classes")
    if cells.cluster is None:
        return size, None
    together, correlation = sizes(cells, "nothing")
    apart, _ = sizes(alone, "nothing")
    with np.errstate(divide="ignore", invalid="ignore"):
        # Where nothing varies, neither is a number: then all decisions agree, in clusters or not.
        lost = np.nan_to_num(together / apart, nan=1.0, posinf=1.0)
    return size * np.minimum(lost, 1.0), correlation


def rare_classes(tables: Floats, first: int) -> npt.NDArray[np.bool_]:
    """Whether a group has too few labelled decisions of some class for a mean over classes.

    Parameters
    ----------
    tables : array of shape (groups, classes, classes)
        Counts of decisions by label and prediction.
    first
        Code of the first class that the mean is over.
    """
    n = tables.sum(-1)[..., first:]
    least = LEAST_OF_MANY if n.shape[-1] >= MANY else LEAST_OF_A_CLASS
    return np.asarray(n.min(-1, initial=np.inf) < least)
