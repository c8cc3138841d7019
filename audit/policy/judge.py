"""The one function that judges.

- **fail**: the simultaneous bound of some pair of groups lies beyond the limit. It holds over all pairs of the rule
  and, by Holm's step-down procedure, over all rules of severity error: a failure is never one of many looks.
- **pass**: every pair lies within the limit, shown by one-sided bounds, and every group in scope could be assessed.
- **inconclusive**: neither. It says what would settle it.

A group whose bounds carry no guarantee in this design enters no bound: the others may still show a failure, but with it
in scope nothing passes. What is doubted about it is named in the verdict.

- **undefined**: fewer than two groups could be assessed.

A rule with a margin holds changes against it, candidate less baseline, in the same way: per group, or per pair. A rule
with `at_most` holds every group's own value against it: flips of each pair of groups, flags, or any metric.
"""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Literal

import numpy as np
from scipy.stats import norm

from audit.config import PolicyConfig
from audit.fairness.bounds.floor import EVIDENCE_FLOOR
from audit.fairness.bounds.inference import (
    Estimates,
)
from audit.fairness.compare.change import ChangeBounds
from audit.policy.asked import AskedRule
from audit.policy.cases import SLACK, AskedCase, ChangeCase, GapCase, LevelCase, RangeCase, sort_case
from audit.policy.needed import POWER, ChangePower, GapPower, LevelPower, ScopedGroup, lacking, more_rows
from audit.policy.rules import gap_questions, questions
from audit.policy.waivers import apply_waivers
from audit.result import AuditResult, Doubt, Judgement, Measured, MetricValue, Needed, RuleVerdict
from audit.store.runfolder import fingerprint_of


def judge(result: AuditResult, policy: PolicyConfig, *, today: date | None = None) -> Judgement:
    """Judge a result by a policy. Everything needed is in the result: values, effective sizes, clusters, changes.

    Parameters
    ----------
    today
        Day that waivers are held against; default: the present one (UTC).
    """
    rules = _verdicts(questions(result, policy), 1 - result.level)
    today = today or datetime.now(UTC).date()
    rules, waivers = apply_waivers(rules, policy.waivers, today)
    status = _overall(rules)
    if any(waiver.state == "expired" for waiver in waivers):
        status = "fail"
    return Judgement(
        status=status,
        policy_sha256=fingerprint_of(policy.model_dump(mode="json")),
        on_inconclusive=policy.on_inconclusive,
        judged_on=today.isoformat() if waivers else None,
        rules=rules,
        waivers=waivers,
    )


def judge_gaps(measured: Measured, policy: PolicyConfig) -> list[RuleVerdict]:
    """Judge gaps between groups alone, before anything is explained: what fails is looked into."""
    return _verdicts(gap_questions(measured, policy), 1 - measured.level)


def _verdicts(asked: list[AskedRule], alpha: float) -> list[RuleVerdict]:
    cases = [sort_case(question) for question in asked]
    levels = _holm(cases, alpha)
    return [_verdict(case, alpha, level) for case, level in zip(cases, levels, strict=True)]


def _verdict(case: AskedCase, alpha: float, level: float) -> RuleVerdict:
    if isinstance(case, GapCase):
        return _gap_verdict(case, alpha, level)
    return _change_verdict(case, alpha, level) if isinstance(case, ChangeCase) else _level_verdict(case, alpha, level)


def _holm(cases: list[AskedCase], alpha: float) -> list[float]:
    """Level of each case's fail bound: α for warnings; for errors judged by bounds, Holm's step-down over all of them.

    While some case fails at α over the number of those still open, it leaves, and the others share more.
    """
    levels = [alpha] * len(cases)
    waiting = {
        i
        for i, case in enumerate(cases)
        if case.question.rule.severity == "error"
        and case.question.rule.evidence == "interval"
        and case.question.counts
        and case.answerable
    }
    while waiting:
        level = alpha / len(waiting)
        for i in waiting:
            levels[i] = level
        failing = {i for i in waiting if cases[i].fails(alpha, level)}
        if not failing:
            break
        waiting -= failing
    return levels


