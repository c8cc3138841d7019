"""JSON: one object per line, or one array of objects.

Cells become text here: were Arrow to infer types, they would depend on where a batch ends,
and whole numbers beyond 2⁵³ would lose their last digits.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Collection, Iterator, Mapping
from itertools import chain, islice
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from audit.config import DataConfig, as_label
from audit.data.cells import holds, written
from audit.data.door import Readable, reading
from audit.data.present import require
from audit.data.text import text_file
from audit.errors import DataError

#: A line, or an object of an array, of more characters than this is refused: it would have to be held in memory.
MOST_CHARACTERS = 64 << 20
_CHUNK = 1 << 20
_BLANK = " \t\r\n"
Row = dict[str, Any]
#: How a cell is spelled, by its type: numbers as they are spelled wherever they come from.
_SPELLED: dict[type, Callable[[Any], str | None]] = {
    str: lambda text: text,
    type(None): lambda none: None,
    int: str,
    float: as_label,
    bool: as_label,
}


class _Repeated(ValueError):
    """A key occurs twice in one object."""


def _object(pairs: list[tuple[str, Any]]) -> Row:
    row = dict(pairs)
    if len(row) < len(pairs):
        names = [name for name, _ in pairs]
        raise _Repeated(next(name for name in names if names.count(name) > 1))
    return row


_DECODER = json.JSONDecoder(
    object_pairs_hook=_object,
    # Python writes a missing float as NaN.
    parse_constant=lambda name: None if name == "NaN" else float(name),
)


def read_json(
    path: Readable, data: DataConfig, columns: Mapping[str, str], folders: Collection[str], batch_rows: int
) -> Iterator[pa.Table]:
    """Yield the columns as text, batch by batch; see `audit.data.source.read_batches`."""
    with reading(path, "JSON"):
        file = text_file(path, data.encoding)
        try:
            with file.open_utf8() as stream:
                _require(columns, _rows(stream, path), path, folders)
            with file.open_utf8() as stream:
                rows, first = _rows(stream, path), 1
                while batch := list(islice(rows, batch_rows)):
                    yield pa.table({column: _cells(batch, column, path, first, data) for column in columns})
                    first += len(batch)
        except UnicodeError as error:
            file.refuse_encoding(error)
            raise


def json_objects(path: Readable, data: DataConfig) -> Iterator[Row]:
    """Yield the objects of a file as they are."""
    file = text_file(path, data.encoding)
    try:
        with file.open_utf8() as stream:
            yield from _rows(stream, path)
    except UnicodeError as error:
        file.refuse_encoding(error)
        raise


def _require(columns: Mapping[str, str], rows: Iterator[Row], path: Readable, folders: Collection[str]) -> None:
    """A key may be left out where a value is missing, so a column is there if any row has it."""
    seen: dict[str, None] = {}
    for row in rows:
        seen |= dict.fromkeys(row)
        if columns.keys() <= seen.keys():
            break
    require(columns, list(seen), path, folders)


def _rows(stream: Any, path: Readable) -> Iterator[Row]:
    # Of the characters that end a line, none can stand in a JSON string as it is.
    text = io.TextIOWrapper(stream, "utf-8-sig", newline=None)
    head = ""
    while not head.strip(_BLANK) and (line := text.readline(MOST_CHARACTERS)):
        head += line
    if head.lstrip(_BLANK).startswith("["):
        return _array(text, head, path)
    return _lines(text, head, path)


def _lines(text: Any, head: str, path: Readable) -> Iterator[Row]:
    lines = chain(io.StringIO(head), iter(lambda: text.readline(MOST_CHARACTERS), ""))
    for number, line in enumerate(lines, 1):
        if not line.strip(_BLANK):
            continue
        where = f"line {number}"
        if len(line) >= MOST_CHARACTERS:
            raise DataError(f"{where}: is longer than {MOST_CHARACTERS >> 20} MiB", where=str(path))
        try:
            yield _checked(_DECODER.decode(line), where, path)
        except json.JSONDecodeError as error:
            raise DataError(
                f"{where}: is not JSON: {error.msg}, at character {error.pos + 1}",
                where=str(path),
                hint="write one object per line, or one array of objects",
            ) from None
        except ValueError as error:
            raise _refusal(error, where, path) from None


def _array(text: Any, head: str, path: Readable) -> Iterator[Row]:
    """Cut the objects out of an array without holding more than one of them, and what was read beyond it."""
    buffer, at = head, head.index("[") + 1
    row, comma, chunk = 0, True, _CHUNK
    while True:
        while at < len(buffer) and buffer[at] in _BLANK:
            at += 1
        where, why = f"row {row + 1}", "the array is not closed: the file is cut short"
        if at < len(buffer):
            if buffer[at] == "]":
                if (buffer[at + 1 :] + text.read(_CHUNK)).strip(_BLANK):
                    raise DataError(f"after row {row}: something follows the end of the array", where=str(path))
                return
            if not comma:
                if buffer[at] != ",":
                    raise DataError(f"{where}: no comma before it", where=str(path))
                at, comma = at + 1, True
                continue
            try:
                value, at = _DECODER.raw_decode(buffer, at)
            except json.JSONDecodeError as error:
                why = f"is not JSON: {error.msg}"
            except ValueError as error:
                raise _refusal(error, where, path) from None
            else:
                yield _checked(value, where, path)
                row, comma, chunk = row + 1, False, _CHUNK
                continue
        # Cut short by the end of what was read, or broken: only more of it can tell.
        more = text.read(chunk)
        buffer, at = buffer[at:] + more, 0
        chunk *= 2  # so that an object of any size is tried a few times only
        if not more or len(buffer) > MOST_CHARACTERS:
            raise DataError(f"{where}: {why}", where=str(path), hint="write an array of objects")


def _checked(value: Any, where: str, path: Readable) -> Row:
    if not isinstance(value, dict):
        raise DataError(
            f"{where}: is not a JSON object", where=str(path), hint="write one object per line, or one array of objects"
        )
    return value


def _refusal(error: ValueError, where: str, path: Readable) -> DataError:
    if isinstance(error, _Repeated):
        return DataError(f"{where}: the key {str(error)!r} occurs more than once in one object", where=str(path))
    return DataError(f"{where}: holds a number that is too long to be read", where=str(path))


def _cells(rows: list[Row], column: str, path: Readable, first: int, data: DataConfig) -> Any:
    values, missing = [row.get(column) for row in rows], data.missing_values
    if column in data.lists:
        values = [written(value) if isinstance(value, list) else value for value in values]
    if not {type(value) for value in values} <= _SPELLED.keys():
        row, value = next(item for item in enumerate(values, first) if type(item[1]) not in _SPELLED)
        raise holds(path, column, row, "a list" if isinstance(value, list) else "an object")
    texts = [_SPELLED[type(value)](value) for value in values]
    try:
        array = pa.array(texts, pa.string())
    except UnicodeError:
        for row, text in enumerate(texts, first):
            if text is not None and any("\ud800" <= character <= "\udfff" for character in text):
                raise holds(path, column, row, "half a character (a lone surrogate)") from None
        raise
    return pc.if_else(pc.is_in(array, pa.array(missing, pa.string())), pa.scalar(None, pa.string()), array)
