"""Metrics per group from the cells of a tally, computed by Fairlearn's MetricFrame with the cells' weights.

Cells stand in for rows: a metric that takes sample weights has the same value on a few dozen weighted cells as on the
million rows they count.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from fairlearn.metrics import MetricFrame
from scipy.stats import norm
from scipy.stats import t as student

from audit.errors import AuditError, ConfigError
from audit.fairness.bounds import score_metrics
from audit.fairness.bounds.effective import cluster_blocks, clustered, kish
from audit.fairness.bounds.inference import Estimates
from audit.fairness.bounds.intervals import wilson
from audit.fairness.bounds.resample import RESAMPLES, Cells, correlations, draw_tables, effective_sizes
from audit.fairness.bounds.score_metrics import GroupedScores, ScoreValues
from audit.fairness.metrics.definitions import Metric

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

#: Resamples of a metric that has no vectorised form, and so is called once per resample and group.
CALLED_RESAMPLES = 200


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
    scores
        Scores of the same groups, where decisions have them.
    """

    cells: pd.DataFrame
    groups: Ints
    size: int
    by_cluster: GroupedCells | None = None
    scores: GroupedScores | None = None

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
        NaN where undefined.
    n : array of shape (groups,)
        Decisions the metric is about.
    why
        Why a value is undefined, None where it is defined.
    effective : array of shape (groups,)
        Effective number of decisions behind the value.
    clusters : array of shape (groups,), optional
        Number of clusters in the denominator, where rows form clusters.
    error : array of shape (groups,), optional
        Standard error, where bounds follow from it rather than from the effective size.
    correlation : array of shape (groups, groups), optional
        Of the values, where groups are not independent.
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
    error: Floats | None = None
    correlation: Floats | None = None

    def among(self, groups: Ints) -> Estimates:
        """Return what bounds are made of, for some of the groups."""

        def of(array: Floats | None) -> Floats | None:
            return None if array is None else array[groups]

        correlation = None if self.correlation is None else self.correlation[np.ix_(groups, groups)]
        return Estimates(self.value[groups], self.effective[groups], of(self.clusters), of(self.error), correlation)

    @property
    def known(self) -> Bools:
        """Groups with a value whose spread is known."""
        known = ~np.isnan(self.value)
        return known if self.error is None else known & ~np.isnan(self.error)

    def evidence(self, group: int) -> dict[str, float | None]:
        """Effective size, clusters and standard error of one group."""

        def of(array: Floats | None) -> float | None:
            return None if array is None or np.isnan(array[group]) else float(array[group])

        return {
            "effective_n": of(self.effective),
            "clusters": of(self.clusters),
            "standard_error": of(self.error),
        }


