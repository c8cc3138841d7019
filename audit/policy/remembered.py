"""Rules on what a model remembers of its training: held by `at_most`, of everybody or of every group of an attribute.

A rule holds every attack that was tried: with the largest value it fails, and it passes where none of them is larger.
"""

from __future__ import annotations

from typing import Any

from audit.config import RuleConfig
from audit.errors import ConfigError, some
from audit.fairness.bounds.operating import Operating
from audit.fairness.metrics.names import MEMBERSHIP_AUC, MEMBERSHIP_RATES
from audit.policy.asked import AskedRule
from audit.result import AuditResult, MembershipValue, MetricValue, OperatingPoint


class OperatedValue(MetricValue):
    """A share of members named, with the counts that its bounds follow from."""

    point: OperatingPoint
    members: int
    held_out: int
    per_member: float
    per_held_out: float

    def operating(self) -> Operating:
        """What is known of it."""
        return Operating(
            self.point.rate, self.point.above, self.point.reached, self.members, self.held_out, self.per_member,
            self.per_held_out,
        )  # fmt: skip


def check_remembered(name: str, rule: RuleConfig, attributes: list[str]) -> None:
    """Refuse a rule that no audit could answer.

    Parameters
    ----------
    attributes
        Whose groups are compared.
    """
    if any(not isinstance(item, str) for item in rule.over):
        raise ConfigError(f"policy, {name}: {rule.metric} is of groups of one attribute, not of crossings")
    if unknown := [item for item in rule.over if item not in attributes]:
        raise ConfigError(
            f"policy, {name}: members are not compared by {some(list(map(str, unknown)))}; they are by "
            f"{some(attributes, 20)}",
            hint="name it in probes.membership.by; without `over`, the rule is about everybody",
        )


def of_remembered(name: str, rule: RuleConfig, result: AuditResult) -> list[AskedRule]:
    """Ask a rule of everybody, or of each attribute that it names."""
    found = result.membership
    slicings = [[str(item)] for item in rule.over] or [[]]
    out = []
    for attributes in slicings:
        mine = [value for value in (found.values if found else []) if value.attributes == attributes]
        asked = [_value(rule.metric, value) for value in mine if not set(value.group) & set(rule.exempt)]
        out.append(AskedRule(name, rule, attributes, rule.metric, None, list(asked), None))
    return out


def _value(metric: str, value: MembershipValue) -> MetricValue:
    told: dict[str, Any] = {
        "attributes": value.attributes,
        "stratum": {},
        "group": value.group,
        "metric": metric,
        "cls": None,
    }
    if metric == MEMBERSHIP_AUC:
        return MetricValue(
            **told, n=value.members, value=value.auc, lower=value.lower, upper=value.upper,
            effective_n=value.effective_n, clusters=value.clusters, standard_error=None, note=value.note,
        )  # fmt: skip
    point = next(item for item in value.rates if item.rate == MEMBERSHIP_RATES[metric])
    return OperatedValue(
        **told, n=value.members, value=point.value, lower=point.lower, upper=point.upper,
        effective_n=value.members / value.member_cluster, clusters=None, standard_error=None, note=point.note,
        point=point, members=value.members, held_out=value.held_out, per_member=value.member_cluster,
        per_held_out=value.held_out_cluster,
    )  # fmt: skip
