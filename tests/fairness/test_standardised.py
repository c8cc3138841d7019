"""Pooled and adjusted rates side by side."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from statsmodels.regression.linear_model import OLS

from audit.fairness.compare.disparities import compare
from audit.fairness.compare.scope import Scope
from audit.fairness.tally import Slicing, tally_decisions
from tests.fairness.helpers import ask, compare_rows, decisions


def counts(cells: list[tuple[str, str, int, int]]) -> pd.DataFrame:
    lines = [
        {"g": g, "dept": d, "y_true": None, "y_pred": label, "count": n}
        for g, d, k, size in cells
        for label, n in (("1", k), ("0", size - k))
    ]
    return pd.DataFrame(lines)


def adjusted(frame: pd.DataFrame) -> dict[str, float | None]:
    done = compare_rows(frame, ["g"], ask(["0", "1"], "1", ("selection_rate",), labelled=False), ["dept"])
    return {value.group[0]: value.value for value in done.adjusted}


def test_each_group_gets_everybodys_mix_of_strata() -> None:
    found = adjusted(counts([("a", "x", 80, 100), ("a", "y", 10, 100), ("b", "x", 16, 20), ("b", "y", 18, 180)]))
    share = np.array([120, 280]) / 400
    assert found["a"] == pytest.approx(share @ [0.8, 0.1])
    assert found["b"] == pytest.approx(share @ [0.8, 0.1])


def test_strata_that_not_every_group_has_are_left_out() -> None:
    found = adjusted(counts([("a", "x", 50, 100), ("a", "z", 90, 100), ("b", "x", 40, 100)]))
    assert found == {"a": pytest.approx(0.5), "b": pytest.approx(0.4)}


def test_without_a_common_stratum_there_is_nothing_to_adjust() -> None:
    found = adjusted(counts([("a", "x", 50, 100), ("b", "y", 40, 100)]))
    assert found == {"a": None, "b": None}


def test_the_interval_is_as_wide_as_the_estimate_varies() -> None:
    rng = np.random.default_rng(0)
    seen, sizes = [], []
    for _ in range(150):
        cells = [("a", d, int(rng.binomial(n, p)), n) for d, n, p in (("x", 60, 0.7), ("y", 200, 0.3))]
        cells += [("b", "x", 100, 200), ("b", "y", 50, 100)]
        done = compare_rows(counts(cells), ["g"], ask(["0", "1"], "1", ("selection_rate",), labelled=False), ["dept"])
        mine = next(value for value in done.adjusted if value.group == ["a"])
        seen.append(mine.value)
        sizes.append(mine.value * (1 - mine.value) / mine.effective_n)
    assert np.sqrt(np.mean(sizes)) == pytest.approx(np.std(seen), rel=0.15)


def test_strata_are_mixed_by_weight() -> None:
    frame = counts([("m", "x", 90, 100), ("m", "y", 10, 100), ("f", "x", 60, 100), ("f", "y", 20, 100)])
    frame["weight"] = [4.0 if d == "y" else 1.0 for d in frame["dept"]]
    found = adjusted(frame)
    assert found == {"m": pytest.approx(0.2 * 0.9 + 0.8 * 0.1), "f": pytest.approx(0.2 * 0.6 + 0.8 * 0.2)}


def test_a_group_that_a_rule_leaves_out_decides_no_strata() -> None:
    cells = [("a", "x", 50, 100), ("a", "y", 90, 100), ("b", "x", 40, 100), ("b", "y", 30, 100), ("c", "x", 5, 10)]
    question = replace(ask(["0", "1"], "1", ("selection_rate",), labelled=False), scopes=(Scope(exempt=("c",)),))
    done = compare_rows(counts(cells), ["g"], question, ["dept"])
    by_scope = {(tuple(value.left_out), value.group[0]): value for value in done.adjusted}
    assert by_scope[(), "a"].value == pytest.approx(0.5)
    assert by_scope[(), "a"].support == pytest.approx(210 / 410)
    assert by_scope[("c",), "a"].value == pytest.approx(0.7)
    assert by_scope[("c",), "b"].value == pytest.approx(0.35)
    assert by_scope[("c",), "a"].support == 1


def clustered_strata(rng: np.random.Generator, clusters: int, rate: float) -> pd.DataFrame:
    """Clusters of 24 rows that lie in all three strata of two groups."""
    parts = []
    for g in "ab":
        chance = rng.beta(rate, 1 - rate, clusters)
        owner = np.repeat(np.arange(clusters), 24)
        hit = rng.random(len(owner)) < chance[owner]
        parts.append(pd.DataFrame({
            "g": g, "cluster": [f"{g}{c}" for c in owner], "dept": np.tile(list("xyz"), len(owner) // 3),
            "y_true": None, "y_pred": np.where(hit, "1", "0"),
        }))  # fmt: skip
    return pd.concat(parts, ignore_index=True)


def test_clusters_that_cross_strata_count_once() -> None:
    rng, seen, told = np.random.default_rng(5), [], []
    question = ask(["0", "1"], "1", ("selection_rate",), labelled=False)
    slicing = Slicing(("g",), ("dept",), True)
    for _ in range(60):
        frame = clustered_strata(rng, 30, 0.5)
        (tally,) = tally_decisions([decisions(frame, ["g"], ["dept"])], [slicing])
        value = compare(tally, question).adjusted[0]
        seen.append(value.value)
        told.append(value.value * (1 - value.value) / value.effective_n)
        assert value.clusters == 30
    # Half of all variance lies between clusters of 24: 30 of them are worth about 58 rows, not 720.
    assert np.sqrt(np.mean(told)) == pytest.approx(np.std(seen), rel=0.25)


def test_the_variance_over_clusters_is_that_of_the_library() -> None:
    frame = clustered_strata(np.random.default_rng(6), 200, 0.5)
    mine = frame[frame["g"] == "a"]
    # Equal strata for everybody: the standardised rate is the intercept where strata sum to zero.
    x = np.column_stack([np.ones(len(mine)), *((mine["dept"] == d).to_numpy(float) - 1 / 3 for d in "xy")])
    y = (mine["y_pred"] == "1").to_numpy(float)
    fit = OLS(y, x).fit(
        cov_type="cluster", cov_kwds={"groups": pd.factorize(mine["cluster"])[0], "use_correction": False}
    )
    (tally,) = tally_decisions([decisions(frame, ["g"], ["dept"])], [Slicing(("g",), ("dept",), True)])
    value = compare(tally, ask(["0", "1"], "1", ("selection_rate",), labelled=False)).adjusted[0]
    assert value.value == pytest.approx(fit.params[0])
    assert value.value * (1 - value.value) / value.effective_n == pytest.approx(fit.bse[0] ** 2, rel=0.05)
