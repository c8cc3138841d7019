"""The metrics, by the names the field gives them, each computed by Fairlearn or scikit-learn.

A *proportion* is the share `numerator` of the decisions in `denominator`; its interval follows from these counts. The
one-vs-rest metrics are asked of one class: `t` says that the label is that class, `p` that the prediction is.

Where a row has several decisions, code 0 says that there is nothing: no entity, or not this label. Micro-averages pool
the decisions of all other classes, macro-averages are means over them (Sokolova and Lapalme 2009; Tsoumakas, Katakis
and Vlahavas 2010). Of entities these are the strict scores of the CoNLL-2003 evaluation (Tjong Kim Sang and De Meulder
2003).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from importlib.metadata import entry_points
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from fairlearn import metrics as fairlearn_metrics
from sklearn import metrics as sklearn_metrics

from audit.errors import ConfigError
from audit.fairness.bounds.doubt import SMALLEST_OF_SEVERAL, UNKNOWN_FUNCTION
from audit.fairness.metrics import called, forms
from audit.fairness.metrics.called import Score
from audit.fairness.metrics.forms import Floats, Form, share
from audit.fairness.metrics.names import EXACT_MATCH, VISIBLE_CHARACTERS
from audit.fairness.metrics.sets import (
    WHY_EMPTY,
    Where,
    correct,
    existing,
    found,
    negatives,
    positives,
    rejected,
    rows,
    selected,
    touched,
    wrong,
)
from audit.fairness.metrics.tables import Tables, total

#: What decisions are: one of two classes, or of several; a number; entities found in a row; each of several labels.
Outcome = Literal["binary", "class", "number", "entities", "labels"]
#: Outcomes of which a row has several.
SEVERAL: frozenset[Outcome] = frozenset({"entities", "labels"})


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
        `ranking`: how scores order decisions; `example`: over whole rows, or over characters, which are counted apart
        from decisions.
    unit
        `share`: from 0 to 1; `number`: anything.
    doubt
        Why its bounds carry no guarantee in any design; None where their error rates were measured
        (docs/statistics.md).
    better
        Which end is the worse one for the group concerned.
    every_class
        Undefined in a group where a class does not occur.
    first
        Code of the first class that it is about: 1 where code 0 says that there is nothing.
    outcomes
        Outcomes that it is for; None for all that have classes.
    ends
        Of a mean of scores or errors: what each of them lies between, where the score is a probability.
    """

    name: str
    compute: Score
    needs: tuple[Where, ...] = (rows,)
    numerator: Where | None = None
    form: Form | None = None
    scope: Literal["class", "all", "score", "ranking", "example"] = "class"
    unit: Literal["share", "number"] = "share"
    doubt: str | None = UNKNOWN_FUNCTION
    needs_labels: bool = True
    better: Literal["high", "low"] = "high"
    gap: bool = True
    every_class: bool = False
    first: int = 0
    outcomes: frozenset[Outcome] | None = None
    ends: tuple[float, float] | None = None

    @property
    def closed(self) -> bool:
        """Whether its values come from closed forms, and not from calling `compute`."""
        return self.numerator is not None or self.form is not None or self.scope in {"score", "ranking"}

    @property
    def counts_nothing(self) -> bool:
        """Whether it counts decisions in which there is nothing, and nothing was found: true negatives."""
        nothing = np.zeros(1, np.int64)
        return self.closed and self.scope in {"class", "all"} and bool(self.needs[0](nothing, nothing)[0])

    @property
    def method(self) -> Literal["exact", "resampling", "linearisation"]:
        """How its bounds are made."""
        if self.numerator is not None:
            return "exact"
        return "linearisation" if self.scope in {"score", "ranking"} else "resampling"


def _share(name: str, compute: Score, denominator: Where, numerator: Where, **more: Any) -> Metric:
    return Metric(name, compute, (denominator,), numerator, doubt=None, **more)


def _of_table(name: str, compute: Score, form: Form, needs: tuple[Where, ...] = (rows,), **more: Any) -> Metric:
    return Metric(name, compute, needs, form=form, doubt=None, **more)


def _of_scores(name: str, compute: Score, **more: Any) -> Metric:
    return Metric(name, compute, scope="score", doubt=None, **more)


def _of_ranking(name: str) -> Metric:
    return Metric(name, called.ranking, (positives, negatives), scope="ranking", doubt=None)


_EVERY_CLASS: dict[str, Any] = {"scope": "all", "every_class": True}
_CLASSES: dict[str, Any] = {"scope": "all", "outcomes": frozenset({"binary", "class"})}
_SEVERAL: dict[str, Any] = {"scope": "all", "outcomes": SEVERAL}
_LABELS: dict[str, Any] = {"scope": "all", "outcomes": frozenset({"labels"})}
_OF_ROWS: dict[str, Any] = {**_SEVERAL, "scope": "example"}
_OF_CHARACTERS: dict[str, Any] = {"scope": "example", "outcomes": frozenset({"entities"}), "better": "low"}
_ERROR: dict[str, Any] = {"unit": "number", "better": "low"}
_PROBABILITY: dict[str, Any] = {"ends": (0.0, 1.0)}

