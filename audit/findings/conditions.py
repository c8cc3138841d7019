"""Conditions of the rules in `next_steps.yaml`: what holds for a finding, with the numbers and where they stand.

A condition yields one match for each thing to do, the most worthwhile first, and none where there is no evidence.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from audit.fairness.metrics.names import PROBE_RATE
from audit.findings.carried import LEAST_FLIP_RATE, decomposition_of
from audit.findings.stories import undecided
from audit.result import (
    AuditResult,
    Finding,
    GapDecomposition,
    Needed,
    RuleVerdict,
    ScoreReport,
    settling,
    too_small,
)
from audit.result.outcomes import WEAK_REASONS

#: Share of a gap that masking must close to be advised, and below which what was masked hardly carries it.
CLOSES, HARDLY = 0.1, 0.1
#: A wrong decision is confident where the model gives its class so much; so many, and such a share, are a pattern.
CONFIDENT, MANY, SHARE = 0.95, 5, 0.2
#: Another threshold must close so much of the gap, cost at most so much accuracy, and decide both ways in every group.
NARROWS, COSTS, BOTH_WAYS = 0.25, 0.02, 0.05
#: Rates at a threshold differ from those of the decisions by no more than so much, where it is what decided.
ABOUT = 0.02

Params = dict[str, str | int | float | list[str]]


@dataclass(frozen=True)
class Facts:
    """What conditions look at.

    Attributes
    ----------
    flagged
        Lines of `flagged.jsonl` that belong to the finding.
    """

    result: AuditResult
    finding: Finding
    flagged: Sequence[dict[str, Any]]

    def decomposition(self) -> tuple[int, GapDecomposition] | None:
        """The decomposition behind the finding; none that does not explain it, whatever masking does to its gap."""
        one = self.finding
        if one.carried is None or not one.carried.explains or one.low_group is None or one.high_group is None:
            return None
        return decomposition_of(self.result, one.attributes, one.low_group, one.high_group, one.measures)


@dataclass(frozen=True)
class Match:
    """A condition that holds."""

    params: Params
    evidence: list[str]


def decisions_are_flagged(facts: Facts) -> Iterator[Match]:
    """Single decisions are flagged that belong to the finding."""
    if facts.flagged:
        codes = Counter(code.split(":")[0] for line in facts.flagged for code in line["codes"])
        places = [f"/flags/rates/{at}" for at, rate in enumerate(facts.result.flags.rates) if rate.code in codes]
        high = sum(line["severity"] == "high" for line in facts.flagged)
        yield Match({"n": len(facts.flagged), "high": high}, places or ["/flags/decisions"])


def masking_closes_the_gap(facts: Facts) -> Iterator[Match]:
    """Masking one part of the gap closes a share of it, beyond the error of the sample."""
    found = facts.decomposition()
    if found is None or found[1].score_gap <= 0:
        return
    at, gap = found
    closing = [
        (part.closes.value / gap.score_gap, number, part)
        for number, part in enumerate(gap.parts)
        if part.closes is not None and part.closes.lower > 0
    ]
    for share, number, part in sorted(closing, key=lambda one: -one[0]):
        if share >= CLOSES:
            yield Match(
                {"kind": part.kind, "name": part.name, "share": share, "n": part.n},
                [f"/gaps/{at}/parts/{number}/closes"],
            )


def nothing_masked_closes_the_gap(facts: Facts) -> Iterator[Match]:
    """The strongest parts were masked, all together, and the gap is still there."""
    found = facts.decomposition()
    if found is None or found[1].score_gap <= 0:
        return
    at, gap = found
    if gap.closes is not None and gap.closes.upper / gap.score_gap < HARDLY:
        yield Match({"share": max(gap.closes.value / gap.score_gap, 0.0)}, [f"/gaps/{at}/closes"])


def exchanging_flips_decisions(facts: Facts) -> Iterator[Match]:
    """Exchanging the one group for the other changes decisions."""
    seen = facts.finding.exchanged
    if seen is None or seen.lower < LEAST_FLIP_RATE or facts.result.exchange is None:
        return
    for at, pair in enumerate(facts.result.exchange.pairs):
        if (pair.axis, pair.source, pair.target, pair.both) == (seen.axis, seen.source, seen.target, False):
            params: Params = {"axis": seen.axis, "source": seen.source, "target": seen.target, "rate": seen.flip_rate}
            yield Match(params, [f"/exchange/pairs/{at}"])


def errors_are_confident(facts: Facts) -> Iterator[Match]:
    """Many of the group's wrong decisions are ones that the model is sure of: the label may be what is wrong."""
    result = facts.result
    wrong: dict[str, list[bool]] = {}
    for line in facts.flagged:
        if line["score"] is None or line["y_true"] is None or "disparate_error" not in line["codes"]:
            continue
        sure = line["score"] if line["y_pred"] == result.positive_class else 1 - line["score"]
        mine = " × ".join(str(line["groups"].get(name)) for name in facts.finding.attributes)
        wrong.setdefault(mine, []).append(sure >= CONFIDENT)
    probabilities = all(one.score_range is None for one in result.scores) and len(result.classes) == 2
    at = next((at for at, rate in enumerate(result.flags.rates) if rate.code == "disparate_error"), None)
    if not probabilities or at is None:
        return
    for group, sure in sorted(wrong.items(), key=lambda one: -sum(one[1])):
        if sum(sure) >= MANY and sum(sure) >= SHARE * len(sure):
            yield Match({"group": group, "n": sum(sure), "of": len(sure), "score": CONFIDENT}, [f"/flags/rates/{at}"])


