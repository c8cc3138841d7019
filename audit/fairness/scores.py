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

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from audit.fairness.tally import Slicing
from audit.store.decisions import counted
from audit.store.membership import spread

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

BLOCKS = 64
MOST_DISTINCT = 20_000
#: Groups times different scores, above which scores are binned too.
MOST_CELLS = 3_000_000
#: Parts, and rows of them, that wait to be added up.
MOST_PARTS, MOST_HELD = 16, 60_000
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
    _sums: list[pd.DataFrame] = field(default_factory=list)
    _counts: list[pd.DataFrame] = field(default_factory=list)
    _exact: bool = True

    @property
    def _keys(self) -> tuple[list[str], list[str]]:
        groups = self.slicing.group_columns
        by_block = [*groups, *self.slicing.control_columns, "score_block"]
        return by_block, [*groups, "is_positive", "score_block", "score_key"]

    def add(self, batch: pa.Table) -> None:
        """Add a batch prepared by `with_score_sums`."""
        if not batch.num_rows:
            return
        by_block, by_score = self._keys
        batch = spread(batch, self.slicing.group_columns, WEIGHTED, ["w2", "lw2"])
        self._sums.append(_grouped(batch, by_block, SUMS))
        ranked = batch.filter(batch["is_positive"].is_valid())
        if ranked.num_rows:
            if not self.slicing.clustered:
                at = ranked.schema.get_field_index("score_block")
                ranked = ranked.set_column(at, "score_block", pa.array(np.zeros(ranked.num_rows, np.int64)))
            if not self._exact:
                # Before they are grouped: a table of a hundred thousand different scores is what fills memory.
                binned = pa.array(bin_of(ranked["score_key"].to_numpy()))
                ranked = ranked.set_column(ranked.schema.get_field_index("score_key"), "score_key", binned)
            self._counts.append(_grouped(ranked, by_score, COUNTS))
        if len(self._sums) == MOST_PARTS or sum(map(len, self._counts)) > MOST_HELD:
            self._merge()

    def done(self) -> ScoreTally:
        """Return what was added up."""
        self._merge()
        by_block, by_score = self._keys
        sums = self._sums[0] if self._sums else pd.DataFrame(columns=[*by_block, *SUMS], dtype=float)
        counts = self._counts[0] if self._counts else pd.DataFrame(columns=[*by_score, *COUNTS], dtype=float)
        return ScoreTally(self.slicing, sums, counts, self._exact)

    def _too_many(self, counts: pd.DataFrame) -> bool:
        distinct = counts["score_key"].nunique()
        groups = len(counts[self.slicing.group_columns].drop_duplicates()) if self.slicing.attributes else 1
        return distinct > MOST_DISTINCT or distinct * groups > MOST_CELLS

    def _merge(self) -> None:
        by_block, by_score = self._keys
        if self._sums:
            self._sums = [pd.concat(self._sums).groupby(by_block, as_index=False, sort=True)[SUMS].sum()]
        if self._counts:
            joined = pd.concat(self._counts)
            if self._exact and self._too_many(joined):
                self._exact = False
                joined = joined.assign(score_key=bin_of(joined["score_key"].to_numpy(np.float64)))
            self._counts = [joined.groupby(by_score, as_index=False, sort=True)[COUNTS].sum()]


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


def _grouped(batch: pa.Table, keys: list[str], sums: list[str]) -> pd.DataFrame:
    grouped = batch.group_by(keys).aggregate([(name, "sum") for name in sums])
    frame: pd.DataFrame = (
        grouped.rename_columns({f"{name}_sum": name for name in sums}).select([*keys, *sums]).to_pandas()
    )
    return frame


def tally_scores(batches: Iterable[pa.Table], slicings: list[Slicing], positive: str | None) -> list[ScoreTally]:
    """Tally the scores of a stream of decision batches."""
    counters = [ScoreCounter(slicing) for slicing in slicings]
    for number, batch in enumerate(batches):
        prepared = with_score_sums(batch, positive, number)
        for counter in counters:
            counter.add(prepared)
    return [counter.done() for counter in counters]
