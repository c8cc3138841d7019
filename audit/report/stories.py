"""Findings in words: one telling for the page, the summary, the terminal, SARIF and every paper.

Each line is a whole sentence of the catalogue. Nothing here knows how a document looks.
"""

from __future__ import annotations

from dataclasses import dataclass

from audit.report.verdicts import Amount, titled
from audit.report.wording import Catalogue, count, group_name, number, percent
from audit.result import Carried, Carrier, Exchanged, Finding, Judgement, Measure, NextStep

#: Parts of a gap that are called by their own name; others by a message.
NAMED = frozenset({"identity", "lexicon", "word", "field", "region"})
#: The one kind of part that is text of the data.
WORD = "word"
#: What is left of a gap with everything masked: nothing to point at.
BASELINE = "baseline"
#: Parts named in one sentence.
MOST_NAMED = 3


@dataclass(frozen=True)
class ToldStep:
    """What to do next, and where in the result its evidence stands."""

    code: str
    text: str
    evidence: list[str]


@dataclass(frozen=True)
class ToldFinding:
    """One finding in words.

    Attributes
    ----------
    headline
        Who against whom, or what else it is about, by how much.
    also
        The other measures, a sentence each.
    rules
        Which rules fail on it; None where no rule does.
    why
        What carries it, and what masking does.
    exchange
        What exchanging the groups does.
    flagged
        How many flagged decisions belong to it.
    sure
        How sure it is.
    steps
        What to do next.
    """

    finding: Finding
    headline: str
    also: list[str]
    rules: str | None
    why: list[str]
    exchange: str | None
    flagged: str | None
    sure: str
    steps: list[ToldStep]

    @property
    def sentences(self) -> list[str]:
        """All but the headline and the steps, in order."""
        said = [*self.also, self.rules, *self.why, self.exchange, self.flagged, self.sure]
        return [sentence for sentence in said if sentence is not None]


def told(finding: Finding, t: Catalogue, judgement: Judgement | None = None, *, words: bool = True) -> ToldFinding:
    """Put a finding into words.

    Parameters
    ----------
    judgement
        Says what rules ask; without it they are told by their names.
    words
        Whether single words of the data may be named; they are not where logs keep what is printed.
    """
    first = finding.measures[0] if finding.measures else None
    rules = list(dict.fromkeys(rule for measure in finding.measures for rule in _rules(finding, measure, judgement, t)))
    return ToldFinding(
        finding=finding,
        headline=_headline(finding, first, t),
        also=[_measured(finding, measure, t) for measure in finding.measures[1:]],
        rules=t(f"finding.rules.{finding.severity}", rules=t.clauses(rules)) if rules else None,
        why=_why(finding, t, words),
        exchange=_exchange(finding.exchanged, t) if finding.exchanged and finding.kind != "exchange" else None,
        flagged=t("finding.flagged", n=count(finding.flagged)) if finding.flagged else None,
        sure=_sure(finding, first, t),
        steps=[ToldStep(step.code, _step(step, t, words), step.evidence) for step in finding.next_steps],
    )


def _rules(finding: Finding, measure: Measure, judgement: Judgement | None, t: Catalogue) -> list[str]:
    """Say what the rules ask that fail on a measure."""
    asked = (finding.attributes, measure.metric, measure.cls)
    titles = {
        rule.rule: titled(rule, t)
        for rule in (judgement.rules if judgement else [])
        # With controls, the other one of pooled and adjusted has the same name, and may pass.
        if rule.counts and rule.status == "fail" and (rule.attributes, rule.metric, rule.cls) == asked
    }
    return [titles.get(name, name) for name in measure.rules]


def _headline(finding: Finding, first: Measure | None, t: Catalogue) -> str:
    if finding.kind == "exchange" and finding.exchanged is not None:
        return _exchange(finding.exchanged, t)
    if finding.kind == "unexplained":
        return t("finding.unexplained", share=percent(finding.share))
    if finding.kind == "undecided":
        return t("finding.undecided", n=count(finding.undecided))
    if first is None:
        raise ValueError(f"a finding of kind {finding.kind!r} has no measure")
    return _measured(finding, first, t)


def _measured(finding: Finding, measure: Measure, t: Catalogue) -> str:
    """Say what a metric is for the two groups, or was and is for the one."""
    of_group: Amount = number if measure.unit == "number" else percent
    apart: Amount = number if measure.unit == "number" else t.points
    one, two = group_name(measure.low_group or []), group_name(measure.high_group or [])
    params = {
        "metric": t.phrase(measure.metric, measure.cls),
        "attributes": group_name(finding.attributes),
        "low": one,
        "high": two,
        "low_value": of_group(measure.low_value),
        "high_value": of_group(measure.high_value),
        "value": apart(measure.difference),
        "class": t.cls(measure.cls or ""),
    }
    if finding.kind == "change" and measure.low_group != measure.high_group:
        gaps = {"low_value": apart(measure.low_value), "high_value": apart(measure.high_value)}
        return t("finding.gap_change", **params | gaps)
    if finding.kind != "gap":
        where = "" if finding.attributes else ".all"
        return t(f"finding.{finding.kind}{where}", **params)
    if measure.low_value is None or measure.high_value is None:
        return t("finding.gap.suppressed", **params)
    own = [f"found.difference.{measure.metric}"] if measure.cls else []
    return t.first([*own, "found.difference"], **params)


