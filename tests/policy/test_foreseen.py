"""What values may come to once more rows are collected: drawn around what was seen, and as far as they will move."""

from __future__ import annotations

import numpy as np
import pytest

from audit.fairness.bounds.inference import Estimates
from audit.fairness.bounds.sketch import Sketches
from audit.fairness.compare.change import Changes
from audit.policy.foreseen import DRAWS, MOST_CHANGES, draws_for, of_changes, of_values

ONES = np.ones(2)


def paired(size: float) -> Changes:
    """Two groups of which a twentieth of the decisions was lost and a fiftieth gained."""
    shares = np.tile([0.05, 0.93, 0.02], (2, 1))
    sketches = Sketches(np.tile([-1.0, 0.0, 1.0], (2, 1)), shares, -ONES, ONES, size * ONES)
    after, before = Estimates(0.57 * ONES, size * ONES), Estimates(0.6 * ONES, size * ONES)
    return Changes(after, before, 0.86 * ONES, sketches, ONES > 0)


def test_rates_move_as_far_as_the_rows_to_come_let_them() -> None:
    now = Estimates(np.array([0.1, 0.5]), np.array([100.0, 400.0]))
    drawn = of_values(now, now.resized(400.0), DRAWS).value.reshape(DRAWS, 2)
    assert drawn[:, 0].mean() == pytest.approx(0.1, abs=1e-3)
    # Of 400 decisions 300 are drawn; a group that is large enough stays where it is.
    assert drawn[:, 0].std() == pytest.approx(np.sqrt(300 * 0.1 * 0.9) / 400, rel=0.05)
    assert set(drawn[:, 1]) == {0.5}


def test_a_rate_of_zero_is_not_taken_for_certain() -> None:
    now = Estimates(np.array([0.0, 1.0]), np.array([20.0, 20.0]))
    drawn = of_values(now, now.resized(100.0), DRAWS).value.reshape(DRAWS, 2)
    assert drawn[:, 0].max() > 0
    assert drawn[:, 1].min() < 1


def test_numbers_without_ends_are_not_cut() -> None:
    now = Estimates(np.array([3.0, -2.0]), np.array([50.0, 50.0]), error=np.array([0.4, 0.2]))
    drawn = of_values(now, now.resized(200.0), DRAWS).value.reshape(DRAWS, 2)
    assert drawn.mean(0) == pytest.approx([3.0, -2.0], abs=0.01)
    # Half the error at four times the size, of which three quarters are still to come.
    assert drawn.std(0) == pytest.approx(np.array([0.2, 0.1]) * np.sqrt(0.75), rel=0.05)


def test_on_the_same_rows_a_change_moves_by_what_decisions_add_to_it() -> None:
    now, grown = paired(100.0), paired(1000.0)
    drawn = of_changes(now, grown, DRAWS)
    change = (drawn.candidate.value - drawn.baseline.value).reshape(DRAWS, 2)
    assert drawn.sketches is not None
    assert drawn.sketches.mean.reshape(DRAWS, 2) == pytest.approx(change)
    assert change.mean(0) == pytest.approx([-0.03, -0.03], abs=1e-3)
    assert change.std(0) == pytest.approx(np.sqrt(900 * (0.07 - 0.03**2)) / 1000, rel=0.06)
    # The baseline moves too, as a rate of 900 decisions more does.
    assert drawn.baseline.value.reshape(DRAWS, 2).std(0) == pytest.approx(np.sqrt(0.24 * 900) / 1000, rel=0.06)


def test_on_other_rows_the_versions_move_apart() -> None:
    now, grown = (Changes(c.candidate, c.baseline, 0 * ONES) for c in (paired(100.0), paired(1000.0)))
    drawn = of_changes(now, grown, DRAWS)
    after, before = (e.value.reshape(DRAWS, 2) for e in (drawn.candidate, drawn.baseline))
    for group in range(2):
        assert abs(np.corrcoef(after[:, group], before[:, group])[0, 1]) < 0.15


@pytest.mark.parametrize("groups", [2, 10, 60, 1000, 5000])
def test_draws_are_a_power_of_two_and_become_fewer(groups: int) -> None:
    draws = draws_for(groups)
    assert draws.bit_count() == 1
    assert 32 <= draws_for(groups, MOST_CHANGES) <= draws <= DRAWS
