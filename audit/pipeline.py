"""The whole story of one audit, top to bottom."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

import audit
from audit.config import MISSING, AuditConfig, load_config, parse_config
from audit.data.labels import match_labels
from audit.data.rows import RowReader, group_names
from audit.data.stored import negative_class, stored_decisions, windows
from audit.data.survey import Survey, positive_class, survey
from audit.decisions import BATCH_ROWS, decision_schema, read_decisions
from audit.environment import environment
from audit.errors import DataError, ModelError, some
from audit.fairness.disparities import Compared, Question, compare, findings
from audit.fairness.metrics import choose_metrics
from audit.fairness.stratified import stratified_tests
from audit.fairness.tally import Slicing, tally_columns, tally_decisions
from audit.models.adapter import Adapter, load_adapter
from audit.models.engine import ahead
from audit.models.predict import WINDOW_ROWS, Predictor
from audit.policy.judge import judge
from audit.policy.rules import check_policy, named_rules
from audit.progress import Progress
from audit.report.write import write_report
from audit.result import AuditResult, DataFacts, Explanations, FindingsSummary, Note, StratifiedTest, Timings
from audit.runfolder import RunFolder, fingerprint_of


def run(
    config: AuditConfig | Path | str | dict[str, Any],
    *,
    resume: bool = False,
    overwrite: bool = False,
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
        Replace what an earlier audit left in the folder.
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
    if isinstance(config, dict):
        config = parse_config(config)
    elif not isinstance(config, AuditConfig):
        config = load_config(config)
    clock = Clock()
    progress = progress or Progress(quiet=True)

    with clock.timing("survey"):
        surveyed = survey(config)
    with clock.timing("load"):
        adapter = load_adapter(config.model) if config.model else None
    case = understand(config, surveyed, adapter)

    folder = RunFolder(config.output.folder)
    fingerprint = fingerprint_of_run(config, surveyed, adapter)
    if finished := folder.begin(fingerprint, resume=resume, overwrite=overwrite):
        return finished
    with clock.timing("decide"):
        decide(case, folder, progress, clock)
        data = describe_data(case, folder)
    with clock.timing("compare"):
        compared, stratified, found = compare_all(case, folder)
    with clock.timing("explain"):
        explanations = explain(case, folder, progress, clock)

    result = assemble(case, folder, data, compared, stratified, found, explanations, clock)
    if config.policy.rules or config.policy.presets:
        result = result.model_copy(update={"judgement": judge(result, config.policy)})
    folder.write_result(result)
    write_report(folder)
    folder.finish(fingerprint, vouched(result))
    return result


@dataclass
class Clock:
    """Seconds per stage, and parts computed or reused: what may differ between two runs of one audit."""

    started: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))
    seconds: dict[str, float] = field(default_factory=dict)
    computed: int = 0
    reused: int = 0

    def timing(self, stage: str) -> _Stage:
        """Time one stage."""
        return _Stage(self, stage)


@dataclass
class _Stage:
    clock: Clock
    name: str
    began: float = 0.0

    def __enter__(self) -> None:
        self.began = time.perf_counter()

    def __exit__(self, *_: object) -> None:
        self.clock.seconds[self.name] = round(time.perf_counter() - self.began, 3)


@dataclass
class Case:
    """What is audited, after configuration, data and model were held against each other."""

    config: AuditConfig
    survey: Survey
    adapter: Adapter | None
    classes: list[str]
    positive: str | None
    labels: dict[str, str]
    schema: pa.Schema
    slicings: list[Slicing]
    question: Question
    notes: list[Note]


def understand(config: AuditConfig, surveyed: Survey, adapter: Adapter | None) -> Case:
    """Settle classes, labels, metrics and slicings, or say what contradicts what."""
    notes: list[Note] = []
    labels = {label: label for label in surveyed.labels}
    if adapter:
        classes = list(adapter.classes)
        labels, by_number = match_labels(config, sorted(surveyed.labels), classes)
        if by_number:
            notes.append(Note(code="labels_by_number", params={"classes": classes}))
    else:
        classes = surveyed.classes_seen
        if config.data.columns.prediction is None and config.data.positive_label is not None:
            named = config.data.positive_label
            classes = sorted({named, negative_class(named, classes), *classes})
        if len(classes) > 2 and config.data.columns.prediction is None:
            raise DataError(
                f"a score predicts one of two classes, the labels are {some(classes)}", where=str(config.data.path)
            )
    positive = positive_class(config, classes)
    scored = (
        positive is not None and len(classes) == 2 and (adapter is not None or config.data.columns.score is not None)
    )
    labelled = bool(surveyed.labels)
    metrics, criteria = choose_metrics(config.metrics, binary=len(classes) == 2, labelled=labelled, scored=scored)
    if not labelled:
        notes.append(Note(code="no_labels"))
    names = [attribute.label for attribute in config.attributes]
    # The empty slicing is everybody: the reference line of the charts.
    clustered = config.data.columns.cluster is not None
    slicings = [Slicing((), (), clustered), *(Slicing((name,), config.controls, clustered) for name in names)]
    slicings += [Slicing(crossing, config.controls, clustered) for crossing in config.crossings]
    audited = [list(slicing.attributes) for slicing in slicings if slicing.attributes]
    check_policy(config.policy, audited, [metric.name for metric in metrics if metric.numerator is not None])
    check_policy_groups(config, surveyed)
    order = {attribute.label: group_names(attribute) for attribute in config.attributes}
    question = Question(metrics, criteria, classes, positive, config.level, outside_gaps(config), order)
    schema = decision_schema(names, config.controls)
    return Case(config, surveyed, adapter, classes, positive, labels, schema, slicings, question, notes)


def check_policy_groups(config: AuditConfig, surveyed: Survey) -> None:
    """Refuse a rule that exempts or refers to a group which does not occur: it would not do what it says."""
    groups = {group for counter in surveyed.groups.values() for group in counter}
    for name, rule in named_rules(config.policy):
        named = [*rule.exempt, *([rule.reference] if rule.reference else [])]
        unknown = [group for group in named if not set(group.split(" × ")) <= groups]
        if unknown:
            raise DataError(
                f"policy, {name}: no group is called {some(unknown)}", hint=f"groups are {some(sorted(groups), 20)}"
            )


def outside_gaps(config: AuditConfig) -> dict[str, dict[str, str]]:
    """List the groups that are shown but enter no gap, with the reason."""
    outside = {}
    for attribute in config.attributes:
        groups = dict.fromkeys(attribute.outside_gaps, "configured")
        if not attribute.missing_in_gaps:
            groups.setdefault(MISSING, "missing")
        outside[attribute.label] = groups
    return outside


def fingerprint_of_run(config: AuditConfig, surveyed: Survey, adapter: Adapter | None) -> dict[str, str]:
    """Hash everything that decides the outcome."""
    model = adapter.facts() if adapter else None
    return {
        "configuration": fingerprint_of(portable(config)),
        "data": surveyed.sha256,
        "model": fingerprint_of([model.sha256, model.device] if model else None),
        "tool version": audit.__version__,
    }


def portable(config: AuditConfig) -> dict[str, Any]:
    """Return the configuration as plain data, without where things lie on this machine."""
    plain = config.model_dump(mode="json")
    plain["data"]["path"] = config.data.path.name
    if config.model:
        plain["model"]["path"] = config.model.path.resolve().name
    del plain["output"]["folder"]
    return plain


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
            predictor = Predictor(
                case.adapter, case.schema, labels=case.labels, positive=case.positive,
                budget=case.adapter.facts().batch_tokens,
            )  # fmt: skip
            for (number, rows), encoded in ahead(missing(), lambda item: predictor.encode(item[1])):
                shards.write(number, *predictor.decide(rows, encoded, bar.update))
                clock.computed += 1
        else:
            for number, rows in missing():
                table = stored_decisions(rows, case.schema, case.config, case.positive, case.classes)
                shards.write(number, table, {})
                clock.computed += 1
                bar.update(rows.num_rows)
    shards.join(folder.decisions, case.schema)


def compare_all(case: Case, folder: RunFolder) -> tuple[list[Compared], list[StratifiedTest], FindingsSummary]:
    """Tally the decisions once, and compare the groups of every slicing."""
    batches = read_decisions(folder.decisions, tally_columns(case.slicings))
    tallies = tally_decisions(batches, case.slicings)
    compared = [compare(tally, case.question) for tally in tallies]
    tests = []
    for tally, item in zip(tallies, compared, strict=True):
        if item.slicing is not None:
            for cls in case.question.asked:
                tests += stratified_tests(tally, item.slicing, cls)
    return compared, tests, findings(compared, case.config.level)


def explain(case: Case, folder: RunFolder, progress: Progress, clock: Clock) -> Explanations | None:
    """Explain a sample of the decisions."""
    if case.adapter is None:
        case.notes.append(Note(code="no_model_no_explanations"))
        return None
    if not case.config.explanations.sample:
        case.notes.append(Note(code="explanations_off"))
        return None
    # Captum takes a second to import, which an audit without explanations need not wait for.
    from audit.explain.stage import explain_sample

    slicings = [slicing.attributes for slicing in case.slicings if slicing.attributes]
    explained = explain_sample(case.config, case.adapter, slicings, folder, progress)
    clock.computed += explained.computed
    clock.reused += explained.reused
    return explained.summary


def assemble(
    case: Case,
    folder: RunFolder,
    data: DataFacts,
    compared: list[Compared],
    stratified: list[StratifiedTest],
    found: FindingsSummary,
    explanations: Explanations | None,
    clock: Clock,
) -> AuditResult:
    """Put the parts together."""
    config, model = case.config, case.adapter.facts() if case.adapter else None
    work = Counter(folder.shards("decisions").counters())
    work.update(folder.shards("attributions").counters())
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
        slicings=[item.slicing for item in compared if item.slicing],
        metrics=[value for item in compared for value in item.metrics],
        disparities=[gap for item in compared for gap in item.disparities],
        class_reports=[report for item in compared for report in item.class_reports],
        stratified=stratified,
        findings=found,
        judgement=None,
        explanations=explanations,
        notes=[*case.notes, *remarks(case, data), *(note for item in compared for note in item.notes)],
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


def vouched(result: AuditResult) -> dict[str, Any]:
    """Collect what the manifest says beside the hashes of files."""
    model = result.model
    return {
        "tool_version": result.tool_version,
        "created": result.timings.finished,
        "configuration_sha256": result.config_sha256,
        "data_sha256": result.data.sha256,
        "model_sha256": model.sha256 if model else None,
        "device": model.device if model else None,
        "dtype": model.dtype if model else None,
        "seed": result.seed,
        "environment": result.environment.model_dump(),
    }


def describe_data(case: Case, folder: RunFolder) -> DataFacts:
    """Count what the decision table holds, and stop if no decision can be used."""
    statuses: Counter[str] = Counter()
    predictions: Counter[str] = Counter()
    labels: Counter[str] = Counter()
    for batch in read_decisions(folder.decisions, ["status", "y_true", "y_pred", "count"]):
        for column, counter in (("status", statuses), ("y_pred", predictions), ("y_true", labels)):
            sums = batch.group_by(column).aggregate([("count", "sum")])
            for key, count in zip(sums[column].to_pylist(), sums["count_sum"].to_pylist(), strict=True):
                if key is not None:
                    counter[key] += count
    with pq.ParquetFile(folder.decisions) as file:
        rows = file.metadata.num_rows
    if not statuses.total() - statuses["failed"]:
        raise ModelError("the model gave no usable output for any row: its logits are not finite numbers")
    return DataFacts(
        name=case.config.data.path.name,
        format=case.survey.format,
        sha256=case.survey.sha256,
        rows_read=case.survey.rows_read,
        rows_filtered=case.survey.rows_read - case.survey.rows_kept,
        rows=rows,
        decisions=statuses.total(),
        statuses=dict(sorted(statuses.items())),
        labels={cls: labels[cls] for cls in case.classes},
        predictions={cls: predictions[cls] for cls in case.classes},
        unlabelled=case.survey.unlabelled,
        weighted=case.survey.weighted,
        clusters=case.survey.clusters,
    )


def remarks(case: Case, data: DataFacts) -> list[Note]:
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
    if data.unlabelled and data.labels:
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
    return notes
