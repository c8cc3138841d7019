"""Models that tag words, and models that give several labels, audited from the rows to the verdict."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import audit
from audit.cli import call
from audit.errors import ExitCode
from audit.result import AuditResult
from tests.pipeline.several import (
    LABELS,
    biased_labeller,
    biased_tagger,
    entities_config,
    labels_config,
    rows,
)


@dataclass
class Audited:
    """An audit: what was asked, what came out, and where."""

    config: dict[str, Any]
    result: AuditResult
    run: Path

    def table(self, name: str) -> pd.DataFrame:
        return pd.read_parquet(self.run / f"{name}.parquet")

    def flagged(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in (self.run / "flagged.jsonl").read_text().splitlines()]

    def verdicts(self) -> dict[str | None, str]:
        assert self.result.judgement is not None
        return {rule.cls: rule.status for rule in self.result.judgement.rules}

    def values(self, metric: str, group: str) -> dict[str | None, float | None]:
        return {v.cls: v.value for v in self.result.metrics if (v.metric, v.group) == (metric, [group])}


def _audited(config: dict[str, Any]) -> Audited:
    return Audited(config, audit.run(config), Path(config["output"]["folder"]))


@pytest.fixture(scope="module")
def entities(checkpoints: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Audited:
    folder = tmp_path_factory.mktemp("entities")
    return _audited(entities_config(biased_tagger(checkpoints["bert"], folder / "tagger"), folder))


@pytest.fixture(scope="module")
def labels(checkpoints: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Audited:
    folder = tmp_path_factory.mktemp("labels")
    model = biased_labeller(checkpoints["bert"], folder / "labeller")
    return _audited(labels_config(model, folder))


def test_every_true_entity_is_decided_about_and_every_found_one(entities: Audited) -> None:
    table = entities.table("decisions")
    true = {
        f"{row['id']}#{at + 1}": tag[2:] for row in rows() for at, tag in enumerate(row["tags"]) if tag.startswith("B-")
    }
    labelled = table[table["y_true"] != "O"].set_index("row_id")["y_true"]
    assert labelled.to_dict() == true
    assert set(table["cluster"]) <= {row["id"] for row in rows()}
    assert entities.result.classes == ["O", "person", "place"]
    assert not table["row_id"].duplicated().any()


def test_a_bias_against_a_group_of_entities_is_found(entities: Audited) -> None:
    assert entities.values("true_positive_rate", "she")["person"] == 0
    assert entities.values("true_positive_rate", "he")["person"] == 1
    assert entities.verdicts() == {"person": "fail", "place": "pass"}
    assert call(["gate", str(entities.run)]) == ExitCode.GATE_FAILED
    errors = [one for one in entities.flagged() if "disparate_error" in one["codes"]]
    assert errors
    assert {(one["groups"]["group"], one["y_true"], one["y_pred"]) for one in errors} == {("she", "person", "O")}


def test_an_entity_is_explained_at_its_first_word(entities: Audited) -> None:
    table = entities.table("attributions")
    about = entities.table("decisions").set_index("row_id")
    assert len(table) >= 8
    assert set(table["outcome"]) <= {"explained", "weak", "unexplained"}
    words = {row["id"]: row["words"] for row in rows()}
    named = table[(table["outcome"] == "explained") & (table["target_class"] == "person")]
    for one in table.to_dict("records"):
        decided = about.loc[one["row_id"]]
        assert (one["position"], one["target_class"]) == (decided["position"], decided["y_pred"])
        # A unit is a word of the data, whatever the tokens are.
        assert len(one["starts"]) == len(words[decided["example"]])
    assert len(named)
    for one in named.to_dict("records"):
        assert one["attributions"].argmax() == one["position"]  # what makes it a person is its name alone


def test_a_rule_is_asked_of_every_label(labels: Audited) -> None:
    assert labels.verdicts() == {LABELS[0]: "fail", LABELS[1]: "pass", LABELS[2]: "pass"}
    assert call(["gate", str(labels.run)]) == ExitCode.GATE_FAILED
    errors = [one for one in labels.flagged() if "disparate_error" in one["codes"]]
    assert errors
    assert {(one["output"], one["groups"]["group"], one["y_pred"]) for one in errors} == {("rude", "she", "(none)")}


def test_each_label_is_a_decision(labels: Audited) -> None:
    table = labels.table("decisions")
    assert len(table) == len(rows()) * len(LABELS) == labels.result.data.decisions
    assert table["row_id"].tolist()[:3] == [f"r0#{label}" for label in LABELS]
    told = table.assign(true=table["y_true"] != "(none)").pivot(index="example", columns="output", values="true")
    assert told.loc["r1"].to_dict() == rows()[1]["true"]
    explained = labels.table("attributions").merge(table[["row_id", "y_pred"]], on="row_id")
    assert (explained["target_class"] == explained["y_pred"]).all()
    assert [f"{row}#{label}" for row, label in zip(explained["row_id"].str.split("#").str[0], explained["output"],
                                                  strict=True)] == explained["row_id"].tolist()  # fmt: skip


@pytest.mark.parametrize("kind", ["entities", "labels"])
def test_reports_name_each_class(kind: str, entities: Audited, labels: Audited) -> None:
    done = {"entities": entities, "labels": labels}[kind]
    page = (done.run / "report.html").read_text()
    for cls in done.result.classes[1:]:
        assert f"“{cls}”" in page
    sarif = json.loads((done.run / "audit.sarif").read_text())["runs"][0]["results"]
    rules = [found["message"]["text"] for found in sarif if not found["ruleId"].startswith(("flag/", "finding/"))]
    failed = [cls for cls, status in done.verdicts().items() if status == "fail"]
    assert [f"By group, of cases that are “{cls}”" in text for cls, text in zip(failed, rules, strict=True)] == [True]
    flags = [found for found in sarif if found["ruleId"].startswith("flag/")]
    assert any("disparate_error" in found["properties"]["codes"] for found in flags)
    assert len({found["partialFingerprints"]["fairaudit/v1"] for found in sarif}) == len(sarif)
