"""Bounds of means from sketches: exact where they can be, and right at any skewness."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import beta

from audit.fairness.bounds.doubt import SKEWED
from audit.fairness.bounds.means import sketch_means, skewness_index
from audit.fairness.bounds.sketch import Sketches, two_point

Floats = np.ndarray


@pytest.mark.parametrize("n", [12, 60, 5000])
@pytest.mark.parametrize("tail", [0.1, 0.025, 1e-4])
def test_shares_have_clopper_and_pearsons_bounds(n: int, tail: float) -> None:
    for hits in {0, 2, n // 3, n}:
        share = hits / n
        found = Sketches(
            np.array([[0.0, 1.0]]), np.array([[1 - share, share]]), np.zeros(1), np.ones(1), np.full(1, float(n))
        )
        low, high = found.bounds(tail)
        assert low[0] == pytest.approx(beta.ppf(tail, hits, n - hits + 1) if hits else 0.0, rel=0.04, abs=1e-6)
        assert high[0] == pytest.approx(beta.isf(tail, hits + 1, n - hits) if hits < n else 1.0, rel=0.04, abs=1e-6)


def test_two_atoms_keep_three_moments() -> None:
    for skewness in (-8.0, -0.5, 0.0, 3.0):
        values, shares = two_point(np.array([50_000.0]), np.array([40.0]), np.array([skewness]))
        away = values[0] - 50_000
        assert [(shares[0] * away**k).sum() for k in (1, 2, 3)] == pytest.approx(
            [0, 1600, 64_000 * skewness], abs=1e-6, rel=1e-9
        )


@pytest.mark.parametrize("shift", [0.0, -1e6])
def test_bounds_move_with_the_values(shift: float) -> None:
    values, shares = two_point(np.array([3.0]), np.array([2.0]), np.array([1.0]))
    plain = Sketches(values, shares, np.array([-9.0]), np.array([20.0]), np.array([40.0])).bounds(0.05)
    moved = Sketches(values + shift, shares, np.array([-9.0 + shift]), np.array([20.0 + shift]), np.array([40.0]))
    assert [b[0] - shift for b in moved.bounds(0.05)] == pytest.approx([b[0] for b in plain], abs=1e-6)


def sketched(samples: list[Floats], ends: tuple[float, float] | None) -> tuple[Sketches, list[str | None]]:
    n = np.array([float(len(x)) for x in samples])
    value, spread = (np.array([getattr(x, name)() for x in samples]) for name in ("mean", "var"))
    z = np.zeros((len(samples), 64))
    for code, x in enumerate(samples):
        z[code] = np.bincount(np.arange(len(x)) % 64, x - x.mean(), 64)
    pooled = float(skewness_index(z.sum(0, keepdims=True))[0] * np.sqrt(n.sum()))
    found = sketch_means(value, spread, n, n - 1, skewness_index(z), pooled, ends)
    return found.sketches, found.doubt


def test_rare_high_scores_are_allowed_for_by_their_ends() -> None:
    rng = np.random.default_rng(0)
    missed = {"upper": 0, "lower": 0}
    for _ in range(400):
        x = np.where(rng.random(60) < 0.03, 0.95, rng.beta(2, 18, 60))
        low, high = sketched([x], (0.0, 1.0))[0].bounds(0.05)
        truth = 0.03 * 0.95 + 0.97 * 0.1
        missed["upper"] += high[0] < truth
        missed["lower"] += low[0] > truth
    assert max(missed.values()) <= 33, "of 400, at 5 %"


def test_what_others_saw_is_doubted_of_a_small_group() -> None:
    """Confident errors, which a group of sixty may not hold: without an end, nothing bounds what it did not see."""
    rng = np.random.default_rng(1)

    def losses(n: int) -> Floats:
        return np.where(rng.random(n) < 0.02, 6.9, -np.log(rng.beta(8, 2, n)))

    doubt = [sketched([losses(4000), losses(60)], None)[1] for _ in range(20)]
    assert all(big is None for big, _ in doubt)
    assert sum(small == SKEWED for _, small in doubt) >= 18


def test_plain_errors_are_not_doubted() -> None:
    rng = np.random.default_rng(2)
    assert sketched([np.abs(rng.normal(0, 3, n)) for n in (1000, 300)], None)[1] == [None, None]
