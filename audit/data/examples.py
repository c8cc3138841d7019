"""What a row gives a model: a text, a pair of texts, a list of words, an image, or named values.

Nobody else asks the configuration which.

A model may decide several things about one example: about each word, or about each of several labels. `Asked` is an
example together with the one of its decisions that is meant, so that whoever explains or probes a decision hands it to
the adapter like any other example.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from audit.config.spelling import as_label


@dataclass(frozen=True)
class Words:
    """A text whose words are given, each with its place.

    Attributes
    ----------
    text
        What a reader sees.
    starts, ends
        Characters of `text` that each word takes.
    """

    text: str
    starts: tuple[int, ...]
    ends: tuple[int, ...]

    @classmethod
    def of(cls, words: Sequence[str]) -> Words:
        """Put words into one text, with a space between them."""
        starts, at = [], 0
        for word in words:
            starts.append(at)
            at += len(word) + 1
        ends = tuple(start + len(word) for start, word in zip(starts, words, strict=True))
        return cls(" ".join(words), tuple(starts), ends)

    def __len__(self) -> int:
        return len(self.starts)

    @property
    def words(self) -> list[str]:
        """The words."""
        return [self.text[start:end] for start, end in zip(self.starts, self.ends, strict=True)]


#: A value of a field: text, or a number; None where it is missing.
Value = str | float | None


@dataclass(frozen=True)
class Fields:
    """Values that have names: the fields of a prompt, or the features of a row of numbers.

    A reader sees a line for each, `name: value`, so that a place in the shown text tells which field it is in.
    """

    names: tuple[str, ...]
    values: tuple[Value, ...]

    @property
    def shown(self) -> tuple[str, ...]:
        """The values as readers see them."""
        return tuple(value if isinstance(value, str) else _number(value) for value in self.values)

    @property
    def text(self) -> str:
        """All lines."""
        return "\n".join(f"{name}: {value}" for name, value in zip(self.names, self.shown, strict=True))

    @property
    def lines(self) -> list[tuple[int, int, int]]:
        """Characters of `text` where each line begins, where its value begins, and where it ends."""
        out, at = [], 0
        for name, value in zip(self.names, self.shown, strict=True):
            begins = at + len(name) + 2
            out.append((at, begins, begins + len(value)))
            at = out[-1][2] + 1
        return out

    def with_value(self, name: str, value: Value) -> Fields:
        """Put another value in a field."""
        values = (value if known == name else old for known, old in zip(self.names, self.values, strict=True))
        return Fields(self.names, tuple(values))

    def field_at(self, start: int) -> str | None:
        """Name the field whose line a character of `text` is in."""
        return next(
            (name for name, (first, _, end) in zip(self.names, self.lines, strict=True) if first <= start <= end), None
        )


@dataclass(frozen=True)
class Image:
    """A picture as it lies in a file or in a cell: nobody has decoded it yet.

    Attributes
    ----------
    data
        Content of the file; None where it is at `path`.
    """

    data: bytes | None = None
    path: Path | None = None


#: What a row gives.
Plain = str | tuple[str, str] | Words | Fields | Image


@dataclass(frozen=True)
class Asked:
    """An example, and the one of its decisions that is meant.

    Attributes
    ----------
    output
        Of several labels, the one; else None.
    position
        Of several words, the one, counted from 0; else None.
    """

    example: Plain
    output: str | None = None
    position: int | None = None


#: What a model is given.
Example = Plain | Asked

#: Columns of a canonical batch that make an example, beside the first: those that are there.
EXAMPLE_FIELDS = ("input", "input_pair", "words", "fields", "image")


def examples_of(rows: pa.Table) -> list[Plain]:
    """Make the example of each row of a canonical batch; a missing text is an empty one."""
    if "fields" in rows.column_names:
        return [_fields(row or []) for row in rows["fields"].to_pylist()]
    if "image" in rows.column_names:
        return [_image(row or {}) for row in rows["image"].to_pylist()]
    texts = [text or "" for text in rows["input"].to_pylist()]
    if "words" in rows.column_names:
        places = [place or [] for place in rows["words"].to_pylist()]
        return [
            Words(text, tuple(word["start"] for word in words), tuple(word["end"] for word in words))
            for text, words in zip(texts, places, strict=True)
        ]
    if "input_pair" in rows.column_names:
        return list(zip(texts, [text or "" for text in rows["input_pair"].to_pylist()], strict=True))
    return list(texts)


def _number(value: float | None) -> str:
    return "" if value is None else as_label(value)


def _fields(row: list[dict[str, Any]]) -> Fields:
    values = (one["text"] if one["number"] is None else one["number"] for one in row)
    return Fields(tuple(one["name"] for one in row), tuple(values))


def _image(row: dict[str, Any]) -> Image:
    path = row.get("path")
    return Image(row.get("bytes"), None if path is None else Path(path))


def example_fields(rows: pa.Table) -> list[str]:
    """Name the columns that examples are made of."""
    return [name for name in EXAMPLE_FIELDS if name in rows.column_names]


def asked_of(example: Plain, output: str | None, position: int | None) -> Example:
    """Say which decision of an example is meant; an example with one decision is that decision."""
    return example if output is None and position is None else Asked(example, output, position)


def plain(example: Example) -> Plain:
    """Give the example itself, whichever decision is meant."""
    return example.example if isinstance(example, Asked) else example


def joined(example: Example) -> str:
    """One text to show, and to take places in: a pair is joined by a line break. An image has none."""
    found = plain(example)
    if isinstance(found, Words | Fields):
        return found.text
    if isinstance(found, Image):
        return ""
    return found if isinstance(found, str) else "\n".join(found)


def said(example: Example) -> str:
    """Return the one text with line breaks for the names of fields: what a row says, not what its columns are called.

    Places are those of `joined`. A field called `mother` mentions nobody.
    """
    found = plain(example)
    text = joined(found)
    for first, begins, _ in found.lines if isinstance(found, Fields) else ():
        name = begins - len(": ")
        text = text[:first] + "\n" * (name - first) + text[name:]
    return text


def blank(example: Example) -> bool:
    """Whether an example says nothing that a model could decide by: no text, or no value."""
    found = plain(example)
    if isinstance(found, Fields):
        return not any(value.strip() for value in found.shown)
    return not isinstance(found, Image) and not (found[0] if isinstance(found, tuple) else joined(found)).strip()
