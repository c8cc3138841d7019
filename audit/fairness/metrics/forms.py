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


def macro_recall_of_labels(tables: Floats) -> Floats:
    """Mean recall over classes but the first, which says that there is nothing."""
    return np.asarray(recalls(tables)[..., 1:].mean(-1))


def macro_precision_of_labels(tables: Floats) -> Floats:
    """Mean precision over classes but the first."""
    return np.asarray(precisions(tables)[..., 1:].mean(-1))


def macro_f1_of_labels(tables: Floats) -> Floats:
    """Mean F1 over classes but the first."""
    return np.asarray(f1_scores(tables)[..., 1:].mean(-1))


def worst_recall_of_labels(tables: Floats) -> Floats:
    """Smallest recall of any class but the first."""
    return np.asarray(recalls(tables)[..., 1:].min(-1))


def micro_f1(tables: Floats) -> Floats:
    """F1 of all classes but the first together: 2·ΣTP / (Σlabelled + Σpredicted)."""
    return share(2 * np.diagonal(tables, axis1=-2, axis2=-1)[..., 1:].sum(-1), _labelled_and_predicted(tables))


def _labelled_and_predicted(tables: Floats) -> Floats:
    return np.asarray(tables[..., 1:, :].sum((-2, -1)) + tables[..., :, 1:].sum((-2, -1)))


#: Share of all decisions that a first decision of a class is taken for: it moves a value from 0 to 1 at once.
FIRST = 1e-5


def _same(tables: Floats) -> Floats:
    return np.eye(tables.shape[-1])


def _steep(shares: Floats, sums: Floats, tables: Floats, at_once: float = 1.0) -> Floats:
    """Divide by the weight of every class, or by that of a first decision where a class does not occur."""
    total = tables.sum((-2, -1), keepdims=True)
    first = at_once * FIRST * np.where(total > 0, total, 1.0)
    return np.asarray(shares / np.where(sums > 0, sums, first))


def _slope_of_recall(tables: Floats) -> Floats:
    return _steep(_same(tables) - recalls(tables)[..., :, None], tables.sum(-1, keepdims=True), tables)


def _slope_of_precision(tables: Floats) -> Floats:
    return _steep(_same(tables) - precisions(tables)[..., None, :], tables.sum(-2, keepdims=True), tables)


def _slopes_of_f1(tables: Floats) -> tuple[Floats, Floats]:
    """How much the F1 of each class gains by a hit, and loses by whatever is labelled or predicted so."""
    # F_c = 2·d_c/S_c: a decision of cell (i, j) adds one to S_i and to S_j, and one to d_i if i = j.
    sums = (tables.sum(-1) + tables.sum(-2))[..., None, :]
    gains, falls = (_steep(x, sums, tables, 2.0)[..., 0, :] for x in (np.asarray(2.0), f1_scores(tables)[..., None, :]))
    return gains, falls


def _slope_of_f1(tables: Floats) -> Floats:
    gains, falls = _slopes_of_f1(tables)
    return np.asarray(_same(tables) * gains[..., :, None] - falls[..., :, None] - falls[..., None, :])


def _slope_of_one_f1(tables: Floats) -> Floats:
    gains, falls = _slopes_of_f1(tables)
    one = np.arange(tables.shape[-1]) == 1
    both, hit = np.add.outer(one.astype(float), one.astype(float)), np.outer(one, one)
    return np.asarray(hit * gains[..., 1, None, None] - both * falls[..., 1, None, None])


def _slope_of_worst(tables: Floats, first: int = 0) -> Floats:
    worst = recalls(tables)[..., first:].argmin(-1) + first
    rows = np.arange(tables.shape[-1]) == worst[..., None]
    return np.asarray(_slope_of_recall(tables) * rows[..., :, None])


def _named(tables: Floats) -> Floats:
    """Which classes say that there is something: all but the first."""
    return np.asarray(np.arange(tables.shape[-1]) > 0, np.float64)


def _slope_of_named_recall(tables: Floats) -> Floats:
    return np.asarray(_slope_of_recall(tables) * _named(tables)[:, None] / (tables.shape[-1] - 1))


def _slope_of_named_precision(tables: Floats) -> Floats:
    return np.asarray(_slope_of_precision(tables) * _named(tables) / (tables.shape[-1] - 1))


def _slope_of_named_f1(tables: Floats) -> Floats:
    named = _named(tables)
    gains, falls = (slope * named for slope in _slopes_of_f1(tables))
    both = _same(tables) * gains[..., :, None] - falls[..., :, None] - falls[..., None, :]
    return np.asarray(both / (tables.shape[-1] - 1))


def _slope_of_micro_f1(tables: Floats) -> Floats:
    # F = 2·d/S: a decision of cell (i, j) adds one to S for each of i and j that is named, and one to d if i = j.
    named, sums = _named(tables), _labelled_and_predicted(tables)[..., None, None]
    moved = 2 * np.diag(named) - micro_f1(tables)[..., None, None] * np.add.outer(named, named)
    return _steep(moved, sums, tables, 2.0)


#: Derivative of every form by each cell of its table, (..., classes, classes) -> the same shape.
SLOPES: dict[Form, Form] = {
    f1_score: _slope_of_one_f1,
    balanced_accuracy: lambda tables: _slope_of_recall(tables) / tables.shape[-1],
    macro_precision: lambda tables: _slope_of_precision(tables) / tables.shape[-1],
    macro_f1: lambda tables: _slope_of_f1(tables) / tables.shape[-1],
    worst_class_recall: _slope_of_worst,
    macro_recall_of_labels: _slope_of_named_recall,
    macro_precision_of_labels: _slope_of_named_precision,
    macro_f1_of_labels: _slope_of_named_f1,
    worst_recall_of_labels: lambda tables: _slope_of_worst(tables, 1),
    micro_f1: _slope_of_micro_f1,
}
