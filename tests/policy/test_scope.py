"""Rules that cannot be judged in their scope are refused, and nothing that was not judged passes."""

from __future__ import annotations

import pytest

from audit.config import PolicyConfig, RuleConfig
from audit.errors import ConfigError
from audit.policy.rules import check_policy, named_rules

UNITS = {"selection_rate": "share", "f1_score": "share", "mean_prediction": "share"}


def check(controls: bool = True, **rule: object) -> None:
    policy = PolicyConfig(rules=(RuleConfig(**{"limit": 0.1, "scope": "adjusted", **rule}),))  # type: ignore[arg-type]
    check_policy(policy, [["g"]], UNITS, {"selection_rate"} if controls else set(), [])


def test_proportions_can_be_judged_with_the_controls_held_fixed() -> None:
    check(metric="selection_rate")
    check(metric="f1_score", scope="pooled")


@pytest.mark.parametrize("metric", ["f1_score", "mean_prediction"])
def test_what_is_no_proportion_is_refused(metric: str) -> None:
    with pytest.raises(ConfigError, match="no proportion"):
        check(metric=metric)


def test_without_controls_nothing_is_adjusted() -> None:
    with pytest.raises(ConfigError, match="needs controls"):
        check(controls=False, metric="selection_rate")


def test_changes_are_not_adjusted() -> None:
    with pytest.raises(ConfigError, match="changes"):
        check(metric="selection_rate", limit=None, margin=0.1)


def test_ll144_asks_of_declared_crossings_too() -> None:
    ((_, rule),) = named_rules(PolicyConfig(presets=("ll144",)))
    assert rule.crossings
    assert rule.min_share == 0
    # Small categories are left out only where an auditor says why.
    ((_, rule),) = named_rules(PolicyConfig(presets=("ll144",)), excused=True)
    assert (rule.crossings, rule.min_share) == (True, 0.02)
    with pytest.raises(ValueError, match="without `over`"):
        RuleConfig(metric="selection_rate", limit=0.1, over=("g",), crossings=True)
