"""Weights for training and rows to collect, computed a second time."""

from __future__ import annotations

import numpy as np
import pytest
from statsmodels.stats.proportion import power_proportions_2indep

from audit.remedies.collect import collect
from audit.remedies.reweighting import reweighting
from tests.impact.helpers import drawn, sliced


def test_weights_make_label_and_group_independent() -> None:
    rows = drawn(1)
    one = sliced(rows)
    found = reweighting(one.facts, one.tally, ["no", "yes"])
    assert found is not None
    weights = {(cell.group[0], cell.label): cell.weight for cell in found.cells}
    share = rows.groupby(["group", "y_true"]).size() / len(rows)
    for (group, label), weight in weights.items():
        expected = (rows.group == group).mean() * (rows.y_true == label).mean() / share[group, label]
        assert weight == pytest.approx(expected)
    each = np.array([weights[key] for key in zip(rows.group, rows.y_true, strict=True)])
    base = [np.average(rows.y_true[rows.group == name] == "yes", weights=each[rows.group == name]) for name in "abc"]
    assert base == pytest.approx([(rows.y_true == "yes").mean()] * 3)
    assert found.effective_share == pytest.approx(each.sum() ** 2 / (each**2).sum() / len(rows))


def test_a_label_that_a_group_has_not_has_no_weight() -> None:
    rows = drawn(2)
    rows.loc[rows.group == "a", "y_true"] = "no"
    one = sliced(rows)
    found = reweighting(one.facts, one.tally, ["no", "yes"])
    assert found is not None
    cell = next(cell for cell in found.cells if (cell.group, cell.label) == (["a"], "yes"))
    assert (cell.n, cell.weight, cell.note) == (0, None, "no_rows")
    nothing = sliced(rows.assign(y_true=None))
    assert reweighting(nothing.facts, nothing.tally, ["no", "yes"]) is None


def test_rows_to_collect_give_four_in_five_to_find_the_gap() -> None:
    rows = drawn(3, rows=400)
    one = sliced(rows)
    found = {(line.group[0], line.metric): line for line in collect(one, "yes", 0.15, labelled=True)}
    assert found and all(line.reference == ["c"] for line in found.values())
    for (group, metric), line in found.items():
        base = {"selection_rate": rows.y_true.notna(), "true_positive_rate": rows.y_true == "yes"}.get(
            metric, rows.y_true == "no"
        )
        n = rows[base].groupby("group").size()
        rate = (rows[base].y_pred == "yes").mean()
        rate = max(rate, 1 - rate)
        assert (line.n, line.effective_n) == (n[group], pytest.approx(n[group]))
        assert line.rows is not None and line.rows > 0
        assert line.detectable is None or line.detectable > 0.15
        # The power of an ordinary test of the gap, at the shared level, with the decisions that these rows bring.
        more = n[group] * (1 + line.rows / (rows.group == group).sum())
        ref = n["c"] * (1 + line.reference_rows / (rows.group == "c").sum())
        power = power_proportions_2indep(-0.15, rate, more, ratio=ref / more, alpha=0.05 / 2).power
        assert power == pytest.approx(0.8, abs=0.03)
    assert collect(one, "yes", 0.9, labelled=True) == []
    names = {line.metric for line in collect(sliced(rows.assign(y_true=None)), "yes", 0.05, labelled=False)}
    assert names == {"selection_rate"}


def test_a_group_without_such_decisions_says_so() -> None:
    rows = drawn(4, rows=400)
    rows.loc[rows.group == "a", "y_true"] = "no"
    (line,) = [
        line
        for line in collect(sliced(rows), "yes", 0.1, labelled=True)
        if (line.group, line.metric) == (["a"], "true_positive_rate")
    ]
    assert (line.n, line.rows, line.detectable, line.note) == (0, None, None, "no_positives")
