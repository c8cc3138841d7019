"""Character spans: read from cells, laid onto words, and taken back. What does not fit is an error or is counted."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from audit.config.spelling import BLANKS
from audit.entities.cells import listed, nothing
from audit.entities.entity import OUTSIDE, Entity, overlapping
from audit.errors import CellError, DataError

_SPANS = "a cell is a list of spans: {start, end, label}, characters counted from 0, the end is the one after the last"

#: Where each word is: its first character, and the one after its last; in order.
Places = Sequence[tuple[int, int]]


def read_spans(cell: Any, text: str, *, column: str, where: str, row: int) -> list[Entity] | None:
    """Read the spans of one text, in order.

    Parameters
    ----------
    cell
        A list of objects with `start`, `end` and `label`, or of lists of these three; None for a row without spans
        (an empty list says that there is no entity).

    Raises
    ------
    DataError
        With the row and the span: no such object, a place that is no whole number, a span that is empty or does not
        lie within the text, a label that is missing or O.
    """
    cell = listed(cell)
    if nothing(cell):
        return None

    def wrong(problem: str) -> DataError:
        return CellError(column, row, problem, where=where, hint=_SPANS)

    if not isinstance(cell, list):
        raise wrong(" holds no list of spans")
    entities = []
    for number, span in enumerate(cell, 1):
        name = f", span {number}"
        span = listed(span)
        if isinstance(span, Mapping):
            if absent := [key for key in ("start", "end", "label") if key not in span]:
                raise wrong(f"{name} has no {absent[0]!r}")
            span = [span["start"], span["end"], span["label"]]
        if not isinstance(span, list) or len(span) != 3:
            raise wrong(f"{name} is neither an object nor a list of three")
        start, end, label = _whole(span[0]), _whole(span[1]), span[2]
        if start is None or end is None:
            raise wrong(f"{name}: start and end are whole numbers, not {span[0]!r} and {span[1]!r}")
        if start >= end:
            raise wrong(f"{name}: it ends at {end}, and begins at {start}")
        if start < 0 or end > len(text):
            raise wrong(f"{name}: {start} to {end} is not within the text, which has {len(text):,} characters")
        if not isinstance(label, str) or label != label.strip(BLANKS) or label in {"", OUTSIDE}:
            raise wrong(f"{name}: {label!r} is no type of an entity")
        entities.append(Entity(start, end, label))
    return sorted(entities)


def _whole(value: Any) -> int | None:
    """Read a whole number; tables with a missing value elsewhere keep them as 3.0."""
    value = listed(value)
    if isinstance(value, bool) or not isinstance(value, int | float) or not float(value).is_integer():
        return None
    return int(value)


@dataclass(frozen=True)
class SpanCounts:
    """What was changed when spans became words.

    Attributes
    ----------
    cut
        Spans that begin or end within a word; they now hold the whole word.
    wordless
        Spans that touch no word, and so are no entity.
    doubled
        Spans that now are the same as another with the same type, and are counted once.
    overlapping
        Entities that begin within another; none of two that overlap is left out.
    """

    cut: int = 0
    wordless: int = 0
    doubled: int = 0
    overlapping: int = 0

    def __add__(self, other: SpanCounts) -> SpanCounts:
        return SpanCounts(
            self.cut + other.cut,
            self.wordless + other.wordless,
            self.doubled + other.doubled,
            self.overlapping + other.overlapping,
        )


def to_words(spans: Iterable[Entity], places: Places) -> tuple[list[Entity], SpanCounts]:
    """Lay spans of characters onto words: an entity holds every word that it touches.

    Returns
    -------
    entities, counts
        Entities over words, in order, and what had to be changed.
    """
    filled = [at for at, (start, end) in enumerate(places) if start < end]
    starts, ends = [places[at][0] for at in filled], [places[at][1] for at in filled]
    entities: list[Entity] = []
    cut = wordless = 0
    for start, end, label in spans:
        first, after = bisect_right(ends, start), bisect_left(starts, end)
        if first >= after:
            wordless += 1
            continue
        cut += start > starts[first] or end < ends[after - 1]
        entities.append(Entity(filled[first], filled[after - 1] + 1, label))
    once = sorted(set(entities))
    return once, SpanCounts(cut, wordless, len(entities) - len(once), overlapping(once))


def to_characters(entities: Iterable[Entity], places: Places) -> list[Entity]:
    """Take entities over words back to the characters of their text."""
    return [Entity(places[start][0], places[end - 1][1], label) for start, end, label in entities]


def word_places(words: Sequence[str], between: str = " ") -> list[tuple[int, int]]:
    """Say where each word is in the text that joins them with `between`."""
    places, at = [], 0
    for word in words:
        places.append((at, at + len(word)))
        at += len(word) + len(between)
    return places
