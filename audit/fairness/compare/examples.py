"""Rates of whole rows and of characters, where a row has several decisions.

`exact_match` is the share of rows that are right in all their decisions (subset accuracy, Tsoumakas, Katakis and
Vlahavas 2010). `visible_characters` is the share of the characters of labelled entities that nothing which was found
covers: what a text still shows after everything found in it was removed. Both are written as decisions, one for each
row, or one for each character, so that every rate, interval and gap comes from the code that compares decisions;
characters of a row belong together.

A row in which nothing is true and nothing was found is right. It has no decision about anything, so it counts only if
it is handed over as one decision of its own, whose label and prediction are the class that says there is nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from audit.fairness.compare.disparities import Compared, compare
from audit.fairness.compare.question import Question
from audit.fairness.metrics.definitions import Metric
from audit.fairness.metrics.names import EXACT_MATCH, VISIBLE_CHARACTERS
from audit.fairness.tally import CellCounter, Slicing, Tally, with_sums

#: Outcomes of rows and of characters.
RIGHT, WRONG = "right", "wrong"
VISIBLE, COVERED = "visible", "covered"
CLASSES = {EXACT_MATCH: [RIGHT, WRONG], VISIBLE_CHARACTERS: [VISIBLE, COVERED]}
#: Columns of the decision table that are read beside those of tallies.
COLUMNS = ("row_id", "example", "visible", "characters")


@dataclass
class ExampleCounter:
    """Tally whole rows and characters, from the stream of decisions that is read anyway.

    Decisions about one row follow each other in it, as `audit.store.decisions.several` writes them.
    """

    question: Question
    slicings: Sequence[Slicing]
    _counters: dict[str, list[CellCounter]] = field(default_factory=dict)
    _waiting: pa.Table | None = None

    def __post_init__(self) -> None:
        slicings = [replace(slicing, clustered=True, also=()) for slicing in self.slicings]
        self._counters = {
            metric.name: [CellCounter(slicing) for slicing in slicings if slicing.of_rows or metric.name != EXACT_MATCH]
            for metric in self._metrics
        }

    @property
    def _metrics(self) -> list[Metric]:
        return [metric for metric in self.question.metrics if metric.scope == "example"]

    @property
    def columns(self) -> list[str]:
        """Columns of the decision table to read beside those of the tallies; none if nothing is asked."""
        return list(COLUMNS) if self._metrics else []

    def add(self, batch: pa.Table) -> None:
        """Add a batch of decisions."""
        if VISIBLE_CHARACTERS in self._counters:
            for characters in _characters(batch):
                self._count(VISIBLE_CHARACTERS, characters)
        if EXACT_MATCH in self._counters:
            joined = batch if self._waiting is None else pa.concat_tables([self._waiting, batch])
            starts = _starts(joined)
            if len(starts):
                # The last row may go on in the next batch.
                self._count(EXACT_MATCH, _rows(joined.slice(0, starts[-1]), starts[:-1]))
                self._waiting = joined.slice(starts[-1])

    def done(self) -> list[Compared]:
        """Compare the groups of every slicing in every rate that is asked."""
        if self._waiting is not None:
            self._count(EXACT_MATCH, _rows(self._waiting, np.zeros(1, np.int64)))
            self._waiting = None
        return [
            self._compare(metric, counter.done()) for metric in self._metrics for counter in self._counters[metric.name]
        ]

    def _count(self, name: str, outcomes: pa.Table) -> None:
        summed = with_sums(outcomes)
        for counter in self._counters[name]:
            counter.add(summed)

    def _compare(self, metric: Metric, tally: Tally) -> Compared:
        asked = self.question.of_outcomes(replace(metric, scope="all"), CLASSES[metric.name], None)
        # Classes here are outcomes, of which there is nothing more to report.
        return replace(compare(_unclustered(tally), asked), class_reports=[])


def _unclustered(tally: Tally) -> Tally:
    """Rows that each are a cluster of their own are independent."""
    shared = tally.cells[tally.cells["cluster"].notna()]
    if not ((shared["n"] == 1).all() and shared["cluster"].is_unique):
        return tally
    return Tally(replace(tally.slicing, clustered=False), tally.pooled_over_clusters(), tally.weight)


def _starts(batch: pa.Table) -> npt.NDArray[np.int64]:
    """Where the decisions about each row begin."""
    if not batch.num_rows:
        return np.zeros(0, np.int64)
    owner = pc.coalesce(batch["example"], batch["row_id"]).combine_chunks()
    changed = np.asarray(pc.not_equal(owner.slice(1), owner.slice(0, len(owner) - 1)), bool)
    return np.concatenate([[0], np.flatnonzero(changed) + 1]).astype(np.int64)


def rows_of(batch: pa.Table) -> pa.Table:
    """Turn the decisions about whole rows into one for each row."""
    return _rows(batch, _starts(batch))


def _rows(batch: pa.Table, starts: npt.NDArray[np.int64]) -> pa.Table:
    """One decision for each row: right if all its decisions are; of no label where one of them has none."""
    if not len(starts):
        return batch.slice(0, 0)

    def every(column: pa.ChunkedArray) -> npt.NDArray[np.bool_]:
        said = pc.fill_null(column, False).to_numpy().astype(bool)
        return np.asarray(np.logical_and.reduceat(said, starts))

    right = every(pc.equal(batch["y_true"], batch["y_pred"]))
    labelled, usable = every(batch["y_true"].is_valid()), every(pc.not_equal(batch["status"], "failed"))
    rows = batch.take(pa.array(starts))
    columns = {
        "y_true": pa.array(np.full(len(starts), RIGHT, object), pa.string(), mask=~labelled),
        "y_pred": pa.array(np.where(right, RIGHT, WRONG).astype(object), pa.string()),
        "status": pa.array(np.where(usable, "ok", "failed").astype(object), pa.string()),
    }
    return _with(rows, columns)


def _characters(batch: pa.Table) -> Iterator[pa.Table]:
    """Decisions that each stand for the visible, and for the covered, characters of a labelled entity."""
    batch = batch.filter(batch["characters"].is_valid())
    hidden = pc.subtract(batch["characters"], batch["visible"])
    for said, characters in ((VISIBLE, batch["visible"]), (COVERED, hidden)):
        count = pc.multiply(batch["count"], characters.cast(pa.int64()))
        truth, told = (pa.repeat(outcome, batch.num_rows) for outcome in (VISIBLE, said))
        outcomes = _with(batch, {"y_true": truth, "y_pred": told, "count": count})
        yield outcomes.filter(pc.greater(count, 0))


def _with(table: pa.Table, columns: dict[str, pa.Array]) -> pa.Table:
    for name, column in columns.items():
        table = table.set_column(table.schema.get_field_index(name), name, column)
    return table
