"""Tables of a run folder: whoever reads one whole is told by name which is damaged."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from audit.store.damage import naming


def read_table(path: Path, columns: Sequence[str] | None = None, ids: Collection[str] | None = None) -> pa.Table:
    """Read a table.

    Parameters
    ----------
    columns
        All if None.
    ids
        Keep the decisions with these ids alone.

    Raises
    ------
    RunFolderError
        If it is damaged.
    """
    chosen = None if ids is None else [("row_id", "in", list(ids))]
    with naming(path):
        return pq.read_table(path, columns=None if columns is None else list(columns), filters=chosen)


def count_rows(path: Path) -> int:
    """Count the rows of a table, without reading it."""
    with naming(path), pq.ParquetFile(path, pre_buffer=False) as file:
        return int(file.metadata.num_rows)
