"""Which metrics an audit computes: those that the configuration names, or those of the kind of its decisions."""

from __future__ import annotations

import importlib
from collections.abc import Iterable

from audit.config.nearest import nearest
from audit.errors import ConfigError, some
from audit.fairness.metrics.definitions import SEVERAL, Metric, Outcome, known_metrics, of_numbers, of_several
from audit.fairness.metrics.names import CRITERIA, EXACT_MATCH, VISIBLE_CHARACTERS
from audit.result import MetricDefinition

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

ENTITIES_DEFAULT = (
    "true_positive_rate",
    "precision",
    "f1_score",
    "micro_precision",
    "micro_recall",
    "micro_f1",
    "macro_precision",
    "macro_recall",
    "macro_f1",
    "worst_class_recall",
    EXACT_MATCH,
    VISIBLE_CHARACTERS,
)
LABELS_DEFAULT = (
    "selection_rate",
    "true_positive_rate",
    "false_positive_rate",
    "precision",
    "f1_score",
    "micro_precision",
    "micro_recall",
    "micro_f1",
    "macro_precision",
    "macro_recall",
    "macro_f1",
    "worst_class_recall",
    "hamming_loss",
    EXACT_MATCH,
)

DEFAULTS: dict[Outcome, tuple[str, ...]] = {
    "binary": BINARY_DEFAULT,
    "class": MULTICLASS_DEFAULT,
    "number": REGRESSION_DEFAULT,
    "entities": ENTITIES_DEFAULT,
    "labels": LABELS_DEFAULT,
}

#: What to ask for instead, where rows have several decisions.
INSTEAD = {
    "accuracy": "one decision per row; of several, exact_match is the share of rows that are right in all",
    "balanced_accuracy": "one decision per row; of several, macro_recall is the mean recall of what is looked for",
}


def choose_metrics(
    names: tuple[str, ...],
    *,
    outcome: Outcome,
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
        chosen = [_of(outcome, known[part] if part in known else _dotted(part, list(known))) for part in parts]
        lacking = [
            why
            for metric in chosen
            if (why := _lacks(metric, outcome, labelled=labelled, scored=scored, probabilities=probabilities))
        ]
        if lacking:
            if names:
                raise ConfigError(f"{name!r} needs {lacking[0]}", where="metrics")
            continue
        metrics.update({metric.name: metric for metric in chosen})
        if name in CRITERIA:
            criteria.append(name)
    return list(metrics.values()), criteria


def _of(outcome: Outcome, metric: Metric) -> Metric:
    if outcome == "number":
        return of_numbers(metric)
    return of_several(metric) if outcome in SEVERAL else metric


def _lacks(metric: Metric, outcome: Outcome, *, labelled: bool, scored: bool, probabilities: bool) -> str | None:
    for_numbers = metric.name in REGRESSION_DEFAULT
    if outcome == "number" and not for_numbers:
        return "classes: data.outcome is number"
    if (why := _unfit(metric, outcome)) is not None:
        return why
    if metric.needs_labels and not labelled:
        return "labels: set data.columns.label"
    if metric.scope in {"score", "ranking"} and not scored:
        return "scores: set data.columns.score, or audit a model with two classes"
    if metric.scope == "score" and not probabilities:
        return "probabilities: data.score_range says that scores are none"
    if metric.name == "r2_score" and outcome != "number":
        return "numbers: set data.outcome to number"
    return None


def _unfit(metric: Metric, outcome: Outcome) -> str | None:
    """Say what a metric needs that decisions of this kind have not."""
    several = outcome in SEVERAL
    if outcome == "entities" and metric.counts_nothing:
        instead = INSTEAD.get(metric.name)
        return "true negatives, and there are no true negatives: where there is no entity and none was found, " + (
            f"no decision is counted (it is for {instead})" if instead else "no decision is counted"
        )
    if metric.outcomes is not None and outcome not in metric.outcomes:
        if several:
            return INSTEAD.get(metric.name, f"data.outcome: {' or '.join(sorted(metric.outcomes))}")
        return f"several decisions per row: set data.outcome to {' or '.join(sorted(metric.outcomes))}"
    if several and metric.scope in {"score", "ranking"}:
        return f"one score per row: data.outcome is {outcome}, so that a row has several decisions"
    return None


def _dotted(name: str, known: list[str]) -> Metric:
    """Import a user's own metric, written `package.module:function`."""
    module, _, function = name.partition(":")
    if not function:
        close = nearest(name, [*known, *CRITERIA])
        hint = f"did you mean {close!r}?" if close else "write your own as package.module:function"
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
