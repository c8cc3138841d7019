"""Metrics per group from the cells of a tally, computed by Fairlearn's MetricFrame with the cells' weights.

Cells stand in for rows: a metric that takes sample weights has the same value on a few dozen weighted cells as on the
million rows they count.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from fairlearn.metrics import MetricFrame

from audit.fairness.intervals import wilson
from audit.fairness.metrics import Metric

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Values:
    """One metric in every group of a slicing, in the order of the groups.

    Attributes
    ----------
    value, lower, upper : array of shape (groups,)
        NaN where undefined; the bounds are NaN unless the metric is a proportion.
    n : array of shape (groups,)
        Decisions in the denominator.
    why : list of length groups
        Reason code where the value is undefined.
    weight, weight_squared : array of shape (groups,)
        Σw and Σw² of the denominator.
    """

    metric: Metric
    cls: str | None
    value: Floats
    lower: Floats
    upper: Floats
    n: npt.NDArray[np.int64]
    why: list[str | None]
    weight: Floats
    weight_squared: Floats


def evaluate(
    cells: pd.DataFrame, groups: npt.NDArray[np.int64], n_groups: int, metrics: list[Metric], classes: list[str],
    asked: list[str], alpha: float,
) -> list[Values]:
    """Compute every metric in every group.

    Parameters
    ----------
    cells
        Cells of a tally.
    groups
        Group code of each cell, from 0 to `n_groups` − 1.
    classes, asked
        All classes, and those to ask one-vs-rest metrics about.
    alpha
        One minus the two-sided level of the intervals.
    """
    out: list[Values] = []
    scopes = {scope: [metric for metric in metrics if metric.scope == scope] for scope in ("class", "all", "score")}
    for cls in asked:
        out += _one_vs_rest(cells, groups, n_groups, scopes["class"], cls, alpha)
    out += _all_classes(cells, groups, n_groups, scopes["all"], classes, alpha)
    out += [_mean_score(cells, groups, n_groups, metric) for metric in scopes["score"]]
    return out


def _one_vs_rest(
    cells: pd.DataFrame, groups: npt.NDArray[np.int64], n_groups: int, metrics: list[Metric], cls: str, alpha: float
) -> list[Values]:
    p = (cells["y_pred"] == cls).to_numpy(bool)
    t = (cells["y_true"] == cls).to_numpy(bool)
    labelled = cells["y_true"].notna().to_numpy(bool)
    free = [metric for metric in metrics if not metric.needs_labels]
    bound = [metric for metric in metrics if metric.needs_labels]
    return [
        *_frames(cells, groups, n_groups, free, t, p, t, p, np.ones_like(p), cls, alpha),
        *_frames(cells, groups, n_groups, bound, t, p, t, p, labelled, cls, alpha),
    ]


def _all_classes(
    cells: pd.DataFrame, groups: npt.NDArray[np.int64], n_groups: int, metrics: list[Metric], classes: list[str], alpha: float
) -> list[Values]:
    codes = {cls: code for code, cls in enumerate(classes)}
    labelled = cells["y_true"].notna().to_numpy(bool)
    t = cells["y_true"].map(lambda label: codes.get(label, -1)).to_numpy(np.int64)
    p = cells["y_pred"].map(lambda label: codes.get(label, -1)).to_numpy(np.int64)
    return _frames(cells, groups, n_groups, metrics, t, p, t, p, labelled, None, alpha, n_classes=len(classes))


def _frames(
    cells: pd.DataFrame, groups: npt.NDArray[np.int64], n_groups: int, metrics: list[Metric],
    t: npt.NDArray[np.generic], p: npt.NDArray[np.generic], y_true: npt.NDArray[np.generic], y_pred: npt.NDArray[np.generic],
    usable: npt.NDArray[np.bool_], cls: str | None, alpha: float, n_classes: int = 0,
) -> list[Values]:
    """Evaluate metrics over the usable cells, each only in the groups where it is defined."""
    weight = cells["w"].to_numpy(float) * usable
    why = {metric.name: [_why(metric, t, p, weight * (groups == g), n_classes) for g in range(n_groups)] for metric in metrics}
    values = {metric.name: np.full(n_groups, np.nan) for metric in metrics}
    # One MetricFrame per set of groups that share their defined metrics: an undefined group would put a zero in.
    for defined in {tuple(reason is None for reason in reasons) for reasons in why.values()}:
        together = [metric for metric in metrics if tuple(reason is None for reason in why[metric.name]) == defined]
        kept = np.isin(groups, np.flatnonzero(defined)) & (weight > 0)
        if not kept.any():
            continue
        frame = MetricFrame(
            metrics={metric.name: metric.compute for metric in together},
            y_true=y_true[kept].astype(np.int64),
            y_pred=y_pred[kept].astype(np.int64),
            sensitive_features=groups[kept],
            sample_params={metric.name: {"sample_weight": weight[kept]} for metric in together},
        )
        for metric in together:
            by_group = frame.by_group[metric.name]
            values[metric.name][by_group.index.to_numpy(int)] = by_group.to_numpy(float)
    return [_values(metric, cls, values[metric.name], cells, groups, n_groups, t, p, usable, why[metric.name], alpha) for metric in metrics]


def _why(metric: Metric, t: npt.NDArray[np.generic], p: npt.NDArray[np.generic], weight: Floats, n_classes: int) -> str | None:
    if not (weight > 0).any():
        return "no_labels" if metric.needs_labels else "no_rows"
    if metric.scope == "all" and metric.name != "accuracy":
        present = np.unique(t[weight > 0])
        return None if len(present) == n_classes else "class_without_support"
    return metric.undefined(t, p, weight)


def _values(
    metric: Metric, cls: str | None, value: Floats, cells: pd.DataFrame, groups: npt.NDArray[np.int64], n_groups: int,
    t: npt.NDArray[np.generic], p: npt.NDArray[np.generic], usable: npt.NDArray[np.bool_], why: list[str | None], alpha: float,
) -> Values:
    base = (metric.needs[0](t, p) if metric.scope != "all" else np.ones_like(usable)) & usable
    n = np.bincount(groups, cells["n"].to_numpy(float) * base, n_groups).astype(np.int64)
    weight = np.bincount(groups, cells["w"].to_numpy(float) * base, n_groups)
    squared = np.bincount(groups, cells["w2"].to_numpy(float) * base, n_groups)
    lower = upper = np.full(n_groups, np.nan)
    if metric.numerator is not None:
        lower, upper = wilson(value, weight, squared, alpha)
    return Values(metric, cls, value, lower, upper, n, why, weight, squared)


def _mean_score(cells: pd.DataFrame, groups: npt.NDArray[np.int64], n_groups: int, metric: Metric) -> Values:
    """Mean score per group: Σw·score over Σw, which is Fairlearn's `mean_prediction` on each cell's mean score."""
    scored = cells["scored_w"].to_numpy(float)
    kept = scored > 0
    value = np.full(n_groups, np.nan)
    if kept.any():
        mean = cells["score_w"].to_numpy(float)[kept] / scored[kept]
        frame = MetricFrame(
            metrics=metric.compute, y_true=mean, y_pred=mean, sensitive_features=groups[kept],
            sample_params={"sample_weight": scored[kept]},
        )
        value[frame.by_group.index.to_numpy(int)] = frame.by_group.to_numpy(float)
    n = np.bincount(groups, cells["n"].to_numpy(float) * kept, n_groups).astype(np.int64)
    none = np.full(n_groups, np.nan)
    why = ["no_scores" if np.isnan(v) else None for v in value]
    return Values(metric, None, value, none, none, n, why, np.bincount(groups, scored, n_groups), none)
