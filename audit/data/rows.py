"""Raw columns become canonical rows: text labels, groups, numbers, each with its row number in the file."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from audit.config import MISSING, AttributeConfig, AuditConfig, as_label
from audit.data.source import read_batches
from audit.errors import ConfigError, DataError
from audit.store.columns import control_column, group_column, members_column
from audit.store.membership import TYPE

#: Columns of a canonical batch, besides one text column per attribute and control.
ROW_FIELDS = (
    "row",
    "row_id",
    "input",
    "input_pair",
    "y_true",
    "y_value",
    "prediction",
    "score",
    "weight",
    "count",
    "cluster",
)


class RowReader:
    """Iterate over canonical batches of the rows that `data.where` keeps.

    Yields tables with `row` (int64, from 1, counted before filtering), `row_id`, `input`, `y_true`, `prediction`,
    `cluster` (text), `score`, `weight` (float64), `count` (int64), and text columns for attributes and controls,
    called as `audit.store.columns` says. Columns that the configuration does not name hold their neutral value: null,
    weight 1, count 1.
    """

    def __init__(self, config: AuditConfig) -> None:
        self._config = config
        self.rows_read = 0
        """Rows seen so far, those that `data.where` drops included."""

    def __iter__(self) -> Iterator[pa.Table]:
        self.rows_read = 0
        for raw in read_batches(self._config.data, source_columns(self._config)):
            numbers = pa.array(np.arange(self.rows_read + 1, self.rows_read + 1 + raw.num_rows))
            self.rows_read += raw.num_rows
            kept = _where(self._config, raw)
            if kept is not None:
                raw, numbers = raw.filter(kept), numbers.filter(kept)
            if raw.num_rows:
                yield _canonical(self._config, raw, numbers)


def source_columns(config: AuditConfig) -> dict[str, str]:
    """All columns of the data that this configuration uses, each with the key that names it."""
    columns = config.data.columns
    named = {getattr(columns, key): f"data.columns.{key}" for key in type(columns).model_fields}
    for i, attribute in enumerate(config.read_as_groups):
        key = f"attributes.{i}" if i < len(config.attributes) else f"discovery.columns.{i - len(config.attributes)}"
        named[attribute.column] = f"{key}.column"
        named |= {column: f"{key}.members.{group}" for group, column in attribute.members.items()}
    named |= dict.fromkeys(config.controls, "controls") | dict.fromkeys(config.data.where, "data.where")
    return {column: key for column, key in named.items() if column}


def group_names(attribute: AttributeConfig) -> list[str]:
    """Names of the bins of a numeric attribute, in order."""
    edges = [as_label(edge) for edge in attribute.bins or ()]
    middle = [f"{low}–<{high}" for low, high in pairwise(edges)]
    return [f"<{edges[0]}", *middle, f"≥{edges[-1]}"] if edges else []


def _canonical(config: AuditConfig, raw: pa.Table, numbers: pa.Array) -> pa.Table:
    columns, size = config.data.columns, raw.num_rows
    missing = config.data.missing_values

    def text(name: str | None) -> pa.Array:
        return as_text(raw.column(name), missing) if name else pa.nulls(size, pa.string())

    def number(key: str, default: float | None) -> pa.Array:
        name = getattr(columns, key)
        if name is None:
            return pa.nulls(size, pa.float64()) if default is None else pa.array(np.full(size, default))
        return pa.array(_numbers(config, raw, name, numbers), from_pandas=True)

    weight, count, score = number("weight", 1.0), number("count", 1.0), number("score", None)
    _check(config, "weight", weight, numbers, lambda v: (v >= 0) & np.isfinite(v), "is not a weight of at least 0")
    _check(config, "count", count, numbers, lambda v: (v >= 0) & (v == np.floor(v)), "is not a whole count")
    of_numbers = config.data.outcome == "number"
    if of_numbers:
        _check(config, "score", score, numbers, np.isfinite, "is no predicted number")
    else:
        of = "is not a probability from 0 to 1"
        _check(config, "score", score, numbers, lambda v: (v >= 0) & (v <= 1), of, null=True)
    label = pa.nulls(size, pa.string()) if of_numbers else text(columns.label)
    out: dict[str, pa.Array] = {
        "row": numbers.cast(pa.int64()),
        "row_id": text(columns.id) if columns.id else numbers.cast(pa.string()),
        "input": text(columns.input),
        "input_pair": text(columns.input_pair),
        "y_true": _relabel(label, config.data.label_map),
        "y_value": number("label", None) if of_numbers else pa.nulls(size, pa.float64()),
        "prediction": _relabel(text(columns.prediction), config.data.label_map),
        "score": score,
        "weight": weight,
        "count": count.cast(pa.int64()),
        "cluster": text(columns.cluster),
    }
    for attribute in config.read_as_groups:
        column = group_column(attribute.label)
        if attribute.members:
            shares = _members(config, attribute, raw, numbers)
            out[members_column(column)] = shares
            named = [" | ".join(item["group"] for item in row if item["share"] >= 0.5) for row in shares.to_pylist()]
            out[column] = pa.array([name or MISSING for name in named], pa.string())
        else:
            out[column] = _groups(config, attribute, raw, numbers)
    for control in config.controls:
        out[control_column(control)] = text(control).fill_null(MISSING)
    if columns.id and out["row_id"].null_count:
        row = numbers.filter(out["row_id"].is_null())[0].as_py()
        raise DataError(f"column {columns.id!r}, row {row}: the id is empty", where=str(config.data.path))
    return pa.table(out)


def as_text(column: pa.ChunkedArray, missing: tuple[str, ...] = ("",)) -> pa.Array:
    """Spell every value as text, missing ones (null, NaN, or a text of `missing`) as null."""
    array = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    if isinstance(array, pa.ChunkedArray):  # an empty chunked array combines to itself in some versions
        array = pa.array([], column.type)
    if pa.types.is_dictionary(array.type):
        array = array.dictionary_decode()
    if pa.types.is_floating(array.type):
        values = array.to_pylist()
        array = pa.array([None if v is None or math.isnan(v) else as_label(v) for v in values], pa.string())
    else:
        array = array.cast(pa.string())
    is_missing = pc.is_in(array, value_set=pa.array(list(missing), pa.string()))
    return pc.if_else(is_missing, pa.scalar(None, pa.string()), array)


def _relabel(labels: pa.Array, label_map: dict[str, str]) -> pa.Array:
    if not label_map:
        return labels
    dictionary = labels.dictionary_encode()
    words = [None if word is None else label_map.get(word, word) for word in dictionary.dictionary.to_pylist()]
    return pa.DictionaryArray.from_arrays(dictionary.indices, pa.array(words, pa.string())).dictionary_decode()


def _groups(config: AuditConfig, attribute: AttributeConfig, raw: pa.Table, numbers: pa.Array) -> pa.Array:
    if attribute.bins:
        values = _numbers(config, raw, attribute.column, numbers)
        bins = np.array(group_names(attribute), dtype=object)[np.digitize(values, attribute.bins)]
        groups = pa.array(bins, pa.string(), mask=np.isnan(values))
    else:
        groups = as_text(raw.column(attribute.column), config.data.missing_values)
    named = _relabel(groups, attribute.values)
    return named.fill_null(attribute.values.get("", MISSING))


def _members(config: AuditConfig, attribute: AttributeConfig, raw: pa.Table, numbers: pa.Array) -> pa.Array:
    """Read the groups of every row with their shares; a row in none is missing."""
    columns = {group: _numbers(config, raw, column, numbers) for group, column in attribute.members.items()}
    for group, values in columns.items():
        wrong = ~np.isnan(values) & ~((values >= 0) & (values <= 1))
        if wrong.any():
            at = int(np.flatnonzero(wrong)[0])
            place = f"column {attribute.members[group]!r}, row {numbers[at]}"
            raise DataError(f"{place}: {float(values[at])!r} is no share from 0 to 1", where=str(config.data.path))
    rows = [
        [{"group": group, "share": float(v)} for group, v in zip(columns, row, strict=True) if v > 0]
        or [{"group": MISSING, "share": 1.0}]
        for row in zip(*columns.values(), strict=True)
    ]
    return pa.array(rows, TYPE)


def _numbers(config: AuditConfig, raw: pa.Table, column: str, numbers: pa.Array) -> npt.NDArray[np.float64]:
    """Parse a column as numbers, missing as NaN; a cell that is none is an error with its row."""
    array = raw.column(column).combine_chunks()
    if pa.types.is_integer(array.type) or pa.types.is_floating(array.type) or pa.types.is_boolean(array.type):
        return np.asarray(array.cast(pa.float64()).to_numpy(zero_copy_only=False), dtype=np.float64)
    text = as_text(array, config.data.missing_values)
    try:
        return np.asarray(text.cast(pa.float64()).to_numpy(zero_copy_only=False), dtype=np.float64)
    except pa.ArrowInvalid:
        for row, cell in zip(numbers.to_pylist(), text.to_pylist(), strict=True):
            try:
                float(cell or "nan")
            except ValueError:
                raise DataError(
                    f"column {column!r}, row {row}: {cell!r} is not a number", where=str(config.data.path)
                ) from None
        raise


def _check(
    config: AuditConfig, key: str, values: pa.Array, numbers: pa.Array, valid: Any, problem: str, *, null: bool = False
) -> None:
    array = values.to_numpy(zero_copy_only=False)
    absent = np.isnan(array)
    wrong = ~(absent if null else np.zeros_like(absent)) & ~np.where(absent, False, valid(np.nan_to_num(array, nan=-1)))
    if wrong.any():
        at = int(np.flatnonzero(wrong)[0])
        column = getattr(config.data.columns, key)
        cell = "an empty cell" if absent[at] else repr(float(array[at]))
        raise DataError(f"column {column!r}, row {numbers[at]}: {cell} {problem}", where=str(config.data.path))


def _where(config: AuditConfig, raw: pa.Table) -> pa.Array | None:
    kept = None
    for column, wanted in config.data.where.items():
        values = wanted if isinstance(wanted, list) else [wanted]
        if not values:
            raise ConfigError("keeps no row: the list of values is empty", where=f"data.where.{column}")
        text = as_text(raw.column(column), ()).fill_null("")
        match = pc.is_in(text, value_set=pa.array(values, pa.string()))
        kept = match if kept is None else pc.and_(kept, match)
    return kept
