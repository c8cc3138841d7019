from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from audit.config import PolicyConfig, RuleConfig
from audit.errors import ConfigError
from audit.fairness.compare.disparities import compare
from audit.fairness.metrics.choosing import described
from audit.policy.judge import judge, judge_gaps
from audit.result import AuditResult, Flags
from tests.fairness.helpers import ask, tally
from tests.fairness.test_published import COMPAS, table

NO_FLAGS = Flags(decisions=0, by_severity={}, rates=[], explained=0, shown=[])


def result(frame: pd.DataFrame, *, level: float = 0.95, **more: Any) -> AuditResult:
    """As much of a result as judging needs."""
    labelled = bool(frame["y_true"].notna().any())
    classes = sorted({*frame["y_true"].dropna(), *frame["y_pred"]})
    question = ask(classes, classes[-1], labelled=labelled, level=level, **more)
    done = compare(tally(frame, ["g"]), question)
    return AuditResult.model_construct(
        level=level,
        config={},
        slicings=[done.slicing],
        metric_definitions=described(question.metrics),
        metrics=done.metrics,
        adjusted=done.adjusted,
        correlations=done.correlations,
        comparison=None,
        exchange=None,
        flags=NO_FLAGS,
    )


def rates(sizes: dict[str, tuple[int, int]]) -> pd.DataFrame:
    """Groups given as positive decisions and all decisions."""
    rows = [
        {"g": group, "y_true": None, "y_pred": label, "count": n}
        for group, (hits, size) in sizes.items()
        for label, n in (("1", hits), ("0", size - hits))
    ]
    return pd.DataFrame(rows)


def verdict(frame: pd.DataFrame, *, level: float = 0.95, on: str = "warn", **rule: Any) -> Any:
    policy = PolicyConfig(rules=(RuleConfig(**{"metric": "selection_rate", **rule}),), on_inconclusive=on)
    return judge(result(frame, level=level), policy)


def test_shown_beyond_the_limit_fails_and_names_the_pair() -> None:
    (rule,) = verdict(rates({"a": (900, 1000), "b": (500, 1000), "c": (700, 1000)}), limit=0.1).rules
    assert (rule.status, rule.low_group, rule.high_group) == ("fail", ["b"], ["a"])
    assert rule.lower > 0.1
    assert rule.value == pytest.approx(0.4)


def test_shown_within_the_limit_passes() -> None:
    (rule,) = verdict(rates({"a": (2500, 5000), "b": (2550, 5000)}), limit=0.1).rules
    assert rule.status == "pass"
    assert rule.upper <= 0.1
    assert rule.needed == []


def test_a_wide_gap_of_few_decisions_is_undecided_and_says_what_would_settle_it() -> None:
    frame = {"a": (24, 40), "b": (16, 40)}
    (rule,) = verdict(rates(frame), limit=0.1).rules
    assert rule.status == "inconclusive"
    needed = {item.group[0]: item.n for item in rule.needed}
    # At exactly these rates it is settled with room to spare, since four of five draws around them have to be.
    for share, status in ((1.02, "fail"), (0.3, "inconclusive")):
        grown = {
            g: (round(k / n * (n + share * needed[g])), round(n + share * needed[g])) for g, (k, n) in frame.items()
        }
        assert verdict(rates(grown), limit=0.1).rules[0].status == status


def test_a_gap_at_the_limit_is_settled_by_no_number() -> None:
    (rule,) = verdict(rates({"a": (60, 100), "b": (50, 100)}), limit=0.1).rules
    assert rule.status == "inconclusive"
    assert {item.n for item in rule.needed} == {None}


def test_a_group_that_cannot_be_assessed_never_leaves_in_silence() -> None:
    frame = rates({"a": (2500, 5000), "b": (2500, 5000), "tiny": (2, 4)})
    (rule,) = verdict(frame, limit=0.1).rules
    assert rule.status == "inconclusive"
    assert [(item.group, item.n, item.reason) for item in rule.needed] == [(["tiny"], 6, "below_evidence_floor")]
    (exempted,) = verdict(frame, limit=0.1, exempt=("tiny",)).rules
    assert exempted.status == "pass"


def test_fewer_than_two_groups_is_undefined_and_never_passes() -> None:
    judged = verdict(rates({"a": (50, 100), "tiny": (2, 4)}), limit=0.1)
    assert judged.rules[0].status == "undefined"
    assert judged.status == "undefined"


def test_point_evidence_compares_points_and_shows_bounds_all_the_same() -> None:
    (rule,) = verdict(rates({"a": (50, 100), "b": (39, 100)}), at_least=0.8, evidence="point").rules
    assert rule.status == "fail"
    assert rule.value == pytest.approx(0.78)
    assert rule.lower < 0.8 < rule.upper
    (rule,) = verdict(rates({"a": (50, 100), "b": (40, 100)}), at_least=0.8, evidence="point").rules
    assert rule.status == "pass"
    (rule,) = verdict(rates({"a": (50, 100), "b": (40, 100)}), limit=0.1, evidence="point").rules
    assert rule.status == "pass"