def another_threshold_narrows_the_gap(facts: Facts) -> Iterator[Match]:
    """At another threshold the gap is clearly narrower, at hardly any cost in accuracy."""
    metric = facts.finding.measures[0].metric
    name = _SWEPT.get(metric)
    for at, scores in enumerate(facts.result.scores):
        if name is None or scores.attributes != facts.finding.attributes or scores.score_range is not None:
            continue
        gaps: list[float | None] = getattr(scores, name)
        now = _nearest(scores.thresholds, _threshold(facts.result))
        if not _cuts(facts.result, scores, now) or not _add_up(facts.result, scores.attributes):
            continue
        accuracies = [_accuracy(scores, k) for k in range(len(scores.thresholds))]
        gap, accuracy = gaps[now], accuracies[now]
        if not gap or accuracy is None:
            continue
        able = [
            (other, k)
            for k, (other, reached) in enumerate(zip(gaps, accuracies, strict=True))
            if other is not None and reached is not None
            and other <= (1 - NARROWS) * gap and reached >= accuracy - COSTS and _decides(scores, k)
        ]  # fmt: skip
        if able:
            best, k = min(able)
            params: Params = {"threshold": scores.thresholds[k], "now": scores.thresholds[now], "gap": gap}
            params |= {"then": best, "accuracy": accuracy, "accuracy_then": accuracies[k] or 0.0, "metric": name}
            yield Match(params, [f"/scores/{at}/{name}/{k}", f"/scores/{at}/{name}/{now}"])


def thresholds_by_group_narrow_the_gap(facts: Facts) -> Iterator[Match]:
    """Thresholds by group were tried, and on the half that judged they left a gap that is surely narrower."""
    found, metric = facts.result.remedies, facts.finding.measures[0].metric
    code = _MADE_ALIKE.get(metric)
    for at, tried in enumerate(found.thresholds if found else ()):
        if tried.attributes != facts.finding.attributes or not tried.remedies:
            continue
        for number, remedy in enumerate(tried.remedies):
            if remedy.code != code:
                continue
            before, after = (
                next((gap for gap in one.gaps if gap.metric == _JUDGED[metric]), None)
                for one in (tried.remedies[0], remedy)
            )
            if before is None or after is None or before.value is None or after.value is None or after.upper is None:
                continue
            if after.upper < before.value:
                params: Params = {"metric": remedy.code, "gap": before.value, "then": after.value, "most": after.upper}
                yield Match(params, [f"/remedies/thresholds/{at}/remedies/{number}"])