BUILT_IN = (
    _share("selection_rate", called.pos(fairlearn_metrics.selection_rate), rows, selected, needs_labels=False),
    _share("true_positive_rate", called.pos(fairlearn_metrics.true_positive_rate), positives, selected),
    _share("false_positive_rate", called.pos(fairlearn_metrics.false_positive_rate), negatives, selected, better="low"),
    _share("false_negative_rate", called.pos(fairlearn_metrics.false_negative_rate), positives, rejected, better="low"),
    _share("true_negative_rate", called.pos(fairlearn_metrics.true_negative_rate), negatives, rejected),
    _share("precision", sklearn_metrics.precision_score, selected, positives),
    _share("false_discovery_rate", called.false_discovery_rate, selected, negatives, better="low"),
    _share("false_omission_rate", called.false_omission_rate, rejected, positives, better="low"),
    _of_table("f1_score", called.f1_score, forms.f1_score, (touched,)),
    _share("accuracy", sklearn_metrics.accuracy_score, rows, correct, **_CLASSES),
    _of_table(
        "balanced_accuracy",
        called.macro(sklearn_metrics.recall_score),
        forms.balanced_accuracy,
        every_class=True,
        **_CLASSES,
    ),
    _of_table("macro_recall", called.macro(sklearn_metrics.recall_score), forms.balanced_accuracy, **_EVERY_CLASS),
    _of_table("macro_precision", called.macro(sklearn_metrics.precision_score), forms.macro_precision, **_EVERY_CLASS),
    _of_table("macro_f1", called.macro(sklearn_metrics.f1_score), forms.macro_f1, **_EVERY_CLASS),
    # The smallest of several estimates is too small on average, which its bounds do not know.
    replace(
        _of_table("worst_class_recall", called.worst_class_recall, forms.worst_class_recall, **_EVERY_CLASS),
        doubt=SMALLEST_OF_SEVERAL,
    ),
    _share("micro_precision", called.of_labels(sklearn_metrics.precision_score, "micro"), found, correct, **_SEVERAL),
    _share("micro_recall", called.of_labels(sklearn_metrics.recall_score, "micro"), existing, correct, **_SEVERAL),
    _of_table(
        "micro_f1", called.of_labels(sklearn_metrics.f1_score, "micro"), forms.micro_f1, (touched,), first=1, **_SEVERAL
    ),
    _share("hamming_loss", sklearn_metrics.hamming_loss, rows, wrong, better="low", **_LABELS),
    _share(EXACT_MATCH, sklearn_metrics.accuracy_score, rows, correct, **_OF_ROWS),
    _share(VISIBLE_CHARACTERS, sklearn_metrics.accuracy_score, rows, correct, **_OF_CHARACTERS),
    _of_scores("mean_prediction", fairlearn_metrics.mean_prediction, needs_labels=False, **_PROBABILITY),
    _of_scores("mean_absolute_error", sklearn_metrics.mean_absolute_error, **_ERROR, **_PROBABILITY),
    _of_scores("mean_squared_error", sklearn_metrics.mean_squared_error, **_ERROR, **_PROBABILITY),
    _of_scores("log_loss", called.log_loss, **_ERROR),
    _of_scores("r2_score", sklearn_metrics.r2_score, unit="number"),
    _of_ranking("auc"),
    _of_ranking("bpsn_auc"),
    _of_ranking("bnsp_auc"),
)

#: Means over classes, as they are where code 0 says that there is nothing: over all others.
OF_LABELS: dict[str, tuple[Score, Form]] = {
    "macro_recall": (called.of_labels(sklearn_metrics.recall_score, "macro"), forms.macro_recall_of_labels),
    "macro_precision": (called.of_labels(sklearn_metrics.precision_score, "macro"), forms.macro_precision_of_labels),
    "macro_f1": (called.of_labels(sklearn_metrics.f1_score, "macro"), forms.macro_f1_of_labels),
    "worst_class_recall": (called.worst_recall_of_labels, forms.worst_recall_of_labels),
}
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
        why[(tables.seen.sum(-1) == 0)[..., metric.first :].any(-1)] = "class_without_support"
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


def of_numbers(metric: Metric) -> Metric:
    """Return a metric of predicted numbers, which lie between no ends and are no shares."""
    return replace(metric, unit="number", ends=None)


def of_several(metric: Metric) -> Metric:
    """Return a metric where a row has several decisions and code 0 says that there is nothing."""
    if metric.name not in OF_LABELS:
        return metric
    compute, form = OF_LABELS[metric.name]
    return replace(metric, compute=compute, form=form, needs=(touched,), first=1)
