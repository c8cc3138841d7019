"""Stories: which gaps belong together, told of one pair of groups, worst first."""

from __future__ import annotations

from dataclasses import dataclass, field

from audit.fairness.metrics.names import TOKEN_GAP
from audit.result import AuditResult, ClearGap, Measure, RuleVerdict

#: Metrics of one story, beyond which the report's own tables are better.
MOST_MEASURES = 4
SEVERITIES = ("error", "warn", "note")
Groups = tuple[tuple[str, ...], ...]


@dataclass
class Story:
    """What rules and bounds say of one pair of groups.

    Attributes
    ----------
    rules
        Failing rules that count.
    clear
        Gaps clear of chance.
    """

    attributes: tuple[str, ...]
    groups: Groups
    rules: list[RuleVerdict] = field(default_factory=list)
    clear: list[ClearGap] = field(default_factory=list)

    @property
    def severity(self) -> str:
        """That of the most severe failing rule."""
        return min((rule.severity for rule in self.rules), key=SEVERITIES.index, default="note")

    @property
    def doubted(self) -> bool:
        """Whether a rule fails with a bound that carries no guarantee for one of the two groups."""
        return any(tuple(doubt.group) in self.groups for rule in self.rules for doubt in rule.doubts)


def failing(result: AuditResult) -> list[RuleVerdict]:
    """Rules that fail, count and are not waived, in the order of the policy."""
    judged = result.judgement.rules if result.judgement else []
    return [rule for rule in judged if rule.status == "fail" and rule.counts and not rule.waived]


def undecided(result: AuditResult) -> list[RuleVerdict]:
    """Rules that count and decide nothing."""
    judged = result.judgement.rules if result.judgement else []
    return [rule for rule in judged if rule.counts and rule.is_open]


def gap_stories(result: AuditResult) -> list[Story]:
    """Put failing gaps and gaps clear of chance together by their two groups, worst first.

    Failures of errors come before those of warnings, and those before what no rule judges; within each, the gap that
    is bounded highest above zero comes first.
    """
    stories: dict[tuple[tuple[str, ...], frozenset[tuple[str, ...]]], Story] = {}

    def story(attributes: list[str], low: list[str], high: list[str]) -> Story:
        groups = (tuple(low), tuple(high))
        return stories.setdefault((tuple(attributes), frozenset(groups)), Story(tuple(attributes), groups))

    for rule in failing(result):
        if rule.kind == "gap" and rule.low_group and rule.high_group:
            story(rule.attributes, rule.low_group, rule.high_group).rules.append(rule)
    for gap in result.clear_gaps.items:
        story(gap.attributes, gap.low_group, gap.high_group).clear.append(gap)
    return sorted(stories.values(), key=lambda one: (SEVERITIES.index(one.severity), -_bounded(one)))


def _bounded(story: Story) -> float:
    """How far above zero the widest bound of a difference lies."""
    shown = [rule.lower for rule in story.rules if _bounds_the_difference(rule) and rule.lower is not None]
    return max([*shown, *(gap.lower for gap in story.clear)], default=0.0)


def _bounds_the_difference(rule: RuleVerdict) -> bool:
    """Whether the lower bound of a rule is of the difference of the two groups that it names.

    A rule that goes by values names the groups that lie farthest apart, and they need not be those bounded highest.
    """
    return rule.aggregate == "difference" and rule.evidence == "interval" and not rule.doubts


def is_adjusted(rules: list[RuleVerdict]) -> bool:
    """Whether values are told with the controls held fixed: only where all rules judge them so."""
    return bool(rules) and all(rule.scope == "adjusted" for rule in rules)


def least_difference(rules: list[RuleVerdict], clear: ClearGap | None) -> tuple[float, float | None] | None:
    """Find the highest lower bound above zero of the difference that is told.

    Returns
    -------
    bound, alpha
        The chance of error is None for a gap clear of chance; None where nothing bounds the difference.
    """
    scope = "adjusted" if is_adjusted(rules) else "pooled"
    bounds: list[tuple[float, float | None]] = [
        (rule.lower, rule.alpha)
        for rule in rules
        if _bounds_the_difference(rule) and rule.scope == scope and rule.lower is not None
    ]
    bounds += [(clear.lower, None)] if clear and scope == "pooled" else []
    return max((bound for bound in bounds if bound[0] > 0), key=lambda bound: bound[0], default=None)


