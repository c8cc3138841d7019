"""Compliance packs as readers see them: one line for every clause, with what answers it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from audit.frameworks.answer import AnsweredClause, AnsweredPack, ClauseStatus, answer, day_of
from audit.frameworks.loading import packs_of
from audit.frameworks.pack import Notice, Pack, in_language
from audit.frameworks.words import OTHER, key_of
from audit.report.wording import Catalogue
from audit.result import AuditResult


@dataclass(frozen=True)
class Part:
    """One piece of what answers a clause: its name, where it stands, or why it does not.

    Attributes
    ----------
    anchor
        Of the place in the report; None where there is nothing to show.
    mark
        Words for what it is: evidence, or words.
    """

    name: str
    anchor: str | None
    why: str | None
    mark: str


@dataclass(frozen=True)
class Line:
    """One clause."""

    clause: str
    title: str
    status: ClauseStatus
    told: str
    parts: list[Part]
    remarks: list[str]
    source: str | None


@dataclass(frozen=True)
class Sheet:
    """One pack."""

    id: str
    title: str
    facts: str
    source: str
    remarks: list[str]
    counts: str
    lines: list[Line]


def sheets(frameworks: Sequence[str], result: AuditResult, t: Catalogue) -> list[Sheet]:
    """Hold the chosen packs against a result, and put the answers into words."""
    return [_sheet(item, t) for item in answer(packs_of(frameworks), result)]


def lead(result: AuditResult, t: Catalogue) -> str:
    """Say what the answers are, and what they are not."""
    return t("compliance.lead", date=day_of(result).isoformat())


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
        counts=" · ".join(f"{n} {t(f'compliance.status.{status}')}" for status, n in item.counts.items()),
        lines=[_line(clause, t) for clause in item.clauses],
    )


def _line(item: AnsweredClause, t: Catalogue) -> Line:
    clause = item.clause
    note = [in_language(clause.note, t.language)] if clause.note else []
    return Line(
        clause=clause.clause,
        title=in_language(clause.title, t.language),
        status=item.status,
        told=t(f"compliance.status.{item.status}"),
        parts=[*_evidence(item, t), *_words(item, t)],
        remarks=[*_notices(item.notices, t), *note],
        source=clause.source,
    )


def _notices(found: Sequence[Notice], t: Catalogue) -> list[str]:
    return [t(f"compliance.notice.{notice.code}", **notice.params) for notice in found]


def _evidence(item: AnsweredClause, t: Catalogue) -> list[Part]:
    return [
        Part(
            t(f"compliance.evidence.{found.code}"),
            found.section,
            None if found.why is None else t(f"compliance.why.{found.why}", **found.params),
            t(f"compliance.part.{found.state}"),
        )
        for found in item.evidence
    ]


def _words(item: AnsweredClause, t: Catalogue) -> list[Part]:
    return [
        Part(
            field_name(field, t),
            f"words-{field}" if text else None,
            None if text else t("compliance.no_words", key=key_of(field)),
            t("compliance.part.words" if text else "compliance.part.no_words"),
        )
        for field, text in item.words.items()
    ]
