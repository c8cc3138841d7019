"""What is watched, from the configuration of an audit alone: nothing that was seen may move it."""

from __future__ import annotations

from audit.config import AuditConfig, RuleConfig
from audit.fairness.metrics.names import COMPLEMENTS, CRITERIA
from audit.monitoring.entries import Gap, Plan, Unwatched, WatchedRule
from audit.monitoring.rates import PROPORTIONS
from audit.policy.rules import is_excused, named_rules
from audit.result import AuditResult

#: Watched where no rule of the policy sets a limit to a gap.
USUAL = {
    "class": ("selection_rate", "true_positive_rate", "false_positive_rate"),
    "labels": ("selection_rate", "true_positive_rate"),
    "entities": ("true_positive_rate", "precision"),
}


def plan_of(result: AuditResult, known: Plan | None = None, config: AuditConfig | None = None) -> Plan:
    """Say what is watched in the windows of a stream whose first was audited with this result.

    Parameters
    ----------
    known
        Plan of the epoch: a window in which some of its classes do not come up is of the same stream.
    config
        Configuration of the stream; default: that of the run. A window without labels yet is audited without the rules
        that need some, and these are watched all the same.
    """
    if known is not None and {*result.classes} <= {*known.classes} and result.positive_class in {
        known.positive_class, None
    }:  # fmt: skip
        result = result.model_copy(update={"classes": known.classes, "positive_class": known.positive_class})
    config = config or AuditConfig.model_validate(result.config)
    asked = named_rules(config.policy, excused=is_excused(result.config))
    rules, unwatched = [], []
    for name, rule in asked:
        reason = _why_not(rule)
        if reason is not None:
            unwatched.append(Unwatched(rule=name, reason=reason))
            continue
        rules += [
            _watched(name, rule, attributes, metric, cls)
            for metric in CRITERIA.get(rule.metric, (rule.metric,))
            for attributes in _over(rule, config)
            for cls in _classes(metric, result)
        ]
    limits = [rule for rule in rules if rule.kind in {"limit", "ratio"}]
    gaps = [Gap(attributes=rule.attributes, metric=rule.metric, cls=rule.cls) for rule in limits]
    if not gaps:
        gaps = [
            Gap(attributes=[attribute.label], metric=metric, cls=cls)
            for attribute in config.attributes
            for metric in USUAL.get(result.config["data"]["outcome"], ())
            for cls in _classes(metric, result)
        ]
    watched = config.monitoring
    return Plan(
        level=result.level,
        unit=watched.unit,
        why_windows=_tied(config),
        tolerance=watched.tolerance,
        drift_tolerance=watched.drift_tolerance,
        changes=watched.changes,
        drift=watched.drift,
        on_inconclusive=config.policy.on_inconclusive,
        outcome=result.config["data"]["outcome"],
        classes=result.classes,
        positive_class=result.positive_class,
        nothing=result.data.nothing,
        rules=rules,
        unwatched=unwatched,
        gaps=_once(gaps),
        attributes=[attribute.label for attribute in config.attributes],
    )


def _tied(config: AuditConfig) -> str | None:
    """Say what ties rows together, so that they never count one by one."""
    if config.data.clustered:
        return "clusters"
    if config.data.columns.weight is not None:
        return "weights"
    return "members" if any(attribute.members for attribute in config.attributes) else None


def _why_not(rule: RuleConfig) -> str | None:
    if rule.at_most is not None:
        return "no_gap"
    if any(metric not in PROPORTIONS for metric in CRITERIA.get(rule.metric, (rule.metric,))):
        return "no_proportion"
    return "adjusted" if rule.scope == "adjusted" else None


def _watched(name: str, rule: RuleConfig, attributes: list[str], metric: str, cls: str | None) -> WatchedRule:
    if rule.limit is not None:
        kind, value = "limit", rule.limit
    elif rule.at_least is not None:
        kind, value = "ratio", rule.at_least
    else:
        kind, value = ("gap_change" if rule.of == "gap" else "group_change"), rule.margin or 0.0
    return WatchedRule(
        name=name,
        severity="error" if rule.severity == "error" else "warn",
        kind=kind,
        value=value,
        attributes=attributes,
        metric=metric,
        cls=cls,
        exempt=list(rule.exempt),
        min_share=rule.min_share,
        reference=rule.reference,
    )


def _over(rule: RuleConfig, config: AuditConfig) -> list[list[str]]:
    asked = [[item] if isinstance(item, str) else list(item) for item in rule.over]
    crossings = [list(crossing) for crossing in config.crossings] if rule.crossings else []
    return asked or [*([attribute.label] for attribute in config.attributes), *crossings]


def _classes(metric: str, result: AuditResult) -> list[str | None]:
    if not PROPORTIONS[metric].of_class:
        return [None]
    if result.positive_class is not None:
        return [result.positive_class]
    return [cls for cls in result.classes if cls != result.data.nothing]


def _once(gaps: list[Gap]) -> list[Gap]:
    """Keep each gap once, and of two metrics that say the same the first."""
    out: dict[tuple[tuple[str, ...], str, str | None], Gap] = {}
    for gap in gaps:
        out.setdefault((tuple(gap.attributes), COMPLEMENTS.get(gap.metric, gap.metric), gap.cls), gap)
    return list(out.values())
