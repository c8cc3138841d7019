"""The explanation stage of an audit: draw the sample, explain and test it in resumable parts, sum it up."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import count, pairwise

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from audit.config import AuditConfig
from audit.data.rows import RowReader
from audit.decisions import read_decisions
from audit.explain.explanations import SCHEMA, Explainer
from audit.explain.path import METHOD
from audit.explain.sampling import draw, outcome_strata
from audit.explain.sanity import check_sanity
from audit.explain.words import influential_words
from audit.models.adapter import Adapter
from audit.models.predict import texts_of
from audit.outcomes import EXPLAINED, REASONS, UNEXPLAINED, WEAK
from audit.progress import Progress
from audit.result import Explanations, OutcomeCounts, PrecisionCheck
from audit.runfolder import RunFolder

#: Decisions per part of a resumable run, on a CPU and on an accelerator.
PART_DECISIONS, PART_DECISIONS_ACCELERATED = 64, 512
#: Decisions explained again in float32 where gradients are coarser, besides all borderline ones.
RECHECKED = 32
READ = [name for name in SCHEMA.names if name not in {"row_id", "inclusion_probability"}]


@dataclass(frozen=True)
class Explained:
    """What the stage found, its table with groups, and the parts it computed or took over from an interrupted run."""

    summary: Explanations
    table: pd.DataFrame
    computed: int
    reused: int


def make_explainer(config: AuditConfig, adapter: Adapter) -> Explainer:
    """Return what explains decisions as this audit's configuration says."""
    settings = config.explanations
    return Explainer(adapter, settings, adapter.baseline_kind(settings.baseline), config.seed)


def explain_sample(
    config: AuditConfig,
    explainer: Explainer,
    slicings: Sequence[tuple[str, ...]],
    folder: RunFolder,
    progress: Progress,
    flagged: Collection[str] = (),
) -> Explained:
    """Explain all decisions, or a seeded, stratified sample and the flagged ones; write `attributions.parquet`.

    Parameters
    ----------
    flagged
        Ids of rows that are explained with certainty.
    """
    settings, adapter = config.explanations, explainer.adapter
    names = [attribute.label for attribute in config.attributes]
    decisions = read_strata(folder, names)
    usable = np.flatnonzero(decisions["status"] != "failed")
    budget = {"all": len(usable), "flagged": 0}.get(settings.which, settings.sample)
    certain = np.flatnonzero(np.isin(usable, _positions(folder, flagged))) if settings.which != "all" else None
    sample = draw(outcome_strata(decisions.iloc[usable], names), budget, config.seed, certain)
    rows = fetch(config, folder, usable[sample.positions], names)
    rows["inclusion_probability"] = sample.inclusion_probability

    shards = folder.shards("attributions")
    computed = reused = 0
    size = PART_DECISIONS if adapter.device.type == "cpu" else PART_DECISIONS_ACCELERATED
    with progress.stage("explanations", len(rows), "decisions") as bar:
        edges = [*range(0, len(rows), size), len(rows)]
        for number, (first, last) in zip(count(), pairwise(edges), strict=False):
            if shards.done(number):
                reused += 1
                bar.update(last - first)
            else:
                shards.write(number, *explainer.explain(rows.iloc[first:last], bar.update))
                computed += 1
    shards.join(folder.attributions, SCHEMA)

    found = pq.read_table(folder.attributions, columns=READ).to_pandas()
    explained = pd.concat([rows.reset_index(drop=True), found], axis=1)
    contrast = (explained["f_input"] - explained["f_baseline"]).abs()
    explained["error"] = explained["convergence_delta"].abs() / contrast.where(contrast > 0)
    explained["length"] = [len(values) for values in explained["attributions"]]
    shown = _to_show(explained, names[0], settings.shown)
    steady = explained[~explained["reason"].isin(["failed", "no_contrast", "not_converged", "no_input"])]
    sanity = None
    if settings.sanity:
        sanity = check_sanity(explainer, steady.head(4 * settings.sanity), settings.sanity, config.seed)
    with_contrast = explained[~explained["reason"].isin(["failed", "no_contrast", "no_input"])]
    summary = Explanations(
        method=METHOD,
        target=settings.target,
        baseline=explainer.baseline,
        second_baseline=int((explained["baseline"] != explainer.baseline).sum()),
        tolerance=settings.tolerance,
        least_contrast=settings.least_contrast,
        orderings=settings.orderings,
        sampled=len(explained),
        population=len(usable),
        strata=sample.strata,
        outcomes=_outcomes(explained, slicings),
        errors=sorted(float(error) for error in with_contrast["error"]),
        gradients=float(explained["gradients"].mean()) if len(explained) else 0.0,
        forwards=float(explained["forwards"].mean()) if len(explained) else 0.0,
        comprehensiveness=_median(steady["comprehensiveness"]),
        sufficiency=_median(steady["sufficiency"]),
        sanity=sanity,
        precision=_recheck(explainer, steady) if settings.precision != "float32" else None,
        words=influential_words(steady, names),
        shown=shown["row_id"].tolist(),
    )
    return Explained(summary, explained, computed, reused)


