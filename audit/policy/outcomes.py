"""Rules on flips and flags: shares of single decisions, which have no gap between groups."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from audit.config import RuleConfig
from audit.config.nearest import nearest
from audit.errors import ConfigError, some
from audit.fairness.metrics.names import (
    COMPARED_AXES,
    FLAG_RATE,
    FLIP_RATE,
    MEMBERSHIP_METRICS,
    NAME_METRICS,
    PROBE_RATE,
    SCORECARD,
    TOKEN_GAP,
)
from audit.policy.asked import AskedRule
from audit.policy.remembered import of_remembered
from audit.result import AuditResult, MetricValue
from audit.result.scorecard import DIMENSIONS


def is_outcome(metric: str) -> bool:
    """Whether a rule speaks of flips or flags rather than of a metric of decisions."""
    return metric in {FLIP_RATE, TOKEN_GAP, *MEMBERSHIP_METRICS} or metric.startswith((FLAG_RATE, SCORECARD))


def check_outcome(name: str, rule: RuleConfig, metrics: Mapping[str, str]) -> None:
    """Refuse a rule on flips or flags that this audit cannot answer."""
    if rule.at_most is None:
        raise ConfigError(f"policy, {name}: {rule.metric} is held by `at_most`, not by a difference or a change")
    crossed = rule.metric not in MEMBERSHIP_METRICS and any(not isinstance(item, str) for item in rule.over)
    if crossed or (rule.over and rule.metric.startswith((FLAG_RATE, SCORECARD))):
        raise ConfigError(f"policy, {name}: `over` names axes of the exchange, for {FLIP_RATE} and {TOKEN_GAP}")
    if rule.metric not in metrics:
        known = [metric for metric in metrics if is_outcome(metric)]
        raise ConfigError(
            f"policy, {name}: {rule.metric!r} is not known in this audit; it has {some(known, 20)}",
            hint=(f"did you mean {close!r}? " if (close := nearest(rule.metric, known)) else "")
            + "flips need `exchange: {}` in the configuration, flags of explanations need explanations, dimensions of "
            "risk need `scorecard: {}`, and membership needs `probes.membership`",
        )
    if rule.at_most >= 1:
        raise ConfigError(f"policy, {name}: shares never exceed 1, so it can never fail")


def outcome_units(
    *,
    exchanged: bool,
    named: bool,
    labelled: bool,
    explained: bool,
    flagging: bool = False,
    probes: Iterable[tuple[str, Sequence[str]]] = (),
    scorecard: bool = False,
    members: bool = False,
) -> dict[str, str]:
    """What rules on flips, names and flags an audit can answer, with their units.

    Parameters
    ----------
    exchanged, named
        Whether terms are exchanged in texts, and whether names are in the place of entities.
    flagging
        Whether a probe flags decisions.
    probes
        Name and changes of each probe.
    scorecard
        Whether dimensions of risk are summed up.
    members
        Whether rows that were trained on are named.
    """
    names = [FLIP_RATE, TOKEN_GAP, f"{FLAG_RATE}counterfactual_flip"] if exchanged else []
    names += [*NAME_METRICS, f"{FLAG_RATE}name_flip"] if named else []
    names += [f"{FLAG_RATE}disparate_error"] if labelled else []
    names += [f"{FLAG_RATE}unexplained"] if explained else []
    names += [f"{FLAG_RATE}identity_reliance"] if explained and (exchanged or named) else []
    names += [f"{FLAG_RATE}probe_hit"] if flagging else []
    names += [SCORECARD + code for code in DIMENSIONS] if scorecard else []
    names += MEMBERSHIP_METRICS if members else []
    return dict.fromkeys([*names, *probe_metrics(probes)], "share")


def probe_metrics(probes: Iterable[tuple[str, Sequence[str]]]) -> list[str]:
    """Name the metrics of probes: of each as a whole, and of each of its changes where there are several.

    Parameters
    ----------
    probes
        Name and changes of each.
    """
    out = []
    for name, transforms in probes:
        out.append(PROBE_RATE + name)
        out += [f"{PROBE_RATE}{name}:{transform}" for transform in transforms] if len(transforms) > 1 else []
    return out


def is_of_probe(metric: str) -> bool:
    """Whether a metric is of outcomes that were asked for beside the decisions: of names, or of a probe."""
    return metric in NAME_METRICS or metric.startswith(PROBE_RATE)


def of_outcomes(name: str, rule: RuleConfig, result: AuditResult) -> list[AskedRule]:
    """Ask a rule of flips, per axis with a value for each pair of groups, of flags, or of a dimension of risk."""
    if rule.metric.startswith(SCORECARD):
        return [AskedRule(name, rule, [], rule.metric, None, _of_dimension(rule.metric, result), None)]
    if rule.metric in MEMBERSHIP_METRICS:
        return of_remembered(name, rule, result)
    if rule.metric.startswith(FLAG_RATE):
        code = rule.metric.removeprefix(FLAG_RATE)
        values = [
            _outcome(rule.metric, [], [], item.n or 0, item.rate, item.effective_n, item.clusters, None)
            for item in result.flags.rates
            if item.code == code
        ]
        return [AskedRule(name, rule, [], rule.metric, None, values, None)]
    known = list(dict.fromkeys(pair.axis for pair in (result.exchange.pairs if result.exchange else [])))
    axes = list(rule.over) or [axis for axis in known if axis not in COMPARED_AXES]
    out = []
    for axis in axes:
        pairs = [pair for pair in (result.exchange.pairs if result.exchange else []) if pair.axis == axis]
        values = []
        for pair in pairs:
            group = [f"{pair.source} {'↔' if pair.both else '→'} {pair.target}"]
            if group[0] in rule.exempt:
                continue
            rate = rule.metric == FLIP_RATE
            values.append(
                _outcome(
                    rule.metric, [str(axis)], group, pair.n, pair.flip_rate if rate else pair.token_gap,
                    pair.effective_n, pair.clusters, None if rate else pair.token_gap_error,
                )
            )  # fmt: skip
        out.append(AskedRule(name, rule, [str(axis)], rule.metric, None, values, None))
    return out


def _of_dimension(metric: str, result: AuditResult) -> list[MetricValue]:
    """What a dimension of risk is, with everything that it could still be."""
    found = result.scorecard.dimensions if result.scorecard else []
    return [
        _outcome(metric, [], [], 1, item.highest if item.score is None else item.score, None, None, None).model_copy(
            update={"lower": item.lowest, "upper": item.highest}
        )
        for item in found
        if SCORECARD + item.code == metric
    ]


def _outcome(
    metric: str,
    attributes: list[str],
    group: list[str],
    n: int,
    value: float | None,
    effective: float | None,
    clusters: float | None,
    error: float | None,
) -> MetricValue:
    return MetricValue(
        attributes=attributes,
        stratum={},
        group=group,
        metric=metric,
        cls=None,
        n=n,
        value=value,
        lower=None,
        upper=None,
        effective_n=effective,
        clusters=clusters,
        standard_error=error,
        note=None,
    )
