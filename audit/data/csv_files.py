"""CSV and its kin. One reader for header and body: the header is the first row of the table, read as every other.

Cells stay text: a column whose first block looks numeric may well hold text later.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.csv as pa_csv

from audit.config import DataConfig
from audit.data.door import Readable, reading
from audit.data.files import final_suffix
from audit.data.present import require
from audit.data.text import TextFile, text_file
from audit.errors import DataError

#: One row has to fit in a block. Fixed, since batch edges follow from it.
BLOCK_BYTES = 4 << 20
#: A row of these cells is put after the end. If it is not the last row read, an open quote has swallowed it.
END = "\x03end of the table\x03"
_DELIMITERS = ("\t", ";", "|", ",")
_SHOWN = 8


@dataclass(frozen=True)
class Dialect:
    """How cells and rows are told apart."""

    delimiter: str
    quote: str
    escape: str
    skip_rows: int
    header: bool | tuple[str, ...]

    @classmethod
    def of(cls, path: Readable, data: DataConfig) -> Dialect:
        """Take it from the configuration, or else from the name: files with tabs do not quote."""
        tabbed = final_suffix(path) in {".tsv", ".tab"}
        delimiter = data.delimiter or ("\t" if tabbed else ",")
        quote = data.quote if data.quote is not None else "" if delimiter == "\t" else '"'
        return cls(delimiter, quote, data.escape or "", data.skip_rows, data.header)


def read_csv(
    path: Readable, data: DataConfig, columns: Mapping[str, str], folders: Collection[str]
) -> Iterator[pa.Table]:
    """Yield the columns as text, block by block; see `audit.data.source.read_batches`."""
    with reading(path, "CSV"):
        file, dialect = text_file(path, data.encoding), Dialect.of(path, data)
        try:
            names = column_names(file, dialect)
            _refuse_delimiter(columns, names, dialect, path)
            require(columns, names, path, folders)
            places = [names.index(column) for column in columns]
            for batch in csv_blocks(file, dialect, len(names), places, data.missing_values):
                yield pa.table(batch.columns, names=list(columns))
        except (pa.ArrowInvalid, UnicodeError) as error:
            file.refuse_encoding(error)
            if "straddling" in str(error):
                raise DataError(
                    f"a row is longer than {BLOCK_BYTES >> 20} MiB",
                    where=str(path),
                    hint="a quote that is never closed? " + _cure(dialect),
                ) from None
            raise


def column_names(file: TextFile, dialect: Dialect) -> list[str]:
    """Names of all columns, without the blanks around them; numbers from 1 where nothing names them."""
    named = dialect.header is True
    with _any_bytes(file) as stream:
        source = pa.PythonFile(_Ended(stream, b"\n"), mode="r")  # a header alone need not end its line
        try:
            # Ragged rows are told of when the body is read.
            found = list(_open(source, dialect, not named, note=lambda row: "skip").schema.names)
        except pa.ArrowInvalid as error:
            if "Empty CSV" not in str(error) and "skip initial" not in str(error):
                raise
            raise DataError(
                "ends before its first row", where=str(file.path), hint="does data.skip_rows leave out too much?"
            ) from None
    if named and file.encoding == "utf-8":
        found = [name.encode("latin-1").decode("utf-8") for name in found]
    found = [name.strip() for name in found]
    if named:
        return found
    if dialect.header is False:
        return [str(number) for number in range(1, len(found) + 1)]
    given = list(dialect.header) if isinstance(dialect.header, tuple) else []
    if len(given) != len(found):
        raise DataError(
            f"has {len(found)} columns, and data.header names {len(given)}",
            where=str(file.path),
            hint="name every column, in order",
        )
    return given


def csv_blocks(
    file: TextFile, dialect: Dialect, width: int, places: list[int], missing: tuple[str, ...] = ()
) -> Iterator[pa.RecordBatch]:
    """Yield the columns at some places as text.

    Raises
    ------
    DataError
        For rows with more or fewer cells than `width`, and for a quote that is never closed.
    """
    leading: int = dialect.header is True
    held: Any = None
    try:
        with file.open_utf8() as stream:
            for batch in _open(_ended(stream, dialect, width), dialect, True, places=places, missing=missing):
                if held is not None and held.num_rows:
                    yield held
                if batch.num_rows:
                    # The first row is the header.
                    held, leading = batch.slice(leading), 0
    except pa.ArrowInvalid as error:
        file.refuse_encoding(error)
        _refuse_shape(file, dialect, width)
        raise
    if held is None or not _ends(held):
        _refuse_shape(file, dialect, width)
    elif held.num_rows > 1:
        yield held.slice(0, held.num_rows - 1)


def _any_bytes(file: TextFile) -> Any:
    """Open it so that every byte is some character: Arrow shows ragged rows as text. The shape stays the same."""
    stream = file.open_utf8()
    return pa.transcoding_input_stream(stream, "latin-1", "utf-8") if file.encoding == "utf-8" else stream


def _ended(stream: Any, dialect: Dialect, width: int) -> Any:
    end = dialect.delimiter.join([END] * width)
    return pa.PythonFile(_Ended(stream, f"\n{end}\n".encode()), mode="r")


def _ends(block: Any) -> bool:
    return bool(block.num_rows and block.column(0)[-1].as_py() == END)


def _refuse_shape(file: TextFile, dialect: Dialect, width: int) -> None:
    """Find all rows that do not have the shape of the table."""
    ragged: list[int] = []
    count = rows = 0
    last: Any = None

    def note(row: Any) -> str:
        nonlocal count
        count += 1
        if len(ragged) < _SHOWN:
            ragged.append(row.number - dialect.skip_rows - (dialect.header is True))
        return "skip"

    with _any_bytes(file) as stream:
        for batch in _open(_ended(stream, dialect, width), dialect, True, places=[0], note=note):
            last = batch if batch.num_rows else last
            rows += batch.num_rows
    if last is None or not _ends(last):
        raise DataError(
            f"a quote is opened in or before row {rows + count - (dialect.header is True)} and never closed",
            where=str(file.path),
            hint=_cure(dialect),
        )
    if count:
        more = f" and {count - _SHOWN:,} more" if count > _SHOWN else ""
        raise DataError(
            f"{count:,} ragged rows, with more or fewer cells than the {width} of the first: "
            f"row {', '.join(map(str, ragged))}{more}",
            where=str(file.path),
            hint=f"set data.delimiter, or {_cure(dialect)}",
        )


class _Ended:
    """A stream, and what is put after its end. Arrow reads it as a Python file."""

    def __init__(self, stream: Any, end: bytes) -> None:
        self._stream, self._end = stream, end
        self.closed = False

    def read_buffer(self, size: int) -> Any:
        """Fill whole blocks, so that what is put after the end does not make one of its own."""
        block = self._stream.read_buffer(size)
        if len(block) == size:
            return block  # as it lies in Arrow's memory
        parts = [block.to_pybytes()]
        size -= len(block)
        while size > 0 and (part := self._stream.read(size)):
            parts.append(part)
            size -= len(part)
        parts.append(self._end[:size])
        self._end = self._end[size:]
        return pa.py_buffer(b"".join(parts))

    def read(self, size: int) -> Any:
        """Read bytes: Arrow asks for buffers where it can."""
        return self.read_buffer(size).to_pybytes()

    def close(self) -> None:
        self.closed = True


def _open(
    stream: Any,
    dialect: Dialect,
    autogenerate: bool,
    *,
    places: list[int] | None = None,
    missing: tuple[str, ...] = (),
    note: Any = None,
) -> Any:
    named = [f"f{place}" for place in places or ()]
    return pa_csv.open_csv(
        stream,
        read_options=pa_csv.ReadOptions(
            use_threads=False,
            block_size=BLOCK_BYTES,
            skip_rows=dialect.skip_rows,
            autogenerate_column_names=autogenerate,
        ),
        parse_options=pa_csv.ParseOptions(
            delimiter=dialect.delimiter,
            quote_char=dialect.quote or False,
            escape_char=dialect.escape or False,
            newlines_in_values=bool(dialect.quote or dialect.escape),
            invalid_row_handler=note,
        ),
        convert_options=pa_csv.ConvertOptions(
            include_columns=named,
            column_types=dict.fromkeys(named, pa.string()),
            null_values=list(missing),
            strings_can_be_null=True,
            quoted_strings_can_be_null=True,
        ),
    )


def _refuse_delimiter(columns: Mapping[str, str], names: list[str], dialect: Dialect, path: Readable) -> None:
    if len(names) == 1 and names[0] not in columns:
        others = [mark for mark in _DELIMITERS if mark in names[0] and mark != dialect.delimiter]
        if others:
            raise DataError(
                f"has one column only, {names[0][:80]!r}",
                where=str(path),
                hint=f"are its cells told apart by {others[0]!r}? Then set data.delimiter: {json.dumps(others[0])}",
            )


def _cure(dialect: Dialect) -> str:
    if dialect.quote:
        return "set data.quote to '' if quotes are plain text; data.escape if they are escaped by a character"
    return "set data.quote to '\"' if cells are quoted"
