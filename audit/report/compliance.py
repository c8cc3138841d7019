"""Compliance packs as readers see them: one line for every clause, with what answers it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from audit.frameworks.answer import STATUSES, AnsweredClause, AnsweredPack, ClauseStatus, answer, day_of
from audit.frameworks.loading import packs_of
from audit.frameworks.pack import Notice, Pack, in_language
from audit.frameworks.words import OTHER, anchor_of, keys_of
from audit.report.wording import Catalogue
from audit.result import AuditResult


@dataclass(frozen=True)
class Line:
    """One clause.

    Attributes
    ----------
    links
        What answers it: name, and anchor of its place in the report.
    lacks
        What does not, and why.
    remarks
        What a reader must know of it.
    """

    clause: str
    title: str
    status: ClauseStatus
    told: str
    links: list[tuple[str, str]]
    lacks: list[str]
    remarks: list[str]


@dataclass(frozen=True)
class Sheet:
    """One pack."""

    id: str
    title: str
    facts: str
    source: str
    remarks: list[str]
    counts: str
    keys: str
    lines: list[Line]


def sheets(frameworks: Sequence[str], result: AuditResult, t: Catalogue) -> list[Sheet]:
    """Hold the chosen packs against a result, and put the answers into words."""
    return [_sheet(item, t) for item in answer(packs_of(frameworks), result)]


def conclusion(frameworks: Sequence[str], result: AuditResult, t: Catalogue) -> str:
    """Say in one line how many clauses of the chosen packs are answered in which way."""
    answered = answer(packs_of(frameworks), result)
    counts: Counter[ClauseStatus] = Counter(clause.status for item in answered for clause in item.clauses)
    one = in_language(answered[0].pack.title, t.language)
    which = t("compliance.packs", n=len(answered), clauses=counts.total()) if len(answered) > 1 else one
    return t.pair(which, _counted(counts, t))


def _counted(counts: Mapping[ClauseStatus, int], t: Catalogue) -> str:
    return t.listed(t(f"compliance.count.{status}", n=counts[status]) for status in STATUSES if counts.get(status))


def lead(result: AuditResult, t: Catalogue) -> str:
    """Say what the answers are, and what they are not."""
    return t("compliance.lead", date=day_of(result).isoformat())


def compliance_lines(
    frameworks: Sequence[str], result: AuditResult, t: Catalogue, safe: Callable[[str], str]
) -> list[str]:
    """Go through packs in Markdown, with links into the report; nothing where none is chosen.

    Parameters
    ----------
    safe
        Keeps text from being read as Markdown.
    """
    if not frameworks:
        return []
    lines = [f"## {t('section.compliance')}", "", lead(result, t), ""]
    for sheet in sheets(frameworks, result, t):
        lines += [f"### {safe(sheet.title)}", "", f"**{sheet.counts}**", ""]
        keys = [t("compliance.keys", keys=sheet.keys)] if sheet.keys else []
        lines += [f"- {safe(told)}" for told in (sheet.facts, *sheet.remarks, *keys)]
        names = [t(f"compliance.{name}") for name in ("clause", "status", "answer")]
        lines += ["", f"| {' | '.join(names)} |", "|---|---|---|"]
        for line in sheet.lines:
            links = [f"[{safe(name)}](report.html#{anchor})" for name, anchor in line.links]
            answers = [*([t.listed(links)] if links else []), *map(safe, line.lacks)]
            lines.append(f"| {safe(t.pair(line.clause, line.title))} | {line.told} | {t.clauses(answers)} |")
        lines.append("")
    return lines


def facts(pack: Pack, t: Catalogue) -> str:
    """Say of what kind a pack is, since when it holds, and when somebody looked."""
    told = [in_language(pack.jurisdiction, t.language), t(f"compliance.kind.{pack.status}")]
    if pack.effective_from is not None:
        told.append(t("compliance.effective", date=pack.effective_from.isoformat()))
    return " · ".join([*told, t("compliance.reviewed", date=pack.last_reviewed.isoformat())])


def field_name(field: str, t: Catalogue) -> str:
    """Name what words are asked for; a pack of an installed package names its own."""
    return field.removeprefix(OTHER) if field.startswith(OTHER) else t(f"compliance.field.{field}")


def _sheet(item: AnsweredPack, t: Catalogue) -> Sheet:
    pack = item.pack
    note = [in_language(pack.note, t.language)] if pack.note else []
    return Sheet(
        id=pack.id,
        title=in_language(pack.title, t.language),
        facts=facts(pack, t),
        source=pack.source,
        remarks=[*_notices(item.notices, t), *note],
        counts=_counted(item.counts, t),
        keys=t.listed(keys_of(item.without_words)),
        lines=[_line(clause, t) for clause in item.clauses],
    )


def _line(item: AnsweredClause, t: Catalogue) -> Line:
    clause = item.clause
    source = [t("compliance.source", source=clause.source)] if clause.source else []
    note = [in_language(clause.note, t.language)] if clause.note else []
    links = [(t(f"compliance.evidence.{found.code}"), found.section) for found in item.evidence if found.section]
    links += [(field_name(field, t), anchor_of(field)) for field, text in item.words.items() if text]
    return Line(
        clause=clause.clause,
        title=in_language(clause.title, t.language),
        status=item.status,
        told=t(f"compliance.status.{item.status}"),
        links=links,
        lacks=[*_absent(item, t), *_unsaid(item, t)],
        remarks=[*_notices(item.notices, t), *note, *source],
    )


def _notices(found: Sequence[Notice], t: Catalogue) -> list[str]:
    return [t(f"compliance.notice.{notice.code}", **notice.params) for notice in found]


def _absent(item: AnsweredClause, t: Catalogue) -> list[str]:
    return [
        t(
            f"compliance.absent.{found.state}",
            name=t(f"compliance.evidence.{found.code}"),
            why=t(f"compliance.why.{found.why}", **found.params),
        )
        for found in item.evidence
        if found.why is not None
    ]


def _unsaid(item: AnsweredClause, t: Catalogue) -> list[str]:
    asks = item.status != "not_applicable"
    names = [field_name(field, t) for field, text in item.words.items() if asks and not text]
    return [t("compliance.unsaid", names=t.listed(names))] if names else []
