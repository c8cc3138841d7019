"""Sets of decisions, by label and prediction, that metrics count: `t` and `p` are codes.

In a one-vs-rest table code 1 is the class and 0 the rest. Where a row has several decisions, code 0 of a table of all
classes says that there is nothing.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

Codes = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
Where = Callable[[Codes, Codes], Mask]


def rows(t: Codes, p: Codes) -> Mask:
    """All decisions."""
    return np.ones(len(t), dtype=bool)


def positives(t: Codes, p: Codes) -> Mask:
    """Decisions whose label is the class."""
    return np.asarray(t == 1)


def negatives(t: Codes, p: Codes) -> Mask:
    """Decisions whose label is another class."""
    return np.asarray(t != 1)


def selected(t: Codes, p: Codes) -> Mask:
    """Decisions whose prediction is the class."""
    return np.asarray(p == 1)


def rejected(t: Codes, p: Codes) -> Mask:
    """Decisions whose prediction is another class."""
    return np.asarray(p != 1)


def correct(t: Codes, p: Codes) -> Mask:
    """Decisions whose prediction is the label."""
    return np.asarray(t == p)


def wrong(t: Codes, p: Codes) -> Mask:
    """Decisions whose prediction is another class than the label."""
    return np.asarray(t != p)


def existing(t: Codes, p: Codes) -> Mask:
    """Decisions whose label says that there is something."""
    return np.asarray(t > 0)


def found(t: Codes, p: Codes) -> Mask:
    """Decisions whose prediction says that there is something."""
    return np.asarray(p > 0)


def touched(t: Codes, p: Codes) -> Mask:
    """Decisions whose label or prediction says that there is something: all but true negatives."""
    return np.asarray((t > 0) | (p > 0))


#: Why a metric is undefined where a set of decisions is empty.
WHY_EMPTY: dict[Where, str] = {
    rows: "no_rows",
    positives: "no_positives",
    negatives: "no_negatives",
    selected: "no_predicted_positives",
    rejected: "no_predicted_negatives",
    existing: "no_positives",
    found: "no_predicted_positives",
}
