"""One object for machines: what `audit run`, `gate` and `compare` print with `--format json`.

It holds the verdict and what it rests on, in codes and numbers as in `result.json`, with the sentences that people read
beside them. Everything else stands in the run folder that it names.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import Field

from audit.report.stories import ToldFinding, told
from audit.report.verdicts import gap_sentence, sentence, settled, titled, worst_first
from audit.report.wording import Catalogue
from audit.result import AuditResult, ClearGap, RuleVerdict, WaiverState
from audit.result.part import Part


class ToldGap(ClearGap):
    """A gap that is clear of chance, in words too."""

    said: str


class ToldRule(RuleVerdict):
    """What one rule said, in words too."""

    title: str = Field(description="What was judged, and what the rule asks of it.")
    said: str = Field(description="What was found, and what the rule makes of it.")
    settled_by: str | None = Field(description="What would settle it, or who is too small; null of neither.")


class ToldNextStep(Part):
    """What to do next about a finding."""

    code: str
    said: str
    evidence: list[str] = Field(description="Where in result.json what it rests on stands, as JSON pointers.")


class ToldStory(Part):
    """One of the findings that matter most, in words; result.json has it in codes and numbers, by the same id."""

    id: str
    kind: str
    severity: str
    headline: str = Field(description="Who against whom, and how much at least.")
    said: list[str] = Field(description="Other metrics, what carries it, what exchanging groups does, how sure it is.")
    examples: list[str] = Field(description="Ids of flagged decisions that belong to it.")
    next_steps: list[ToldNextStep]


class ToldAudit(Part):
    """What an audit found, and how it was judged."""

    title: str
    run: str = Field(description="The run folder.")
    report: str | None = Field(description="The HTML report of this verdict; null if none was written.")
    language: str = Field(description="Of all that is said.")
    verdict: str | None = Field(description="pass, fail, inconclusive or undefined; null if the audit has no policy.")
    exit_code: int = Field(description="What the gate exits with: 0 passed, 1 failed, 3 undecided.")
    decisions: int | None
    flagged: int | None = Field(description="Decisions that are flagged.")
    findings: list[ToldStory] = Field(description="Worst first, five at most.")
    gaps: int | None = Field(description="Gaps that were looked at.")
    clear_gaps: list[ToldGap] = Field(description="Those that are clear of chance.")
    rules: list[ToldRule] = Field(description="Worst first.")
    waivers: list[WaiverState]


def machine_audit(result: AuditResult, t: Catalogue, *, run: Path, report: Path | None, exit_code: int) -> Any:
    """Tell an audit to machines, as plain data."""
    judgement = result.judgement
    audit = ToldAudit(
        title=result.title,
        run=str(run),
        report=None if report is None else str(report),
        language=t.language,
        verdict=judgement.status if judgement else None,
        exit_code=exit_code,
        decisions=result.data.decisions,
        flagged=result.flags.decisions,
        findings=[_story(told(finding, t, result.judgement, words=False)) for finding in result.findings.items],
        gaps=result.clear_gaps.gaps,
        clear_gaps=[
            ToldGap.model_validate(gap.model_dump() | {"said": gap_sentence(gap, t)}) for gap in result.clear_gaps.items
        ],
        rules=[_rule(rule, t) for rule in worst_first(judgement.rules)] if judgement else [],
        waivers=judgement.waivers if judgement else [],
    )
    return audit.model_dump(mode="json", by_alias=True)


def _rule(rule: RuleVerdict, t: Catalogue) -> ToldRule:
    said = {"title": titled(rule, t), "said": sentence(rule, t), "settled_by": next(iter(settled(rule, t)), None)}
    return ToldRule.model_validate(rule.model_dump() | said)


def _story(story: ToldFinding) -> ToldStory:
    return ToldStory(
        id=story.finding.id,
        kind=story.finding.kind,
        severity=story.finding.severity,
        headline=story.headline,
        said=story.sentences,
        examples=[example.row_id for example in story.finding.examples],
        next_steps=[ToldNextStep(code=step.code, said=step.text, evidence=step.evidence) for step in story.steps],
    )
