"""The metrics, by the names the field gives them, each computed by Fairlearn or scikit-learn.

A *proportion* is the share `numerator` of the decisions in `denominator`; its interval follows from these counts. The
one-vs-rest metrics are asked of one class: `t` says that the label is that class, `p` that the prediction is.
"""

from __future__ import annotations

import difflib
import importlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import partial
from importlib.metadata import entry_points
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from fairlearn import metrics as fairlearn_metrics
from sklearn import metrics as sklearn_metrics

from audit.errors import ConfigError, some
from audit.fairness.bounds.doubt import SMALLEST_OF_SEVERAL, UNKNOWN_FUNCTION
from audit.fairness.metrics import forms
from audit.fairness.metrics.forms import Floats, Form, share
from audit.fairness.metrics.names import CRITERIA
from audit.fairness.metrics.tables import Tables, total
from audit.result import MetricDefinition

Codes = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
Where = Callable[[Codes, Codes], Mask]
Score = Callable[..., float]


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


def _touched(t: Codes, p: Codes) -> Mask:
    return np.asarray((t == 1) | (p == 1))


#: Why a metric is undefined where a set of decisions is empty.
WHY_EMPTY: dict[Where, str] = {
    rows: "no_rows",
    positives: "no_positives",
    negatives: "no_negatives",
    selected: "no_predicted_positives",
    rejected: "no_predicted_negatives",
}


@dataclass(frozen=True)
class Metric:
    """One number of one group.

    Attributes
    ----------
    compute
        `compute(y_true, y_pred, sample_weight=w)`; labels are 1 and 0 for a one-vs-rest metric, class codes otherwise.
    needs
        Sets of decisions that must not be empty, or else the metric is undefined.
    numerator
        For a proportion, what is counted among `needs[0]`.
    form
        The same from whole stacks of confusion tables.
    scope
        `class`: one-vs-rest, asked of a class; `all`: over all classes at once; `score`: a mean over scored decisions;
        `ranking`: how scores order decisions.
    unit
        `share`: from 0 to 1; `number`: anything.
    doubt
        Why its bounds carry no guarantee in any design; None where their error rates were measured
        (docs/statistics.md).
    better
        Which end is the worse one for the group concerned.
    every_class
        Undefined in a group where a class does not occur.
    ends
        Of a mean of scores or errors: what each of them lies between, where the score is a probability.
    """

    name: str
    compute: Score
    needs: tuple[Where, ...] = (rows,)
    numerator: Where | None = None
    form: Form | None = None
    scope: Literal["class", "all", "score", "ranking"] = "class"
    unit: Literal["share", "number"] = "share"
    doubt: str | None = UNKNOWN_FUNCTION
    needs_labels: bool = True
    better: Literal["high", "low"] = "high"
    gap: bool = True
    every_class: bool = False
    ends: tuple[float, float] | None = None

    @property
    def closed(self) -> bool:
        """Whether its values come from closed forms, and not from calling `compute`."""
        return self.numerator is not None or self.form is not None or self.scope in {"score", "ranking"}

    @property
    def method(self) -> Literal["exact", "resampling", "linearisation"]:
        """How its bounds are made."""
        if self.numerator is not None:
            return "exact"
        return "linearisation" if self.scope in {"score", "ranking"} else "resampling"


def _false_omission_rate(y_true: Any, y_pred: Any, *, sample_weight: Any = None) -> float:
    return 1 - float(sklearn_metrics.precision_score(y_true, y_pred, pos_label=0, sample_weight=sample_weight))


def _false_discovery_rate(y_true: Any, y_pred: Any, *, sample_weight: Any = None) -> float:
    return 1 - float(sklearn_metrics.precision_score(y_true, y_pred, sample_weight=sample_weight))


def _worst_class_recall(y_true: Any, y_pred: Any, *, sample_weight: Any = None) -> float:
    return float(np.min(sklearn_metrics.recall_score(y_true, y_pred, average=None, sample_weight=sample_weight)))


def _macro(score: Score) -> Score:
    return partial(score, average="macro", zero_division=0)


def _pos(score: Score) -> Score:
    return partial(score, pos_label=1)


def _log_loss(y_true: Any, y_pred: Any, *, sample_weight: Any = None) -> float:
    return float(sklearn_metrics.log_loss(y_true, y_pred, sample_weight=sample_weight, labels=[0, 1]))


def _ranking(y_true: Any, y_pred: Any, *, sample_weight: Any = None) -> float:
    return float(sklearn_metrics.roc_auc_score(y_true, y_pred, sample_weight=sample_weight))


def _share(name: str, compute: Score, denominator: Where, numerator: Where, **more: Any) -> Metric:
    return Metric(name, compute, (denominator,), numerator, doubt=None, **more)


