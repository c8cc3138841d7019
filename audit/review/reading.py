"""Files with answers, as people send them back: CSV, workbooks, and the JSON of Label Studio, full or short.

A file is read into what it says, place by place; what that means is for `meaning` to find out.
"""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from audit.errors import ConfigError, DataError, some
from audit.review.panel import QUESTIONS
from audit.review.sheets import COMMENT, ID, REVIEWER
from audit.text import file_name

#: What parts of a review add to the name of a reviewer's file.
SUFFIXES = ("-label", "-decision", "-review")
#: Bytes of a file with answers, unpacked: a workbook of a few kilobytes can be made to unpack to any size.
MOST_BYTES = 256 << 20


@dataclass(frozen=True)
class Said:
    """What one file says in one place about one decision.

    Attributes
    ----------
    place
        Row, or item, for people who look for it.
    told
        Question, or comment -> what stands there.
    """

    source: str
    place: str
    reviewer: str
    review_id: str
    told: dict[str, str]


def read_file(path: Path) -> list[Said]:
    """Read one file with answers.

    Raises
    ------
    DataError
        With file, row and column of what is wrong.
    """
    if not path.is_file():
        raise DataError("no such file", where=str(path))
    if path.stat().st_size > MOST_BYTES:
        raise DataError(f"is larger than {MOST_BYTES >> 20} MiB", where=str(path))
    kind = path.suffix.lower()
    if kind in {".xlsx", ".xlsm"}:
        return [said for sheet, rows in _sheets(path) for said in _table(path, rows, f"sheet {sheet!r}, ")]
    if kind == ".json":
        return _label_studio(path)
    if kind in {".csv", ".tsv", ".txt"}:
        return list(_table(path, _csv_rows(path), ""))
    raise DataError(
        f"{kind or 'no ending'} is no kind of file that answers are read from",
        where=str(path),
        hint="CSV, XLSX, or the JSON that Label Studio exports",
    )


def _text(path: Path) -> str:
    content = path.read_bytes()
    wide = content.startswith((b"\xff\xfe", b"\xfe\xff"))
    try:
        return content.decode("utf-16" if wide else "utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise DataError(
            f"line {line:,} is no UTF-8", where=str(path), hint="save it as “CSV UTF-8”, or send the workbook itself"
        ) from None


def _csv_rows(path: Path) -> Iterator[list[str]]:
    text = _text(path)
    first = text.split("\n", 1)[0]
    # Where a comma divides whole from tenths, spreadsheets put semicolons between cells.
    delimiter = max(",;\t", key=first.count)
    try:
        yield from csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    except csv.Error as error:
        raise DataError(f"is no CSV: {error}", where=str(path), hint="save it as CSV UTF-8 again") from None


def _sheets(path: Path) -> Iterator[tuple[str, list[list[str]]]]:
    """Yield every sheet that has ids of a review in its first row."""
    try:
        from openpyxl import load_workbook
    except ImportError:
        raise ConfigError(
            "reading a workbook needs openpyxl, which is not installed",
            hint="pip install 'fairaudit[xlsx]', or CSV",
            code="package",
        ) from None
    try:
        with zipfile.ZipFile(path) as packed:
            size = sum(item.file_size for item in packed.infolist())
        if size > MOST_BYTES:
            raise DataError(f"unpacks to more than {MOST_BYTES >> 20} MiB", where=str(path))
        book = load_workbook(path, read_only=True, data_only=True)
    except (zipfile.BadZipFile, KeyError, ValueError, OSError) as error:
        raise DataError(f"is no workbook: {error}", where=str(path), hint="save it again, or as CSV UTF-8") from None
    found = False
    try:
        for sheet in book.worksheets:
            rows = [["" if cell is None else str(cell) for cell in row] for row in sheet.iter_rows(values_only=True)]
            if rows and ID in [cell.strip() for cell in rows[0]]:
                found = True
                yield sheet.title, rows
    finally:
        book.close()
    if not found:
        raise DataError(f"no sheet has a column {ID!r} in its first row", where=str(path), hint=_KEEP)


_KEEP = "keep the first row as it was exported: its cells say what stands below them"


