"""Cells of rows that several decisions are made about: words with their entities, or several labels.

A cell that holds a list reaches here as text, whatever the format: JSON, or words and labels with something between
them. What is true and what a stored prediction says are read alike.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pyarrow as pa

from audit.config import DataConfig
from audit.data.decided import NONE
from audit.data.examples import Words
from audit.data.values import as_text
from audit.entities.entity import OUTSIDE, Entity
from audit.entities.spans import SpanCounts, read_spans, to_words
from audit.entities.tags import read_tags
from audit.errors import CellError, ConfigError

#: Words of a text, each by its place.
WORDS = pa.list_(pa.struct([("start", pa.int32()), ("end", pa.int32())]))
#: Entities over words.
ENTITIES = pa.list_(pa.struct([("start", pa.int32()), ("end", pa.int32()), ("type", pa.string())]))
LABELS = pa.list_(pa.string())

#: Scripts without blanks between words: each character is a word of its own there.
_ALONE = "\u2e80-\u2fff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_WORD = re.compile(rf"[{_ALONE}]|[^\W{_ALONE}]+|[^\w\s]")
_BETWEEN = re.compile(r"[|;,]")
#: How 0 and 1 of a label may be written.
_TRUTH = {"0": False, "1": True, "false": False, "true": True}

_CALLED_NONE = f"a label is called {NONE!r}, which is what it is called that a label does not hold"

Changed = dict[str, int]


def _listed(cell: str | None) -> Any:
    """Read a list; None where the cell is none."""
    if cell is None or not cell.lstrip().startswith("["):
        return None
    try:
        found = json.loads(cell)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, list) else None


def _is_label(value: Any) -> bool:
    return (isinstance(value, int) and not isinstance(value, bool)) or (isinstance(value, str) and bool(value.strip()))


class EntityReader:
    """Read words and entities of a batch.

    Parameters
    ----------
    rename
        Applied to every type, of labels or of predictions.

    Attributes
    ----------
    changed
        What had to be changed to be read, by code: rows or spans.
    schemes
        Column of tags -> the schemes that they were read by.
    """

    def __init__(self, data: DataConfig) -> None:
        self._data = data
        self.changed: Changed = {}
        self.schemes: dict[str, set[str]] = {}

    def read(self, raw: pa.Table, rows: Sequence[int], rename: Mapping[str, Callable[[str], str]]) -> dict[str, Any]:
        """Return the canonical columns `input`, `words`, `gold` and `found`."""
        columns = self._data.columns
        texts = self._cells(raw, columns.input, exact=True)
        sides = {"gold": self._cells(raw, columns.label), "found": self._cells(raw, columns.prediction)}
        listed = {side: [_listed(cell) for cell in cells] for side, cells in sides.items()}
        examples = [
            self._words(text, row, [cells[i] for cells in sides.values()], [found[i] for found in listed.values()])
            for i, (text, row) in enumerate(zip(texts, rows, strict=True))
        ]
        out: dict[str, Any] = {
            "input": pa.array([words.text for words in examples], pa.string()),
            "words": pa.array([_places(words) for words in examples], WORDS),
        }
        named = {"gold": columns.label, "found": columns.prediction}
        for side, cells in sides.items():
            entities = self._entities(named[side] or "", cells, listed[side], examples, rows)
            records = [None if found is None else [_record(one, rename[side]) for one in found] for found in entities]
            for row, found in zip(rows, records, strict=True):
                if found and any(one["type"] == OUTSIDE for one in found):
                    raise CellError(
                        named[side],
                        row,
                        f": an entity is of type {OUTSIDE!r}, which is what words of no entity are called",
                        where=str(self._data.path),
                        hint=f"call it otherwise in data.{'label_map' if side == 'gold' else 'prediction_map'}",
                    )
            out[side] = pa.array(records, ENTITIES)
        return out

    def _cells(self, raw: pa.Table, name: str | None, *, exact: bool = False) -> list[str | None]:
        if name is None:
            return [None] * raw.num_rows
        found: list[str | None] = as_text(raw.column(name), self._data.missing_values, exact=exact).to_pylist()
        return found

    def _words(self, text: str | None, row: int, cells: Sequence[str | None], listed: Sequence[Any]) -> Words:
        words = _listed(text)
        if words is not None:
            if wrong := [word for word in words if not isinstance(word, str)]:
                problem = f": {wrong[0]!r} is no word"
                raise CellError(
                    self._data.columns.input,
                    row,
                    problem,
                    where=str(self._data.path),
                    hint="a list of words holds texts alone",
                )
            return Words.of(words)
        text = text or ""
        tagged = any(
            (cell is not None and found is None) or (found and isinstance(found[0], str))
            for cell, found in zip(cells, listed, strict=True)
        )
        places = [found.span() for found in (re.finditer(r"\S+", text) if tagged else _WORD.finditer(text))]
        return Words(text, tuple(start for start, _ in places), tuple(end for _, end in places))

    def _entities(
        self,
        column: str,
        cells: Sequence[str | None],
        listed: Sequence[Any],
        examples: Sequence[Words],
        rows: Sequence[int],
    ) -> list[list[Entity] | None]:
        out: list[list[Entity] | None] = [None] * len(rows)
        where = str(self._data.path)
        # Numbers are tags of whoever wrote their numbers; that they are no names is told of tags.
        spans = [i for i, found in enumerate(listed) if found and isinstance(found[0], dict | list)]
        for i in spans:
            found = read_spans(listed[i], examples[i].text, column=column, where=where, row=rows[i])
            out[i], counts = to_words(found or [], list(zip(examples[i].starts, examples[i].ends, strict=True)))
            self._count(counts)
        empty = [i for i, found in enumerate(listed) if found == [] and not len(examples[i].words)]
        for i in empty:
            out[i] = []
        tagged = [i for i, cell in enumerate(cells) if cell is not None and i not in {*spans, *empty}]
        # An empty list says that there is no span; of tags, there must be one for each word.
        by_span = bool(spans)
        for i in [i for i in tagged if listed[i] == [] and by_span]:
            out[i] = []
            tagged.remove(i)
        if tagged:
            tags = [listed[i] if listed[i] is not None else (cells[i] or "").split() for i in tagged]
            read = read_tags(
                tags, column=column, where=where, scheme=self._data.scheme,
                lengths=[len(examples[i]) for i in tagged], rows=[rows[i] for i in tagged],
            )  # fmt: skip
            self.schemes.setdefault(column, set()).add(read.scheme)
            for i, entities in zip(tagged, read.rows, strict=True):
                out[i] = entities
            self._add("tags_malformed", read.malformed)
        return out

    def _count(self, counts: SpanCounts) -> None:
        for name in ("cut", "wordless", "doubled", "overlapping"):
            self._add(f"spans_{name}", getattr(counts, name))

    def _add(self, code: str, n: int) -> None:
        if n:
            self.changed[code] = self.changed.get(code, 0) + n


def _places(words: Words) -> list[dict[str, int]]:
    return [{"start": start, "end": end} for start, end in zip(words.starts, words.ends, strict=True)]


def _record(entity: Entity, rename: Callable[[str], str]) -> dict[str, Any]:
    return {"start": entity.start, "end": entity.end, "type": rename(entity.type)}


def entities_of(cell: Sequence[Mapping[str, Any]] | None) -> list[Entity] | None:
    """Read a cell of the canonical columns `gold` and `found` back."""
    return None if cell is None else [Entity(one["start"], one["end"], one["type"]) for one in cell]


class LabelReader:
    """Read the labels of a batch: lists, or one column of 0 and 1 for each."""

    def __init__(self, data: DataConfig) -> None:
        for key in ("labels", "predictions"):
            if NONE in getattr(data.columns, key):
                raise ConfigError(_CALLED_NONE, where=f"data.columns.{key}", hint="call it otherwise")
        self._data = data
        self.changed: Changed = {}
        self.schemes: dict[str, set[str]] = {}

    def read(self, raw: pa.Table, rows: Sequence[int], rename: Mapping[str, Callable[[str], str]]) -> dict[str, Any]:
        """Return the canonical columns `gold` and `found`, sorted lists of labels."""
        columns = self._data.columns
        out = {}
        for side, column, single in (
            ("gold", columns.label, columns.labels),
            ("found", columns.prediction, columns.predictions),
        ):
            if single:
                found = self._of_columns(raw, single, rows)
            elif column is not None:
                found = self._of_lists(raw, column, rows)
            else:
                found = [None] * raw.num_rows
            named = [None if row is None else sorted({rename[side](label) for label in row}) for row in found]
            for row, labels in zip(rows, named, strict=True):
                if labels and NONE in labels:
                    raise CellError(
                        column,
                        row,
                        f": {_CALLED_NONE}",
                        where=str(self._data.path),
                        hint=f"call it otherwise in data.{'label_map' if side == 'gold' else 'prediction_map'}",
                    )
            out[side] = pa.array(named, LABELS)
        return out

    def _of_lists(self, raw: pa.Table, column: str, rows: Sequence[int]) -> list[list[str] | None]:
        out: list[list[str] | None] = []
        for row, cell in zip(rows, as_text(raw.column(column), self._data.missing_values).to_pylist(), strict=True):
            found = _listed(cell)
            if found is None and cell is not None and cell.lstrip().startswith("["):
                raise CellError(
                    column,
                    row,
                    ": the cell begins with [ and is no list in JSON",
                    where=str(self._data.path),
                    hint="""write ["a", "b"], with double quotes, or: a, b""",
                )
            if found is None and cell is not None:
                found = [label for part in _BETWEEN.split(cell) if (label := part.strip())]
            if found is not None and (wrong := [label for label in found if not _is_label(label)]):
                problem = f": {wrong[0]!r} is no label"
                raise CellError(
                    column, row, problem, where=str(self._data.path), hint="a list of labels holds texts alone"
                )
            out.append(None if found is None else [str(label).strip() for label in found])
        return out

    def _of_columns(self, raw: pa.Table, single: Mapping[str, str], rows: Sequence[int]) -> list[list[str] | None]:
        cells = {
            label: as_text(raw.column(column), self._data.missing_values).to_pylist()
            for label, column in single.items()
        }
        out: list[list[str] | None] = []
        for i, row in enumerate(rows):
            here = {label: found[i] for label, found in cells.items()}
            if all(cell is None for cell in here.values()):
                out.append(None)
                continue
            for label, cell in here.items():
                if cell is None or cell.lower() not in _TRUTH:
                    said = "an empty cell" if cell is None else repr(cell)
                    raise CellError(
                        single[label],
                        row,
                        f": {said} is neither 0 nor 1",
                        where=str(self._data.path),
                        hint="leave all cells of a row empty where nobody labelled it; data.where leaves rows out",
                    )
            out.append([label for label, cell in here.items() if cell is not None and _TRUTH[cell.lower()]])
        return out
