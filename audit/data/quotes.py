"""Signs that quotes were not meant as quotes, or that quotes were meant as such: what a reader of the result must know.

A quote that opens a cell by mistake swallows everything up to the next one. If that is in the same column of a later
row, the table still has its shape, and rows are gone. The cell then holds lines that are rows themselves.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from audit.config import DataConfig
from audit.data.csv_files import Dialect, column_names, csv_blocks
from audit.data.door import Readable, reading
from audit.data.files import data_format, table_files
from audit.data.text import text_file
from audit.result import Note

_BREAK = re.compile("\r\n?|\n")
#: Cells of a column that are looked at, to tell whether it holds numbers.
_SAMPLE = 200


def quote_notes(data: DataConfig) -> list[Note]:
    """Read all columns of CSV files once, and say which cells cast doubt on `data.quote`."""
    if data_format(data) != "csv":
        return []
    joined: list[int] = []
    longer: list[int] = []
    kept: list[int] = []
    read = 0
    for file in table_files(data):
        longer += [read + row for row in _goes_on(file.path, data)]
        for batch, quoted in _blocks(file.path, data):
            if quoted:
                joined += [read + row for row in _joined(batch, quoted)]
            else:
                kept += [read + row for row in _kept(batch)]
            read += batch.num_rows
    notes = [("quotes_join_rows", joined), ("quotes_kept", kept)]
    found = [Note(code=code, params={"n": len(rows), "row": min(rows)}) for code, rows in notes if rows]
    return [*found, *(Note(code="quotes_go_on", params={"row": row}) for row in longer[:1])]


def _goes_on(path: Readable, data: DataConfig) -> list[int]:
    """Row of the first cell with text after its closing quote, which Arrow joins to it without a word."""
    with reading(path, "CSV"):
        file, dialect = text_file(path, data.encoding), Dialect.of(path, data)
        with file.open_utf8() as stream:
            if not dialect.quote or not _stray(stream, dialect):
                return []
        with file.open_utf8() as stream:
            text = io.TextIOWrapper(stream, "utf-8", newline="")
            for _ in range(dialect.skip_rows):
                text.readline()
            rows = csv.reader(
                text,
                delimiter=dialect.delimiter, quotechar=dialect.quote, escapechar=dialect.escape or None, strict=True,
            )  # fmt: skip
            read = 0
            try:
                for cells in rows:
                    read += bool(cells)
            except csv.Error as error:
                return [read + 1 - (dialect.header is True)] if "expected after" in str(error) else []
    return []


def _stray(stream: Any, dialect: Dialect) -> bool:
    """Whether any quote stands within text: only then is it worth reading cell by cell."""
    marks = np.frombuffer(f"{dialect.delimiter}{dialect.escape}\r\n".encode(), np.uint8)
    quote = dialect.quote.encode()
    before = b"\n"
    while block := stream.read(1 << 22):
        held = before + block
        around = np.frombuffer(held, np.uint8)
        at = np.flatnonzero(around == ord(quote))
        first, last = at[np.diff(at, prepend=-1) > 1], at[np.diff(at, append=len(held) + 1) > 1]
        # What stands at the end goes on in the next block.
        first, last = first[last < len(held) - 1], last[last < len(held) - 1]
        opens = np.isin(around[first - 1], marks)
        # Doubled quotes are one character of the cell: an odd one out opens a cell at its start, and ends it elsewhere.
        ends = opens == ((last - first) % 2 == 1)
        if (ends & ~np.isin(around[last + 1], marks)).any():
            return True
        before = held[len(held.rstrip(quote)) - 1 :]
    return False


def _blocks(path: Readable, data: DataConfig) -> Iterator[tuple[pa.RecordBatch, str]]:
    """Yield all columns, with the delimiter that quoted cells may hold; none if nothing is quoted."""
    with reading(path, "CSV"):
        file, dialect = text_file(path, data.encoding), Dialect.of(path, data)
        width = len(column_names(file, dialect))
        for batch in csv_blocks(file, dialect, width, list(range(width))):
            yield batch, dialect.delimiter if dialect.quote else ""


def _kept(batch: pa.RecordBatch) -> list[int]:
    """Rows with a cell that begins and ends with a quote, which nothing took off."""
    doubtful = np.zeros(batch.num_rows, dtype=bool)
    for column in batch.columns:
        ends = pc.and_(pc.starts_with(column, '"'), pc.ends_with(column, '"'))
        doubtful |= pc.and_(ends, pc.greater(pc.utf8_length(column), 1)).to_numpy(zero_copy_only=False)
    return (np.flatnonzero(doubtful) + 1).tolist()


def _joined(batch: pa.RecordBatch, delimiter: str) -> list[int]:
    """Rows with a cell whose lines, with what stands before and after it, are whole rows of the table."""
    found: list[int] = []
    width = batch.num_columns
    numeric: list[int] | None = None
    for place, column in enumerate(batch.columns):
        broken = pc.or_(pc.match_substring(column, "\n"), pc.match_substring(column, "\r"))
        if width < 2 or not pc.any(broken).as_py():
            continue
        delimiters = pc.count_substring(column, delimiter)
        breaks = pc.count_substring_regex(column, _BREAK.pattern)
        likely = pc.and_(broken, pc.equal(delimiters, pc.multiply(breaks, width - 1)))
        numeric = _numeric(batch) if numeric is None else numeric
        for row in np.flatnonzero(likely.to_numpy(zero_copy_only=False)).tolist():
            lines = [line.split(delimiter) for line in _BREAK.split(column[row].as_py())]
            lines[0] = [batch.column(k)[row].as_py() for k in range(place)] + lines[0]
            lines[-1] += [batch.column(k)[row].as_py() for k in range(place + 1, width)]
            if all(len(line) == width and all(_is_number(line[k]) for k in numeric) for line in lines):
                found.append(row + 1)
    return sorted(set(found))


def _numeric(batch: pa.RecordBatch) -> list[int]:
    """Columns of numbers: prose that happens to hold as many delimiters as a row seldom fits them."""
    head = batch.slice(0, _SAMPLE)
    return [k for k, column in enumerate(head.columns) if sum(map(_is_number, column.to_pylist())) > head.num_rows / 2]


def _is_number(cell: Any) -> bool:
    try:
        float(cell.strip('" ') or "0")
    except ValueError:
        return False
    return True