def _blank(case: AskedCase, level: float) -> RuleVerdict:
    question, rule = case.question, case.question.rule
    limits = (rule.margin, rule.limit, rule.at_least, rule.at_most)
    limit = next((value for value in limits if value is not None), 0.0)
    change: Literal["change", "gap_change"] = "change" if rule.of == "group" else "gap_change"
    return RuleVerdict(
        rule=question.name,
        severity="error" if rule.severity == "error" else "warn",
        status="undefined",
        kind="level" if rule.at_most is not None else "gap" if rule.margin is None else change,
        attributes=question.attributes,
        metric=question.metric,
        cls=question.cls,
        aggregate="ratio" if rule.at_least is not None else "value" if rule.at_most is not None else "difference",
        limit=limit,
        evidence=rule.evidence,
        scope="adjusted" if question.scope == "adjusted" else "pooled",
        counts=question.counts,
        doubts=_doubts(case),
        alpha=level,
        value=None,
        lower=None,
        upper=None,
        detectable=None,
        low_group=None,
        high_group=None,
        groups=0,
        left_out=list(question.left_out),
        support=min((v.support for v in question.values if v.support is not None), default=None),
        needed=[],
        note="too_many_groups" if question.too_fine else None,
        waived=False,
    )


def _doubts(case: AskedCase) -> list[Doubt]:
    if isinstance(case, ChangeCase):
        return case.doubts
    return [Doubt(group=value.group, reason=value.doubt) for value in case.doubted if value.doubt is not None]


def _gap_verdict(case: GapCase, alpha: float, level: float) -> RuleVerdict:
    question, rule = case.question, case.question.rule
    blank = _blank(case, level).model_copy(
        update={"groups": len(case.assessable), "needed": [_lacks(question, value) for value in case.unassessable]}
    )
    if not case.answerable:
        return blank if blank.note else _without_bounds(case, blank)
    estimates = case.estimates
    if case.doubted and rule.evidence == "point":
        return _without_bounds(case, blank)
    found = case.bounds(estimates, alpha, level)
    value = _point(estimates, rule.limit is None, case.reference)
    if rule.evidence == "point":
        status = "pass" if _within(value, question) else "fail"
        pair = _ends(estimates, case.reference)
    else:
        status = case.status(found)
        decisive_is_lower = (status == "fail") == (rule.limit is not None)
        pair = found.lower_pair if decisive_is_lower else found.upper_pair
    if status == "pass" and (case.unassessable or case.doubted):
        status = "inconclusive"
    a, b = sorted(pair, key=lambda i: float(estimates.value[i]))
    needed = blank.needed
    if status == "inconclusive" and rule.evidence == "interval":
        needed = [*_needed(case, alpha, level), *needed]
    return blank.model_copy(
        update={
            "status": status,
            "value": value,
            "lower": found.lower,
            "upper": found.upper,
            "detectable": _detectable(case, (a, b), level),
            "low_group": case.assessable[a].group,
            "high_group": case.assessable[b].group,
            "low_value": float(estimates.value[a]),
            "high_value": float(estimates.value[b]),
            "needed": needed,
        }
    )


def _without_bounds(case: GapCase, blank: RuleVerdict) -> RuleVerdict:
    """Say what can be said of values alone: of too few groups whose bounds carry a guarantee, nothing is decided."""
    rule = case.question.rule
    valued = case.assessable if rule.evidence == "point" else [*case.assessable, *case.doubted]
    if len(valued) < 2 or not case.doubted:
        return blank.model_copy(update={"note": "fewer_than_two_groups"})
    everyone = replace(case, assessable=valued)
    if rule.reference is not None and everyone.reference is None:
        return blank.model_copy(update={"note": "fewer_than_two_groups"})
    estimates = Estimates(np.array([value.value for value in valued], float), np.full(len(valued), EVIDENCE_FLOOR))
    value = _point(estimates, rule.limit is None, everyone.reference)
    a, b = sorted(_ends(estimates, everyone.reference), key=lambda i: float(estimates.value[i]))
    status = "inconclusive"
    if rule.evidence == "point":
        status = "pass" if _within(value, case.question) else "fail"
        status = "inconclusive" if status == "pass" and case.unassessable else status
    return blank.model_copy(
        update={
            "status": status, "value": value, "low_group": valued[a].group, "high_group": valued[b].group,
            "low_value": float(estimates.value[a]), "high_value": float(estimates.value[b]),
        }
    )  # fmt: skip