def _of_table(name: str, compute: Score, form: Form, needs: tuple[Where, ...] = (rows,), **more: Any) -> Metric:
    return Metric(name, compute, needs, form=form, doubt=None, **more)


def _of_scores(name: str, compute: Score, **more: Any) -> Metric:
    return Metric(name, compute, scope="score", doubt=None, **more)


def _of_ranking(name: str) -> Metric:
    return Metric(name, _ranking, (positives, negatives), scope="ranking", doubt=None)


_EVERY_CLASS: dict[str, Any] = {"scope": "all", "every_class": True}
_ERROR: dict[str, Any] = {"unit": "number", "better": "low"}
_PROBABILITY: dict[str, Any] = {"ends": (0.0, 1.0)}

BUILT_IN = (
    _share("selection_rate", _pos(fairlearn_metrics.selection_rate), rows, selected, needs_labels=False),
    _share("true_positive_rate", _pos(fairlearn_metrics.true_positive_rate), positives, selected),
    _share("false_positive_rate", _pos(fairlearn_metrics.false_positive_rate), negatives, selected, better="low"),
    _share("false_negative_rate", _pos(fairlearn_metrics.false_negative_rate), positives, rejected, better="low"),
    _share("true_negative_rate", _pos(fairlearn_metrics.true_negative_rate), negatives, rejected),
    _share("precision", sklearn_metrics.precision_score, selected, positives),
    _share("false_discovery_rate", _false_discovery_rate, selected, negatives, better="low"),
    _share("false_omission_rate", _false_omission_rate, rejected, positives, better="low"),
    _of_table("f1_score", partial(sklearn_metrics.f1_score, zero_division=0), forms.f1_score, (_touched,)),
    _share("accuracy", sklearn_metrics.accuracy_score, rows, correct, scope="all"),
    _of_table("balanced_accuracy", _macro(sklearn_metrics.recall_score), forms.balanced_accuracy, **_EVERY_CLASS),
    _of_table("macro_precision", _macro(sklearn_metrics.precision_score), forms.macro_precision, **_EVERY_CLASS),
    _of_table("macro_f1", _macro(sklearn_metrics.f1_score), forms.macro_f1, **_EVERY_CLASS),
    # The smallest of several estimates is too small on average, which its bounds do not know.
    replace(
        _of_table("worst_class_recall", _worst_class_recall, forms.worst_class_recall, **_EVERY_CLASS),
        doubt=SMALLEST_OF_SEVERAL,
    ),
    _of_scores("mean_prediction", fairlearn_metrics.mean_prediction, needs_labels=False, **_PROBABILITY),
    _of_scores("mean_absolute_error", sklearn_metrics.mean_absolute_error, **_ERROR, **_PROBABILITY),
    _of_scores("mean_squared_error", sklearn_metrics.mean_squared_error, **_ERROR, **_PROBABILITY),
    _of_scores("log_loss", _log_loss, **_ERROR),
    _of_scores("r2_score", sklearn_metrics.r2_score, unit="number"),
    _of_ranking("auc"),
    _of_ranking("bpsn_auc"),
    _of_ranking("bnsp_auc"),
)

BINARY_DEFAULT = (
    "demographic_parity",
    "equal_opportunity",
    "equalized_odds",
    "selection_rate",
    "true_positive_rate",
    "false_positive_rate",
    "false_negative_rate",
    "true_negative_rate",
    "precision",
    "false_discovery_rate",
    "false_omission_rate",
    "f1_score",
    "accuracy",
    "balanced_accuracy",
    "mean_prediction",
    "log_loss",
    "auc",
    "bpsn_auc",
    "bnsp_auc",
)
REGRESSION_DEFAULT = ("mean_prediction", "mean_absolute_error", "mean_squared_error", "r2_score")
MULTICLASS_DEFAULT = (
    "selection_rate",
    "true_positive_rate",
    "false_positive_rate",
    "precision",
    "f1_score",
    "accuracy",
    "balanced_accuracy",
    "macro_precision",
    "macro_f1",
    "worst_class_recall",
)

DEFAULTS = {"binary": BINARY_DEFAULT, "class": MULTICLASS_DEFAULT, "number": REGRESSION_DEFAULT}

ENTRY_POINTS = "fairaudit.metrics"


def known_metrics() -> dict[str, Metric]:
    """All metrics by name: those of this package, then those that installed packages register."""
    known = {metric.name: metric for metric in BUILT_IN}
    for entry in entry_points(group=ENTRY_POINTS):
        metric = entry.load()
        if not isinstance(metric, Metric):
            raise ConfigError(f"entry point {entry.name!r} is not a Metric", where=ENTRY_POINTS)
        known[metric.name] = metric
    return known


