"""Two versions of a model on the same rows: how their metrics vary together, and which decisions changed.

The correlation of a group's two values follows from how much each decision moves each value: its influence, the
derivative of the metric by the decision's weight (the infinitesimal jackknife, Jaeckel 1972). Decisions that both
versions treat alike move both values alike, so that a small change of a model is seen on few rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from audit.fairness.metrics.definitions import Metric
from audit.fairness.metrics.forms import Form
from audit.fairness.scores import BLOCKS, with_score_sums
from audit.fairness.tally import Slicing
from audit.store.membership import spread

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

SUMS = ["n", "w", "w2"]


@dataclass(frozen=True)
class PairedTally:
    """Cells of one slicing by label and by both predictions.

    Attributes
    ----------
    cells : DataFrame
        The attributes, `cluster`, `y_true`, `y_pred` (the candidate's), `y_before` (the baseline's), and `SUMS`.
    blocks : DataFrame
        Per attributes and block, sums of both versions' scores and of their errors.
    """

    slicing: Slicing
    cells: pd.DataFrame
    blocks: pd.DataFrame


#: Sums of scores that both versions have, for means over all and over labelled decisions.
SCORE_SUMS = ["w", "lw", "score", "absolute", "squared", "logloss"]


def joint_batches(candidate: Iterable[pa.Table], baseline: Iterable[pa.Table]) -> Iterator[pa.Table]:
    """Put the baseline's predictions and scores beside the candidate's; rows that failed in either are left out.

    Both streams hold the same rows in the same order, cut alike.
    """
    for after, before in zip(candidate, baseline, strict=True):
        joined = after.append_column("y_before", before["y_pred"]).append_column("score_before", before["score"])
        joined = joined.append_column("status_before", before["status"])
        usable = pc.and_(pc.not_equal(joined["status"], "failed"), pc.not_equal(joined["status_before"], "failed"))
        yield joined.filter(usable)


def tally_pairs(batches: Iterable[pa.Table], slicings: list[Slicing], positive: str | None) -> list[PairedTally]:
    """Tally a stream of joint batches."""
    cells: list[list[pd.DataFrame]] = [[] for _ in slicings]
    blocks: list[list[pd.DataFrame]] = [[] for _ in slicings]
    for number, batch in enumerate(batches):
        weight = pc.multiply(batch["count"].cast(pa.float64()), batch["weight"])
        summed = batch.append_column("n", batch["count"]).append_column("w", weight)
        summed = summed.append_column("w2", pc.multiply(weight, batch["weight"]))
        scored = _scored(batch, positive, number)
        for i, slicing in enumerate(slicings):
            placed = spread(summed, slicing.group_columns, ["w"], ["w2"])
            cells[i] = [_merge([*cells[i], _sum(placed, _cell_keys(slicing), SUMS)], _cell_keys(slicing), SUMS)]
            if scored is not None:
                keys, sums = [*slicing.group_columns, "score_block"], _score_columns()
                blocks[i] = [
                    _merge(
                        [*blocks[i], _sum(spread(scored, slicing.group_columns, _score_columns(), []), keys, sums)],
                        keys,
                        sums,
                    )
                ]
    return [
        PairedTally(slicing, cells[i][0], blocks[i][0] if blocks[i] else pd.DataFrame())
        for i, slicing in enumerate(slicings)
    ]


def _cell_keys(slicing: Slicing) -> list[str]:
    return [*slicing.group_columns, *(["cluster"] if slicing.clustered else []), "y_true", "y_pred", "y_before"]


def _score_columns() -> list[str]:
    return [*SCORE_SUMS, *(f"{name}_then" for name in SCORE_SUMS)]


def _scored(batch: pa.Table, positive: str | None, number: int) -> pa.Table | None:
    both = batch.filter(pc.and_(batch["score"].is_valid(), batch["score_before"].is_valid()))
    if not both.num_rows:
        return None
    after = with_score_sums(both, positive, number)
    at = both.schema.get_field_index("score")
    before = with_score_sums(both.set_column(at, "score", both["score_before"]), positive, number)
    for name in SCORE_SUMS:
        after = after.append_column(f"{name}_then", before[name])
    return after


def _sum(batch: pa.Table, keys: list[str], sums: list[str]) -> pd.DataFrame:
    grouped = batch.group_by(keys).aggregate([(name, "sum") for name in sums])
    frame: pd.DataFrame = grouped.rename_columns({f"{n}_sum": n for n in sums}).select([*keys, *sums]).to_pandas()
    return frame


def _merge(parts: list[pd.DataFrame], keys: list[str], sums: list[str]) -> pd.DataFrame:
    return pd.concat(parts).groupby(keys, dropna=False, as_index=False, sort=True)[sums].sum()


def form_of(metric: Metric) -> Form | None:
    """Return a metric as a function of confusion tables; None for scores and for metrics that are black boxes."""
    if metric.form is not None:
        return metric.form
    numerator, denominator = metric.numerator, metric.needs[0]
    if numerator is None:
        return None

    def proportion(tables: Floats) -> Floats:
        classes = tables.shape[-1]
        t, p = (codes.ravel() for codes in np.meshgrid(np.arange(classes), np.arange(classes), indexing="ij"))
        flat = tables.reshape(*tables.shape[:-2], -1)
        base = denominator(t, p)
        below = flat[..., base].sum(-1)
        above = flat[..., base & numerator(t, p)].sum(-1)
        return np.asarray(np.divide(above, below, out=np.zeros_like(below), where=below > 0))

    return proportion


def influence(form: Form, tables: Floats) -> Floats:
    """Derivative of a metric by the weight in each cell of each table, by central differences.

    Parameters
    ----------
    tables : array of shape (groups, classes, classes)

    Returns
    -------
    array of shape (groups, classes, classes)
    """
    classes = tables.shape[-1]
    step = 1e-5 * np.maximum(tables.sum((1, 2)), 1e-9)
    out = np.zeros_like(tables)
    for t in range(classes):
        for p in range(classes):
            moved = np.zeros_like(tables)
            moved[:, t, p] = step
            # Below zero weight a metric means nothing, so empty cells have a derivative to one side.
            low = np.where((tables[:, t, p] >= step)[:, None, None], tables - moved, tables)
            width = step + (tables - low)[:, t, p]
            out[:, t, p] = np.divide(
                form(tables + moved) - form(low), width, out=np.zeros(len(tables)), where=width > 0
            )
    return out


def correlation(tally: PairedTally, codes: Ints, size: int, metric: Metric, classes: dict[str, int]) -> Floats:
    """Correlation of a metric's values before and after, in every group.

    Parameters
    ----------
    codes : array of shape (cells,)
        Group of each cell; below zero: left out.
    classes
        Class -> code; other classes are 0 in a one-vs-rest question.

    Returns
    -------
    array of shape (groups,)
        0 where nothing is known.
    """
    form = form_of(metric)
    if form is None:
        return np.zeros(size)
    one_vs_rest = len(classes) == 1
    other, k = (0, 2) if one_vs_rest else (-1, len(classes))

    def coded(column: str) -> Ints:
        return np.array([classes.get(label, other) for label in tally.cells[column]], np.int64)

    truth, after, before = coded("y_true"), coded("y_pred"), coded("y_before")
    usable = (codes >= 0) & (truth >= 0) & (after >= 0) & (before >= 0)
    if metric.needs_labels:
        usable &= tally.cells["y_true"].notna().to_numpy(bool)
    cells, group = tally.cells[usable], codes[usable]
    truth, after, before = truth[usable], after[usable], before[usable]
    w, w2 = cells["w"].to_numpy(np.float64), cells["w2"].to_numpy(np.float64)
    moves = []
    for predicted in (after, before):
        at = (group * k + truth) * k + predicted
        tables = np.bincount(at, w, size * k * k).astype(np.float64).reshape(size, k, k)
        moves.append(influence(form, tables).reshape(-1)[at])
    if "cluster" in cells:
        lone = cells["cluster"].isna().to_numpy(bool)
        owner = pd.factorize(pd.MultiIndex.from_arrays([group[~lone], cells["cluster"][~lone]]))
        sums = [np.bincount(owner[0], (w * z)[~lone], len(owner[1])) for z in moves]
        owners = owner[1].get_level_values(0).to_numpy(np.int64) if len(owner[1]) else np.zeros(0, np.int64)
        products = [
            np.bincount(group[lone], (w2 * moves[i] * moves[j])[lone], size)
            + np.bincount(owners, sums[i] * sums[j], size)
            for i, j in ((0, 0), (1, 1), (0, 1))
        ]
    else:
        products = [np.bincount(group, w2 * moves[i] * moves[j], size) for i, j in ((0, 0), (1, 1), (0, 1))]
    return _r(*(product.astype(np.float64) for product in products))


def score_correlation(tally: PairedTally, codes: Ints, size: int, column: str, *, labelled: bool) -> Floats:
    """Correlation of a mean of scores, or of their errors, before and after, from its spread between blocks."""
    if tally.blocks.empty:
        return np.zeros(size)
    kept = codes >= 0
    at = codes[kept] * BLOCKS + tally.blocks["score_block"].to_numpy(np.int64)[kept]

    def table(name: str) -> Floats:
        values = tally.blocks[name].to_numpy(np.float64)[kept]
        return np.bincount(at, values, size * BLOCKS).astype(np.float64).reshape(size, BLOCKS)

    z = []
    for suffix in ("", "_then"):
        total, weight = table(column + suffix), table(("lw" if labelled else "w") + suffix)
        below = weight.sum(1, keepdims=True)
        mean = np.divide(total.sum(1, keepdims=True), below, out=np.zeros_like(below), where=below > 0)
        z.append(total - mean * weight)
    return _r((z[0] ** 2).sum(1), (z[1] ** 2).sum(1), (z[0] * z[1]).sum(1))


def _r(first: Floats, second: Floats, both: Floats) -> Floats:
    norm = np.sqrt(first * second)
    return np.asarray(np.clip(np.divide(both, norm, out=np.zeros_like(norm), where=norm > 1e-300), -1.0, 1.0))
