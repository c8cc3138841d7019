"""Decision tables: what the model decided about each row, and everything a metric may compare it by.

A decision's key is `row_id`, `output`, `position`; text classification has one decision per row and leaves the other
two null. A probe or an explanation writes its outcomes in this same shape, so that every rate, interval and gap comes
from one code.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from audit.store.columns import control_column, group_column, members_column
from audit.store.damage import naming
from audit.store.membership import TYPE

#: `status` of a decision. Failed decisions have no prediction and enter no metric; they are counted.
STATUSES = ("ok", "truncated", "empty", "failed")

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
            ("output", pa.string()),
            ("position", pa.int32()),
            ("y_true", pa.string()),
            ("y_pred", pa.string()),
            ("logits", pa.list_(pa.float32())),
            # Probability of the positive class, where there is one.
            ("score", pa.float64()),
            # The true number, where numbers are predicted; `score` is then the predicted one.
            ("y_value", pa.float64()),
            pa.field("status", pa.string(), nullable=False),
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


def decision_table(columns: dict[str, pa.Array], schema: pa.Schema) -> pa.Table:
    """Build a table of `schema`, with nulls for the columns that are not given."""
    size = len(next(iter(columns.values())))
    arrays = []
    for field in schema:
        column = columns.get(field.name)
        arrays.append(pa.nulls(size, field.type) if column is None else _flat(column).cast(field.type))
    return pa.Table.from_arrays(arrays, schema=schema)


def _flat(column: pa.Array | pa.ChunkedArray) -> pa.Array:
    return pa.concat_arrays(column.chunks) if isinstance(column, pa.ChunkedArray) else column


def read_decisions(path: Path, columns: Sequence[str] | None = None) -> Iterator[pa.Table]:
    """Yield a decision table (a file, or a folder of parts) batch by batch, in order."""
    files = sorted(path.glob("*.parquet")) if path.is_dir() else [path]
    for file in files:
        with naming(file), pq.ParquetFile(file, pre_buffer=False) as parquet:
            for batch in parquet.iter_batches(BATCH_ROWS, columns=None if columns is None else list(columns)):
                yield pa.Table.from_batches([batch])


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
