"""Groups whose bounds carry no guarantee: they decide nothing, and every output says so."""

from __future__ import annotations

import numpy as np
import pytest

from audit.config import PolicyConfig, RuleConfig
from audit.fairness.bounds import doubt
from audit.policy.judge import judge
from audit.report.markdown import render_judgement
from audit.report.verdicts import sentence
from audit.report.wording import Catalogue
from audit.result import RuleVerdict
from tests.policy.test_judge import rates, result

CATALOGUE = Catalogue()


def ruled(doubted: dict[str, str], sizes: dict[str, tuple[int, int]], **rule: object) -> RuleVerdict:
    """Judge groups of which some are in doubt."""
    made = result(rates(sizes))
    metrics = [value.model_copy(update={"doubt": doubted.get((value.group or [""])[0])}) for value in made.metrics]
    made = made.model_copy(update={"metrics": metrics})
    return judge(made, PolicyConfig(rules=(RuleConfig(metric="selection_rate", **rule),))).rules[0]  # type: ignore[arg-type]


def test_with_a_doubted_group_in_scope_nothing_passes() -> None:
    same = {"a": (500, 1000), "b": (500, 1000), "c": (500, 1000)}
    assert ruled({}, same, limit=0.2).status == "pass"
    rule = ruled({"c": "one_cluster"}, same, limit=0.2)
    assert rule.status == "inconclusive"
    assert [(item.group, item.reason) for item in rule.doubts] == [(["c"], "one_cluster")]
    assert ruled({"c": "one_cluster"}, same, limit=0.2, exempt=("c",)).status == "pass"


def test_a_doubted_group_fails_nothing_but_others_may() -> None:
    apart = {"a": (500, 1000), "b": (500, 1000), "c": (990, 1000)}
    assert ruled({}, apart, limit=0.1).status == "fail"
    assert ruled({"c": "one_cluster"}, apart, limit=0.1).status == "inconclusive"
    rule = ruled({"b": "one_cluster"}, apart, limit=0.1)
    assert (rule.status, rule.low_group, rule.high_group) == ("fail", ["a"], ["c"])


@pytest.mark.parametrize("reference", [None, "a", "b"])
def test_two_groups_one_of_them_doubted_are_undecided_with_values_and_no_bounds(reference: str | None) -> None:
    rule = ruled({"b": "one_cluster"}, {"a": (500, 1000), "b": (990, 1000)}, limit=0.1, reference=reference)
    assert rule.status == "inconclusive"
    assert rule.value == pytest.approx(0.49)
    assert (rule.lower, rule.upper, rule.low_group, rule.high_group) == (None, None, ["a"], ["b"])


def test_no_group_is_told_to_differ_from_itself() -> None:
    alike = {"a": (1000, 1000), "b": (3, 3), "c": (1000, 1000)}
    cases: list[tuple[dict[str, str], dict[str, object]]] = [
        ({"c": "one_cluster"}, {"limit": 0.1}),
        ({"c": "one_cluster"}, {"at_least": 0.8}),
        ({}, {"limit": 0.1, "evidence": "point"}),
        ({}, {"at_least": 0.8, "evidence": "point", "reference": "a"}),
    ]
    for doubted, asked in cases:
        said = sentence(ruled(doubted, alike, **asked), CATALOGUE).replace("\u00a0", " ")
        told = "By g, the selection rate of “1” is the same for all groups that are compared: 100.0 %."
        assert said.startswith(told), said


def test_values_of_their_own_and_points() -> None:
    sizes = {"a": (100, 1000), "b": (100, 1000)}
    assert ruled({}, sizes, at_most=0.2).status == "pass"
    assert ruled({"b": "one_cluster"}, sizes, at_most=0.2).status == "inconclusive"
    assert ruled({"a": "one_cluster", "b": "one_cluster"}, sizes, at_most=0.01).status == "inconclusive"
    assert ruled({"a": "one_cluster", "b": "one_cluster"}, sizes, at_most=0.01, evidence="point").status == "fail"
    assert ruled({"b": "one_cluster"}, sizes, limit=0.01, evidence="point").status == "pass"


def test_every_reason_has_words_and_every_output_says_them() -> None:
    for code in doubt.CODES:
        rule = ruled({"c": code}, {"a": (500, 1000), "b": (500, 1000), "c": (500, 1000)}, limit=0.2)
        words = CATALOGUE(f"doubt.{code}")
        assert words in sentence(rule, CATALOGUE)
        made = result(rates({"a": (500, 1000), "b": (500, 1000)}))
        judged = judge(made, PolicyConfig(rules=(RuleConfig(metric="selection_rate", limit=0.2),)))
        lines = render_judgement(judged.model_copy(update={"rules": [rule]}), CATALOGUE)
        assert any(words in line for line in lines)


def test_many_groups_are_named_in_part() -> None:
    sizes = {f"g{i}": (500, 1000) for i in range(9)}
    rule = ruled(dict.fromkeys(sizes, "one_cluster"), sizes, limit=0.2)
    assert "and 3 more" in sentence(rule, CATALOGUE)
    assert np.isfinite(rule.value or 0.0)
