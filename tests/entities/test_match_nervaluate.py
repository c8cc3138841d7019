"""Counts of every strategy are those of nervaluate, and where they are not, the test says why."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from nervaluate import Evaluator

from audit.entities.entity import Entity
from audit.entities.scores import STRATEGIES, Counts, EntityScores, score
from tests.entities.drawing import flat, tangled

KINDS = ["A", "B", "C"]
Rows = list[tuple[list[Entity], list[Entity]]]


def theirs(rows: Rows) -> dict[str, Any]:
    """What nervaluate counts; its ends are the last word."""
    sides = [
        [[{"label": e.type, "start": e.start, "end": e.end - 1} for e in entities] for entities in side]
        for side in zip(*rows, strict=True)
    ]
    return Evaluator(sides[0], sides[1], KINDS, loader="dict").evaluate()


def same(counts: Counts, result: Any) -> bool:
    """Whether counts and rates agree; where nothing can be counted, nervaluate says 0."""
    found = {name.replace("missing", "missed"): n for name, n in asdict(counts).items()}
    rates = [(counts.precision, result.precision), (counts.recall, result.recall), (counts.f1, result.f1)]
    return all(getattr(result, name) == n for name, n in found.items()) and all(
        abs((mine or 0.0) - rate) < 1e-12 for mine, rate in rates
    )


@given(st.lists(st.tuples(flat(), flat()), min_size=1, max_size=4))
def test_every_strategy_over_all_and_by_type(rows: Rows) -> None:
    mine, other = score(rows), theirs(rows)
    assert set(mine.by_type) == set(other["entities"])
    for strategy in STRATEGIES:
        name = "ent_type" if strategy == "type" else strategy
        assert same(mine.overall[strategy], other["overall"][name])
        for kind, counts in mine.by_type.items():
            assert same(counts[strategy], other["entities"][kind][name])


def test_the_first_of_two_that_overlap_a_gold_entity_answers_it() -> None:
    rows = [([Entity(0, 4, "A")], [Entity(0, 2, "B"), Entity(2, 4, "A")])]
    assert score(rows).overall["type"] == Counts(incorrect=1, spurious=1)
    assert same(score(rows).overall["type"], theirs(rows)["overall"]["ent_type"])


def test_of_gold_entities_of_the_type_the_nearest_is_answered() -> None:
    rows = [([Entity(0, 1, "A"), Entity(1, 5, "A")], [Entity(0, 4, "A"), Entity(4, 5, "A")])]
    assert score(rows).overall["type"] == Counts(correct=1, missing=1, spurious=1)
    assert same(score(rows).overall["type"], theirs(rows)["overall"]["ent_type"])


def test_an_exact_answer_is_not_taken_away_by_one_that_overlaps() -> None:
    """nervaluate, which goes by order, counts an incorrect and a spurious one here, although one is right."""
    rows = [([Entity(0, 5, "A")], [Entity(0, 3, "A"), Entity(0, 5, "A")])]
    assert score(rows).overall["strict"] == Counts(correct=1, spurious=1)
    assert theirs(rows)["overall"]["strict"].correct == 0


def test_one_word_in_common_is_an_overlap_however_long_the_entity() -> None:
    """nervaluate wants 1 % of the words of the gold entity."""
    rows = [([Entity(0, 150, "A")], [Entity(0, 1, "A")])]
    assert score(rows).overall["partial"] == Counts(partial=1)
    assert theirs(rows)["overall"]["partial"].missed == 1


@given(st.lists(st.tuples(tangled, tangled), max_size=3))
def test_every_entity_is_counted_once(rows: Rows) -> None:
    mine = score(rows)
    for counts in mine.overall.values():
        assert counts.gold == sum(len(set(gold)) for gold, _ in rows)
        assert counts.predicted == sum(len(set(predicted)) for _, predicted in rows)
        for rate in (counts.precision, counts.recall, counts.f1):
            assert rate is None or 0 <= rate <= 1
    strict, exact, partial, kind = (mine.overall[strategy] for strategy in STRATEGIES)
    assert strict.correct <= exact.correct == partial.correct
    assert strict.correct <= kind.correct


def test_what_cannot_be_counted_is_undefined_and_not_zero() -> None:
    nothing = EntityScores().overall["strict"]
    assert (nothing.precision, nothing.recall, nothing.f1) == (None, None, None)
    silent = score([([Entity(0, 1, "A")], [])])
    assert silent.overall["strict"].precision is None
    assert (silent.overall["strict"].recall, silent.by_type["A"]["strict"].f1) == (0.0, 0.0)