def _outcomes(explained: pd.DataFrame, slicings: Sequence[tuple[str, ...]]) -> list[OutcomeCounts]:
    """Count outcomes and reasons, for everybody and per group."""
    parts: list[tuple[list[str], list[str], pd.DataFrame]] = [([], [], explained)]
    for attributes in slicings:
        for values, part in explained.groupby(list(attributes), sort=True, observed=True):
            parts.append((list(attributes), [str(value) for value in values], part))
    return [
        OutcomeCounts(
            attributes=attributes,
            group=group,
            n=len(part),
            explained=int((part["outcome"] == EXPLAINED).sum()),
            weak=int((part["outcome"] == WEAK).sum()),
            unexplained=int((part["outcome"] == UNEXPLAINED).sum()),
            reasons={reason: n for reason in REASONS if (n := int((part["reason"] == reason).sum()))},
        )
        for attributes, group, part in parts
    ]


def _median(values: pd.Series) -> float | None:
    known = values.dropna()
    return float(known.median()) if len(known) else None


def _recheck(explainer: Explainer, steady: pd.DataFrame) -> PrecisionCheck:
    """Explain a sample, and every decision near a threshold, in float32 as well."""
    settings = explainer.settings
    contrast = (steady["f_input"] - steady["f_baseline"]).abs()
    borderline = (steady["error"] > 0.8 * settings.tolerance) | (contrast < 1.25 * settings.least_contrast)
    chosen = pd.concat([steady[~borderline].head(RECHECKED), steady[borderline]])
    chosen = chosen[chosen["baseline"] == explainer.baseline]
    encoded = explainer.adapter.encode(list(chosen["input"]))
    targets = [explainer.adapter.classes.index(cls) for cls in chosen["y_pred"]]
    exact, _ = explainer.integrator(explainer.baseline, "float32").attribute(encoded, targets)
    off = [
        float(np.abs(found.values - coarse).sum() / max(np.abs(found.values).sum(), 1e-12))
        for found, coarse in zip(exact, chosen["attributions"], strict=True)
    ]
    return PrecisionCheck(
        precision=settings.precision,
        rechecked=len(off),
        borderline=int(borderline.sum()),
        largest=max(off, default=0.0),
        beyond_tolerance=sum(value > settings.tolerance for value in off),
    )


def read_strata(folder: RunFolder, names: list[str]) -> pd.DataFrame:
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


def fetch(config: AuditConfig, folder: RunFolder, positions: np.ndarray, names: list[str]) -> pd.DataFrame:
    """Collect decision and text of the rows at these positions of the decision table."""
    columns = ["row_id", "y_true", "y_pred", "cluster", "weight", "count", *names]
    decided = _take(read_decisions(folder.decisions, columns), positions)
    texts = _take((batch.select(["input", "input_pair"]) for batch in RowReader(config)), positions)
    frame: pd.DataFrame = decided.to_pandas()
    frame["weight"] *= frame.pop("count")
    frame["input"] = texts_of(texts, paired=config.data.columns.input_pair is not None)
    return frame


def _take(batches: Iterable[pa.Table], positions: np.ndarray) -> pa.Table:
    parts, first = [], 0
    for batch in batches:
        here = positions[(positions >= first) & (positions < first + batch.num_rows)] - first
        if len(here):
            parts.append(batch.take(pa.array(here)))
        first += batch.num_rows
    return pa.concat_tables(parts) if parts else batch.slice(0, 0)


def _to_show(explained: pd.DataFrame, attribute: str, limit: int) -> pd.DataFrame:
    """Choose the decisions that a reader should see: sure and wrong ones first, from every group in turn."""
    wrong = explained["y_true"].notna() & (explained["y_true"] != explained["y_pred"])
    usable = ~explained["reason"].isin(["failed", "no_contrast", "no_input"])
    order = ["usable", "wrong", "f_input", "row_id"]
    ordered = explained.assign(wrong=wrong, usable=usable).sort_values(order, ascending=[False, False, False, True])
    turn = ordered.groupby(attribute, sort=True, observed=True).cumcount()
    order = ["turn", "usable", "wrong"]
    return ordered.assign(turn=turn).sort_values(order, ascending=[True, False, False], kind="stable").head(limit)
