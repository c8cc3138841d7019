"""Verdicts in the shapes that Great Expectations, Evidently and GitLab read."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import jsonschema
import pandas as pd
import pytest
import yaml

from audit.cli import call

#: What the classes of Great Expectations 1.x write and read: `ExpectationSuiteValidationResultSchema`.
VALIDATION = {
    "type": "object",
    "required": ["success", "results", "suite_name", "suite_parameters", "statistics", "meta", "id"],
    "additionalProperties": False,
    "properties": {
        "success": {"type": "boolean"},
        "suite_name": {"type": "string"},
        "suite_parameters": {"type": "object"},
        "meta": {"type": "object"},
        "id": {"type": ["string", "null"]},
        "statistics": {
            "required": [
                "evaluated_expectations", "successful_expectations", "unsuccessful_expectations", "success_percent",
            ],
        },
        "results": {
            "items": {
                "required": ["success", "expectation_config", "result", "meta", "exception_info"],
                "additionalProperties": False,
                "properties": {
                    "success": {"type": "boolean"},
                    "expectation_config": {
                        "required": ["type", "kwargs", "meta"],
                        "properties": {"type": {"pattern": "^expect_[a-z0-9_]+$"}, "kwargs": {"type": "object"}},
                    },
                    "result": {"required": ["observed_value"]},
                    "meta": {"type": "object"},
                    "exception_info": {
                        "required": ["raised_exception", "exception_message", "exception_traceback"],
                    },
                },
            },
        },
    },
}  # fmt: skip
#: What `Snapshot.dict` of Evidently 0.7 returns: `MetricResult.to_dict` and `MetricTestResult`.
SNAPSHOT = {
    "type": "object",
    "required": ["metrics", "tests"],
    "additionalProperties": False,
    "properties": {
        "metrics": {
            "minItems": 1,
            "items": {
                "required": ["id", "metric_name", "config", "value"],
                "properties": {"value": {"type": "number"}, "config": {"type": "object"}},
            },
        },
        "tests": {
            "items": {
                "required": ["id", "name", "description", "metric_config", "test_config", "status"],
                "properties": {"status": {"enum": ["SUCCESS", "FAIL", "WARNING", "ERROR", "SKIPPED"]}},
            },
        },
    },
}
#: https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format
CODE_QUALITY = {
    "type": "array",
    "items": {
        "required": ["description", "check_name", "fingerprint", "severity", "location"],
        "properties": {
            "description": {"type": "string", "minLength": 1},
            "severity": {"enum": ["info", "minor", "major", "critical", "blocker"]},
            "location": {
                "required": ["path", "lines"],
                "properties": {
                    "path": {"not": {"pattern": r"^(\./|/)"}},
                    "lines": {"required": ["begin"], "properties": {"begin": {"type": "integer", "minimum": 1}}},
                },
            },
        },
    },
}
RULES = [
    {"metric": "true_positive_rate", "limit": 0.1, "name": "fails"},
    {"metric": "selection_rate", "at_least": 0.1, "name": "passes"},
    {"metric": "false_positive_rate", "limit": 0.02, "name": "undecided"},
    {"metric": "true_positive_rate", "limit": 0.1, "name": "warns", "severity": "warn"},
    {"metric": "true_positive_rate", "limit": 0.2, "name": "waived"},
]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("checks")
    rows = 400
    pd.DataFrame(
        {
            "label": [i % 2 for i in range(rows)],
            "prediction": [(0, 1, 0, 0, 0, 1, 0, 1)[i % 8] for i in range(rows)],
            "g[a]": [("f", "m")[i % 8 > 3] for i in range(rows)],
        }
    ).to_csv(folder / "data.csv", index=False)
    waiver = {
        "rule": "waived", "reason": "agreed", "owner": "team", "approver": "board", "ceiling": 0.9,
        "granted": str(date.today()), "expires": str(date.today() + timedelta(days=60)),
    }  # fmt: skip
    config: dict[str, Any] = {
        "data": {
            "path": "data.csv", "columns": {"label": "label", "prediction": "prediction"}, "positive_label": "1",
        },
        "attributes": ["g[a]"],
        "policy": {"rules": RULES, "waivers": [waiver]},
        "output": {"folder": "run"},
    }  # fmt: skip
    (folder / "audit.yaml").write_text(yaml.safe_dump(config, sort_keys=False))
    assert call(["run", str(folder / "audit.yaml"), "--quiet"]) == 0
    formats = [word for code in ("expectations", "evidently", "codequality") for word in ("--format", code)]
    assert call(["report", str(folder / "run"), *formats]) == 0
    return folder / "run"


def read(run: Path, name: str) -> Any:
    return json.loads((run / name).read_text())


def test_a_validation_result_of_great_expectations(run: Path) -> None:
    found = read(run, "expectations.json")
    jsonschema.validate(found, VALIDATION)
    by_rule = {item["expectation_config"]["meta"]["rule"]: item for item in found["results"]}
    assert {name: item["success"] for name, item in by_rule.items()} == {
        "fails": False, "passes": True, "undecided": True, "warns": True, "waived": True,
    }  # fmt: skip
    assert by_rule["undecided"]["expectation_config"]["meta"]["status"] == "inconclusive"
    fails = by_rule["fails"]
    assert fails["expectation_config"]["type"] == "expect_true_positive_rate_difference_to_be_at_most"
    assert fails["expectation_config"]["kwargs"]["at_most"] == 0.1
    assert fails["result"]["observed_value"] == 0.5
    assert by_rule["passes"]["expectation_config"]["kwargs"]["at_least"] == 0.1
    assert (found["success"], found["statistics"]["success_percent"]) == (False, 80.0)


def test_a_snapshot_of_evidently(run: Path) -> None:
    found = read(run, "evidently.json")
    jsonschema.validate(found, SNAPSHOT)
    statuses = {item["test_config"]["rule"]: item["status"] for item in found["tests"]}
    assert statuses == {
        "fails": "FAIL", "passes": "SUCCESS", "undecided": "WARNING", "warns": "WARNING", "waived": "WARNING",
    }  # fmt: skip
    rates = {
        tuple(item["config"]["group"]): item["value"]
        for item in found["metrics"]
        if item["config"]["metric"] == "true_positive_rate"
    }
    assert rates[("f",)] == 0.5 and rates[("m",)] == 1.0
    assert len({item["id"] for item in found["metrics"]}) == len(found["metrics"])


def test_issues_of_gitlab(run: Path) -> None:
    found = read(run, "gl-code-quality-report.json")
    jsonschema.validate(found, CODE_QUALITY)
    assert len({item["fingerprint"] for item in found}) == len(found)
    lines = (run.parent / "audit.yaml").read_text().splitlines()
    (fails,) = [item for item in found if item["check_name"].startswith("fails-")]
    assert fails["severity"] == "critical"
    assert fails["location"]["path"].endswith("audit.yaml")
    assert "metric: true_positive_rate" in "\n".join(lines[fails["location"]["lines"]["begin"] - 3 :][:6])
    assert not [item for item in found if item["check_name"].startswith(("waived-", "passes-", "flag/"))]
    assert any("g[a]" in item["description"] for item in found), "brackets are brackets"


def test_without_a_policy_nothing_is_claimed(tmp_path: Path) -> None:
    (tmp_path / "d.csv").write_text("label,prediction,g\n" + "1,1,a\n0,0,b\n" * 40)
    (tmp_path / "audit.yaml").write_text(
        "data: {path: d.csv, columns: {label: label, prediction: prediction}}\nattributes: [g]\noutput: {folder: run}\n"
    )
    assert call(["run", str(tmp_path / "audit.yaml"), "--quiet"]) == 0
    run = tmp_path / "run"
    assert call(["report", str(run), "--format", "expectations", "--format", "evidently"]) == 0
    assert read(run, "expectations.json")["statistics"]["success_percent"] is None
    assert read(run, "evidently.json")["tests"] == []
