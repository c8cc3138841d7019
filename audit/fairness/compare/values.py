"""Cells of a tally with their groups, and one metric in every group with what bounds are made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from audit.fairness.bounds.doubt import Doubts, first_of
from audit.fairness.bounds.inference import Estimates
from audit.fairness.bounds.score_metrics import GroupedScores
from audit.fairness.bounds.sketch import Sketches
from audit.fairness.metrics.definitions import Metric
from audit.fairness.metrics.tables import Coded

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
    scores
        Scores of the same groups, where decisions have them.
    """

    cells: pd.DataFrame
    groups: Ints
    size: int
    by_cluster: GroupedCells | None = None
    scores: GroupedScores | None = None

    def coded(self, classes: list[str]) -> Coded:
        """Give labels and predictions as numbers."""
        index = pd.Index(classes, dtype=object)
        truth, predicted = (
            index.get_indexer(pd.Index(self.cells[column], dtype=object)).astype(np.int64)
            for column in ("y_true", "y_pred")
        )
        n, w, w2 = (self.cells[column].to_numpy(np.float64) for column in ("n", "w", "w2"))
        cluster = pd.factorize(self.cells["cluster"])[0].astype(np.int64) if "cluster" in self.cells else None
        labelled = self.cells["y_true"].notna().to_numpy(bool)
        output = None
        if "output" in self.cells:
            output = index.get_indexer(pd.Index(self.cells["output"], dtype=object)).astype(np.int64)
        return Coded(self.groups, truth, predicted, labelled, n, w, w2, self.size, len(classes), cluster, output)

    def where(self, kept: Bools) -> GroupedCells:
        """Keep some of the cells, without those by cluster."""
        return GroupedCells(self.cells[kept], self.groups[kept], self.size, scores=self.scores)


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
    doubt
        Why the bounds of a group carry no guarantee (`audit.fairness.bounds.doubt`), None where they do.
    weight : array of shape (groups,), optional
        Σw of the metric's denominator.
    sketches : optional
        Of a mean: what decisions add to it, which bounds then follow from.
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
    doubt: Doubts | None = None
    weight: Floats | None = None
    sketches: Sketches | None = None

    def __post_init__(self) -> None:
        if self.doubt is None:
            object.__setattr__(self, "doubt", [self.metric.doubt] * len(self.value))

    def doubted(self, *reasons: Sequence[str | None]) -> Values:
        """Add why bounds of some groups carry no guarantee."""
        return replace(self, doubt=first_of(self.doubt or [], *reasons))

    @property
    def sure(self) -> Bools:
        """Groups with a value whose bounds carry their guarantee."""
        return np.asarray(self.known & np.array([code is None for code in self.doubt or []], dtype=bool))

    def among(self, groups: Ints) -> Estimates:
        """Return what bounds are made of, for some of the groups."""

        def of(array: Floats | None) -> Floats | None:
            return None if array is None else array[groups]

        correlation = None if self.correlation is None else self.correlation[np.ix_(groups, groups)]
        sketches = None if self.sketches is None else self.sketches.among(groups)
        size = self.effective[groups]
        return Estimates(self.value[groups], size, of(self.clusters), of(self.error), correlation, sketches)

    @property
    def known(self) -> Bools:
        """Groups with a value whose spread is known."""
        known = ~np.isnan(self.value)
        return known if self.error is None else known & ~np.isnan(self.error)

    def evidence(self, group: int) -> dict[str, Any]:
        """Effective size, clusters and standard error of one group, and what is in doubt about them."""

        def of(array: Floats | None) -> float | None:
            return None if array is None or np.isnan(array[group]) else float(array[group])

        return {
            "effective_n": of(self.effective),
            "clusters": of(self.clusters),
            "standard_error": of(self.error),
            "sketch": None if self.sketches is None or not self.known[group] else self.sketches.at(group),
            "doubt": self.doubt[group] if self.doubt and not np.isnan(self.value[group]) else None,
        }
