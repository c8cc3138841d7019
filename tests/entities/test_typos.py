"""A tag that is none is one clear error, and never a type of its own."""

from __future__ import annotations

import pytest

from audit.entities.tags import read_labels, read_tags
from audit.errors import DataError, ModelError

TYPOS = {
    "unknown letter": (["O", "B-a", "X-a"], "'X-a' begins with none of the letters B, E, I, L, M, S, U and a hyphen"),
    "lower case": (["O", "B-a", "i-a"], "'i-a' begins with none"),
    "all in lower case": (["O", "b-a", "i-a"], "'b-a', 'i-a' may be a type, or a tag that is written otherwise"),
    "another mark": (["O", "B_a", "I_a"], "'B_a', 'I_a' may be a type"),
    "letter at the end": (["O", "name-B", "name-I"], "'name-B', 'name-I' may be a type"),
    "no letter": (["O", "-a"], "'-a' may be a type"),
    "bare among others": (["O", "B-a", "person"], "'person' begins with none"),
    "no type": (["O", "B-a", "I-"], "tag 'I-': the type is missing"),
    "no hyphen": (["O", "B-a", "I"], "'I' names no type, while other tags do"),
    "the type O": (["O", "B-O"], "tag 'B-O': the type is O"),
    "a blank behind": (["O", "B-a "], "tag 'B-a ': the type has blanks around it"),
    "a bare blank": (["O", "person "], "tag 'person ': the type has blanks around it"),
    "small o": (["o", "B-a"], "'o' is no tag"),
    "o with a blank": (["O ", "B-a"], "'O ' is no tag"),
    "empty": (["O", "", "B-a"], "'' is no tag"),
    "two schemes": (["O", "S-a", "U-a", "B-a"], "no scheme has all the letters B, S, U"),
    "no O": (["person", "place"], "no tag is O, among 'person', 'place'"),
    "numbers": (["LABEL_0", "LABEL_1"], "no tag is O"),
}


@pytest.mark.parametrize(("tags", "message"), TYPOS.values(), ids=TYPOS)
def test_typos(tags: list[str], message: str) -> None:
    with pytest.raises(DataError) as data:
        read_tags([["O"] if "O" in tags else [], tags], column="ner", where="rows.json")
    assert message in str(data.value)
    assert str(data.value).startswith("rows.json: column 'ner', row 2: ")
    assert "hint: " in str(data.value)
    with pytest.raises(ModelError) as model:
        read_labels(tags, where="model")
    assert message in str(model.value)


def test_letters_of_another_scheme_than_the_given_one() -> None:
    with pytest.raises(DataError, match="row 3: 'S-a' is no tag of IOB2, whose letters are B, I"):
        read_tags([["B-a"], ["O"], ["S-a"]], column="ner", where="f", scheme="BIO")
    with pytest.raises(DataError, match="'e-mail' is no tag of IO"):
        read_tags([["e-mail", "O"]], column="ner", where="f", scheme="IO")


def test_bare_types_that_look_like_tags_can_be_asked_for() -> None:
    found = read_tags([["O", "e-mail", "e-mail", "S"]], column="ner", where="f", scheme="bare")
    assert found.types == ("S", "e-mail")
    assert [entity[:2] for entity in found.rows[0] or []] == [(1, 3), (3, 4)]


def test_a_model_without_outside() -> None:
    with pytest.raises(ModelError, match="none is O"):
        read_labels(["B-a", "I-a"], where="model")
    with pytest.raises(ModelError, match="none is O"):
        read_labels(["[PAD]", "B-a", "I-a"], where="model")


def test_names_from_outside_give_no_orders() -> None:
    with pytest.raises(DataError) as found:
        read_tags([["B-a", "\x1b[31mB\n-a" + "x" * 100_000]], column="ner\x1b", where="f")
    assert "\x1b" not in str(found.value)
    assert len(str(found.value)) < 2_000
    assert str(found.value).count("\n") == 1
