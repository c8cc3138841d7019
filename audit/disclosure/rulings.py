"""Verdicts and changes since a baseline, as they may be told to everybody.

What a rule says, and whether the audit passes, is told in any case; its numbers where those of the groups are.
"""

from __future__ import annotations

from typing import Any

from audit.disclosure.groups import SUPPRESSED, PublicGroups
from audit.disclosure.reasons import in_parts, of_many
from audit.disclosure.suppress import LEAST
from audit.disclosure.told import Question
from audit.fairness.metrics.names import FLAG_RATE, FLIP_RATE, PROBE_RATE, SCORECARD, TOKEN_GAP
from audit.result import Change, Comparison, ExchangeSummary, Flips, Judgement, RuleVerdict, WaiverState, Why

_NUMBERS = ("value", "lower", "upper", "detectable", "low_group", "high_group", "low_value", "high_value", "support")
#: Stands for the name of a file that only the house knows.
POLICY_FILE = "policy.yaml"
#: Stands for the title of the baseline, which is the name of a file or folder where nobody wrote one.
BASELINE = "baseline"


def judgement(found: Judgement, groups: PublicGroups, why: Why) -> Judgement:
    """Verdicts without the numbers that are not told, and waivers without names of persons."""
    return found.model_copy(
        update={
            "rules": [_rule(rule, groups, why) for rule in found.rules],
            "waivers": [_waiver(waiver) for waiver in found.waivers],
        }
    )


def _waiver(waiver: WaiverState) -> WaiverState:
    return waiver.model_copy(update={"owner": "", "approver": ""})


def _rule(rule: RuleVerdict, groups: PublicGroups, why: Why) -> RuleVerdict:
    hidden: dict[str, Any] = {
        "left_out": [name for name in rule.left_out if groups.shows(rule.attributes, [name])],
        "needed": [item for item in rule.needed if groups.shows(rule.attributes, item.group)],
        "doubts": [item for item in rule.doubts if groups.shows(rule.attributes, item.group)],
    }
    if not _is_told(rule, groups, why):
        hidden |= dict.fromkeys(_NUMBERS)
        hidden |= {"needed": [], "doubts": [], "left_out": [], "groups": 0}
        hidden["note"] = SUPPRESSED
    return rule.model_copy(update=hidden)


def _is_told(rule: RuleVerdict, groups: PublicGroups, why: Why) -> bool:
    question: Question = (tuple(rule.attributes), (), rule.metric, rule.cls)
    if rule.metric.startswith(FLAG_RATE):
        code = rule.metric.removeprefix(FLAG_RATE)
        return any(item.code == code and item.rate is not None for item in why.flags.rates)
    if rule.metric in {FLIP_RATE, TOKEN_GAP}:
        return _is_of_exchange_told(rule, why.exchange)
    if rule.metric.startswith((PROBE_RATE, SCORECARD)):
        return False  # what they rest on may be hidden
    if rule.kind in {"change", "gap_change"}:
        return groups.tells_all(question)
    if rule.scope == "adjusted":
        return groups.tells_all_adjusted(rule.attributes, rule.metric, rule.cls)
    if rule.kind == "level" or rule.value is None:
        return groups.tells_all(question)
    named = [group for group in (rule.low_group, rule.high_group) if group]
    if groups.tells_all(question):
        return True
    return groups.ends(question) == {tuple(group) for group in named} and groups.tells_gap(question, rule.aggregate)


def _is_of_exchange_told(rule: RuleVerdict, exchange: ExchangeSummary | None) -> bool:
    """Rules of exchanges are about pairs of groups of one axis."""
    pairs = exchange.pairs if exchange else []
    return bool(pairs) and all(pair.flip_rate is not None or rule.metric == TOKEN_GAP for pair in pairs)


def comparison(found: Comparison, groups: PublicGroups) -> Comparison:
    """Changes of metrics that are told, and flips where all of a slicing are large."""
    changes = [_change(item) for item in found.changes if _is_change_told(item, groups)]
    told = {(tuple(item.attributes), tuple(item.group), item.metric, item.cls) for item in changes}
    families: dict[tuple[str, ...], list[Flips]] = {}
    for item in found.flips:
        families.setdefault(tuple(item.attributes), []).append(item)
    large = {name for name, items in families.items() if all(_is_large(item, groups) for item in items)}
    flip_gaps = found.flip_gaps
    if flip_gaps is not None:
        items = [item for item in flip_gaps.items if tuple(item.attributes) in large]
        flip_gaps = flip_gaps.model_copy(update={"items": items})
    return found.model_copy(
        update={
            "baseline": BASELINE,
            "changes": changes,
            "gaps": [
                gap
                for gap in found.gaps
                if all((tuple(gap.attributes), tuple(group), gap.metric, gap.cls) in told for group in gap.groups)
            ],
            "flips": [item for item in found.flips if tuple(item.attributes) in large],
            "flip_gaps": flip_gaps,
            "explanations": None,
            "notes": [],
        }
    )


def _change(item: Change) -> Change:
    sides = {name: getattr(item, name).model_copy(update={"sketch": None}) for name in ("baseline", "candidate")}
    return item.model_copy(update={**sides, "sketch": None})


def _is_change_told(item: Change, groups: PublicGroups) -> bool:
    """A change gives the baseline's value, so that must be large in every group of the slicing, too."""
    question: Question = (tuple(item.attributes), (), item.metric, item.cls)
    return groups.tells_all(question) and groups.baseline_is_large(question)


def _is_large(item: Flips, groups: PublicGroups) -> bool:
    shown = groups.shows(item.attributes, item.group) and item.n >= LEAST
    return shown and all(in_parts(rate.n, rate.flips) and of_many(rate.clusters) for rate in item.rates)
