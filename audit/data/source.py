"""From files to a table of raw cells, in Arrow batches, never all of it, whatever the format.

Readers yield tables of just the columns asked for, in file order. A raw cell is missing, text, or a number or truth
value of Parquet; how they are spelled and what they mean is settled where rows are made of them. Formats by file:
`csv_files`, `json_files`, `arrow_files`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import pyarrow as pa

from audit.config import DataConfig
from audit.data.arrow_files import read_parquet, read_saved
from audit.data.csv_files import read_csv
from audit.data.door import Readable
from audit.data.files import TableFile, list_table
from audit.data.json_files import read_json
from audit.errors import ConfigError, DataError, some

BATCH_ROWS = 16_384
#: Where cells hold files.
BATCH_FILES = 256
#: Keys that mean something in some formats only.
_KEYS_OF = {
    "delimiter": {"csv"},
    "quote": {"csv"},
    "escape": {"csv"},
    "skip_rows": {"csv"},
    "header": {"csv"},
    "encoding": {"csv", "jsonl"},
}


def read_batches(data: DataConfig, columns: Mapping[str, str]) -> Iterator[pa.Table]:
    """Yield the named columns of the table, batch by batch; see `read_files`."""
    for _, table in read_files(data, columns):
        yield table


def read_files(data: DataConfig, columns: Mapping[str, str]) -> Iterator[tuple[str, pa.Table]]:
    """Yield the named columns of the table, batch by batch, each with the file that it stands in.

    Rows are numbered from 1 as they stand in the file: headers, skipped and blank lines are not counted, and a row with
    line breaks in its cells is one.

    Parameters
    ----------
    columns
        Column -> the key of the configuration that names it, for the error if there is no such column.

    Raises
    ------
    DataError
        For a missing or ambiguous column, ragged rows (with row numbers), text that is not in the stated encoding, a
        cell that holds a list, or a file that is damaged or not of its format.
    """
    listed = list_table(data)
    fmt = listed.format
    idle = [key for key, formats in _KEYS_OF.items() if fmt not in formats and key in data.model_fields_set]
    if idle:
        raise ConfigError(f"means nothing to {fmt} data", where=f"data.{idle[0]}", hint="leave it out")
    size = BATCH_ROWS if data.columns.image is None else BATCH_FILES
    for file in listed.files:
        inside = {column: key for column, key in columns.items() if column not in file.partition}
        if not inside:
            raise DataError(
                f"{some(list(columns))} stand in names of folders alone", where=str(data.path), hint="name a column"
            )
        folders = [column for column in columns if column in file.partition]
        for table in _read(fmt, file.path, data, inside, folders, size):
            for first in range(0, table.num_rows, size):
                yield str(file.path), _with_partition(table.slice(first, size), file, data, list(columns))


def _read(
    fmt: str, path: Readable, data: DataConfig, columns: Mapping[str, str], folders: list[str], size: int
) -> Iterator[pa.Table]:
    if fmt == "csv":
        return read_csv(path, data, columns, folders)
    if fmt == "jsonl":
        return read_json(path, data, columns, folders, size)
    images = [column for column in (data.columns.image,) if column is not None]
    if fmt == "parquet":
        return read_parquet(path, columns, folders, size, data.lists, images)
    return read_saved(Path(str(path)), columns, size, data.lists, images)


def _with_partition(table: pa.Table, file: TableFile, data: DataConfig, columns: list[str]) -> pa.Table:
    for column, value in file.partition.items():
        if column in columns:
            text = None if value in data.missing_values else value
            table = table.append_column(column, pa.array([text] * table.num_rows, pa.string()))
    return table.select(columns)
