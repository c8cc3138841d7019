"""Read a table in Arrow batches, never all of it, whatever its format.

Every reader yields tables that hold just the columns asked for, in file order. CSV cells stay text: a column whose
first block looks numeric may well hold text later, so numbers are parsed where they are needed, with their row.
"""

from __future__ import annotations

import csv
import difflib
import gzip
import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import IO, Any

import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from audit.config import DataConfig
from audit.errors import DataError, some

BATCH_ROWS = 16_384
# One CSV row has to fit in a block. Fixed, since batch edges follow from it.
CSV_BLOCK_BYTES = 4 << 20
DATASETS_MARKERS = ("dataset_info.json", "state.json", "dataset_dict.json")


def data_format(data: DataConfig) -> str:
    """Name the format, from the configuration or else from the path."""
    if not data.path.exists():
        raise DataError("no such file or folder", where=str(data.path), hint="paths start at the folder of the config")
    if data.format:
        return data.format
    if data.path.is_dir():
        return "datasets" if any((data.path / marker).exists() for marker in DATASETS_MARKERS) else "parquet"
    suffixes = [suffix.lower() for suffix in data.path.suffixes if suffix.lower() != ".gz"]
    by_suffix = {".csv": "csv", ".tsv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl", ".json": "jsonl"}
    by_suffix |= {".parquet": "parquet", ".pq": "parquet"}
    if suffixes and suffixes[-1] in by_suffix:
        return by_suffix[suffixes[-1]]
    raise DataError("cannot tell the format from the name", where=str(data.path), hint="set data.format")


def data_files(data: DataConfig) -> list[Path]:
    """All files the table is made of, in reading order."""
    if data.path.is_dir():
        files = sorted(path for path in data.path.rglob("*") if path.is_file() and not path.name.startswith("."))
        return (
            files if data_format(data) == "datasets" else [path for path in files if path.suffix in {".parquet", ".pq"}]
        )
    return [data.path]


def read_batches(data: DataConfig, columns: Mapping[str, str]) -> Iterator[pa.Table]:
    """Yield the named columns of the table, batch by batch.

    Parameters
    ----------
    columns
        Column -> the key of the configuration that names it, for the error if there is no such column.

    Raises
    ------
    DataError
        For a missing or ambiguous column, ragged rows (with row numbers, from 1, header not counted), text that is
        not in the stated encoding, or a file that is not of its format.
    """
    readers: dict[str, Callable[[DataConfig, Mapping[str, str]], Iterator[pa.Table]]] = {
        "csv": _read_csv,
        "jsonl": _read_jsonl,
        "parquet": _read_parquet,
        "datasets": _read_datasets,
    }
    return readers[data_format(data)](data, columns)


def _require(columns: Mapping[str, str], present: list[str], where: Path) -> None:
    absent = [column for column in columns if column not in present]
    if absent:
        keys = ", ".join(columns[column] for column in absent)
        close = difflib.get_close_matches(absent[0], present, 1)
        hint = f"did you mean {close[0]!r}? " if close else ""
        raise DataError(
            f"no column {some(absent)} ({keys})", where=str(where), hint=f"{hint}columns are {some(present, 30)}"
        )
    twice = [column for column in columns if present.count(column) > 1]
    if twice:
        raise DataError(f"column {some(twice)} occurs more than once", where=str(where), hint="rename one of them")


def _open_binary(path: Path) -> IO[bytes]:
    return gzip.open(path) if path.suffix.lower() == ".gz" else path.open("rb")  # type: ignore[return-value]


def _read_csv(data: DataConfig, columns: Mapping[str, str]) -> Iterator[pa.Table]:
    path = data.path
    delimiter = "\t" if ".tsv" in path.suffixes else data.delimiter
    with _open_binary(path) as stream:
        header_line = stream.readline().decode(data.encoding, errors="replace").lstrip("\ufeff")
    header = next(csv.reader([header_line], delimiter=delimiter), [])
    _require(columns, header, path)
    ragged: list[int] = []

    def note_ragged(row: Any) -> str:
        ragged.append(row.number - 1 if row.number is not None else -1)
        return "skip"

    options: dict[str, Any] = {
        "read_options": pa_csv.ReadOptions(use_threads=False, block_size=CSV_BLOCK_BYTES, encoding=data.encoding),
        "parse_options": pa_csv.ParseOptions(
            delimiter=delimiter, newlines_in_values=True, invalid_row_handler=note_ragged
        ),
        "convert_options": pa_csv.ConvertOptions(
            include_columns=list(columns),
            column_types={column: pa.string() for column in columns},
            null_values=list(data.missing_values),
            strings_can_be_null=True,
            quoted_strings_can_be_null=True,
        ),
    }
    try:
        with pa.input_stream(str(path), compression="detect") as stream, pa_csv.open_csv(stream, **options) as reader:
            for batch in reader:
                if not ragged:
                    # A block of short rows holds very many of them.
                    for first in range(0, batch.num_rows, BATCH_ROWS):
                        yield pa.Table.from_batches([batch.slice(first, BATCH_ROWS)])
    except (pa.ArrowInvalid, UnicodeDecodeError) as error:
        _refuse_encoding(data, error)
        raise DataError(f"is not readable as CSV: {error}", where=str(path)) from None
    if ragged:
        rows = some([str(row) for row in ragged]).replace("'", "")
        raise DataError(
            f"{len(ragged):,} ragged rows, with more or fewer cells than the {len(header)} of the header: row {rows}",
            where=str(path),
            hint="quote cells that hold the delimiter, or set data.delimiter",
        )


