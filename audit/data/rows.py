"""Raw columns become canonical rows: text labels, groups, numbers, each with its row number in the file."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from audit.config import MISSING, AttributeConfig, AuditConfig, DataConfig, as_label
from audit.config.times import moment
from audit.data.image_cells import read_images
from audit.data.several import EntityReader, LabelReader
from audit.data.source import read_files
from audit.data.times import times_of
from audit.data.tones import tone_of
from audit.data.values import MOST_WHOLE, Floats, NumberReader, as_text, flat, identities
from audit.data.where import Places
from audit.errors import ConfigError
from audit.store.columns import control_column, further_column, group_column, members_column
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
    # Of rows that several decisions are made about: the words, what is true and what was found.
    "words",
    "gold",
    "found",
    # Where a model reads named values: their names, and each as text or as a number.
    "fields",
    # Where it reads pictures: the content of a file, or where it is.
    "image",
)


class RowReader:
    """Iterate over canonical batches of the rows that `data.where` keeps.

    Yields tables with `row` (int64, from 1, counted before filtering), `row_id`, `input`, `y_true`, `prediction`,
    `cluster` (text), `score`, `weight` (float64), `count` (int64), and text columns for attributes and controls,
    called as `audit.store.columns` says, and `input_pair` where the model reads pairs. Other columns that
    the configuration does not name hold their neutral value: null, weight 1, count 1.
    """

    def __init__(self, config: AuditConfig) -> None:
        self._config = config
        self.rows_read = 0
        """Rows seen so far, those that `data.where` drops included."""
        self.seen: dict[str, set[str]] = {}
        """Key of the configuration that maps or chooses values -> values that it was held against."""
        self.several: EntityReader | LabelReader | _Nothing = _READERS.get(config.data.outcome, _Nothing)(config.data)
        """What reads words, entities and labels; it counts what had to be changed."""
        self.places = Places()
        """Which rows stand in which file, of those seen so far."""

    def __iter__(self) -> Iterator[pa.Table]:
        self.rows_read = 0
        self.places = Places()
        for file, raw in read_files(self._config.data, source_columns(self._config)):
            self.places.begin(file, self.rows_read)
            numbers = pa.array(np.arange(self.rows_read + 1, self.rows_read + 1 + raw.num_rows))
            self.rows_read += raw.num_rows
            with self.places.named():
                read = self._canonical(raw, numbers)
            if read is not None:
                yield read

    def _canonical(self, raw: pa.Table, numbers: pa.Array) -> pa.Table | None:
        kept = _within(self._config, raw, numbers, kept_rows(self._config, raw, self.seen))
        if kept is not None:
            raw, numbers = raw.filter(kept), numbers.filter(kept)
        return _Batch(self._config, raw, numbers, self.seen).canonical(self.several) if raw.num_rows else None


def source_columns(config: AuditConfig) -> dict[str, str]:
    """All columns of the data that this configuration uses, each with the key that names it."""
    columns = config.data.columns
    named: dict[str, str] = {}
    for key in type(columns).model_fields:
        found = getattr(columns, key)
        if key == "features":
            named.update({column: f"data.columns.features.{column}" for column in found})
        elif isinstance(found, dict):
            named.update({column: f"data.columns.{key}.{label}" for label, column in found.items()})
        elif found:
            named[found] = f"data.columns.{key}"
    for i, attribute in enumerate(config.read_as_groups):
        key = key_of(config, i)
        if attribute.column is not None:
            named[attribute.column] = f"{key}.column"
        named |= {column: f"{key}.members.{group}" for group, column in attribute.members.items()}
    if config.exchange and config.exchange.tone:
        named.setdefault(config.exchange.tone.column, "exchange.tone.column")
    for key in ("annotators", "columns") if config.data_audit else ():
        for column in getattr(config.data_audit, key):
            named.setdefault(column, f"data_audit.{key}")
    named |= dict.fromkeys(config.controls, "controls") | dict.fromkeys(config.data.where, "data.where")
    if config.data.period is not None:
        named.setdefault(config.data.period.column, "data.period.column")
    return {column: key for column, key in named.items() if column}


def key_of(config: AuditConfig, number: int) -> str:
    """Key of the configuration where this one of `read_as_groups` stands."""
    own = len(config.attributes)
    return f"attributes.{number}" if number < own else f"discovery.columns.{number - own}"


def group_names(attribute: AttributeConfig) -> list[str]:
    """Names of the bins of a numeric attribute, in order."""
    edges = [as_label(edge) for edge in attribute.bins or ()]
    middle = [f"{low}–<{high}" for low, high in pairwise(edges)]
    return [f"<{edges[0]}", *middle, f"≥{edges[-1]}"] if edges else []


#: Beyond these, and below their inverses, powers of weights and of predicted numbers would leave the range of numbers.
MOST_WEIGHT, MOST_NUMBER = 1e30, 1e60
TOO_LARGE, OTHER_UNIT = f"is beyond {MOST_NUMBER:g}", "write the numbers in another unit"
#: Different values that are remembered of one column, to say which keys match none.
MOST_SEEN = 10_000


def _remember(seen: dict[str, set[str]], key: str, values: pa.Array) -> None:
    known = seen.setdefault(key, set())
    if len(known) < MOST_SEEN:
        known.update(value for value in values.unique().to_pylist() if value is not None)


class _Nothing:
    """Reads nothing: there is one decision about a row."""

    def __init__(self, data: DataConfig) -> None:
        self.changed: dict[str, int] = {}
        self.schemes: dict[str, set[str]] = {}

    def read(self, raw: pa.Table, rows: Sequence[int], rename: Mapping[str, Callable[[str], str]]) -> dict[str, Any]:
        """Return no column."""
        return {}


_READERS: dict[str, type[EntityReader | LabelReader]] = {"entities": EntityReader, "labels": LabelReader}


class _Batch:
    """Raw cells of some rows, read as the configuration says."""

    def __init__(self, config: AuditConfig, raw: pa.Table, rows: pa.Array, seen: dict[str, set[str]]) -> None:
        self._config, self._raw, self._rows, self._seen = config, raw, rows, seen
        self._numbers = NumberReader(config.data, rows)

    def canonical(self, several: EntityReader | LabelReader | _Nothing) -> pa.Table:
        """Return the canonical batch."""
        config, data, columns, size = self._config, self._config.data, self._config.data.columns, self._raw.num_rows
        of_numbers = data.outcome == "number"
        label = pa.nulls(size, pa.string()) if of_numbers or data.several else self._text(columns.label)
        prediction = pa.nulls(size, pa.string()) if data.several else self._text(columns.prediction)
        of_entities = data.outcome == "entities"
        out: dict[str, pa.Array] = {
            "row": self._rows.cast(pa.int64()),
            "row_id": self._identity(columns.id) if columns.id else self._rows.cast(pa.string()),
            "input": pa.nulls(size, pa.string()) if of_entities else self._text(columns.input, exact=True),
            # Only where the model reads pairs, so that an example knows whether it is one.
            **({"input_pair": self._text(columns.input_pair, exact=True)} if columns.input_pair else {}),
            **self._fields(),
            **self._image(),
            **self._tone(),
            **self._further(),
            "y_true": self._map(label, data.label_map, "data.label_map"),
            "y_value": self._true_number() if of_numbers else pa.nulls(size, pa.float64()),
            "prediction": self._map(prediction, data.prediction_map, "data.prediction_map"),
            "score": self._score(),
            "weight": self._weight(),
            "count": self._count(),
            "cluster": self._identity(columns.cluster),
        }
        rename = {"gold": self._named("label_map"), "found": self._named("prediction_map")}
        out |= several.read(self._raw, self._rows.to_pylist(), rename)
        for number, attribute in enumerate(config.read_as_groups):
            column = group_column(attribute.label)
            if attribute.entity is not None:
                # Of each entity by itself: no row has it.
                continue
            if attribute.column is None:
                shares = self._members(attribute)
                out[members_column(column)] = shares
                named = [" | ".join(i["group"] for i in row if i["share"] >= 0.5) for row in shares.to_pylist()]
                out[column] = pa.array([name or MISSING for name in named], pa.string())
            else:
                out[column] = self._groups(attribute, attribute.column, key_of(config, number))
        for control in config.controls:
            values = self._text(control)
            self._refuse_missing(values, control, "controls")
            out[control_column(control)] = values.fill_null(MISSING)
        if columns.id and out["row_id"].null_count:
            raise self._numbers.error(columns.id, _first(out["row_id"].is_null()), "the id is empty")
        return pa.table(out)

    def _fields(self) -> dict[str, pa.Array]:
        """Read the values that have names; no column where the model reads none."""
        columns = self._config.data.columns
        kinds: dict[str, str] = dict.fromkeys(columns.fields, "category") | dict(columns.features)
        if not kinds:
            return {}
        size = self._raw.num_rows
        texts, numbers = [], []
        for name, kind in kinds.items():
            column = columns.fields.get(name, name)
            of_numbers = kind == "number"
            # What a prompt says is left as it is; a category has the one spelling of every value.
            exact = name in columns.fields
            texts.append(pa.nulls(size, pa.string()) if of_numbers else self._text(column, exact=exact))
            numbers.append(self._number(column, None) if of_numbers else pa.nulls(size, pa.float64()))
        # Column by column they come, row by row they go.
        order = pa.array(np.arange(size * len(kinds)).reshape(len(kinds), size).T.ravel())
        names = pa.array(list(kinds)).take(pa.array(np.tile(np.arange(len(kinds)), size)))
        values = [pa.concat_arrays([flat(part) for part in parts]).take(order) for parts in (texts, numbers)]
        rows = pa.StructArray.from_arrays([names, *values], ["name", "text", "number"])
        offsets = pa.array(np.arange(size + 1, dtype=np.int32) * len(kinds))
        return {"fields": pa.ListArray.from_arrays(offsets, rows)}

    def _image(self) -> dict[str, pa.Array]:
        """Read where pictures are, or what they are; no column where the model reads none."""
        column, data = self._config.data.columns.image, self._config.data
        return {} if column is None else {"image": read_images(self._raw.column(column), column, data, self._rows)}

    def _tone(self) -> dict[str, pa.Array]:
        """Read tones of skin; no column where none are exchanged."""
        asked = self._config.exchange
        if asked is None or asked.tone is None:
            return {}
        cells = self._text(asked.tone.column)
        tones = [None if cell is None else tone_of(cell) for cell in cells.to_pylist()]
        for at, (cell, tone) in enumerate(zip(cells.to_pylist(), tones, strict=True)):
            if cell is not None and tone is None:
                hint = "write 1 to 10, or Monk 1 to Monk 10, and leave the cell empty where nobody said"
                raise self._numbers.error(asked.tone.column, at, f"{cell!r} is no tone of the Monk scale", hint)
        return {"tone": pa.array(tones, pa.int8())}

    def _further(self) -> dict[str, pa.Array]:
        """Read what the data audit alone looks at, as text."""
        looked = self._config.data_audit
        names = (*looked.annotators, *looked.columns) if looked else ()
        return {further_column(name): self._text(name) for name in names}

    def _named(self, key: str) -> Callable[[str], str]:
        """Return what names a class by this map."""
        mapping, seen = getattr(self._config.data, key), self._seen.setdefault(f"data.{key}", set())

        def rename(name: str) -> str:
            seen.add(name)
            return str(mapping.get(name, name))

        return rename

    def _text(self, name: str | None, *, exact: bool = False) -> Any:
        if name is None:
            return pa.nulls(self._raw.num_rows, pa.string())
        return as_text(self._raw.column(name), self._config.data.missing_values, exact=exact)

    def _identity(self, name: str | None) -> Any:
        if name is None:
            return pa.nulls(self._raw.num_rows, pa.string())
        return identities(self._raw.column(name), self._config.data.missing_values)

    def _number(self, name: str | None, default: float | None) -> Any:
        if name is None:
            size = self._raw.num_rows
            return pa.nulls(size, pa.float64()) if default is None else pa.array(np.full(size, default))
        return pa.array(self._numbers.read(self._raw.column(name), name), from_pandas=True)

    def _true_number(self) -> Any:
        values = self._number(self._config.data.columns.label, None)
        self._check("label", values, _bearable, TOO_LARGE, null=True, hint=OTHER_UNIT)
        return values

    def _score(self) -> Any:
        data, score = self._config.data, self._number(self._config.data.columns.score, None)
        if data.outcome == "number":
            self._check("score", score, np.isfinite, "is no predicted number")
            self._check("score", score, _bearable, TOO_LARGE, hint=OTHER_UNIT)
            return score
        low, high = data.score_range or (0.0, 1.0)
        what = f"is not a score from {low:g} to {high:g}" if data.score_range else "is not a probability from 0 to 1"
        hint = None if data.score_range else "data.score_range: [low, high] reads scores that are no probabilities"
        self._check("score", score, lambda v: (v >= low) & (v <= high), what, null=True, hint=hint)
        return score if data.score_range is None else pc.divide(pc.subtract(score, low), high - low)

    def _weight(self) -> Any:
        weight = self._number(self._config.data.columns.weight, 1.0)
        self._check("weight", weight, lambda v: v >= 0, "is not a weight of at least 0")
        self._check(
            "weight",
            weight,
            lambda v: (v == 0) | ((v >= 1 / MOST_WEIGHT) & (v <= MOST_WEIGHT)),
            f"is neither 0 nor a weight from {1 / MOST_WEIGHT:g} to {MOST_WEIGHT:g}",
            hint="divide all weights by one number: only their ratios matter",
        )
        return weight

    def _count(self) -> Any:
        count = self._number(self._config.data.columns.count, 1.0)
        self._check("count", count, lambda v: (v >= 0) & (v == np.floor(v)), "is not a whole count")
        self._check("count", count, lambda v: v < MOST_WHOLE, f"is a count of over {MOST_WHOLE - 1:,}")
        return count.cast(pa.int64())

    def _map(self, values: Any, mapping: dict[str, str], key: str) -> Any:
        if not mapping:
            return values
        _remember(self._seen, key, values)
        coded = values.dictionary_encode()
        words = [None if word is None else mapping.get(word, word) for word in coded.dictionary.to_pylist()]
        return pc.take(pa.array(words, pa.string()), coded.indices)

    def _groups(self, attribute: AttributeConfig, column: str, key: str) -> Any:
        if attribute.bins:
            values = self._numbers.read(self._raw.column(column), column)
            bins = np.array(group_names(attribute), dtype=object)[np.digitize(values, attribute.bins)]
            groups = pa.array(bins, pa.string(), mask=np.isnan(values))
        else:
            groups = self._text(column)
            if MISSING not in attribute.values:
                self._refuse_missing(groups, column, f"{key}.values")
        named = self._map(groups, attribute.values, f"{key}.values")
        return named.fill_null(attribute.values.get("", MISSING))

    def _refuse_missing(self, values: Any, column: str, key: str) -> None:
        """Refuse a cell that says what an audit calls missing values: the two would be one group."""
        same = pc.fill_null(pc.equal(values, MISSING), False)
        if pc.any(same).as_py():
            problem = f"the cell says {MISSING!r}, which is what the group of missing values is called"
            hint = f"list it in data.missing_values{'' if key == 'controls' else f', or rename it with {key}'}"
            raise self._numbers.error(column, _first(same), problem, hint)

    def _members(self, attribute: AttributeConfig) -> pa.Array:
        """Read the groups of every row with their shares; a row in none is missing."""
        columns = {
            group: self._numbers.read(self._raw.column(column), column, truths=True)
            for group, column in attribute.members.items()
        }
        for group, values in columns.items():
            wrong = ~np.isnan(values) & ~((values >= 0) & (values <= 1))
            if wrong.any():
                at = int(np.flatnonzero(wrong)[0])
                raise self._numbers.error(
                    attribute.members[group], at, f"{float(values[at])!r} is no share from 0 to 1"
                )
        rows = [
            [{"group": group, "share": float(v)} for group, v in zip(columns, row, strict=True) if v > 0]
            or [{"group": MISSING, "share": 1.0}]
            for row in zip(*columns.values(), strict=True)
        ]
        return pa.array(rows, TYPE)

    def _check(
        self, key: str, values: Any, valid: Any, problem: str, *, null: bool = False, hint: str | None = None
    ) -> None:
        array = values.to_numpy(zero_copy_only=False)
        absent = np.isnan(array)
        wrong = ~(absent if null else np.zeros_like(absent)) & ~np.where(
            absent, False, valid(np.nan_to_num(array, nan=-1))
        )
        if wrong.any():
            at = int(np.flatnonzero(wrong)[0])
            column = getattr(self._config.data.columns, key)
            cell = "an empty cell" if absent[at] else repr(float(array[at]))
            raise self._numbers.error(column, at, f"{cell} {problem}", hint)


def _bearable(values: Floats) -> Any:
    return np.abs(values) <= MOST_NUMBER


def _first(where: Any) -> int:
    return int(where.index(True).as_py())


def kept_rows(config: AuditConfig, raw: pa.Table, seen: dict[str, set[str]]) -> pa.Array | None:
    """Say which rows `data.where` keeps; None where it keeps all.

    Parameters
    ----------
    seen
        Key of the configuration -> values that it was held against; those of this batch are added.
    """
    kept = None
    for column, wanted in config.data.where.items():
        values = wanted if isinstance(wanted, list) else [wanted]
        if not values:
            raise ConfigError("keeps no row: the list of values is empty", where=f"data.where.{column}")
        text = as_text(raw.column(column), ()).fill_null("")
        _remember(seen, f"data.where.{column}", text)
        match = pc.is_in(text, value_set=pa.array(values, pa.string()))
        kept = match if kept is None else pc.and_(kept, match)
    return kept


def _within(config: AuditConfig, raw: pa.Table, rows: pa.Array, kept: pa.Array | None) -> pa.Array | None:
    """Keep the rows of a time among those that are kept."""
    period = config.data.period
    if period is None:
        return kept
    times = times_of(raw.column(period.column), period.column, config.data, rows, kept)
    start, end = (np.datetime64(moment(text), "us") for text in (period.start, period.end))
    inside = pa.array((times >= start) & (times < end))
    return inside if kept is None else pc.and_(kept, inside)
