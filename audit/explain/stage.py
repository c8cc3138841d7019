"""The explanation stage of an audit: draw the sample, explain it in resumable parts, sum it up."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import count, pairwise

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from audit.config import AuditConfig
from audit.data.rows import RowReader
from audit.decisions import read_decisions
from audit.explain.explanations import LEAST_CONTRAST, PART_DECISIONS, SCHEMA, explain_part, quality
from audit.explain.integrated_gradients import METHOD, IntegratedGradients
from audit.explain.sampling import draw, outcome_strata
from audit.files import replacing
from audit.models.adapter import Adapter
from audit.progress import Progress
from audit.result import Explanations
from audit.runfolder import RunFolder


@dataclass(frozen=True)
class Explained:
    """What the stage found, and the parts it computed or took over from an interrupted run."""

    summary: Explanations
    computed: int
    reused: int


def explain_sample(
    config: AuditConfig, adapter: Adapter, slicings: Sequence[tuple[str, ...]], folder: RunFolder, progress: Progress
) -> Explained:
    """Explain a seeded, stratified sample of the decisions; write `attributions.parquet` and `inputs.parquet`."""
    settings = config.explanations
    names = [attribute.label for attribute in config.attributes]
    decisions = _read_strata(folder, names)
    usable = np.flatnonzero(decisions["status"] != "failed")
    sample = draw(outcome_strata(decisions.iloc[usable], names), settings.sample, config.seed)
    rows = _fetch(config, folder, usable[sample.positions], names)
    rows["inclusion_probability"] = sample.inclusion_probability

    kind = adapter.baseline_kind(settings.baseline)
    engine = IntegratedGradients(
        adapter, n_steps=settings.n_steps, baseline=kind, budget=max(adapter.facts().batch_tokens, 2048)
    )
    shards = folder.shards("attributions")
    computed = reused = 0
    with progress.stage("explanations", len(rows), "decisions") as bar:
        edges = [*range(0, len(rows), PART_DECISIONS), len(rows)]
        for number, (first, last) in zip(count(), pairwise(edges), strict=False):
            if shards.done(number):
                reused += 1
                bar.update(last - first)
            else:
                part = rows.iloc[first:last]
                done = explain_part(
                    adapter, engine, part, baseline=kind, tolerance=settings.tolerance, advance=bar.update
                )
                shards.write(number, *done)
                computed += 1
    shards.join(folder.attributions, SCHEMA)

    found = pq.read_table(
        folder.attributions, columns=["state", "f_input", "f_baseline", "convergence_delta"]
    ).to_pandas()
    explained = pd.concat([rows.reset_index(drop=True), found], axis=1)
    contrast = (explained["f_input"] - explained["f_baseline"]).abs()
    explained["error"] = explained["convergence_delta"].abs() / contrast.where(contrast > 0)
    shown = _to_show(explained, names[0], settings.shown)
    _write_inputs(folder, shown)
    states = explained["state"].value_counts()
    errors = explained.loc[explained["state"].isin(["converged", "not_converged"]), "error"]
    summary = Explanations(
        method=METHOD,
        baseline=kind,
        n_steps=settings.n_steps,
        tolerance=settings.tolerance,
        least_contrast=LEAST_CONTRAST,
        sampled=len(explained),
        population=len(usable),
        strata=sample.strata,
        failed=int(states.get("failed", 0)),
        converged=int(states.get("converged", 0)),
        no_contrast=int(states.get("no_contrast", 0)),
        errors=sorted(float(error) for error in errors),
        by_group=quality(explained, slicings),
        shown=shown["row_id"].tolist(),
    )
    return Explained(summary, computed, reused)


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


def _fetch(config: AuditConfig, folder: RunFolder, positions: np.ndarray, names: list[str]) -> pd.DataFrame:
    """Collect decision and text of the rows at these positions of the decision table."""
    columns = ["row_id", "y_true", "y_pred", *names]
    decided = _take(read_decisions(folder.decisions, columns), positions)
    texts = _take((batch.select(["input"]) for batch in RowReader(config)), positions)
    frame: pd.DataFrame = decided.append_column("input", texts["input"].fill_null("")).to_pandas()
    return frame


def _take(batches: Iterable[pa.Table], positions: np.ndarray) -> pa.Table:
    parts, first = [], 0
    for batch in batches:
        here = positions[(positions >= first) & (positions < first + batch.num_rows)] - first
        if len(here):
            parts.append(batch.take(pa.array(here)))
        first += batch.num_rows
    return pa.concat_tables(parts)


def _to_show(explained: pd.DataFrame, attribute: str, limit: int) -> pd.DataFrame:
    """Choose the decisions that a reader should see: sure and wrong ones first, from every group in turn."""
    wrong = explained["y_true"].notna() & (explained["y_true"] != explained["y_pred"])
    usable = explained["state"].isin(["converged", "not_converged"])
    order = ["usable", "wrong", "f_input", "row_id"]
    ordered = explained.assign(wrong=wrong, usable=usable).sort_values(order, ascending=[False, False, False, True])
    turn = ordered.groupby(attribute, sort=True, observed=True).cumcount()
    order = ["turn", "usable", "wrong"]
    return ordered.assign(turn=turn).sort_values(order, ascending=[True, False, False], kind="stable").head(limit)


def _write_inputs(folder: RunFolder, shown: pd.DataFrame) -> None:
    table = pa.table(
        {"row_id": shown["row_id"].to_list(), "input": shown["input"].to_list()},
        schema=pa.schema([("row_id", pa.string()), ("input", pa.string())]),
    )
    with replacing(folder.inputs) as partial:
        pq.write_table(table, partial)
