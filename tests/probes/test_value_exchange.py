"""Values of fields exchanged: each for every other one, or for one that only another group holds."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.config import ValueExchangeConfig
from audit.data.examples import Fields
from audit.errors import ConfigError
from audit.probes.value_exchange import MOST_VALUES, SeenValues, ValueExchange
from audit.store.columns import group_column


def row(i: int, **groups: str) -> dict[str, Any]:
    return {"row_id": str(i), **{group_column(name): group for name, group in groups.items()}}


def exchange(asked: ValueExchangeConfig, rows: list[tuple[Fields, dict[str, Any]]], seed: int = 0) -> ValueExchange:
    seen = SeenValues(asked)
    for example, of in rows:
        seen.add(example, of)
    return ValueExchange(seen, seed)


def person(name: str, **more: str | float | None) -> Fields:
    return Fields(("name", *more), (name, *more.values()))


def test_each_value_of_a_group_becomes_every_other_one() -> None:
    rows = [(Fields(("sex", "age"), (sex, 30.0)), row(0)) for sex in ("Female", "Male", "Other")]
    made = exchange(ValueExchangeConfig(field="sex"), rows).exchanges(rows[0][0], row(0))
    assert [(one.axis, one.source, one.target) for one in made] == [
        ("sex", "Female", "Male"),
        ("sex", "Female", "Other"),
    ]
    assert [one.text for one in made] == [Fields(("sex", "age"), (sex, 30.0)) for sex in ("Male", "Other")]


def test_a_number_stays_a_number() -> None:
    asked = ValueExchangeConfig(field="age", values=("25", "45.5"))
    example = Fields(("age", "sex"), (25.0, "Female"))
    (made,) = exchange(asked, [(example, row(0))]).exchanges(example, row(0))
    assert made.text == Fields(("age", "sex"), (45.5, "Female"))
    both = exchange(asked, []).exchanges(Fields(("age",), (31.0,)), row(0))
    assert [one.target for one in both] == ["25", "45.5"]


NAMES = [
    (person("Emily"), row(1, race="white", gender="woman")),
    (person("Greg"), row(2, race="white", gender="man")),
    (person("Lakisha"), row(3, race="black", gender="woman")),
    (person("Jamal"), row(4, race="black", gender="man")),
    (person("Robin"), row(5, race="white", gender="man")),
    (person("Robin"), row(6, race="black", gender="man")),
]


def test_a_name_becomes_one_of_the_other_group_within_the_same_gender() -> None:
    asked = ValueExchangeConfig(field="name", attribute="race", within=("gender",))
    found = exchange(asked, NAMES)
    assert found.axes == ["race"]
    for example, of in NAMES:
        (made,) = found.exchanges(example, of)
        woman = of[group_column("gender")] == "woman"
        other = {"white": "Lakisha" if woman else "Jamal", "black": "Emily" if woman else "Greg"}
        # Robin is of both groups, and stands for none of them.
        assert made.text == person(other[of[group_column("race")]])
        assert (made.source, made.target) == (
            of[group_column("race")],
            "black" if of[group_column("race")] == "white" else "white",
        )
        assert found.again(example, made.source, made.target, made.edits, None) == made.text


def test_where_no_row_of_the_other_group_has_a_name_of_its_own_it_says_so() -> None:
    rows = [(person("Ann"), row(1, race="a")), (person("Ann"), row(2, race="b")), (person("Bo"), row(3, race="b"))]
    found = exchange(ValueExchangeConfig(field="name", attribute="race"), rows)
    assert [one.refused for one in found.exchanges(*rows[2])] == ["no_value"]
    assert [one.text for one in found.exchanges(*rows[0])] == [person("Bo")]


def test_what_is_missing_is_not_exchanged() -> None:
    rows = [(person("Ann"), row(1, race="a")), (person("Bo"), row(2, race="b"))]
    found = exchange(ValueExchangeConfig(field="name", attribute="race"), rows)
    assert not found.exchanges(person("Ann"), row(3, race="(missing)"))
    assert not found.exchanges(person(" "), row(3, race="a"))
    assert not found.exchanges(Fields(("name",), (None,)), row(3, race="a"))
    assert not found.exchanges("a text", row(3, race="a"))


@given(st.integers(0, 10**6), st.permutations(range(len(NAMES))))
def test_what_is_drawn_depends_on_the_row_alone(seed: int, order: list[int]) -> None:
    asked = ValueExchangeConfig(field="name", attribute="race")
    one, other = exchange(asked, NAMES, seed), exchange(asked, [NAMES[i] for i in order], seed)
    assert [one.exchanges(*given) for given in NAMES] == [other.exchanges(*given) for given in NAMES]


@pytest.mark.parametrize(
    ("asked", "rows", "problem"),
    [
        ({"field": "name"}, [(person(f"n{i}"), row(i)) for i in range(MOST_VALUES + 1)], "21 values, more than the 20"),
        ({"field": "name"}, [(person("Ann"), row(0))], "no two values"),
        ({"field": "name", "attribute": "race"}, [(person("Ann"), row(0, race="a"))], "of one group"),
    ],
)
def test_what_cannot_be_exchanged_is_an_error(
    asked: dict[str, str], rows: list[tuple[Fields, dict[str, Any]]], problem: str
) -> None:
    with pytest.raises(ConfigError, match=problem):
        exchange(ValueExchangeConfig(**asked), rows)
