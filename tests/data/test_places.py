"""What units are called by their places."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.data.examples import Fields, Image, blank, joined
from audit.data.places import box, called, field_of

values = st.one_of(st.none(), st.text(), st.floats(allow_nan=False, allow_infinity=False))


def test_words_are_lower_cased_and_fields_are_their_names() -> None:
    assert called("Good  Day", [(0, 4), (6, 9)]) == ["good", "day"]
    example = Fields(("name", "age"), ("Mary Ann", 34.0))
    assert joined(example) == "name: Mary Ann\nage: 34"
    assert called(example, [(0, 14), (6, 10), (11, 14), (15, 22)]) == ["name", "mary", "ann", "age"]
    assert [field_of(example, at) for at in (0, 6, 14, 15)] == ["name", "name", "name", "age"]
    assert field_of("name: Mary", 0) is None


def test_patches_are_called_by_the_ninth_that_they_are_in() -> None:
    every = called(Image(b""), [(i, i + 1) for i in range(9)], (3, 3))
    assert every == [
        *("top left", "top centre", "top right"),
        *("middle left", "centre", "middle right"),
        *("bottom left", "bottom centre", "bottom right"),
    ]
    assert called(Image(b""), [(0, 1), (27, 28), (48, 49)], (7, 7)) == ["top left", "middle right", "bottom right"]
    assert box(8, (2, 4 + 1)) == (0.6, 0.5, 0.2, 0.5)
    with pytest.raises(ValueError, match="grid"):
        called(Image(b""), [(0, 1)])


@given(st.dictionaries(st.text(min_size=1), values, min_size=1, max_size=4))
def test_lines_of_fields_are_where_they_say(found: dict[str, str | float | None]) -> None:
    example = Fields(tuple(found), tuple(found.values()))
    text = joined(example)
    for name, shown, (first, begins, end) in zip(example.names, example.shown, example.lines, strict=True):
        assert text[first:begins] == f"{name}: "
        assert text[begins:end] == shown
        assert example.field_at(first) == name
    assert text.count("\n") >= len(found) - 1


def test_what_says_nothing_is_blank() -> None:
    assert blank("  ") and blank(Fields(("a", "b"), (None, " ")))
    assert not blank(Fields(("a",), (0.0,))) and not blank(Image(b"x")) and not blank("x")
