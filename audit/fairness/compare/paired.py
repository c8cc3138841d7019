"""Two versions of a model on the same rows: what they decided together, tallied."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from audit.fairness.scores import with_score_sums
from audit.fairness.tally import Slicing
from audit.store.decisions import BATCH_ROWS, counted, read_decisions, windows
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
SCORE_SUMS = ["w", "lw", "score", "absolute", "squared", "logloss", "truth", "truth2"]


def same_decisions(candidate: Path, baseline: Path) -> bool:
    """Whether two decision tables are about the same things in the same order.

    Not so where a model decides what it decides about, as of entities: each version then has found others.
    """
    tables = (windows(read_decisions(path, ["row_id"]), BATCH_ROWS) for path in (candidate, baseline))
    return all(
        after is not None and before is not None and after["row_id"].equals(before["row_id"])
        for after, before in zip_longest(*tables)
    )


def joint_batches(pairs: Iterable[tuple[pa.Table, pa.Table]]) -> Iterator[pa.Table]:
    """Put the baseline's predictions and scores beside the candidate's; rows that failed in either are left out.

    Parameters
    ----------
    pairs
        Parts of the candidate's and of the baseline's table, with the same decisions in the same order.
    """
    for after, before in pairs:
        joined = after.append_column("y_before", before["y_pred"]).append_column("score_before", before["score"])
        joined = joined.append_column("status_before", before["status"])
        usable = pc.and_(counted(joined["status"]), counted(joined["status_before"]))
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
    cluster = ["cluster"] if slicing.clustered else []
    return [*slicing.group_columns, *slicing.also, *cluster, "y_true", "y_pred", "y_before"]


def _score_columns() -> list[str]:
    return [*SCORE_SUMS, *(f"{name}_then" for name in SCORE_SUMS)]


def both_scored(batch: pa.Table, positive: str | None, number: int) -> tuple[pa.Table, pa.Table] | None:
    """Rows of a joint batch that both versions scored, with sums of the candidate's and of the baseline's scores."""
    both = batch.filter(pc.and_(batch["score"].is_valid(), batch["score_before"].is_valid()))
    if not both.num_rows:
        return None
    at = both.schema.get_field_index("score")
    before = both.set_column(at, "score", both["score_before"])
    return with_score_sums(both, positive, number), with_score_sums(before, positive, number)


def _scored(batch: pa.Table, positive: str | None, number: int) -> pa.Table | None:
    found = both_scored(batch, positive, number)
    if found is None:
        return None
    after, before = found
    for name in SCORE_SUMS:
        after = after.append_column(f"{name}_then", before[name])
    return after


def _sum(batch: pa.Table, keys: list[str], sums: list[str]) -> pd.DataFrame:
    grouped = batch.group_by(keys).aggregate([(name, "sum") for name in sums])
    frame: pd.DataFrame = grouped.rename_columns({f"{n}_sum": n for n in sums}).select([*keys, *sums]).to_pandas()
    return frame


def _merge(parts: list[pd.DataFrame], keys: list[str], sums: list[str]) -> pd.DataFrame:
    return pd.concat(parts).groupby(keys, dropna=False, as_index=False, sort=True)[sums].sum()
