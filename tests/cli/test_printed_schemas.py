"""What commands print for machines is what the published schemas describe, and nothing else."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from audit.cli import call

SCHEMAS = Path(__file__).parents[2] / "docs" / "schemas"


def validator(name: str) -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator(json.loads((SCHEMAS / f"{name}.schema.json").read_text(encoding="utf-8")))


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two audits of stored predictions, the second worse for one group, with a policy that says so."""
    place = tmp_path_factory.mktemp("printed")
    for name, worse in (("before", 0), ("after", 1)):
        rows = [
            f"{i},{i % 2},{0 if worse and i % 3 == 0 and i % 5 else i // 2 % 2},{'a' if i % 3 else 'b'}"
            for i in range(240)
        ]
        (place / f"{name}.csv").write_text("\n".join(["id,y,p,g", *rows]))
        config: dict[str, Any] = {
            "data": {
                "path": f"{name}.csv",
                "columns": {"id": "id", "label": "y", "prediction": "p"},
                "positive_label": "1",
            },
            "attributes": ["g"],
            "policy": {
                "presets": ["four-fifths"],
                "rules": [
                    {"name": "rates", "metric": "selection_rate", "limit": 0.02},
                    {"metric": "accuracy", "margin": 0.05},
                ],
                "waivers": [
                    {"rule": "rates", "ceiling": 0.5, "reason": "a pilot", "owner": "a", "approver": "b",
                     "granted": "2020-01-01", "expires": "2020-02-01"},
                ],
            },
            "output": {"folder": str(place / name)},
        }  # fmt: skip
        (place / f"{name}.yaml").write_text(yaml.safe_dump(config))
    call(["run", str(place / "before.yaml"), "--quiet"])
    return place


def test_a_run_and_a_gate(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    schema = validator("verdict")
    baseline = ["--baseline", str(place / "before")]
    for command in (
        ["run", str(place / "after.yaml"), "--overwrite", *baseline],
        ["gate", str(place / "after"), *baseline, "--lang", "zh"],
        ["gate", str(place / "after"), *baseline, "--out", str(place / "documents")],
    ):
        call([*command, "--format", "json"])
        printed = json.loads(capsys.readouterr().out)
        schema.validate(printed)
        # All that the schema tells of is there, filled.
        assert printed["rules"] and printed["waivers"] and printed["clear_gaps"] and printed["findings"]
    assert any(finding["next_steps"] for finding in printed["findings"])
    assert not schema.is_valid(printed | {"more": 1})
    assert not schema.is_valid({key: value for key, value in printed.items() if key != "verdict"})


def test_a_comparison(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call(["run", str(place / "after.yaml"), "--overwrite", "--quiet"])
    capsys.readouterr()
    schema = validator("comparison")
    for more in ([], ["--other-rows"]):
        call(["compare", str(place / "before"), str(place / "after"), "--format", "json", *more])
        printed = json.loads(capsys.readouterr().out)
        schema.validate(printed)
        assert printed["changes"]
    assert not schema.is_valid(printed | {"more": 1})