def _level_verdict(case: LevelCase, alpha: float, level: float) -> RuleVerdict:
    question = case.question
    blank = _blank(case, level).model_copy(
        update={"groups": len(case.assessable), "needed": [_lacks(question, value) for value in case.unassessable]}
    )
    point = case.question.rule.evidence == "point"
    if not case.answerable or (case.doubted and point):
        valued = case.assessable if point else case.doubted
        if not valued:
            return blank if blank.note else blank.model_copy(update={"note": "nothing_to_assess"})
        worst = max(valued, key=lambda value: value.value or 0.0)
        status = "inconclusive"
        if point:
            status = "pass" if (worst.value or 0.0) <= (case.question.rule.at_most or 0.0) + SLACK else "fail"
            status = "inconclusive" if status == "pass" and case.unassessable else status
        return blank.model_copy(
            update={
                "status": status, "value": worst.value, "low_group": worst.group, "high_group": worst.group,
                "low_value": worst.value, "high_value": worst.value,
            }
        )  # fmt: skip
    lower, upper, low, high = case.bounds(alpha, level)
    largest = int(np.argmax(case.estimates.value))
    value = float(case.estimates.value[largest])
    status = case.status(lower, upper)
    decisive = low if status == "fail" else high
    if point:
        status, decisive = "pass" if value <= (case.question.rule.at_most or 0.0) + SLACK else "fail", largest
    if status == "pass" and (case.unassessable or case.doubted):
        status = "inconclusive"
    group, of_group = case.assessable[decisive].group, float(case.estimates.value[decisive])
    needed = blank.needed
    if case.status(lower, upper) == "inconclusive" and not point and not isinstance(case, RangeCase):
        needed = [*_level_needed(case, alpha, level), *needed]
    return blank.model_copy(
        update={
            "status": status, "value": value, "lower": lower, "upper": upper, "low_group": group, "high_group": group,
            "low_value": of_group, "high_value": of_group, "needed": needed,
        }
    )  # fmt: skip


def _change_verdict(case: ChangeCase, alpha: float, level: float) -> RuleVerdict:
    blank = _blank(case, level).model_copy(
        update={
            "groups": len(case.groups),
            "needed": [Needed(group=group, n=None, reason="no_change_known") for group in case.unassessable],
        }
    )
    if case.question.changes is None:
        return blank.model_copy(update={"note": "no_baseline", "needed": []})
    if not case.answerable:
        return blank.model_copy(update={"status": "inconclusive"} if case.doubts else {"note": "no_change_known"})
    found = case.bounds(alpha, level)
    status = case.status(found)
    if case.question.rule.evidence == "point":
        status = "pass" if found.value <= (case.question.rule.margin or 0.0) + SLACK else "fail"
    if status == "pass" and (case.unassessable or (case.doubts and case.question.rule.evidence == "interval")):
        status = "inconclusive"
    needed = blank.needed
    if case.status(found) == "inconclusive" and case.question.rule.evidence == "interval":
        needed = [*_change_needed(case, found, alpha, level), *needed]
    pair = found.lower_pair if status == "fail" else found.upper_pair
    if case.question.rule.evidence == "point":
        pair = found.value_pair
    return blank.model_copy(
        update={
            "status": status,
            "value": found.value,
            "lower": found.lower,
            "upper": found.upper,
            "low_group": case.groups[pair[0]],
            "high_group": case.groups[pair[1]],
            "needed": needed,
        }
    )


def _ends(estimates: Estimates, reference: int | None) -> tuple[int, int]:
    low, high = int(np.argmin(estimates.value)), int(np.argmax(estimates.value))
    if reference is None:
        return low, high
    far = max((low, high), key=lambda i: abs(float(estimates.value[i] - estimates.value[reference])))
    return reference, far


