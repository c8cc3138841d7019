"""Spans of characters: read, laid onto words, taken back."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.entities.entity import Entity
from audit.entities.spans import SpanCounts, read_spans, to_characters, to_words, word_places
from audit.errors import DataError
from tests.entities.drawing import flat

TEXT = "Ana Li of New York-London, she said"
PLACES = [(0, 3), (4, 6), (7, 9), (10, 13), (14, 25), (25, 26), (27, 30), (31, 35)]


def spans(cell: Any) -> list[Entity] | None:
    return read_spans(cell, TEXT, column="spans", where="rows.json", row=3)


@pytest.mark.parametrize(
    "span",
    [
        {"start": 0, "end": 6, "label": "person", "score": 0.9},
        [0, 6, "person"],
        (0, 6, "person"),
        [0.0, 6.0, "person"],
        [np.int64(0), np.int32(6), "person"],
        np.array([0, 6, "person"], object),
    ],
)
def test_guises_of_a_span(span: Any) -> None:
    assert spans([span]) == spans(np.array([span, None], object)[:1]) == [Entity(0, 6, "person")]


def test_no_spans_and_none_known() -> None:
    assert spans([]) == []
    assert spans(None) is None
    assert spans(float("nan")) is None


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        ("Ana", "column 'spans', row 3 holds no list of spans"),
        ([{"start": 0, "end": 3}], "row 3, span 1 has no 'label'"),
        ([[0, 3, "a"], [1, 2]], "row 3, span 2 is neither an object nor a list of three"),
        ([[0, "3", "a"]], "start and end are whole numbers, not 0 and '3'"),
        ([[0, 2.5, "a"]], "start and end are whole numbers"),
        ([[0, float("inf"), "a"]], "start and end are whole numbers"),
        ([[False, True, "a"]], "start and end are whole numbers"),
        ([[None, 3, "a"]], "start and end are whole numbers"),
        ([[3, 3, "a"]], "it ends at 3, and begins at 3"),
        ([[5, 3, "a"]], "it ends at 3, and begins at 5"),
        ([[-2, 3, "a"]], "-2 to 3 is not within the text, which has 35 characters"),
        ([[30, 36, "a"]], "30 to 36 is not within the text"),
        ([[0, 3, "O"]], "'O' is no type of an entity"),
        ([[0, 3, ""]], "'' is no type of an entity"),
        ([[0, 3, " a"]], "' a' is no type of an entity"),
        ([[0, 3, 7]], "7 is no type of an entity"),
        ([None], "span 1 is neither an object nor a list of three"),
    ],
)
def test_what_is_no_span(cell: Any, message: str) -> None:
    with pytest.raises(DataError) as found:
        spans(cell)
    assert message in str(found.value)
    assert str(found.value).startswith("rows.json: column 'spans', row 3")


def laid(*given_: tuple[int, int, str]) -> tuple[list[Entity], SpanCounts]:
    return to_words([Entity(*span) for span in given_], PLACES)


def test_whole_words_change_nothing() -> None:
    assert laid((0, 6, "person"), (25, 26, "mark")) == ([Entity(0, 2, "person"), Entity(5, 6, "mark")], SpanCounts())


def test_blanks_around_a_span_are_no_part_of_it() -> None:
    assert laid((3, 7, "person")) == ([Entity(1, 2, "person")], SpanCounts())


def test_a_cut_word_is_held_whole_and_counted() -> None:
    assert laid((10, 18, "place")) == ([Entity(3, 5, "place")], SpanCounts(cut=1))
    assert laid((1, 3, "person")) == ([Entity(0, 1, "person")], SpanCounts(cut=1))


def test_two_spans_in_one_word_overlap_or_become_one() -> None:
    assert laid((10, 18, "place"), (19, 25, "place")) == (
        [Entity(3, 5, "place"), Entity(4, 5, "place")],
        SpanCounts(cut=2, overlapping=1),
    )
    assert laid((14, 18, "place"), (19, 25, "place")) == ([Entity(4, 5, "place")], SpanCounts(cut=2, doubled=1))


def test_nested_spans_are_kept_and_counted() -> None:
    entities, counts = laid((0, 25, "outer"), (0, 3, "inner"), (10, 13, "inner"))
    assert len(entities) == 3
    assert counts == SpanCounts(overlapping=2)


def test_a_span_of_no_word_is_counted() -> None:
    assert laid((3, 4, "blank")) == ([], SpanCounts(wordless=1))
    assert to_words([Entity(0, 4, "a")], []) == ([], SpanCounts(wordless=1))


def test_counts_add_up() -> None:
    assert SpanCounts(1, 2, 3, 4) + SpanCounts(10, 20, 30, 40) == SpanCounts(11, 22, 33, 44)


def test_words_joined() -> None:
    words = ["Ana", "", "李"]
    assert word_places(words) == [(0, 3), (4, 4), (5, 6)]
    assert word_places([]) == []
    assert to_words([Entity(0, 6, "a")], word_places(words)) == ([Entity(0, 3, "a")], SpanCounts())


@given(flat(), st.lists(st.text("ab", min_size=1, max_size=4), min_size=30, max_size=30))
def test_there_and_back(entities: list[Entity], words: list[str]) -> None:
    places = word_places(words)
    characters = to_characters(entities, places)
    assert to_words(characters, places) == (entities, SpanCounts())
    text = " ".join(words)
    for entity, span in zip(entities, characters, strict=True):
        assert text[span.start : span.end] == " ".join(words[entity.start : entity.end])
