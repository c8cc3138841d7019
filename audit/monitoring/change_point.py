"""When a gap changed: how probable each window is as the first one after the change, given that it changed once.

Gaps of windows are taken for normal around a mean before and another one after, with the variance that counts of this
size have, widened where windows differ more than that. With flat priors on both means and on the window the
probabilities follow in closed form (Barry and Hartigan 1993, with one change). Unlike alarms, they are approximate.
"""

from __future__ import annotations

import numpy as np

from audit.monitoring.projection import Floats
from audit.result.monitoring import ChangePoint

#: Probability that the named windows hold.
HELD = 0.95


def change_point(starts: list[str], values: Floats, variances: Floats, dispersion: float) -> ChangePoint | None:
    """Estimate it.

    Parameters
    ----------
    starts
        Of each window, in the order of time.
    values, variances
        Gap of each window, and its variance as rows alone have it.
    dispersion
        How much more windows differ than that; less than 1 counts as 1.

    Returns
    -------
    ChangePoint or None
        None of fewer than two windows.
    """
    if len(values) < 2:
        return None
    weights = 1 / (np.maximum(variances, 1e-12) * max(dispersion, 1.0))
    total, first, second = (np.concatenate([[0.0], np.cumsum(weights * values**j)]) for j in (0, 1, 2))
    cut = np.arange(1, len(values))
    logs = np.zeros(len(cut))
    means = []
    for low, high in ((np.zeros_like(cut), cut), (cut, np.full_like(cut, len(values)))):
        w, one, two = (sums[high] - sums[low] for sums in (total, first, second))
        logs += -0.5 * (two - one * one / w) - 0.5 * np.log(w)
        means.append(one / w)
    probability = np.exp(logs - logs.max())
    probability /= probability.sum()
    order = np.argsort(-probability, kind="stable")
    held = order[: int(np.searchsorted(np.cumsum(probability[order]), HELD) + 1)]
    best = int(order[0])
    return ChangePoint(
        best=starts[int(cut[best])],
        earliest=starts[int(cut[held.min()])],
        latest=starts[int(cut[held.max()])],
        before=float(means[0][best]),
        after=float(means[1][best]),
    )
