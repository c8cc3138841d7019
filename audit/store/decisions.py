"""Decision tables: what the model decided about each row, and everything a metric may compare it by.

A decision's key is one word, `row_id`. Where a model decides one thing about a row of the data, it is that row's id.
Where it decides several, it is the row's id, a #, and what the decision is about: an output (one of several labels),
or words, counted from 1; nothing, where there is nothing to decide. `example`, `output` and `position` hold the parts.
One word names a decision in every table, link, flag and command; and since numbers and escaped outputs hold no #, no
two decisions share it.

A probe or an explanation writes its outcomes in this same shape, so that every rate, interval and gap comes from one
code.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from audit.store.columns import control_column, group_column, is_group_or_control, members_column
from audit.store.damage import naming
from audit.store.files import replacing
from audit.store.membership import TYPE

#: `status` of a decision. Failed decisions have no prediction and enter no metric; they are counted. Where a row has
#: several, one about which there is nothing to decide has one of status `nothing`, so that the row is not forgotten.
STATUSES = ("ok", "truncated", "empty", "failed", "nothing")
#: Why a decision failed: the model's output is no finite number.
NOT_FINITE = "not_finite"
#: Decisions that say nothing of any class.
_EMPTY = pa.array(["failed", "nothing"])


def counted(status: pa.ChunkedArray | pa.Array) -> Any:
    """Say which decisions are about something."""
    return pc.invert(pc.is_in(status, value_set=_EMPTY))


BATCH_ROWS = 32_768


def decision_schema(attributes: Sequence[str], controls: Sequence[str] = (), members: Sequence[str] = ()) -> pa.Schema:
    """Columns of a decision table.

    Parameters
    ----------
    attributes, controls
        Names of the sensitive attributes (and of other columns read as groups) and of the controls; one text column
        each, called as `audit.store.columns` says.
    members
        Attributes whose rows belong to several groups, or to some with a share; one more column each.
    """
    return pa.schema(
        [
            pa.field("row_id", pa.string(), nullable=False),
            # Id of the row of the data, where a row has several decisions; null: it is `row_id`.
            ("example", pa.string()),
            # Of several labels, the one that is decided about.
            ("output", pa.string()),
            # Of several words, the one that the decision is about or begins with, from 0.
            ("position", pa.int32()),
            # Characters of the input that the decision is about; null: all.
            ("start", pa.int32()),
            ("end", pa.int32()),
            # Of a true entity, how many characters are in nothing that was found.
            ("visible", pa.int32()),
            # How many characters it has for that, blanks between words left out; null where it is no true entity.
            ("characters", pa.int32()),
            ("y_true", pa.string()),
            ("y_pred", pa.string()),
            ("logits", pa.list_(pa.float32())),
            # Probability of the positive class, where there is one.
            ("score", pa.float64()),
            # Of a model that is asked with a prompt, what all answers that stand for a class hold of all probability.
            ("option_mass", pa.float64()),
            # The true number, where numbers are predicted; `score` is then the predicted one.
            ("y_value", pa.float64()),
            pa.field("status", pa.string(), nullable=False),
            # Why it failed, a code.
            ("reason", pa.string()),
            # Tokens the model read, special ones included; null for stored predictions.
            ("length", pa.int32()),
            pa.field("weight", pa.float64(), nullable=False),
            # The row stands for this many equal decisions.
            pa.field("count", pa.int64(), nullable=False),
            ("inclusion_probability", pa.float64()),
            # Null: the row is a cluster of its own.
            ("cluster", pa.string()),
            *(pa.field(group_column(name), pa.string(), nullable=False) for name in attributes),
            *(pa.field(control_column(name), pa.string(), nullable=False) for name in controls),
            *((members_column(group_column(name)), TYPE) for name in members),
        ]
    )


@dataclass(frozen=True)
class Decided:
    """One of several decisions about an example; the fields are those of the decision table.

    Attributes
    ----------
    y_pred
        None for a decision that failed.
    position, last
        First and last word that it is about, counted from 0.
    """

    y_true: str | None
    y_pred: str | None
    output: str | None = None
    position: int | None = None
    last: int | None = None
    start: int | None = None
    end: int | None = None
    visible: int | None = None
    characters: int | None = None
    logits: Sequence[float] | None = None
    status: str = "ok"
    reason: str | None = None


def decision_id(row_id: str, one: Decided) -> str:
    """Name a decision in one word."""
    if one.output is not None:
        return f"{row_id}#{one.output.replace('%', '%25').replace('#', '%23')}"
    if one.position is None:
        # Not the row's id alone: a row may be called as words of another row are.
        return f"{row_id}#" if one.status == "nothing" else row_id
    last = one.position if one.last is None else one.last
    return f"{row_id}#{one.position + 1}" + (f"-{last + 1}" if last > one.position else "")


def several(rows: pa.Table, decided: Sequence[Sequence[Decided]], schema: pa.Schema) -> pa.Table:
    """Build the table of several decisions per row: a row is a cluster, unless the data name another.

    Parameters
    ----------
    rows
        Canonical rows: what they say of weights, groups and controls holds for each of their decisions.
    decided
        Decisions of each row.
    """
    at = pa.array([i for i, found in enumerate(decided) for _ in found], pa.int64())
    flat = [one for found in decided for one in found]
    mine = rows.take(at)
    columns: dict[str, pa.Array] = {name: mine[name] for name in schema.names if name in mine.column_names}
    names = [field.name for field in fields(Decided) if field.name in schema.names]
    columns |= {name: pa.array([getattr(one, name) for one in flat], schema.field(name).type) for name in names}
    owners = mine["row_id"].to_pylist()
    seen: Counter[str] = Counter()
    ids = []
    for owner, one in zip(owners, flat, strict=True):
        name = decision_id(owner, one)
        seen[name] += 1
        # One place may have two types, where spans of characters say so.
        ids.append(name if seen[name] == 1 else f"{name}:{seen[name]}")
    columns |= {"row_id": pa.array(ids, pa.string()), "example": mine["row_id"]}
    columns["cluster"] = pc.coalesce(mine["cluster"], mine["row_id"])
    return decision_table(columns, schema)


def decision_table(columns: dict[str, pa.Array], schema: pa.Schema) -> pa.Table:
    """Build a table of `schema`, with nulls for the columns that are not given."""
    size = len(next(iter(columns.values())))
    arrays = []
    for field in schema:
        column = columns.get(field.name)
        arrays.append(pa.nulls(size, field.type) if column is None else _flat(column).cast(field.type))
    return pa.Table.from_arrays(arrays, schema=schema)


def _flat(column: pa.Array | pa.ChunkedArray) -> pa.Array:
    if not isinstance(column, pa.ChunkedArray):
        return column
    # Rows in which nothing is decided leave no chunk at all.
    return pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([], column.type)


@contextmanager
def writing_decisions(path: Path, schema: pa.Schema) -> Iterator[Callable[[pa.Table], None]]:
    """Give what writes a decision table part by part; the file takes its place when all are written."""
    # Of ids, every one is another: a dictionary would be begun for nothing.
    coded = [name for name in schema.names if _is_coded(name)]
    with replacing(path) as stream, pq.ParquetWriter(stream, schema, use_dictionary=coded or False) as writer:

        def write(table: pa.Table) -> None:
            writer.write_table(table.cast(schema))

        yield write


def read_decisions(path: Path, columns: Sequence[str] | None = None, *, coded: bool = False) -> Iterator[pa.Table]:
    """Yield a decision table (a file, or a folder of parts) batch by batch, in order.

    Parameters
    ----------
    coded
        Read labels, predictions, status and groups as numbers with a dictionary, which is how they are stored.
    """
    files = sorted(path.glob("*.parquet")) if path.is_dir() else [path]
    for file in files:
        with naming(file), pq.ParquetFile(file, pre_buffer=False) as plain:
            names = [name for name in plain.schema_arrow.names if coded and _is_coded(name)]
        with naming(file), pq.ParquetFile(file, pre_buffer=False, read_dictionary=names) as parquet:
            found = parquet.iter_batches(BATCH_ROWS, columns=None if columns is None else list(columns))
            tables = (pa.Table.from_batches([batch]) for batch in found)
            # Dictionaries end where row groups do, and batches with them.
            yield from windows(tables, BATCH_ROWS) if names else tables


def _is_coded(name: str) -> bool:
    return name in {"y_true", "y_pred", "status"} or is_group_or_control(name)


def windows(batches: Iterable[pa.Table], size: int) -> Iterator[pa.Table]:
    """Cut a stream into tables of `size` rows, so that parts do not depend on how the file was read."""
    waiting: list[pa.Table] = []
    held = 0
    for batch in batches:
        waiting.append(batch)
        held += batch.num_rows
        while held >= size:
            joined = pa.concat_tables(waiting)
            yield joined.slice(0, size)
            rest = joined.slice(size)
            waiting, held = [rest], rest.num_rows
    if held:
        yield pa.concat_tables(waiting)
