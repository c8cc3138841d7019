"""One decision per entity."""

from __future__ import annotations

from hypothesis import given

from audit.entities.decisions import MEETINGS, EntityDecision, match, meetings
from audit.entities.entity import Entity, overlapping
from tests.entities.drawing import flat, tangled


def test_every_kind_of_decision() -> None:
    gold = [Entity(0, 2, "person"), Entity(3, 4, "place"), Entity(5, 8, "group"), Entity(9, 10, "place")]
    predicted = [Entity(0, 2, "person"), Entity(3, 4, "group"), Entity(5, 7, "group"), Entity(11, 12, "person")]
    assert match(gold, predicted) == [
        EntityDecision(0, 2, "person", "person"),
        EntityDecision(3, 4, "place", "group"),
        EntityDecision(5, 7, "O", "group"),
        EntityDecision(5, 8, "group", "O"),
        EntityDecision(9, 10, "place", "O"),
        EntityDecision(11, 12, "O", "person"),
    ]
    assert list(meetings(gold, predicted).values()) == ["exact", "wrong_type", "wrong_boundary", "missed"]
    assert meetings([Entity(0, 3, "A")], [Entity(2, 5, "B")]) == {Entity(0, 3, "A"): "wrong_both"}


def test_neighbours_of_one_type_are_two_decisions() -> None:
    assert len(match([Entity(0, 1, "A"), Entity(1, 2, "A")], [Entity(0, 2, "A")])) == 3


def test_what_ends_where_another_begins_is_not_met() -> None:
    outer, inner = Entity(0, 10, "A"), Entity(1, 2, "A")
    assert meetings([outer, inner], [Entity(2, 4, "A")]) == {outer: "wrong_boundary", inner: "missed"}


def test_entities_within_another_are_counted() -> None:
    assert overlapping([Entity(3, 4, "A"), Entity(0, 10, "A"), Entity(1, 2, "B"), Entity(10, 11, "A")]) == 2


def test_nothing_decides_nothing() -> None:
    assert match([], []) == []
    assert meetings([], [Entity(0, 1, "A")]) == {}


@given(tangled, tangled)
def test_swapping_the_sides_swaps_the_classes(gold: list[Entity], predicted: list[Entity]) -> None:
    swapped = [EntityDecision(d.start, d.end, d.y_pred, d.y_true) for d in match(predicted, gold)]
    assert match(gold, predicted) == sorted(swapped)


@given(tangled, tangled)
def test_no_entity_is_lost_or_doubled(gold: list[Entity], predicted: list[Entity]) -> None:
    decided = match(gold, predicted)
    assert sorted((d.start, d.end, d.y_true) for d in decided if d.y_true != "O") == sorted(set(gold))
    assert sorted((d.start, d.end, d.y_pred) for d in decided if d.y_pred != "O") == sorted(set(predicted))
    assert decided == match(gold[::-1], predicted[::-1]) == sorted(decided)


def placed(entities: list[Entity]) -> list[Entity]:
    """One type for each place."""
    return list({entity[:2]: entity for entity in entities}.values())


@given(tangled, tangled)
def test_first_and_last_word_tell_decisions_apart(gold: list[Entity], predicted: list[Entity]) -> None:
    places = [(d.start, d.end) for d in match(placed(gold), placed(predicted))]
    assert len(set(places)) == len(places)


def test_the_first_word_alone_does_not() -> None:
    assert [d.start for d in match([Entity(0, 2, "A")], [Entity(0, 3, "A")])] == [0, 0]


@given(flat())
def test_tags_never_overlap(entities: list[Entity]) -> None:
    assert overlapping(entities) == 0
    assert overlapping([*entities, *entities]) == len(entities)


@given(tangled, tangled)
def test_each_gold_entity_is_met_in_one_way(gold: list[Entity], predicted: list[Entity]) -> None:
    met = meetings(gold, predicted)
    assert set(met) == set(gold)
    assert set(met.values()) <= set(MEETINGS)
    exact = {entity for entity, way in met.items() if way == "exact"}
    assert exact == set(gold) & set(predicted)
