"""How the clauses of a pack are answered by one result: a status for each, never a judgement of the answer.

All evidence of a clause that applies has to be there, and all its words. What is missing weighs more than what nobody
has written yet, since it takes another audit. A clause none of whose evidence applies to this audit is not applicable.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

from audit.frameworks.evidence import Evidence, look_up, not_asked_for
from audit.frameworks.pack import Clause, Notice, Pack, clause_notices, notices
from audit.frameworks.words import words_for
from audit.result import AuditResult

ClauseStatus = Literal["present", "needs_words", "not_applicable", "missing"]
STATUSES: tuple[ClauseStatus, ...] = ("present", "needs_words", "missing", "not_applicable")


@dataclass(frozen=True)
class AnsweredClause:
    """One clause, and what answers it.

    Attributes
    ----------
    words
        Field -> what people said; empty where nobody did.
    """

    clause: Clause
    status: ClauseStatus
    evidence: list[Evidence]
    words: dict[str, str]
    notices: list[Notice]


@dataclass(frozen=True)
class AnsweredPack:
    """One pack, and what answers each of its clauses."""

    pack: Pack
    notices: list[Notice]
    clauses: list[AnsweredClause]

    @property
    def counts(self) -> dict[ClauseStatus, int]:
        """How many clauses have each status; those that none has are left out."""
        found = {status: sum(item.status == status for item in self.clauses) for status in STATUSES}
        return {status: n for status, n in found.items() if n}

    @property
    def without_words(self) -> list[str]:
        """Fields that nobody said anything for, each once; clauses that do not apply ask for none."""
        asking = [item for item in self.clauses if item.status != "not_applicable"]
        return list(dict.fromkeys(name for item in asking for name, text in item.words.items() if not text))


def answer(packs: Iterable[Pack], result: AuditResult) -> list[AnsweredPack]:
    """Hold packs against a result, as of the day on which the audit ended."""
    on = day_of(result)
    return [
        AnsweredPack(pack, notices(pack, on), [_answer(pack, clause, result, on) for clause in pack.clauses])
        for pack in packs
    ]


def day_of(result: AuditResult) -> date:
    """Day on which the audit ended."""
    return datetime.fromisoformat(result.timings.finished).date()


def _answer(pack: Pack, clause: Clause, result: AuditResult, on: date) -> AnsweredClause:
    evidence = [look_up(code, result) for code in clause.evidence]
    words = {name: words_for(name, result.config) for name in clause.fields}
    more = {name: text for name in clause.optional if (text := words_for(name, result.config))}
    states = {item.state for item in evidence}
    status: ClauseStatus
    if states == {"not_applicable"}:
        status = "not_applicable"
    elif "missing" in states:
        status = "missing"
    elif not all(words.values()):
        status = "needs_words"
    else:
        status = "present"
    return AnsweredClause(clause, status, evidence, words | more, clause_notices(pack, clause, on))


@dataclass(frozen=True)
class Asked:
    """What a pack asks of a configuration.

    Attributes
    ----------
    fields
        How many fields it asks words for.
    without_words
        Those that the configuration gives none for.
    not_gathered
        Code of evidence -> the key of the configuration that it needs, and that is empty.
    """

    fields: int
    without_words: list[str]
    not_gathered: dict[str, str]


def asked_for(pack: Pack, config: dict[str, Any]) -> Asked:
    """Hold a pack against a configuration, before anything is audited."""
    fields = list(dict.fromkeys(name for clause in pack.clauses for name in clause.fields))
    codes = dict.fromkeys(code for clause in pack.clauses for code in clause.evidence)
    needed = {code: key for code in codes if (key := not_asked_for(code, config)) is not None}
    return Asked(len(fields), [name for name in fields if not words_for(name, config)], needed)
