"""How means of scores, errors, R² and AUCs moved between two versions on the same rows.

A mean, and R² by its derivative, has residuals in each block of decisions in both versions; the spread of their
difference is that of the change. An AUC has DeLong's structural components in both (DeLong et al. 1988): a decision
moves the change by the difference of its two placements, summed over a cluster first where there are clusters
(Obuchowski 1997). For that the decisions are read a second time, once the scores of all are known.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from audit.fairness.bounds.doubt import SKEWED, Doubts
from audit.fairness.bounds.means import MOST_SKEWED, skewness_index
from audit.fairness.bounds.score_metrics import (
    MEANS,
    OWN,
    Histogram,
    Placements,
    group_scores,
    histogram,
    placements,
    r_squared_residuals,
)
from audit.fairness.bounds.sketch import Sketches, two_point
from audit.fairness.compare.movement import Movement
from audit.fairness.compare.paired import PairedTally, both_scored
from audit.fairness.metrics.definitions import Metric
from audit.fairness.scores import BLOCKS, ScoreCounter, bin_of
from audit.fairness.tally import Slicing
from audit.store.membership import spread

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

#: AUCs of more groups than this are compared as if of different rows: each decision is looked up for every group.
MOST_RANKED = 60


def mean_movement(tally: PairedTally, codes: Ints, worth: Floats, reach: Floats, metric: Metric) -> Movement:
    """Compare a mean of scores or errors, or R², in every group.

    Parameters
    ----------
    codes : array of shape (rows of tally.blocks,)
        Group of each row; below zero: left out.
    worth : array of shape (groups,)
        Effective number of decisions behind the mean.
    reach : array of shape (groups,)
        How far apart what two decisions add to the mean may be.
    """
    size = len(worth)
    if tally.blocks.empty:
        return Movement(np.zeros(size), None)
    kept = codes >= 0
    at = codes[kept] * BLOCKS + tally.blocks["score_block"].to_numpy(np.int64)[kept]
    columns = [name for name in tally.blocks.columns if name not in {*tally.slicing.group_columns, "score_block"}]
    sums = {
        name: np.bincount(at, tally.blocks[name].to_numpy(np.float64)[kept], size * BLOCKS)
        .astype(np.float64)
        .reshape(size, BLOCKS)
        for name in columns
    }
    value, z = [], []
    for suffix in ("", "_then"):
        if metric.name == "r2_score":
            found, residual, divisor = r_squared_residuals(sums, suffix)
        else:
            column, labelled = MEANS[metric.name]
            weight, total = sums["lw" if labelled else "w"], sums[column + suffix]
            divisor = weight.sum(1)
            found = np.divide(total.sum(1), divisor, out=np.full(size, np.nan), where=divisor > 0)
            residual = total - np.nan_to_num(found)[:, None] * weight
        value.append(found)
        z.append(np.divide(residual, divisor[:, None], out=np.zeros((size, BLOCKS)), where=divisor[:, None] > 0))
    blocks = ((sums["w"] if metric.name == "mean_prediction" else sums["lw"]) > 0).sum(1).astype(np.float64)
    moved = z[0] - z[1]
    # What rounding leaves of decisions that did not move is no movement.
    moved = np.where(np.abs(moved) > 1e-9 * np.abs(z[0]).max(1, initial=0.0)[:, None], moved, 0.0)
    correction = np.divide(blocks, blocks - 1, out=np.ones(size), where=blocks > 1)
    variance = np.where(blocks > 1, correction * (moved**2).sum(1), np.inf)
    index = skewness_index(moved)
    least = np.where((variance <= 0) & tally.slicing.clustered, np.minimum(worth, blocks), worth)
    sketches = _sketch(np.nan_to_num(value[0] - value[1]), variance, index, least, reach, blocks - 1)
    doubt: Doubts = [SKEWED if metric.ends is None and abs(skewed) > MOST_SKEWED else None for skewed in index]
    return Movement(_r((z[0] ** 2).sum(1), (z[1] ** 2).sum(1), (z[0] * z[1]).sum(1)), sketches, doubt)


def _sketch(
    change: Floats, variance: Floats, index: Floats, size: Floats, reach: Floats, freedom: Floats | None
) -> Sketches:
    root = np.sqrt(np.maximum(size, 1.0))
    finite = np.where(np.isfinite(variance), variance, 0.0)
    values, shares = two_point(change, np.sqrt(finite) * root, np.clip(index * root, -root, root))
    known = np.where(np.isfinite(variance), size, 0.0)
    return Sketches(values, shares, change - reach, change + reach, known, freedom)


def _r(first: Floats, second: Floats, both: Floats) -> Floats:
    norm = np.sqrt(first * second)
    return np.asarray(np.clip(np.divide(both, norm, out=np.zeros_like(norm), where=norm > 1e-300), -1.0, 1.0))


@dataclass
class _Ranked:
    """One AUC of all groups in both versions, and what decisions added so far."""

    own: tuple[bool, bool]
    after: Placements
    before: Placements
    squares: Floats = field(init=False)
    cubes: Floats = field(init=False)
    z: Floats = field(init=False)
    products: Floats = field(init=False)

    def __post_init__(self) -> None:
        groups = len(self.after.value)
        self.squares, self.cubes = np.zeros(groups), np.zeros(groups)
        self.z, self.products = np.zeros((2, groups, BLOCKS)), np.zeros((3, groups))

    def add(self, rows: _Rows) -> None:
        for label, own in enumerate(self.own):
            here = rows.label == label
            if own:
                groups = rows.group[here]
                a = self.after.influence[groups, label, rows.after[here]]
                b = self.before.influence[groups, label, rows.before[here]]
                self._sum(groups, a, b, rows, here)
                continue
            for group in range(len(self.after.value)):
                others = here & (rows.group != group)
                a = self.after.influence[group, label, rows.after[others]]
                b = self.before.influence[group, label, rows.before[others]]
                self._sum(np.full(len(a), group), a, b, rows, others)

    def _sum(self, group: Ints, a: Floats, b: Floats, rows: _Rows, where: npt.NDArray[np.bool_]) -> None:
        size = len(self.squares)
        w, w2, block = rows.w[where], rows.w2[where], rows.block[where]
        self.squares += np.bincount(group, w2 * (a - b) ** 2, size)
        self.cubes += np.bincount(group, w2 * rows.weight[where] * (a - b) ** 3, size)
        for number, x in enumerate((a, b)):
            self.z[number] += np.bincount(group * BLOCKS + block, w * x, size * BLOCKS).reshape(size, BLOCKS)
        for number, (x, y) in enumerate(((a, a), (b, b), (a, b))):
            self.products[number] += np.bincount(group, w2 * x * y, size)

    def done(self, clustered: bool) -> Movement:
        least = np.minimum(*self.after.sizes)
        change = np.nan_to_num(self.after.value - self.before.value)
        reach = np.ones(len(change))
        if not clustered:
            with np.errstate(divide="ignore", invalid="ignore"):
                index = np.where(self.squares > 0, self.cubes / self.squares**1.5, 0.0)
            variance = self.squares * np.where(least > 1, least / np.maximum(least - 1, 1e-9), 1.0)
            return Movement(_r(*self.products), _sketch(change, variance, index, least, reach, None))
        moved = self.z[0] - self.z[1]
        blocks = (self.z != 0).any(0).sum(1).astype(np.float64)
        correction = np.divide(blocks, blocks - 1, out=np.ones_like(blocks), where=blocks > 1)
        variance = correction * (moved**2).sum(1)
        size = np.where(variance > 0, least, np.minimum(least, np.maximum(blocks, 1)))
        r = _r(*((self.z[i] * self.z[j]).sum(1) for i, j in ((0, 0), (1, 1), (0, 1))))
        found = _sketch(change, variance, skewness_index(moved), size, reach, np.maximum(blocks - 1, 1))
        return Movement(r, found)


@dataclass(frozen=True)
class _Rows:
    """Scored and labelled rows of a batch: group, label, place of both scores, block, and weights."""

    group: Ints
    label: Ints
    after: Ints
    before: Ints
    block: Ints
    w: Floats
    w2: Floats
    weight: Floats


def ranking_movements(
    joint: Callable[[], Iterator[pa.Table]],
    slicings: list[Slicing],
    positive: str | None,
    metrics: list[str],
    groups: list[dict[tuple[str, ...], int]],
) -> list[dict[str, Movement]]:
    """Compare AUCs of every slicing, reading the joint batches twice.

    Parameters
    ----------
    groups
        Per slicing, group -> code.
    """
    asked = [i for i, known in enumerate(groups) if metrics and len(known) <= MOST_RANKED]
    plain = [Slicing(slicings[i].attributes, (), False) for i in asked]
    counters = [(ScoreCounter(slicing), ScoreCounter(slicing)) for slicing in plain]
    for number, batch in enumerate(joint() if asked else ()):
        for version, prepared in enumerate(both_scored(batch, positive, number) or ()):
            for counter in counters:
                counter[version].add(prepared)
    books = []
    for counter, slicing, i in zip(counters, plain, asked, strict=True):
        found = [_histogram(half, slicing, groups[i]) for half in counter]
        if any(h is None for h, _ in found):
            continue
        known = [(h, exact) for h, exact in found if h is not None]
        ranked = {
            name: _Ranked(OWN[name], *(placements(h, name) for h, _ in known))
            for name in metrics
            if name == "auc" or len(groups[i]) > 1
        }
        books.append((i, known, ranked))
    for number, batch in enumerate(joint() if books else ()):
        prepared = both_scored(batch, positive, number)
        if prepared is None:
            continue
        after, before = prepared
        after = after.append_column("key_before", before["score_key"]).append_column(
            "weight_of_one", _weight_of_one(after)
        )
        for i, known, ranked in books:
            rows = _rows(after, slicings[i], groups[i], known)
            for book in ranked.values():
                book.add(rows)
    out: list[dict[str, Movement]] = [{} for _ in groups]
    for i, _, ranked in books:
        out[i] = {name: book.done(slicings[i].clustered) for name, book in ranked.items()}
    return out


def _weight_of_one(prepared: pa.Table) -> pa.Array:
    """Weight of one decision of each row."""
    return pa.array(prepared["w"].to_numpy() / np.maximum(prepared["n"].to_numpy(), 1))


def _histogram(
    counter: ScoreCounter, slicing: Slicing, code_of: dict[tuple[str, ...], int]
) -> tuple[Histogram | None, bool]:
    tally = counter.done()
    if tally.counts.empty:
        return None, tally.exact
    codes = _codes(tally.counts, slicing.group_columns, code_of)
    none = np.full(len(tally.sums), -1, np.int64)
    return histogram(group_scores(tally, none, codes, len(code_of))), tally.exact


def _codes(frame: pd.DataFrame, columns: list[str], code_of: dict[tuple[str, ...], int]) -> Ints:
    if not columns:
        return np.full(len(frame), code_of.get((), -1), np.int64)
    names = pd.MultiIndex.from_frame(frame[columns].astype(str))
    codes, found = pd.factorize(names)
    known = np.array([code_of.get(tuple(name), -1) for name in found], np.int64)
    return np.asarray(known[codes])


def _rows(
    batch: pa.Table,
    slicing: Slicing,
    code_of: dict[tuple[str, ...], int],
    known: list[tuple[Histogram, bool]],
) -> _Rows:
    placed = spread(batch.filter(batch["is_positive"].is_valid()), slicing.group_columns, ["w"], ["w2"])
    columns = [*slicing.group_columns, "is_positive", "score_block", "score_key", "key_before", "w", "w2"]
    frame = placed.select([*columns, "weight_of_one"]).to_pandas()
    group = _codes(frame, slicing.group_columns, code_of)
    frame, group = frame[group >= 0], group[group >= 0]
    places = []
    for name, (h, exact) in zip(("score_key", "key_before"), known, strict=True):
        keys = frame[name].to_numpy(np.float64)
        places.append(np.searchsorted(h.keys, keys if exact else bin_of(keys)).astype(np.int64))
    w, w2, weight = (frame[name].to_numpy(np.float64) for name in ("w", "w2", "weight_of_one"))
    return _Rows(
        group,
        frame["is_positive"].to_numpy(np.int64),
        places[0],
        places[1],
        frame["score_block"].to_numpy(np.int64),
        w,
        w2,
        weight,
    )