def evaluate(
    grouped: GroupedCells, metrics: list[Metric], *, classes: list[str], asked: list[str], alpha: float, seed: int = 0
) -> list[Values]:
    """Compute every metric in every group.

    Parameters
    ----------
    classes, asked
        All classes, and those to ask one-vs-rest metrics about.
    alpha
        One minus the two-sided level of the intervals.
    seed
        Of resampling.

    Raises
    ------
    ConfigError
        If a metric that the configuration names by a dotted path fails.
    """
    one_vs_rest = [metric for metric in metrics if metric.scope == "class"]
    out: list[Values] = []
    for cls in asked:
        one = {cls: 1}
        out += _Question(grouped, *_codes(grouped.cells, one, 0), cls, 2, alpha, one, 0, seed).answer(one_vs_rest)
    codes = {cls: code for code, cls in enumerate(classes)}
    everything = _Question(grouped, *_codes(grouped.cells, codes, -1), None, len(classes), alpha, codes, -1, seed)
    out += everything.answer([metric for metric in metrics if metric.scope == "all"])
    for metric in metrics:
        if metric.scope == "score":
            out.append(_of_scores(grouped, metric, alpha))
        elif metric.scope == "ranking" and (grouped.size > 1 or metric.name == "auc"):
            out.append(_of_ranking(grouped, metric, alpha))
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
    seed: int

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
                metrics={metric.name: _guarded(metric) for metric in together},
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
        order = np.argsort(self.grouped.groups, kind="stable")
        ends = np.searchsorted(self.grouped.groups[order], np.arange(self.grouped.size + 1))
        return [
            self._why_in(metric, (cells := order[ends[group] : ends[group + 1]])[usable[cells]])
            for group in range(self.grouped.size)
        ]

    def _why_in(self, metric: Metric, here: Ints) -> str | None:
        if not len(here):
            return "no_labels" if metric.needs_labels else "no_rows"
        if metric.every_class and len(np.unique(self.truth[here])) < self.n_classes:
            return "class_without_support"
        return metric.undefined(self.truth[here], self.predicted[here])

    def _values(self, metric: Metric, value: Floats, why: list[str | None]) -> Values:
        base = metric.needs[0](self.truth, self.predicted) & self._usable(metric.needs_labels)
        n = self.grouped.sums("n", base).astype(np.int64)
        design, clusters, correlation, error = (
            kish(self.grouped.sums("w", base), self.grouped.sums("w2", base)),
            None,
            None,
            None,
        )
        effective = design
        fine = self._by_cluster(self.grouped.by_cluster) if self.grouped.by_cluster is not None else None
        if metric.numerator is not None:
            if fine is not None:
                effective, clusters, correlation = fine._clustered(metric, value)
        else:
            sized = fine or self
            if fine is not None:
                blocks, clusters = sized._blocks(metric)
                design = np.minimum(design, blocks)
            if metric.form is not None:
                size, correlation = effective_sizes(sized._cells(metric), metric.form, RESAMPLES, self._rng())
                most = kish(self.grouped.sums("w", base), self.grouped.sums("w2", base))
                effective = np.where(np.isnan(size), design, np.minimum(np.nan_to_num(size), most))
            else:
                error, correlation = sized._called(metric, np.array([reason is None for reason in why]))
        done = Values(metric, self.cls, value, value, value, n, why, effective, clusters, error, correlation)
        return _with_interval(done, self.alpha)

    def _rng(self) -> np.random.Generator:
        return np.random.default_rng(self.seed)

    def _cells(self, metric: Metric) -> Cells:
        kept = self._usable(metric.needs_labels) & (self.truth >= 0) & (self.predicted >= 0)
        cells = self.grouped.cells[kept]
        cluster = pd.factorize(cells["cluster"])[0].astype(np.int64) if "cluster" in cells else None
        return Cells(
            self.grouped.groups[kept],
            self.truth[kept],
            self.predicted[kept],
            cells["w"].to_numpy(np.float64),
            cells["w2"].to_numpy(np.float64),
            (self.grouped.size, self.n_classes),
            cluster,
        )

    def _called(self, metric: Metric, defined: Bools) -> tuple[Floats, Floats | None]:
        """Standard error of a metric that is a black box, from its values on resampled cells."""
        cells = self._cells(metric)
        drawn = draw_tables(cells, CALLED_RESAMPLES, self._rng())
        values = np.full((CALLED_RESAMPLES, self.grouped.size), np.nan)
        compute, classes = _guarded(metric), np.arange(self.n_classes)
        truth, predicted = np.repeat(classes, len(classes)), np.tile(classes, len(classes))
        for group in np.flatnonzero(defined):
            for number, table in enumerate(drawn[:, group].reshape(CALLED_RESAMPLES, -1)):
                used = table > 0
                values[number, group] = compute(truth[used], predicted[used], sample_weight=table[used])
        spread = values.std(0)
        correlation = correlations(np.nan_to_num(values), np.nan_to_num(spread)) if cells.cluster is not None else None
        return spread, correlation

    def _by_cluster(self, grouped: GroupedCells) -> _Question:
        truth, predicted = _codes(grouped.cells, self.codes, self.other)
        return replace(self, grouped=grouped, truth=truth, predicted=predicted)

    def _clustered(self, metric: Metric, value: Floats) -> tuple[Floats, Floats, Floats | None]:
        base = metric.needs[0](self.truth, self.predicted) & self._usable(metric.needs_labels)
        counted = metric.numerator(self.truth, self.predicted) if metric.numerator else base
        return clustered(self.grouped.cells, self.grouped.groups, value, counted & base, base)

    def _blocks(self, metric: Metric) -> tuple[Floats, Floats]:
        base = metric.needs[0](self.truth, self.predicted) & self._usable(metric.needs_labels)
        return cluster_blocks(self.grouped.cells[base], self.grouped.groups[base], self.grouped.size)