def _refuse_encoding(data: DataConfig, error: Exception) -> None:
    """If the cause is text in another encoding, say in which lines."""
    bad = []
    with _open_binary(data.path) as stream:
        for number, line in enumerate(stream, 1):
            try:
                line.decode(data.encoding)
            except UnicodeDecodeError:
                bad.append(str(number))
    if bad:
        raise DataError(
            f"{len(bad):,} lines are not {data.encoding}: line {some(bad)}".replace("'", ""),
            where=str(data.path),
            hint="set data.encoding, for example latin-1, or convert the file",
        ) from error


def _read_jsonl(data: DataConfig, columns: Mapping[str, str]) -> Iterator[pa.Table]:
    seen: set[str] = set()
    rows: list[dict[str, Any]] = []
    missing = set(data.missing_values)

    def flush() -> pa.Table:
        arrays = {column: _array([row.get(column) for row in rows], missing) for column in columns}
        return pa.table(arrays)

    with _open_binary(data.path) as stream:
        for number, line in enumerate(stream, 1):
            if not line.strip():
                continue
            try:
                row = json.loads(line.decode(data.encoding))
            except UnicodeDecodeError as error:
                _refuse_encoding(data, error)
            except json.JSONDecodeError as error:
                raise DataError(f"line {number}: is not JSON: {error}", where=str(data.path)) from None
            if not isinstance(row, dict):
                raise DataError(f"line {number}: is not a JSON object", where=str(data.path))
            seen.update(row)
            rows.append(row)
            if len(rows) == BATCH_ROWS:
                _require(columns, sorted(seen), data.path)
                yield flush()
                rows = []
    _require(columns, sorted(seen), data.path)
    if rows:
        yield flush()


def _array(values: list[Any], missing: set[str]) -> pa.Array:
    """Arrow infers one type for a column; mixed JSON types become text."""
    values = [None if isinstance(value, str) and value in missing else value for value in values]
    try:
        return pa.array(values)
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        return pa.array([None if value is None else _json_text(value) for value in values], pa.string())


def _json_text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _read_parquet(data: DataConfig, columns: Mapping[str, str]) -> Iterator[pa.Table]:
    files = data_files(data)
    if not files:
        raise DataError("no Parquet file in this folder", where=str(data.path))
    for path in files:
        try:
            with pq.ParquetFile(path) as file:
                _require(columns, file.schema_arrow.names, path)
                for batch in file.iter_batches(BATCH_ROWS, columns=list(columns)):
                    # The file's column order wins otherwise.
                    yield pa.Table.from_batches([batch]).select(list(columns))
        except pa.ArrowInvalid as error:
            raise DataError(f"is not readable as Parquet: {error}", where=str(path)) from None


def _read_datasets(data: DataConfig, columns: Mapping[str, str]) -> Iterator[pa.Table]:
    try:
        from datasets import ClassLabel, DatasetDict, load_from_disk
    except ImportError:
        raise DataError(
            "is a saved datasets folder, and the package `datasets` is not installed",
            where=str(data.path),
            hint="pip install 'fairaudit[datasets]'",
        ) from None
    table = load_from_disk(str(data.path))
    if isinstance(table, DatasetDict):
        raise DataError(
            f"holds the splits {some(list(table))}",
            where=str(data.path),
            hint=f"name one: {data.path / next(iter(table))}",
        )
    _require(columns, table.column_names, data.path)
    names = {c: table.features[c].names for c in columns if isinstance(table.features[c], ClassLabel)}
    for batch in table.select_columns(list(columns)).with_format("arrow").iter(BATCH_ROWS):
        for column, classes in names.items():
            # Class numbers mean nothing to a reader; -1 is how `datasets` writes "no label".
            codes = batch.column(column).to_pylist()
            text = pa.array([classes[code] if code is not None and code >= 0 else None for code in codes], pa.string())
            batch = batch.set_column(batch.column_names.index(column), column, text)
        yield batch.select(list(columns))
