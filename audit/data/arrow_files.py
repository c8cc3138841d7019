"""Parquet files and saved `datasets` folders: columns with types of their own."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from audit.data.cells import class_names, plain
from audit.data.door import MALFORMED, Readable, reading
from audit.data.image_cells import image_cells
from audit.data.present import require
from audit.data.stores import StoredFile
from audit.errors import DataError, some


def read_parquet(
    path: Readable,
    columns: Mapping[str, str],
    folders: Collection[str],
    batch_rows: int,
    lists: Collection[str] = (),
    images: Collection[str] = (),
) -> Iterator[pa.Table]:
    """Yield the columns batch by batch; see `audit.data.source.read_batches`."""
    # Buffering ahead holds the whole file in memory.
    options = {"page_checksum_verification": True, "pre_buffer": False}
    with reading(path, "Parquet"), pq.ParquetFile(_anywhere(path), **options) as file:
        schema = file.schema_arrow
        require(columns, schema.names, path, folders)
        first = 1
        for batch in file.iter_batches(batch_rows, columns=list(columns), use_threads=False):
            yield _plain(batch, columns, class_names(schema), path, first, lists, images)
            first += batch.num_rows


def _anywhere(path: Readable) -> Any:
    """Open a file so that it can be read at any place."""
    return path.at_any_place() if isinstance(path, StoredFile) else path


def read_saved(
    path: Readable,
    columns: Mapping[str, str],
    batch_rows: int,
    lists: Collection[str] = (),
    images: Collection[str] = (),
) -> Iterator[pa.Table]:
    """Yield the columns of a folder that `datasets` saved, batch by batch."""
    table = _load_saved(path)
    require(columns, table.column_names, path)
    first = 1
    with reading(path, "a saved datasets folder", *MALFORMED):
        chosen = table.select_columns(list(columns))
        names = class_names(chosen.features.arrow_schema)
        for batch in chosen.with_format("arrow").iter(batch_rows):
            yield _plain(batch, columns, names, path, first, lists, images)
            first += batch.num_rows


def _load_saved(path: Readable) -> Any:
    try:
        from datasets import DatasetDict, load_from_disk
    except ImportError:
        raise DataError(
            "is a saved datasets folder, and the package `datasets` is not installed",
            where=str(path),
            hint="pip install 'fairaudit[datasets]'",
            code="package",
        ) from None
    with reading(path, "a saved datasets folder", *MALFORMED):
        table = load_from_disk(str(path))
    if isinstance(table, DatasetDict):
        raise DataError(
            f"holds the splits {some(list(table))}", where=str(path), hint=f"name one: {path / next(iter(table))}"
        )
    return table


def parquet_tables(path: Readable) -> Iterator[pa.Table]:
    """Yield a Parquet file whole, some rows at a time, as it is stored."""
    with (
        reading(path, "Parquet"),
        pq.ParquetFile(_anywhere(path), page_checksum_verification=True, pre_buffer=False) as file,
    ):
        for batch in file.iter_batches(256, use_threads=False):
            batch.validate(full=True)
            yield pa.Table.from_batches([batch], file.schema_arrow)


def saved_tables(path: Readable) -> Iterator[pa.Table]:
    """Yield a folder that `datasets` saved whole, some rows at a time, as it is stored."""
    table = _load_saved(path)
    with reading(path, "a saved datasets folder", *MALFORMED):
        schema = table.features.arrow_schema
        for batch in table.with_format("arrow").iter(256):
            batch.validate(full=True)
            yield batch.cast(schema)


def _plain(
    batch: Any,
    columns: Mapping[str, str],
    names: Mapping[str, list[str]],
    path: Readable,
    first: int,
    lists: Collection[str],
    images: Collection[str],
) -> pa.Table:
    # What a damaged file decodes to need not be text, nor lie within its buffers.
    batch.validate(full=True)
    # The file's own order of columns wins otherwise.
    return pa.table(
        {
            column: image_cells(batch.column(column), column, path, first)
            if column in images
            else plain(batch.column(column), column, path, first, names.get(column), lists=column in lists)
            for column in columns
        }
    )