def test_zero_rates_crash_nothing() -> None:
    (rule,) = verdict(rates({"a": (0, 400), "b": (0, 400)}), at_least=0.8, evidence="point").rules
    assert (rule.status, rule.value) == ("pass", None)
    (rule,) = verdict(rates({"a": (0, 400), "b": (200, 400)}), at_least=0.8).rules
    assert (rule.status, rule.value) == ("fail", 0.0)


def test_the_level_moves_the_verdict() -> None:
    frame = rates({"a": (64, 100), "b": (42, 100)})
    assert verdict(frame, limit=0.1, level=0.6).rules[0].status == "fail"
    assert verdict(frame, limit=0.1, level=0.99).rules[0].status == "inconclusive"


def test_rules_of_severity_error_share_their_level_by_holm() -> None:
    frame = rates({"a": (640, 1000), "b": (495, 1000)})
    rule = {"metric": "selection_rate", "limit": 0.1}
    alone = judge(result(frame), PolicyConfig(rules=(RuleConfig(**rule),)))
    far = RuleConfig(name="far", metric="selection_rate", limit=0.001)
    both = judge(result(frame), PolicyConfig(rules=(RuleConfig(**rule), far)))
    # The rule that fails at half the level leaves, and the other is judged at the whole of it.
    assert [r.status for r in both.rules][1] == "fail"
    assert both.rules[0].alpha == pytest.approx(0.05)
    assert both.rules[0].status == alone.rules[0].status
    hard = RuleConfig(name="hard", metric="selection_rate", limit=0.3)
    open_ones = judge(result(frame), PolicyConfig(rules=(RuleConfig(**rule), hard)))
    assert open_ones.rules[0].alpha == pytest.approx(0.025)


def test_warnings_do_not_fail_the_policy() -> None:
    frame = rates({"a": (900, 1000), "b": (500, 1000)})
    rules = (
        RuleConfig(metric="selection_rate", limit=0.1, severity="warn"),
        RuleConfig(metric="selection_rate", limit=0.9),
    )
    judged = judge(result(frame), PolicyConfig(rules=rules))
    assert ([rule.status for rule in judged.rules], judged.status) == (["fail", "pass"], "pass")


def test_rules_that_are_off_are_not_asked() -> None:
    rules = (RuleConfig(metric="selection_rate", limit=0.1, severity="off"),)
    assert judge(result(rates({"a": (1, 20), "b": (9, 20)})), PolicyConfig(rules=rules)).rules == []


@pytest.mark.parametrize(
    ("rule", "problem"),
    [
        ({"metric": "selection_rat", "limit": 0.1}, r"no metric of this audit.*\n.*did you mean 'selection_rate'"),
        ({"metric": "auc", "limit": 0.1}, "no metric of this audit"),
        ({"metric": "selection_rate", "limit": 0.1, "over": ["h"]}, "'h' is not audited; there are 'g'"),
    ],
)
def test_rules_the_audit_cannot_answer(rule: dict[str, Any], problem: str) -> None:
    with pytest.raises(ConfigError, match=problem):
        judge(result(table(COMPAS)), PolicyConfig(rules=(RuleConfig(**rule),)))


@pytest.mark.parametrize("limits", [{}, {"limit": 0.1, "at_least": 0.8}])
def test_a_rule_has_one_limit(limits: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="one of `limit`"):
        RuleConfig(metric="selection_rate", **limits)


def test_compas_equalized_odds_fails_between_two_races() -> None:
    two = {name: COMPAS[name] for name in ("African-American", "Caucasian")}
    judged = judge(result(table(two)), PolicyConfig(presets=("equalized-odds",)))
    assert [(rule.metric, rule.status) for rule in judged.rules] == [
        ("true_positive_rate", "fail"),
        ("false_positive_rate", "fail"),
    ]


def test_compas_over_all_races_does_not_rest_on_groups_of_ten() -> None:
    judged = judge(result(table(COMPAS)), PolicyConfig(presets=("equalized-odds",)))
    failed = [rule for rule in judged.rules if rule.status == "fail"]
    assert failed
    for rule in failed:
        assert not {"Native American", "Asian"} & {*rule.low_group, *rule.high_group}


def test_the_four_fifths_preset_warns_and_never_stops() -> None:
    judged = judge(result(rates({"a": (50, 100), "b": (30, 100)})), PolicyConfig(presets=("four-fifths",)))
    assert [(rule.severity, rule.status) for rule in judged.rules] == [("warn", "fail")]
    assert judged.status == "pass"


def test_gaps_are_judged_alike_before_anything_is_explained() -> None:
    found = result(table(COMPAS))
    of_gaps = PolicyConfig(presets=("equalized-odds",), rules=(RuleConfig(metric="accuracy", limit=0.05),))
    later = [
        RuleConfig(metric="accuracy", margin=0.05),  # needs a baseline
        RuleConfig(metric="false_positive_rate", at_most=0.4),  # no gap
        RuleConfig(metric="explained_rate", limit=0.1),  # needs explanations
        RuleConfig(metric="flip_rate", at_most=0.1),  # needs a probe
    ]
    everything = of_gaps.model_copy(update={"rules": (*of_gaps.rules, *later)})
    assert judge_gaps(found, everything) == judge(found, of_gaps).rules
