"""Metrics as scikit-learn computes them, called as `metric(y_true, y_pred, sample_weight=w)`."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from sklearn import metrics as sklearn_metrics

Score = Callable[..., float]


def false_omission_rate(y_true: Any, y_pred: Any, *, sample_weight: Any = None) -> float:
    """One minus the precision of the rest."""
    return 1 - float(sklearn_metrics.precision_score(y_true, y_pred, pos_label=0, sample_weight=sample_weight))


def false_discovery_rate(y_true: Any, y_pred: Any, *, sample_weight: Any = None) -> float:
    """One minus precision."""
    return 1 - float(sklearn_metrics.precision_score(y_true, y_pred, sample_weight=sample_weight))


def worst_class_recall(y_true: Any, y_pred: Any, *, sample_weight: Any = None) -> float:
    """Smallest recall of any class."""
    return float(np.min(sklearn_metrics.recall_score(y_true, y_pred, average=None, sample_weight=sample_weight)))


def f1_score(y_true: Any, y_pred: Any, *, sample_weight: Any = None) -> float:
    """F1 of the class; zero where no label and no prediction is it."""
    return float(sklearn_metrics.f1_score(y_true, y_pred, sample_weight=sample_weight, zero_division=0))


def macro(score: Score) -> Score:
    """Average over all classes that occur."""
    return partial(score, average="macro", zero_division=0)


def of_labels(score: Score, average: str) -> Score:
    """Average over the classes that occur, but code 0."""

    def compute(y_true: Any, y_pred: Any, *, sample_weight: Any = None) -> float:
        labels = [code for code in np.union1d(y_true, y_pred) if code > 0]
        return float(
            score(y_true, y_pred, sample_weight=sample_weight, labels=labels, average=average, zero_division=0)
        )

    return compute


def worst_recall_of_labels(y_true: Any, y_pred: Any, *, sample_weight: Any = None) -> float:
    """Smallest recall of any class but code 0."""
    labels = [code for code in np.unique(y_true) if code > 0]
    return float(
        np.min(sklearn_metrics.recall_score(y_true, y_pred, labels=labels, average=None, sample_weight=sample_weight))
    )


def pos(score: Score) -> Score:
    """Ask about class 1."""
    return partial(score, pos_label=1)


def log_loss(y_true: Any, y_pred: Any, *, sample_weight: Any = None) -> float:
    """Log loss of scores of class 1."""
    return float(sklearn_metrics.log_loss(y_true, y_pred, sample_weight=sample_weight, labels=[0, 1]))


def ranking(y_true: Any, y_pred: Any, *, sample_weight: Any = None) -> float:
    """Area under the ROC curve."""
    return float(sklearn_metrics.roc_auc_score(y_true, y_pred, sample_weight=sample_weight))
