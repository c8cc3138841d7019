"""Krippendorff's alpha: published values, the definition computed by hand, and an interval that covers."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest

from audit.fairness.metrics.agreement import NO_PAIRS, ONE_VALUE, krippendorff_alpha

#: Krippendorff (2011), "Computing Krippendorff's Alpha-Reliability", C: four observers, twelve units, missing data.
OBSERVERS = [
    [1, 2, 3, 3, 2, 1, 4, 1, 2, None, None, None],
    [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, None, 3],
    [None, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, None],
    [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, None],
]
UNITS = [list(unit) for unit in zip(*OBSERVERS, strict=True)]


def by_definition(units: list[list[object]]) -> float:
    """1 − D_o/D_e from ordered pairs of ratings, as the definition has it."""
    kept = [[r for r in unit if r is not None] for unit in units]
    kept = [unit for unit in kept if len(unit) > 1]
    every = [rating for unit in kept for rating in unit]
    within = sum(sum(a != b for a, b in permutations(unit, 2)) / (len(unit) - 1) for unit in kept) / len(every)
    between = sum(a != b for a, b in permutations(every, 2)) / (len(every) * (len(every) - 1))
    return 1 - within / between


@pytest.mark.parametrize(("level", "published"), [("nominal", 0.743), ("interval", 0.849)])
def test_the_published_example(level: str, published: float) -> None:
    found = krippendorff_alpha(UNITS, alpha=0.05, level=level)
    assert round(found.value, 3) == published
    assert (found.units, found.ratings, found.differing) == (11, 40, 3)
    assert found.lower < found.value < found.upper


def test_it_is_the_definition() -> None:
    rng = np.random.default_rng(3)
    units = [[None if rng.random() < 0.2 else str(rng.integers(3)) for _ in range(4)] for _ in range(30)]
    assert krippendorff_alpha(units, alpha=0.05).value == pytest.approx(by_definition(units), rel=1e-9)


def test_names_of_values_and_order_of_people_do_not_matter() -> None:
    renamed = [[None if r is None else f"grade {r}" for r in reversed(unit)] for unit in UNITS]
    assert krippendorff_alpha(renamed, alpha=0.05) == krippendorff_alpha(UNITS, alpha=0.05)


def test_whole_agreement_is_one_with_an_interval_of_some_width() -> None:
    few = krippendorff_alpha([["a", "a"], ["b", "b"]] * 10, alpha=0.05)
    many = krippendorff_alpha([["a", "a"], ["b", "b"]] * 1000, alpha=0.05)
    assert (few.value, few.upper, many.value) == (1.0, 1.0, 1.0)
    assert few.lower < 0.85 < 0.99 < many.lower


def test_agreement_as_by_chance_is_zero_within_the_interval() -> None:
    rng = np.random.default_rng(0)
    found = krippendorff_alpha([[str(a), str(b)] for a, b in rng.integers(2, size=(2000, 2))], alpha=0.01)
    assert found.lower < 0 < found.upper


@pytest.mark.parametrize(
    ("units", "note"),
    [([], NO_PAIRS), ([["a", None], [None, "b"], []], NO_PAIRS), ([["a", "a"], ["a", "a", None]], ONE_VALUE)],
)
def test_undefined_is_told_and_not_zero(units: list[list[str | None]], note: str) -> None:
    found = krippendorff_alpha(units, alpha=0.05)
    assert (found.value, found.lower, found.upper, found.note) == (None, None, None, note)


def test_copies_of_a_unit_in_one_cluster_tell_nothing_new() -> None:
    alone = krippendorff_alpha(UNITS, alpha=0.05)
    copies = krippendorff_alpha(UNITS * 20, alpha=0.05)
    together = krippendorff_alpha(UNITS * 20, alpha=0.05, cluster=[str(at) for at in range(len(UNITS))] * 20)
    assert copies.upper - copies.lower < (alone.upper - alone.lower) / 2
    assert together.upper - together.lower > 0.9 * (alone.upper - alone.lower)


def test_a_weight_of_two_is_a_unit_twice() -> None:
    weights = np.array([2.0, 1.0] * 6)
    twice = [unit for unit, weight in zip(UNITS, weights, strict=True) for _ in range(int(weight))]
    # Apart from the draw without putting back, which knows of people who rated and not of what they stand for.
    assert krippendorff_alpha(UNITS, alpha=0.05, weight=weights).value == pytest.approx(
        krippendorff_alpha(twice, alpha=0.05).value, abs=0.01
    )


@pytest.mark.parametrize(("units", "people", "common", "error"), [(30, 2, 0.5, 0.05), (100, 3, 0.3, 0.15)])
def test_the_interval_covers(units: int, people: int, common: float, error: float) -> None:
    """People who err independently: then α is known."""
    rng, missed, trials = np.random.default_rng(7), 0, 200
    positive = common * (1 - error) + (1 - common) * error
    true = 1 - error * (1 - error) / (positive * (1 - positive))
    for _ in range(trials):
        truth = rng.random(units) < common
        said = truth[:, None] ^ (rng.random((units, people)) < error)
        found = krippendorff_alpha([[str(one) for one in unit] for unit in said], alpha=0.05)
        missed += not found.lower <= true <= found.upper
    # 5 % of 200 are 10; 20 or more come by chance in fewer than 3 of 1,000 series.
    assert missed < 20
