"""Bounds hold for sampling and noise together, and what the noise makes negative is handled."""

from __future__ import annotations

import numpy as np
import pytest

from audit.disclosure.outcomes import Outcomes, share_of
from audit.disclosure.private.rates import PrivateRate, gap, rate
from audit.disclosure.private.tables import Domain, Noisy

OUTCOMES = Outcomes(("no", "yes"), "class", None, unlabelled=False)
TPR = share_of(OUTCOMES, "true_positive_rate", "yes")
SELECTED = share_of(OUTCOMES, "selection_rate", "yes")


def laplace(rng: np.random.Generator, scale: float, n: int) -> list[int]:
    """Two geometric numbers, one less the other: the same distribution, with a seed."""
    p = 1 - np.exp(-1 / scale)
    return [int(k) for k in rng.geometric(p, n) - rng.geometric(p, n)]


def table(counts: list[list[int]], noise: list[int], scale: float) -> Noisy:
    groups = tuple((name,) for name in "abcdef"[: len(counts)])
    return Noisy.of(Domain(("g",), groups, OUTCOMES), [n for row in counts for n in row], noise, scale)


@pytest.mark.parametrize(("n", "scale"), [(40, 4.0), (400, 12.0)])
def test_bounds_of_a_rate_cover(n: int, scale: float) -> None:
    rng, rounds, p = np.random.default_rng(n), 500, np.array([0.3, 0.15, 0.2, 0.35])
    truth = p[3] / (p[2] + p[3])
    assert TPR is not None
    hit = 0
    for _ in range(rounds):
        found = rate(table([list(rng.multinomial(n, p))], laplace(rng, scale, 4), scale), ("a",), TPR, 0.05)
        hit += found.lower <= truth <= found.upper
    assert hit / rounds >= 0.95 - 3 * np.sqrt(0.05 * 0.95 / rounds)


@pytest.mark.parametrize("aggregate", ["difference", "ratio"])
def test_bounds_of_a_gap_cover_where_there_is_none_and_where_there_is(aggregate: str) -> None:
    rng, rounds, scale = np.random.default_rng(3), 250, 4.0
    assert SELECTED is not None
    for selected in ([0.4, 0.4, 0.4], [0.2, 0.5, 0.45]):
        truth = max(selected) - min(selected) if aggregate == "difference" else min(selected) / max(selected)
        hit = 0
        for _ in range(rounds):
            counts = [list(rng.multinomial(150, [0.5 - r / 2, r / 2, 0.5 - r / 2, r / 2])) for r in selected]
            noisy = table(counts, laplace(rng, scale, 12), scale)
            rates = {group: rate(noisy, group, SELECTED, 0.05 / 3) for group in noisy.domain.groups}
            found = gap(rates, aggregate)
            assert found is not None
            hit += found.lower <= truth <= found.upper
        assert hit / rounds >= 0.95


def test_a_negative_count_is_none_and_says_nothing() -> None:
    assert SELECTED is not None
    found = rate(table([[0, 1, 0, 0]], [-9, -3, -4, 0], 4.0), ("a",), SELECTED, 0.05)
    assert (found.n, found.value, found.lower) == (0, None, 0.0)
    assert found.upper > 0.9


def test_a_rate_stays_a_rate() -> None:
    assert SELECTED is not None
    found = rate(table([[10, 30, 0, 0]], [-14, 4, -3, 0], 4.0), ("a",), SELECTED, 0.05)
    assert found.value == 1.0
    assert found.lower <= found.value <= found.upper <= 1.0


def test_clusters_count_for_no_more_than_one_decision_of_many() -> None:
    assert SELECTED is not None
    noisy = table([[100, 100, 100, 100]], [0] * 4, 4.0)
    alone, together = (rate(noisy, ("a",), SELECTED, 0.05, n) for n in (1, 5))
    assert together.value == alone.value
    assert together.upper - together.lower > 1.4 * (alone.upper - alone.lower)


def test_a_gap_needs_two_groups_and_a_ratio_something_to_divide_by() -> None:
    one, none = PrivateRate(9, 0.5, 0.2, 0.8), PrivateRate(0, None, 0.0, 1.0)
    zero = PrivateRate(9, 0.0, 0.0, 0.2)
    assert gap({("a",): one, ("b",): none}, "difference") is None
    assert gap({("a",): zero, ("b",): zero}, "ratio") is None
    found = gap({("a",): one, ("b",): zero}, "difference")
    assert found is not None
    assert (found.value, found.low, found.high, found.lower) == (0.5, ("b",), ("a",), 0.0)
