"""One decision per entity."""

from __future__ import annotations

from hypothesis import given

from audit.entities.decisions import MEETINGS, Decided, match, meetings
from audit.entities.entity import Entity, overlapping
from tests.entities.drawing import flat, tangled


def test_every_kind_of_decision() -> None:
    gold = [Entity(0, 2, "person"), Entity(3, 4, "place"), Entity(5, 8, "group"), Entity(9, 10, "place")]
    predicted = [Entity(0, 2, "person"), Entity(3, 4, "group"), Entity(5, 7, "group"), Entity(11, 12, "person")]
    assert match(gold, predicted) == [
        Decided(0, 2, "person", "person"),
        Decided(3, 4, "place", "group"),
        Decided(5, 7, "O", "group"),
        Decided(5, 8, "group", "O"),
        Decided(9, 10, "place", "O"),
        Decided(11, 12, "O", "person"),
    ]
    assert list(meetings(gold, predicted).values()) == ["exact", "wrong_type", "wrong_boundary", "missed"]
    assert meetings([Entity(0, 3, "A")], [Entity(2, 5, "B")]) == {Entity(0, 3, "A"): "wrong_both"}


def test_neighbours_of_one_type_are_two_decisions() -> None:
    assert len(match([Entity(0, 1, "A"), Entity(1, 2, "A")], [Entity(0, 2, "A")])) == 3


def test_nothing_decides_nothing() -> None:
    assert match([], []) == []
    assert meetings([], [Entity(0, 1, "A")]) == {}


@given(tangled, tangled)
def test_swapping_the_sides_swaps_the_classes(gold: list[Entity], predicted: list[Entity]) -> None:
    swapped = [Decided(d.start, d.end, d.y_pred, d.y_true) for d in match(predicted, gold)]
    assert match(gold, predicted) == sorted(swapped)


@given(tangled, tangled)
def test_no_entity_is_lost_or_doubled(gold: list[Entity], predicted: list[Entity]) -> None:
    decided = match(gold, predicted)
    assert sorted((d.start, d.end, d.y_true) for d in decided if d.y_true != "O") == sorted(set(gold))
    assert sorted((d.start, d.end, d.y_pred) for d in decided if d.y_pred != "O") == sorted(set(predicted))
    assert decided == match(gold[::-1], predicted[::-1]) == sorted(decided)


@given(flat(), flat())
def test_first_word_and_side_tell_decisions_of_tags_apart(gold: list[Entity], predicted: list[Entity]) -> None:
    keys = [(d.start, d.y_true == "O") for d in match(gold, predicted)]
    assert len(set(keys)) == len(keys)
    assert overlapping(gold) == overlapping(predicted) == 0


@given(tangled, tangled)
def test_each_gold_entity_is_met_in_one_way(gold: list[Entity], predicted: list[Entity]) -> None:
    met = meetings(gold, predicted)
    assert set(met) == set(gold)
    assert set(met.values()) <= set(MEETINGS)
    exact = {entity for entity, way in met.items() if way == "exact"}
    assert exact == set(gold) & set(predicted)
