"""Labels that probabilities speak against, by group."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from audit.data_audit.rates import Looks
from audit.fairness.metrics.label_errors import confident_joint
from audit.result import LikelyLabelErrors, RowCheck

Floats = npt.NDArray[np.float64]

#: Labelled rows with probabilities, and rows of each of two classes: with fewer a threshold is a mean of next to none.
LEAST_ROWS, LEAST_OF_A_CLASS = 50, 10


@dataclass(frozen=True)
class Probabilities:
    """Probabilities of classes, of the rows that have them.

    Attributes
    ----------
    classes
        In the order of the columns.
    values : array of shape (rows, classes)
        NaN where there are none.
    labels
        Label of the data -> class.
    """

    classes: Sequence[str]
    values: Floats
    labels: Mapping[str, str]


def likely_label_errors(looks: Looks, known: Probabilities | None) -> tuple[list[RowCheck], LikelyLabelErrors | None]:
    """Hold labels against probabilities; nothing where there are too few of either."""
    if known is None:
        return [], None
    rows = looks.rows
    code = {cls: at for at, cls in enumerate(known.classes)}
    label = np.array(
        [-1 if value is None else code.get(known.labels.get(value, value), -1) for value in rows.truth], np.int64
    )
    among = (label >= 0) & ~np.isnan(known.values).any(1)
    if among.sum() < LEAST_ROWS or (np.bincount(label[among]) >= LEAST_OF_A_CLASS).sum() < 2:
        return [], None
    found = confident_joint(label[among], known.values[among])
    hit = np.zeros(rows.size, bool)
    hit[np.flatnonzero(among)] = found.suspected
    facts = LikelyLabelErrors(
        classes=list(known.classes),
        thresholds={
            cls: float(threshold)
            for cls, threshold in zip(known.classes, found.thresholds, strict=True)
            if not np.isnan(threshold)
        },
        suspected=int(found.suspected.sum()),
        estimated=found.wrong,
        joint=found.joint.tolist(),
    )
    return [looks.check("likely_label_error", None, hit, among)], facts
