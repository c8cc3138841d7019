"""Which of all gaps chance does not explain."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from audit.fairness.bounds.inference import contrast
from audit.fairness.compare.disparities import Compared
from audit.fairness.compare.values import Values
from audit.fairness.metrics.definitions import Metric
from audit.fairness.metrics.names import COMPLEMENTS
from audit.result import (
    ClearGap,
    ClearGaps,
    SlicingFacts,
)

#: Of predicted numbers, what is looked at beside proportions for gaps clear of chance.
MEANS_OF_NUMBERS = frozenset({"mean_prediction", "mean_absolute_error"})


def clear_gaps(compared: list[Compared], level: float) -> ClearGaps:
    """Gaps clear of chance: the lower bound of the difference of some two groups is above zero. Widest bound first.

    1 − `level` is shared equally among the slicings, and within a slicing among all pairs of groups and all
    proportions and means of numbers (Bonferroni), so that a fine crossing does not weaken what is said of single
    attributes. With equal true rates everywhere, this names anything at all in at most 1 − `level` of audits, however
    many groups there are.
    Complements (FNR beside TPR) are left out, as they would say everything twice; so are groups whose bounds carry no
    guarantee, which are counted.
    """
    looked: list[tuple[SlicingFacts, list[tuple[Values, npt.NDArray[np.int64]]]]] = []
    doubted = 0
    for item in compared:
        if not item.slicing.attributes:
            continue
        in_gaps = np.array([group.in_gaps for group in item.slicing.groups], bool)
        tested = [values for values in item.pooled if _tested(values.metric)]
        doubted += sum(int((in_gaps & ~np.isnan(values.value) & ~values.sure).sum()) for values in tested)
        kept = [(values, np.flatnonzero(in_gaps & values.sure)) for values in tested]
        kept = [(values, groups) for values, groups in kept if len(groups) > 1]
        if kept:
            looked.append((item.slicing, kept))
    items, comparisons = [], 0
    for slicing, kept in looked:
        pairs = sum(math.comb(len(groups), 2) for _, groups in kept)
        comparisons += pairs
        alpha = (1 - level) / len(looked) / pairs
        items += [found for values, groups in kept if (found := _clear_gap(slicing, values, groups, alpha))]
    items.sort(key=lambda gap: (-gap.lower, gap.attributes, gap.metric, gap.cls or ""))
    gaps = sum(len(kept) for _, kept in looked)
    return ClearGaps(level=level, comparisons=comparisons, gaps=gaps, doubted=doubted, items=items)


def _tested(metric: Metric) -> bool:
    of_numbers = metric.ends is None and metric.name in MEANS_OF_NUMBERS
    return (metric.numerator is not None or of_numbers) and metric.gap and metric.name not in COMPLEMENTS


def _clear_gap(slicing: SlicingFacts, values: Values, groups: npt.NDArray[np.int64], alpha: float) -> ClearGap | None:
    """Name the pair whose difference is bounded highest above zero, if one is."""
    bounds = contrast(values.among(groups), alpha / 2)[0]
    high, low = np.unravel_index(int(np.argmax(bounds)), bounds.shape)
    if not bounds[high, low] > 0:
        return None
    a, b = int(groups[low]), int(groups[high])
    return ClearGap(
        code="gap_clear_of_chance",
        attributes=slicing.attributes,
        metric=values.metric.name,
        cls=values.cls,
        low_group=slicing.groups[a].values,
        low_value=float(values.value[a]),
        low_n=int(values.n[a]),
        high_group=slicing.groups[b].values,
        high_value=float(values.value[b]),
        high_n=int(values.n[b]),
        difference=float(values.value[b] - values.value[a]),
        lower=float(bounds[high, low]),
    )
