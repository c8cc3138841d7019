"""What the data of an audit are, and what was assumed, changed or skipped."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

import audit
from audit.config import MISSING
from audit.data.decided import NOTHING
from audit.data.rows import RowReader
from audit.errors import DataError, ModelError, some
from audit.fairness.codes import Coded, cells_of
from audit.pipeline.case import Case, portable
from audit.result import Confused, DataFacts, Note, Subject
from audit.store.columns import control_column, group_columns, members_column
from audit.store.decisions import BATCH_ROWS, read_decisions, windows
from audit.store.runfolder import RunFolder, fingerprint_of

#: Share of tokens that the tokenizer does not know, from which that is noted.
UNKNOWN_NOTED = 0.02


def describe(case: Case, folder: RunFolder) -> Subject:
    """Say what was audited, and how; stop if no decision can be used."""
    config, model = case.config, case.adapter.facts() if case.adapter else None
    plain = portable(config)
    return Subject(
        tool_version=audit.__version__,
        title=config.output.title or (model.name if model else config.data.path.stem),
        config=plain,
        config_sha256=fingerprint_of(plain),
        level=config.level,
        seed=config.seed,
        positive_class=case.positive,
        classes=case.classes,
        model=model,
        data=describe_data(case, folder),
    )


@dataclass(frozen=True)
class Counted:
    """Decisions of a table by status, by reason of failure, by prediction, by label, and by the last two."""

    statuses: Counter[str] = field(default_factory=Counter)
    failures: Counter[str] = field(default_factory=Counter)
    predictions: Counter[str] = field(default_factory=Counter)
    labels: Counter[str] = field(default_factory=Counter)
    confusion: Counter[tuple[str, str]] = field(default_factory=Counter)

    @property
    def decisions(self) -> int:
        """How many there are, without rows about which there is nothing to decide."""
        return self.statuses.total() - self.statuses["nothing"]

    def told(self, classes: list[str]) -> dict[str, Any]:
        """Return the counts as the result tells them."""
        return {
            "decisions": self.decisions,
            "statuses": dict(sorted(self.statuses.items())),
            "failures": dict(sorted(self.failures.items())),
            "labels": {cls: self.labels[cls] for cls in classes},
            "predictions": {cls: self.predictions[cls] for cls in classes},
            "confusion": [
                Confused(y_true=true, y_pred=found, n=self.confusion[true, found])
                for true in classes
                for found in classes
                if self.confusion[true, found]
            ],
        }


def count_decisions(folder: RunFolder) -> Counted:
    """Count what the decision table holds."""
    found = Counted()
    keys = ["status", "reason", "y_true", "y_pred"]
    cells: Counter[tuple[str | None, ...]] = Counter()
    for batch in read_decisions(folder.decisions, [*keys, "count"], coded=True):
        coded = Coded(batch)
        sums = cells_of(coded, keys, {"n": coded.numbers("count")})
        for *cell, n in zip(*(sums[name].to_pylist() for name in [*keys, "n"]), strict=True):
            cells[tuple(cell)] += n
    for (status, reason, true, said), n in cells.items():
        found.statuses[str(status)] += n
        if status == "nothing":
            continue
        for key, counter in ((reason, found.failures), (said, found.predictions), (true, found.labels)):
            if key is not None:
                counter[key] += n
        if status != "failed" and true is not None:
            found.confusion[true, str(said)] += n
    return found


def describe_data(case: Case, folder: RunFolder) -> DataFacts:
    """Say what the decision table holds, and stop if no decision can be used."""
    rows_sha256 = hash_rows(case, folder)
    counted = count_decisions(folder)
    if not counted.decisions:
        why = "no label and no prediction names anything" if case.config.data.several else "every count is 0"
        raise DataError(f"no decision to audit: {why}", where=str(case.config.data.path))
    if counted.decisions == counted.statuses["failed"]:
        raise ModelError(f"no decision about any row succeeded; why: {some(sorted(counted.failures))}")
    return DataFacts(
        name=case.config.data.path.name,
        format=case.survey.format,
        files=case.survey.files,
        sha256=case.survey.sha256,
        read=next(iter(case.config.data.columns.read), None),
        rows_read=case.survey.rows_read,
        rows_filtered=case.survey.rows_read - case.survey.rows_kept,
        rows=case.survey.rows_kept,
        rows_sha256=rows_sha256,
        **counted.told(case.classes),
        nothing=NOTHING.get(case.config.data.outcome),
        unlabelled=case.survey.unlabelled,
        median_score=median_score(case),
        weighted=case.survey.weighted,
        clusters=clusters_of(case),
    )


def median_score(case: Case) -> float | None:
    """Median of all scores, on their own scale; None where it decides nothing."""
    if case.survey.median is None:
        return None
    low, high = case.config.data.score_range or (0.0, 1.0)
    return low + case.survey.median * (high - low)


def clusters_of(case: Case) -> int | None:
    """How many clusters the decisions form: the decisions about one row do, unless the data name others."""
    return case.survey.clusters or case.survey.rows_kept if case.config.data.several else case.survey.clusters


def hash_rows(case: Case, folder: RunFolder) -> str:
    """Hash ids, labels and groups of the audited rows: what two audits must share for their rows to be the same.

    Where a row has several decisions, which ones there are depends on what was predicted; so the rows are read again.
    """
    config = case.config
    names = group_columns(attribute.label for attribute in config.attributes if attribute.entity is None)
    names += [control_column(name) for name in config.controls]
    shared = [members_column(*group_columns([item.label])) for item in config.attributes if item.members]
    # Not the searched columns: they are no part of the question.
    true = ["gold"] if config.data.several else ["y_true", "y_value"]
    columns = ["row_id", *true, "weight", "count", "cluster", *names, *shared]
    batches = RowReader(config) if config.data.several else read_decisions(folder.decisions, columns)
    digest = hashlib.sha256(json.dumps(columns).encode())
    for batch in windows((batch.select(columns) for batch in batches), BATCH_ROWS):
        frame = batch.to_pandas()
        for name in shared:
            frame[name] = [repr([tuple(item.values()) for item in row]) for row in batch[name].to_pylist()]
        if config.data.several:
            frame["gold"] = [json.dumps(row) for row in batch["gold"].to_pylist()]
        digest.update(pd.util.hash_pandas_object(frame, index=False).to_numpy().tobytes())
    return digest.hexdigest()


def remarks(case: Case, data: DataFacts, work: Mapping[str, int]) -> list[Note]:
    """Collect what was assumed, changed or skipped, so that nothing is dropped in silence."""
    notes = [
        Note(code=f"rows_{status}", params={"n": data.statuses[status]})
        for status in ("truncated", "empty")
        if data.statuses.get(status)
    ]
    notes += [Note(code=f"failed_{reason}", params={"n": n}) for reason, n in data.failures.items()]
    if data.rows_filtered:
        period = case.config.data.period
        columns = sorted({*case.config.data.where, *([period.column] if period else [])})
        notes.append(Note(code="rows_filtered", params={"n": data.rows_filtered, "columns": columns}))
    if data.unlabelled and any(data.labels.values()):
        notes.append(Note(code="rows_unlabelled", params={"n": data.unlabelled}))
    if data.median_score is not None:
        notes.append(Note(code="cut_at_median", params={"median": f"{data.median_score:.6g}", "n": data.decisions}))
    for attribute in case.config.attributes:
        n = case.survey.groups.get(attribute.label, Counter()).get(MISSING, 0)
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
    notes += [
        Note(code=code, params={"n": work[code]})
        for code in ("words_unread", "rows_in_windows", "first_of_several")
        if work.get(code)
    ]
    return [*notes, *(case.adapter.notes if case.adapter else ())]
