"""What of an entity stays readable."""

from __future__ import annotations

import pytest
from hypothesis import given

from audit.entities.decisions import Leak, characters_of, leakage
from audit.entities.entity import Entity
from tests.entities.drawing import tangled

WORDS = ["Anna", "María", "O'Neill", "was", "here"]
NAME = Entity(0, 3, "person")


@pytest.mark.parametrize(
    ("predicted", "uncovered"),
    [
        ([], 16),
        ([Entity(0, 3, "person")], 0),
        ([Entity(0, 2, "person")], 7),
        ([Entity(1, 2, "place")], 11),
        ([Entity(0, 1, "person"), Entity(2, 5, "group")], 5),
        ([Entity(3, 5, "person")], 16),
        ([Entity(0, 5, "place"), Entity(1, 2, "person")], 0),
    ],
)
def test_characters_of_a_name(predicted: list[Entity], uncovered: int) -> None:
    assert leakage([NAME], predicted, [len(word) for word in WORDS]) == {NAME: Leak(16, uncovered)}


def test_spans_of_characters_and_blanks_between_words() -> None:
    text = "call Anna  Lee"
    gold = Entity(5, 14, "person")
    assert leakage([gold], [Entity(5, 8, "person")], characters_of(text)) == {gold: Leak(7, 4)}
    assert leakage([gold], [Entity(5, 9, "x"), Entity(11, 14, "y")], characters_of(text)) == {gold: Leak(7, 0)}


@given(tangled, tangled)
def test_shares_are_within_zero_and_one(gold: list[Entity], predicted: list[Entity]) -> None:
    characters = [3, 0, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8]
    leaks = leakage(gold, predicted, characters)
    assert all(0 <= leak.uncovered <= leak.characters for leak in leaks.values())
    assert all(leak.uncovered == 0 for leak in leakage(gold, gold, characters).values())
    assert all(leak.uncovered == leak.characters for leak in leakage(gold, [], characters).values())
    for entity, leak in leakage(gold, predicted[1:], characters).items():
        assert leak.uncovered >= leaks[entity].uncovered
