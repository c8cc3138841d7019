"""Additive sufficient statistics of decisions: counts and weights per observed cell of a slicing.

A cell is one combination of group, control values, label and prediction. Adding the tallies of two parts of the data
gives the tally of the whole, so a million decisions are read as a stream and compared from a few dozen cells.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from audit.fairness.codes import Coded, cells_of, summed
from audit.store.columns import control_column, group_columns, members_column
from audit.store.decisions import counted

SUMS = ["n", "w", "w2"]
#: Parts that wait to be added up.
MOST_PARTS = 16


@dataclass(frozen=True)
class Slicing:
    """One attribute, or several crossed, with the controls to hold fixed.

    `clustered` keeps the cells of each cluster apart, since the spread between clusters is what intervals need; `also`
    names further columns of the table to keep cells apart by. `of_rows` is false where groups are those of parts of a
    row, so that a whole row has none.
    """

    attributes: tuple[str, ...]
    controls: tuple[str, ...] = ()
    clustered: bool = False
    also: tuple[str, ...] = ()
    of_rows: bool = True

    @property
    def group_columns(self) -> list[str]:
        """Columns of the attributes in every table."""
        return group_columns(self.attributes)

    @property
    def control_columns(self) -> list[str]:
        """Columns of the controls in every table."""
        return [control_column(name) for name in self.controls]


def kept_apart(outcome: str) -> tuple[str, ...]:
    """Columns that decisions of such an outcome are kept apart by: of several labels, which one is decided about."""
    return ("output",) if outcome == "labels" else ()


@dataclass(frozen=True)
class Tally:
    """Cells of one slicing.

    Attributes
    ----------
    cells : DataFrame
        One row per observed cell: the columns of attributes and controls, `cluster` if the slicing is clustered (None
        for rows that are clusters of their own), `y_true`, `y_pred` (None where unknown), `n` decisions, `w` = Σw,
        `w2` = Σw².
    weight
        Σw of all decisions, each counted once, also where it belongs to several groups or to one in part.
    """

    slicing: Slicing
    cells: pd.DataFrame
    weight: float

    def pooled_over_clusters(self) -> pd.DataFrame:
        """Cells with the clusters summed up: what point values need."""
        if not self.slicing.clustered:
            return self.cells
        return _merge(replace(self.slicing, clustered=False), [self.cells])

    def __add__(self, other: Tally) -> Tally:
        return Tally(self.slicing, _merge(self.slicing, [self.cells, other.cells]), self.weight + other.weight)


def tally_columns(slicings: Iterable[Slicing], members: Iterable[str] = ()) -> list[str]:
    """Columns of the decision table that tallies of these slicings read.

    Parameters
    ----------
    members
        Attributes whose rows belong to several groups.
    """
    names = [name for slicing in slicings for name in (*slicing.group_columns, *slicing.control_columns, *slicing.also)]
    fixed = ["y_true", "y_pred", "y_value", "score", "status", "weight", "count", "cluster"]
    return list(dict.fromkeys([*fixed, *names, *map(members_column, group_columns(members))]))


@dataclass
class CellCounter:
    """Tally cells batch by batch; memory holds the cells, not the decisions."""

    slicing: Slicing
    _cells: list[pa.Table] = field(default_factory=list)
    _weight: float = 0.0

    def add(self, batch: pa.Table | Coded) -> None:
        """Add a batch prepared by `with_sums`."""
        coded = Coded.of(batch)
        self._cells.append(_cells(coded, self.slicing))
        self._weight += _weight(coded.table)
        # What was merged is merged again only with as much beside it: of clusters there are as many cells as rows.
        waiting = sum(part.num_rows for part in self._cells[1:])
        if len(self._cells) > MOST_PARTS and waiting >= self._cells[0].num_rows:
            self._cells = [summed(self._cells, _keys(self.slicing), SUMS)]

    def done(self) -> Tally:
        """Return what was added up."""
        parts = [summed(self._cells, _keys(self.slicing), SUMS).to_pandas()] if self._cells else []
        return Tally(self.slicing, _merge(self.slicing, parts), self._weight)


def tally_decisions(batches: Iterable[pa.Table], slicings: list[Slicing]) -> list[Tally]:
    """Tally a stream of decision batches; failed decisions are left out."""
    counters = [CellCounter(slicing) for slicing in slicings]
    for batch in batches:
        prepared = Coded(with_sums(batch))
        for counter in counters:
            counter.add(prepared)
    return [counter.done() for counter in counters]


def _keys(slicing: Slicing) -> list[str]:
    cluster = ["cluster"] if slicing.clustered else []
    return [*slicing.group_columns, *slicing.control_columns, *slicing.also, *cluster, "y_true", "y_pred"]


def with_sums(batch: pa.Table) -> pa.Table:
    """Keep the decisions that did not fail, with the columns that are summed.

    A row about which there is nothing to decide stays: no score of entities moves by it, and no group is forgotten.
    """
    sound = pc.not_equal(batch["status"], "failed")
    batch = batch if pc.all(sound).as_py() else batch.filter(sound)
    weight = pc.multiply(batch["count"].cast(pa.float64()), batch["weight"])
    sums = {"n": batch["count"], "w": weight, "w2": pc.multiply(weight, batch["weight"])}
    for name, column in sums.items():
        batch = batch.append_column(name, column)
    return batch


def _cells(batch: Coded, slicing: Slicing) -> pa.Table:
    batch = batch.spread(slicing.group_columns, ["w"], ["w2"])
    return cells_of(batch, _keys(slicing), {name: batch.numbers(name) for name in SUMS})


def _weight(batch: pa.Table) -> float:
    something = counted(batch["status"])
    weight = batch["w"] if pc.all(something).as_py() else batch["w"].filter(something)
    return float(pc.sum(weight).as_py() or 0.0)


def _merge(slicing: Slicing, parts: list[pd.DataFrame]) -> pd.DataFrame:
    keys = _keys(slicing)
    if not parts:
        return pd.DataFrame(columns=[*keys, *SUMS])
    cells = pd.concat(parts, ignore_index=True)
    merged = cells.groupby(keys, dropna=False, as_index=False, sort=True)[SUMS].sum()
    # A null label stays None, whatever the string type of this pandas calls it.
    for key in [key for key in ("cluster", "y_true", "y_pred") if key in merged]:
        merged[key] = merged[key].astype(object).where(merged[key].notna(), None)
    return merged
