"""Bounds hold what they promise, and are those of the literature where the literature has them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import t as student
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

from audit.fairness.bounds.inference import Estimates, contrast, difference_bounds, one_sided, ratio, ratio_bounds


def rates(hits: list[int], sizes: list[int]) -> Estimates:
    n = np.array(sizes, float)
    return Estimates(np.array(hits) / n, n)


def test_many_hits_and_misses_give_wilson_and_few_give_clopper_and_pearson() -> None:
    hits, sizes = [40, 300, 3, 0, 20], [100, 1000, 50, 12, 20]
    lower, upper = one_sided(rates(hits, sizes), 0.025)
    for i, (k, n) in enumerate(zip(hits, sizes, strict=True)):
        method = "beta" if min(k, n - k) < 15 else "wilson"
        expected = proportion_confint(k, n, alpha=0.05, method=method)
        assert (lower[i], upper[i]) == pytest.approx(expected, abs=1e-12)


def test_differences_are_newcombes_where_nothing_is_rare() -> None:
    k, n = [40, 300, 90], [100, 1000, 200]
    lower, upper = contrast(rates(k, n), 0.01)
    for i in range(3):
        for j in range(3):
            if i != j:
                expected = confint_proportions_2indep(
                    k[i], n[i], k[j], n[j], method="newcomb", compare="diff", alpha=0.02
                )
                assert (lower[i, j], upper[i, j]) == pytest.approx(expected, abs=1e-9)


CELL = st.integers(1, 200).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@given(st.lists(CELL, min_size=2, max_size=5), st.floats(0.3, 1.0))
def test_bounds_surround_the_values_and_agree_with_each_other(cells: list[tuple[int, int]], c: float) -> None:
    given_rates = rates([k for k, _ in cells], [n for _, n in cells])
    p = given_rates.value
    low, high = contrast(given_rates, 0.05)
    assert (low <= p[:, None] - p[None, :] + 1e-12).all()
    assert (high >= p[:, None] - p[None, :] - 1e-12).all()
    below, above = one_sided(given_rates, 0.05)
    down, up, difference = p - below, above - p, p[:, None] - c * p[None, :]
    low = difference - np.hypot(down[:, None], c * up[None, :])
    high = difference + np.hypot(up[:, None], c * down[None, :])
    # A ratio is bounded from below by c exactly if p_i − c·p_j is bounded from below by zero.
    below, above = ratio(given_rates, 0.05)
    clear = np.abs(below - c) > 1e-6
    assert ((below > c) == (low > 0))[clear].all()
    clear = np.abs(above - c) > 1e-6
    assert ((above < c) == (high < 0))[clear].all()


def test_few_clusters_widen() -> None:
    p, n = np.array([0.4]), np.array([80.0])
    plain, few = one_sided(Estimates(p, n), 0.05), one_sided(Estimates(p, n, np.array([5.0])), 0.05)
    assert few[0] < plain[0] < plain[1] < few[1]
    assert student.ppf(0.95, 4) > 2


def test_a_reference_leaves_other_pairs_out() -> None:
    three = rates([10, 50, 90], [100, 100, 100])
    everyone, against_middle = difference_bounds(three, 0.05), difference_bounds(three, 0.05, reference=1)
    assert set(everyone.lower_pair) == {0, 2}
    assert 1 in against_middle.lower_pair
    assert against_middle.lower < everyone.lower


def test_a_stricter_share_lowers_the_lower_bound_alone() -> None:
    two = rates([30, 60], [100, 100])
    plain, strict = difference_bounds(two, 0.05), difference_bounds(two, 0.05, simultaneous=0.005)
    assert strict.lower < plain.lower
    assert strict.upper == plain.upper
    plain, strict = ratio_bounds(two, 0.05), ratio_bounds(two, 0.05, simultaneous=0.005)
    assert strict.upper > plain.upper
    assert strict.lower == plain.lower


@pytest.mark.parametrize(
    ("sizes", "low", "gap"),
    [
        ([100, 100], 0.02, 0.1),
        ([2000, 20, 8], 0.02, 0.1),
        ([500] * 6, 0.3, 0.1),
        ([9900, 100], 0.05, 0.1),
        ([40] * 10, 0.5, 0.1),
    ],
)
def test_a_gap_at_the_limit_is_rarely_failed_and_rarely_passed(sizes: list[int], low: float, gap: float) -> None:
    rng = np.random.default_rng(2)
    n = np.array(sizes)
    true = np.full(len(n), low)
    true[-1] += gap
    least = true.min() / true.max()
    runs, failed, passed = 400, np.zeros(2), np.zeros(2)
    for _ in range(runs):
        drawn = Estimates(rng.binomial(n, true) / n, n.astype(float))
        difference, quotient = difference_bounds(drawn, 0.05), ratio_bounds(drawn, 0.05)
        failed += difference.lower > gap + 1e-12, quotient.upper < least - 1e-12
        passed += difference.upper <= gap, quotient.lower >= least
    # At a true rate of 5 %, more than 33 of 400 would come up in less than 0.3 % of tries.
    assert (failed <= 33).all(), failed
    assert (passed <= 33).all(), passed


def test_equal_groups_pass_with_enough_decisions_however_many_groups_there_are() -> None:
    rng = np.random.default_rng(3)
    n = np.full(12, 2000)
    bounds = [difference_bounds(Estimates(rng.binomial(n, 0.1) / n, n.astype(float)), 0.05) for _ in range(50)]
    assert sum(found.upper <= 0.1 for found in bounds) >= 49


def test_of_no_effective_decision_anything_is_possible() -> None:
    lower, upper = one_sided(Estimates(np.array([0.0, 0.4]), np.array([0.0, 50.0])), 0.025)
    assert (lower[0], upper[0]) == (0.0, 1.0)
    assert 0.2 < lower[1] < 0.4 < upper[1] < 0.6
    difference = difference_bounds(Estimates(np.array([0.0, 0.4]), np.array([0.0, 50.0])), 0.05)
    assert 0.0 == difference.lower <= difference.upper <= 1.0
