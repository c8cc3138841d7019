"""What every output says of a verdict: one wording for the gate, Markdown, JUnit, SARIF and test messages."""

from __future__ import annotations

from audit.report.wording import Catalogue, decimal, group_name, percent
from audit.result import RuleVerdict

#: Doubted groups named at most, for each reason.
MOST_DOUBTED = 6
ORDER = ("fail", "undefined", "inconclusive", "pass")


def worst_first(rules: list[RuleVerdict]) -> list[RuleVerdict]:
    """Order verdicts for reading: those that count, errors before warnings, failures first."""
    return sorted(rules, key=lambda rule: (not rule.counts, rule.severity, rule.waived, ORDER.index(rule.status)))


def subject(rule: RuleVerdict, t: Catalogue) -> str:
    """Name what was judged: the metric, its class, the slicing, and how."""
    metric = t.metric(rule.metric) + (f" · {t.cls(rule.cls)}" if rule.cls else "")
    adjusted = f" ({t('gate.scope.adjusted')})" if rule.scope == "adjusted" else ""
    return ", ".join(part for part in (metric, group_name(rule.attributes)) if part) + adjusted


def sentence(rule: RuleVerdict, t: Catalogue) -> str:
    """Say in one line what was found."""
    if rule.value is None:
        why = t.note(rule.note) if rule.note else t("verdict." + rule.status)
        return "; ".join([f"{subject(rule, t)}: {why}", *doubts(rule, t)])
    what = t(f"gate.kind.{rule.kind}.{rule.aggregate}")
    bounds = f"{decimal(rule.lower)} … {decimal(rule.upper)}"
    limit = t(f"gate.limit.{rule.aggregate}", limit=f"{rule.limit:g}")
    text = f"{subject(rule, t)}: {what} {decimal(rule.value)} ({bounds}), {limit}"
    if rule.low_group and rule.high_group:
        text += "; " + between(rule)
    return "; ".join([text, *doubts(rule, t), *rests_on(rule, t)])


def doubts(rule: RuleVerdict, t: Catalogue) -> list[str]:
    """Say of which groups in scope the bounds carry no guarantee, a line for every reason."""
    by_reason: dict[str, list[str]] = {}
    for doubt in rule.doubts:
        by_reason.setdefault(doubt.reason, []).append(group_name(doubt.group) or t("performance.overall"))
    return [
        t(
            "gate.doubt" if len(groups) <= MOST_DOUBTED else "gate.doubt.more",
            groups=", ".join(groups[:MOST_DOUBTED]),
            n=len(groups) - MOST_DOUBTED,
            why=t(f"doubt.{reason}"),
        )
        for reason, groups in by_reason.items()
    ]


def rests_on(rule: RuleVerdict, t: Catalogue) -> list[str]:
    """Say what share of decisions lies in strata that all compared groups have, where that is not all of them."""
    if rule.support is None or rule.support > 1 - 1e-9:
        return []
    return [t("gate.support", share=percent(rule.support))]


def between(rule: RuleVerdict) -> str:
    """Name the groups that decide."""
    if not rule.low_group or not rule.high_group:
        return "–"
    if rule.low_group == rule.high_group:
        return group_name(rule.low_group)
    return f"{group_name(rule.low_group)} – {group_name(rule.high_group)}"


def mark(rule: RuleVerdict, t: Catalogue) -> str:
    """Verdict word, and why it may not count."""
    if rule.waived:
        return f"{t('verdict.' + rule.status)} ({t('gate.waived')})"
    if not rule.counts:
        return f"{t('verdict.' + rule.status)} ({t('gate.beside')})"
    if rule.severity == "warn":
        return f"{t('verdict.' + rule.status)} ({t('gate.warn')})"
    return t("verdict." + rule.status)
