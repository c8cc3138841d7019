"""What a policy asks for, spelled out: every rule over every slicing, part and class it speaks of."""

from __future__ import annotations

import difflib
from dataclasses import dataclass

from audit.config import PolicyConfig, RuleConfig
from audit.errors import ConfigError, some
from audit.fairness.names import CRITERIA
from audit.result import AuditResult, MetricValue

PRESETS = {
    # A rule of thumb on point values, which small groups break by chance: it warns, and never stops anyone.
    "four-fifths": RuleConfig(metric="selection_rate", at_least=0.8, evidence="point", severity="warn"),
    "equalized-odds": RuleConfig(metric="equalized_odds", limit=0.1),
}


@dataclass(frozen=True)
class Question:
    """One rule asked of one proportion of one slicing.

    Attributes
    ----------
    values
        The proportion in every group in scope.
    """

    name: str
    rule: RuleConfig
    attributes: list[str]
    metric: str
    cls: str | None
    values: list[MetricValue]


def questions(result: AuditResult, policy: PolicyConfig) -> list[Question]:
    """Spell a policy out over a result.

    Raises
    ------
    ConfigError
        For a rule over an attribute, metric or group that the audit does not have. A rule that asks of nothing would
        pass in silence.
    """
    audited = [slicing.attributes for slicing in result.slicings if slicing.attributes]
    check_policy(policy, audited, [value.metric for value in result.metrics if value.effective_n is not None])
    return [
        question
        for name, rule in named_rules(policy)
        for attributes in _over(rule, audited)
        for question in _questions(name, rule, result, attributes)
    ]


def named_rules(policy: PolicyConfig) -> list[tuple[str, RuleConfig]]:
    """All rules in force, presets first, each with the name that outputs call it by."""
    rules: list[tuple[str, RuleConfig]] = [(str(name), PRESETS[name]) for name in policy.presets]
    rules += [(_describe(rule), rule) for rule in policy.rules]
    return [(name, rule) for name, rule in rules if rule.severity != "off"]


def check_policy(policy: PolicyConfig, audited: list[list[str]], proportions: list[str]) -> None:
    """Refuse rules that an audit of these slicings and proportions cannot answer."""
    for name, rule in named_rules(policy):
        absent = [item for item in _over(rule, audited) if item not in audited]
        if absent:
            raise ConfigError(
                f"policy, {name}: {' × '.join(absent[0])!r} is not audited; there are "
                f"{some([' × '.join(item) for item in audited])}",
                hint="name it in attributes or crossings",
            )
        unknown = [metric for metric in CRITERIA.get(rule.metric, (rule.metric,)) if metric not in proportions]
        if unknown:
            known = sorted({*proportions, *CRITERIA})
            close = difflib.get_close_matches(rule.metric, known, 1)
            raise ConfigError(
                f"policy, {name}: {unknown[0]!r} is no proportion of this audit; it has {some(known, 20)}",
                hint=f"did you mean {close[0]!r}?" if close and close[0] != rule.metric else "name it in metrics",
            )


def _describe(rule: RuleConfig) -> str:
    return f"{rule.metric} {f'difference ≤ {rule.limit:g}' if rule.limit is not None else f'ratio ≥ {rule.at_least:g}'}"


def _over(rule: RuleConfig, audited: list[list[str]]) -> list[list[str]]:
    asked = [[item] if isinstance(item, str) else list(item) for item in rule.over]
    return asked or [attributes for attributes in audited if len(attributes) == 1]


def _questions(name: str, rule: RuleConfig, result: AuditResult, attributes: list[str]) -> list[Question]:
    in_gaps = {tuple(g.values) for s in result.slicings if s.attributes == attributes for g in s.groups if g.in_gaps}
    out = []
    for metric in CRITERIA.get(rule.metric, (rule.metric,)):
        here = [v for v in result.metrics if v.attributes == attributes and not v.stratum and v.metric == metric]
        out += [
            Question(
                name, rule, attributes, metric, cls, [v for v in here if v.cls == cls and _in_scope(v, in_gaps, rule)]
            )
            for cls in dict.fromkeys(v.cls for v in here)
        ]
    return out


def _in_scope(value: MetricValue, in_gaps: set[tuple[str, ...]], rule: RuleConfig) -> bool:
    group = tuple(value.group)
    return group in in_gaps and not {*group, " × ".join(group)} & set(rule.exempt)
