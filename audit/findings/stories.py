"""Stories: which gaps belong together, told of one pair of groups, worst first."""

from __future__ import annotations

from dataclasses import dataclass, field

from audit.result import AuditResult, ClearGap, Measure, MetricValue, RuleVerdict

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
    return [rule for rule in judged if rule.counts and rule.status in {"inconclusive", "undefined"}]


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
    shown = [rule.lower for rule in story.rules if rule.aggregate == "difference" and rule.lower is not None]
    return max([*shown, *(gap.lower for gap in story.clear)], default=0.0)


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
    ends = [(group, value_of(result, story.attributes, group, metric, cls, rules)) for group in story.groups]
    # Lower value first, whichever group it is: a rule may fail on a rate of errors.
    ends.sort(key=lambda end: end[1].value if end[1] and end[1].value is not None else 0.0)
    (low_group, low), (high_group, high) = ends
    ratio = next((rule for rule in rules if rule.aggregate == "ratio"), None)
    difference = next((rule for rule in rules if rule.aggregate == "difference"), None)
    known = low is not None and high is not None and low.value is not None and high.value is not None
    bounds = [clear.lower] if clear else []
    bounds += [difference.lower] if difference and difference.lower is not None and not difference.doubts else []
    return Measure.model_validate(
        {
            "metric": metric,
            "class": cls,
            "unit": next((item.unit for item in result.metric_definitions if item.name == metric), "number"),
            "low_group": list(low_group),
            "high_group": list(high_group),
            "low_value": low.value if low else None,
            "low_n": low.n if low else None,
            "high_value": high.value if high else None,
            "high_n": high.n if high else None,
            "difference": high.value - low.value if known and high and low else None,  # type: ignore[operator]
            "at_least": max((bound for bound in bounds if bound > 0), default=None),
            "ratio": ratio.value if ratio else None,
            "ratio_at_most": ratio.upper if ratio and not ratio.doubts else None,
            "rules": list(dict.fromkeys(rule.rule for rule in rules)),
        }
    )


def value_of(
    result: AuditResult,
    attributes: tuple[str, ...],
    group: tuple[str, ...],
    metric: str,
    cls: str | None,
    rules: list[RuleVerdict],
) -> MetricValue | None:
    """Look up a metric of a group: standardised over the controls where the rules judge that."""
    adjusted = bool(rules) and all(rule.scope == "adjusted" for rule in rules)
    values = result.adjusted if adjusted else result.metrics
    left_out = rules[0].left_out if adjusted else []
    wanted = (list(attributes), list(group), metric, cls, left_out)
    return next(
        (
            one
            for one in values
            if (one.attributes, one.group, one.metric, one.cls, one.left_out) == wanted and not one.stratum
        ),
        None,
    )
