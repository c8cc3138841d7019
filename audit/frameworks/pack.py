"""What a pack is: one YAML file for one law, rule or standard."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, field_validator, model_validator

from audit.config.documentation import Day
from audit.frameworks.evidence import EVIDENCE
from audit.frameworks.words import is_field

#: What a source is, whenever it holds. `unconfirmed`: nobody could check what the pack says of it.
Status = Literal["adopted", "voluntary", "draft", "being_rescinded", "superseded", "unconfirmed"]
#: From this age on, a report says that nobody has looked.
STALE_DAYS = 180


def _by_language(value: Any) -> Any:
    return {"en": value} if isinstance(value, str) else value


_Sentence = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=600)]
#: A sentence in several languages, one of which is English; plain text is English.
Told = Annotated[dict[str, _Sentence], BeforeValidator(_by_language, json_schema_input_type=str | dict[str, str])]


def in_language(told: Mapping[str, str], language: str) -> str:
    """Return a sentence in a language, or else in English."""
    return told.get(language, told["en"])


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    @field_validator("title", "note", "jurisdiction", check_fields=False)
    @classmethod
    def _in_english(cls, told: dict[str, str] | None) -> dict[str, str] | None:
        if told is not None and "en" not in told:
            raise ValueError("give it in English (`en`) too")
        return told


class Clause(_Entry):
    """One clause, paragraph or control. What is left out is as the pack says."""

    clause: str = Field(min_length=1, description="Where it stands, for example `Art. 15(3)`.")
    title: Told = Field(description="What it asks, in our own words.")
    evidence: tuple[str, ...] = Field((), description="Codes of the evidence that answers it, all of them.")
    fields: tuple[str, ...] = Field((), description="Keys of the configuration that only people can fill.")
    optional: tuple[str, ...] = Field((), description="Keys whose words answer it too, but that are not asked for.")
    note: Told | None = Field(None, description="What a reader must know of it.")
    status: Status | None = None
    effective_from: Day | None = None
    superseded_by: str | None = None
    last_reviewed: Day | None = None
    source: str | None = Field(None, description="Address or citation.")

    @field_validator("evidence")
    @classmethod
    def _known_evidence(cls, codes: tuple[str, ...]) -> tuple[str, ...]:
        return _known(codes, [code for code in codes if code not in EVIDENCE], "evidence", sorted(EVIDENCE))

    @field_validator("fields", "optional")
    @classmethod
    def _known_fields(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        return _known(names, [name for name in names if not is_field(name)], "key for words", [])

    @model_validator(mode="after")
    def _answerable(self) -> Clause:
        if not self.evidence and not self.fields:
            raise ValueError(f"{self.clause}: names neither evidence nor fields, so nothing could answer it")
        return self


def _known(names: tuple[str, ...], unknown: list[str], what: str, known: list[str]) -> tuple[str, ...]:
    if unknown:
        there_is = f"; there is {', '.join(known)}" if known else ""
        raise ValueError(f"{unknown[0]!r} is no {what}{there_is}")
    if twice := [name for number, name in enumerate(names) if name in names[:number]]:
        raise ValueError(f"{twice[0]!r} stands twice")
    return names


class Pack(_Entry):
    """One law, rule or standard with its clauses."""

    id: str = Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")
    title: Told
    jurisdiction: Told
    status: Status
    effective_from: Day | None = Field(None, description="First day on which it holds; left out where none is known.")
    superseded_by: str | None = Field(None, description="What took its place.")
    superseded_on: Day | None = Field(None, description="First day on which that holds.")
    last_reviewed: Day
    source: str = Field(min_length=1, description="Address or citation.")
    note: Told | None = None
    clauses: tuple[Clause, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _agrees(self) -> Pack:
        names = [clause.clause for clause in self.clauses]
        if twice := [name for number, name in enumerate(names) if name in names[:number]]:
            raise ValueError(f"the clause {twice[0]!r} stands twice")
        if (self.status == "superseded" or self.superseded_on) and self.superseded_by is None:
            raise ValueError("superseded_by: says what took its place")
        return self


class Notice(BaseModel):
    """Something a reader must know of a pack or clause: a code with its parameters."""

    model_config = ConfigDict(frozen=True)

    code: Literal["not_yet", "superseded", "unreviewed", "draft", "being_rescinded", "unconfirmed"]
    params: dict[str, str | int] = Field(default_factory=dict)


def notices(pack: Pack, on: date) -> list[Notice]:
    """Say what a reader must know of a pack on a day: that it does not hold, or that nobody has looked."""
    found: list[Notice] = []
    if pack.superseded_by is not None and (pack.superseded_on is None or pack.superseded_on <= on):
        found.append(Notice(code="superseded", params={"by": pack.superseded_by}))
    elif pack.status in {"draft", "being_rescinded", "unconfirmed"}:
        found.append(Notice.model_validate({"code": pack.status}))
    return [*found, *_in_time(pack.effective_from, pack.last_reviewed, on)]


def clause_notices(pack: Pack, clause: Clause, on: date) -> list[Notice]:
    """Say what a reader must know of a clause that differs in this from its pack."""
    found: list[Notice] = []
    if clause.superseded_by is not None:
        found.append(Notice(code="superseded", params={"by": clause.superseded_by}))
    elif clause.status in {"draft", "being_rescinded", "unconfirmed"} and clause.status != pack.status:
        found.append(Notice.model_validate({"code": clause.status}))
    return [*found, *_in_time(clause.effective_from, clause.last_reviewed, on)]


def _in_time(effective_from: date | None, reviewed: date | None, on: date) -> list[Notice]:
    found = []
    if effective_from is not None and effective_from > on:
        found.append(Notice(code="not_yet", params={"date": effective_from.isoformat()}))
    if reviewed is not None and (on - reviewed).days > STALE_DAYS:
        params: dict[str, str | int] = {"date": reviewed.isoformat(), "days": (on - reviewed).days}
        found.append(Notice(code="unreviewed", params=params))
    return found
