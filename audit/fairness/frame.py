"""Metrics per group from the cells of a tally, computed by Fairlearn's MetricFrame with the cells' weights.

Cells stand in for rows: a metric that takes sample weights has the same value on a few dozen weighted cells as on the
million rows they count.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from fairlearn.metrics import MetricFrame

from audit.fairness.effective import clustered, kish
from audit.fairness.inference import Rates
from audit.fairness.intervals import wilson
from audit.fairness.metrics import Metric

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class GroupedCells:
    """Cells of a tally with the group each belongs to.

    Attributes
    ----------
    cells
        Cells of a tally, n of them.
    groups : array of shape (n,)
        Group code of each cell, from 0 to `size` − 1.
    by_cluster
        The same decisions with the cells of each cluster kept apart, where rows form clusters.
    """

    cells: pd.DataFrame
    groups: Ints
    size: int
    by_cluster: GroupedCells | None = None

    def sums(self, column: str, where: Bools) -> Floats:
        """Sum a column per group over some of the cells."""
        values = self.cells[column].to_numpy(np.float64) * where
        return np.bincount(self.groups, values, self.size).astype(np.float64)


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
    effective : array of shape (groups,)
        Effective size of the denominator.
    clusters : array of shape (groups,), optional
        Clusters in the denominator, where rows form clusters.
    """

    metric: Metric
    cls: str | None
    value: Floats
    lower: Floats
    upper: Floats
    n: Ints
    why: list[str | None]
    effective: Floats
    clusters: Floats | None = None

    def among(self, groups: Ints) -> Rates:
        """Return what bounds are made of, for some of the groups."""
        clusters = None if self.clusters is None else self.clusters[groups]
        return Rates(self.value[groups], self.effective[groups], clusters)

    def evidence(self, group: int) -> dict[str, float | None]:
        """Effective size and clusters of one group, where the metric is a proportion."""
        if self.metric.numerator is None:
            return {"effective_n": None, "clusters": None}
        clusters = None if self.clusters is None else float(self.clusters[group])
        return {"effective_n": float(self.effective[group]), "clusters": clusters}


def evaluate(
    grouped: GroupedCells, metrics: list[Metric], *, classes: list[str], asked: list[str], alpha: float
) -> list[Values]:
    """Compute every metric in every group.

    Parameters
    ----------
    classes, asked
        All classes, and those to ask one-vs-rest metrics about.
    alpha
        One minus the two-sided level of the intervals.
    """
    one_vs_rest = [metric for metric in metrics if metric.scope == "class"]
    out: list[Values] = []
    for cls in asked:
        one = {cls: 1}
        out += _Question(grouped, *_codes(grouped.cells, one, 0), cls, 2, alpha, one, 0).answer(one_vs_rest)
    codes = {cls: code for code, cls in enumerate(classes)}
    everything = _Question(grouped, *_codes(grouped.cells, codes, -1), None, len(classes), alpha, codes, -1)
    out += everything.answer([metric for metric in metrics if metric.scope == "all"])
    out += [_mean_score(grouped, metric) for metric in metrics if metric.scope == "score"]
    return out


def _codes(cells: pd.DataFrame, codes: dict[str, int], other: int) -> tuple[Ints, Ints]:
    """Give labels and predictions as numbers."""
    truth, predicted = ([codes.get(label, other) for label in cells[column]] for column in ("y_true", "y_pred"))
    return np.array(truth, np.int64), np.array(predicted, np.int64)


