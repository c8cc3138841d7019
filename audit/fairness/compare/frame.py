"""Metrics per group from the cells of a tally, each with what bounds are made of.

Cells stand in for rows: a metric that takes sample weights has the same value on a few dozen weighted cells as on the
million rows they count.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import norm
from scipy.stats import t as student

from audit.fairness.bounds import score_metrics
from audit.fairness.bounds.class_means import class_mean_sizes, rare_classes
from audit.fairness.bounds.doubt import ONE_CLUSTER, RARE_CLASSES, Doubts, first_of
from audit.fairness.bounds.effective import cluster_blocks, clustered, drawn_to, kish, weighted
from audit.fairness.bounds.intervals import wilson
from audit.fairness.bounds.linearised import linearised_sizes, too_many_to_draw
from audit.fairness.bounds.resample import RESAMPLES, Cells, correlations, draw_tables, effective_sizes
from audit.fairness.bounds.score_metrics import ScoreValues
from audit.fairness.compare.library import frame_values, guarded
from audit.fairness.compare.values import GroupedCells, Values
from audit.fairness.metrics.definitions import Metric, closed_values, reasons
from audit.fairness.metrics.tables import Coded, Tables, total

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

#: Resamples of a metric that has no vectorised form, and so is called once per resample and group.
CALLED_RESAMPLES = 200


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
    coded = grouped.coded(classes)
    fine = grouped.by_cluster.coded(classes) if grouped.by_cluster is not None else None
    out: list[Values] = []
    if one_vs_rest := [metric for metric in metrics if metric.scope == "class"]:
        at = [classes.index(cls) for cls in asked]
        labelled, everything = (coded.one_vs_rest(at, labelled=only) for only in (True, False))
        for number, (cls, code) in enumerate(zip(asked, at, strict=True)):
            mine, by_cluster = _about(grouped, fine, code)
            question = _CodedLabels(
                mine,
                coded.asking(code),
                by_cluster.asking(code) if by_cluster is not None else None,
                (labelled[number], everything[number]),
                cls,
                alpha,
                seed,
            )
            out += question.answer(one_vs_rest)
    if overall := [metric for metric in metrics if metric.scope == "all"]:
        tables = coded.all_classes()
        out += _CodedLabels(grouped, coded, fine, (tables, tables), None, alpha, seed).answer(overall)
    for metric in metrics:
        if metric.scope == "score":
            out.append(_of_scores(grouped, metric, alpha))
        elif metric.scope == "ranking" and (grouped.size > 1 or metric.name == "auc"):
            out.append(_of_ranking(grouped, metric, alpha))
    return out


def _about(grouped: GroupedCells, fine: Coded | None, code: int) -> tuple[GroupedCells, Coded | None]:
    """Keep the decisions that a question about one class counts: all, or those about one of several labels.

    Of the latter a row has one, unless the data name clusters: where no cluster has a second one, they are independent,
    and have the bounds that an audit of this label alone would give them.
    """
    if grouped.by_cluster is None or fine is None or fine.output is None:
        return grouped, fine
    kept = fine.output == code
    mine = fine.where(kept)
    if mine.cluster is not None and (mine.n == 1).all() and len(np.unique(mine.cluster)) == len(mine.cluster):
        return replace(grouped, by_cluster=None), None
    return replace(grouped, by_cluster=grouped.by_cluster.where(kept)), mine


@dataclass(frozen=True)
class _CodedLabels:
    """Labels and predictions as numbers, for one class against the rest or for all classes.

    Attributes
    ----------
    coded, fine
        Cells, and the same kept apart by cluster.
    tables
        Confusion tables of the labelled decisions, and of all.
    """

    grouped: GroupedCells
    coded: Coded
    fine: Coded | None
    tables: tuple[Tables, Tables]
    cls: str | None
    alpha: float
    seed: int

    def answer(self, metrics: list[Metric]) -> list[Values]:
        """Evaluate metrics, each only in the groups where it is defined."""
        why: dict[str, list[str | None]] = {metric.name: list(reasons(metric, self._of(metric))) for metric in metrics}
        values = {metric.name: closed_values(metric, self._of(metric)) for metric in metrics if metric.closed}
        called = [metric for metric in metrics if not metric.closed]
        # One frame per set of metrics defined in the same groups: an undefined group would put a zero in.
        kinds = {(metric.needs_labels, tuple(reason is None for reason in why[metric.name])) for metric in called}
        for needs_labels, defined in sorted(kinds):
            together = [
                metric
                for metric in called
                if (metric.needs_labels, tuple(reason is None for reason in why[metric.name]))
                == (needs_labels, defined)
            ]
            values |= self.by_library(together, np.array(defined))
        return [self._values(metric, values[metric.name], why[metric.name]) for metric in metrics]

    def by_library(self, metrics: list[Metric], defined: Bools) -> dict[str, Floats]:
        """Compute metrics by Fairlearn in the groups where they are defined."""
        coded = self.coded
        kept = defined[coded.group] & (coded.w > 0) & self._usable(metrics[0])
        return frame_values(
            metrics, coded.truth[kept], coded.predicted[kept], coded.w[kept], coded.group[kept], coded.groups
        )

    def _of(self, metric: Metric) -> Tables:
        return self.tables[0 if metric.needs_labels else 1]

    def _usable(self, metric: Metric) -> Bools:
        return self.coded.labelled if metric.needs_labels else np.ones(len(self.coded.group), dtype=bool)

    def _values(self, metric: Metric, value: Floats, why: list[str | None]) -> Values:
        tables = self._of(metric)
        base = tables.mask(metric.needs[0])
        n = total(tables.n, base).astype(np.int64)
        design = kish(total(tables.w, base), total(tables.w2, base))
        effective, clusters, correlation, error = design, None, None, None
        doubt: Doubts = [None] * len(value)
        if metric.numerator is not None:
            hit = base & tables.mask(metric.numerator)
            sums = [total(table, where) for where in (hit, base & ~hit) for table in (tables.w, tables.w2)]
            effective = weighted(*sums)
            if self.fine is not None:
                effective, clusters, correlation = self._clustered(self.fine, metric, value, effective)
        else:
            if self.fine is not None:
                blocks, clusters = self._blocks(self.fine, metric)
                design = np.minimum(design, blocks)
            if metric.every_class:
                doubt = [RARE_CLASSES if few else None for few in rare_classes(tables.n, metric.first)]
            cells = self._cells(metric)
            if metric.form is not None:
                if metric.every_class:
                    size, correlation = class_mean_sizes(cells, metric.form, RESAMPLES, self.seed)
                elif too_many_to_draw(cells.shape):
                    size, correlation = linearised_sizes(cells, metric.form)
                else:
                    size, correlation = effective_sizes(cells, metric.form, RESAMPLES, self._rng())
                most = kish(total(tables.w, base), total(tables.w2, base))
                size = np.where(np.isnan(size), design, np.minimum(np.nan_to_num(size), most))
                # Few clusters may agree by chance: then each would count as one decision.
                effective = size if clusters is None else drawn_to(size, design, clusters)
            else:
                error, correlation = self._called(metric, cells, np.array([reason is None for reason in why]))
                effective = design
        done = Values(metric, self.cls, value, value, value, n, why, effective, clusters, error, correlation)
        return replace(_with_interval(done, self.alpha).doubted(doubt), weight=total(tables.w, base))

    def _rng(self) -> np.random.Generator:
        return np.random.default_rng(self.seed)

    def _cells(self, metric: Metric) -> Cells:
        coded = self.fine or self.coded
        known = (coded.truth >= 0) & (coded.predicted >= 0)
        kept = known & (coded.labelled if metric.needs_labels else True)
        return Cells(
            coded.group[kept],
            coded.truth[kept],
            coded.predicted[kept],
            coded.w[kept],
            coded.w2[kept],
            (coded.groups, coded.classes),
            coded.cluster[kept] if coded.cluster is not None else None,
        )

    def _called(self, metric: Metric, cells: Cells, defined: Bools) -> tuple[Floats, Floats | None]:
        """Standard error of a metric that is a black box, from its values on resampled cells."""
        drawn = draw_tables(cells, CALLED_RESAMPLES, self._rng())
        values = np.full((CALLED_RESAMPLES, self.coded.groups), np.nan)
        compute, classes = guarded(metric), np.arange(self.coded.classes)
        truth, predicted = np.repeat(classes, len(classes)), np.tile(classes, len(classes))
        for group in np.flatnonzero(defined):
            for number, table in enumerate(drawn[:, group].reshape(CALLED_RESAMPLES, -1)):
                used = table > 0
                values[number, group] = compute(truth[used], predicted[used], sample_weight=table[used])
        spread = values.std(0)
        correlation = correlations(np.nan_to_num(values), np.nan_to_num(spread)) if cells.cluster is not None else None
        return spread, correlation

    def _clustered(
        self, fine: Coded, metric: Metric, value: Floats, most: Floats
    ) -> tuple[Floats, Floats, Floats | None]:
        base = self._base(fine, metric)
        counted = metric.numerator(fine.truth, fine.predicted) if metric.numerator else base
        return clustered(self._fine_cells, fine.group, value, counted & base, base, most)

    def _blocks(self, fine: Coded, metric: Metric) -> tuple[Floats, Floats]:
        base = self._base(fine, metric)
        return cluster_blocks(self._fine_cells[base], fine.group[base], fine.groups)

    def _base(self, fine: Coded, metric: Metric) -> Bools:
        base = metric.needs[0](fine.truth, fine.predicted)
        return np.asarray(base & fine.labelled if metric.needs_labels else base)

    @property
    def _fine_cells(self) -> pd.DataFrame:
        return self.grouped.by_cluster.cells if self.grouped.by_cluster is not None else self.grouped.cells


def _with_interval(values: Values, alpha: float) -> Values:
    """Add each group's own two-sided interval; a group that lies in one cluster has none."""
    if values.clusters is not None:
        lone = (values.clusters < 2) & ~np.isnan(values.value)
        # The plainest reason first: nothing else can be known of one cluster.
        doubt = first_of([ONE_CLUSTER if alone else None for alone in lone], values.doubt or [None] * len(lone))
        values = replace(values, doubt=doubt)
        bounded = _bounded(values, alpha)
        lower, upper = (np.where(lone, np.nan, bound) for bound in (bounded.lower, bounded.upper))
        return replace(values, lower=lower, upper=upper)
    return _bounded(values, alpha)


