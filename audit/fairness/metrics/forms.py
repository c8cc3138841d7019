"""Metrics as functions of whole stacks of confusion tables, for resampling thousands of tables at once.

A table holds the weight of every pair of label and prediction: axis −2 is the label, axis −1 the prediction. In a
one-vs-rest table, index 1 is the class and 0 the rest. Each form equals the library's metric of the same name on every
table on which that is defined; a class without labels counts as zero there, as the libraries have it.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
#: (..., classes, classes) -> (...)
Form = Callable[[Floats], Floats]


def share(numerator: Floats, denominator: Floats) -> Floats:
    """Elementwise quotient; zero where the denominator is."""
    return np.divide(numerator, denominator, out=np.zeros_like(denominator), where=denominator > 0)


def recalls(tables: Floats) -> Floats:
    """Recall of every class, on the last axis."""
    return share(np.diagonal(tables, axis1=-2, axis2=-1), tables.sum(-1))


def precisions(tables: Floats) -> Floats:
    """Precision of every class, on the last axis."""
    return share(np.diagonal(tables, axis1=-2, axis2=-1), tables.sum(-2))


def f1_scores(tables: Floats) -> Floats:
    """F1 of every class, on the last axis: 2·TP / (labelled + predicted)."""
    return share(2 * np.diagonal(tables, axis1=-2, axis2=-1), tables.sum(-1) + tables.sum(-2))


def f1_score(tables: Floats) -> Floats:
    """F1 of the class of a one-vs-rest table."""
    return np.asarray(f1_scores(tables)[..., 1])


def balanced_accuracy(tables: Floats) -> Floats:
    """Mean recall over classes."""
    return np.asarray(recalls(tables).mean(-1))


def macro_precision(tables: Floats) -> Floats:
    """Mean precision over classes."""
    return np.asarray(precisions(tables).mean(-1))


def macro_f1(tables: Floats) -> Floats:
    """Mean F1 over classes."""
    return np.asarray(f1_scores(tables).mean(-1))


def worst_class_recall(tables: Floats) -> Floats:
    """Smallest recall of any class."""
    return np.asarray(recalls(tables).min(-1))
