"""Which scheme tags are of, and whether they follow it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.entities.entity import Entity
from audit.entities.schemes import SCHEMES, read
from audit.entities.tags import TagColumn, read_labels, read_tags
from audit.errors import ConfigError
from tests.entities.drawing import TYPES, flat


def column(*rows: list[str] | None, scheme: str | None = None) -> TagColumn:
    return read_tags(rows, column="tags", where="rows.json", scheme=scheme)


def written(name: str, entities: list[Entity], length: int) -> list[str]:
    parts = SCHEMES[name].write(entities, length)
    return ["O" if part is None else "-".join(filter(None, part)) for part in parts]


@pytest.mark.parametrize("name", SCHEMES)
def test_what_is_written_is_read_again(name: str) -> None:
    apart = name not in {"IO", "bare"}

    @given(flat(TYPES[:3]))
    def check(entities: list[Entity]) -> None:
        parts = SCHEMES[name].write(entities, 40)
        again = read(parts)
        assert SCHEMES[name].write(again, 40) == parts
        # Without a letter for it, neighbours of one type are one entity: nothing tells them apart.
        assert again == entities or not apart

    check()


@pytest.mark.parametrize("name", ["IOB2", "IOB1", "BIOES", "BILOU", "BMES", "IOE2", "IO", "bare"])
def test_the_scheme_is_inferred(name: str) -> None:
    rows = [
        written(name, [Entity(0, 1, "person"), Entity(2, 5, "creative-work"), Entity(5, 8, "creative-work")], 9),
        written(name, [Entity(1, 4, "person")], 5),
    ]
    found = column(*rows)
    assert (found.scheme, found.inferred, found.malformed) == (name, True, 0)
    assert found.types == ("creative-work", "person")
    given_ = column(*rows, scheme=name)
    assert (given_.rows, given_.inferred) == (found.rows, False)


def test_names_of_schemes() -> None:
    assert column(["B-a"], scheme="BIO").scheme == "IOB2"
    assert column(["U-a"], scheme="BILUO").scheme == "BILOU"
    with pytest.raises(ConfigError, match="'CoNLL' is no scheme of tags; there are 'IOB2'"):
        column(["B-a"], scheme="CoNLL")


def test_what_follows_no_scheme_is_read_and_counted() -> None:
    found = column(["O", "B-a"], ["O", "I-a", "I-b"], None, ["B-a", "I-b"], ["B-a", "I-a"])
    assert (found.scheme, found.malformed, found.first_malformed, found.missing) == ("IOB2", 2, 2, 1)
    assert found.rows[1] == [Entity(1, 2, "a"), Entity(2, 3, "b")]
    assert found.rows[2] is None


def test_a_given_scheme_stays_the_measure() -> None:
    rows = [["I-a", "O"], ["I-a", "B-a"]]
    assert (column(*rows).scheme, column(*rows).malformed) == ("IOB1", 0)
    assert (column(*rows, scheme="IOB2").scheme, column(*rows, scheme="IOB2").malformed) == ("IOB2", 2)
    assert column(*rows, scheme="IOB2").rows == column(*rows).rows


def test_nothing_tagged_and_nothing_there() -> None:
    assert column(["O", "O"], []).rows == [[], []]
    assert column().rows == []
    assert column(["O"]).types == ()


def test_one_entity_that_is_everything_and_neighbours() -> None:
    assert column(["B-a", "I-a", "I-a"]).rows == [[Entity(0, 3, "a")]]
    assert column(["B-a", "B-a", "I-a"]).rows == [[Entity(0, 1, "a"), Entity(1, 3, "a")]]


LABELS = ["O", "B-place", "I-place", "B-creative-work", "I-creative-work"]


def test_labels_called_like_special_tokens_are_set_aside() -> None:
    labels = read_labels(["[PAD]", "O", "B-a", "I-a", "S-a", "</s>"], where="model")
    assert (labels.set_aside, labels.classes) == (("[PAD]", "</s>"), ("O", "a"))
    assert labels.class_of == (0, 0, 1, 1, 1, 0)
    assert labels.entities([2, 3, 0, 4]) == [Entity(0, 2, "a"), Entity(3, 4, "a")]


def test_labels_of_a_model() -> None:
    labels = read_labels(LABELS, where="model")
    assert (labels.schemes, labels.inferred, labels.types) == (("IOB2", "IOB1"), True, ("place", "creative-work"))
    assert labels.letters == ("", "B", "I", "B", "I")
    assert labels.classes == ("O", "place", "creative-work")
    assert labels.class_of == (0, 1, 1, 2, 2)
    assert labels.entities([1, 2, 0, 4, 1]) == [
        Entity(0, 2, "place"),
        Entity(3, 4, "creative-work"),
        Entity(4, 5, "place"),
    ]
    assert labels.breaks([1, 2]) == {"IOB1"}
    assert labels.breaks([0, 2]) == {"IOB2"}
    assert labels.breaks([0, 0]) == labels.breaks([]) == frozenset()


@pytest.mark.parametrize(
    ("labels", "scheme", "types"),
    [
        (["E-a", "O", "S-a", "I-a", "B-a"], "BIOES", ("a",)),
        (["O", "U-a", "L-a", "I-a", "B-a"], "BILOU", ("a",)),
        (["I-b", "O", "I-a"], "IO", ("b", "a")),
        (["O", "PATIENT", "CARE-UNIT"], "bare", ("PATIENT", "CARE-UNIT")),
        (["B", "I", "O"], "IOB2", ("_",)),
        (["O", "B-人名", "I-人名"], "IOB2", ("人名",)),
    ],
)
def test_schemes_of_labels(labels: list[str], scheme: str, types: tuple[str, ...]) -> None:
    found = read_labels(labels, where="model")
    assert (found.schemes[0], found.types) == (scheme, types)


@given(st.permutations(LABELS), st.lists(st.integers(0, 4), max_size=10))
def test_the_order_of_labels_does_not_matter(labels: list[str], numbers: list[int]) -> None:
    expected = column([LABELS[number] for number in numbers], scheme="IOB2").rows[0]
    found = read_labels(labels, where="model")
    assert found.entities([labels.index(LABELS[number]) for number in numbers]) == expected
