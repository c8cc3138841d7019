"""The explanation stage of an audit: draw the sample, explain and test it in resumable parts, sum it up."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import norm

from audit.config import AuditConfig, ExplanationConfig
from audit.engine.job import Engine
from audit.explain.explanations import SCHEMA, Explainer
from audit.explain.parts import Explaining, draw_rows, in_parts
from audit.explain.verify.faithfulness import LEAST_UNITS
from audit.explain.verify.sanity import FALSE_ALARM, check_sanity
from audit.explain.words import influential_words
from audit.models.adapter import Adapter
from audit.result import ChanceTest, Explanations, OutcomeCounts, PrecisionCheck
from audit.result.outcomes import EXPLAINED, REASONS, UNEXPLAINED, WEAK
from audit.store.columns import group_column, group_columns
from audit.store.progress import Progress
from audit.store.runfolder import RunFolder
from audit.store.tables import read_table

#: Decisions explained again in float32 where gradients are coarser, besides all borderline ones.
RECHECKED = 32
READ = [name for name in SCHEMA.names if name not in {"row_id", "inclusion_probability"}]


@dataclass(frozen=True)
class ExplainedSample:
    """What the stage found, its table with groups, and the parts it computed or took over from an interrupted run."""

    summary: Explanations
    table: pd.DataFrame
    computed: int
    reused: int


def make_explainer(config: AuditConfig, adapter: Adapter) -> Explainer:
    """Return what explains decisions as this audit's configuration says."""
    settings = config.explanations
    return Explainer(adapter, settings, adapter.baseline_kind(settings.baseline), config.seed)


@dataclass(frozen=True)
class ExplainingDecisions:
    """The job of explaining decisions, and of testing the explanations."""

    settings: ExplanationConfig
    baseline: str
    seed: int

    def start(self, adapter: Adapter) -> Explaining:
        """Make ready to explain decisions of this model."""
        return Explaining(Explainer(adapter, self.settings, self.baseline, self.seed).explain)


def explain_sample(
    config: AuditConfig,
    engine: Engine,
    explainer: Explainer,
    slicings: Sequence[tuple[str, ...]],
    folder: RunFolder,
    progress: Progress,
    flagged: Collection[str] = (),
) -> ExplainedSample:
    """Explain all decisions, or a seeded, stratified sample and the flagged ones; write `attributions.parquet`.

    Parameters
    ----------
    flagged
        Ids of rows that are explained with certainty.
    """
    settings, adapter = config.explanations, explainer.adapter
    names = [attribute.label for attribute in config.attributes]
    budget = {"all": None, "flagged": 0}.get(settings.which, settings.sample)
    drawn = draw_rows(config, folder, budget, config.seed, flagged)
    shards = folder.shards("attributions")
    with progress.stage("explanations", len(drawn.rows), "decisions") as bar:
        job = ExplainingDecisions(settings, explainer.baseline, explainer.seed)
        computed, reused = in_parts(engine, job, shards, drawn.rows, bar)
    shards.join(folder.attributions, SCHEMA)

    found = read_table(folder.attributions, READ).to_pandas()
    explained = pd.concat([drawn.rows, found], axis=1)
    shown = _to_show(explained, group_column(names[0]), settings.shown)
    steady = explained[~explained["reason"].isin(["failed", "no_contrast", "not_converged", "no_input"])]
    sanity = None
    if settings.sanity and adapter.differentiable:
        sanity = check_sanity(explainer, steady, settings.sanity, config.seed)
    with_contrast = explained[~explained["reason"].isin(["failed", "no_contrast", "no_input"])]
    summary = Explanations(
        method=explainer.method,
        target=settings.target,
        baseline=explainer.baseline,
        second_baseline=int((explained["baseline"] != explainer.baseline).sum()),
        tolerance=settings.tolerance,
        least_contrast=settings.least_contrast,
        interventions=settings.interventions,
        log_odds=int((explained["scale"] != settings.target).sum()),
        sampled=len(explained),
        population=drawn.population,
        strata=drawn.strata,
        outcomes=_outcomes(explained, slicings),
        errors=sorted(float(error) for error in with_contrast["error_share"]),
        gradients=float(explained["gradients"].mean()) if len(explained) else 0.0,
        calls=float(explained["calls"].mean()) if len(explained) else 0.0,
        forwards=float(explained["forwards"].mean()) if len(explained) else 0.0,
        comprehensiveness=_median(steady["comprehensiveness"]),
        sufficiency=_median(steady["sufficiency"]),
        chance=_chance(steady),
        sanity=sanity,
        precision=_recheck(explainer, steady) if settings.precision != "float32" and adapter.differentiable else None,
        # Means are of one unit: decisions explained on another scale stand outside.
        words=influential_words(steady[steady["scale"] == settings.target], names, adapter.facts().grid),
        shown=shown["row_id"].tolist(),
    )
    return ExplainedSample(summary, explained, computed, reused)


