"""The whole story of one audit, top to bottom."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from audit.config import AuditConfig, load_config, parse_config
from audit.data.shown import Seeing
from audit.data.survey import survey
from audit.errors import AuditError
from audit.findings.join import with_findings
from audit.frameworks.loading import packs_of
from audit.pipeline.case import Case, fingerprint_of_run, understand
from audit.pipeline.clock import Clock
from audit.pipeline.comparisons import compare_all, with_explained_rates
from audit.pipeline.consequences import consequences
from audit.pipeline.data_audit import look_at_data
from audit.pipeline.decide import decide
from audit.pipeline.exchanges import exchange_groups
from audit.pipeline.facts import describe
from audit.pipeline.gaps import gaps_to_look_into
from audit.pipeline.heap import settled_heap
from audit.pipeline.inputs import keep_inputs, seeing_of
from audit.pipeline.persons import exchange_names
from audit.pipeline.privacy import look_for_memory, remembering_asked
from audit.pipeline.probes import ask_probes
from audit.pipeline.record import record, vouched
from audit.pipeline.review_again import count_again, error_assumed
from audit.pipeline.versions import changed_rows, compare_versions, fingerprint_of_baseline
from audit.pipeline.why import explain_why, flag_decisions
from audit.policy.baseline import Reference, load_baseline
from audit.policy.judge import judge
from audit.policy.location import locate_rules
from audit.report.documents import Telling
from audit.report.write import write_documents
from audit.result import AuditResult, Comparison, DataAudited, Measured, PolicySource, Probing, Verdicts
from audit.scorecard.loading import load_card
from audit.scorecard.scoring import scored
from audit.store.lock import held
from audit.store.progress import Progress
from audit.store.runfolder import RunFolder

if TYPE_CHECKING:
    from audit.engine.job import Engine
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
    packs_of(config.frameworks)
    reference = load_baseline(Path(baseline)) if baseline is not None else None
    clock = Clock()
    progress = progress or Progress(quiet=True)

    with clock.timing("survey"):
        surveyed = survey(config)
    with clock.timing("load"):
        adapter = load(config)
    case = understand(config, surveyed, adapter)
    case.remembering = remembering_asked(case)

    place = RunFolder(config.output.folder)
    fingerprint = fingerprint_of_run(config, surveyed, adapter, case.probes) | {
        "baseline": fingerprint_of_baseline(reference),
        **case.remembering.fingerprint(),
    }
    with held(place.path), settled_heap(), working(config, adapter) as case.engine:
        if finished := place.begin(fingerprint, resume=resume, overwrite=overwrite):
            return finished
        folder = place.draft
        result = audited(case, folder, reference, progress, clock)
        result = result.model_copy(update={"policy_source": source or policy_source})
        comparison, incomparable = hold_against(
            result, folder, reference, config, other_rows=other_rows, seeing=seeing_of(adapter)
        )
        result = folder.write_result(concluded(result.model_copy(update={"comparison": comparison}), folder, config))
        write_documents(Telling(folder, result))
        reviewed = error_assumed(place)
        place.finish(fingerprint, vouched(result))
    count_again(place, reviewed)
    if incomparable is not None:
        raise incomparable
    return result


def audited(
    case: Case, folder: RunFolder, reference: Reference | None, progress: Progress, clock: Clock
) -> AuditResult:
    """Go through all stages, from the first decision to the last flag; nothing is judged yet."""
    with clock.timing("decide"):
        decide(case, folder, progress, clock)
        subject = describe(case, folder)
    with clock.timing("compare"):
        fairness = compare_all(case, folder)
    with clock.timing("data_audit"):
        looked = DataAudited(data_audit=look_at_data(case, folder))
    with clock.timing("exchange"):
        probed = exchange_groups(case, folder, progress, clock)
        named = exchange_names(case, folder, progress, clock)
    gaps = gaps_to_look_into(Measured.of(subject, fairness), case.config)
    with clock.timing("explain"):
        changed = changed_rows(folder, subject.data, reference, case.config.seed)
        explained = explain_why(case, folder, progress, clock, probed, named, gaps, changed)
        fairness = with_explained_rates(fairness, case, explained.table)
    asked = ask_probes(case, folder, progress, clock, explained.table)
    with clock.timing("flag"):
        why = flag_decisions(case, folder, probed, named, explained, asked)
    with clock.timing("remembered"):
        remembered = look_for_memory(case, folder, progress, clock)
    with clock.timing("consequences"):
        meaning = consequences(case, folder, fairness)
    case.survey.images.check()
    told = record(case, subject, folder, clock, [*explained.notes, *asked.notes])
    verdicts = Verdicts(comparison=None, policy_source=None, judgement=None)
    result = AuditResult.of(
        subject, fairness, looked, verdicts, why, Probing(probes=asked.results), remembered, meaning, told
    )
    return with_scorecard(result, case.config)


def with_scorecard(result: AuditResult, config: AuditConfig) -> AuditResult:
    """Sum up dimensions of risk, where that was asked for."""
    if config.scorecard is None:
        return result
    file = config.scorecard.file
    return result.model_copy(update={"scorecard": scored(result, load_card(file), file.name if file else None)})


def concluded(result: AuditResult, folder: RunFolder, config: AuditConfig) -> AuditResult:
    """Judge what was measured, and say what it comes to."""
    if config.policy.rules or config.policy.presets:
        result = result.model_copy(update={"judgement": judge(result, config.policy)})
    return with_findings(result, folder.read_flagged())


def hold_against(
    result: AuditResult,
    folder: RunFolder,
    reference: Reference | None,
    config: AuditConfig,
    *,
    other_rows: bool,
    seeing: Seeing | None = None,
) -> tuple[Comparison | None, AuditError | None]:
    """Compare with the baseline, if there is one, and keep the texts that the report then shows.

    Parameters
    ----------
    seeing
        How the model sees a picture.

    Returns
    -------
    comparison, error
        Why they cannot be compared is returned, not raised: the audit itself is sound, and is written first.
    """
    if reference is None:
        return None, None
    try:
        comparison = compare_versions(result, folder, reference, other_rows=other_rows)
    except AuditError as error:
        return None, error
    if comparison.explanations and config.explanations.shown:
        shown = [row.row_id for row in comparison.explanations.shown]
        keep_inputs(config, folder, shown, seeing=seeing)
    return comparison, None


@contextmanager
def working(config: AuditConfig, adapter: Adapter | None) -> Iterator[Engine | None]:
    """Give who does the heavy work, and let all go at the end; nobody where there is no model."""
    if adapter is None:
        yield None
        return
    from audit.engine.choosing import engine_for

    with engine_for(config, adapter) as engine:
        yield engine


def load(config: AuditConfig) -> Adapter | None:
    """Load the model, if there is one. Stored predictions are audited without ever importing torch."""
    if config.model is None:
        return None
    from audit.models.registry import load_adapter

    return load_adapter(config.model, config)
