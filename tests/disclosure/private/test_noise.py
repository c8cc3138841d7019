"""Noise is drawn as the theory has it, costs what it says, and sums of it are as large as they are said to be."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import chi2

from audit.disclosure.private.noise import drawn, largest_sum, library, scale_for


@pytest.mark.parametrize("scale", [0.5, 3.0])
def test_draws_follow_the_discrete_laplace_distribution(scale: float) -> None:
    """The secrets of the operating system cannot be seeded: a sound mechanism fails this once in 10⁹ runs."""
    pytest.importorskip("opendp", reason="fairaudit[dp] draws the noise")
    draws = np.array(drawn(20_000, scale))
    q = math.exp(-1 / scale)
    wide = math.ceil(scale * 6)
    inner = np.arange(-wide, wide + 1)
    expected = (1 - q) / (1 + q) * q ** np.abs(inner)
    tail = q ** (wide + 1) / (1 + q)
    probabilities = np.array([tail, *expected, tail])
    assert probabilities.sum() == pytest.approx(1)
    seen = np.array([(draws < -wide).sum(), *((draws == k).sum() for k in inner), (draws > wide).sum()])
    enough = probabilities * len(draws) >= 5
    rest = ~enough
    observed = [*seen[enough], seen[rest].sum()] if rest.any() else seen
    wanted = [*probabilities[enough], probabilities[rest].sum()] if rest.any() else probabilities
    statistic = sum((o - len(draws) * p) ** 2 / (len(draws) * p) for o, p in zip(observed, wanted, strict=True))
    assert chi2.sf(statistic, len(observed) - 1) > 1e-9


@pytest.mark.parametrize(("epsilon", "sensitivity"), [(1.0, 1), (0.1, 1), (1 / 3, 4), (2.5, 7)])
def test_the_scale_costs_no_more_than_was_asked(epsilon: float, sensitivity: int) -> None:
    pytest.importorskip("opendp", reason="fairaudit[dp] draws the noise")
    from audit.disclosure.private.noise import _measurement

    scale = scale_for(epsilon, sensitivity)
    assert _measurement(scale).map(sensitivity) <= epsilon
    assert scale == pytest.approx(sensitivity / epsilon)
    assert library().startswith("opendp ")


@pytest.mark.parametrize("scale", [0.4, 2.0, 25.0])
@pytest.mark.parametrize("alpha", [0.05, 0.001])
def test_one_count_is_off_by_no_more_than_its_closed_form(scale: float, alpha: float) -> None:
    q, found = math.exp(-1 / scale), largest_sum(1, scale, alpha)

    def beyond(t: int) -> float:
        return 2 * q ** (t + 1) / (1 + q)

    assert beyond(found) <= alpha * (1 + 1e-9)
    assert found == 0 or beyond(found - 1) > alpha * (1 - 1e-9)


@pytest.mark.parametrize("cells", [2, 5, 12])
def test_sums_are_those_of_the_convolution(cells: int) -> None:
    scale, alpha = 3.0, 0.01
    q, wide = math.exp(-1 / scale), 400
    single = (1 - q) / (1 + q) * q ** np.abs(np.arange(-wide, wide + 1))
    pmf = np.array([1.0])
    for _ in range(cells):
        pmf = np.convolve(pmf, single)
    middle = len(pmf) // 2
    tail = {t: pmf[: middle - t].sum() + pmf[middle + t + 1 :].sum() for t in range(200)}
    assert largest_sum(cells, scale, alpha) == min(t for t, p in tail.items() if p <= alpha)


def test_nothing_has_no_noise() -> None:
    assert largest_sum(0, 5.0, 0.05) == 0
