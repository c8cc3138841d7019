"""The grid of decisions: every scenario about everybody, audited with the example's own configuration."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pandas as pd
import yaml

import audit
from tests.models.decoders import save

ROOT = Path(__file__).parents[2]


def test_everybody_is_asked_about_in_every_scenario_and_the_example_audits_it(tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, str(ROOT / "sample_data" / "decision_grid.py"), str(tmp_path / "d.csv")], check=True
    )
    rows = pd.read_csv(tmp_path / "d.csv")
    assert rows.groupby(["scenario", "age", "gender", "ethnicity"]).size().eq(1).all()
    assert (rows["scenario"].nunique(), len(rows)) == (24, 24 * 4 * 3 * 5)
    assert rows["id"].is_unique and not rows.isna().any().any()

    config = yaml.safe_load((ROOT / "docs" / "examples" / "prompted.yaml").read_text(encoding="utf-8"))
    few = rows[rows["scenario"].isin(["visa", "refund", "flat", "gym"]) & rows["age"].isin([20, 80])]
    few.to_csv(tmp_path / "decisions.csv", index=False)
    config["model"] |= {"path": str(save(tmp_path / "model", model_max_length=320)), "device": "cpu", "max_length": 140}
    config["data"]["path"] = str(tmp_path / "decisions.csv")
    config["output"]["folder"] = str(tmp_path / "run")
    config["explanations"] = {"sample": 0, "which": "none"}
    result = audit.run(config)
    assert [slicing.attributes for slicing in result.slicings] == [
        [],
        ["gender"],
        ["ethnicity"],
        ["age"],
        ["gender", "ethnicity"],
    ]
    assert result.data.clusters == 4 and result.data.decisions == 120
    assert result.exchange is not None and {pair.axis for pair in result.exchange.pairs} == {
        "gender",
        "ethnicity",
        "age",
    }
    assert json.loads((tmp_path / "run" / "result.json").read_text())["judgement"]["rules"]
