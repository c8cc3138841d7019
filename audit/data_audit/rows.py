"""What the data audit keeps of every row: codes, lengths and hashes. Texts it keeps of a sample alone."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from audit.config import MISSING, AuditConfig
from audit.data.door import reading
from audit.data.examples import Fields, Image, Plain, blank, examples_of, joined
from audit.data.rows import RowReader, group_names
from audit.personal import KINDS, find_personal
from audit.store.columns import control_column, further_column, group_column, members_column

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

#: How long each text is, in whatever is counted.
Measure = Callable[[Sequence[Plain]], Sequence[int]]


@dataclass(frozen=True)
class Grouped:
    """Which rows belong to which groups of an attribute.

    Attributes
    ----------
    row, group, share : array of shape (memberships,)
        A row that belongs to several groups stands several times.
    names
        Name of each group code.
    inside : array of shape (groups,)
        Whether the group enters comparisons.
    """

    row: Ints
    group: Ints
    share: Floats
    names: list[str]
    inside: Bools


@dataclass
class Rows:
    """All rows, a column for each thing that is looked at.

    Attributes
    ----------
    weight, count : array of shape (rows,)
        Sampling weight, and how many rows a row stands for.
    cluster : array of shape (rows,) or None
        Code, -1 for a row that is a cluster of its own.
    groups
        Attribute -> who belongs where.
    truth
        Labels as text, None where unlabelled: what two equal rows may contradict each other by.
    holds
        Class -> whether it is true of each row.
    numbers : array of shape (rows,) or None
        True numbers, NaN where unlabelled, where numbers are predicted.
    digest : array of shape (rows,) or None
        Of the input; equal inputs have equal ones.
    missing
        Column -> whether its cell is empty.
    columns
        Column -> its values, as text or as numbers: what may tell the group.
    said
        Labels of annotators, one array for each.
    personal
        Kind of personal data -> rows whose input holds some.
    sample : array of shape (sampled,)
        Rows whose texts are kept.
    """

    ids: list[str]
    weight: Floats
    count: Ints
    cluster: Ints | None
    groups: dict[str, Grouped]
    truth: npt.NDArray[np.object_]
    holds: dict[str, Bools]
    numbers: Floats | None
    score: Floats
    digest: npt.NDArray[np.uint64] | None
    empty: Bools | None
    length: Ints | None
    missing: dict[str, Bools]
    columns: dict[str, pd.Series]
    said: list[npt.NDArray[np.object_]]
    personal: dict[str, Bools]
    sample: Ints
    texts: list[str] = field(default_factory=list)

    @property
    def size(self) -> int:
        """Number of rows."""
        return len(self.weight)

    @property
    def labelled(self) -> Bools:
        """Rows with a label."""
        if self.numbers is not None:
            return ~np.isnan(self.numbers)
        return np.array([value is not None for value in self.truth], bool)


def read_rows(config: AuditConfig, *, rows: int, sample: int, classes: Sequence[str], measure: Measure) -> Rows:
    """Read the data once.

    Memory holds a few dozen bytes per row and column, and the texts of the sample.

    Parameters
    ----------
    rows
        How many there are.
    sample
        Rows whose texts are kept at most.
    classes
        Classes whose rates are asked about.
    measure
        How long each text is.
    """
    chosen = np.arange(rows)
    if rows > sample:
        chosen = np.sort(np.random.default_rng([config.seed, 41]).choice(rows, sample, replace=False))
    kept = np.zeros(rows, bool)
    kept[chosen] = True
    parts: list[dict[str, Any]] = []
    texts: list[str] = []
    begin = 0
    for batch in RowReader(config):
        here = kept[begin : begin + batch.num_rows]
        parts.append(_part(config, batch, classes, measure, here, texts))
        begin += batch.num_rows
    return _joined(config, parts, classes, chosen, texts)


def _part(
    config: AuditConfig, batch: pa.Table, classes: Sequence[str], measure: Measure, kept: Bools, texts: list[str]
) -> dict[str, Any]:
    """Take from one batch what is kept of it."""
    looked = config.data_audit
    size = batch.num_rows
    part: dict[str, Any] = {name: batch[name].to_numpy(zero_copy_only=False) for name in ("weight", "count", "score")}
    part["ids"] = batch["row_id"].to_pylist()
    part["cluster"] = np.array(batch["cluster"].to_pylist(), object)
    part["numbers"] = batch["y_value"].to_numpy(zero_copy_only=False)
    part["truth"], part["holds"] = _truth(config, batch, classes)
    missing: dict[str, Bools] = {}
    columns: dict[str, list[str | float | None]] = {}
    data = config.data
    if config.data.columns.read:
        examples = examples_of(batch)
        if data.columns.fields or data.columns.features:
            _of_fields(examples, missing, columns)
        elif data.columns.image is None:
            missing[data.columns.input or "input"] = _is_null(batch["input"])
        part["digest"] = np.array([digest_of_example(example) for example in examples], np.uint64)
        if data.columns.image is None and not data.columns.features:
            part["empty"] = np.array([blank(example) for example in examples], bool)
            part["length"] = np.array(measure(examples), np.int64)
            part["personal"] = _personal(examples)
        texts += [joined(example) for example, keep in zip(examples, kept, strict=True) if keep]
    if data.columns.label or data.columns.labels:
        missing[data.columns.label or "labels"] = np.array([value is None for value in part["truth"]], bool)
        if data.outcome == "number":
            missing[str(data.columns.label)] = np.isnan(part["numbers"])
    for attribute in config.attributes:
        if attribute.entity is None:
            values = batch[group_column(attribute.label)].to_pylist()
            missing[attribute.label] = np.array([value == MISSING for value in values], bool)
            columns[attribute.label] = [None if value == MISSING else value for value in values]
            part[group_column(attribute.label)] = values
            shared = members_column(group_column(attribute.label))
            part[shared] = batch[shared].to_pylist() if shared in batch.column_names else None
    for control in config.controls:
        values = batch[control_column(control)].to_pylist()
        missing[control] = np.array([value == MISSING for value in values], bool)
        columns[control] = [None if value == MISSING else value for value in values]
    names = (*looked.columns, *looked.annotators) if looked else ()
    for name in names:
        missing[name] = _is_null(batch[further_column(name)])
    for name in looked.columns if looked else ():
        columns[name] = batch[further_column(name)].to_pylist()
    rename = data.label_map
    part["said"] = [
        np.array([rename.get(v, v) if v is not None else None for v in batch[further_column(name)].to_pylist()], object)
        for name in (looked.annotators if looked else ())
    ]
    part["missing"], part["columns"], part["size"] = missing, columns, size
    return part


def _of_fields(
    examples: Sequence[Plain], missing: dict[str, Bools], columns: dict[str, list[str | float | None]]
) -> None:
    """Take named values apart."""
    rows = [example for example in examples if isinstance(example, Fields)]
    for at, name in enumerate(rows[0].names if rows else ()):
        values = [row.values[at] for row in rows]
        missing[name] = np.array([value is None for value in values], bool)
        columns[name] = list(values)


def _truth(config: AuditConfig, batch: pa.Table, classes: Sequence[str]) -> tuple[Any, dict[str, Bools]]:
    """Labels as text, and of which rows each class is true."""
    if config.data.several:
        rows = batch["gold"].to_pylist()
        text = np.array([None if row is None else json.dumps(row, sort_keys=True) for row in rows], object)
        found = [{one if isinstance(one, str) else one["type"] for one in row or ()} for row in rows]
        return text, {cls: np.array([cls in row for row in found], bool) for cls in classes}
    if config.data.outcome == "number":
        values = batch["y_value"].to_pylist()
        return np.array([None if value is None else repr(value) for value in values], object), {}
    labels = np.array(batch["y_true"].to_pylist(), object)
    return labels, {cls: np.asarray(labels == cls, bool) for cls in classes}


def _personal(examples: Sequence[Plain]) -> dict[str, Bools]:
    """Which inputs hold personal data of each kind: whether, and never what."""
    kinds = [{one.kind for one in find_personal(joined(example))} for example in examples]
    return {kind: np.array([kind in found for found in kinds], bool) for kind in KINDS}


def _is_null(column: pa.ChunkedArray) -> Bools:
    return np.asarray(column.is_null().to_numpy(), bool)


def digest_of_example(example: Plain) -> int:
    """Hash an input: of a picture its file, of all else what a reader sees."""
    if isinstance(example, Image):
        content = example.data
        if content is None and example.path is not None:
            with reading(example.path, "a picture"):
                content = example.path.read_bytes()
        return digest_of(content or b"")
    return digest_of((repr(example) if isinstance(example, tuple) else joined(example)).encode("utf-8", "replace"))


def digest_of(content: bytes) -> int:
    """Hash to 64 bits: among ten million inputs, two others share a hash with a probability of 3 in a million."""
    return int.from_bytes(hashlib.blake2b(content, digest_size=8).digest(), "little")


def _joined(
    config: AuditConfig, parts: list[dict[str, Any]], classes: Sequence[str], chosen: Ints, texts: list[str]
) -> Rows:
    """Put batches together."""

    def whole(name: str) -> Any:
        return np.concatenate([part[name] for part in parts])

    names = np.concatenate([part["cluster"] for part in parts])
    cluster = np.asarray(pd.factorize(names)[0], np.int64) if config.data.columns.cluster else None
    first = parts[0]
    columns = {
        name: _column(config, name, [value for part in parts for value in part["columns"][name]])
        for name in first["columns"]
    }
    attributes = [attribute for attribute in config.attributes if attribute.entity is None]
    return Rows(
        ids=[row for part in parts for row in part["ids"]],
        weight=whole("weight"),
        count=whole("count"),
        cluster=cluster,
        groups={attribute.label: _grouped(attribute, parts) for attribute in attributes},
        truth=whole("truth"),
        holds={cls: np.concatenate([part["holds"][cls] for part in parts]) for cls in classes if cls in first["holds"]},
        numbers=whole("numbers") if config.data.outcome == "number" else None,
        score=whole("score"),
        digest=whole("digest") if "digest" in first else None,
        empty=whole("empty") if "empty" in first else None,
        length=whole("length") if "length" in first else None,
        missing={name: np.concatenate([part["missing"][name] for part in parts]) for name in first["missing"]},
        columns=columns,
        said=[np.concatenate(one) for one in zip(*(part["said"] for part in parts), strict=True)],
        personal={
            kind: np.concatenate([part["personal"][kind] for part in parts]) for kind in first.get("personal", {})
        },
        sample=chosen,
        texts=texts,
    )


def _column(config: AuditConfig, name: str, values: list[Any]) -> pd.Series:
    """Hold the values of a column: as numbers where all of them are, else as categories."""
    if config.data.columns.features.get(name) == "number":
        return pd.Series(values, dtype=np.float64)
    text = pd.Series(values, dtype=object)
    known = text.dropna()
    if len(known) and known.nunique() > MOST_LEVELS:
        numbers = pd.to_numeric(known, errors="coerce")
        if numbers.notna().all() and np.isfinite(numbers).all():
            return pd.to_numeric(text, errors="coerce").astype(np.float64)
    return text.astype("category")


#: A column of numbers with no more different ones than this is taken as it is, value by value.
MOST_LEVELS = 20


def _grouped(attribute: Any, parts: list[dict[str, Any]]) -> Grouped:
    """Say who belongs where."""
    column = group_column(attribute.label)
    if parts[0][members_column(column)] is not None:
        rows = [row for part in parts for row in part[members_column(column)]]
        pairs = [(at, item["group"], item["share"]) for at, row in enumerate(rows) for item in row]
    else:
        values = [value for part in parts for value in part[column]]
        pairs = [(at, value, 1.0) for at, value in enumerate(values)]
    seen = {group for _, group, _ in pairs}
    ordered = [name for name in group_names(attribute) if name in seen]
    names = [*ordered, *sorted(seen - set(ordered), key=lambda name: (name == MISSING, name))]
    code = {name: at for at, name in enumerate(names)}
    outside = {*attribute.outside_gaps, *(() if attribute.missing_in_gaps else (MISSING,))}
    return Grouped(
        np.array([at for at, _, _ in pairs], np.int64),
        np.array([code[group] for _, group, _ in pairs], np.int64),
        np.array([share for _, _, share in pairs], np.float64),
        names,
        np.array([name not in outside for name in names], bool),
    )
