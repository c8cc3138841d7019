"""Pooled and adjusted rates side by side."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tests.fairness.helpers import ask, compare_rows


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
