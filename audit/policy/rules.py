"""What a policy asks for, spelled out: every rule over every slicing, part and class it speaks of."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from audit.config import PolicyConfig, RuleConfig
from audit.config.nearest import nearest
from audit.errors import ConfigError, some
from audit.fairness.compare.scope import LEAST_SHARE, Scope, name_of
from audit.fairness.metrics.names import (
    CRITERIA,
    EXACT_MATCH,
    EXPLAINED_RATE,
    FLAG_RATE,
    FLIP_RATE,
    MEMBERSHIP_METRICS,
    NAME_METRICS,
    SCORECARD,
    TOKEN_GAP,
)
from audit.policy.asked import AskedRule
from audit.policy.outcomes import check_outcome, is_of_probe, is_outcome, of_outcomes, probe_metrics
from audit.policy.remembered import check_remembered
from audit.result import (
    AuditResult,
    Change,
    Comparison,
    Correlation,
    Measured,
    ProbeResult,
    SlicingFacts,
)
from audit.result.facts import attribute_label

PRESETS = {
    # A rule of thumb on point values, which small groups break by chance: it warns, and never stops anyone.
    "four-fifths": RuleConfig(
        name="four-fifths", metric="selection_rate", at_least=0.8, evidence="point", severity="warn"
    ),
    "equalized-odds": RuleConfig(name="equalized-odds", metric="equalized_odds", limit=0.1),
    # The law asks for impact ratios against the highest rate and sets no pass mark: four fifths is where auditors look.
    # It asks for sex, for race, and for both crossed: so for every crossing that is declared.
    "ll144": RuleConfig(metric="selection_rate", at_least=0.8, evidence="point", severity="warn", crossings=True),
}

#: Metrics of which neither more nor less is worse: a regression rule holds them in both directions.
NEUTRAL = frozenset({"selection_rate", "mean_prediction"})


def questions(result: AuditResult, policy: PolicyConfig) -> list[AskedRule]:
    """Spell a policy out over a result.

    Raises
    ------
    ConfigError
        For a rule over an attribute, metric or group that the audit does not have. A rule that asks of nothing would
        pass in silence.
    """
    computed, fine = _slicings(result)
    units: dict[str, str] = {item.name: item.unit for item in result.metric_definitions}
    units |= dict.fromkeys((f"{FLAG_RATE}{item.code}" for item in result.flags.rates), "share")
    units |= dict.fromkeys((FLIP_RATE, TOKEN_GAP) if result.exchange else (), "share")
    units |= dict.fromkeys(
        (SCORECARD + item.code for item in result.scorecard.dimensions) if result.scorecard else (), "share"
    )
    units |= dict.fromkeys(MEMBERSHIP_METRICS if result.membership else (), "share")
    proportions = {item.name for item in result.metric_definitions if item.method == "exact"}
    names = names_measured(result)
    units |= {item.name: item.unit for item in names.metric_definitions} if names else {}
    units |= dict.fromkeys(probe_metrics([(item.probe, item.transforms) for item in result.probes]), "share")
    check_policy(
        policy, [*computed, *fine], units, proportions if result.config.get("controls") else {EXPLAINED_RATE},
        [slicing.attributes for slicing in names.slicings if slicing.attributes] if names else [],
    )  # fmt: skip
    asked = named_rules(policy, excused=is_excused(result.config))
    outcomes = [
        question for name, rule in asked if is_outcome(rule.metric) for question in of_outcomes(name, rule, result)
    ]
    of_groups = [(name, rule) for name, rule in asked if not is_outcome(rule.metric)]
    of_names = [(name, rule) for name, rule in of_groups if rule.metric in NAME_METRICS]
    outcomes += _of_groups(of_names, names, None) if names else []
    for found in result.probes:
        mine = [(name, rule) for name, rule in of_groups if _is_of(rule.metric, found)]
        outcomes += _of_groups(mine, probe_measured(result, found), None) if mine else []
    of_groups = [(name, rule) for name, rule in of_groups if not is_of_probe(rule.metric)]
    return outcomes + _of_groups(of_groups, result, result.comparison)


def names_measured(result: AuditResult) -> Measured | None:
    """Give what was measured of exchanged names the shape of what was measured of decisions; None if nothing was."""
    found = result.names
    if found is None:
        return None
    single = [[name] for name in found.attributes]
    crossed = [found.attributes] if len(single) > 1 else []
    measured = Measured.model_construct(**{name: getattr(result, name) for name in Measured.model_fields})
    return measured.model_copy(
        update={
            "slicings": found.slicings or [SlicingFacts(attributes=names, groups=[]) for names in (*single, *crossed)],
            "metric_definitions": found.metric_definitions,
            "metrics": found.metrics,
            "adjusted": [],
            "correlations": found.correlations,
            "disparities": found.disparities,
            "config": {**result.config, "attributes": [], "crossings": [], "controls": []},
        }
    )


def _is_of(metric: str, found: ProbeResult) -> bool:
    return metric == found.metric or metric.startswith(f"{found.metric}:")


def probe_measured(result: AuditResult, found: ProbeResult) -> Measured:
    """Give what a probe measured the shape of what was measured of decisions."""
    measured = Measured.model_construct(**{name: getattr(result, name) for name in Measured.model_fields})
    return measured.model_copy(
        update={
            "slicings": found.slicings or [item for item in result.slicings if len(item.attributes) < 2],
            "metric_definitions": found.metric_definitions,
            "metrics": found.metrics,
            "adjusted": [],
            "correlations": found.correlations,
            "disparities": found.disparities,
            "config": {**result.config, "controls": []},
        }
    )


def gap_questions(measured: Measured, policy: PolicyConfig) -> list[AskedRule]:
    """Spell out what a policy asks of gaps between groups in what the model decided.

    That is: nothing that needs a baseline, a probe or explanations.
    """
    asked = [
        (name, rule)
        for name, rule in named_rules(policy, excused=is_excused(measured.config))
        if rule.limit is not None or rule.at_least is not None
        if rule.metric != EXPLAINED_RATE and not is_of_probe(rule.metric) and not is_outcome(rule.metric)
    ]
    return _of_groups(asked, measured, None)


def _slicings(measured: Measured) -> tuple[list[list[str]], list[list[str]]]:
    """Slicings that were computed, and those that the configuration names and which were too fine."""
    computed = [slicing.attributes for slicing in measured.slicings if slicing.attributes]
    named = [[attribute_label(item)] for item in measured.config.get("attributes", [])]
    named += [list(crossing) for crossing in measured.config.get("crossings", [])]
    return computed, [attributes for attributes in named if attributes not in computed]


def _of_groups(
    asked: Iterable[tuple[str, RuleConfig]], measured: Measured, comparison: Comparison | None
) -> list[AskedRule]:
    computed, fine = _slicings(measured)
    return [
        question
        for name, rule in asked
        for attributes in _over(rule, [*computed, *fine])
        for question in (
            _questions(name, rule, measured, comparison, attributes)
            if attributes in computed
            else _too_fine(name, rule, attributes)
        )
    ]


def preset_rule(name: str, *, excused: bool) -> RuleConfig:
    """Return the rule of a preset.

    Parameters
    ----------
    excused
        Whether an auditor says why categories under 2 % of the data are left out, as Local Law 144 asks (6 RCNY 5-301).
    """
    rule = PRESETS[name]
    return rule.model_copy(update={"min_share": LEAST_SHARE}) if excused and name == "ll144" else rule


def is_excused(config: Mapping[str, Any]) -> bool:
    """Whether a configuration, as plain data, says why small categories are left out of impact ratios."""
    return bool(config.get("documentation", {}).get("excluded_categories_justification"))


def named_rules(policy: PolicyConfig, *, excused: bool = False) -> list[tuple[str, RuleConfig]]:
    """All rules in force, presets first, each with the name that outputs call it by.

    Parameters
    ----------
    excused
        As `preset_rule` takes it; it changes no name.
    """
    rules: list[tuple[str, RuleConfig]] = [(str(name), preset_rule(name, excused=excused)) for name in policy.presets]
    rules += [(rule.name or describe(rule), rule) for rule in policy.rules]
    return [(name, rule) for name, rule in rules if rule.severity != "off"]


def check_policy(
    policy: PolicyConfig,
    audited: list[list[str]],
    metrics: Mapping[str, str],
    standardised: Collection[str],
    of_names: list[list[str]],
) -> None:
    """Refuse rules that an audit of these slicings and metrics cannot answer, and waivers of no rule.

    Parameters
    ----------
    metrics
        Metric -> unit.
    standardised
        Metrics that this audit holds with the controls fixed: proportions, if there are controls.
    of_names
        What groups of names are compared by, where names are exchanged.
    """
    named = named_rules(policy)
    for name, rule in named:
        if is_outcome(rule.metric):
            check_outcome(name, rule, metrics)
            if rule.metric in MEMBERSHIP_METRICS:
                check_remembered(name, rule, [item[0] for item in audited if len(item) == 1])
            continue
        if rule.metric in NAME_METRICS:
            _check_names(name, rule, of_names)
        elif is_of_probe(rule.metric):
            _check_probe(name, rule)
        known_slicings = of_names if rule.metric in NAME_METRICS else audited
        absent = [item for item in _over(rule, known_slicings) if item not in known_slicings]
        if absent:
            raise ConfigError(
                f"policy, {name}: {' × '.join(absent[0])!r} is not audited; there are "
                f"{some([' × '.join(item) for item in known_slicings])}",
                hint=_named_otherwise(absent[0], known_slicings)
                or (
                    "groups of names go by what their list says"
                    if rule.metric in NAME_METRICS
                    else "name it in attributes or crossings"
                ),
            )
        unknown = [metric for metric in CRITERIA.get(rule.metric, (rule.metric,)) if metric not in metrics]
        if unknown:
            known = sorted({*metrics, *CRITERIA})
            close = nearest(rule.metric, known)
            raise ConfigError(
                f"policy, {name}: {unknown[0]!r} is no metric of this audit; it has {some(known, 20)}",
                hint=f"did you mean {close!r}?" if close and close != rule.metric else "name it in metrics",
            )
        if rule.scope == "adjusted":
            _check_adjusted(name, rule, standardised)
        bound = next((value for value in (rule.limit, rule.margin, rule.at_most) if value is not None), None)
        parts = CRITERIA.get(rule.metric, (rule.metric,))
        if bound is not None and bound >= 1 and all(metrics[part] == "share" for part in parts):
            raise ConfigError(f"policy, {name}: shares never exceed 1, nor differ by more, so it can never fail")
    names = [name for name, _ in named]
    for waiver in policy.waivers:
        if waiver.rule not in names:
            close = nearest(waiver.rule, names)
            raise ConfigError(
                f"policy, waiver of {waiver.rule!r}: no rule is called that; there are {some(names, 20)}",
                hint=f"did you mean {close!r}?" if close else "give the rule a `name`",
            )


def _named_otherwise(slicing: list[str], known: list[list[str]]) -> str | None:
    near = nearest(" × ".join(slicing), [" × ".join(item) for item in known])
    return f"did you mean {near!r}?" if near else None


def _check_names(name: str, rule: RuleConfig, of_names: list[list[str]]) -> None:
    """Refuse a rule on exchanged names that this audit cannot answer."""
    if not of_names:
        raise ConfigError(
            f"policy, {name}: {rule.metric!r} is not known in this audit, for no names are exchanged",
            hint="`exchange: {}` exchanges them, for a model that finds entities",
        )
    if rule.margin is not None:
        raise ConfigError(
            f"policy, {name}: {rule.metric} is held by `limit`, `at_least` or `at_most`, not by its change"
        )
    if rule.scope == "adjusted":
        raise ConfigError(
            f"policy, {name}: names are compared over the same texts, so that there is nothing to hold fixed",
            hint="leave out `scope: adjusted`",
        )


def _check_probe(name: str, rule: RuleConfig) -> None:
    """Refuse a rule on a probe that no audit can answer."""
    if rule.margin is not None:
        raise ConfigError(
            f"policy, {name}: {rule.metric} is held by `limit`, `at_least` or `at_most`, not by its change"
        )
    if rule.scope == "adjusted":
        raise ConfigError(
            f"policy, {name}: what probes find is not compared with the controls held fixed",
            hint="leave out `scope: adjusted`",
        )


def _check_adjusted(name: str, rule: RuleConfig, standardised: Collection[str]) -> None:
    """Refuse a rule on standardised values that this audit has none of."""
    if rule.margin is not None:
        raise ConfigError(
            f"policy, {name}: changes are compared as they are, not with the controls held fixed",
            hint="leave out `scope: adjusted`",
        )
    lacking = [part for part in CRITERIA.get(rule.metric, (rule.metric,)) if part not in standardised]
    if lacking and not set(standardised) - {EXPLAINED_RATE}:
        raise ConfigError(
            f"policy, {name}: `scope: adjusted` needs controls, and this audit has none",
            hint="name columns in `controls`, or leave out `scope`",
        )
    if lacking:
        raise ConfigError(
            f"policy, {name}: {lacking[0]!r} is no proportion, so it cannot be judged with the controls held fixed; "
            f"{some(sorted(standardised), 20)} can",
            hint="leave out `scope: adjusted`",
        )


def describe(rule: RuleConfig) -> str:
    """Name a rule by what it asks."""
    if rule.margin is not None:
        return f"{rule.metric} {rule.of} change ≤ {rule.margin:g}"
    if rule.at_most is not None:
        return f"{rule.metric} ≤ {rule.at_most:g}"
    return f"{rule.metric} {f'difference ≤ {rule.limit:g}' if rule.limit is not None else f'ratio ≥ {rule.at_least:g}'}"


def _over(rule: RuleConfig, audited: list[list[str]]) -> list[list[str]]:
    asked = [[item] if isinstance(item, str) else list(item) for item in rule.over]
    return asked or [attributes for attributes in audited if rule.crossings or len(attributes) == 1]


def _too_fine(name: str, rule: RuleConfig, attributes: list[str]) -> list[AskedRule]:
    return [
        AskedRule(name, rule, attributes, metric, None, [], None, too_fine=True)
        for metric in CRITERIA.get(rule.metric, (rule.metric,))
    ]


def _questions(
    name: str, rule: RuleConfig, measured: Measured, comparison: Comparison | None, attributes: list[str]
) -> list[AskedRule]:
    groups = [group for s in measured.slicings if s.attributes == attributes for group in s.groups if group.in_gaps]
    scope_of = Scope(rule.exempt, rule.min_share)
    small, outside = tuple(scope_of.small(groups)), scope_of.left_out(groups)
    in_scope = {tuple(group.values) for group in groups if name_of(group.values) not in outside}
    definitions = {item.name: item for item in measured.metric_definitions}
    # Where a row has several decisions, whole rows are counted apart.
    whole = {
        tuple(value.group): value.n
        for value in measured.metrics
        if value.metric == EXACT_MATCH and value.attributes == attributes and not value.stratum
    }
    out = []
    for metric in CRITERIA.get(rule.metric, (rule.metric,)):
        # Explained decisions are always compared within predicted class and length.
        controlled = bool(measured.config.get("controls") or metric == EXPLAINED_RATE) and rule.margin is None
        counting = "adjusted" if metric == EXPLAINED_RATE else rule.scope
        for scope, source in (("pooled", measured.metrics), ("adjusted", measured.adjusted)):
            if scope == "adjusted" and not controlled:
                continue
            here = [v for v in source if v.attributes == attributes and not v.stratum and v.metric == metric]
            if scope == "adjusted" and here:
                # Without this rule's exempt groups other strata may be common.
                here = [v for v in here if v.left_out == outside]
                if not here and scope == counting:
                    raise ConfigError(
                        f"policy, {name}: rates were standardised over strata that {some(outside)} decided too, which "
                        "this rule leaves out",
                        hint="audit again with this rule in the policy",
                    )
            if not here and scope == counting:
                out.append(AskedRule(name, rule, attributes, metric, None, [], definitions.get(metric), scope))
            for cls in dict.fromkeys(v.cls for v in here):
                values = [v for v in here if v.cls == cls and tuple(v.group) in in_scope]
                out.append(
                    AskedRule(
                        name,
                        rule,
                        attributes,
                        metric,
                        cls,
                        values,
                        definitions.get(metric),
                        scope,
                        counts=scope == (counting if controlled else "pooled"),
                        correlation=_correlation(
                            measured, attributes, metric, cls, outside if scope == "adjusted" else None
                        ),
                        changes=_changes(comparison, attributes, metric, cls, in_scope),
                        left_out=small,
                        rows={tuple(group.values): whole.get(tuple(group.values), group.n) or 0 for group in groups},
                    )
                )
    return out


def _correlation(
    measured: Measured, attributes: list[str], metric: str, cls: str | None, left_out: list[str] | None
) -> Correlation | None:
    asked = (attributes, metric, cls, left_out)
    return next((c for c in measured.correlations if (c.attributes, c.metric, c.cls, c.left_out) == asked), None)


def _changes(
    comparison: Comparison | None, attributes: list[str], metric: str, cls: str | None, in_scope: set[tuple[str, ...]]
) -> list[Change] | None:
    if comparison is None:
        return None
    return [
        change
        for change in comparison.changes
        if (change.attributes, change.metric, change.cls) == (attributes, metric, cls)
        and tuple(change.group) in in_scope
    ]