#: Metric of a gap -> the constraint that makes it small, and the rate that it is judged by.
_MADE_ALIKE = {
    "selection_rate": "demographic_parity",
    "true_positive_rate": "equal_opportunity",
    "false_negative_rate": "equal_opportunity",
    "false_positive_rate": "equalized_odds",
    "true_negative_rate": "equalized_odds",
}
_JUDGED = {
    "selection_rate": "selection_rate",
    "true_positive_rate": "true_positive_rate",
    "false_negative_rate": "true_positive_rate",
    "false_positive_rate": "false_positive_rate",
    "true_negative_rate": "false_positive_rate",
}
_SWEPT = {
    "selection_rate": "demographic_parity_difference",
    "true_positive_rate": "equalized_odds_difference",
    "false_negative_rate": "equalized_odds_difference",
    "false_positive_rate": "equalized_odds_difference",
    "true_negative_rate": "equalized_odds_difference",
}


def _threshold(result: AuditResult) -> float:
    """Above which a score is a positive decision."""
    given = result.config["data"].get("threshold")
    if given == "median":
        given = result.data.median_score
    return 0.5 if given is None else float(given)


def _nearest(thresholds: Sequence[float], wanted: float) -> int:
    return min(range(len(thresholds)), key=lambda k: abs(thresholds[k] - wanted))


def _cuts(result: AuditResult, scores: ScoreReport, k: int) -> bool:
    """Whether decisions are about those that this threshold makes: stored ones may come from elsewhere."""
    swept = {
        (tuple(group.group), name): getattr(group, name)[k]
        for group in scores.groups
        for name in ("true_positive_rate", "false_positive_rate", "selection_rate")
    }
    decided = [
        (one.value, swept.get((tuple(one.group), one.metric)))
        for one in result.metrics
        if one.attributes == scores.attributes and not one.stratum and one.cls == result.positive_class
    ]
    known = [abs(value - rate) for value, rate in decided if value is not None and rate is not None]
    return bool(known) and max(known) <= ABOUT


def _add_up(result: AuditResult, attributes: list[str]) -> bool:
    """Whether every decision is in one group and counts once: else accuracy does not follow from rates and counts."""
    groups = [group for slicing in result.slicings if slicing.attributes == attributes for group in slicing.groups]
    alike = all(abs(group.weight - group.n) < 1e-9 * group.n for group in groups if group.n)
    return alike and sum(group.n or 0 for group in groups) == result.data.decisions


def _accuracy(scores: ScoreReport, k: int) -> float | None:
    """Of all groups together, from their rates."""
    right = total = 0.0
    for group in scores.groups:
        found, given = group.true_positive_rate[k], group.false_positive_rate[k]
        negatives = group.n - group.positives
        if (group.positives and found is None) or (negatives and given is None):
            return None
        right += group.positives * (found or 0.0) + negatives * (1 - (given or 0.0))
        total += group.n
    return right / total if total else None


def _decides(scores: ScoreReport, k: int) -> bool:
    rates = [group.selection_rate[k] for group in scores.groups]
    return all(rate is not None and BOTH_WAYS <= rate <= 1 - BOTH_WAYS for rate in rates)


def no_model_was_audited(facts: Facts) -> Iterator[Match]:
    """Predictions were given without the model, so that nobody can be asked why."""
    if facts.result.model is None:
        yield Match({}, ["/model"])


def more_decisions_would_settle(facts: Facts) -> Iterator[Match]:
    """So many more rows of a group would decide an open rule, in four of five audits: what needs least comes first."""
    asked: list[tuple[int, int, Needed]] = []
    for at, rule in enumerate(facts.result.judgement.rules if facts.result.judgement else []):
        able = [] if is_of_probe(rule) else settling(rule)
        if able and rule in undecided(facts.result):
            asked.append((max(need.n or 0 for need in able), at, max(able, key=lambda need: need.n or 0)))
    yield from _collected(facts, asked, lambda rule: len(settling(rule)) - 1)


def groups_are_too_small_to_assess(facts: Facts) -> Iterator[Match]:
    """So many more rows of a group are lacking before an open rule can pass: what needs least comes first."""
    asked: list[tuple[int, int, Needed]] = []
    for at, rule in enumerate(facts.result.judgement.rules if facts.result.judgement else []):
        lacking = [] if is_of_probe(rule) else too_small(rule)
        if lacking and rule in undecided(facts.result):
            # Every one of them has to be large enough, so it is the largest need that is told.
            most = max(lacking, key=lambda need: need.n or 0)
            asked.append((most.n or 0, at, most))
    yield from _collected(facts, asked, lambda rule: len(too_small(rule)) - 1)


