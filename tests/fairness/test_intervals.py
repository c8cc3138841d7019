from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import fisher_exact
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

from audit.fairness.effective import kish
from audit.fairness.intervals import fisher_greater, newcombe_lower, wilson


@pytest.mark.parametrize("alpha", [0.05, 0.2, 1e-4])
def test_wilson_is_statsmodels_for_equal_weights(alpha: float) -> None:
    k, n = np.array([0, 3, 7, 10]), np.array([10, 10, 20, 10])
    lower, upper = wilson(k / n, n.astype(float), alpha)
    expected = proportion_confint(k, n, alpha=alpha, method="wilson")
    np.testing.assert_allclose((lower, upper), expected, atol=1e-12)


def test_unequal_weights_count_as_fewer_and_nothing_has_no_interval() -> None:
    assert kish(np.array([100.0, 100.0, 0.0]), np.array([100.0, 400.0, 0.0])).tolist() == [100.0, 25.0, 0.0]
    assert np.isnan(wilson(np.array([np.nan]), np.array([0.0]), 0.05)).all()


def test_few_clusters_widen() -> None:
    half, size = np.array([0.5]), np.array([50.0])
    many, few = wilson(half, size, 0.05, np.array([5000.0])), wilson(half, size, 0.05, np.array([4.0]))
    assert few[0] < many[0]
    np.testing.assert_allclose(many, wilson(half, size, 0.05), atol=1e-3)


def test_newcombe_is_statsmodels() -> None:
    k, n = np.array([3.0, 40.0, 9.0]), np.array([20.0, 60.0, 9.0])
    lower, upper = wilson(k / n, n, 0.01)
    bounds = newcombe_lower(k / n, lower, upper)
    for i in range(3):
        for j in range(3):
            if i != j:
                low, _ = confint_proportions_2indep(
                    k[i], n[i], k[j], n[j], method="newcomb", compare="diff", alpha=0.01
                )
                assert bounds[i, j] == pytest.approx(low, abs=1e-9)


def test_the_level_moves_the_interval() -> None:
    narrow = wilson(np.array([0.4]), np.array([50.0]), 0.2)
    wide = wilson(np.array([0.4]), np.array([50.0]), 0.01)
    assert wide[0] < narrow[0] < narrow[1] < wide[1]


def test_fisher_is_scipy() -> None:
    k, n, rest, size = (np.array(v, float) for v in ([3, 9, 0], [8, 9, 5], [2, 40, 1], [30, 60, 5]))
    ours = fisher_greater((k, n), (rest, size))
    for i in range(3):
        table = [[k[i], n[i] - k[i]], [rest[i], size[i] - rest[i]]]
        assert ours[i] == pytest.approx(fisher_exact(table, alternative="greater").pvalue)
