"""Read a file as the audit does."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa

from audit.config import DataConfig
from audit.data.source import read_batches


def cells(path: Path, *columns: str, **keys: object) -> list[list[object]]:
    """The cells of some columns, column by column."""
    batches = list(read_batches(DataConfig(path=path, **keys), dict.fromkeys(columns, "data.columns.x")))
    return [[cell for batch in batches for cell in batch[column].to_pylist()] for column in columns]


def rows(path: Path, *columns: str, **keys: object) -> list[tuple[object, ...]]:
    """The cells of some columns, row by row."""
    return list(zip(*cells(path, *columns, **keys), strict=True))


def table(rows: list[dict[str, object]]) -> pa.Table:
    return pa.Table.from_pylist(rows)
