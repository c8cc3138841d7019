"""Tests of equal shares and of reference shares: known p-values, few rows, weights, clusters, Holm's correction."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binomtest, fisher_exact
from statsmodels.stats.multitest import multipletests

from audit.fairness.compare.association import DRAWS, equal_shares, holm, right_shares
from benchmarks.calibration_data import DESIGNS, alarms, equal, right


def cells(hit: list[int], n: list[int], *, weight: float = 1.0) -> tuple[pd.DataFrame, np.ndarray]:
    """Cells of groups with so many hits among so many rows."""
    rows = [
        (bool(is_hit), m if is_hit else k - m, g)
        for g, (m, k) in enumerate(zip(hit, n, strict=True))
        for is_hit in (0, 1)
    ]
    frame = pd.DataFrame(rows, columns=["hit", "n", "group"])
    frame = frame.assign(w=frame["n"] * weight, w2=frame["n"] * weight**2, cluster=None)
    return frame, frame["group"].to_numpy(np.int64)


@pytest.mark.parametrize(("hit", "n"), [([3, 9], [10, 10]), ([1, 4], [30, 12]), ([30, 55], [100, 100])])
def test_of_two_groups_it_is_fishers_test(hit: list[int], n: list[int]) -> None:
    frame, groups = cells(hit, n)
    found = equal_shares(frame, groups, 2, np.random.default_rng(0))
    exact = fisher_exact([[hit[0], n[0] - hit[0]], [hit[1], n[1] - hit[1]]]).pvalue
    # Four standard errors of what is drawn; tables that are as far off are those that are as unlikely but for few.
    assert found == pytest.approx(exact, abs=4 * np.sqrt(exact / DRAWS) + 0.02 * exact + 2 / DRAWS)


def test_of_two_groups_shares_are_a_binomial_test() -> None:
    frame, groups = cells([0, 0], [14, 6])
    found = right_shares(frame, groups, [0.5, 0.5], np.random.default_rng(0))
    assert found == pytest.approx(binomtest(14, 20, 0.5).pvalue, abs=4 * np.sqrt(0.12 / DRAWS))


@pytest.mark.parametrize(("hit", "n"), [([0, 0], [9, 9]), ([9, 5], [9, 5]), ([3], [9]), ([0, 0], [0, 0])])
def test_where_nothing_varies_there_is_nothing_to_test(hit: list[int], n: list[int]) -> None:
    frame, groups = cells(hit, n)
    assert equal_shares(frame, groups, len(n), np.random.default_rng(0)) is None


def test_the_unit_of_weights_does_not_matter() -> None:
    found = [
        equal_shares(*cells([3, 9], [10, 10], weight=weight), 2, np.random.default_rng(0)) for weight in (1.0, 1000.0)
    ]
    assert found[0] == found[1]


def test_two_clusters_of_a_group_tell_nothing_however_large() -> None:
    frame, groups = cells([10, 90], [100, 100])
    assert equal_shares(frame, groups, 2, np.random.default_rng(0)) < 0.001
    clustered = frame.assign(cluster=["a", "b", "c", "d"])
    assert equal_shares(clustered, groups, 2, np.random.default_rng(0)) is None


def test_holm_is_that_of_statsmodels_and_leaves_out_what_was_not_tested() -> None:
    p = {"a": 0.01, "b": None, "c": 0.04, "d": 0.03, "e": 0.5}
    expected = multipletests([0.01, 0.04, 0.03, 0.5], method="holm")[1]
    found = holm(p)
    assert [found[name] for name in "acde"] == pytest.approx(expected)
    assert holm({}) == {} == holm({"a": None})


@pytest.mark.parametrize("design", [DESIGNS[1], DESIGNS[4], DESIGNS[8]], ids=str)
@pytest.mark.parametrize("test", [equal, right])
def test_nothing_is_found_where_nothing_is(test: object, design: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("audit.fairness.compare.association.DRAWS", 499)
    # At 5 % of 100, 14 or more come up in 1 of 2,000 tries.
    assert alarms(test, design, 100, 1) < 0.14
