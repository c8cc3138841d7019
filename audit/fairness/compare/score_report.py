"""Calibration, ROC and threshold sweep of every group, from the counts per score.

The calibration error of a group is Σ_bins share·|mean score − rate of positives| over ten equal bins (Naeini et al.
2015). It is above zero by chance alone, the more so the smaller the group, so beside it stands what a perfectly
calibrated model of the same scores would show on average: the mean of |N(0, s(1 − s)/n)| in each bin.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import numpy.typing as npt

from audit.fairness.bounds.effective import clustered, weighted
from audit.fairness.bounds.intervals import wilson
from audit.fairness.bounds.score_metrics import GroupedScores, Histogram, histogram
from audit.fairness.scores import bin_of
from audit.result import CalibrationBin, GroupScores, ScoreReport, SlicingFacts

Floats = npt.NDArray[np.float64]

BINS = 10
THRESHOLDS = np.round(np.arange(0.05, 0.96, 0.05), 2)
MOST_ROC_POINTS = 60
#: Groups with curves; more would not be read.
MOST_GROUPS = 60


def score_report(
    scores: GroupedScores, slicing: SlicingFacts, alpha: float, score_range: tuple[float, float] | None = None
) -> ScoreReport | None:
    """Describe the scores of a slicing; None where no labelled decision has one, or where groups are too many.

    Parameters
    ----------
    score_range
        What scores were from 0 to 1 are in the data, where they are no probabilities: then there is no calibration.
    """
    if scores.counts.empty or len(slicing.groups) > MOST_GROUPS:
        return None
    h = histogram(scores)
    edges = _cuts(h, np.linspace(0, 1, BINS + 1)[1:-1], scores.exact)
    cuts = _cuts(h, THRESHOLDS, scores.exact)
    sizes = _sizes(scores, h, edges) if scores.clustered else None
    groups = [_group(h, code, group.values, edges, cuts, alpha, sizes) for code, group in enumerate(slicing.groups)]
    if score_range is not None:
        none: dict[str, object] = {"calibration": [], "calibration_error": None, "calibration_error_by_chance": None}
        groups = [group.model_copy(update=none) for group in groups]
    low, high = score_range or (0.0, 1.0)
    in_gaps = [code for code, group in enumerate(slicing.groups) if group.in_gaps]
    return ScoreReport(
        attributes=slicing.attributes,
        exact=scores.exact,
        binning_error=0.0 if scores.exact else _binning_error(h),
        thresholds=[float(round(low + t * (high - low), 10)) for t in THRESHOLDS],
        score_range=score_range,
        groups=groups,
        demographic_parity_difference=_spread([groups[code].selection_rate for code in in_gaps]),
        equalized_odds_difference=_worse(
            _spread([groups[code].true_positive_rate for code in in_gaps]),
            _spread([groups[code].false_positive_rate for code in in_gaps]),
        ),
    )


def _cuts(h: Histogram, at: Floats, exact: bool) -> npt.NDArray[np.int64]:
    """Index of the first key at or above each score."""
    keys = at if exact else bin_of(at)
    return np.searchsorted(h.keys, keys - (1e-12 if exact else 0), side="left").astype(np.int64)


def _binning_error(h: Histogram) -> float:
    """Largest error that ties within bins can put into the AUC of any group."""
    total = h.w.sum(2, keepdims=True)
    share = np.divide(h.w, total, out=np.zeros_like(h.w), where=total > 0)
    return float((share[:, 0] * share[:, 1]).sum(1).max() / 2)


def _group(
    h: Histogram,
    code: int,
    values: list[str],
    edges: npt.NDArray[np.int64],
    cuts: npt.NDArray[np.int64],
    alpha: float,
    sizes: tuple[Floats, Floats] | None,
) -> GroupScores:
    negative, positive = h.w[code]
    above = [np.concatenate([np.cumsum(side[::-1])[::-1], [0.0]]) for side in (negative, positive)]
    totals = [float(side[0]) for side in above]
    bins = _calibration(h, code, edges, alpha, sizes)
    total = sum(totals)
    error = chance = None
    if total > 0:
        used = [(b, b.mean_score, b.positive_rate) for b in bins]
        known = [(b, mean, rate) for b, mean, rate in used if mean is not None and rate is not None]
        error = float(sum(b.weight / total * abs(mean - rate) for b, mean, rate in known))
        spread = [np.sqrt(2 * mean * (1 - mean) / (np.pi * b.effective_n)) for b, mean, _ in known]
        chance = float(sum(b.weight / total * wide for (b, *_), wide in zip(known, spread, strict=True)))
    return GroupScores(
        group=values,
        n=int(h.n[code].sum()),
        positives=int(h.n[code, 1].sum()),
        calibration=bins,
        calibration_error=error,
        calibration_error_by_chance=chance,
        roc=_roc(above, totals),
        selection_rate=_rates(above[0][cuts] + above[1][cuts], total),
        true_positive_rate=_rates(above[1][cuts], totals[1]),
        false_positive_rate=_rates(above[0][cuts], totals[0]),
    )


def _sizes(scores: GroupedScores, h: Histogram, edges: npt.NDArray[np.int64]) -> tuple[Floats, Floats]:
    """Effective size and number of blocks of clusters of every group's bins: arrays of shape (groups, bins)."""
    counts, shape = scores.counts, (scores.size, BINS)
    at = np.searchsorted(edges, np.searchsorted(h.keys, counts["score_key"].to_numpy(np.float64)), side="right")
    cell = (scores.count_groups * BINS + at).astype(np.int64)
    hit = counts["is_positive"].to_numpy(bool)

    def total(name: str, where: npt.NDArray[np.bool_]) -> Floats:
        return np.bincount(cell[where], counts[name].to_numpy(np.float64)[where], shape[0] * BINS).astype(np.float64)

    hits, misses = ([total(name, where) for name in ("w", "w2")] for where in (hit, ~hit))
    weight = hits[0] + misses[0]
    rate = np.divide(hits[0], weight, out=np.zeros_like(weight), where=weight > 0)
    cells = counts.assign(cluster=counts["score_block"])
    size, blocks, _ = clustered(cells, cell, rate, hit, np.ones(len(hit), bool), weighted(*hits, *misses))
    return size.reshape(shape), blocks.reshape(shape)


