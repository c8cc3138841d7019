"""Attributes that are of entities by themselves: their type, and what a list of names says of their text."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import audit
from audit.errors import AuditError
from audit.pipeline.persons import is_person
from audit.result import AuditResult
from audit.store.columns import group_column
from audit.terms.people import load_names

NAMES = load_names(("en",))
#: A given name of each origin that no other group has.
GIVEN = {group.values[0]: name for group in NAMES.groups for name in group.given if name.lower() in NAMES.groups_of}
#: Of each origin, in how many of ten rows the person is found.
FOUND = {origin: 9 - i for i, origin in enumerate(sorted(GIVEN))}


def sentences() -> list[dict[str, Any]]:
    rows = []
    for origin, name in sorted(GIVEN.items()):
        for i in range(10):
            found = "B-person" if i < FOUND[origin] else "O"
            invented = "B-person" if i == 0 else "O"
            rows.append(
                {
                    "id": f"{origin} {i}",
                    "tokens": [name, "saw", "Zanzibar", "today"],
                    "tags": ["B-person", "O", "B-location", "O"],
                    "stored": [found, "O", "B-location", invented],
                    "source": "ab"[i % 2],
                }
            )
    return rows


def config(folder: Path, attributes: list[Any], **more: Any) -> dict[str, Any]:
    (folder / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in sentences()))
    columns = {"input": "tokens", "label": "tags", "prediction": "stored", "id": "id"}
    return {
        "data": {"path": str(folder / "rows.jsonl"), "outcome": "entities", "columns": columns},
        "attributes": attributes,
        "output": {"folder": str(folder / "run")},
        **more,
    }


def values(result: AuditResult, attribute: str, metric: str, cls: str | None = None) -> dict[str, float | None]:
    return {
        v.group[0]: v.value
        for v in result.metrics
        if (v.attributes, v.metric, v.cls) == ([attribute], metric, cls) and not v.stratum
    }


@pytest.fixture(scope="module")
def audited(tmp_path_factory: pytest.TempPathFactory) -> tuple[AuditResult, Path]:
    folder = tmp_path_factory.mktemp("entities")
    attributes: list[Any] = [{"entity": "type"}, {"entity": "name_origin", "name": "names"}, "source"]
    rules: list[dict[str, Any]] = [
        {"metric": "micro_recall", "limit": 0.9, "over": ["names"]},
        {"name": "everywhere", "metric": "micro_recall", "limit": 0.95},
    ]
    return audit.run(config(folder, attributes, policy={"rules": rules})), folder / "run"


def test_recall_by_the_origin_of_names_is_what_was_stored(audited: tuple[AuditResult, Path]) -> None:
    found = values(audited[0], "names", "micro_recall")
    assert {origin: found[origin] for origin in GIVEN} == pytest.approx({o: n / 10 for o, n in FOUND.items()})
    assert found["(missing)"] == 1.0  # the place, whose name says nothing


def test_recall_by_type(audited: tuple[AuditResult, Path]) -> None:
    found = values(audited[0], "entity type", "micro_recall")
    assert found == pytest.approx({"location": 1.0, "person": sum(FOUND.values()) / (10 * len(FOUND))})


def test_a_rule_that_names_no_attribute_asks_of_them_all(audited: tuple[AuditResult, Path]) -> None:
    assert audited[0].judgement is not None
    asked = {tuple(rule.attributes) for rule in audited[0].judgement.rules if rule.rule == "everywhere"}
    assert asked == {("entity type",), ("names",), ("source",)}


def test_an_invented_entity_is_of_the_type_that_was_found(audited: tuple[AuditResult, Path]) -> None:
    table = pd.read_parquet(audited[1] / "decisions.parquet")
    invented = table[(table["y_true"] == "O") & (table["y_pred"] == "person")]
    assert len(invented) == len(GIVEN)
    assert set(invented[group_column("entity type")]) == {"person"}
    assert set(invented[group_column("names")]) == {"(missing)"}


def test_whole_rows_have_groups_of_rows_alone(audited: tuple[AuditResult, Path]) -> None:
    result, _ = audited
    of = {tuple(v.attributes) for v in result.metrics if v.metric == "exact_match"}
    assert of == {(), ("source",)}
    assert result.judgement is not None and [rule.status for rule in result.judgement.rules] != []


def test_the_decision_table_verifies(audited: tuple[AuditResult, Path]) -> None:
    from audit.cli import call

    assert call(["verify", str(audited[1])]) == 0


@pytest.mark.parametrize(
    ("attributes", "more", "problem"),
    [
        ([{"entity": "colour"}], {}, "entities have no 'colour'"),
        ([{"entity": "type", "column": "source"}], {}, "give one of"),
        ([{"entity": "type", "outside_gaps": ["animal"]}], {}, "outside_gaps names 'animal'"),
        (
            [{"entity": "type"}],
            {"policy": {"rules": [{"metric": "micro_recall", "limit": 0.1, "exempt": ["animal"]}]}},
            "no group is called 'animal'",
        ),
    ],
)
def test_what_is_asked_wrongly_is_one_clear_error(
    tmp_path: Path, attributes: list[Any], more: dict[str, Any], problem: str
) -> None:
    with pytest.raises(AuditError, match=problem):
        audit.run(config(tmp_path, attributes, **more))


def test_only_entities_have_groups_of_their_own(tmp_path: Path) -> None:
    asked = config(tmp_path, [{"entity": "type"}])
    asked["data"] = {"path": "rows.csv", "columns": {"label": "y", "prediction": "p"}}
    with pytest.raises(AuditError, match="which go with"):
        audit.run(asked)


def test_names_that_agree_tell_an_origin_whoever_else_bears_them() -> None:
    two = next(group for group in NAMES.groups if group.family)
    origin, family = two.values[0], two.family[0]
    # Family names are of women and of men.
    assert NAMES.value_of(family, "name_origin") == origin
    assert NAMES.value_of(family, "name_gender") is None
    assert NAMES.value_of(f"{two.given[0]} {family}", "name_gender") == two.values[1]
    assert NAMES.value_of(f"Dr. {two.given[0].upper()}", "name_gender") == two.values[1]
    assert NAMES.value_of("Zanzibar", "name_origin") is None
    other = next(group for group in NAMES.groups if group.values[0] != origin and group.family)
    assert NAMES.value_of(f"{family} {other.family[0]}", "name_origin") is None


def test_persons_are_those_that_are_named_or_called_so() -> None:
    assert is_person("PER") and is_person("person") and not is_person("location")
    assert is_person("artist", ("artist",)) and not is_person("person", ("artist",))
