"""`audit validate` says what `audit run` would, wherever that can be known without a model being loaded."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from audit.cli import call

Make = Callable[..., dict[str, Any]]


@pytest.mark.parametrize("columns", [{"prediction": "p"}, {"score": "s"}])
def test_a_missing_prediction(
    columns: dict[str, str], tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [f"{i % 2},{'' if i == 6 else i // 2 % 2},{'' if i == 6 else 0.5},{'ab'[i % 2]}" for i in range(20)]
    (tmp_path / "rows.csv").write_text("\n".join(["y,p,s,g", *rows]) + "\n")
    data = {"path": "rows.csv", "columns": {"label": "y", **columns}, "positive_label": "1"}
    (tmp_path / "audit.yaml").write_text(yaml.safe_dump({"data": data, "attributes": ["g"]}))
    monkeypatch.chdir(tmp_path)
    told = []
    for command in (["validate", "audit.yaml"], ["run", "audit.yaml", "--quiet"]):
        capfd.readouterr()
        assert call(command) == 2
        told.append(capfd.readouterr().err)
    assert told[0] == told[1]
    assert "row 7: no prediction" in told[0]


RULES: dict[str, tuple[dict[str, Any], int]] = {
    "held": ({"metric": "selection_rate", "limit": 0.5}, 0),
    "of explanations": ({"metric": "explained_rate", "limit": 0.5}, 0),
    "of no metric": ({"metric": "selection_rat", "limit": 0.5}, 2),
    "of a probe that is not asked for": ({"metric": "flip_rate", "at_most": 0.1}, 2),
    "over what is not audited": ({"metric": "selection_rate", "limit": 0.5, "over": ["h"]}, 2),
}


@pytest.mark.parametrize("name", RULES)
def test_rules_are_held_against_what_a_model_decides(
    name: str, model_case: Make, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    rule, code = RULES[name]
    (tmp_path / "audit.yaml").write_text(yaml.safe_dump(model_case(policy={"rules": [rule]})))
    loaded = "torch" in sys.modules
    assert call(["validate", str(tmp_path / "audit.yaml")]) == code
    said = capfd.readouterr().err
    assert ("policy" in said) is (code == 2)
    assert loaded or "torch" not in sys.modules
