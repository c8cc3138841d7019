"""Section 12: rules, their verdicts, and what would settle the undecided ones."""

from __future__ import annotations

from typing import Any

from audit.report.sections import Section
from audit.report.verdicts import between, doubts, rests_on, why_not_judged, worst_first
from audit.report.view import View
from audit.report.wording import count, group_name
from audit.result import RuleVerdict

ICONS = {"fail": "✕", "undefined": "∅", "inconclusive": "◐", "pass": "✓"}


def build(view: View) -> dict[str, Any]:
    """Rules, the worst first."""
    judgement = view.result.judgement
    if judgement is None:
        return {"judgement": None}
    rules = worst_first(judgement.rules)
    return {
        "judgement": judgement,
        "rules": [(rule, between(rule), _lines(view, rule)) for rule in rules],
        "detectable": [rule for rule in rules if rule.detectable is not None],
        "icons": ICONS,
        "adjusted": any(rule.scope == "adjusted" for rule in rules),
    }


def _lines(view: View, rule: RuleVerdict) -> list[str]:
    """What keeps a rule open: what is doubted first, then what is lacking."""
    return [*doubts(rule, view.t), *rests_on(rule, view.t), *(_needed(view, rule, i) for i in range(len(rule.needed)))]


def _needed(view: View, rule: RuleVerdict, number: int) -> str:
    item = rule.needed[number]
    group = group_name(item.group)
    if item.reason == "no_change_known":
        return view.t("gate.needed.no_change_known", group=group)
    if item.n is None and item.reason == "rate_at_the_limit":
        return view.t("gate.needed.at_the_limit", group=group)
    if item.n is None:
        return view.t("gate.needed.nobody_knows", group=group, why=view.t.note(item.reason))
    if item.reason == "too_few":
        return view.t("gate.needed.too_few", group=group, n=count(item.n))
    return view.t("gate.needed.unassessable", group=group, n=count(item.n), why=view.t.note(item.reason))


def conclude(view: View) -> str:
    """Say how many rules are decided and how, and what the undecided one that lacks most would need."""
    judgement = view.result.judgement
    if judgement is None:
        return why_not_judged(view.result, view.t)
    rules = [rule for rule in judgement.rules if rule.counts]
    decided = [rule for rule in rules if rule.status in {"pass", "fail"}]
    failed = sum(rule.status == "fail" for rule in decided)
    lines = [view.t("conclusion.gate", n=len(decided), of=len(rules), failed=failed, passed=len(decided) - failed)]
    lacking = [
        (item.n, group_name(rule.attributes), group_name(item.group))
        for rule in rules
        if rule.status == "inconclusive"
        for item in rule.needed
        if item.n is not None
    ]
    if lacking:
        n, attributes, group = max(lacking)
        lines.append(view.t("conclusion.gate.needs", attributes=attributes, group=group, n=count(n)))
    if judgement.waivers:
        lines.append(view.t("conclusion.gate.waivers", n=len(judgement.waivers)))
    return view.t.sentences(*lines)


SECTION = Section("gate", 120, build, conclude=conclude)