def _table(path: Path, rows: Iterator[list[str]] | Sequence[list[str]], where: str) -> Iterator[Said]:
    """Read a table whose first row names its columns."""
    lines = iter(rows)
    heads = [cell.strip() for cell in next(lines, [])]
    if ID not in heads:
        raise DataError(f"no column {ID!r}", where=str(path), hint=_KEEP)
    asked = [name for name in (*QUESTIONS, COMMENT) if name in heads]
    if not set(asked) & set(QUESTIONS):
        raise DataError(f"has none of the columns {some(list(QUESTIONS))}", where=str(path), hint=_KEEP)
    twice = [name for name, n in Counter(heads).items() if n > 1 and name in {ID, REVIEWER, *asked}]
    if twice:
        raise DataError(f"column {some(twice)} occurs more than once", where=str(path), hint="remove one of them")
    for number, cells in enumerate(lines, 2):
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) > len(heads) and any(cell.strip() for cell in cells[len(heads) :]):
            raise DataError(
                f"{where}row {number:,} has {len(cells)} cells, and there are {len(heads)} columns",
                where=str(path),
                hint="a comment with commas needs quotes around it: save it from a spreadsheet",
            )
        row = dict(zip(heads, [cell.strip() for cell in cells], strict=False))
        if not row.get(ID):
            raise DataError(
                f"{where}row {number:,} has no {ID}", where=str(path), hint="put it back, or remove the row"
            )
        yield Said(
            file_name(path),
            f"{where}row {number:,}",
            row.get(REVIEWER) or _named_by(path),
            row[ID],
            {name: row.get(name, "") for name in asked},
        )


def _named_by(path: Path) -> str:
    """Name a reviewer by the file, where it does not say who wrote it."""
    stem = Path(file_name(path)).stem
    return next((stem.removesuffix(end) for end in SUFFIXES if stem.endswith(end)), stem)


def _label_studio(path: Path) -> list[Said]:
    try:
        plain = json.loads(_text(path))
    except (ValueError, RecursionError) as error:
        raise DataError(f"cannot be read as JSON: {error}", where=str(path)) from None
    if not isinstance(plain, list) or not all(isinstance(item, dict) for item in plain):
        raise DataError("is no list of tasks", where=str(path), hint="export JSON or JSON-MIN from Label Studio")
    found = [one for number, item in enumerate(plain, 1) for one in _annotations(path, number, item)]
    # One task that several people answered: there, and so in the whole file, who it was is what Label Studio says.
    several = any(n > 1 for n in Counter(review_id for _, review_id, *_ in found).values())
    out = []
    for place, review_id, given_to, by, told in found:
        name = f"{given_to}, {by}" if several and given_to and by else by if several and by else given_to or by
        out.append(Said(file_name(path), place, name or _named_by(path), review_id, told))
    return out


_Annotation = tuple[str, str, str, str, dict[str, str]]


def _annotations(path: Path, number: int, item: dict[str, Any]) -> Iterator[_Annotation]:
    """Yield what was answered about one item: place, id, whom it was given to, who answered, and what."""
    place = f"item {number:,}"
    full = "annotations" in item or "completions" in item
    data = item.get("data") if full else item
    review_id = data.get("review_id") if isinstance(data, dict) else None
    if not isinstance(review_id, str) or not review_id:
        raise DataError(
            f"{place} has no review_id",
            where=str(path),
            hint="import the tasks as they were exported, and keep their data",
        )
    given_to = data.get("reviewer") if isinstance(data, dict) else None
    whom = given_to if isinstance(given_to, str) else ""
    if not full:
        told = {name: _chosen(path, place, name, item.get(name)) for name in (*QUESTIONS, COMMENT) if name in item}
        yield place, review_id, whom, _person(item.get("annotator")), told
        return
    for annotation in item.get("annotations") or item.get("completions") or ():
        if not isinstance(annotation, dict):
            raise DataError(f"{place} has an annotation that is none", where=str(path), hint="export it again")
        if annotation.get("was_cancelled"):
            continue  # skipped: no answer
        told = {}
        for result in annotation.get("result") or ():
            name, value = result.get("from_name"), result.get("value") or {}
            if name in {*QUESTIONS, COMMENT}:
                told[name] = _chosen(path, place, name, value.get("choices", value.get("text")))
        yield place, review_id, whom, _person(annotation.get("completed_by")), told


def _chosen(path: Path, place: str, name: str, value: Any) -> str:
    """Read what was chosen or written; several lines of a comment are one."""
    if isinstance(value, dict):
        value = value.get("choices", value.get("text"))
    values = value if isinstance(value, list) else [] if value is None else [value]
    words = [str(one) for one in values]
    if name == COMMENT:
        return "\n".join(words)
    if len(words) > 1:
        raise DataError(f"{place} has {len(words)} answers to {name}", where=str(path), hint="one is asked for")
    return words[0].strip() if words else ""


def _person(value: Any) -> str:
    if isinstance(value, dict):
        value = value.get("email") or value.get("id")
    return "" if value is None else f"annotator {value}"
