"""What answers the clauses of every pack, in audits with and without labels, and what documents make of it."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import audit
from audit.frameworks.answer import answer, asked_for, day_of
from audit.frameworks.evidence import look_up
from audit.frameworks.loading import all_packs, packs_of
from audit.frameworks.words import given_words
from audit.report.compliance import conclusion, sheets
from audit.report.wording import Catalogue
from audit.result import AuditResult

Make = Callable[..., dict[str, Any]]
#: Case -> pack -> status -> clauses. It is read by people: whoever changes a pack or a code reads the difference.
GOLDEN = Path(__file__).with_name("statuses.json")
EVERY = list(all_packs())


@pytest.fixture
def labelled(stored: Make, table: Callable[..., Path]) -> dict[str, Any]:
    path = table(
        y=[1, 0, 1, 1, 0, 0, 1, 0] * 30,
        p=[1, 0, 1, 0, 0, 1, 1, 0] * 30,
        g=["f", "m"] * 120,
        e=["a", "a", "b", "b", "b"] * 48,
    )
    return stored(
        path,
        attributes=["g", "e"],
        crossings=[["g", "e"]],
        policy={"presets": ["ll144"]},
        output__intended_use="Rank applications.",
        documentation={"provider": "Acme <&> Co", "distribution_date": "2026-01-31", "data_source": "  "},
        sign_off=[{"role": "auditor", "name": "Ana", "date": "2026-11-30"}],
        frameworks=EVERY,
    )


@pytest.fixture
def unlabelled(stored: Make, table: Callable[..., Path]) -> dict[str, Any]:
    config = stored(table(p=[1, 0, 1] * 40, g=["f", "m"] * 60), frameworks=EVERY)
    del config["data"]["columns"]["label"]
    return config


def statuses(result: AuditResult) -> dict[str, dict[str, list[str]]]:
    found: dict[str, dict[str, list[str]]] = {}
    for item in answer(packs_of(EVERY), result):
        for clause in item.clauses:
            found.setdefault(item.pack.id, {}).setdefault(clause.status, []).append(clause.clause.clause)
    return found


@pytest.mark.parametrize("case", ["labelled", "unlabelled"])
def test_statuses_are_those_of_the_golden_file(case: str, request: pytest.FixtureRequest) -> None:
    result = audit.run(request.getfixturevalue(case))
    assert statuses(result) == json.loads(GOLDEN.read_text(encoding="utf-8"))[case]


def test_links_of_the_page_lead_to_what_they_name(labelled: dict[str, Any], tmp_path: Path) -> None:
    audit.run(labelled)
    page = (tmp_path / "run" / "report.html").read_text(encoding="utf-8")
    section = page.split('<section id="compliance"')[1].split("</section>")[0]
    places = set(re.findall(r'<a href="#([^"]+)"', section))
    assert {
        "performance",
        "disparities",
        "gate",
        "limits",
        "method",
        "words-provider",
        "bias_audit",
        "sign_off",
    } <= places
    for place in places:
        assert page.count(f'id="{place}"') == 1, place
    assert "Acme &lt;&amp;&gt; Co" in page
    assert "`audit frameworks` lists" not in page
    assert page.index('id="gate"') < page.index('id="compliance"') < page.index('id="limits"')


def test_the_heading_says_how_many_clauses_are_answered(labelled: dict[str, Any], tmp_path: Path) -> None:
    result = audit.run({**labelled, "frameworks": ["nyc-ll144"]})
    says = Catalogue.of(result)
    found = statuses(result)["nyc-ll144"]
    assert conclusion(["nyc-ll144"], result, says) == (
        "New York City Local Law 144, bias audit of employment decision tools: "
        f"{len(found['present'])} with evidence present, {len(found['needs_words'])} in need of your words, "
        f"{len(found['not_applicable'])} not applicable"
    )
    several = conclusion(EVERY, result, says)
    clauses = sum(len(pack.clauses) for pack in all_packs().values())
    assert several.startswith(f"{len(EVERY)} packs with {clauses} clauses: ")
    assert conclusion(["nyc-ll144"], result, says) in (tmp_path / "run" / "report.html").read_text("utf-8")


def test_clauses_that_do_not_apply_ask_for_no_words(unlabelled: dict[str, Any]) -> None:
    result = audit.run(unlabelled)
    (pack,) = answer(packs_of(["cn-gbt-45654"]), result)
    assert next(item.status for item in pack.clauses if item.clause.clause == "Annotation") == "not_applicable"
    assert "data_preparation" not in pack.without_words
    (sheet,) = sheets(["cn-gbt-45654"], result, Catalogue.of(result))
    (lack,) = next(line.lacks for line in sheet.lines if line.clause == "Annotation")
    assert lack == "not applicable: Labels by group (the data have no labels, so errors cannot be counted)"


def test_words_that_nobody_asks_for_answer_a_clause_too(labelled: dict[str, Any]) -> None:
    given = {"test_data_justification": "The tool is new; a panel wrote applications."}
    answers = [
        answer(
            packs_of(["nyc-ll144"]), audit.run({**labelled, "frameworks": [], "documentation": words}, overwrite=True)
        )
        for words in ({}, given)
    ]
    without, told = (next(item for item in pack.clauses if item.clause.clause == "§ 5-302(b)") for (pack,) in answers)
    assert (without.status, without.words) == ("present", {})
    assert (told.status, told.words) == ("present", given)


def test_without_a_framework_one_line_says_where_they_are(labelled: dict[str, Any], tmp_path: Path) -> None:
    audit.run({**labelled, "frameworks": []})
    page = (tmp_path / "run" / "report.html").read_text(encoding="utf-8")
    assert 'id="compliance"' not in page
    assert page.count("`audit frameworks` lists") == 1


def test_no_document_says_that_a_requirement_is_met(labelled: dict[str, Any], tmp_path: Path) -> None:
    audit.run(labelled)
    for path in (tmp_path / "run").iterdir():
        if path.suffix in {".html", ".md", ".json", ".xml", ".sarif", ".csv"}:
            text = path.read_text(encoding="utf-8")
            # Plotly's own source stands in the page, packed.
            assert not re.search(r"\bcomplian(t|tly)\b|\bcomplies\b|\bin compliance\b", text, re.I), path.name
            assert not re.search("已合规|完全合规|符合规定", text), path.name
    for pack in all_packs().values():
        assert not re.search(r"\bcompliant\b|已合规", pack.model_dump_json(), re.I), pack.id


def test_a_pack_is_held_against_the_day_of_the_audit(labelled: dict[str, Any]) -> None:
    result = audit.run({**labelled, "frameworks": []})

    def on(day: str) -> dict[str, list[str]]:
        timings = result.timings.model_copy(update={"finished": f"{day}T23:59:59+00:00"})
        held = answer(packs_of(EVERY), result.model_copy(update={"timings": timings}))
        return {item.pack.id: [notice.code for notice in item.notices] for item in held}

    now, later = on("2026-12-15"), on("2027-12-15")
    assert now["eu-ai-act"] == ["not_yet"]
    assert now["us-co-sb26-189"] == ["not_yet"]
    assert now["us-ugesp"] == ["being_rescinded"]
    assert now["eu-pren-18283"] == ["draft"]
    assert now["nyc-ll144"] == []
    assert later["eu-ai-act"] == ["unreviewed"]
    assert later["us-ugesp"] == ["being_rescinded", "unreviewed"]
    moved = result.model_copy(
        update={"timings": result.timings.model_copy(update={"finished": "2026-11-30T23:30:00-05:00"})}
    )
    assert day_of(moved) == dt.date(2026, 11, 30)


def test_evidence_of_a_model_is_there_or_says_which_key_asks_for_it(model_case: Make) -> None:
    result = audit.run(model_case(policy={"presets": ["four-fifths"]}, discovery={}, gaps={"sample": 0}))
    there = {code: look_up(code, result) for code in ("explanations", "decision_sheets", "model_description")}
    assert {item.state for item in there.values()} == {"present"}
    assert there["explanations"].section == "explanations"
    absent = {code: look_up(code, result) for code in ("counterfactual_probe", "gap_decomposition", "sign_off")}
    assert {code: item.params.get("key") for code, item in absent.items()} == {
        "counterfactual_probe": "exchange", "gap_decomposition": "gaps.sample", "sign_off": "sign_off",
    }  # fmt: skip
    assert look_up("crossed_groups", result).why == "one_attribute"
    assert look_up("change_since_baseline", result).why == "no_baseline"
    assert look_up("robustness", result).state == "missing"


def test_words_that_are_asked_for_are_told_before_anything_runs(labelled: dict[str, Any]) -> None:
    config = audit.AuditConfig.model_validate(labelled).model_dump(mode="json")
    asked = asked_for(packs_of(["nyc-ll144"])[0], config)
    assert "distribution_date" not in asked.without_words
    assert "data_source" in asked.without_words, "blanks are no words"
    assert asked.fields == 5
    assert asked_for(packs_of(["us-co-sb26-189"])[0], config).without_words[0] == "foreseeable_misuse"
    assert asked_for(packs_of(["sg-ai-verify"])[0], config).not_gathered == {"counterfactual_probe": "exchange"}
    assert given_words(config) == {
        "distribution_date": "2026-01-31", "provider": "Acme <&> Co",
    }  # fmt: skip
