"""The windows that an alarm names hold the change about as often as they say."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom

from benchmarks.change_points import Series, _held


@pytest.mark.parametrize(
    "design",
    [
        Series("a small change", growth=0.05, when=40, nights=90),
        Series("few decisions", nightly=(60, 40), growth=0.2, when=40, nights=90),
        Series("rare", base=0.02, growth=0.03, when=40, nights=90),
    ],
    ids=str,
)
def test_the_named_windows_hold_the_change(design: Series) -> None:
    runs = 200
    hits, sizes = design.draw(np.random.default_rng(7), runs)
    found = [_held(hits[run], sizes[run], 1.0, design) for run in range(runs)]
    # Fails a sound estimate once in a thousand draws; the draws are the same every time.
    assert sum(held for held, _ in found) >= binom.ppf(0.001, runs, 0.95)
    assert np.median([width for _, width in found]) < 20


def test_nights_that_vary_widen_it() -> None:
    design = Series("unsteady", unsteady=0.04, when=40, nights=90)
    hits, sizes = design.draw(np.random.default_rng(8), 40)
    plain, wide = ([_held(hits[run], sizes[run], spread, design)[1] for run in range(40)] for spread in (1.0, 5.0))
    assert np.median(wide) > np.median(plain)
