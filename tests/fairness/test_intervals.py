from __future__ import annotations

import numpy as np
import pytest
from statsmodels.stats.proportion import proportion_confint

from audit.fairness.bounds.effective import kish
from audit.fairness.bounds.intervals import wilson


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


def test_the_level_moves_the_interval() -> None:
    narrow = wilson(np.array([0.4]), np.array([50.0]), 0.2)
    wide = wilson(np.array([0.4]), np.array([50.0]), 0.01)
    assert wide[0] < narrow[0] < narrow[1] < wide[1]
