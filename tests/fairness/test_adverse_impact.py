from __future__ import annotations

import tracemalloc

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import fisher_exact
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import proportions_ztest

from audit.fairness.compare.adverse_impact import adverse_impact, exact_tests, flip_flop, holm, minimum_detectable
from tests.fairness.helpers import ask, compare_rows

TWO = st.integers(1, 60).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@given(TWO, TWO)
def test_exact_p_values_are_fishers(a: tuple[int, int], b: tuple[int, int]) -> None:
    p, mid = exact_tests(*a, *b)
    table = [[a[0], a[1] - a[0]], [b[0], b[1] - b[0]]]
    assert p == pytest.approx(fisher_exact(table).pvalue, abs=1e-9)
    assert mid is not None
    assert 0 < mid <= p


def test_exact_p_values_of_millions_need_no_millions_of_numbers() -> None:
    theirs = fisher_exact([[700, 2_300], [640, 2_360]]).pvalue
    assert exact_tests(700, 3_000, 640, 3_000)[0] == pytest.approx(theirs, rel=1e-9)
    for a, b in (((2_500_000, 5_000_000), (2_497_500, 4_990_000)), ((1_000, 5_000_000), (1_100, 4_900_000))):
        tracemalloc.start()
        p, mid = exact_tests(*a, *b)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 10 << 20
        z = proportions_ztest([a[0], b[0]], [a[1], b[1]])[1]
        assert p == pytest.approx(z, rel=0.1)
        assert mid is not None
        assert mid < p


def test_counts_that_cannot_be_chance() -> None:
    assert exact_tests(4_000_000, 5_000_000, 1_000_000, 5_000_000) == (0.0, 0.0)
    assert exact_tests(0, 5, 0, 7) == (1.0, 0.5)
    assert exact_tests(5, 5, 7, 7) == (1.0, 0.5)


def rows(counts: dict[str, tuple[int, int]]) -> pd.DataFrame:
    lines = [
        {"g": g, "y_true": None, "y_pred": label, "count": n}
        for g, (k, size) in counts.items()
        for label, n in (("1", k), ("0", size - k))
    ]
    return pd.DataFrame(lines)


def test_columns_follow_from_counts() -> None:
    done = compare_rows(
        rows({"a": (60, 100), "b": (40, 100), "c": (50, 100)}), ["g"], ask(["0", "1"], "1", labelled=False)
    )
    found = {item.group[0]: item for item in adverse_impact(done.slicing, done.selected[-1], 0.05)}
    assert set(found) == {"b", "c"}
    b = found["b"]
    z, p = proportions_ztest([40, 60], [100, 100])
    assert (b.z, b.z_p) == pytest.approx((z, p))
    assert (b.impact_ratio, b.difference, b.shortfall) == (pytest.approx(2 / 3), pytest.approx(-0.2), 20)
    # Of three groups any might have been selected most: three pairs were looked at, one of them not compared.
    both = multipletests([found["b"].fisher_p, found["c"].fisher_p, 1.0], method="holm")[1]
    assert [found["b"].holm_p, found["c"].holm_p] == pytest.approx(list(both[:2]))


def test_a_lucky_handful_does_not_set_the_standard() -> None:
    done = compare_rows(
        rows({"a": (60, 100), "b": (40, 100), "few": (3, 3)}), ["g"], ask(["0", "1"], "1", labelled=False)
    )
    assert {item.reference[0] for item in adverse_impact(done.slicing, done.selected[-1], 0.05)} == {"a"}


@pytest.mark.parametrize(
    ("counts", "flips"),
    [((8, 20, 10, 20), True), ((7, 20, 10, 20), True), ((2, 20, 10, 20), False), ((0, 20, 0, 20), False)],
)
def test_flip_flop_moves_one_selection(counts: tuple[int, int, int, int], flips: bool) -> None:
    assert flip_flop(*counts) is flips


def test_a_detectable_difference_is_detected_four_times_in_five() -> None:
    n, n0, rate = 300, 500, 0.5
    d = minimum_detectable(rate, n, n0, 0.05)
    assert d is not None
    rng = np.random.default_rng(0)
    k, k0 = rng.binomial(n, rate - d, 4000), rng.binomial(n0, rate, 4000)
    pooled = (k + k0) / (n + n0)
    z = (k0 / n0 - k / n) / np.sqrt(pooled * (1 - pooled) * (1 / n + 1 / n0))
    assert (z > 1.96).mean() == pytest.approx(0.8, abs=0.03)
    assert minimum_detectable(0.05, 10, 10, 0.05) is None


@pytest.mark.parametrize("p", [[0.03], [0.01, 0.04, 0.03, 0.005], [1.0, 1.0, 0.0], [0.2, 0.2, 0.01, 0.5, 0.2]])
def test_holm_is_the_librarys(p: list[float]) -> None:
    np.testing.assert_allclose(holm(np.array(p), len(p)), multipletests(p, method="holm")[1], rtol=1e-12)
    padded = multipletests([*p, 1.0, 1.0], method="holm")[1][: len(p)]
    np.testing.assert_allclose(holm(np.array(p), len(p) + 2), padded, rtol=1e-12)


def test_shares_of_membership_and_weights_enter_as_in_every_other_table() -> None:
    frame = rows({"a": (60, 100), "b": (40, 100)})
    heavy = frame.assign(weight=np.where((frame["g"] == "b") & (frame["y_pred"] == "1"), 3.0, 1.0))
    done = compare_rows(heavy, ["g"], ask(["0", "1"], "1", labelled=False))
    (row,) = adverse_impact(done.slicing, done.selected[-1], 0.05)
    assert (row.group, row.reference) == (["a"], ["b"])
    assert row.impact_ratio == pytest.approx(0.6 / (120 / 180))
    assert (row.fisher_p, row.mid_p, row.flip_flop) == (None, None, None)
    assert row.holm_p == row.z_p


def test_the_choice_of_the_reference_is_paid_for() -> None:
    rng, named = np.random.default_rng(0), 0
    for _ in range(40):
        counts = {f"g{i:02}": (int(rng.binomial(500, 0.3)), 500) for i in range(12)}
        done = compare_rows(rows(counts), ["g"], ask(["0", "1"], "1", ("selection_rate",), labelled=False))
        named += any((row.holm_p or 1) < 0.05 for row in adverse_impact(done.slicing, done.selected[-1], 0.05))
    assert named <= 6
