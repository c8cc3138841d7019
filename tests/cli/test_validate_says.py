"""`audit validate` says what `audit run` would, wherever that can be known without a model being loaded."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from audit.cli import call


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
