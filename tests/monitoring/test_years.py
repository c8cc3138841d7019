"""The claim, in small: years without a change raise no alarms beyond the level, years with one are noticed soon."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.monitoring import NIGHTS, Design, delays, play


@pytest.mark.parametrize("unsteady", [0.0, 0.03])
def test_calm_years_are_calm(unsteady: float) -> None:
    played = play(Design("at its limit", nightly=400, start=0.1, unsteady=unsteady), 8, 120, seed=3)
    assert (played.alarms() < NIGHTS).sum() <= 1


def test_a_test_at_a_fixed_level_is_not() -> None:
    played = play(Design("no gap", nightly=400), 8, 120, seed=4)
    assert (played.alarms() < NIGHTS).sum() <= 1
    assert played.naive_nightly > 0.9


def test_a_gap_that_grows_is_noticed() -> None:
    played = play(Design("grows", nightly=1000, growth=0.1, when=40, late=5), 6, 100, seed=5)
    early, half, most = delays(played.alarms("change"), 40)
    assert early == 0
    assert half < 30
    assert most < 60
    assert np.isinf(delays(played.alarms("limit"), 40)[2]), "it grows to its limit, and not over it"
