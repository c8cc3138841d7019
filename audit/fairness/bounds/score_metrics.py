"""Means of scores and of their errors, and how well scores rank, per group, each with its standard error.

A mean m = Σwx/Σw has the standard error of a ratio between blocks of decisions: with z_b = Σ_b w(x − m), its variance
is B/(B − 1)·Σz_b²/(Σw)² (Woodruff 1971), unless all decisions weigh the same and belong to nobody. R² follows in the
same way from its derivative. Bounds come from a sketch (see `means`).

The AUC has DeLong's variance (1988), written for counts per score and for weights; where decisions form clusters, the
structural components are summed per block first (Obuchowski 1997). BPSN and BNSP are Borkan et al.'s (2019): the AUC of
the group's negatives against everybody else's positives, and of its positives against everybody else's negatives.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.metrics import roc_auc_score

from audit.fairness.bounds.doubt import Doubts
from audit.fairness.bounds.effective import kish
from audit.fairness.bounds.means import sketch_means, skewness_index
from audit.fairness.bounds.sketch import Sketches
from audit.fairness.scores import BLOCKS, SUMS, ScoreTally

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

#: Metric -> (sum in the numerator, whether over labelled decisions).
MEANS = {
    "mean_prediction": ("score", False),
    "mean_absolute_error": ("absolute", True),
    "mean_squared_error": ("squared", True),
    "log_loss": ("logloss", True),
}
#: Metric -> sum of the squares of what it is a mean of.
SQUARES = {
    "mean_prediction": "score2",
    "mean_absolute_error": "squared",
    "mean_squared_error": "squared2",
    "log_loss": "logloss2",
}


@dataclass(frozen=True)
class ScoreValues:
    """One metric of scores in every group.

    Attributes
    ----------
    value, error, n, effective, blocks : array of shape (groups,)
        `error` is the standard error, `blocks` what it was estimated from.
    correlation : array of shape (groups, groups) or None
        None where groups are independent.
    doubt
        Why the bounds of a group carry no guarantee, where some do not.
    sketches
        Of a mean: what decisions add to it.
    """

    value: Floats
    error: Floats
    n: Ints
    effective: Floats
    blocks: Floats | None
    correlation: Floats | None = None
    doubt: Doubts | None = None
    sketches: Sketches | None = None


@dataclass(frozen=True)
class GroupedScores:
    """The scores of a slicing with the group of every row of its tables.

    Attributes
    ----------
    sums : dict of arrays of shape (groups, blocks)
    counts
        Rows of `ScoreTally.counts`, with `count_groups` their group codes.
    ranked
        Whether `counts` were kept: within a stratum of the controls they are not.
    """

    sums: dict[str, Floats]
    counts: pd.DataFrame
    count_groups: Ints
    size: int
    clustered: bool
    exact: bool
    ranked: bool = True


def group_scores(tally: ScoreTally, sum_groups: Ints, count_groups: Ints, size: int) -> GroupedScores:
    """Arrange a tally by group codes; a code below zero leaves a row out."""
    kept = sum_groups >= 0
    at = sum_groups[kept] * BLOCKS + tally.sums["score_block"].to_numpy(np.int64)[kept]
    sums = {name: _sum(at, tally.sums[name].to_numpy(np.float64)[kept], (size, BLOCKS)) for name in SUMS}
    rows = count_groups >= 0
    return GroupedScores(
        sums,
        tally.counts[rows].reset_index(drop=True),
        count_groups[rows],
        size,
        tally.slicing.clustered,
        tally.exact,
    )


def mean_of(scores: GroupedScores, metric: str, ends: tuple[float, float] | None = None) -> ScoreValues:
    """Mean of scores, or of their errors, in every group.

    Parameters
    ----------
    ends
        What every score or error lies between, where it does.
    """
    column, labelled = MEANS[metric]
    prefix = "l" if labelled else ""
    weight, total = scores.sums[prefix + "w"], scores.sums[column]
    value = _share(total.sum(1), weight.sum(1))
    known = np.nan_to_num(value)
    square = _share(scores.sums[SQUARES[metric]].sum(1), weight.sum(1), 0.0)
    spread = np.maximum(square - known**2, 0.0)
    # So little is left of large numbers by rounding alone.
    spread = np.where(spread > 1e-9 * square, spread, 0.0)
    return _values(scores, prefix, value, total - known[:, None] * weight, weight.sum(1), spread, ends)


def r_squared(scores: GroupedScores) -> ScoreValues:
    """1 − Σw(y − ŷ)² / Σw(y − ȳ)², with y the target and ŷ the score."""
    value, z, total = r_squared_residuals(scores.sums)
    return _values(scores, "l", value, z, total, None, None)


def r_squared_residuals(sums: dict[str, Floats], suffix: str = "") -> tuple[Floats, Floats, Floats]:
    """R² with its residuals per block, and what these are divided by."""
    weight, residual = sums["lw"], sums["squared" + suffix]
    mean = np.nan_to_num(_share(sums["truth"].sum(1), weight.sum(1)))[:, None]
    spread = sums["truth2"] - 2 * mean * sums["truth"] + mean**2 * weight
    total = spread.sum(1)
    # Rounding leaves something where all targets are the same.
    total = np.where(total > 1e-12 * np.maximum(sums["truth2"].sum(1), 1e-300), total, 0.0)
    share = _share(residual.sum(1), total)
    return 1 - share, -residual + np.nan_to_num(share)[:, None] * spread, total


def _values(
    scores: GroupedScores,
    prefix: str,
    value: Floats,
    z: Floats,
    divisor: Floats,
    spread: Floats | None,
    ends: tuple[float, float] | None,
) -> ScoreValues:
    """Turn residuals per block into standard errors, and what decisions add into sketches."""
    sums = scores.sums
    blocks = (sums[prefix + "n"] > 0).sum(1).astype(np.float64)
    pooled = skewness_index(z.sum(0, keepdims=True))[0]
    z = np.where(np.isnan(value)[:, None], 0.0, _share(z, divisor[:, None], 0.0))
    correction = np.divide(blocks, blocks - 1, out=np.full_like(blocks, np.inf), where=blocks > 1)
    with np.errstate(invalid="ignore"):
        error = np.sqrt(correction * (z**2).sum(1))
    n, weight, squared = (sums[prefix + name].sum(1) for name in ("n", "w", "w2"))
    size, freedom = kish(weight, squared), np.maximum(blocks - 1, 1)
    alike = size >= n * (1 - 1e-9)
    if spread is None:
        spread = np.nan_to_num(error) ** 2 * size
    elif not scores.clustered:
        # Decisions that all weigh the same and belong to nobody need no blocks.
        error = np.where(alike & (blocks > 1) & (n > 1), np.sqrt(spread / np.maximum(n - 1, 1)), error)
        # Between two ends a spread too small by chance is allowed for by what was not seen.
        freedom = np.where(alike, np.maximum(n - 1, 1) if ends is None else np.inf, freedom)
    with np.errstate(divide="ignore", invalid="ignore"):
        worth = np.where(spread > 0, np.minimum(spread / error**2, size), np.minimum(size, blocks))
    if not scores.clustered:
        worth = np.where(alike, size, worth)
    skewness = float(pooled * np.sqrt(n.sum()))
    made = sketch_means(value, spread, np.nan_to_num(worth), freedom, skewness_index(z), skewness, ends)
    return ScoreValues(
        value,
        np.where(np.isnan(value) | ~np.isfinite(error), np.nan, error),
        n.astype(np.int64),
        size,
        blocks,
        _correlation(z) if scores.clustered else None,
        made.doubt,
        made.sketches,
    )


def _correlation(z: Floats) -> Floats:
    norm = np.sqrt((z**2).sum(1))
    scaled = _share(z, norm[:, None], 0.0)
    r = scaled @ scaled.T
    np.fill_diagonal(r, 1.0)
    return np.asarray(r)


def _sum(at: Ints, values: Floats, shape: tuple[int, ...]) -> Floats:
    return np.bincount(at, values, int(np.prod(shape))).astype(np.float64).reshape(shape)


def _share(a: Floats, b: Floats, empty: float = np.nan) -> Floats:
    a, b = np.broadcast_arrays(a, b)
    return np.asarray(np.divide(a, b, out=np.full(a.shape, empty), where=b != 0), np.float64)


@dataclass(frozen=True)
class Histogram:
    """Weights of labelled decisions by group, label and score.

    Attributes
    ----------
    keys : array of shape (keys,)
        Scores or bins, rising.
    mean : array of shape (keys,)
        Mean score of the decisions of each key.
    n, w, w2 : array of shape (groups, 2, keys)
        Index 1 of the middle axis is the positive label.
    """

    keys: Floats
    mean: Floats
    n: Floats
    w: Floats
    w2: Floats


def histogram(scores: GroupedScores) -> Histogram:
    """Arrange the counts per score of all groups, summed over blocks."""
    counts = scores.counts
    keys, code = np.unique(counts["score_key"].to_numpy(np.float64), return_inverse=True)
    at = (scores.count_groups * 2 + counts["is_positive"].to_numpy(bool)) * len(keys) + code
    shape = (scores.size, 2, len(keys))

    def table(name: str) -> Floats:
        return _sum(at, counts[name].to_numpy(np.float64), shape)

    w = table("w")
    mean = _share(_sum(code, counts["score"].to_numpy(np.float64), (len(keys),)), w.sum((0, 1)), 0.0)
    return Histogram(keys, mean, table("n"), w, table("w2"))


#: Metric -> whether its negatives and its positives are the group's own.
OWN = {"auc": (True, True), "bpsn_auc": (True, False), "bnsp_auc": (False, True)}


@dataclass(frozen=True)
class Placements:
    """AUCs of all groups, and how much each decision moves them (DeLong's structural components).

    Attributes
    ----------
    value : array of shape (groups,)
    influence : array of shape (groups, 2, keys)
        Derivative by the weight of a decision of each label and score.
    sizes
        Effective number of negatives, and of positives.
    """

    value: Floats
    influence: Floats
    sizes: list[Floats]


def placements(h: Histogram, metric: str) -> Placements:
    """AUC, BPSN or BNSP AUC of every group, with every decision's influence on it."""
    others = h.w.sum(0, keepdims=True) - h.w
    others_w2 = h.w2.sum(0, keepdims=True) - h.w2
    own_label = OWN[metric]
    # Which decisions play the negatives and the positives of each group's AUC.
    negative, positive = ((h.w if own else others)[:, label] for label, own in enumerate(own_label))
    sizes = [
        kish((h.w if own else others)[:, label].sum(1), (h.w2 if own else others_w2)[:, label].sum(1))
        for label, own in enumerate(own_label)
    ]
    total_negative, total_positive = negative.sum(1), positive.sum(1)
    defined = (total_negative > 1e-9 * h.w.sum()) & (total_positive > 1e-9 * h.w.sum())
    value = np.full(len(h.w), np.nan)
    for group in np.flatnonzero(defined):
        value[group] = _auc(np.maximum(negative[group], 0.0), np.maximum(positive[group], 0.0))
    # DeLong's structural components: how a positive (a negative) of each score fares against the other side.
    centre = np.nan_to_num(value)[:, None]
    below = np.cumsum(negative, 1) - negative / 2
    above = total_positive[:, None] - np.cumsum(positive, 1) + positive / 2
    influence = np.stack(
        [
            _share(_share(above, total_positive[:, None], 0.0) - centre, total_negative[:, None], 0.0),
            _share(_share(below, total_negative[:, None], 0.0) - centre, total_positive[:, None], 0.0),
        ],
        axis=1,
    )
    influence[~defined] = 0.0
    return Placements(value, influence, sizes)


def ranking(scores: GroupedScores, metric: str) -> ScoreValues:
    """AUC, BPSN or BNSP AUC of every group."""
    h, own_label = histogram(scores), OWN[metric]
    found = placements(h, metric)
    value, influence, sizes = found.value, found.influence, found.sizes
    defined = ~np.isnan(value)
    others_n = h.n.sum(0, keepdims=True) - h.n
    n = sum((h.n if own else others_n)[:, label].sum(1) for label, own in enumerate(own_label))
    least = np.minimum(*sizes)
    if scores.clustered:
        covariance, blocks = _between_blocks(scores, h.keys, influence, own_label)
        # Decisions of one cluster may all rank alike: then no more is known than there are clusters.
        agreed = np.minimum(least, blocks)
    else:
        covariance, blocks, agreed = _between_rows(h, influence, own_label, sizes), None, least
    variance = np.diag(covariance)
    size = np.minimum(_share(value * (1 - value), variance, np.nan), 3 * least)
    # Perfect ranking shows no spread; then no more is known than the smaller side allows.
    size = np.where(np.isnan(size) | (variance <= 0), agreed, size)
    norm = np.sqrt(np.maximum(variance, 0.0))
    correlation = None
    if scores.clustered or metric != "auc":
        correlation = _share(covariance, np.outer(norm, norm), 0.0)
        np.fill_diagonal(correlation, 1.0)
    effective = np.where(defined, size, 0.0)
    return ScoreValues(value, norm, np.asarray(n, np.int64), effective, blocks, correlation)


def _auc(negative: Floats, positive: Floats) -> float:
    keys = np.arange(len(negative), dtype=np.float64)
    truth = np.repeat([0, 1], len(keys))
    weight = np.concatenate([negative, positive])
    used = weight > 0
    return float(roc_auc_score(truth[used], np.tile(keys, 2)[used], sample_weight=weight[used]))


def _between_rows(h: Histogram, influence: Floats, own: tuple[bool, bool], sizes: list[Floats]) -> Floats:
    """Covariance of the groups' AUCs where every row is independent of the others."""
    covariance = np.zeros((len(influence), len(influence)))
    everybody = h.w2.sum(0)
    for label in (0, 1):
        f, correction = influence[:, label], _share(sizes[label], sizes[label] - 1, 1.0)
        if own[label]:
            covariance += np.diag((f**2 * h.w2[:, label]).sum(1) * correction)
            continue
        # The background of two groups is shared but for the two groups themselves.
        mine = (f * h.w2[:, label]) @ f.T
        shared = (f * everybody[label]) @ f.T - mine - mine.T
        np.fill_diagonal(shared, (f**2 * (everybody[label] - h.w2[:, label])).sum(1) * correction)
        covariance += shared
    return covariance


def _between_blocks(
    scores: GroupedScores, keys: Floats, influence: Floats, own: tuple[bool, bool]
) -> tuple[Floats, Floats]:
    """Covariance of the groups' AUCs from the spread between blocks of clusters."""
    counts = scores.counts
    code = np.searchsorted(keys, counts["score_key"].to_numpy(np.float64))
    label, block = counts["is_positive"].to_numpy(np.int64), counts["score_block"].to_numpy(np.int64)
    weight = counts["w"].to_numpy(np.float64)
    z, blocks = np.zeros((scores.size, BLOCKS)), np.zeros(scores.size)
    for group in range(scores.size):
        mine = scores.count_groups == group
        used = np.where(np.array(own)[label], mine, ~mine)
        part = (weight * influence[group, label, code])[used]
        z[group] = np.bincount(block[used], part, BLOCKS)
        blocks[group] = len(np.unique(block[used & mine]))
    correction = np.sqrt(_share(blocks, blocks - 1, 1e6))
    z = z * correction[:, None]
    return z @ z.T, blocks