def _outcomes(explained: pd.DataFrame, slicings: Sequence[tuple[str, ...]]) -> list[OutcomeCounts]:
    """Count outcomes and reasons, for everybody and per group."""
    parts: list[tuple[list[str], list[str], pd.DataFrame]] = [([], [], explained)]
    for attributes in slicings:
        for values, part in explained.groupby(group_columns(attributes), sort=True, observed=True):
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


def _chance(steady: pd.DataFrame) -> ChanceTest | None:
    """Do explanations agree with the model beyond chance, all decisions together?

    Were they orders of their units at random, every p would be uniform over its steps, so the mean of many is normal.
    Decisions with too few units to test are left out: their p has hardly any steps.
    """
    tested = steady[steady["chance_p"].notna() & (steady["units"] >= LEAST_UNITS)]
    if tested.empty:
        return None
    mean = float(tested["chance_p"].mean())
    bound = 0.5 - float(norm.isf(FALSE_ALARM)) / float(np.sqrt(12 * len(tested)))
    return ChanceTest(
        decisions=len(tested),
        followed=float(tested["followed"].mean()),
        mean_p=mean,
        bound=max(bound, 0.0),
        better=mean < bound,
        passed=float(tested["chance_passed"].mean()),
    )


def _median(values: pd.Series) -> float | None:
    known = values.dropna()
    return float(known.median()) if len(known) else None


def _recheck(explainer: Explainer, steady: pd.DataFrame) -> PrecisionCheck:
    """Explain a sample, and every decision near a threshold, in float32 as well."""
    settings = explainer.settings
    contrast = (steady["f_input"] - steady["f_baseline"]).abs().where(steady["scale"] == settings.target, np.inf)
    borderline = (steady["error_share"] > 0.8 * settings.tolerance) | (contrast < 1.25 * settings.least_contrast)
    chosen = pd.concat([steady[~borderline].head(RECHECKED), steady[borderline]])
    chosen = chosen[(chosen["baseline"] == explainer.baseline) & (chosen["scale"] == settings.target)]
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


def _to_show(explained: pd.DataFrame, column: str, limit: int) -> pd.DataFrame:
    """Choose the decisions that a reader should see: sure and wrong ones first, from every group in turn."""
    wrong = explained["y_true"].notna() & (explained["y_true"] != explained["y_pred"])
    usable = ~explained["reason"].isin(["failed", "no_contrast", "no_input"])
    order = ["usable", "wrong", "f_input", "row_id"]
    ordered = explained.assign(wrong=wrong, usable=usable).sort_values(order, ascending=[False, False, False, True])
    turn = ordered.groupby(column, sort=True, observed=True).cumcount()
    order = ["turn", "usable", "wrong"]
    return ordered.assign(turn=turn).sort_values(order, ascending=[True, False, False], kind="stable").head(limit)
