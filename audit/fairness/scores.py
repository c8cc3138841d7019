"""Scores in a tally: sums per block of decisions, and how many decisions of each label have which score.

Means of scores and of their errors come from the sums. Each decision belongs to one of `BLOCKS` blocks, at random, or
by its cluster; the spread of a mean between blocks is its standard error, whatever decisions share within a cluster or
between groups. Everything that depends on the order of scores (AUC, calibration, threshold sweeps) comes from the
counts per score. They are exact while there are at most `MOST_DISTINCT` different scores; beyond, scores are binned on
a grid even in log-odds that keeps every hundredth of the probability as an edge, so that sweeps stay exact and the
error of an AUC is at most half of Σ_bins (share of positives)·(share of negatives), the pairs that a bin ties.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from audit.fairness.codes import Coded, cells, cells_of, summed, values_at
from audit.fairness.tally import Slicing
from audit.store.decisions import counted

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

BLOCKS = 64
MOST_DISTINCT = 20_000
#: Groups times different scores, above which scores are binned too.
MOST_CELLS = 3_000_000
#: Parts, and rows of them, that wait to be added up.
MOST_PARTS, MOST_HELD = 16, 200_000
#: Bins per unit of log-odds, between ±LOGIT_END.
PER_LOGIT, LOGIT_END = 50, 20.0

#: Sums over scored decisions, and over those that are labelled too (the latter begin with an l).
SUMS = [
    *("n", "w", "w2", "score", "score2"),
    *("ln", "lw", "lw2", "lscore", "absolute", "squared", "squared2", "logloss", "logloss2", "truth", "truth2"),
]
COUNTS = ["n", "w", "w2", "score"]
#: Sums that a share of membership multiplies.
WEIGHTED = [name for name in SUMS if name not in {"n", "w2", "ln", "lw2"}]


def bin_of(score: Floats) -> Floats:
    """Bin of each score from 0 to 1: rises with the score, and every hundredth starts a new bin."""
    with np.errstate(divide="ignore"):
        logit = np.clip(np.log(score) - np.log1p(-score), -LOGIT_END, LOGIT_END)
    return np.asarray(np.floor(logit * PER_LOGIT) + np.floor(score * 100 + 1e-9))


@dataclass
class ScoreTally:
    """Scores of one slicing.

    Attributes
    ----------
    sums : DataFrame
        One row per attributes, controls and `score_block`, with `SUMS`.
    counts : DataFrame
        One row per attributes, `is_positive`, `score_block` (0 unless clustered) and `score_key` (the score, or its
        bin), with `COUNTS`; labelled decisions of a binary task only.
    exact
        Keys are scores, not bins.
    """

    slicing: Slicing
    sums: pd.DataFrame
    counts: pd.DataFrame
    exact: bool = True


@dataclass
class ScoreCounter:
    """Tally scores batch by batch."""

    slicing: Slicing
    _sums: list[pa.Table] = field(default_factory=list)
    _counts: list[pa.Table] = field(default_factory=list)
    #: Groups, labels and blocks that occur, each with the number that stands for it in `_counts`.
    _cells: dict[tuple[Any, ...], int] = field(default_factory=dict)
    _exact: bool = True

    @property
    def _keys(self) -> tuple[list[str], list[str]]:
        groups = self.slicing.group_columns
        by_block = [*groups, *self.slicing.control_columns, "score_block"]
        return by_block, [*groups, "is_positive", "score_block", "score_key"]

    def add(self, batch: pa.Table | Coded) -> None:
        """Add a batch prepared by `with_score_sums`."""
        coded = Coded.of(batch).spread(self.slicing.group_columns, WEIGHTED, ["w2", "lw2"])
        if not coded.table.num_rows:
            return
        self._sums.append(cells_of(coded, self._keys[0], {name: coded.numbers(name) for name in SUMS}))
        if len(self._sums) > MOST_PARTS:
            self._sums = [summed(self._sums, self._keys[0], SUMS)]
        ranked = self._ranked(coded)
        if ranked.num_rows:
            self._counts.append(ranked)
            # What was merged is merged again only with as much beside it.
            if sum(part.num_rows for part in self._counts[1:]) > max(MOST_HELD, self._counts[0].num_rows):
                self._merge()

    def done(self) -> ScoreTally:
        """Return what was added up."""
        self._merge()
        by_block, by_score = self._keys
        sums = pd.DataFrame(columns=[*by_block, *SUMS], dtype=float)
        if self._sums:
            parts = summed(self._sums, by_block, SUMS).to_pandas()
            sums = parts.groupby(by_block, as_index=False, sort=True)[SUMS].sum()
        counts = pd.DataFrame(columns=[*by_score, *COUNTS], dtype=float)
        if self._counts:
            counts = self._named(self._counts[0])
        return ScoreTally(self.slicing, sums, counts, self._exact)

    def _ranked(self, batch: Coded) -> pa.Table:
        """Take the labelled decisions, each with the number of its cell and its score."""
        keys = [*self.slicing.group_columns, "is_positive", *(["score_block"] if self.slicing.clustered else [])]
        cell = cells(batch, keys)
        present, at = np.unique(cell, return_inverse=True)
        names = zip(*(values.to_pylist() for values in values_at(batch, keys, present)), strict=True)
        # Of no label, or of no group: neither is compared.
        known = [-1 if None in name else self._cells.setdefault(name, len(self._cells)) for name in names]
        number = np.array(known, np.int64)[at]
        score = batch.numbers("score_key")
        columns = {"cell": number, "score_key": score if self._exact else bin_of(score)}
        table = pa.table(columns | {name: batch.table[name] for name in COUNTS})
        return table if -1 not in known else table.filter(pa.array(number >= 0))

    def _named(self, counts: pa.Table) -> pd.DataFrame:
        """Put groups, label and block in the place of the numbers, all in order."""
        place = {name: at for at, name in enumerate(sorted(self._cells))}
        rank = np.array([place[name] for name in self._cells], np.int64)
        cell = counts["cell"].to_numpy()
        order = np.lexsort((counts["score_key"].to_numpy(), rank[cell]))
        taken = pa.array(cell[order])
        columns = [pa.array(values).take(taken) for values in zip(*self._cells, strict=True)]
        if not self.slicing.clustered:
            columns.append(pa.array(np.zeros(len(order), np.int64)))
        named = dict(zip([*self.slicing.group_columns, "is_positive", "score_block"], columns, strict=True))
        rest = counts.select(["score_key", *COUNTS]).take(pa.array(order))
        frame: pd.DataFrame = pa.table(named | {name: rest[name] for name in rest.column_names}).to_pandas()
        return frame

    def _too_many(self, scores: pa.ChunkedArray) -> bool:
        distinct = pc.count_distinct(scores).as_py()
        groups = len({name[: len(self.slicing.attributes)] for name in self._cells})
        return bool(distinct > MOST_DISTINCT or distinct * groups > MOST_CELLS)

    def _merge(self) -> None:
        if not self._counts:
            return
        keys = ["cell", "score_key"]
        joined = summed(self._counts, keys, COUNTS)
        if self._exact and self._too_many(joined["score_key"]):
            self._exact = False
            binned = pa.array(bin_of(joined["score_key"].to_numpy()))
            joined = summed([joined.set_column(1, "score_key", binned)], keys, COUNTS)
        self._counts = [joined]


def with_score_sums(batch: pa.Table, positive: str | None, number: int) -> pa.Table:
    """Keep the scored decisions of a batch, with the columns that are summed.

    Parameters
    ----------
    positive
        Class whose probability the score is; None where the score is a predicted number and `y_value` the true one.
    number
        Of the batch: seeds the blocks.
    """
    batch = batch.filter(pc.and_(counted(batch["status"]), batch["score"].is_valid()))
    score = batch["score"].to_numpy()
    weight = batch["count"].to_numpy() * batch["weight"].to_numpy()
    labelled = (batch["y_value"] if positive is None else batch["y_true"]).is_valid().to_numpy(zero_copy_only=False)
    if positive is None:
        target = batch["y_value"].to_numpy(zero_copy_only=False)
        logloss = np.zeros(len(score))
    else:
        is_positive = pc.fill_null(pc.equal(batch["y_true"], positive), False)
        target = is_positive.to_numpy(zero_copy_only=False).astype(float)
        # As scikit-learn has it: certain and wrong costs much, but not everything.
        tiny = np.finfo(np.float64).eps
        kept = np.clip(score, tiny, 1 - tiny)
        logloss = -np.where(target > 0, np.log(kept), np.log1p(-kept))
    target = np.where(labelled, target, 0.0)
    squared_weight = weight * batch["weight"].to_numpy()
    labelled_weight = weight * labelled
    columns: dict[str, pa.Array] = {
        "score_block": pa.array(_blocks(batch, number)),
        "n": batch["count"],
        "w": pa.array(weight),
        "w2": pa.array(squared_weight),
        "score": pa.array(weight * score),
        "score2": pa.array(weight * score**2),
        "ln": pa.array(batch["count"].to_numpy() * labelled),
        "lw": pa.array(labelled_weight),
        "lw2": pa.array(squared_weight * labelled),
        "lscore": pa.array(labelled_weight * score),
        "absolute": pa.array(labelled_weight * np.abs(score - target)),
        "squared": pa.array(labelled_weight * (score - target) ** 2),
        "squared2": pa.array(labelled_weight * (score - target) ** 4),
        "logloss": pa.array(labelled_weight * logloss),
        "logloss2": pa.array(labelled_weight * logloss**2),
        "truth": pa.array(labelled_weight * target),
        "truth2": pa.array(labelled_weight * target**2),
        "score_key": batch["score"],
        "is_positive": pa.array(
            target > 0, mask=~labelled if positive is not None else np.ones(len(score), dtype=bool)
        ),
    }
    names = [name for name in batch.column_names if name not in columns]
    return pa.table({name: batch[name] for name in names} | columns)


def _blocks(batch: pa.Table, number: int) -> Ints:
    blocks = np.random.default_rng(number).integers(0, BLOCKS, batch.num_rows)
    clusters = batch["cluster"]
    if clusters.null_count < batch.num_rows:
        known = clusters.is_valid().to_numpy(zero_copy_only=False)
        names = np.asarray(clusters.drop_null().to_pylist(), dtype=object)
        blocks[known] = pd.util.hash_array(names, categorize=False) % BLOCKS
    return np.asarray(blocks, np.int64)


def tally_scores(batches: Iterable[pa.Table], slicings: list[Slicing], positive: str | None) -> list[ScoreTally]:
    """Tally the scores of a stream of decision batches."""
    counters = [ScoreCounter(slicing) for slicing in slicings]
    for number, batch in enumerate(batches):
        prepared = Coded(with_score_sums(batch, positive, number))
        for counter in counters:
            counter.add(prepared)
    return [counter.done() for counter in counters]
