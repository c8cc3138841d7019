"""Mantel–Haenszel tests where counts would claim too much."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from audit.fairness.compare.disparities import compare
from audit.fairness.compare.stratified import stratified_tests
from audit.fairness.tally import Slicing, tally_decisions
from audit.result import StratifiedTest
from tests.fairness.helpers import ask, decisions


def test_of(frame: pd.DataFrame, *, clustered: bool = False) -> StratifiedTest:
    (tally,) = tally_decisions([decisions(frame, ["g"], ["dept"])], [Slicing(("g",), ("dept",), clustered)])
    done = compare(tally, ask(["0", "1"], "1", ("selection_rate",), labelled=False))
    assert done.slicing is not None
    (found,) = stratified_tests(tally, done.slicing, "1")
    return found


test_of.__test__ = False  # type: ignore[attr-defined]


def rows(rng: np.random.Generator, n: int, apart: float = 0.0) -> pd.DataFrame:
    g, dept = rng.choice(["a", "b"], n), rng.choice(["x", "y", "z"], n)
    chance = np.select([dept == "x", dept == "y"], [0.2, 0.5], 0.7) + apart * (g == "a")
    return pd.DataFrame({"g": g, "dept": dept, "y_true": None, "y_pred": np.where(rng.random(n) < chance, "1", "0")})


def test_a_cluster_for_every_row_and_weights_of_one_size_say_what_counts_say() -> None:
    frame = rows(np.random.default_rng(0), 3000, 0.05)
    by_counts = test_of(frame)
    assert by_counts.counts
    each = test_of(frame.assign(cluster=[str(i) for i in range(len(frame))]), clustered=True)
    tripled = test_of(frame.assign(weight=3.0))
    for found in (each, tripled):
        assert not found.counts
        assert found.odds_ratio == pytest.approx(by_counts.odds_ratio)
        assert found.statistic == pytest.approx(by_counts.statistic, rel=0.02)
        assert found.corrected_p_value is None


def test_rows_copied_within_clusters_prove_nothing_more() -> None:
    frame = rows(np.random.default_rng(1), 300, 0.05).assign(cluster=[str(i) for i in range(300)])
    once = test_of(frame, clustered=True)
    copied = test_of(pd.concat([frame] * 10, ignore_index=True), clustered=True)
    assert copied.p_value == pytest.approx(once.p_value)
    assert copied.odds_ratio == pytest.approx(once.odds_ratio)


def test_clusters_rarely_reject_what_holds() -> None:
    rng, rejected, ignored = np.random.default_rng(2), 0, 0
    for _ in range(100):
        owner = np.repeat(np.arange(40), 12)
        chance = rng.beta(0.5, 0.5, 40)[owner]
        frame = pd.DataFrame({
            "g": np.where(owner % 2 == 0, "a", "b"), "dept": np.tile(list("xyz"), 160), "y_true": None,
            "y_pred": np.where(rng.random(480) < chance, "1", "0"), "cluster": owner.astype(str),
        })  # fmt: skip
        rejected += (test_of(frame, clustered=True).p_value or 1) < 0.05
        ignored += (test_of(frame.drop(columns="cluster")).p_value or 1) < 0.05
    # At a true rate of 5 %, more than 13 of 100 come up in less than one of a thousand tries.
    assert rejected <= 13
    assert ignored > 30


def test_one_cluster_has_no_test() -> None:
    frame = rows(np.random.default_rng(3), 200).assign(cluster="c")
    assert test_of(frame, clustered=True).p_value is None
