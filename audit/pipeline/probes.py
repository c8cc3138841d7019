"""Probes: decisions are asked about again with changed examples, and what becomes of them is compared by group."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd
import pyarrow as pa

from audit.fairness.compare.probe_rates import Probed, probe_result
from audit.pipeline.case import Case
from audit.pipeline.clock import Clock
from audit.result import Note, ProbeResult
from audit.store.columns import attribute_of, group_column, group_columns
from audit.store.progress import Progress
from audit.store.runfolder import RunFolder
from audit.store.shards import join_all

if TYPE_CHECKING:
    from audit.probes.variants import ProbedRow

#: What stands before a probe's name in the name of its stage.
STAGE = "probe-"


@dataclass(frozen=True)
class Asked:
    """What probes found, the outcomes that flags are made of, and what is to be noted."""

    results: list[ProbeResult]
    table: pd.DataFrame | None
    notes: list[Note]


def ask_probes(
    case: Case, folder: RunFolder, progress: Progress, clock: Clock, explained: pd.DataFrame | None
) -> Asked:
    """Ask every probe of the configuration, and write `variants.parquet`.

    Parameters
    ----------
    explained
        Explained decisions with their attributions, as the explanation stage returns them; None if there are none.
    """
    settings = case.config.probes
    if settings is None or case.engine is None or not case.probes:
        return Asked([], None, [])
    from audit.explain.parts import draw_rows
    from audit.probes.asking import SCHEMA, ask_rows
    from audit.probes.variants import HasRows

    drawn = draw_rows(case.config, folder, settings.sample, case.config.seed)
    slicings = [slicing.attributes for slicing in case.slicings if slicing.attributes]
    results, tables, notes, stages = [], [], [], []
    for probe in case.probes:
        with clock.timing(f"probe: {probe.name}"):
            rows, population = drawn.rows, drawn.population
            if isinstance(probe, HasRows):
                rows = probe.rows()
                population = len(rows)
            elif probe.needs_attributions:
                if explained is None or not len(explained):
                    notes.append(Note(code="probe_needs_explanations", params={"probe": probe.name}))
                    continue
                rows = drawn_again(explained, settings.sample, case.config.seed)
            shards = folder.shards(STAGE + probe.name)
            computed, reused = ask_rows(
                case.config, case.engine, probe, _rows(rows, explained), case.positive, shards, progress
            )
            clock.computed += computed
            clock.reused += reused
            stages.append(shards)
            parts = [part.to_pandas() for part in shards.read()]
            table = pd.concat(parts, ignore_index=True) if parts else SCHEMA.empty_table().to_pandas()
            if not len(table):
                notes.append(Note(code="probe_reads_nothing", params={"probe": probe.name}))
                continue
            probed = Probed(
                probe.name, probe.outcome, probe.transforms, probe.severities, population, len(rows),
                shards.counters().get("variant_queries", 0), settings.shown,
            )  # fmt: skip
            results.append(probe_result(table, rows, probed, slicings, case.question))
            if probe.flags:
                tables.append(table.merge(rows[["row_id", "weight", "inclusion_probability", "cluster"]], on="row_id"))
    join_all(stages, folder.variants, SCHEMA)
    return Asked(results, pd.concat(tables, ignore_index=True) if tables else None, notes)


def drawn_again(explained: pd.DataFrame, budget: int, seed: int) -> pd.DataFrame:
    """Draw from decisions that were drawn already, by the same strata.

    A decision is in the second sample with the product of both probabilities (two-phase sampling), by whose inverse it
    counts.
    """
    if len(explained) <= budget:
        return explained
    from audit.explain.sampling import draw, outcome_strata, tickets_of

    groups = [name for name in explained.columns if name == group_column(attribute_of(name))]
    tickets = tickets_of([pa.table({"row_id": pa.array(explained["row_id"].astype(str))})], seed + 3)
    sample = draw(outcome_strata(explained, groups), budget, seed, tickets=tickets)
    rows = explained.iloc[sample.positions].reset_index(drop=True)
    return rows.assign(inclusion_probability=rows["inclusion_probability"] * sample.inclusion_probability)


def _rows(rows: pd.DataFrame, explained: pd.DataFrame | None) -> Sequence[ProbedRow]:
    from audit.probes.variants import Attributed, ProbedRow

    attributed: dict[str, tuple[Attributed, ...]] = {}
    if explained is not None:
        for row, starts, ends, values in zip(
            explained["row_id"], explained["starts"], explained["ends"], explained["attributions"], strict=True
        ):
            places = zip(starts, ends, values, strict=True)
            attributed[str(row)] = tuple(Attributed(int(a), int(b), float(value)) for a, b, value in places)
    groups = [name for name in rows.columns if name in group_columns(map(attribute_of, rows.columns))]
    return [
        ProbedRow(
            str(row["row_id"]),
            row["input"],
            row["y_true"] if isinstance(row["y_true"], str) else None,
            str(row["y_pred"]),
            {attribute_of(name): str(row[name]) for name in groups},
            attributed.get(str(row["row_id"])),
        )
        for row in rows.to_dict("records")
    ]
