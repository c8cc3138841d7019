"""Effective sizes where weights go with the outcome, and where few clusters carry all hits."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.regression.linear_model import WLS

from audit.fairness.bounds.effective import clustered, kish, residuals, weighted
from audit.fairness.bounds.inference import Estimates, difference_bounds


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)), min_size=1, max_size=6), st.floats(0.1, 10))
def test_equal_weights_leave_the_count_as_it_is(counts: list[tuple[int, int]], weight: float) -> None:
    hits, misses = np.array(counts, float).T
    found = weighted(hits * weight, hits * weight**2, misses * weight, misses * weight**2)
    np.testing.assert_allclose(found, hits + misses, rtol=1e-12)
    whole = weighted(hits, hits, misses, misses)
    assert whole.tolist() == (hits + misses).tolist()


@pytest.mark.parametrize("seed", range(3))
def test_the_variance_is_that_of_the_library(seed: int) -> None:
    rng = np.random.default_rng(seed)
    y = rng.random(4000) < 0.9
    w = np.where(y, rng.exponential(1.0, 4000), rng.exponential(2.0, 4000))
    (size,) = weighted(*(np.array([(w[at] ** power).sum()]) for at in (y, ~y) for power in (1, 2)))
    rate = w[y].sum() / w.sum()
    error = WLS(y.astype(float), np.ones(len(y)), weights=w).fit(cov_type="HC0").bse[0]
    assert np.sqrt(rate * (1 - rate) / size) == pytest.approx(error, rel=0.01)
    assert size < kish(np.array([w.sum()]), np.array([(w**2).sum()]))[0]


def test_a_group_without_misses_takes_their_weight_from_the_others() -> None:
    hits, misses = np.array([90.0, 50.0]), np.array([100.0, 0.0])
    size = weighted(hits, hits, misses, misses * 10)
    assert size[1] == pytest.approx(5.0)


def test_weights_that_go_with_the_outcome_rarely_fail_or_pass_falsely() -> None:
    rng, fails, passes, before = np.random.default_rng(1), 0, 0, 0
    for _ in range(200):
        sums = []
        for rate in (0.9, 0.8):
            y = rng.random(1000) < rate
            y = y[y | (rng.random(1000) < 0.1)]
            w = np.where(y, 1.0, 10.0)
            sums.append([(w[at] ** power).sum() for at in (y, ~y) for power in (1, 2)])
        hits, hits2, misses, misses2 = np.array(sums).T
        value = hits / (hits + misses)
        found = difference_bounds(Estimates(value, weighted(hits, hits2, misses, misses2)), 0.05)
        fails, passes = fails + (found.lower > 0.1), passes + (found.upper <= 0.1)
        plain = difference_bounds(Estimates(value, kish(hits + misses, hits2 + misses2)), 0.05)
        before += (plain.lower > 0.1) or (plain.upper <= 0.1)
    # At a true rate of 5 %, more than 20 of 200 come up in less than one of a thousand tries.
    assert max(fails, passes) <= 20
    assert before > 40


def test_a_group_without_a_rate_has_no_size_and_overflows_nothing() -> None:
    # Standardised over strata that the group does not have: no rate, yet its clusters add something.
    cells = pd.DataFrame({"n": 1.0, "w": 1.0, "w2": 1.0, "cluster": list("abc")})
    ones, rate = np.ones(3), np.array([0.0])
    found = residuals(cells, np.zeros(3, np.int64), 1, ones / 6, ones / 3, ones > 0)
    size, clusters, _ = found.size(rate, np.array([3.0]))
    assert size.tolist() == [0.0]
    assert clusters.tolist() == [3.0]


def size_of_ten_clusters(hits: list[int]) -> float:
    """Effective size of a rate in ten clusters of forty decisions, each with so many hits."""
    cells = pd.DataFrame(
        [(n, c) for c, k in enumerate(hits) for n in (k, 40 - k)], columns=["n", "cluster"]
    ).assign(w=lambda frame: frame["n"], w2=lambda frame: frame["n"])  # fmt: skip
    hit, groups = np.tile([True, False], 10), np.zeros(20, np.int64)
    rate = np.array([sum(hits) / 400])
    size, _, _ = clustered(cells, groups, rate, hit, np.ones(20, bool), np.array([400.0]))
    return float(size[0])


def seen_size(hits: list[int]) -> float:
    """The same from the spread between clusters alone, by its formula."""
    k = np.array(hits)
    p = k.sum() / 400
    variance = 10 / 9 * ((k - 40 * p) ** 2).sum() / 400**2
    return float(p * (1 - p) / variance)


def test_what_clusters_without_hits_hide_is_allowed_for_and_little_more() -> None:
    everywhere, rare = [1, 2, 4, 6, 8, 10, 12, 14, 16, 18], [9, 7, 0, 0, 0, 0, 0, 0, 0, 0]
    # All ten clusters show how they differ: the next shows nothing with chance 1/12.
    drawn = (10 / seen_size(everywhere) + (1 / 12) ** 0.5 / 10) / (10 + (1 / 12) ** 0.5)
    assert size_of_ten_clusters(everywhere) == pytest.approx(1 / drawn)
    assert size_of_ten_clusters(everywhere) > 0.8 * seen_size(everywhere)
    # Two of ten do: more is allowed for.
    assert 10 < size_of_ten_clusters(rare) < 0.5 * seen_size(rare)
    # None does: each cluster counts as one decision.
    assert size_of_ten_clusters([0] * 10) == pytest.approx(10.0)
    assert size_of_ten_clusters([40] * 10) == pytest.approx(10.0)