def _guarded(metric: Metric) -> Any:
    """Turn what goes wrong inside a user's metric into an error that names it."""
    if metric.calibrated:
        return metric.compute

    def compute(*args: Any, **more: Any) -> float:
        try:
            return float(metric.compute(*args, **more))
        except AuditError:
            raise
        except Exception as error:
            raise ConfigError(
                f"metric {metric.name!r} failed: {type(error).__name__}: {error}",
                where="metrics",
                hint="it is called as metric(y_true, y_pred, sample_weight=w) and returns one number",
            ) from error

    return compute


def _with_interval(values: Values, alpha: float) -> Values:
    """Add each group's own two-sided interval."""
    if values.error is None:
        lower, upper = wilson(values.value, values.effective, alpha, values.clusters)
        return replace(values, lower=lower, upper=upper)
    degrees = values.clusters if values.clusters is not None else values.effective
    quantile = student.isf(alpha / 2, np.maximum(degrees - 1, 1)) if degrees is not None else norm.isf(alpha / 2)
    half = quantile * values.error
    lower, upper = values.value - half, values.value + half
    if values.metric.unit == "share":
        lower, upper = np.clip(lower, 0, 1), np.clip(upper, 0, 1)
    return replace(values, lower=lower, upper=upper)


def _scalars(by_group: pd.Series[Any]) -> Floats:
    """Give the values as plain numbers: older versions of Fairlearn return an array for a group of one cell."""
    return np.array([np.squeeze(value) for value in by_group], np.float64)


def _nothing(grouped: GroupedCells, metric: Metric, why: str) -> Values:
    none = np.full(grouped.size, np.nan)
    zero = np.zeros(grouped.size, np.int64)
    return Values(metric, None, none, none, none, zero, [why] * grouped.size, np.zeros(grouped.size))


def _of_scores(grouped: GroupedCells, metric: Metric, alpha: float) -> Values:
    if grouped.scores is None:
        return _nothing(grouped, metric, "no_scores")
    found = (
        score_metrics.r_squared(grouped.scores)
        if metric.name == "r2_score"
        else score_metrics.mean_of(grouped.scores, metric.name)
    )
    lacking = "no_scores" if metric.name == "mean_prediction" else "no_labels"
    why = [
        None if not np.isnan(value) else lacking if not n else "no_variation"
        for value, n in zip(found.value, found.n, strict=True)
    ]
    return _with_interval(_values_of(metric, found, why, error=found.error), alpha)


def _of_ranking(grouped: GroupedCells, metric: Metric, alpha: float) -> Values:
    if grouped.scores is None or grouped.scores.counts.empty:
        return _nothing(grouped, metric, "no_scores")
    found = score_metrics.ranking(grouped.scores, metric.name)
    why = ["one_label_only" if np.isnan(value) else None for value in found.value]
    return _with_interval(_values_of(metric, found, why), alpha)


def _values_of(metric: Metric, found: ScoreValues, why: list[str | None], error: Floats | None = None) -> Values:
    return Values(
        metric,
        None,
        found.value,
        found.value,
        found.value,
        found.n,
        why,
        found.effective,
        found.blocks,
        error,
        found.correlation,
    )
