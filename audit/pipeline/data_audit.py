"""The data audit: as a stage of an audit, or by itself, without a model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from audit.config import AuditConfig
from audit.config.data_audit import DataAuditConfig
from audit.data.decided import NOTHING
from audit.data.examples import Plain, joined
from audit.data.labels import match_labels
from audit.data.stored import negative_class
from audit.data.survey import Survey, positive_class, survey
from audit.data_audit.labels import Probabilities
from audit.data_audit.rows import Rows
from audit.data_audit.stage import look_at
from audit.models.described import classes_of
from audit.models.token_lengths import TokenLengths, token_lengths
from audit.pipeline.case import Case
from audit.result import DataAudit, TooLong
from audit.store.decisions import read_decisions
from audit.store.runfolder import RunFolder

#: Characters beyond which a text is too long, where nobody said and no model tells.
LONGEST = 2_000
#: Classes whose rates are told, the most frequent: of more, nobody reads them.
MOST_CLASSES = 50


def data_audit(config: AuditConfig) -> DataAudit:
    """Look at the data of an audit, without its model: as the command `audit data` does.

    Raises
    ------
    AuditError
        For data that cannot be audited, as `audit validate` does.
    """
    surveyed = survey(config)
    known = classes_of(config.model) if config.model else None
    labels: dict[str, str] = {}
    if known is not None and config.data.outcome != "number":
        labels, _ = match_labels(config, sorted(surveyed.labels), known)
    return _look(
        config, surveyed, _positive(config, surveyed, known), labels, lambda rows: _stored(config, rows, surveyed)
    )


def look_at_data(case: Case, folder: RunFolder) -> DataAudit | None:
    """Look at the data as a stage of an audit, if it was asked for."""
    if case.config.data_audit is None:
        return None
    return _look(
        case.config, case.survey, case.positive, case.labels, lambda rows: _decided(case, folder, rows)
    )  # fmt: skip


def _look(
    config: AuditConfig, surveyed: Survey, positive: str | None, labels: Mapping[str, str], probabilities: Any
) -> DataAudit:
    settings = config.data_audit or DataAuditConfig()
    tokens = token_lengths(config.model) if settings.longest is None and config.data.columns.input else None
    too_long = _limit(settings, tokens)

    def measure(examples: Sequence[Plain]) -> Sequence[int]:
        texts = [example for example in examples if isinstance(example, str | tuple)]
        if tokens is not None and len(texts) == len(examples):
            return tokens.of(texts)
        return [len(joined(example)) for example in examples]

    nothing = NOTHING.get(config.data.outcome)
    frequent = [name for name, _ in surveyed.labels.most_common() if name != nothing][:MOST_CLASSES]
    asked = [name for name in frequent if labels.get(name, name) == positive] or sorted(frequent)
    return look_at(
        config,
        rows=surveyed.rows_kept,
        files=surveyed.files,
        classes=asked,
        too_long=too_long,
        measure=measure,
        probabilities=probabilities,
    )


def _limit(settings: DataAuditConfig, tokens: TokenLengths | None) -> TooLong:
    if settings.longest is not None:
        return TooLong(limit=settings.longest, unit="characters", source="configured")
    if tokens is not None:
        return TooLong(limit=tokens.limit, unit="tokens", source="model")
    return TooLong(limit=LONGEST, unit="characters", source="default")


def _positive(config: AuditConfig, surveyed: Survey, known: list[str] | None) -> str | None:
    """Name the class whose rates are told, where there is one."""
    if config.data.outcome != "class":
        return None
    classes = known or surveyed.classes_seen
    if config.data.positive_label is None and len(classes) != 2:
        return None
    return positive_class(config, classes)


def _stored(config: AuditConfig, rows: Rows, surveyed: Survey) -> Probabilities | None:
    """Take stored scores for probabilities, where they are."""
    positive = config.data.positive_label
    if config.data.outcome != "class" or positive is None or config.data.columns.score is None:
        return None
    if config.data.score_range is not None or not 1 <= len(surveyed.classes_seen) <= 2:
        return None
    classes = [negative_class(positive, surveyed.classes_seen), positive]
    return Probabilities(classes, np.stack([1 - rows.score, rows.score], 1), {})


def _decided(case: Case, folder: RunFolder, rows: Rows) -> Probabilities | None:
    """Read the probabilities that the model gave."""
    if case.adapter is None:
        return _stored(case.config, rows, case.survey)
    if case.config.data.outcome != "class":
        return None
    values = np.full((rows.size, len(case.classes)), np.nan)
    place = {row: at for at, row in enumerate(rows.ids)}
    for batch in read_decisions(folder.decisions, ["row_id", "logits", "score"]):
        at = [place[row] for row in batch["row_id"].to_pylist()]
        for row, logits, score in zip(at, batch["logits"].to_pylist(), batch["score"].to_pylist(), strict=True):
            if logits is not None and len(logits) == len(case.classes):
                whole = np.exp(np.array(logits) - max(logits))
                values[row] = whole / whole.sum()
            elif score is not None and len(case.classes) == 2 and case.positive is not None:
                own = case.classes.index(case.positive)
                values[row, own], values[row, 1 - own] = score, 1 - score
    return Probabilities(case.classes, values, case.labels)