@dataclass(frozen=True)
class _Question:
    """Labels and predictions of the cells as numbers, for one class against the rest or for all classes."""

    grouped: GroupedCells
    truth: Ints
    predicted: Ints
    cls: str | None
    n_classes: int
    alpha: float
    codes: dict[str, int]
    other: int

    def answer(self, metrics: list[Metric]) -> list[Values]:
        """Evaluate metrics, each only in the groups where it is defined."""
        groups, weight = self.grouped.groups, self.grouped.cells["w"].to_numpy(np.float64)
        why = {metric.name: self._why(metric, weight) for metric in metrics}
        values = {metric.name: np.full(self.grouped.size, np.nan) for metric in metrics}
        # One MetricFrame per set of metrics defined in the same groups: an undefined group would put a zero in.
        kinds = {(metric.needs_labels, tuple(reason is None for reason in why[metric.name])) for metric in metrics}
        for needs_labels, defined in sorted(kinds):
            together = [
                metric
                for metric in metrics
                if metric.needs_labels == needs_labels
                and tuple(reason is None for reason in why[metric.name]) == defined
            ]
            kept = np.isin(groups, np.flatnonzero(defined)) & (weight > 0) & self._usable(needs_labels)
            if not kept.any():
                continue
            frame = MetricFrame(
                metrics={metric.name: metric.compute for metric in together},
                y_true=self.truth[kept],
                y_pred=self.predicted[kept],
                sensitive_features=pd.Series(groups[kept]),  # a single cell as an array would lose its dimension
                sample_params={metric.name: {"sample_weight": weight[kept]} for metric in together},
            )
            for metric in together:
                by_group = frame.by_group[metric.name]
                values[metric.name][by_group.index.to_numpy(int)] = _scalars(by_group)
        return [self._values(metric, values[metric.name], why[metric.name]) for metric in metrics]

    def _usable(self, needs_labels: bool) -> Bools:
        if not needs_labels:
            return np.ones(len(self.truth), dtype=bool)
        return self.grouped.cells["y_true"].notna().to_numpy(bool)

    def _why(self, metric: Metric, weight: Floats) -> list[str | None]:
        usable = self._usable(metric.needs_labels) & (weight > 0)
        return [self._why_in(metric, usable & (self.grouped.groups == group)) for group in range(self.grouped.size)]

    def _why_in(self, metric: Metric, here: Bools) -> str | None:
        if not here.any():
            return "no_labels" if metric.needs_labels else "no_rows"
        if metric.every_class and len(np.unique(self.truth[here])) < self.n_classes:
            return "class_without_support"
        return metric.undefined(self.truth[here], self.predicted[here])

    def _values(self, metric: Metric, value: Floats, why: list[str | None]) -> Values:
        base = metric.needs[0](self.truth, self.predicted) & self._usable(metric.needs_labels)
        n = self.grouped.sums("n", base).astype(np.int64)
        effective, clusters = kish(self.grouped.sums("w", base), self.grouped.sums("w2", base)), None
        lower = upper = np.full(self.grouped.size, np.nan)
        if metric.numerator is not None:
            if self.grouped.by_cluster is not None:
                effective, clusters = self._by_cluster(self.grouped.by_cluster)._clustered(metric, value)
            lower, upper = wilson(value, effective, self.alpha, clusters)
        return Values(metric, self.cls, value, lower, upper, n, why, effective, clusters)

    def _by_cluster(self, grouped: GroupedCells) -> _Question:
        codes = self.codes
        return _Question(
            grouped, *_codes(grouped.cells, codes, self.other), self.cls, self.n_classes, self.alpha, codes, self.other
        )

    def _clustered(self, metric: Metric, value: Floats) -> tuple[Floats, Floats]:
        base = metric.needs[0](self.truth, self.predicted) & self._usable(metric.needs_labels)
        counted = metric.numerator(self.truth, self.predicted) if metric.numerator else base
        return clustered(self.grouped.cells, self.grouped.groups, value, counted & base, base)


def _scalars(by_group: pd.Series[Any]) -> Floats:
    """Give the values as plain numbers: older versions of Fairlearn return an array for a group of one cell."""
    return np.array([np.squeeze(value) for value in by_group], np.float64)


def _mean_score(grouped: GroupedCells, metric: Metric) -> Values:
    """Mean score per group: Fairlearn's `mean_prediction` of each cell's own mean, weighted by the cell's Σw."""
    scored = grouped.cells["scored_w"].to_numpy(np.float64)
    kept = scored > 0
    value = np.full(grouped.size, np.nan)
    if kept.any():
        mean = grouped.cells["score_w"].to_numpy(np.float64)[kept] / scored[kept]
        frame = MetricFrame(
            metrics=metric.compute,
            y_true=mean,
            y_pred=mean,
            sensitive_features=pd.Series(grouped.groups[kept]),
            sample_params={"sample_weight": scored[kept]},
        )
        value[frame.by_group.index.to_numpy(int)] = _scalars(frame.by_group)
    none = np.full(grouped.size, np.nan)
    return Values(
        metric,
        None,
        value,
        lower=none,
        upper=none,
        n=grouped.sums("n", kept).astype(np.int64),
        why=["no_scores" if np.isnan(mean) else None for mean in value],
        effective=none,
    )