def part_name(kind: str, name: str, t: Catalogue) -> str:
    """What a part of a gap is called."""
    if kind == "identity":
        return t.identity(name)
    if kind in NAMED:
        return name
    return t(f"why.part.{kind}.{name}" if kind == "special" else f"why.part.{kind}")


def _why(finding: Finding, t: Catalogue, words: bool) -> list[str]:
    carried = finding.carried
    if carried is None:
        return []
    if not carried.explains and carried.note is not None:
        return [t(f"why.not.{carried.note}")]
    said = []
    forth = [part for part in carried.carriers if part.value * carried.score_gap > 0]
    if any(part.kind != BASELINE for part in forth):
        named = [_carrier(part, t) for part in forth[:MOST_NAMED] if words or part.kind != WORD]
        hidden = [t("finding.part.words")] if len(named) < len(forth[:MOST_NAMED]) else []
        parts = t.listed([*named, *hidden])
        said.append(t("finding.carried", parts=parts, gap=_score_gap(finding, carried, t)))
    else:
        said.append(t("finding.carried.by_none", gap=_score_gap(finding, carried, t)))
    if carried.closes is not None and carried.closes_share is not None:
        closes = carried.closes_share if carried.closes.lower > 0 or carried.closes.upper < 0 else 0.0
        code = "finding.masking.closes" if closes > 0 else "finding.masking.nothing"
        said.append(t(code, share=percent(closes, 0)))
    return said


def _score_gap(finding: Finding, carried: Carried, t: Catalogue) -> str:
    """Say how wide the gap in the mean score is, and of which decisions where it is not of all."""
    gap = t.points(abs(carried.score_gap))
    cls = next((one.cls for one in finding.measures if one.metric == carried.metric), None)
    if carried.condition == "all" or cls is None:
        return gap
    return t.aside(gap, t(f"why.condition.{carried.condition}", **{"class": t.cls(cls)}))


def _carrier(part: Carrier, t: Catalogue) -> str:
    name = t("finding.part.baseline") if part.kind == BASELINE else part_name(part.kind, part.name, t)
    return t.aside(name, t.points(abs(part.value)))


def _exchange(seen: Exchanged, t: Catalogue) -> str:
    return t(
        "finding.exchange",
        source=t.among(seen.axis, seen.source),
        target=t.among(seen.axis, seen.target),
        n=count(seen.n),
        flips=count(seen.flips),
        rate=percent(seen.flip_rate),
        lower=percent(seen.lower),
    )


def _sure(finding: Finding, first: Measure | None, t: Catalogue) -> str:
    sure = finding.sureness
    level = _level(sure.level) if sure.level is not None else ""
    if first is None or first.at_least is None or sure.code not in {"failed", "clear_of_chance"}:
        return t(f"finding.sure.{sure.code}", level=level)
    apart: Amount = number if first.unit == "number" else t.points
    least = "changed" if finding.kind == "change" else "least"
    return t(f"finding.sure.{sure.code}.{least}", level=level, least=apart(first.at_least))


def _level(level: float) -> str:
    """Write a level with as many digits as keep it from looking like certainty."""
    return next(
        (text for digits in range(6) if (text := percent(level, digits)) != percent(1.0, digits)), percent(level)
    )


#: Parameters of actions that are shares, differences of rates, or counts.
_SHARES, _GAPS = {"share", "rate", "accuracy", "accuracy_then", "score"}, {"gap", "then", "most"}
_COUNTS = {"n", "high", "of", "others"}
#: Names of groups and of what they differ in; terms of a lexicon that change places.
_GROUPS, _ENDS = {"group", "attributes"}, {"source", "target"}


def _step(step: NextStep, t: Catalogue, words: bool) -> str:
    params: dict[str, str] = {}
    axis = str(step.params.get("axis", ""))
    for name, value in step.params.items():
        if isinstance(value, list):
            params[name] = group_name(value) or t("performance.overall") if name in _GROUPS else t.listed(value)
        elif isinstance(value, str):
            params[name] = t.phrase(value) if name == "metric" else t.among(axis, value) if name in _ENDS else value
        elif name in _SHARES:
            params[name] = percent(value, 0)
        elif name in _GAPS:
            params[name] = t.points(value)
        elif name in _COUNTS:
            params[name] = count(value)
        else:
            params[name] = f"{value:g}"
    if "kind" in params:
        if params["kind"] == WORD and not words:
            return t(f"next.{step.code}.unnamed", **params)
        params["part"] = part_name(params["kind"], params["name"], t)
    if "reason" in params:
        params["why"] = t(f"outcome.reason.{params['reason']}")
    if step.code in {"collect_decisions", "collect_to_assess"} and step.params["others"]:
        return t(f"next.{step.code}.more", **params)
    return t(f"next.{step.code}", **params)