def _bounded(values: Values, alpha: float) -> Values:
    if values.error is None:
        lower, upper = wilson(values.value, values.effective, alpha, values.clusters)
        return replace(values, lower=lower, upper=upper)
    if values.sketches is not None:
        lower, upper = values.sketches.bounds(alpha / 2)
        lower, upper = (np.where(values.known, bound, np.nan) for bound in (lower, upper))
        return replace(values, lower=np.minimum(lower, values.value), upper=np.maximum(upper, values.value))
    degrees = values.clusters if values.clusters is not None else values.effective
    quantile = student.isf(alpha / 2, np.maximum(degrees - 1, 1)) if degrees is not None else norm.isf(alpha / 2)
    half = quantile * values.error
    lower, upper = values.value - half, values.value + half
    if values.metric.unit == "share":
        lower, upper = np.clip(lower, 0, 1), np.clip(upper, 0, 1)
    return replace(values, lower=lower, upper=upper)


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
        else score_metrics.mean_of(grouped.scores, metric.name, metric.ends)
    )
    lacking = "no_scores" if metric.name == "mean_prediction" else "no_labels"
    why = [
        None if not np.isnan(value) else lacking if not n else "no_variation"
        for value, n in zip(found.value, found.n, strict=True)
    ]
    return _with_interval(_values_of(metric, found, why, error=found.error), alpha)


def _of_ranking(grouped: GroupedCells, metric: Metric, alpha: float) -> Values:
    if grouped.scores is not None and not grouped.scores.ranked:
        return _nothing(grouped, metric, "not_within_controls")
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
        None if found.doubt is None else first_of([metric.doubt] * len(found.value), found.doubt),
        sketches=found.sketches,
    )