def measures(result: AuditResult, story: Story) -> list[Measure]:
    """One for each metric: first those that rules fail on, the widest bound first."""
    found: dict[tuple[str, str | None], list[RuleVerdict]] = {}
    for rule in story.rules:
        found.setdefault((rule.metric, rule.cls), []).append(rule)
    clear = {(gap.metric, gap.cls): gap for gap in story.clear}
    for key in clear:
        found.setdefault(key, [])
    made = [_measure(result, story, key, rules, clear.get(key)) for key, rules in found.items()]
    made.sort(key=lambda one: (not one.rules, _worst(found[one.metric, one.cls]), -(one.at_least or 0.0)))
    return made[:MOST_MEASURES]


def _worst(rules: list[RuleVerdict]) -> int:
    return min((SEVERITIES.index(rule.severity) for rule in rules), default=len(SEVERITIES))


def _measure(
    result: AuditResult, story: Story, key: tuple[str, str | None], rules: list[RuleVerdict], clear: ClearGap | None
) -> Measure:
    metric, cls = key
    ends = [(group, *value_of(result, story.attributes, group, metric, cls, rules)) for group in story.groups]
    # Lower value first, whichever group it is: a rule may fail on a rate of errors.
    ends.sort(key=lambda end: end[1] or 0.0)
    (low_group, low, low_n), (high_group, high, high_n) = ends
    known = low is not None and high is not None
    ratios = [rule for rule in rules if rule.aggregate == "ratio"]
    bounds = [
        rule.upper for rule in ratios if rule.evidence == "interval" and not rule.doubts and rule.upper is not None
    ]
    least = least_difference(rules, clear)
    return Measure.model_validate(
        {
            "metric": metric,
            "class": cls,
            "unit": unit_of(result, metric),
            "low_group": list(low_group),
            "high_group": list(high_group),
            "low_value": low,
            "low_n": low_n,
            "high_value": high,
            "high_n": high_n,
            "difference": high - low if known else None,  # type: ignore[operator]
            "at_least": least[0] if least else None,
            # Of these two groups: with many, a rule may name others than those whose ratio is lowest.
            "ratio": low / high if ratios and known and high else None,  # type: ignore[operator]
            "ratio_at_most": min(bounds, default=None),
            "rules": list(dict.fromkeys(rule.rule for rule in rules)),
        }
    )


def unit_of(result: AuditResult, metric: str) -> str:
    """Tell shares from other numbers; rates of flips and flags, which have no definition, are shares."""
    known = [*result.metric_definitions, *(result.names.metric_definitions if result.names else [])]
    return next((item.unit for item in known if item.name == metric), "number" if metric == TOKEN_GAP else "share")


def value_of(
    result: AuditResult,
    attributes: tuple[str, ...],
    group: tuple[str, ...],
    metric: str,
    cls: str | None,
    rules: list[RuleVerdict],
) -> tuple[float | None, int | None]:
    """Look up a metric of a group: standardised over the controls where the rules judge that.

    Returns
    -------
    value, n
        What a rule judged is told where no table holds it, as for flips; nobody knows of how many decisions then.
    """
    adjusted = is_adjusted(rules)
    judged = next(
        (
            value
            for rule in rules
            for one, value in ((rule.low_group, rule.low_value), (rule.high_group, rule.high_value))
            if one == list(group) and value is not None and (rule.scope == "adjusted") is adjusted
        ),
        None,
    )
    values = result.adjusted if adjusted else [*result.metrics, *(result.names.metrics if result.names else [])]
    wanted = (list(attributes), list(group), metric, cls)
    here = [one for one in values if (one.attributes, one.group, one.metric, one.cls) == wanted and not one.stratum]
    if adjusted:
        # There is one for every choice of groups that rules leave out.
        here = [one for one in here if one.value == judged]
    return (here[0].value, here[0].n) if here else (judged, None)
