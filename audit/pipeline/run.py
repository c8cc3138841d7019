"""The whole story of one audit, top to bottom."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

import audit
from audit.config import MISSING, AuditConfig, ModelConfig, load_config, parse_config
from audit.data.examples import examples_of
from audit.data.rows import RowReader
from audit.data.stored import stored_decisions
from audit.data.survey import survey
from audit.errors import AuditError, DataError, ModelError
from audit.fairness.compare.adverse_impact import adverse_impact
from audit.fairness.compare.discovery import DiscoveryCounter, Search
from audit.fairness.compare.disparities import Compared, compare, findings
from audit.fairness.compare.explained import explained_rates
from audit.fairness.compare.library import Checked
from audit.fairness.compare.score_report import score_report
from audit.fairness.compare.stratified import stratified_tests
from audit.fairness.metrics.definitions import Metric, known_metrics
from audit.fairness.metrics.names import EXPLAINED_RATE
from audit.fairness.scores import ScoreCounter, ScoreTally, with_score_sums
from audit.fairness.tally import CellCounter, tally_columns, with_sums
from audit.pipeline.case import Case, fingerprint_of_run, portable, understand
from audit.pipeline.clock import Clock
from audit.pipeline.environment import environment
from audit.pipeline.gaps import gaps_to_look_into
from audit.pipeline.why import Why, explain_why, probe
from audit.policy.baseline import load_baseline
from audit.policy.comparison import compare_runs
from audit.policy.judge import judge
from audit.policy.location import locate_rules
from audit.report.write import write_report
from audit.result import (
    AdverseImpact,
    AuditResult,
    DataFacts,
    Discovery,
    FindingsSummary,
    LibraryCheck,
    MetricDefinition,
    Note,
    PolicySource,
    ScoreReport,
    StratifiedTest,
    Timings,
)
from audit.store.columns import control_column, group_columns, members_column
from audit.store.decisions import BATCH_ROWS, read_decisions, windows
from audit.store.progress import Progress
from audit.store.runfolder import RunFolder, fingerprint_of

if TYPE_CHECKING:
    from audit.models.adapter import Adapter

#: Rows that a model sees sorted by length together, and the work lost at most when a run is killed.
WINDOW_ROWS = 2048
#: Share of tokens that the tokenizer does not know, from which that is noted.
UNKNOWN_NOTED = 0.02
#: Slicings of which a sample of values is held to Fairlearn.
SLICINGS_CHECKED = 3


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


def decide(case: Case, folder: RunFolder, progress: Progress, clock: Clock) -> None:
    """Fill the decision table: by running the model, or from stored predictions."""
    shards = folder.shards("decisions")
    with progress.stage("decisions", case.survey.rows_kept, "rows") as bar:
        size = WINDOW_ROWS if case.adapter else BATCH_ROWS
        numbered = enumerate(windows(RowReader(case.config), size))

        def missing() -> Iterator[tuple[int, pa.Table]]:
            for number, rows in numbered:
                if shards.done(number):
                    clock.reused += 1
                    bar.update(rows.num_rows)
                else:
                    yield number, rows

        if case.adapter:
            from audit.models.engine import ahead
            from audit.models.predict import Predictor

            predictor = Predictor(
                case.adapter, case.schema, labels=case.labels, positive=case.positive,
                budget=case.adapter.facts().batch_tokens,
            )  # fmt: skip
            encode = case.adapter.encode
            for (number, rows), encoded in ahead(missing(), lambda item: encode(examples_of(item[1]))):
                shards.write(number, *predictor.decide(rows, encoded, bar.update))
                clock.computed += 1
        else:
            for number, rows in missing():
                table = stored_decisions(rows, case.schema, case.config, case.positive, case.classes)
                shards.write(number, table, {})
                clock.computed += 1
                bar.update(rows.num_rows)
    shards.join(folder.decisions, case.schema)


@dataclass(frozen=True)
class Comparisons:
    """Everything that was found by comparing groups."""

    compared: list[Compared]
    stratified: list[StratifiedTest]
    adverse: list[AdverseImpact]
    scores: list[ScoreReport]
    found: FindingsSummary
    discovery: Discovery | None


def compare_all(case: Case, folder: RunFolder) -> Comparisons:
    """Tally the decisions once, and compare the groups of every slicing."""
    cells = [CellCounter(slicing) for slicing in case.slicings]
    scores = [ScoreCounter(slicing) for slicing in case.slicings] if case.scored else []
    members = [attribute.label for attribute in case.config.attributes if attribute.members]
    search = search_of(case)
    discovering = DiscoveryCounter(search, case.config.seed) if search else None
    columns = [*tally_columns(case.slicings, members), *(group_columns(search.columns) if search else ())]
    for number, batch in enumerate(read_decisions(folder.decisions, list(dict.fromkeys(columns)))):
        if discovering:
            discovering.add(batch, number)
        summed = with_sums(batch)
        for cell_counter in cells:
            cell_counter.add(summed)
        if scores:
            scored = with_score_sums(batch, case.positive, number)
            for score_counter in scores:
                score_counter.add(scored)
    tallies = [counter.done() for counter in cells]
    score_tallies: list[ScoreTally | None] = [counter.done() for counter in scores]
    score_tallies = score_tallies or [None] * len(tallies)
    rng = np.random.default_rng(case.config.seed)
    checked = set(rng.choice(len(tallies), min(SLICINGS_CHECKED, len(tallies)), replace=False).tolist())
    compared = [
        compare(tally, case.question, scored, check=rng if number in checked else None)
        for number, (tally, scored) in enumerate(zip(tallies, score_tallies, strict=True))
    ]
    tests, adverse, reports = [], [], []
    alpha = 1 - case.config.level
    for tally, item in zip(tallies, compared, strict=True):
        for cls in case.question.asked:
            tests += stratified_tests(tally, item.slicing, cls)
        if item.slicing.attributes:
            adverse += [row for selected in item.selected for row in adverse_impact(item.slicing, selected, alpha)]
        report = (
            score_report(item.scores, item.slicing, alpha, case.config.data.score_range)
            if item.scores is not None
            else None
        )
        reports += [report] if report and len(item.slicing.attributes) < 2 else []
    return Comparisons(
        compared,
        tests,
        adverse,
        reports,
        findings(compared, case.config.level),
        discovering.done() if discovering else None,
    )


def search_of(case: Case) -> Search | None:
    """Settle which slices are searched for, if any."""
    config = case.config
    if config.discovery is None or not case.classes:
        return None
    return Search(
        tuple(column.label for column in config.read_as_groups if not column.members),
        config.discovery.depth,
        case.classes,
        case.positive,
        bool(case.survey.labels),
        1 - config.level,
        config.data.columns.cluster is not None,
    )


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


def library_check(compared: list[Compared]) -> LibraryCheck:
    """Sum up what was held to Fairlearn."""
    done = sum((item.checked for item in compared), Checked())
    return LibraryCheck(values=done.values, largest_difference=done.largest_difference)


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


def describe_data(case: Case, folder: RunFolder) -> DataFacts:
    """Count what the decision table holds, and stop if no decision can be used."""
    rows_sha256 = hash_rows(case, folder)
    statuses: Counter[str] = Counter()
    predictions: Counter[str] = Counter()
    labels: Counter[str] = Counter()
    for batch in read_decisions(folder.decisions, ["status", "y_true", "y_pred", "count"]):
        for column, counter in (("status", statuses), ("y_pred", predictions), ("y_true", labels)):
            sums = batch.group_by(column).aggregate([("count", "sum")])
            for key, count in zip(sums[column].to_pylist(), sums["count_sum"].to_pylist(), strict=True):
                if key is not None:
                    counter[key] += count
    with pq.ParquetFile(folder.decisions, pre_buffer=False) as file:
        rows = file.metadata.num_rows
    if not statuses.total():
        raise DataError("no decision to audit: every count is 0", where=str(case.config.data.path))
    if not statuses.total() - statuses["failed"]:
        raise ModelError("the model gave no usable output for any row: its logits are not finite numbers")
    return DataFacts(
        name=case.config.data.path.name,
        format=case.survey.format,
        sha256=case.survey.sha256,
        rows_read=case.survey.rows_read,
        rows_filtered=case.survey.rows_read - case.survey.rows_kept,
        rows=rows,
        rows_sha256=rows_sha256,
        decisions=statuses.total(),
        statuses=dict(sorted(statuses.items())),
        labels={cls: labels[cls] for cls in case.classes},
        predictions={cls: predictions[cls] for cls in case.classes},
        unlabelled=case.survey.unlabelled,
        weighted=case.survey.weighted,
        clusters=case.survey.clusters,
    )


def hash_rows(case: Case, folder: RunFolder) -> str:
    """Hash ids, labels and groups of the audited rows: what two audits must share for their rows to be the same."""
    names = group_columns(attribute.label for attribute in case.config.attributes)
    names += [control_column(name) for name in case.config.controls]
    shared = [members_column(*group_columns([item.label])) for item in case.config.attributes if item.members]
    # Not the searched columns: they are no part of the question.
    columns = ["row_id", "y_true", "y_value", "weight", "count", "cluster", *names, *shared]
    digest = hashlib.sha256(json.dumps(columns).encode())
    for batch in windows(read_decisions(folder.decisions, columns), BATCH_ROWS):
        frame = batch.to_pandas()
        for name in shared:
            frame[name] = [repr([tuple(item.values()) for item in row]) for row in batch[name].to_pylist()]
        digest.update(pd.util.hash_pandas_object(frame, index=False).to_numpy().tobytes())
    return digest.hexdigest()


def remarks(case: Case, data: DataFacts, work: Mapping[str, int]) -> list[Note]:
    """Collect what was assumed, changed or skipped, so that nothing is dropped in silence."""
    notes = [
        Note(code=f"rows_{status}", params={"n": data.statuses[status]})
        for status in ("truncated", "empty", "failed")
        if data.statuses.get(status)
    ]
    if data.rows_filtered:
        notes.append(
            Note(code="rows_filtered", params={"n": data.rows_filtered, "columns": sorted(case.config.data.where)})
        )
    if data.unlabelled and any(data.labels.values()):
        notes.append(Note(code="rows_unlabelled", params={"n": data.unlabelled}))
    for attribute in case.config.attributes:
        n = case.survey.groups[attribute.label].get(MISSING, 0)
        if n:
            notes.append(Note(code="missing_group", params={"attribute": attribute.label, "n": n}))
    if data.clusters is not None:
        notes.append(Note(code="clusters", params={"clusters": data.clusters, "rows": data.rows}))
    model = case.adapter.facts() if case.adapter else None
    if model and model.stored_dtype != model.dtype:
        notes.append(Note(code="other_dtype", params={"stored": model.stored_dtype, "computed": model.dtype}))
    read, unknown = work.get("tokens_read", 0), work.get("tokens_unknown", 0)
    if unknown > UNKNOWN_NOTED * read:
        code = "tokens_mostly_unknown" if unknown > read / 2 else "tokens_unknown"
        notes.append(Note(code=code, params={"n": unknown, "of": read}))
    return [*notes, *(case.adapter.notes if case.adapter else ())]
