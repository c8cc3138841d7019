"""The one function that judges.

- **fail**: the simultaneous bound of some pair of groups lies beyond the limit. It holds over all pairs of the rule
  and, by Holm's step-down procedure, over all rules of severity error: a failure is never one of many looks.
- **pass**: every pair lies within the limit, shown by one-sided bounds, and every group in scope could be assessed.
- **inconclusive**: neither. It says what would settle it.
- **undefined**: fewer than two groups could be assessed.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from audit.config import PolicyConfig
from audit.fairness.inference import EVIDENCE_FLOOR, GapBounds, Rates, difference_bounds, ratio_bounds
from audit.policy.rules import Question, questions
from audit.result import AuditResult, Judgement, MetricValue, Needed, RuleVerdict
from audit.runfolder import fingerprint_of

#: No more effective decisions per group than this are asked for; what they would not settle, sampling does not.
MOST_NEEDED = 1e7


@dataclass(frozen=True)
class _Case:
    """A question with its groups sorted into those that can be assessed and those that cannot."""

    question: Question
    assessable: list[MetricValue]
    unassessable: list[MetricValue]

    @property
    def rates(self) -> Rates:
        clusters = [v.clusters for v in self.assessable]
        known = None if any(c is None for c in clusters) else np.array(clusters, float)
        rate = np.array([v.value for v in self.assessable], float)
        return Rates(rate, np.array([v.effective_n for v in self.assessable], float), known)

    @property
    def reference(self) -> int | None:
        name = self.question.rule.reference
        return next((i for i, v in enumerate(self.assessable) if name in {*v.group, " × ".join(v.group)}), None)

    def bounds(self, rates: Rates, alpha: float, simultaneous: float) -> GapBounds:
        find = ratio_bounds if self.question.rule.limit is None else difference_bounds
        return find(rates, alpha, simultaneous=simultaneous, reference=self.reference)

    def status(self, found: GapBounds) -> str:
        rule = self.question.rule
        if rule.limit is not None:
            return "fail" if found.lower > rule.limit else "pass" if found.upper <= rule.limit else "inconclusive"
        least = rule.at_least or 0.0
        return "fail" if found.upper < least else "pass" if found.lower >= least else "inconclusive"


def judge(result: AuditResult, policy: PolicyConfig) -> Judgement:
    """Judge a result by a policy. Everything needed is in the result: rates, effective sizes, clusters."""
    cases = [_sort(question) for question in questions(result, policy)]
    alpha = 1 - result.level
    levels = _holm(cases, alpha)
    rules = [_verdict(case, alpha, level) for case, level in zip(cases, levels, strict=True)]
    return Judgement(
        status=_overall(rules),
        policy_sha256=fingerprint_of(policy.model_dump(mode="json")),
        on_inconclusive=policy.on_inconclusive,
        rules=rules,
    )


def _sort(question: Question) -> _Case:
    known = [v for v in question.values if v.value is not None and (v.effective_n or 0) >= EVIDENCE_FLOOR]
    return _Case(question, known, [v for v in question.values if v not in known])


def _holm(cases: list[_Case], alpha: float) -> list[float]:
    """Level of each case's fail bound: α for warnings; for errors judged by bounds, Holm's step-down over all of them.

    While some case fails at α over the number of those still open, it leaves, and the others share more.
    """
    levels = [alpha] * len(cases)
    strict = {
        i
        for i, case in enumerate(cases)
        if case.question.rule.severity == "error" and case.question.rule.evidence == "interval"
    }
    waiting = {i for i in strict if len(cases[i].assessable) > 1}
    while waiting:
        level = alpha / len(waiting)
        for i in waiting:
            levels[i] = level
        failing = {i for i in waiting if cases[i].status(cases[i].bounds(cases[i].rates, alpha, level)) == "fail"}
        if not failing:
            break
        waiting -= failing
    return levels


def _verdict(case: _Case, alpha: float, level: float) -> RuleVerdict:
    question, rule = case.question, case.question.rule
    blank = RuleVerdict(
        rule=question.name,
        severity="error" if rule.severity == "error" else "warn",
        status="undefined",
        attributes=question.attributes,
        metric=question.metric,
        cls=question.cls,
        aggregate="ratio" if rule.limit is None else "difference",
        limit=rule.limit if rule.limit is not None else rule.at_least or 0.0,
        evidence=rule.evidence,
        alpha=level,
        value=None,
        lower=None,
        upper=None,
        low_group=None,
        high_group=None,
        groups=len(case.assessable),
        needed=[_lacks(value) for value in case.unassessable],
    )
    if len(case.assessable) < 2 or (rule.reference is not None and case.reference is None):
        return blank
    rates = case.rates
    found = case.bounds(rates, alpha, level)
    value = _point(rates, rule.limit is None, case.reference)
    if rule.evidence == "point":
        status = "pass" if _within(value, question) else "fail"
        pair = _ends(rates, case.reference)
    else:
        status = case.status(found)
        decisive_is_lower = (status == "fail") == (rule.limit is not None)
        pair = found.lower_pair if decisive_is_lower else found.upper_pair
        if status == "pass" and case.unassessable:
            status = "inconclusive"
    a, b = sorted(pair, key=lambda i: float(rates.rate[i]))
    needed = blank.needed
    if status == "inconclusive":
        needed = [*_needed(case, alpha, level), *needed]
    return blank.model_copy(
        update={
            "status": status,
            "value": value,
            "lower": found.lower,
            "upper": found.upper,
            "low_group": case.assessable[a].group,
            "high_group": case.assessable[b].group,
            "needed": needed,
        }
    )


def _ends(rates: Rates, reference: int | None) -> tuple[int, int]:
    low, high = int(np.argmin(rates.rate)), int(np.argmax(rates.rate))
    if reference is None:
        return low, high
    far = max((low, high), key=lambda i: abs(float(rates.rate[i] - rates.rate[reference])))
    return reference, far


def _point(rates: Rates, is_ratio: bool, reference: int | None) -> float | None:
    i, j = _ends(rates, reference)
    low, high = sorted((float(rates.rate[i]), float(rates.rate[j])))
    if not is_ratio:
        return high - low
    return low / high if high > 0 else None


def _within(value: float | None, question: Question) -> bool:
    rule = question.rule
    if value is None:
        return True  # rates of zero everywhere do not differ
    # Limits are written in decimal; 0.5 − 0.4 must not exceed 0.1.
    slack = 1e-12
    return value <= rule.limit + slack if rule.limit is not None else value >= (rule.at_least or 0.0) - slack


def _lacks(value: MetricValue) -> Needed:
    missing = EVIDENCE_FLOOR - (value.effective_n or 0.0)
    return Needed(group=value.group, n=max(1, math.ceil(missing)), reason=value.note or "below_evidence_floor")


def _needed(case: _Case, alpha: float, level: float) -> list[Needed]:
    """Find the least size that, as the least of every group, would settle the rule; say what each group lacks."""
    rates = case.rates

    def settled(size: float) -> bool:
        return case.status(case.bounds(rates.resized(size), alpha, level)) != "inconclusive"

    if settled(1.0):
        return []
    if not settled(MOST_NEEDED):
        widest = [case.assessable[i].group for i in _ends(rates, case.reference)]
        return [Needed(group=group, n=None, reason="rate_at_the_limit") for group in widest]
    small, large = math.log(EVIDENCE_FLOOR), math.log(MOST_NEEDED)
    for _ in range(40):
        middle = (small + large) / 2
        small, large = (small, middle) if settled(math.exp(middle)) else (middle, large)
    size = math.exp(large)
    # Effective decisions cost as many real ones as they did so far.
    return [
        Needed(group=v.group, n=math.ceil((size - v.effective_n) * v.n / v.effective_n), reason="too_few")
        for v in case.assessable
        if v.effective_n and v.effective_n < size
    ]


def _overall(rules: list[RuleVerdict]) -> str:
    """Say the worst that rules of severity error say; a policy of which nothing was evaluated never passes."""
    strict = [rule.status for rule in rules if rule.severity == "error"]
    if not any(rule.status != "undefined" for rule in rules):
        return "undefined"
    for status in ("fail", "inconclusive", "undefined"):
        if status in strict:
            return "inconclusive" if status == "undefined" else status
    return "pass"
