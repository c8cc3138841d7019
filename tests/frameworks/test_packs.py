"""The packs that come along, and the loader that reads them."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from audit.config import DocumentationConfig
from audit.errors import ConfigError
from audit.frameworks.evidence import EVIDENCE
from audit.frameworks.loading import all_packs, packs_of, parse_pack
from audit.frameworks.pack import Clause, Pack, clause_notices, in_language, notices
from audit.frameworks.words import ELSEWHERE, is_field, key_of

PACKS = all_packs()
DAY = dt.date(2026, 11, 30)
PLAIN: dict[str, Any] = {
    "id": "own",
    "title": "Own",
    "jurisdiction": "Here",
    "status": "adopted",
    "last_reviewed": "2026-11-30",
    "source": "https://example.org",
    "clauses": [{"clause": "1", "title": "Something", "evidence": ["limits"]}],
}


def pack(**changes: Any) -> Pack:
    return Pack.model_validate({**PLAIN, **changes})


def clause(**changes: Any) -> dict[str, Any]:
    return {"clause": "1", "title": "Something", **changes}


@pytest.mark.parametrize("name", list(PACKS))
def test_every_pack_says_where_it_comes_from_and_who_looked_when(name: str) -> None:
    one = PACKS[name]
    assert one.last_reviewed <= dt.date(2026, 12, 31)
    assert one.source
    for told in (one.title, one.jurisdiction, *(item.title for item in one.clauses)):
        assert set(told) == {"en", "zh"}
    for note in (one.note, *(item.note for item in one.clauses)):
        assert note is None or set(note) == {"en", "zh"}
    if one.status in {"draft", "being_rescinded", "unconfirmed"}:
        assert one.note, "what is unsettled is said in words"
    for item in one.clauses:
        assert item.status != "unconfirmed" or item.note


def test_the_packs_that_are_asked_for_are_there() -> None:
    assert set(PACKS) == {
        "nyc-ll144", "us-ugesp", "eu-ai-act", "eu-pren-18283", "nist-ai-rmf", "nist-ai-800-3", "nist-ai-600-1",
        "iso-tr-24027", "iso-42001", "us-sr-26-2", "us-co-sb26-189", "us-ca-feha", "us-reg-b", "cn-gbt-45654",
        "sg-ai-verify",
    }  # fmt: skip
    assert {item.clause for item in PACKS["iso-42001"].clauses} == {
        "A.5.2", "A.5.3", "A.5.4", "A.5.5", "A.6.2.4", "A.6.2.7", "A.6.2.8", "A.7.2", "A.7.3", "A.7.4", "A.7.5",
        "A.7.6", "A.8.2",
    }  # fmt: skip
    assert {item.clause for item in PACKS["nist-ai-600-1"].clauses} == {f"MS-2.11-00{n}" for n in range(1, 6)}
    ai_act = " ".join(item.clause for item in PACKS["eu-ai-act"].clauses)
    assert all(place in ai_act for place in ("Annex IV(2)(g)", "Art. 10", "Art. 13", "Art. 15", "Art. 27", "Art. 86"))
    assert PACKS["eu-ai-act"].effective_from == dt.date(2027, 12, 2)
    assert PACKS["us-co-sb26-189"].effective_from == dt.date(2027, 1, 1)
    assert "3046-AB43" in in_language(PACKS["us-ugesp"].note or {}, "en")


def test_every_key_and_every_code_is_asked_for_by_some_pack() -> None:
    clauses = [item for one in PACKS.values() for item in one.clauses]
    assert {code for item in clauses for code in item.evidence} == set(EVIDENCE)
    fields = {name for item in clauses for name in (*item.fields, *item.optional)}
    assert fields == {*DocumentationConfig.model_fields, *ELSEWHERE} - {"other"}


def test_keys_of_fields_exist() -> None:
    assert (key_of("intended_use"), key_of("provider")) == ("output.intended_use", "documentation.provider")
    assert [is_field(name) for name in ("appeal_route", "other.tier", "other.", "other", "nobody")] == [
        True, True, False, False, False,
    ]  # fmt: skip


def test_the_page_tells_of_every_pack_and_every_code() -> None:
    page = (Path(__file__).parents[2] / "docs" / "frameworks.md").read_text(encoding="utf-8")
    for name in (*PACKS, *EVIDENCE):
        assert f"| `{name}` |" in page


def test_the_pack_of_the_page_is_valid() -> None:
    page = (Path(__file__).parents[2] / "docs" / "frameworks.md").read_text(encoding="utf-8")
    shown = parse_pack(page.split("```yaml\n")[1].split("```")[0], "docs/frameworks.md")
    assert in_language(shown.clauses[0].title, "zh") == "对每个群体统计错误"


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"tilte": "Own"}, "tilte: Extra inputs are not permitted"),
        ({"id": "Own Pack"}, "id: "),
        ({"status": "valid"}, "status: "),
        ({"title": {"zh": "自己的"}}, "title: give it in English"),
        ({"last_reviewed": 0}, "last_reviewed: 0 is no day"),
        ({"status": "superseded"}, "superseded_by: says what took its place"),
        ({"superseded_on": "2026-01-01"}, "superseded_by: says what took its place"),
        ({"clauses": []}, "clauses: "),
        ({"clauses": [clause(evidence=["limits"]), clause(evidence=["limits"])]}, "the clause '1' stands twice"),
        ({"clauses": [clause()]}, "names neither evidence nor fields"),
        ({"clauses": [clause(evidence=["luck"])]}, "'luck' is no evidence; there is adverse_impact_table"),
        ({"clauses": [clause(evidence=["limits", "limits"])]}, "'limits' stands twice"),
        ({"clauses": [clause(fields=["other"])]}, "'other' is no key for words"),
        ({"clauses": [clause(fields=["nobody"])]}, "'nobody' is no key for words"),
        ({"clauses": [clause(evidence=["limits"], weight=2)]}, "clauses.0.weight: Extra inputs"),
    ],
)
def test_a_pack_that_is_wrong_is_refused_with_its_key(changes: dict[str, Any], told: str) -> None:
    text = yaml.safe_dump({**PLAIN, **changes}, allow_unicode=True)
    with pytest.raises(ConfigError) as refused:
        parse_pack(text, "own.yaml")
    assert told in str(refused.value)
    assert str(refused.value).startswith("own.yaml: ")


@pytest.mark.parametrize("text", ["", "[1]", "id: a\nid: b\n", "a: b: c", "- {"])
def test_what_is_no_pack_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match=r"own\.yaml"):
        parse_pack(text, "own.yaml")


names = st.text(st.characters(codec="ascii", categories=["Ll", "Nd"], include_characters="_.-"), max_size=24)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | names,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
    max_leaves=8,
)


@settings(deadline=None, derandomize=True)
@given(st.dictionaries(st.sampled_from([*PLAIN, "note", "superseded_by", "extra"]), values, max_size=4))
def test_any_pack_is_read_or_refused_and_never_half_read(changes: dict[str, Any]) -> None:
    plain = {**PLAIN, **changes}
    try:
        read = parse_pack(yaml.safe_dump(plain, allow_unicode=True), "own.yaml")
    except ConfigError as error:
        assert "own.yaml" in str(error)
        return
    assert set(plain) <= set(Pack.model_fields)
    assert read.id == plain["id"]
    assert len(read.clauses) == len(plain["clauses"])


@settings(deadline=None, derandomize=True)
@given(st.lists(names, max_size=3), st.lists(names, max_size=3))
def test_only_known_codes_and_fields_are_taken(evidence: list[str], fields: list[str]) -> None:
    known = set(evidence) <= set(EVIDENCE) and all(map(is_field, fields))
    once = len({*evidence}) + len({*fields}) == len(evidence) + len(fields)
    try:
        Clause.model_validate(clause(evidence=evidence, fields=fields))
    except ValidationError:
        assert not (known and once and (evidence or fields))
    else:
        assert known
        assert once


def test_a_mistyped_id_names_the_nearest() -> None:
    with pytest.raises(ConfigError, match="no framework 'nyc-l144'; did you mean 'nyc-ll144'"):
        packs_of(["nyc-l144"])
    assert [one.id for one in packs_of(["us-reg-b", "eu-ai-act", "us-reg-b"])] == ["us-reg-b", "eu-ai-act"]
    assert packs_of([]) == []


def codes(one: Pack, on: dt.date = DAY) -> list[str]:
    return [notice.code for notice in notices(one, on)]


def test_what_a_reader_must_know_depends_on_the_day() -> None:
    late = pack(effective_from="2027-01-01")
    assert [codes(late, dt.date(2026, 12, 31)), codes(late, dt.date(2027, 1, 1))] == [["not_yet"], []]
    old = pack(last_reviewed="2026-01-01")
    assert [codes(old, dt.date(2026, 6, 30)), codes(old, dt.date(2026, 7, 1))] == [[], ["unreviewed"]]
    assert notices(old, dt.date(2026, 7, 1))[0].params == {"date": "2026-01-01", "days": 181}
    gone = pack(superseded_by="SR 26-2", superseded_on="2026-04-17")
    assert [codes(gone, dt.date(2026, 4, 16)), codes(gone, dt.date(2026, 4, 17))] == [[], ["superseded"]]
    assert codes(pack(superseded_by="SR 26-2", status="superseded")) == ["superseded"]
    assert [codes(pack(status=status)) for status in ("draft", "being_rescinded", "unconfirmed", "voluntary")] == [
        ["draft"], ["being_rescinded"], ["unconfirmed"], [],
    ]  # fmt: skip


def test_a_clause_says_where_it_differs_from_its_pack() -> None:
    own = clause(evidence=["limits"], status="unconfirmed", effective_from="2027-01-01", last_reviewed="2026-01-01")
    one = pack(clauses=[own, {**clause(evidence=["limits"]), "clause": "2"}])
    first, second = ([notice.code for notice in clause_notices(one, item, DAY)] for item in one.clauses)
    assert first == ["unconfirmed", "not_yet", "unreviewed"]
    assert second == []
