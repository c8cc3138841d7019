"""What both samples of decisions share: drawing rows with their text, and working on them in resumable parts."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from audit.config import AuditConfig
from audit.data.about import ABOUT, examples_about
from audit.engine.job import Advance, Done, Engine, Job, Part
from audit.explain.sampling import draw, outcome_strata, tickets_of
from audit.models.engine import give_back_memory
from audit.store.columns import group_columns
from audit.store.decisions import read_decisions
from audit.store.progress import Bar
from audit.store.runfolder import RunFolder
from audit.store.shards import Shards

#: Decisions per part of a resumable run, on a CPU and on an accelerator.
PART_DECISIONS, PART_DECISIONS_ACCELERATED = 64, 512
#: Does a part of the work: what it is about and what to tell of progress -> table and what it cost.
Work = Callable[[Any, Advance], Done]


@dataclass(frozen=True)
class Drawn:
    """Rows of a sample.

    Attributes
    ----------
    rows
        Decision, groups, `input` and `inclusion_probability`.
    population
        Decisions it was drawn from: all that did not fail.
    strata
        How many there were.
    """

    rows: pd.DataFrame
    population: int
    strata: int


def draw_rows(
    config: AuditConfig, folder: RunFolder, budget: int | None, seed: int, certain: Collection[str] = ()
) -> Drawn:
    """Draw decisions by strata, and read their texts.

    Parameters
    ----------
    budget
        How many; all if None.
    certain
        Ids of rows that are drawn with certainty, beside the budget.
    """
    names = group_columns(attribute.label for attribute in config.attributes)
    decisions = _read_strata(folder, names)
    usable = np.flatnonzero(~decisions["status"].isin(["failed", "nothing"]))
    sure = None if budget is None else np.flatnonzero(np.isin(usable, _positions(folder, certain)))
    strata = outcome_strata(decisions.iloc[usable], names)
    tickets = tickets_of(read_decisions(folder.decisions, ["row_id"]), seed)[usable]
    sample = draw(strata, len(usable) if budget is None else budget, seed, sure, tickets)
    rows = _fetch(config, folder, usable[sample.positions], names).reset_index(drop=True)
    rows["inclusion_probability"] = sample.inclusion_probability
    return Drawn(rows, len(usable), sample.strata)


@dataclass(frozen=True)
class Explaining:
    """A worker that explains: all is one piece of work, and freed memory goes back after each part."""

    do: Work

    def prepare(self, part: Part) -> None:
        """Nothing: an explanation is thousands of passes beside one look at a text."""

    def work(self, part: Part, ready: None, advance: Advance) -> Done:
        """Do the part."""
        done = self.do(part.payload, advance)
        give_back_memory()
        return done


def in_parts(
    engine: Engine,
    job: Job,
    shards: Shards,
    rows: pd.DataFrame,
    bar: Bar,
    payload: Callable[[pd.DataFrame], Any] = lambda part: part,
) -> tuple[int, int]:
    """Do what no earlier process finished; return how many parts were computed, and how many taken over.

    Parameters
    ----------
    payload
        Makes what a part is about of its rows.
    """
    size = PART_DECISIONS if engine.adapter.device.type == "cpu" else PART_DECISIONS_ACCELERATED

    def parts() -> Iterator[Part]:
        for number, (first, last) in enumerate(pairwise([*range(0, len(rows), size), len(rows)])):
            yield Part(number, last - first, payload(rows.iloc[first:last]))

    return engine.map(job, parts(), shards, bar)


def _read_strata(folder: RunFolder, names: list[str]) -> pd.DataFrame:
    """Read just what strata are made of, as category codes: a few bytes per decision."""
    columns = ["y_true", "y_pred", "status", *names]
    table = pa.concat_tables(
        [
            pa.table({name: batch[name].dictionary_encode() for name in columns})
            for batch in read_decisions(folder.decisions, columns)
        ]
    ).unify_dictionaries()
    frame: pd.DataFrame = table.to_pandas()
    # Labels and predictions are compared with each other below, so they need one set of categories.
    classes = sorted({*frame["y_true"].cat.categories, *frame["y_pred"].cat.categories})
    for name in ("y_true", "y_pred"):
        frame[name] = frame[name].cat.set_categories(classes)
    return frame


def _positions(folder: RunFolder, ids: Collection[str]) -> np.ndarray:
    """Find rows of the decision table by id."""
    if not ids:
        return np.zeros(0, np.int64)
    wanted, out, first = pa.array(sorted(ids)), [], 0
    for batch in read_decisions(folder.decisions, ["row_id"]):
        here = pc.is_in(batch["row_id"].combine_chunks(), value_set=wanted).to_numpy(zero_copy_only=False)
        out.append(np.flatnonzero(here) + first)
        first += batch.num_rows
    return np.concatenate(out)


def _fetch(config: AuditConfig, folder: RunFolder, positions: np.ndarray, names: list[str]) -> pd.DataFrame:
    """Collect decision and text of the rows at these positions of the decision table."""
    columns = ["row_id", *ABOUT, "y_true", "y_pred", "cluster", "weight", "count", *names]
    decided = _take(read_decisions(folder.decisions, columns), positions)
    frame: pd.DataFrame = decided.drop_columns(ABOUT).to_pandas()
    frame["weight"] *= frame.pop("count")
    frame["input"] = pd.Series(examples_about(config, decided), dtype=object)
    return frame


def _take(batches: Iterable[pa.Table], positions: np.ndarray) -> pa.Table:
    parts, first = [], 0
    for batch in batches:
        here = positions[(positions >= first) & (positions < first + batch.num_rows)] - first
        if len(here):
            parts.append(batch.take(pa.array(here)))
        first += batch.num_rows
    return pa.concat_tables(parts) if parts else batch.slice(0, 0)
