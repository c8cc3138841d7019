"""The whole story of one audit, top to bottom."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import audit
from audit.config import AuditConfig, ModelConfig, load_config, parse_config
from audit.data.survey import survey
from audit.errors import AuditError
from audit.fairness.compare.explained import explained_rates
from audit.fairness.metrics.definitions import Metric, known_metrics
from audit.fairness.metrics.names import EXPLAINED_RATE
from audit.pipeline.case import Case, fingerprint_of_run, portable, understand
from audit.pipeline.clock import Clock
from audit.pipeline.comparisons import Comparisons, compare_all, library_check
from audit.pipeline.decide import decide
from audit.pipeline.environment import environment
from audit.pipeline.facts import describe_data, remarks
from audit.pipeline.gaps import gaps_to_look_into
from audit.pipeline.why import Why, explain_why, probe
from audit.policy.baseline import load_baseline
from audit.policy.comparison import compare_runs
from audit.policy.judge import judge
from audit.policy.location import locate_rules
from audit.report.write import write_report
from audit.result import (
    AuditResult,
    DataFacts,
    MetricDefinition,
    PolicySource,
    Timings,
)
from audit.store.progress import Progress
from audit.store.runfolder import RunFolder, fingerprint_of

if TYPE_CHECKING:
    from audit.models.adapter import Adapter


def run(
    config: AuditConfig | Path | str | dict[str, Any],
    *,
    resume: bool = False,
    overwrite: bool = False,
    baseline: Path | str | None = None,
    other_rows: bool = False,
    policy_source: PolicySource | None = None,
    progress: Progress | None = None,
) -> AuditResult:
    """Audit a model, or stored predictions, and write the run folder.

    Parameters
    ----------
    config
        A configuration, a path to one, or the same as plain data (relative paths then start at the working folder).
    resume
        Go on with an unfinished run in the folder, without doing a finished part again.
    overwrite
        Replace what an earlier audit left in the folder, once the new one is whole.
    baseline
        Run folder or baseline file to compare with, for rules with a margin and for the report.
    other_rows
        The baseline is of other rows: compare the two as independent samples.
    policy_source
        Where the policy stands, if `config` is no path: findings then name the line.
    progress
        Where to show progress; nowhere if left out.

    Returns
    -------
    AuditResult
        What `result.json` holds.

    Raises
    ------
    AuditError
        With what was wrong, where, and what to do. Nothing that was there before is lost.
    """
    source: PolicySource | None = None
    if isinstance(config, dict):
        config = parse_config(config)
    elif not isinstance(config, AuditConfig):
        path = Path(config)
        config = load_config(path)
        source = locate_rules(path, config.policy)
    reference = load_baseline(Path(baseline)) if baseline is not None else None
    clock = Clock()
    progress = progress or Progress(quiet=True)

    with clock.timing("survey"):
        surveyed = survey(config)
    with clock.timing("load"):
        adapter = load(config.model) if config.model else None
    case = understand(config, surveyed, adapter)

    place = RunFolder(config.output.folder)
    fingerprint = fingerprint_of_run(config, surveyed, adapter)
    if finished := place.begin(fingerprint, resume=resume, overwrite=overwrite):
        return finished
    folder = place.draft
    with clock.timing("decide"):
        decide(case, folder, progress, clock)
        data = describe_data(case, folder)
    with clock.timing("compare"):
        fairness = compare_all(case, folder)
    with clock.timing("probe"):
        probed = probe(case, folder, progress, clock)
    gaps = gaps_to_look_into(assemble(case, folder, data, fairness, Why(), clock), config)
    with clock.timing("explain"):
        why = explain_why(case, folder, progress, clock, probed, gaps)

    result = assemble(case, folder, data, fairness, why, clock)
    result = result.model_copy(update={"policy_source": source or policy_source})
    incomparable: AuditError | None = None
    if reference is not None:
        try:
            comparison = compare_runs(result, folder.decisions, reference, other_rows=other_rows)
            result = result.model_copy(update={"comparison": comparison})
        except AuditError as error:  # the audit itself is sound: it is written, and then told
            incomparable = error
    if config.policy.rules or config.policy.presets:
        result = result.model_copy(update={"judgement": judge(result, config.policy)})
    result = folder.write_result(result)
    write_report(folder, result=result)
    place.finish(fingerprint, vouched(result))
    if incomparable is not None:
        raise incomparable
    return result


def load(config: ModelConfig) -> Adapter:
    """Load the model. Stored predictions are audited without ever importing torch."""
    from audit.models.registry import load_adapter

    return load_adapter(config)


def assemble(
    case: Case,
    folder: RunFolder,
    data: DataFacts,
    fairness: Comparisons,
    why: Why,
    clock: Clock,
) -> AuditResult:
    """Put the parts together."""
    explained = why.explained
    slicings = [slicing.attributes for slicing in case.slicings if slicing.attributes]
    rates = explained_rates(explained.table, slicings, case.question) if explained else []
    compared = fairness.compared
    config, model = case.config, case.adapter.facts() if case.adapter else None
    work = Counter(folder.shards("decisions").counters())
    work.update(folder.shards("counterfactuals").counters())
    work.update(folder.shards("attributions").counters())
    work.update(folder.shards("contributions").counters())
    title = config.output.title or (model.name if model else config.data.path.stem)
    return AuditResult(
        tool_version=audit.__version__,
        title=title,
        config=portable(config),
        config_sha256=fingerprint_of(portable(config)),
        level=config.level,
        seed=config.seed,
        positive_class=case.positive,
        classes=case.classes,
        model=model,
        data=data,
        slicings=[item.slicing for item in compared],
        metric_definitions=definitions([*case.question.metrics, *(EXPLAINED_METRIC if rates else ())]),
        metrics=[
            *(value for item in compared for value in item.metrics),
            *(value for item in rates for value in item.metrics if not value.stratum),
        ],
        adjusted=[value for item in [*compared, *rates] for value in item.adjusted],
        correlations=[correlation for item in [*compared, *rates] for correlation in item.correlations],
        disparities=[
            *(gap for item in compared for gap in item.disparities),
            *(gap for item in rates for gap in item.disparities if not gap.stratum),
        ],
        library_check=library_check(compared),
        class_reports=[report for item in compared for report in item.class_reports],
        stratified=fairness.stratified,
        adverse_impact=fairness.adverse,
        scores=fairness.scores,
        findings=fairness.found,
        discovery=fairness.discovery,
        comparison=None,
        policy_source=None,
        judgement=None,
        explanations=explained.summary if explained else None,
        gaps=why.gaps,
        pushes=why.pushes,
        probe=why.probe,
        reliance=why.reliance,
        flags=why.flags,
        notes=[
            *case.notes,
            *why.notes,
            *remarks(case, data, work),
            *(note for item in compared for note in item.notes),
        ],
        work=dict(sorted(work.items())),
        environment=environment(torch_threads=case.adapter is not None),
        timings=Timings(
            started=clock.started,
            finished=datetime.now(UTC).isoformat(timespec="seconds"),
            seconds=clock.seconds,
            shards_computed=clock.computed,
            shards_reused=clock.reused,
        ),
    )


EXPLAINED_METRIC = (replace(known_metrics()["selection_rate"], name=EXPLAINED_RATE),)


def definitions(metrics: list[Metric]) -> list[MetricDefinition]:
    """Say of every metric what its numbers are."""
    return [
        MetricDefinition(
            name=metric.name,
            unit=metric.unit,
            better=metric.better,
            method=metric.method,
            doubt=metric.doubt,
        )
        for metric in metrics
    ]


def vouched(result: AuditResult) -> dict[str, Any]:
    """Collect what the manifest says beside the hashes of files."""
    model = result.model
    return {
        "tool_version": result.tool_version,
        "created": result.timings.finished,
        "configuration_sha256": result.config_sha256,
        "data_sha256": result.data.sha256,
        "model_sha256": model.sha256 if model else None,
        "peft": model.peft and {"base_sha256": model.peft.base_sha256, "adapter_sha256": model.peft.sha256}
        if model
        else None,
        "device": model.device if model else None,
        "dtype": model.dtype if model else None,
        "seed": result.seed,
        "environment": result.environment.model_dump(),
    }
