"""What probes found, by group: the same numbers as those of any share."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from audit.fairness.bounds.outcomes import rate_of
from audit.fairness.compare.probe_rates import Probed, probe_result
from audit.fairness.compare.question import Question
from audit.result import ProbeResult
from audit.store.columns import group_column

PROBED = Probed("demo", "changed", ["typo", "case"], [1, 3], population=1000, sampled=200, queries=900, shown=3)


def rows(size: int, groups: list[str], chance: float = 1.0) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "row_id": [f"r{i}" for i in range(size)],
            "weight": np.ones(size),
            "inclusion_probability": np.full(size, chance),
            "cluster": pd.Series([None] * size, dtype=object),
            group_column("group"): [groups[i % len(groups)] for i in range(size)],
        }
    )


def outcomes(about: pd.DataFrame, hits: dict[tuple[str, int], set[str]]) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "probe": "demo", "row_id": row, "transform": transform, "severity": severity, "status": "scored",
                "reason": None, "y_pred": "yes", "y_pred_after": "no" if row in hit else "yes",
                "f": 0.9, "f_after": 0.2 if row in hit else 0.8, "hit": row in hit,
                "starts": [0], "ends": [1], "replacements": ["x"], "change": None,
            }
            for (transform, severity), hit in hits.items()
            for row in about["row_id"]
        ]
    )  # fmt: skip


def summed(table: pd.DataFrame, about: pd.DataFrame) -> ProbeResult:
    question = Question([], [], ["no", "yes"], "yes", 0.95)
    return probe_result(table, about, PROBED, [("group",)], question)


def test_a_decision_has_the_outcome_if_any_change_brings_it_about() -> None:
    about = rows(40, ["a", "b"])
    hits = {("typo", 1): {"r0"}, ("typo", 3): {"r0", "r2", "r4"}, ("case", 1): {"r1"}, ("case", 3): {"r1"}}
    found = summed(outcomes(about, hits), about)
    whole = {(tuple(v.group), v.metric): v for v in found.metrics}
    assert whole[(), "probe:demo"].value == pytest.approx(4 / 40)
    assert whole[("a",), "probe:demo"].value == pytest.approx(3 / 20)
    assert whole[("b",), "probe:demo:typo"].value == 0
    assert whole[("b",), "probe:demo:case"].value == pytest.approx(1 / 20)
    assert (found.asked, found.variants, found.failed) == (40, 160, 0)
    assert {item.name for item in found.metric_definitions} == {"probe:demo", "probe:demo:typo", "probe:demo:case"}


def test_rates_by_severity_are_those_of_a_loop_with_the_bounds_of_any_share() -> None:
    about = rows(60, ["a", "b", "c"])
    hits = {(name, s): {f"r{i}" for i in range(0, 60, 7 - s)} for name in ("typo", "case") for s in (1, 3)}
    found = summed(outcomes(about, hits), about)
    for rate in found.rates:
        group = about[group_column("group")] == rate.group[0] if rate.group else np.ones(60, bool)
        mine = set(about.loc[group, "row_id"])
        k = len(mine & hits[rate.transform, rate.severity])
        assert (rate.n, rate.hits) == (len(mine), k)
        hit = np.arange(len(mine)) < k
        same = rate_of(hit, np.ones(len(mine)), pd.Series([None] * len(mine), dtype=object), 0.05)
        assert (rate.rate, rate.lower, rate.upper) == pytest.approx((k / len(mine), same.lower, same.upper))
    everybody = next(rate for rate in found.rates if not rate.group and (rate.transform, rate.severity) == ("typo", 3))
    k = len(hits["typo", 3])
    assert everybody.moved == pytest.approx((k * 0.7 + (60 - k) * 0.1) / 60)


def test_a_gap_is_found_where_it_is_and_not_where_it_is_not() -> None:
    about = rows(400, ["a", "b"])
    fragile = {f"r{i}" for i in range(0, 400, 4)}  # every second row of a
    table = outcomes(about, {("typo", 1): fragile, ("case", 1): {"r1", "r2"}})
    gaps = summed(table, about).clear_gaps.items
    assert {(gap.metric, tuple(gap.high_group)) for gap in gaps} == {
        ("probe:demo", ("a",)),
        ("probe:demo:typo", ("a",)),
    }
    alike = outcomes(about, {("typo", 1): {f"r{i}" for i in range(100)}, ("case", 1): set()})
    assert not summed(alike, about).clear_gaps.items


def test_where_no_change_alters_anything_nothing_is_shown() -> None:
    about = rows(5, ["a", "b"])
    found = summed(outcomes(about, {("typo", 1): set(), ("case", 1): set()}), about)
    assert found.shown == [] and {rate.hits for rate in found.rates} == {0}


@pytest.mark.parametrize("status", ["refused", "failed"])
def test_where_nothing_was_answered_nothing_is_told(status: str) -> None:
    about = rows(6, ["a", "b"])
    table = outcomes(about, {("typo", 1): {"r0"}, ("case", 1): set()}).astype({"hit": object})
    table["status"], table["reason"], table["hit"] = status, "negation", None
    found = summed(table, about)
    assert (found.asked, found.rates, found.metrics, found.shown) == (0, [], [], [])
    assert (found.failed, sum(item.n for item in found.refused)) == ((12, 0) if status == "failed" else (0, 12))


def test_rows_that_were_drawn_more_often_count_less() -> None:
    about = rows(4, ["a"])
    about["inclusion_probability"] = [1.0, 1.0, 0.5, 0.5]
    found = summed(outcomes(about, {("typo", 1): {"r0"}, ("case", 1): {"r3"}}), about)
    (typo,) = [v for v in found.metrics if v.metric == "probe:demo:typo" and not v.group]
    (case,) = [v for v in found.metrics if v.metric == "probe:demo:case" and not v.group]
    assert typo.value == pytest.approx(1 / 6) and case.value == pytest.approx(2 / 6)


def test_what_was_refused_or_failed_has_no_part_in_rates() -> None:
    about = rows(10, ["a"])
    table = outcomes(about, {("typo", 1): {"r0"}, ("case", 1): set()})
    table["hit"] = table["hit"].astype(object)
    case = table["transform"].eq("case")
    table.loc[case, "status"], table.loc[case, "reason"], table.loc[case, "hit"] = "refused", "negation", None
    table.loc[1, "status"], table.loc[1, "hit"] = "failed", None
    found = summed(table, about)
    assert [(item.transform, item.reason, item.n) for item in found.refused] == [("case", "negation", 10)]
    assert (found.asked, found.variants, found.failed) == (9, 9, 1)
    assert all(rate.transform == "typo" for rate in found.rates)
    assert [item.row_id for item in found.shown] == ["r0"]
