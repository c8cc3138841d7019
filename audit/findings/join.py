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

#: A reader of one minute reads no more.
MOST_FINDINGS, MOST_EXAMPLES = 5, 3
#: Decisions that change when a group is exchanged are a finding of their own from this lower bound of their rate on.
LEAST_FLIP_RATE = 0.01
#: Explanations are a finding where surely more than this share of decisions is not explained.
MOST_UNEXPLAINED = 0.5


#: A finding, and the lines of flagged decisions that belong to it.
Told = tuple[Finding, list[dict[str, Any]]]


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
            flips = here and axis is not None and "counterfactual_flip" in line["codes"] and self.flips(line, axis)
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


def conclude(result: AuditResult, flagged: Iterable[dict[str, Any]]) -> AuditResult:
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


def _gaps(result: AuditResult, flags: Flagged) -> Iterator[Told]:
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
            sureness=_sureness(result, story),
        )  # fmt: skip


def _sureness(result: AuditResult, story: stories.Story) -> Sureness:
    if story.doubted:
        return Sureness(code="doubted", level=None)
    proven = [rule for rule in story.rules if rule.evidence == "interval"]
    if proven:
        return Sureness(code="failed", level=1 - max(rule.alpha for rule in proven))
    if story.clear:
        return Sureness(code="clear_of_chance", level=result.clear_gaps.level)
    return Sureness(code="value_alone", level=None)


def _other_rules(result: AuditResult) -> Iterator[Told]:
    """Failing rules about what changed since the baseline, and about values themselves."""
    for rule in stories.failing(result):
        if rule.kind == "gap" and rule.low_group and rule.high_group:
            continue
        kind = "level" if rule.kind in {"level", "gap"} else "change"
        yield _finding(
            kind, rule.attributes, rule.low_group, rule.high_group, [_of_rule(result, rule)],
            severity=rule.severity,
            sureness=Sureness(
                code="doubted" if rule.doubts else "value_alone" if rule.evidence == "point" else "failed",
                level=None if rule.doubts or rule.evidence == "point" else 1 - rule.alpha,
            ),
        )  # fmt: skip


def _of_rule(result: AuditResult, rule: RuleVerdict) -> Measure:
    group = tuple(rule.low_group or ())
    before = _before(result, rule)
    now = stories.value_of(result, tuple(rule.attributes), group, rule.metric, rule.cls, [rule])
    value = now.value if now else rule.value
    changed = rule.kind != "level"
    return Measure.model_validate(
        {
            "metric": rule.metric,
            "class": rule.cls,
            "unit": next((item.unit for item in result.metric_definitions if item.name == rule.metric), "number"),
            "low_group": rule.low_group,
            "high_group": rule.high_group,
            "low_value": before if changed else value,
            "low_n": None if changed or now is None else now.n,
            "high_value": value if changed else None,
            "high_n": now.n if changed and now else None,
            "difference": rule.value if changed else None,
            "at_least": rule.lower
            if changed and rule.lower is not None and rule.lower > 0 and not rule.doubts
            else None,
            "ratio": None,
            "ratio_at_most": None,
            "rules": [rule.rule],
        }
    )


def _before(result: AuditResult, rule: RuleVerdict) -> float | None:
    wanted = (rule.attributes, rule.low_group or [], rule.metric, rule.cls)
    changes = result.comparison.changes if result.comparison else []
    return next(
        (one.baseline.value for one in changes if (one.attributes, one.group, one.metric, one.cls) == wanted), None
    )


def _exchanges(result: AuditResult, flags: Flagged) -> Iterator[Told]:
    """Decisions that change when the group that a text names is exchanged: one finding for each axis."""
    pairs = [pair for pair in (result.probe.pairs if result.probe else []) if not pair.both]
    found = []
    for axis in dict.fromkeys(pair.axis for pair in pairs):
        widest = max((pair for pair in pairs if pair.axis == axis), key=lambda pair: (pair.lower or 0.0, pair.n or 0))
        if (widest.lower or 0.0) >= LEAST_FLIP_RATE:
            found.append(widest)
    for pair in sorted(found, key=lambda pair: -(pair.lower or 0.0)):
        lines = flags.coded("counterfactual_flip", pair.axis)
        yield _finding(
            "exchange", [], None, None, [],
            exchanged=carried.told(pair),
            flags=flags,
            lines=lines,
            sureness=Sureness(code="clear_of_chance", level=result.level),
        )  # fmt: skip


def _unexplained(result: AuditResult, flags: Flagged) -> Iterator[Told]:
    rate = next((one for one in result.flags.rates if one.code == "unexplained"), None)
    if rate is not None and rate.rate is not None and rate.lower is not None and rate.lower > MOST_UNEXPLAINED:
        lines = flags.coded("unexplained")
        yield _finding(
            "unexplained", [], None, None, [],
            share=rate.rate,
            flags=flags,
            lines=lines,
            sureness=Sureness(code="clear_of_chance", level=result.level),
        )  # fmt: skip


def _undecided(result: AuditResult) -> Iterator[Told]:
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
) -> Told:
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
