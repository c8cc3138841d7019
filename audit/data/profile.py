"""What stands in the columns of a table that nothing is known about yet: for whoever writes its configuration.

Everything else reads the columns that a configuration names. Here all are looked at, those too whose name stands twice
and those of kinds that no audit reads.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import pyarrow as pa

from audit.config import DataConfig
from audit.config.spelling import as_label
from audit.data.arrow_files import parquet_tables, saved_tables
from audit.data.cells import class_names, plain, unwrapped
from audit.data.csv_files import Dialect, column_names, csv_blocks
from audit.data.door import reading
from audit.data.files import data_format, table_files
from audit.data.json_files import json_objects
from audit.data.text import text_file

#: Cells that are looked at, and rows at least: a wide table is judged by fewer of them.
MOST_CELLS, LEAST_ROWS = 3_000_000, 20_000
_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?", re.ASCII)
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}(?:[ T].*)?|\d{1,2}[/.]\d{1,2}[/.]\d{2,4}", re.ASCII)
_PICTURE = re.compile(r".+\.(?:jpe?g|png|webp|bmp|gif|tiff?)", re.IGNORECASE)
_CHINESE = re.compile(r"[\u3400-\u9fff]")


#: Columns of some rows: name, and cells, or the number of pictures in their place.
Table = list[tuple[str, list[Any] | int]]


@dataclass
class ColumnProfile:
    """One column.

    Attributes
    ----------
    place
        Number of the column, from 1.
    twice
        Another column has the same name.
    values
        Value, in its one spelling -> rows; of lists, their items.
    numbers, dates, paths, lists, pictures
        Cells that are a number, a date, the path of a picture, a list, a picture.
    """

    name: str
    place: int
    twice: bool = False
    rows: int = 0
    missing: int = 0
    values: Counter[str] = field(default_factory=Counter)
    numbers: int = 0
    whole: int = 0
    dates: int = 0
    paths: int = 0
    lists: int = 0
    pictures: int = 0
    words: int = 0
    characters: int = 0
    chinese: int = 0
    lowest: float = math.inf
    highest: float = -math.inf

    @property
    def filled(self) -> int:
        """Cells that hold something."""
        return self.rows - self.missing

    @property
    def distinct(self) -> int:
        """Number of different values."""
        return len(self.values)

    @property
    def unique(self) -> bool:
        """Whether every row has a value of its own."""
        return self.rows > 1 and not self.missing and not self.lists and self.distinct == self.rows

    @property
    def is_number(self) -> bool:
        """Whether every cell that holds something holds a number."""
        return self.filled > 0 and self.numbers == self.filled

    @property
    def is_date(self) -> bool:
        """Whether nearly all cells hold dates."""
        return self.filled > 0 and self.dates >= 0.95 * self.filled

    @property
    def is_list(self) -> bool:
        """Whether cells hold lists."""
        return self.lists > 0 and self.lists == self.filled

    @property
    def is_picture(self) -> bool:
        """Whether cells hold pictures, or their paths."""
        return self.filled > 0 and (self.pictures == self.filled or self.paths >= 0.95 * self.filled)

    @property
    def is_text(self) -> bool:
        """Whether cells are words of a language rather than names of a few things."""
        if not self.filled or self.is_number or self.is_date or self.is_list or self.is_picture:
            return False
        long = self.characters >= 14 * self.filled or self.chinese >= 0.5 * self.filled
        return long and self.words >= 1.5 * self.filled and self.distinct > min(50, 0.2 * self.rows)

    def take(self, cells: Iterable[Any]) -> None:
        """Look at more cells."""
        for cell in cells:
            self.rows += 1
            if isinstance(cell, list):
                self.lists += 1
                self.values.update(as_label(item) for item in cell if isinstance(item, str | int | float))
                continue
            text = "" if cell is None else as_label(cell)
            if text in {"", "nan"}:
                self.missing += 1
                continue
            self.values[text] += 1
            self._look(text)

    def _look(self, text: str) -> None:
        if _NUMBER.fullmatch(text):
            number = float(text)
            self.numbers += math.isfinite(number)
            self.whole += number.is_integer()
            self.lowest, self.highest = min(self.lowest, number), max(self.highest, number)
            return
        chinese = len(_CHINESE.findall(text))
        self.chinese += chinese > 0.3 * len(text)
        self.characters += len(text)
        # Chinese is written without blanks; a word has about two characters.
        self.words += len(text.split()) + chinese // 2
        self.dates += _DATE.fullmatch(text) is not None
        self.paths += _PICTURE.fullmatch(text) is not None


@dataclass(frozen=True)
class Profile:
    """The columns of a table, by as many rows as were looked at."""

    columns: list[ColumnProfile]
    rows: int
    whole: bool
    delimiter: str | None = None

    def named(self, name: str) -> ColumnProfile | None:
        """Look a column up that no other shares its name with."""
        return next((column for column in self.columns if column.name == name and not column.twice), None)


def profile(data: DataConfig) -> Profile:
    """Look at every column.

    Raises
    ------
    DataError
        For what is no table that an audit can read.
    """
    fmt = data_format(data)
    columns: dict[str | int, ColumnProfile] = {}
    rows, delimiter, whole = 0, None, True
    for file in table_files(data):
        with reading(file.path, fmt):
            if fmt == "csv":
                delimiter = _delimiter(file.path, data)
                data = data if delimiter is None else data.model_copy(update={"delimiter": delimiter})
                tables: Iterator[Table] = _csv(file.path, data)
            elif fmt == "jsonl":
                tables = _json(file.path, data)
            else:
                tables = _arrow(file.path, fmt)
            for table in tables:
                rows += _take(columns, table, file.partition, rows)
                if rows >= LEAST_ROWS and rows * len(columns) >= MOST_CELLS:
                    whole = False
                    break
        if not whole:
            break
    return Profile(list(columns.values()), rows, whole, delimiter)


def _take(
    columns: dict[str | int, ColumnProfile],
    table: Table,
    folders: dict[str, Any],
    seen: int,
) -> int:
    """Add the cells of a table; a number in the place of cells says how many pictures there are."""
    size = max((cells if isinstance(cells, int) else len(cells) for _, cells in table), default=0)
    names = [name for name, _ in table]
    repeated = {name for name in names if names.count(name) > 1}
    both = [*table, *((name, [value] * size) for name, value in folders.items())]
    for place, (name, cells) in enumerate(both, 1):
        key: str | int = place if name in repeated else name
        if key not in columns:
            # A key of JSON that earlier rows leave out was missing there.
            columns[key] = ColumnProfile(name, place, name in repeated, rows=seen, missing=seen)
        column = columns[key]
        if isinstance(cells, int):
            column.rows, column.pictures = column.rows + cells, column.pictures + cells
        else:
            column.take(cells)
    for column in columns.values():
        column.missing += seen + size - column.rows
        column.rows = seen + size
    return size


def _csv(path: Any, data: DataConfig) -> Iterator[Table]:
    file, dialect = text_file(path, data.encoding), Dialect.of(path, data)
    try:
        names = column_names(file, dialect)
        for batch in csv_blocks(file, dialect, len(names), list(range(len(names))), data.missing_values):
            yield [(name, batch.column(place).to_pylist()) for place, name in enumerate(names)]
    except (pa.ArrowInvalid, UnicodeError) as error:
        file.refuse_encoding(error)
        raise


def _delimiter(path: Any, data: DataConfig) -> str | None:
    """Tell what stands between cells, where it is not what the name says; None where it is."""
    if data.delimiter is not None:
        return data.delimiter
    (name, *more) = column_names(text_file(path, data.encoding), Dialect.of(path, data))
    found = [mark for mark in ("\t", ";", "|", ",") if mark in name]
    return found[0] if found and not more else None


def _json(path: Any, data: DataConfig) -> Iterator[Table]:
    rows = json_objects(path, data)
    while batch := list(islice(rows, 4096)):
        names = dict.fromkeys(name for row in batch for name in row)
        yield [(name, [_cell(row.get(name)) for row in batch]) for name in names]


def _cell(value: Any) -> Any:
    return str(value) if isinstance(value, dict) else value


def _arrow(path: Any, fmt: str) -> Iterator[Table]:
    first = 1
    for table in parquet_tables(path) if fmt == "parquet" else saved_tables(path):
        named = class_names(table.schema)
        yield [
            (name, _cells(table.column(place), name, path, first, named.get(name)))
            for place, name in enumerate(table.schema.names)
        ]
        first += table.num_rows


def _cells(array: Any, name: str, path: Any, first: int, classes: list[str] | None) -> list[Any] | int:
    array = unwrapped(array)
    kind = array.type
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
        return len(array)
    if pa.types.is_struct(kind) and {field.name for field in kind} & {"bytes", "path"}:
        return len(array)
    if pa.types.is_nested(kind):
        return [_cell(cell) for cell in array.to_pylist()]
    return list(plain(array, name, path, first, classes).to_pylist())
