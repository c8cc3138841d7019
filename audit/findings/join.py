"""The findings of an audit: gaps that fail or are clear of chance, what changed, exchanges, what stays unexplained."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from audit.findings import carried, stories
from audit.findings.next_steps import next_steps
from audit.result import (
    AuditResult,
    Exchanged,
    Finding,
    FindingExample,
    Findings,
    Measure,
    RuleVerdict,
    Sureness,
)
from audit.result.flagged import FLIP, NOT_EXPLAINED

#: A reader of one minute reads no more.
MOST_FINDINGS, MOST_EXAMPLES = 5, 3
#: Explanations are a finding where surely more than this share of decisions is not explained.
MOST_UNEXPLAINED = 0.5


#: A finding, and the lines of flagged decisions that belong to it.
Joined = tuple[Finding, list[dict[str, Any]]]


@dataclass(frozen=True)
class Flagged:
    """Flagged decisions, as far as findings ask: worst first."""

    lines: list[dict[str, Any]]
    shown: frozenset[str]

    def of_gap(
        self, attributes: list[str], metrics: set[str], groups: list[list[str]], axis: str | None
    ) -> list[dict[str, Any]]:
        """Those that are errors of one of these gaps, or that flip along its axis, in one of its groups."""
        names, wanted = " × ".join(attributes), {" × ".join(group) for group in groups}
        found = []
        for line in self.lines:
            given = line["evidence"].get("disparities", [])
            here = " × ".join(str(line["groups"].get(name)) for name in attributes) in wanted
            wrong = any(
                one["attributes"] == names and one["metric"] in metrics and one["group"] in wanted for one in given
            )
            flips = here and axis is not None and FLIP in line["codes"] and self.flips(line, axis)
            if wrong or flips:
                found.append(line)
        return found

    @staticmethod
    def flips(line: dict[str, Any], axis: str) -> bool:
        """Whether exchanging along an axis is why it is flagged."""
        return any(one["axis"] == axis for one in line["evidence"].get("exchanges", []))

    def coded(self, code: str, axis: str | None = None) -> list[dict[str, Any]]:
        """Those that were given a flag, or that flip along an axis."""
        found = [line for line in self.lines if any(given.split(":")[0] == code for given in line["codes"])]
        return [line for line in found if axis is None or self.flips(line, axis)]

    def examples(self, lines: Sequence[dict[str, Any]]) -> list[FindingExample]:
        """Take a few, those that may be shown first."""
        ordered = sorted(lines, key=lambda line: line["row_id"] not in self.shown)
        return [
            FindingExample(
                row_id=line["row_id"],
                severity=line["severity"],
                codes=line["codes"],
                shown=line["row_id"] in self.shown,
            )
            for line in ordered[:MOST_EXAMPLES]
        ]


def with_findings(result: AuditResult, flagged: Iterable[dict[str, Any]]) -> AuditResult:
    """Return the result with its findings.

    Parameters
    ----------
    flagged
        Lines of `flagged.jsonl`, worst first.
    """
    flags = Flagged(list(flagged), frozenset(result.flags.shown))
    found = [*_gaps(result, flags), *_other_rules(result), *_exchanges(result, flags), *_unexplained(result, flags)]
    # The order within a kind stays: each kind has put its worst first.
    found.sort(key=lambda one: stories.SEVERITIES.index(one[0].severity))
    open_rules = list(_undecided(result))
    # What is undecided is one finding, and never crowded out: an audit that fails may still not know much.
    kept = found[: MOST_FINDINGS - len(open_rules)] + open_rules
    items = [one.model_copy(update={"next_steps": next_steps(result, one, lines)}) for one, lines in kept]
    found += open_rules
    return result.model_copy(update={"findings": Findings(items=items, left_out=len(found) - len(kept))})


def _gaps(result: AuditResult, flags: Flagged) -> Iterator[Joined]:
    for story in stories.gap_stories(result):
        measures = stories.measures(result, story)
        low, high = measures[0].low_group or [], measures[0].high_group or []
        attributes = list(story.attributes)
        decomposed = carried.decomposition_of(result, attributes, low, high, measures)
        exchanged = carried.exchange_of(result, attributes, low, high)
        axis = exchanged[1].axis if exchanged else None
        lines = flags.of_gap(attributes, {one.metric for one in measures}, [low, high], axis)
        yield _finding(
            "gap", attributes, low, high, measures,
            severity=story.severity,
            carried=carried.carried(decomposed[1]) if decomposed else None,
            exchanged=exchanged[1] if exchanged else None,
            flags=flags,
            lines=lines,
            sureness=_sureness(result, story, measures[0]),
        )  # fmt: skip


def _sureness(result: AuditResult, story: stories.Story, first: Measure) -> Sureness:
    """Say how sure the first measure is, which the headline tells of: others of the story may be surer, or less."""
    if story.doubted:
        return Sureness(code="doubted", level=None)
    rules = [rule for rule in story.rules if (rule.metric, rule.cls) == (first.metric, first.cls)]
    clear = next((gap for gap in story.clear if (gap.metric, gap.cls) == (first.metric, first.cls)), None)
    least = stories.least_difference(rules, clear)
    proven = [rule.alpha for rule in rules if rule.evidence == "interval"]
    if least is None and not proven:
        return Sureness(code="value_alone", level=None)
    # The level is that of the bound that is told.
    alpha = least[1] if least else max(proven)
    level = result.clear_gaps.level if alpha is None else 1 - alpha
    return Sureness(code="failed" if proven else "clear_of_chance", level=level)


def _other_rules(result: AuditResult) -> Iterator[Joined]:
    """Failing rules about what changed since the baseline, and about values themselves.

    What several rules say of the same metric and groups is told once. What lies farthest beyond its limit comes first.
    """
    told: dict[str, list[RuleVerdict]] = {}
    for rule in stories.failing(result):
        if rule.kind != "gap":
            about = [rule.kind, rule.attributes, rule.low_group, rule.high_group, rule.metric, rule.cls]
            told.setdefault(json.dumps(about), []).append(rule)
    for rules in sorted(told.values(), key=lambda rules: -max(map(_beyond, rules))):
        rule = rules[0]
        kind = "level" if rule.kind == "level" else "change"
        proven = [one for one in rules if one.evidence == "interval" and not one.doubts]
        surest = max(proven, key=lambda one: one.lower or 0.0, default=None)
        unsure = "doubted" if any(one.doubts for one in rules) else "value_alone"
        yield _finding(
            kind, rule.attributes, rule.low_group, rule.high_group, [_of_rules(result, rules, surest)],
            severity=min((one.severity for one in rules), key=stories.SEVERITIES.index),
            sureness=Sureness(code="failed" if surest else unsure, level=1 - surest.alpha if surest else None),
        )  # fmt: skip


def _beyond(rule: RuleVerdict) -> float:
    """How far beyond its limit a failing rule shows what it judges to lie; without bounds, how far it lies."""
    if rule.evidence == "point" or rule.doubts:
        return abs(rule.value - rule.limit) if rule.value is not None else 0.0
    ends = [rule.lower - rule.limit] if rule.lower is not None else []
    ends += [rule.limit - rule.upper] if rule.upper is not None else []
    return max(ends, default=0.0)


def _of_rules(result: AuditResult, rules: list[RuleVerdict], surest: RuleVerdict | None) -> Measure:
    """Measure what one or several rules say of one group, or of the gap between two groups that changed.

    Parameters
    ----------
    surest
        The rule with the highest bound that counts; None if there is none.
    """
    rule = rules[0]
    group = tuple(rule.low_group or ())
    low, high, low_n, high_n = None, None, None, None
    if rule.kind == "level":
        low, low_n = stories.value_of(result, tuple(rule.attributes), group, rule.metric, rule.cls, rules)
    elif rule.kind == "change":
        low, _ = _versions(result, rule, rule.low_group)
        high, high_n = stories.value_of(result, tuple(rule.attributes), group, rule.metric, rule.cls, rules)
    else:
        low, high = _gaps_of_versions(result, rule)
    least = surest.lower if surest and rule.kind != "level" else None
    return Measure.model_validate(
        {
            "metric": rule.metric,
            "class": rule.cls,
            "unit": stories.unit_of(result, rule.metric),
            "low_group": rule.low_group,
            "high_group": rule.high_group,
            "low_value": low,
            "low_n": low_n,
            "high_value": high,
            "high_n": high_n,
            "difference": abs(high - low) if low is not None and high is not None else None,
            "at_least": least if least is not None and least > 0 else None,
            "ratio": None,
            "ratio_at_most": None,
            "rules": list(dict.fromkeys(one.rule for one in rules)),
        }
    )


def _versions(result: AuditResult, rule: RuleVerdict, group: list[str] | None) -> tuple[float | None, float | None]:
    """Look up a metric of a group in the baseline, and now."""
    wanted = (rule.attributes, group or [], rule.metric, rule.cls)
    changes = result.comparison.changes if result.comparison else []
    found = (one for one in changes if (one.attributes, one.group, one.metric, one.cls) == wanted)
    return next(((one.baseline.value, one.candidate.value) for one in found), (None, None))


def _gaps_of_versions(result: AuditResult, rule: RuleVerdict) -> tuple[float | None, float | None]:
    """How far two groups lay apart in the baseline, and how far they do now."""
    ends = [_versions(result, rule, group) for group in (rule.low_group, rule.high_group)]
    before, now = zip(*ends, strict=True)
    return _apart(*before), _apart(*now)


def _apart(one: float | None, other: float | None) -> float | None:
    return None if one is None or other is None else abs(other - one)


def _exchanges(result: AuditResult, flags: Flagged) -> Iterator[Joined]:
    """Decisions that change when the group that a text names is exchanged: one finding for each axis."""
    pairs = [pair for pair in (result.exchange.pairs if result.exchange else []) if not pair.both]
    found = []
    for axis in dict.fromkeys(pair.axis for pair in pairs):
        widest = max((pair for pair in pairs if pair.axis == axis), key=lambda pair: (pair.lower or 0.0, pair.n or 0))
        if (widest.lower or 0.0) >= carried.LEAST_FLIP_RATE:
            found.append(widest)
    for pair in sorted(found, key=lambda pair: -(pair.lower or 0.0)):
        lines = flags.coded(FLIP, pair.axis)
        yield _finding(
            "exchange", [], None, None, [],
            exchanged=carried.exchanged(pair),
            flags=flags,
            lines=lines,
            sureness=Sureness(code="clear_of_chance", level=result.level),
        )  # fmt: skip


def _unexplained(result: AuditResult, flags: Flagged) -> Iterator[Joined]:
    rate = next((one for one in result.flags.rates if one.code == NOT_EXPLAINED), None)
    if rate is not None and rate.rate is not None and rate.lower is not None and rate.lower > MOST_UNEXPLAINED:
        lines = flags.coded(NOT_EXPLAINED)
        yield _finding(
            "unexplained", [], None, None, [],
            share=rate.rate,
            flags=flags,
            lines=lines,
            sureness=Sureness(code="clear_of_chance", level=result.level),
        )  # fmt: skip


def _undecided(result: AuditResult) -> Iterator[Joined]:
    rules = stories.undecided(result)
    if rules:
        severity = min((rule.severity for rule in rules), key=stories.SEVERITIES.index)
        yield _finding(
            "undecided", [], None, None, [],
            severity=severity,
            undecided=len(rules),
            sureness=Sureness(code="open", level=None),
        )  # fmt: skip


def _finding(
    kind: str,
    attributes: list[str],
    low: list[str] | None,
    high: list[str] | None,
    measures: list[Measure],
    *,
    flags: Flagged | None = None,
    lines: Sequence[dict[str, Any]] = (),
    **more: Any,
) -> Joined:
    first = (measures[0].metric, measures[0].cls) if measures else None
    exchanged: Exchanged | None = more.get("exchanged")
    about = None if measures or exchanged is None else [exchanged.axis, exchanged.source, exchanged.target]
    told = json.dumps([kind, attributes, low, high, first, about], ensure_ascii=False)
    plain: dict[str, Any] = {
        "id": hashlib.sha256(told.encode()).hexdigest()[:12],
        "kind": kind,
        "severity": "note",
        "attributes": attributes,
        "low_group": low,
        "high_group": high,
        "measures": measures,
        "carried": None,
        "exchanged": None,
        "flagged": len(lines),
        "examples": flags.examples(lines) if flags else [],
        "undecided": 0,
        "share": None,
        "next_steps": [],
    }
    return Finding.model_validate(plain | more), list(lines)
