"""The whole data audit, top to bottom."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from audit.config import AuditConfig
from audit.config.data_audit import DataAuditConfig
from audit.data_audit.cells import missing, texts
from audit.data_audit.duplicates import duplicates
from audit.data_audit.findings import findings
from audit.data_audit.labels import Probabilities, likely_label_errors
from audit.data_audit.people import annotators
from audit.data_audit.proxies import proxies
from audit.data_audit.rates import Looks
from audit.data_audit.rows import Measure, Rows, read_rows
from audit.data_audit.shares import label_means, label_rates, representation
from audit.result import DataAudit, Note, TooLong


def look_at(
    config: AuditConfig,
    *,
    rows: int,
    files: int,
    classes: Sequence[str],
    too_long: TooLong,
    measure: Measure,
    probabilities: Callable[[Rows], Probabilities | None],
) -> DataAudit:
    """Look at the data themselves.

    Parameters
    ----------
    rows, files
        How many rows there are, and in how many files.
    classes
        Labels whose rates are asked about.
    too_long, measure
        From where on a text is too long, and how long each is.
    probabilities
        Tells what is known of the probabilities of classes, once rows are read.
    """
    settings = config.data_audit or DataAuditConfig()
    found = read_rows(config, rows=rows, sample=settings.sample, classes=classes, measure=measure)
    looks = Looks(found, 1 - config.level, config.seed)
    shares = representation(looks, settings.reference)
    checks = label_rates(looks)
    absent, complete = missing(looks)
    checks += [*absent, *texts(looks, too_long.limit)]
    copies, facts = duplicates(looks, config, settings)
    said, agreement = annotators(looks, settings.annotators)
    suspected, errors = likely_label_errors(looks, probabilities(found))
    checks += [*copies, *said, *suspected]
    told, comparisons = proxies(looks)
    audited = DataAudit(
        rows=found.size,
        files=files,
        sampled=len(found.sample),
        tests=looks.correct(),
        comparisons=comparisons,
        too_long=None if found.length is None else too_long,
        representation=shares,
        checks=checks,
        complete=complete,
        label_means=label_means(looks),
        agreement=agreement,
        personal=list(found.personal),
        duplicates=facts,
        label_errors=errors,
        proxies=told,
        findings=[],
        notes=_notes(config, found, settings, errors is not None),
    )
    return audited.model_copy(update={"findings": findings(audited, looks.alpha)})


def _notes(config: AuditConfig, rows: Rows, settings: DataAuditConfig, has_errors: bool) -> list[Note]:
    """Say what was not looked at, and why."""
    notes = []
    if rows.digest is None:
        notes.append(Note(code="data_no_input"))
    elif rows.empty is None:
        notes.append(Note(code="data_no_texts"))
    if not settings.reference:
        notes.append(Note(code="data_no_reference"))
    if rows.digest is not None and settings.training is None:
        notes.append(Note(code="data_no_training"))
    if not has_errors:
        notes.append(Note(code="data_no_label_errors"))
    if len(rows.sample) < rows.size:
        notes.append(Note(code="data_sampled", params={"n": len(rows.sample), "of": rows.size}))
    of_entities = [attribute.label for attribute in config.attributes if attribute.entity is not None]
    if of_entities:
        notes.append(Note(code="data_not_of_rows", params={"attributes": of_entities}))
    return notes
