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


def _same(tables: Floats) -> Floats:
    return np.eye(tables.shape[-1])


def _slope_of_recall(tables: Floats) -> Floats:
    labelled = tables.sum(-1, keepdims=True)
    return share(_same(tables) - recalls(tables)[..., :, None], np.broadcast_to(labelled, tables.shape))


def _slope_of_precision(tables: Floats) -> Floats:
    predicted = tables.sum(-2, keepdims=True)
    return share(_same(tables) - precisions(tables)[..., None, :], np.broadcast_to(predicted, tables.shape))


def _slope_of_f1(tables: Floats) -> Floats:
    # Σ_c F_c with F_c = 2·d_c/S_c: a decision of cell (i, j) adds one to S_i and to S_j, and one to d_i if i = j.
    sums = tables.sum(-1) + tables.sum(-2)
    falls, gains = share(f1_scores(tables), sums), share(np.full_like(sums, 2.0), sums)
    return np.asarray(_same(tables) * gains[..., :, None] - falls[..., :, None] - falls[..., None, :])


def _slope_of_worst(tables: Floats) -> Floats:
    worst = recalls(tables).argmin(-1)
    rows = np.arange(tables.shape[-1]) == worst[..., None]
    return np.asarray(_slope_of_recall(tables) * rows[..., :, None])


#: Derivative of a form by each cell of its table, (..., classes, classes) -> the same shape.
SLOPES: dict[Form, Form] = {
    balanced_accuracy: lambda tables: _slope_of_recall(tables) / tables.shape[-1],
    macro_precision: lambda tables: _slope_of_precision(tables) / tables.shape[-1],
    macro_f1: lambda tables: _slope_of_f1(tables) / tables.shape[-1],
    worst_class_recall: _slope_of_worst,
}
