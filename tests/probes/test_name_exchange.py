"""Names in the place of persons: a tagger that knows the names of one group finds these and no others."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from audit import run
from audit.errors import AuditError, ConfigError, DataError
from audit.models import registry
from audit.result import AuditResult
from audit.store.columns import group_column
from audit.terms.people import load_names
from tests.probes.tagger import Tagger

PEOPLE = load_names(["en"])
ANGLO = [
    name for group in PEOPLE.groups if group.values[0] == "Anglo American" for name in (*group.given, *group.family)
]
EVERY = [name for group in PEOPLE.groups for name in (*group.given, *group.family)]
OWN = ["Bob", "Ross"]
ORIGIN, GENDER = "name_origin", "name_gender"
Make = Callable[..., dict[str, Any]]


@pytest.fixture
def make(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Make:
    def built(known: Iterable[str] = (*ANGLO, *OWN), rows: int = 24, **changes: Any) -> dict[str, Any]:
        names = list(known)
        built_in = registry.factories()
        monkeypatch.setattr(registry, "factories", lambda: built_in | {"by-heart": lambda c: Tagger(c, names)})
        lines = []
        for i in range(rows):
            words = ["Today", "Bob", "Ross", "met", "bob", "in", "Rome", "."]
            tags = ["O", "B-person", "I-person", "O", "B-person", "O", "B-place", "O"]
            if i % 3 == 0:
                words, tags = (
                    ["Mrs.", "Ross", "and", "Bob", "left", "."],
                    ["B-person", "I-person", "O", "B-person", "O", "O"],
                )
            lines.append(json.dumps({"tokens": words, "tags": tags, "id": f"r{i}", "site": "ab"[i % 2]}))
        (tmp_path / "rows.jsonl").write_text("\n".join(lines))
        config: dict[str, Any] = {
            "model": {"path": str(tmp_path), "task": "by-heart"},
            "data": {
                "path": str(tmp_path / "rows.jsonl"),
                "outcome": "entities",
                "columns": {"input": "tokens", "label": "tags", "id": "id"},
            },
            "attributes": ["site"],
            "exchange": {},
            "explanations": {"which": "none"},
            "output": {"folder": str(tmp_path / "run")},
        }
        return config | changes

    return built


def values(result: AuditResult, metric: str, *attributes: str) -> dict[tuple[str, ...], float | None]:
    assert result.names is not None
    return {
        tuple(value.group): value.value
        for value in result.names.metrics
        if value.metric == metric and value.attributes == list(attributes)
    }


def test_who_knows_one_group_finds_one_group(make: Make) -> None:
    result = run(make())
    found = values(result, "name_recall", ORIGIN)
    # Two of five persons are written in small letters, as which no name is known.
    assert found == {(group.values[0],): 0.6 * (group.values[0] == "Anglo American") for group in PEOPLE.groups}
    assert list(values(result, "name_recall", GENDER).values()) == pytest.approx([0.6 / 7] * 2)
    assert values(result, "name_visible", ORIGIN) == {
        key: 1 - value for key, value in found.items() if value is not None
    }
    names = result.names
    assert names is not None
    # Of 8 rows, Mrs. Ross keeps her name, and Bob is exchanged; of 16, Bob Ross and bob.
    assert (names.persons, names.drawn, names.refused, names.exchanged) == (48, 48, {"title": 8}, 40)
    assert names.decisions == 40 * 14 * 4
    assert names.by_group == names.varies == 40 - 16, "what is written small is found by nobody"


def test_lower_case_is_kept_and_own_names_are_held_beside(make: Make) -> None:
    result = run(make([*ANGLO, "Bob", "Ross"]))
    names = result.names
    assert names is not None
    assert names.own.n == 40
    assert names.own.found == 24, "bob is not known in small letters"
    assert {tuple(group.group) for group in names.groups} == {group.values for group in PEOPLE.groups}
    assert all(len(group.names) == 4 for group in names.groups)


def test_the_gap_is_found_paired_and_judged(make: Make) -> None:
    rules = [
        {"metric": "name_recall", "limit": 0.05, "over": [ORIGIN]},
        {"metric": "name_recall", "limit": 0.05, "over": [GENDER], "name": "women and men"},
        {"metric": "name_visible", "at_most": 0.5, "over": [ORIGIN]},
        {"metric": "flag_rate:name_flip", "at_most": 0.1},
    ]
    result = run(make(rows=60, policy={"rules": rules}))
    assert result.judgement is not None
    assert [rule.status for rule in result.judgement.rules if rule.metric == "name_recall"] == ["fail", "pass"]
    assert {rule.status for rule in result.judgement.rules if rule.metric != "name_recall"} == {"fail"}
    assert result.names is not None
    (first, *_) = result.names.clear_gaps.items
    assert (first.metric, first.high_group) == ("name_recall", ["Anglo American"])
    correlation = next(c for c in result.names.correlations if c.attributes == [GENDER] and c.metric == "name_recall")
    assert correlation.matrix[0][1] == pytest.approx(1.0), "women and men are found in the same texts"


def test_flags_name_the_names(make: Make) -> None:
    config = make(rows=12)
    run(config)
    lines = [json.loads(line) for line in (Path(config["output"]["folder"]) / "flagged.jsonl").read_text().splitlines()]
    flips = [line for line in lines if "name_flip" in line["codes"]]
    assert {line["severity"] for line in flips} == {"high"}
    for line in flips:
        for tried in line["evidence"]["names"]:
            assert tried["found"] == (tried["group"][0] == "Anglo American")
            assert len(tried["names"]) == 4
    page = (Path(config["output"]["folder"]) / "report.html").read_text()
    assert "Deshawn" in page or "Tyrone" in page or "Lakisha" in page
    # A text is shown once, with the names that were tried listed below, and no section says that nothing was exchanged.
    assert "With the name in the text, the model says: person." in page
    assert re.search(r"Found as \w+ \w+, \w+ \w+ \(Anglo American × female\)", page)
    assert 'id="counterfactuals"' not in page


def test_one_who_knows_all_treats_all_alike(make: Make) -> None:
    result = run(make([*EVERY, *OWN], policy={"rules": [{"metric": "name_recall", "limit": 0.2}]}, rows=60))
    assert result.names is not None
    assert not result.names.clear_gaps.items
    assert result.names.by_group == 0
    assert result.judgement is not None
    assert {rule.status for rule in result.judgement.rules} == {"pass"}


def test_a_sample_is_seeded_and_weighted_back(make: Make) -> None:
    config = make(rows=60, exchange={"names": {"sample": 30, "per_group": 2}})
    first = run(config)
    again = run(config, overwrite=True)
    assert first.names == again.names
    assert first.names is not None
    assert first.names.drawn == 30
    table = pd.read_parquet(Path(config["output"]["folder"]) / "names.parquet")
    one = table[(table[group_column(ORIGIN)] == "Indian") & (table[group_column(GENDER)] == "male")]
    assert len(one) == 2 * first.names.exchanged
    assert (one["weight"] == 1 / one["inclusion_probability"]).all()
    assert set(one["cluster"]) == set(one["example"])
    other = run({**config, "seed": 5}, overwrite=True)
    assert other.names != first.names


def test_resumed_parts_are_not_decided_again(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    from audit.pipeline import run as pipeline

    config = make(rows=60)
    asked: list[int] = []
    counted = Tagger.windows

    def windows(self: Tagger, inputs: Any) -> Any:
        asked.append(len(inputs))
        return counted(self, inputs)

    monkeypatch.setattr(Tagger, "windows", windows)
    monkeypatch.setattr(pipeline, "explain_why", lambda *given: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        run(config)
    assert len(asked) > 2
    whole = list(asked)
    monkeypatch.undo()
    make(rows=60)
    asked.clear()
    monkeypatch.setattr(Tagger, "windows", windows)
    resumed = run(config, resume=True)
    assert not asked
    assert resumed.timings.shards_reused == len(whole)


def test_nobody_to_exchange(make: Make, tmp_path: Path) -> None:
    config = make(policy={"rules": [{"metric": "name_recall", "limit": 0.05}]})
    row = {"tokens": ["Rome", "fell"], "tags": ["B-place", "O"], "id": "x", "site": "a"}
    (tmp_path / "rows.jsonl").write_text("\n".join(json.dumps(row | {"id": str(i)}) for i in range(5)))
    result = run(config)
    assert result.names is not None
    assert (result.names.persons, result.names.metrics, result.names.own.rate) == (0, [], None)
    assert result.judgement is not None
    assert {rule.status for rule in result.judgement.rules} == {"undefined"}
    assert len(result.judgement.rules) == 2


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"exchange": {"names": {"types": ["people"]}}}, "'people'"),
        ({"exchange": {"names": {"per_group": 99}}}, "99 names"),
        ({"exchange": {"languages": ["zh"]}}, "built in"),
        ({"policy": {"rules": [{"metric": "name_recall", "limit": 0.1, "over": ["site"]}]}}, "'site' is not audited"),
        ({"policy": {"rules": [{"metric": "name_recall", "margin": 0.1}]}}, "not by its change"),
        ({"policy": {"rules": [{"metric": "name_recall", "limit": 0.1, "exempt": ["Swiss"]}]}}, "'Swiss'"),
        ({"policy": {"rules": [{"metric": "flip_rate", "at_most": 0.1}]}}, "flip_rate"),
        ({"exchange": None, "policy": {"rules": [{"metric": "name_recall", "limit": 0.1}]}}, "no names are exchanged"),
    ],
)
def test_what_cannot_be_asked_is_refused(changes: dict[str, Any], said: str, make: Make) -> None:
    with pytest.raises((ConfigError, DataError), match=said):
        run(make(**changes))


def test_a_model_without_persons(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    config = make()
    made = registry.factories()["by-heart"]

    def other(given: Any) -> Any:
        tagger = made(given)
        tagger.classes = ["O", "plant", "place"]
        return tagger

    monkeypatch.setattr(registry, "factories", lambda: {"by-heart": other})
    with pytest.raises(AuditError, match=r"called like a person|plant"):
        run(config)
