"""Of many capitals those raise an alarm that every set of hypotheses with them rejects, and no others."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from audit.monitoring.family import RESERVE, Family, rejected


def by_all_sets(capitals: list[float], weights: list[float], left: float, alpha: float) -> list[int]:
    """Closed testing as its definition says."""
    n = len(capitals)
    sets = [set(chosen) for size in range(1, n + 1) for chosen in combinations(range(n), size)]

    def mean(chosen: set[int], rest: float) -> float:
        total = sum(weights[i] for i in chosen) + rest
        return (sum(weights[i] * capitals[i] for i in chosen) + rest) / total

    return [i for i in range(n) if all(mean(s, rest) >= 1 / alpha for s in sets if i in s for rest in (0.0, left))]


@pytest.mark.parametrize("seed", range(25))
def test_the_short_way_is_closed_testing(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, 6))
    capitals = np.exp(rng.uniform(-4, 9, n)).tolist()
    weights = rng.dirichlet(np.ones(n)).tolist()
    found = rejected(np.log(capitals), np.array(weights), np.zeros(n, bool), 0.1, 0.05)
    assert found == by_all_sets(capitals, weights, 0.1, 0.05)


def test_an_alarm_makes_room_for_the_next() -> None:
    family = Family(0.05)
    family.admit([1, 1])
    needed = family.needed()
    assert family.look(np.log([needed[0] * 1.001, 1e-9])) == [0]
    assert family.look(np.log([needed[0] * 1.001, 1e-9])) == []
    assert family.alarms == [True, False]
    assert family.needed()[1] < needed[1]
    # The first is known to be false; its capital may be lost again.
    assert family.look(np.log([1e-9, family.needed()[1] * 1.001])) == [1]


def test_what_comes_later_takes_from_the_reserve() -> None:
    family = Family(0.05)
    family.admit([3, 1])
    first = list(family.weights)
    family.admit([1])
    assert family.weights[:2] == first
    assert sum(first) == pytest.approx(1 - RESERVE)
    assert sum(family.weights) < 1
    assert first[0] == 3 * first[1]


def test_false_alarms_of_a_family_stay_within_the_level() -> None:
    """E-variables that are two-valued with mean 1: the worst there are for a bound by their mean."""
    rng = np.random.default_rng(0)
    high, trials, false = 60.0, 4000, 0
    for _ in range(trials):
        family = Family(0.05)
        family.admit([1] * 8)
        # One hypothesis is false, with a huge capital: it must not carry the others.
        logs = np.where(rng.random(8) < 1 / high, np.log(high), -50.0)
        logs[0] = 40.0
        raised = family.look(logs) + family.look(logs)
        false += bool(set(raised) - {0})
    assert false <= 0.05 * trials