def _calibration(
    h: Histogram, code: int, edges: npt.NDArray[np.int64], alpha: float, sizes: tuple[Floats, Floats] | None
) -> list[CalibrationBin]:
    ends = [0, *edges.tolist(), len(h.keys)]
    out = []
    for number, (start, end) in enumerate(pairwise(ends)):
        w, w2, n = (table[code, :, start:end] for table in (h.w, h.w2, h.n))
        weight = float(w.sum())
        rate = float(w[1].sum()) / weight if weight else 0.0
        mean = min(float((w * h.mean[start:end]).sum()) / weight, 1.0) if weight else 0.0
        # By rounding, scores of 1 may have a mean beyond 1.
        size, blocks = weighted(*(np.array([float(s.sum())]) for s in (w[1], w2[1], w[0], w2[0]))), None
        if sizes is not None:
            size, blocks = (array[code, number : number + 1] for array in sizes)
        low, high = wilson(np.array([rate]), size, alpha, blocks)
        bounded = bool(weight) and (blocks is None or blocks[0] > 1)
        out.append(
            CalibrationBin(
                low=number / BINS,
                high=(number + 1) / BINS,
                n=int(n.sum()),
                weight=weight,
                effective_n=float(size[0]),
                mean_score=mean if weight else None,
                positive_rate=rate if weight else None,
                lower=float(low[0]) if bounded else None,
                upper=float(high[0]) if bounded else None,
            )
        )
    return out


def _rates(above: Floats, total: float) -> list[float | None]:
    return [float(value) / total if total > 0 else None for value in above]


def _roc(above: list[Floats], totals: list[float]) -> list[tuple[float, float]]:
    """Points of the ROC curve from the strictest threshold on, thinned to those farthest along it."""
    if min(totals) <= 0:
        return []
    points = np.stack([side / total for side, total in zip(above, totals, strict=True)], 1)[::-1]
    along = np.concatenate([[0.0], np.cumsum(np.abs(np.diff(points, axis=0)).sum(1))])
    wanted = np.linspace(0, along[-1], min(MOST_ROC_POINTS, len(points)))
    kept = np.unique(np.searchsorted(along, wanted - 1e-12).clip(0, len(points) - 1))
    return [(round(float(x), 5), round(float(y), 5)) for x, y in points[kept]]


def _spread(groups: list[list[float | None]]) -> list[float | None]:
    out: list[float | None] = []
    for at in zip(*groups, strict=True):
        known = [value for value in at if value is not None]
        out.append(max(known) - min(known) if len(known) > 1 else None)
    return out or [None] * len(THRESHOLDS)


def _worse(a: list[float | None], b: list[float | None]) -> list[float | None]:
    return [None if x is None or y is None else max(x, y) for x, y in zip(a, b, strict=True)]
