"""Rates of outcomes from sums are those of the decisions themselves."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from audit.fairness.bounds.outcomes import Rate, rate_of, rate_of_cells


def summed(hits: np.ndarray, weight: np.ndarray, cluster: pd.Series) -> pd.DataFrame:
    rows = pd.DataFrame({"hit": hits, "n": 1, "w": weight, "w2": weight**2, "cluster": cluster})
    return rows.groupby(["cluster", "hit"], dropna=False, as_index=False)[["n", "w", "w2"]].sum()


@pytest.mark.parametrize("clusters", [0, 7, 40])
@pytest.mark.parametrize("weighted", [False, True])
def test_sums_say_what_rows_say(clusters: int, weighted: bool) -> None:
    rng = np.random.default_rng(clusters)
    hits = rng.random(200) < 0.3
    weight = rng.uniform(0.5, 3, 200) if weighted else np.ones(200)
    # Half of the rows are clusters of their own.
    names, shared = rng.integers(0, max(clusters, 1), 200), rng.random(200) < 0.5
    cluster = pd.Series([f"c{i}" if clusters and own else None for i, own in zip(names, shared, strict=True)])
    cluster = cluster.astype(object)
    one, other = rate_of(hits, weight, cluster, 0.05), rate_of_cells(summed(hits, weight, cluster), 0.05)
    assert (one.n, one.hits, one.clusters) == (other.n, other.hits, other.clusters)
    for name in ("value", "effective_n", "lower", "upper"):
        assert getattr(one, name) == pytest.approx(getattr(other, name), rel=1e-9)


def test_a_table_of_counts_counts_decisions() -> None:
    cells = pd.DataFrame({"hit": [True, False], "n": [30, 70], "w": [30.0, 70.0], "w2": [30.0, 70.0], "cluster": None})
    found = rate_of_cells(cells, 0.05)
    assert (found.n, found.hits, found.value) == (100, 30, 0.3)
    assert found.effective_n == pytest.approx(100)


def test_nothing_looked_at_has_no_rate() -> None:
    nothing = pd.DataFrame({"hit": [], "n": [], "w": [], "w2": [], "cluster": []})
    assert rate_of_cells(nothing, 0.05) == Rate(0, 0, None, None, None, None, None)