def _point(estimates: Estimates, is_ratio: bool, reference: int | None) -> float | None:
    i, j = _ends(estimates, reference)
    low, high = sorted((float(estimates.value[i]), float(estimates.value[j])))
    if not is_ratio:
        return high - low
    return low / high if high > 0 else None


def _within(value: float | None, question: AskedRule) -> bool:
    rule = question.rule
    if value is None:
        return True  # rates of zero everywhere do not differ
    return value <= rule.limit + SLACK if rule.limit is not None else value >= (rule.at_least or 0.0) - SLACK


def _detectable(case: GapCase, pair: tuple[int, int], level: float) -> float | None:
    """Gap between two groups, of their sizes and about their rates, that this rule fails with probability `POWER`."""
    estimates, rule, groups = case.estimates, case.question.rule, len(case.assessable)
    pairs = groups * (groups - 1) if case.reference is None else 2 * (groups - 1)
    z = float(norm.isf(level / pairs) + norm.ppf(POWER))
    at = list(pair)
    value, size = estimates.value[at], estimates.effective[at]
    variance = estimates.variance()[at]
    if estimates.error is None:
        shrunk = (value * size + 0.5) / (size + 1)
        value, variance = shrunk, shrunk * (1 - shrunk) / size
    if rule.limit is not None:
        return float(rule.limit + z * math.sqrt(variance.sum()))
    if (value <= 0).any():
        return None
    return float((rule.at_least or 0.0) * math.exp(-z * math.sqrt((variance / value**2).sum())))


def _lacks(question: AskedRule, value: MetricValue) -> Needed:
    reason = value.note or "below_evidence_floor"
    return lacking(value.group, question.rows_of(value.group, value.n or 0), value.effective_n or 0.0, reason)


def _groups(question: AskedRule, values: list[MetricValue]) -> list[ScopedGroup]:
    return [ScopedGroup(v.group, question.rows_of(v.group, v.n or 0), v.effective_n or 0.0) for v in values]


def _needed(case: GapCase, alpha: float, level: float) -> list[Needed]:
    rule = case.question.rule
    power = GapPower(case.estimates, rule.limit, rule.at_least, case.reference, alpha, level)
    found = more_rows(_groups(case.question, case.assessable), power)
    if found is not None:
        return found
    widest = [case.assessable[i].group for i in _ends(case.estimates, case.reference)]
    return [Needed(group=group, n=None, reason="rate_at_the_limit") for group in widest]


def _level_needed(case: LevelCase, alpha: float, level: float) -> list[Needed]:
    power = LevelPower(case.estimates, case.question.rule.at_most or 0.0, alpha, level)
    found = more_rows(_groups(case.question, case.assessable), power)
    if found is not None:
        return found
    group = case.assessable[int(np.argmax(case.estimates.value))].group
    return [Needed(group=group, n=None, reason="rate_at_the_limit")]


def _change_needed(case: ChangeCase, found: ChangeBounds, alpha: float, level: float) -> list[Needed]:
    question = case.question
    signs = None if question.rule.of == "gap" else case.signs
    power = ChangePower(case.changes, question.rule.margin or 0.0, signs, alpha, level)
    of = {tuple(value.group): value for value in question.values}
    groups = [
        ScopedGroup(name, question.rows_of(name, (of[tuple(name)].n or 0) if tuple(name) in of else 0), float(size))
        for name, size in zip(case.groups, case.changes.candidate.effective, strict=True)
    ]
    needed = more_rows(groups, power)
    if needed is not None:
        return needed
    deciding = dict.fromkeys(found.upper_pair)
    return [Needed(group=case.groups[i], n=None, reason="rate_at_the_limit") for i in deciding]


def _overall(rules: list[RuleVerdict]) -> str:
    """Say the worst that rules of severity error say; a policy of which nothing was evaluated never passes."""
    counted = [rule for rule in rules if rule.counts]
    strict = [rule.status for rule in counted if rule.severity == "error" and not rule.waived]
    if not any(rule.status != "undefined" for rule in counted):
        return "undefined"
    for status in ("fail", "inconclusive", "undefined"):
        if status in strict:
            return "inconclusive" if status == "undefined" else status
    return "pass"
