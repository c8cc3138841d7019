"""What is audited, after configuration, data and model were held against each other."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa

import audit
from audit.config import MISSING, AuditConfig
from audit.config.nearest import meant
from audit.data.decided import NOTHING
from audit.data.labels import match_labels, without_column
from audit.data.rows import group_names
from audit.data.stored import negative_class
from audit.data.survey import Survey, positive_class
from audit.errors import ConfigError, DataError, ModelError, some
from audit.fairness.compare.question import Question
from audit.fairness.compare.scope import Scope
from audit.fairness.metrics.choosing import choose_metrics
from audit.fairness.metrics.definitions import SEVERAL, Outcome
from audit.fairness.metrics.names import EXPLAINED_RATE
from audit.fairness.tally import Slicing
from audit.pipeline.deployment import check_deployment
from audit.pipeline.entity_groups import TYPE, groups_of_entities
from audit.pipeline.fits import check_outcome, check_policy_groups
from audit.pipeline.persons import NamesAsked, names_asked, names_of
from audit.policy.outcomes import outcome_units
from audit.policy.rules import check_policy, named_rules
from audit.result import Note
from audit.scorecard.loading import load_card
from audit.store.decisions import decision_schema
from audit.store.runfolder import fingerprint_of
from audit.terms.lexicon import Lexicon
from audit.terms.loading import lexicons_sha256, load_lexicons
from audit.text import file_name

if TYPE_CHECKING:
    from audit.engine.job import Engine
    from audit.models.adapter import Adapter
    from audit.pipeline.privacy import Remembering
    from audit.probes.variants import Probe


@dataclass
class Case:
    """What is audited, after configuration, data and model were held against each other."""

    config: AuditConfig
    survey: Survey
    adapter: Adapter | None
    classes: list[str]
    positive: str | None
    scored: bool
    labels: dict[str, str]
    schema: pa.Schema
    slicings: list[Slicing]
    question: Question
    notes: list[Note]
    names: NamesAsked | None = None
    #: Kinds of exchange that the model answers and the configuration asks for.
    exchanges: tuple[str, ...] = ()
    #: What the model is asked about again.
    probes: tuple[Probe, ...] = ()
    #: What is asked about its training.
    remembering: Remembering | None = None
    #: Who does the heavy work; None where there is no model.
    engine: Engine | None = None


def understand(
    config: AuditConfig, surveyed: Survey, adapter: Adapter | None, described: list[str] | None = None
) -> Case:
    """Settle classes, labels, metrics and slicings, or say what contradicts what.

    Parameters
    ----------
    described
        What a model that is not loaded decides between, by its files.
    """
    known = list(adapter.classes) if adapter else described
    if known is not None:
        check_outcome(config, adapter)
    notes = list(surveyed.notes)
    labels = {label: label for label in surveyed.labels}
    numbers = config.data.outcome == "number"
    if numbers:
        classes = []
    elif known is not None:
        classes = known
        labels, noted = _matched(config, surveyed, classes)
        notes += noted
    else:
        classes = surveyed.classes_seen
        if config.data.several:
            columns = config.data.columns
            classes = [NOTHING[config.data.outcome], *sorted({*classes, *columns.labels, *columns.predictions})]
        elif config.data.columns.prediction is None and config.data.positive_label is not None:
            named = config.data.positive_label
            classes = sorted({named, negative_class(named, classes), *classes})
        if len(classes) > 2 and config.data.columns.prediction is None and not config.data.several:
            raise DataError(
                f"a score predicts one of two classes, the labels are {some(classes)}", where=str(config.data.path)
            )
    positive = None if numbers or config.data.several else positive_class(config, classes)
    labelled = surveyed.unlabelled < surveyed.rows_kept if numbers else bool(surveyed.labels)
    asked = ask(config, classes, positive, labelled=labelled, has_model=known is not None, too_fine=surveyed.too_fine)
    metrics, slicings = asked.question.metrics, asked.slicings
    notes += no_probabilities(config)
    if not labelled:
        notes.append(Note(code="no_labels"))
    audited = [list(slicing.attributes) for slicing in slicings if slicing.attributes]
    units: dict[str, str] = {metric.name: metric.unit for metric in metrics}
    if known is not None and config.explanations.which != "none" and (config.explanations.sample or config.exchange):
        units[EXPLAINED_RATE] = "share"
    explaining = known is not None and config.explanations.which != "none"
    if adapter and adapter.unexplainable and explains(config):
        raise ModelError(
            f"its decisions can be audited but not explained: {adapter.unexplainable}",
            where=config.model.called if config.model else None,
            hint="set explanations.which: none",
        )
    names = names_asked(config, adapter)
    exchanged = _exchanged(config, adapter)
    notes += _nothing_exchanged(config, adapter, exchanged, names)
    probes = probes_asked(config)
    units |= outcome_units(
        exchanged=bool(exchanged), named=names is not None, labelled=labelled, explained=explaining,
        flagging=any(probe.flags for probe in probes),
        probes=[(probe.name, probe.transforms) for probe in probes],
        scorecard=config.scorecard is not None,
        members=config.probes is not None and config.probes.membership is not None and known is not None,
    )  # fmt: skip
    standardised = {metric.name for metric in metrics if metric.numerator is not None} if config.controls else set()
    check_policy(
        config.policy,
        audited,
        units,
        {*standardised, *({EXPLAINED_RATE} & set(units))},
        names.slicings if names else [],
    )
    check_policy_groups(config, surveyed, names, _of_entities(config, classes))
    check_deployment(config, surveyed, classes)
    members = [attribute.label for attribute in config.attributes if attribute.members]
    read = [attribute.label for attribute in config.read_as_groups]
    schema = decision_schema(read, config.controls, members)
    return Case(
        config,
        surveyed,
        adapter,
        classes,
        positive,
        asked.scored,
        labels,
        schema,
        slicings,
        asked.question,
        notes,
        names,
        exchanged,
        probes,
    )  # fmt: skip


def _matched(config: AuditConfig, surveyed: Survey, classes: list[str]) -> tuple[dict[str, str], list[Note]]:
    """Return which class each label of the data is, and notes on how that was told and what lacks."""
    labels, by_number = match_labels(config, sorted(surveyed.labels), classes)
    notes = [Note(code="labels_by_number", params={"classes": classes})] if by_number else []
    if lacking := without_column(config, classes):
        notes.append(Note(code="labels_without_column", params={"labels": lacking}))
    return labels, notes


def _nothing_exchanged(
    config: AuditConfig, adapter: Adapter | None, exchanged: Collection[str], names: NamesAsked | None
) -> list[Note]:
    if config.exchange is None or adapter is None or exchanged or names is not None:
        return []
    return [Note(code="nothing_exchanged", params={"task": adapter.facts().task})]


def probes_asked(config: AuditConfig) -> tuple[Probe, ...]:
    """Make the probes that the configuration asks for; without one, nothing that makes them is loaded."""
    if config.probes is None:
        return ()
    from audit.probes.registry import probes_of

    return tuple(probes_of(config))


def _exchanged(config: AuditConfig, adapter: Adapter | None) -> tuple[str, ...]:
    """Name the kinds of exchange that are asked for: of a model that is not loaded, those that any could answer."""
    if config.exchange is None:
        return ()
    answers = adapter.probes if adapter else {"terms", "values", "tone", "light"}
    if config.exchange.values and "values" not in answers:
        raise ConfigError("the model cannot be asked with other values in its fields", where="exchange.values")
    asked = {
        "terms": "terms" in answers and config.data.columns.image is None,
        "values": bool(config.exchange.values),
        "tone": config.exchange.tone is not None and "tone" in answers,
        "light": config.exchange.light > 0 and "light" in answers,
    }
    return tuple(kind for kind, is_asked in asked.items() if is_asked)


@dataclass(frozen=True)
class Asked:
    """What is compared between which groups.

    Attributes
    ----------
    scored
        Whether decisions have scores that mean something.
    """

    slicings: list[Slicing]
    question: Question
    scored: bool


def ask(
    config: AuditConfig,
    classes: list[str],
    positive: str | None,
    *,
    labelled: bool,
    has_model: bool,
    too_fine: Collection[tuple[str, ...]],
) -> Asked:
    """Settle metrics and slicings: the same for an audit and for whoever computes its numbers again.

    Parameters
    ----------
    too_fine
        Crossings that are left out.
    """
    numbers = config.data.outcome == "number"
    several = config.data.outcome if config.data.outcome in SEVERAL else None
    outcome: Outcome = several or ("number" if numbers else "binary" if len(classes) == 2 else "class")
    scored = numbers or (
        positive is not None and len(classes) == 2 and (has_model or config.data.columns.score is not None)
    )
    metrics, criteria = choose_metrics(
        config.metrics, outcome=outcome, labelled=labelled, scored=scored, probabilities=config.data.score_range is None
    )
    names = [attribute.label for attribute in config.attributes]
    # The empty slicing is everybody: the reference line of the charts.
    clustered = config.data.clustered
    # Of labels, each has decisions of its own.
    also = ("output",) if outcome == "labels" else ()
    slicings = [Slicing((), (), clustered, also)]
    crossings = [crossing for crossing in config.crossings if crossing not in too_fine]
    parts = {attribute.label for attribute in config.attributes if attribute.entity is not None}
    slicings += [
        Slicing(group, config.controls, clustered, also, of_rows=not parts & set(group))
        for group in (*((name,) for name in names), *crossings)
    ]
    order = {attribute.label: group_names(attribute) for attribute in config.attributes}
    excused = bool(config.documentation.excluded_categories_justification)
    rules = [rule for _, rule in named_rules(config.policy, excused=excused)]
    scopes = tuple(dict.fromkeys(Scope(rule.exempt, rule.min_share) for rule in rules))
    question = Question(
        metrics, criteria, classes, positive, config.level, outside_gaps(config), order, config.seed, scopes,
        nothing=NOTHING.get(outcome), negatives=outcome != "entities",
    )  # fmt: skip
    return Asked(slicings, question, scored)


def explains(config: AuditConfig) -> bool:
    """Whether decisions of the model are to be explained."""
    settings = config.explanations
    return settings.which != "none" and (settings.which != "sample" or settings.sample > 0)


def no_probabilities(config: AuditConfig) -> list[Note]:
    """Say what is not computed of scores that only rank."""
    if config.data.score_range is None:
        return []
    low, high = config.data.score_range
    left_out = ["mean_prediction", "mean_absolute_error", "mean_squared_error", "log_loss"]
    return [Note(code="scores_no_probabilities", params={"low": low, "high": high, "metrics": left_out})]


def _of_entities(config: AuditConfig, classes: list[str]) -> dict[str, set[str]]:
    """Name the groups of attributes that are of entities by themselves, which no row of the data tells."""
    known = groups_of_entities(config, [name for name in classes if name != NOTHING.get(config.data.outcome)])
    for attribute in config.attributes:
        if unseen := [group for group in attribute.outside_gaps if group not in known.get(attribute.label, (group,))]:
            raise ConfigError(
                f"outside_gaps names {some(unseen)}, which is no group of it",
                where=f"attributes, {attribute.label}",
                hint=f"its groups are {some(sorted(known[attribute.label]), 20)}"
                f"{meant(unseen[0], sorted(known[attribute.label]))}",
            )
    return known


def outside_gaps(config: AuditConfig) -> dict[str, dict[str, str]]:
    """List the groups that are shown but enter no gap, with the reason."""
    outside = {}
    for attribute in config.attributes:
        groups = dict.fromkeys(attribute.outside_gaps, "configured")
        if not attribute.missing_in_gaps:
            groups.setdefault(MISSING, "missing")
        outside[attribute.label] = groups
    return outside


def lexicons_of(config: AuditConfig) -> list[Lexicon]:
    """Load the lexicons that the audit names terms by; none without an exchange."""
    asked = config.exchange
    return load_lexicons(asked.languages, asked.lexicons, replace=asked.replace, axes=asked.axes) if asked else []


def _by_names(config: AuditConfig) -> bool:
    """Whether a list of names has a part in it."""
    return config.exchange is not None or any(attribute.entity not in {None, TYPE} for attribute in config.attributes)


def fingerprint_of_run(
    config: AuditConfig, surveyed: Survey, adapter: Adapter | None, probes: Sequence[Probe] = ()
) -> dict[str, str]:
    """Hash everything that decides the outcome."""
    model = adapter.facts() if adapter else None
    words = [lexicons_sha256(lexicons_of(config))] if config.exchange else []
    words += [names_of(config).sha256] if config.data.outcome == "entities" and _by_names(config) else []
    words += [probe.fingerprint() for probe in probes]
    words += [load_card(config.scorecard.file).sha256] if config.scorecard else []
    return {
        "configuration": fingerprint_of([portable(config), *words]),
        "data": surveyed.sha256,
        "model": fingerprint_of([model.sha256, model.device] if model else None),
        "tool version": audit.__version__,
    }


def portable(config: AuditConfig) -> dict[str, Any]:
    """Return the configuration as plain data, without where things lie on this machine."""
    plain = config.model_dump(mode="json")
    if config.probes:
        plain["probes"] = config.probes.portable().model_dump(mode="json")
    plain["data"]["path"] = config.data.path.portable().plain()
    if config.model:
        plain["model"]["path"] = file_name(config.model.path) if config.model.has_path else ""
        plain["model"]["base"] = config.model.base and file_name(config.model.base)
    if config.exchange:
        plain["exchange"]["lexicons"] = [path.name for path in config.exchange.lexicons]
        plain["exchange"]["names"]["file"] = config.exchange.names.file and config.exchange.names.file.name
    if config.data_audit and config.data_audit.training:
        plain["data_audit"]["training"] = config.data_audit.training.portable().plain()
    if config.scorecard and config.scorecard.file:
        plain["scorecard"]["file"] = config.scorecard.file.name
    del plain["output"]["folder"]
    # Who did the work changes nothing.
    del plain["engine"]
    return plain