def reasons(metric: Metric, tables: Tables) -> npt.NDArray[np.object_]:
    """Say of every table why the metric is undefined on it; None where it is defined."""
    why = np.full(tables.w.shape[:-2], None, dtype=object)
    # What is set last stays, so the reason that matters most comes last.
    for where in reversed(metric.needs):
        why[total(tables.seen, tables.mask(where)) == 0] = WHY_EMPTY.get(where, "empty_denominator")
    if metric.every_class:
        why[(tables.seen.sum(-1) == 0).any(-1)] = "class_without_support"
    why[tables.seen.sum((-2, -1)) == 0] = "no_labels" if metric.needs_labels else "no_rows"
    return why


def closed_values(metric: Metric, tables: Tables) -> Floats:
    """Compute a metric that has a closed form on every table of a stack; NaN where it is undefined."""
    if metric.form is not None:
        value = metric.form(tables.w)
    elif metric.numerator is not None:
        base = tables.mask(metric.needs[0])
        value = share(total(tables.w, base & tables.mask(metric.numerator)), total(tables.w, base))
    else:
        raise TypeError(f"metric {metric.name!r} has no closed form")
    return np.where(pd.isna(reasons(metric, tables)), value, np.nan)


def choose_metrics(
    names: tuple[str, ...],
    *,
    outcome: Literal["binary", "class", "number"],
    labelled: bool,
    scored: bool,
    probabilities: bool = True,
) -> tuple[list[Metric], list[str]]:
    """Resolve configured names.

    Parameters
    ----------
    probabilities
        Scores of classes are probabilities; otherwise they only rank.

    Returns
    -------
    metrics, criteria
        Criteria pull in the metrics they are composed of. Defaults leave out what the data cannot answer.

    Raises
    ------
    ConfigError
        For an unknown name, with the nearest known one, or a metric the data cannot answer.
    """
    known = known_metrics()
    asked = names or DEFAULTS[outcome]
    metrics: dict[str, Metric] = {}
    criteria: list[str] = []
    for name in asked:
        parts = CRITERIA.get(name, (name,))
        found = [known[part] if part in known else _dotted(part, list(known)) for part in parts]
        lacking = [
            why
            for metric in found
            if (why := _lacks(metric, outcome, labelled=labelled, scored=scored, probabilities=probabilities))
        ]
        if lacking:
            if names:
                raise ConfigError(f"{name!r} needs {lacking[0]}", where="metrics")
            continue
        metrics.update({metric.name: of_numbers(metric) if outcome == "number" else metric for metric in found})
        if name in CRITERIA:
            criteria.append(name)
    return list(metrics.values()), criteria


def of_numbers(metric: Metric) -> Metric:
    """Return a metric of predicted numbers, which lie between no ends and are no shares."""
    return replace(metric, unit="number", ends=None)


def _lacks(metric: Metric, outcome: str, *, labelled: bool, scored: bool, probabilities: bool) -> str | None:
    for_numbers = metric.name in REGRESSION_DEFAULT
    if outcome == "number" and not for_numbers:
        return "classes: data.outcome is number"
    if metric.needs_labels and not labelled:
        return "labels: set data.columns.label"
    if metric.scope in {"score", "ranking"} and not scored:
        return "scores: set data.columns.score, or audit a model with two classes"
    if metric.scope == "score" and not probabilities:
        return "probabilities: data.score_range says that scores are none"
    if metric.name == "r2_score" and outcome != "number":
        return "numbers: set data.outcome to number"
    return None


def _dotted(name: str, known: list[str]) -> Metric:
    """Import a user's own metric, written `package.module:function`."""
    module, _, function = name.partition(":")
    if not function:
        close = difflib.get_close_matches(name, [*known, *CRITERIA], 1)
        hint = f"did you mean {close[0]!r}?" if close else "write your own as package.module:function"
        raise ConfigError(
            f"unknown metric {name!r}; known are {some([*CRITERIA, *known], 40)}", where="metrics", hint=hint
        )
    try:
        compute = getattr(importlib.import_module(module), function)
    except (ImportError, AttributeError) as error:
        raise ConfigError(f"cannot import {name!r}: {error}", where="metrics") from None
    return Metric(name, compute, unit="number")


def described(metrics: Iterable[Metric]) -> list[MetricDefinition]:
    """Say of every metric what its numbers are."""
    return [
        MetricDefinition(
            name=metric.name,
            unit=metric.unit,
            better=metric.better,
            method=metric.method,
            doubt=metric.doubt,
        )
        for metric in metrics
    ]