def _collected(
    facts: Facts, asked: list[tuple[int, int, Needed]], others: Callable[[RuleVerdict], int]
) -> Iterator[Match]:
    rules = facts.result.judgement.rules if facts.result.judgement else []
    for n, at, need in sorted(asked, key=lambda one: one[:2]):
        params: Params = {"n": n, "group": need.group, "rule": rules[at].rule, "metric": rules[at].metric}
        params |= {"attributes": rules[at].attributes, "others": others(rules[at])}
        yield Match(params, [f"/judgement/rules/{at}/needed"])


def is_of_probe(rule: RuleVerdict) -> bool:
    """Whether a rule is about the sample that a probe asked about, which more rows of data would not enlarge."""
    return rule.metric.startswith(PROBE_RATE)


def probes_asked_too_little(facts: Facts) -> Iterator[Match]:
    """A probe asked about a sample of the decisions only, and a rule on it is open."""
    asked = {found.probe: (at, found) for at, found in enumerate(facts.result.probes)}
    rules = [rule for rule in undecided(facts.result) if is_of_probe(rule)]
    for name in dict.fromkeys(rule.metric.split(":")[1] for rule in rules):
        at, found = asked.get(name, (0, None))
        if found is not None and found.sampled < found.population:
            yield Match({"metric": found.metric, "n": found.sampled, "of": found.population}, [f"/probes/{at}/sampled"])


def more_decisions_would_not_settle(facts: Facts) -> Iterator[Match]:
    """No number of rows like these is known that would decide a rule."""
    rules = facts.result.judgement.rules if facts.result.judgement else []
    # Without a baseline no rows are lacking, and a copy for the public does not tell what small groups lack.
    open_ones = [rule for rule in undecided(facts.result) if rule.needed and not any(need.n for need in rule.needed)]
    if open_ones:
        places = [f"/judgement/rules/{at}" for at, rule in enumerate(rules) if rule in open_ones]
        yield Match({"n": len(open_ones), "rules": list(dict.fromkeys(rule.rule for rule in open_ones))}, places)


def explanations_fail_for_one_reason(facts: Facts) -> Iterator[Match]:
    """Most explanations that could not be verified share a reason."""
    explained = facts.result.explanations
    for at, outcome in enumerate(explained.outcomes if explained else []):
        # Weak explanations have reasons, too.
        reasons = {reason: n or 0 for reason, n in outcome.reasons.items() if reason not in WEAK_REASONS}
        if not outcome.attributes and reasons:
            reason, n = max(reasons.items(), key=lambda one: one[1])
            params: Params = {"reason": reason, "n": n, "of": outcome.unexplained or 0}
            yield Match(params, [f"/explanations/outcomes/{at}/reasons/{reason}"])


def decisions_changed_since_the_baseline(facts: Facts) -> Iterator[Match]:
    """Decisions on the same rows are others than they were."""
    comparison = facts.result.comparison
    for at, flips in enumerate(comparison.flips if comparison else []):
        if not flips.attributes:
            # Other kinds say which way these went.
            changed = sum(rate.flips or 0 for rate in flips.rates if rate.kind == "changed")
            if changed:
                yield Match({"n": changed, "of": flips.n or 0}, [f"/comparison/flips/{at}"])


CONDITIONS: dict[str, Callable[[Facts], Iterator[Match]]] = {
    condition.__name__: condition
    for condition in (
        decisions_are_flagged,
        masking_closes_the_gap,
        nothing_masked_closes_the_gap,
        exchanging_flips_decisions,
        errors_are_confident,
        another_threshold_narrows_the_gap,
        thresholds_by_group_narrow_the_gap,
        no_model_was_audited,
        more_decisions_would_settle,
        groups_are_too_small_to_assess,
        probes_asked_too_little,
        more_decisions_would_not_settle,
        explanations_fail_for_one_reason,
        decisions_changed_since_the_baseline,
    )
}
