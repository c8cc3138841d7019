"""What an open rule asks for settles it in about four of five cases, and is counted in rows to collect."""

from __future__ import annotations

import pandas as pd
import pytest

from audit.policy.needed import lacking
from benchmarks.calibration_advice import DESIGNS
from tests.policy.test_judge import rates, verdict


@pytest.mark.parametrize("name", DESIGNS)
def test_what_is_asked_for_settles_four_of_five(name: str) -> None:
    found = DESIGNS[name](100)
    assert found.of == 100
    # Of 100 at a chance of .8, fewer than 68 or more than 92 come up in less than one of a hundred tries.
    assert 68 <= found.count <= 92


def test_rows_are_asked_for_where_the_metric_is_about_some_of_them() -> None:
    """A tenth of the rows are positives: ten times the positives that are lacking."""

    rows = [
        {"g": g, "y_true": y, "y_pred": p, "count": n}
        for g, hits in (("a", 36), ("b", 24))
        for y, p, n in (("1", "1", hits), ("1", "0", 60 - hits), ("0", "0", 540))
    ]
    (rule,) = verdict(pd.DataFrame(rows), metric="true_positive_rate", limit=0.1).rules
    positives = [{"g": r["g"], "y_true": "1", "y_pred": r["y_pred"], "count": r["count"]} for r in rows[:2] + rows[3:5]]
    (alone,) = verdict(pd.DataFrame(positives), metric="true_positive_rate", limit=0.1).rules
    asked, of_positives = ({item.group[0]: item.n for item in found.needed} for found in (rule, alone))
    assert asked["a"] == pytest.approx(10 * of_positives["a"], rel=0.01)


def test_a_rule_on_values_says_what_it_needs() -> None:

    (rule,) = verdict(rates({"a": (4, 60), "b": (5, 60)}), at_most=0.2).rules
    assert rule.status == "pass"
    (rule,) = verdict(rates({"a": (9, 60), "b": (5, 60)}), at_most=0.2).rules
    assert rule.status == "inconclusive"
    assert rule.needed
    assert all(item.n and item.n > 0 for item in rule.needed)


def test_of_a_group_without_any_such_decision_nobody_knows() -> None:
    assert lacking(["a"], 40, 0.0, "no_positives").n is None
    assert lacking(["a"], 40, 4.0, "below_evidence_floor").n == 60
