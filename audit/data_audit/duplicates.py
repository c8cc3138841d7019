"""Rows that occur more than once: exactly, nearly, with other labels, or among the rows of training too."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from audit.config import AuditConfig
from audit.config.data_audit import DataAuditConfig
from audit.config.place import DataPath
from audit.data.examples import examples_of, joined
from audit.data.rows import RowReader
from audit.data_audit.near import near_duplicates, near_others, pieces
from audit.data_audit.rates import Looks
from audit.data_audit.rows import Rows, digest_of, digest_of_example
from audit.result import DuplicateFacts, RowCheck

Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]
Hashes = npt.NDArray[np.uint64]


def duplicates(
    looks: Looks, config: AuditConfig, settings: DataAuditConfig
) -> tuple[list[RowCheck], DuplicateFacts | None]:
    """Look for rows that occur more than once.

    Whatever is empty is no duplicate: it is counted as empty. Nothing is found where rows have no input.
    """
    rows = looks.rows
    if rows.digest is None:
        return [], None
    compared = np.ones(rows.size, bool) if rows.empty is None else ~rows.empty
    _, code, counts = np.unique(rows.digest, return_inverse=True, return_counts=True)
    twice = (counts[code] > 1) & compared
    checks = [looks.check("duplicate", None, twice, compared)]
    contradicted = _contradicted(rows, code, twice)
    checks.append(looks.check("contradiction", None, contradicted, compared & rows.labelled))
    texts, near_rows, complete = _Texts.of(rows, code), 0, True
    if texts is not None:
        mine = np.zeros(rows.size, bool)
        mine[rows.sample] = True
        near_rows = int((mine & compared).sum())
        found = near_duplicates(texts.pieces, texts.labels, settings.near)
        complete = found.complete
        checks.append(looks.check("near_duplicate", None, texts.rows(rows, found.found), mine & compared))
        checks.append(
            looks.check(
                "near_contradiction", None, texts.rows(rows, found.contradicted), mine & compared & rows.labelled
            )
        )
    facts = DuplicateFacts(
        sets=int(((counts > 1) & (np.bincount(code, compared) > 0)).sum()),
        near=settings.near,
        near_rows=near_rows,
        near_complete=complete,
        training=None,
        training_rows=None,
        training_near_rows=None,
    )
    if settings.training is not None:
        known = _training(config, settings, settings.training)
        checks.append(looks.check("in_training", None, np.isin(rows.digest, known.hashes) & compared, compared))
        facts.training, facts.training_rows = settings.training.name, known.rows
        if texts is not None:
            close = near_others(texts.pieces, [pieces(text) for text in known.texts], settings.near)
            facts.training_near_rows = len(known.texts)
            facts.near_complete = complete and close.complete
            near = texts.rows(rows, close.found) & ~np.isin(rows.digest, known.hashes)
            checks.append(looks.check("near_training", None, near, mine & compared))
    return checks, facts


def _contradicted(rows: Rows, code: Ints, twice: Bools) -> Bools:
    """Rows whose equals have another label."""
    labels: dict[int, set[str]] = defaultdict(set)
    at = np.flatnonzero(twice & rows.labelled)
    for row in at:
        labels[int(code[row])].add(rows.truth[row])
    found = np.zeros(rows.size, bool)
    found[at] = [len(labels[int(code[row])]) > 1 for row in at]
    return found


@dataclass(frozen=True)
class _Texts:
    """Different texts of the sample.

    Attributes
    ----------
    own : array of shape (sampled,)
        Which of the texts each row of the sample has; -1 for an empty one.
    """

    pieces: list[frozenset[str]]
    labels: list[frozenset[str]]
    own: Ints

    @classmethod
    def of(cls, rows: Rows, code: Ints) -> _Texts | None:
        """Collect them; None where rows have no text."""
        if rows.empty is None:
            return None
        place: dict[int, int] = {}
        cut: list[frozenset[str]] = []
        labels: list[set[str]] = []
        own = np.full(len(rows.sample), -1, np.int64)
        for at, (row, text) in enumerate(zip(rows.sample, rows.texts, strict=True)):
            if rows.empty[row]:
                continue
            key = int(code[row])
            if key not in place:
                place[key] = len(cut)
                cut.append(pieces(text))
                labels.append(set())
            own[at] = place[key]
            if rows.truth[row] is not None:
                labels[place[key]].add(rows.truth[row])
        return cls(cut, [frozenset(one) for one in labels], own)

    def rows(self, rows: Rows, found: Bools) -> Bools:
        """Rows whose text was found."""
        out = np.zeros(rows.size, bool)
        out[rows.sample] = np.append(found, False)[self.own]
        return out


@dataclass(frozen=True)
class _Training:
    rows: int
    hashes: Hashes
    texts: list[str]


def _training(config: AuditConfig, settings: DataAuditConfig, path: DataPath) -> _Training:
    """Read the rows of training once: a hash of each, and the texts of a sample."""
    columns = config.data.columns
    inputs = columns.model_copy(
        update=dict.fromkeys(
            ("label", "id", "prediction", "score", "weight", "cluster", "count"), None
        ) | {"labels": {}, "predictions": {}}
    )  # fmt: skip
    data = config.data.model_copy(
        update={"path": path, "where": settings.training_where, "columns": inputs, "outcome": "class"}
    )
    if config.data.outcome == "entities":  # words in lists are read with their tags
        data = data.model_copy(update={"columns": columns, "outcome": "entities"})
    reader = RowReader(
        config.model_copy(
            update={
                "data": data, "attributes": (), "controls": (), "discovery": None, "data_audit": None, "exchange": None,
            }
        )
    )  # fmt: skip
    rng = np.random.default_rng([config.seed, 43])
    hashes: list[Hashes] = []
    drawn: list[tuple[float, int, str]] = []
    rows = 0
    for batch in reader:
        examples = examples_of(batch)
        hashes.append(np.unique(np.array([digest_of_example(example) for example in examples], np.uint64)))
        lots = rng.random(len(examples))
        if columns.image is None:
            texts = [joined(example) for example in examples]
            drawn += [
                (lot, rows + at, text) for at, (lot, text) in enumerate(zip(lots, texts, strict=True)) if text.strip()
            ]
            drawn = sorted(drawn)[: settings.sample]
        rows += len(examples)
    known = np.unique(np.concatenate(hashes)) if hashes else np.zeros(0, np.uint64)
    different = {digest_of(text.encode("utf-8", "replace")): text for _, _, text in drawn}
    return _Training(rows, known, list(different.values()))
