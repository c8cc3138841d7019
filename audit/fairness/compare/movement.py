"""What each decision adds to the change of a metric between two versions on the same rows.

A decision moves a metric by its influence, the derivative of the metric by the decision's weight (the infinitesimal
jackknife, Jaeckel 1972); it moves the change by the difference of its influences on both versions. Decisions that both
versions treat alike add next to nothing, so that a small change of a model is seen on few rows. Of a proportion whose
denominator is the same in both versions, each decision adds −1, 0 or 1, and its sketch is the paired table itself.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from audit.fairness.bounds.doubt import Doubts
from audit.fairness.bounds.effective import kish
from audit.fairness.bounds.sketch import Sketches, two_point
from audit.fairness.compare.paired import PairedTally
from audit.fairness.metrics.definitions import Metric
from audit.fairness.metrics.forms import SLOPES

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

#: More different values than this are told by two of the same mean, spread and skewness.
MOST_ATOMS = 8


@dataclass(frozen=True)
class Movement:
    """How a metric's values before and after go together in every group.

    Attributes
    ----------
    correlation : array of shape (groups,)
        Of the two values; 0 where nothing is known.
    sketches
        What decisions add to the change; None for a metric that is a black box.
    doubt
        Why bounds of the change carry no guarantee in a group, where they do not.
    """

    correlation: Floats
    sketches: Sketches | None
    doubt: Doubts | None = None


@dataclass(frozen=True)
class Rows:
    """Joint cells, or single decisions: what each adds to the change, before its mean is added, and how it weighs.

    Attributes
    ----------
    group : array of shape (rows,)
    added : array of shape (rows,)
        Deviation from the change: its weighted mean in a group is zero.
    w, w2, n : array of shape (rows,)
    cluster : array of shape (rows,), optional
        Code of the cluster; below zero for rows that are clusters of their own.
    """

    group: Ints
    added: Floats
    w: Floats
    w2: Floats
    n: Floats
    cluster: Ints | None = None


def movement(tally: PairedTally, codes: Ints, size: int, metric: Metric, classes: dict[str, int]) -> Movement:
    """Compare a metric's two values in every group.

    Parameters
    ----------
    codes : array of shape (cells,)
        Group of each cell; below zero: left out.
    classes
        Class -> code; other classes are 0 in a one-vs-rest question.
    """
    if metric.scope == "example" or (metric.numerator is None and metric.form is None):
        return Movement(np.zeros(size), None)
    one_vs_rest = len(classes) == 1
    other, k = (0, 2) if one_vs_rest else (-1, len(classes))

    def coded(column: str) -> Ints:
        return np.array([classes.get(label, other) for label in tally.cells[column]], np.int64)

    truth, after, before = coded("y_true"), coded("y_pred"), coded("y_before")
    usable = (codes >= 0) & (truth >= 0) & (after >= 0) & (before >= 0)
    if metric.needs_labels:
        usable &= tally.cells["y_true"].notna().to_numpy(bool)
    if one_vs_rest and "output" in tally.cells:
        usable &= tally.cells["output"].isin(list(classes)).to_numpy(bool)
    usable &= _asked(metric, k)[truth]
    cells, group = tally.cells[usable], codes[usable]
    truth, after, before = truth[usable], after[usable], before[usable]
    w, w2, n = (cells[name].to_numpy(np.float64) for name in ("w", "w2", "n"))
    total = np.bincount(group, w, size).astype(np.float64)
    values, influences = [], []
    for predicted in (after, before):
        tables = np.bincount((group * k + truth) * k + predicted, w, size * k * k).astype(np.float64)
        value, moved = _value_and_influence(metric, tables.reshape(size, k, k))
        values.append(value)
        influences.append(moved * total[:, None, None])
    a, b = influences[0][group, truth, after], influences[1][group, truth, before]
    cluster = None
    if "cluster" in cells:
        lone = cells["cluster"].isna().to_numpy(bool)
        cluster = np.where(lone, -1, pd.factorize(cells["cluster"])[0]).astype(np.int64)
    change = np.nan_to_num(values[0] - values[1])
    # A decision not yet seen may be of any label, and go from any prediction to any other.
    asked = _asked(metric, k)
    ends = influences[0][:, asked], influences[1][:, asked]
    least = (ends[0].min(2) - ends[1].max(2)).min(1) + change
    most = (ends[0].max(2) - ends[1].min(2)).max(1) + change
    sketches = sketch(Rows(group, a - b, w, w2, n, cluster), change, least, most)
    return Movement(_correlation(Rows(group, a, w, w2, n, cluster), b, size), sketches)


def _asked(metric: Metric, classes: int) -> npt.NDArray[np.bool_]:
    """Labels that a metric is about whatever was predicted: of a true positive rate, the positives."""
    if metric.numerator is None:
        return np.ones(classes, dtype=bool)
    t, p = np.indices((classes, classes)).reshape(2, -1)
    return np.asarray(metric.needs[0](t, p).reshape(classes, classes).any(1))


def _value_and_influence(metric: Metric, tables: Floats) -> tuple[Floats, Floats]:
    """Return a metric and its derivative by the weight in each cell."""
    if metric.form is not None:
        return metric.form(tables), SLOPES[metric.form](tables)
    classes = tables.shape[-1]
    t, p = np.indices((classes, classes)).reshape(2, -1)
    base = metric.needs[0](t, p).reshape(classes, classes)
    counted = metric.numerator(t, p) if metric.numerator else base.ravel()
    hit = base & counted.reshape(classes, classes)
    below, above = tables[:, base].sum(1), tables[:, hit].sum(1)
    value = np.divide(above, below, out=np.full(len(tables), np.nan), where=below > 0)
    moved = (hit - np.nan_to_num(value)[:, None, None]) * base
    return value, np.asarray(moved / np.where(below > 0, below, np.inf)[:, None, None], np.float64)


def sketch(rows: Rows, mean: Floats, least: Floats, most: Floats) -> Sketches:
    """Reduce what rows add to a mean to a few atoms, and find the effective number of rows.

    Parameters
    ----------
    mean, least, most : array of shape (groups,)
        The mean itself, and the ends of what a row may add to it.
    """
    size = len(mean)
    weight = np.bincount(rows.group, rows.w, size).astype(np.float64)
    design = kish(weight, np.bincount(rows.group, rows.w2, size).astype(np.float64))
    spread = np.divide(_sums(rows, rows.w * rows.added**2, size), weight, out=np.zeros(size), where=weight > 0)
    variance, blocks, clusters = _between(rows, rows.added, size)
    known = (variance > 1e-18 * weight**2) & (weight > 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        effective = np.where(known, np.minimum(spread * weight**2 / variance, design), kish(weight, blocks))
    freedom = None if rows.cluster is None else np.maximum(clusters - 1, 1)
    values, shares = _atoms(rows, weight, mean, spread)
    return Sketches(values, shares, least, most, effective, freedom)


def _sums(rows: Rows, values: Floats, size: int) -> Floats:
    return np.bincount(rows.group, values, size).astype(np.float64)


def _between(rows: Rows, added: Floats, size: int, other: Floats | None = None) -> tuple[Floats, Floats, Floats]:
    """Variance of Σ w·added (or its covariance with Σ w·other), Σ of squared block weights, and number of blocks."""
    other = added if other is None else other
    if rows.cluster is None:
        return (_sums(rows, rows.w2 * added * other, size), _sums(rows, rows.w2, size), _sums(rows, rows.n, size))
    lone = rows.cluster < 0
    variance = np.bincount(rows.group[lone], (rows.w2 * added * other)[lone], size).astype(np.float64)
    blocks = np.bincount(rows.group[lone], rows.w2[lone], size).astype(np.float64)
    count = np.bincount(rows.group[lone], rows.n[lone], size).astype(np.float64)
    if not lone.all():
        pairs = pd.MultiIndex.from_arrays([rows.group[~lone], rows.cluster[~lone]])
        code, first = pd.factorize(pairs)
        owner = first.get_level_values(0).to_numpy(np.int64)
        one, two, w = (
            np.bincount(code, values[~lone], len(first)) for values in (rows.w * added, rows.w * other, rows.w)
        )
        variance += np.bincount(owner, one * two, size)
        blocks += np.bincount(owner, w**2, size)
        count += np.bincount(owner, minlength=size)
    correction = np.divide(count, count - 1, out=np.full(size, np.inf), where=count > 1)
    return np.where(variance == 0, 0.0, variance * correction), blocks, count


def _correlation(rows: Rows, other: Floats, size: int) -> Floats:
    first, second, both = (
        _between(rows, x, size, y)[0] for x, y in ((rows.added, rows.added), (other, other), (rows.added, other))
    )
    norm = np.sqrt(first * second)
    return np.asarray(np.clip(np.divide(both, norm, out=np.zeros(size), where=norm > 1e-300), -1.0, 1.0))


def _atoms(rows: Rows, weight: Floats, mean: Floats, spread: Floats) -> tuple[Floats, Floats]:
    """Different values with their shares; two of the same three moments where they are too many."""
    size = len(mean)
    scale = np.sqrt(spread)[rows.group]
    # What differs by rounding alone is one value.
    rounded = np.round(np.divide(rows.added, scale, out=np.zeros(len(scale)), where=scale > 0), 6)
    frame = pd.DataFrame({"group": rows.group, "value": rounded, "w": rows.w, "sum": rows.w * rows.added})
    found = frame.groupby(["group", "value"], sort=True, as_index=False)[["w", "sum"]].sum()
    found = found[found["w"] > 0]
    place = found.groupby("group").cumcount().to_numpy(np.int64)
    group = found["group"].to_numpy(np.int64)
    many = np.bincount(group, minlength=size) > MOST_ATOMS
    width = int(place[~many[group]].max(initial=1)) + 1
    values, shares = np.repeat(mean[:, None], width, 1), np.zeros((size, width))
    kept = ~many[group]
    values[group[kept], place[kept]] += (found["sum"] / found["w"]).to_numpy(np.float64)[kept]
    shares[group[kept], place[kept]] = found["w"].to_numpy(np.float64)[kept] / weight[group[kept]]
    shares[weight <= 0, 0] = 1.0
    if many.any():
        cubes = _sums(rows, rows.w * rows.added**3, size)
        with np.errstate(divide="ignore", invalid="ignore"):
            skewness = np.nan_to_num(cubes / weight / spread**1.5)
        two = two_point(mean, np.sqrt(spread), skewness)
        values[many, :2], shares[many, :2], shares[many, 2:] = two[0][many], two[1][many], 0.0
    return values, shares
