"""The command line as a user meets it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from audit.cli import call
from audit.errors import ExitCode

Make = Callable[..., dict[str, Any]]


@pytest.fixture
def config(stored: Make, table: Callable[..., Path], tmp_path: Path) -> Path:
    path = tmp_path / "audit.yaml"
    rows = table(y=[1, 0] * 20, p=[1, 1, 0, 0] * 10, g=["a", "b"] * 20)
    path.write_text(yaml.safe_dump(stored(rows)))
    return path


def test_run_writes_the_folder_and_says_where(config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(["run", str(config), "--out", str(tmp_path / "here"), "--quiet"]) == ExitCode.PASSED
    out = capsys.readouterr()
    *_, report, took, following = out.out.rstrip().splitlines()
    assert report == f"report: {tmp_path / 'here' / 'report.html'}"
    assert re.match(r"time: [\d.]+ s", took)
    assert following == f"next: audit view {tmp_path / 'here'} (opens the report)"
    assert out.err == ""
    assert {path.name for path in (tmp_path / "here").iterdir()} == {
        "result.json", "decisions.parquet", "metrics.csv", "disparities.csv", "adverse_impact.csv",
        "impact_ratios.csv", "summary.md", "report.html", "manifest.json",
        "junit.xml", "audit.sarif", "flagged.jsonl", ".lock",
    }  # fmt: skip


def test_results_go_to_stdout_and_progress_to_stderr(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call(["run", str(config)])
    out = capsys.readouterr()
    assert "Fairness audit" in out.out
    assert "rows/s" in out.err
    assert "decisions" not in out.out.split("\n")[0]


def test_report_renders_again_from_the_folder_alone(
    config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    call(["run", str(config), "--quiet"])
    folder = tmp_path / "run"
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    for name in ("report.html", "summary.md", "metrics.csv"):
        (folder / name).unlink()
    Path(yaml.safe_load(config.read_text())["data"]["path"]).unlink()
    capsys.readouterr()
    assert call(["report", str(folder)]) == ExitCode.PASSED
    assert str(folder / "report.html") in capsys.readouterr().out
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_report_of_one_format(config: Path, tmp_path: Path) -> None:
    call(["run", str(config), "--quiet"])
    (tmp_path / "run" / "summary.md").unlink()
    (tmp_path / "run" / "report.html").unlink()
    assert call(["report", str(tmp_path / "run"), "--format", "md"]) == ExitCode.PASSED
    assert (tmp_path / "run" / "summary.md").exists()
    assert not (tmp_path / "run" / "report.html").exists()


def test_validate_reads_the_data_once(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(["validate", str(config)]) == ExitCode.PASSED
    out = capsys.readouterr().out
    assert "40 of 40 rows" in out
    assert "g: a 20, b 20" in out
    assert "positive class: 1" in out


def test_validate_holds_labels_against_the_model_without_loading_it(
    model_case: Make, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "audit.yaml"
    case = model_case()
    path.write_text(yaml.safe_dump(case))
    assert call(["validate", str(path)]) == ExitCode.PASSED
    assert "classes no, yes; positive: yes" in capsys.readouterr().out
    case["data"]["label_map"] = {"yes": "shortlisted"}
    path.write_text(yaml.safe_dump(case))
    assert call(["validate", str(path)]) == ExitCode.USAGE
    assert "the model knows no class 'shortlisted'" in capsys.readouterr().err


@pytest.mark.parametrize("which", ["config", "result", "review", "verdict", "comparison"])
def test_schemas_are_valid_and_published(which: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(["schema", which]) == ExitCode.PASSED
    schema = json.loads(capsys.readouterr().out)
    jsonschema.Draft202012Validator.check_schema(schema)
    published = Path(__file__).parents[2] / "docs" / "schemas" / f"{which}.schema.json"
    assert json.loads(published.read_text()) == schema, f"run: audit schema {which} > {published}"


def test_the_configuration_schema_takes_the_sample(capsys: pytest.CaptureFixture[str]) -> None:
    call(["schema", "config"])
    schema = json.loads(capsys.readouterr().out)
    sample = Path(__file__).parents[2] / "sample_data" / "audit.yaml"
    assert jsonschema.Draft202012Validator(schema).is_valid(yaml.safe_load(sample.read_text()))


def test_version_and_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert call(["--version"]) == ExitCode.PASSED
    assert capsys.readouterr().out.startswith("audit, version ")
    for command in ([], ["run"], ["report"], ["validate"], ["schema"]):
        assert call([*command, "--help"]) == ExitCode.PASSED
        assert "Usage: audit" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("rule", "problem"),
    [
        ({"metric": "selection_rate", "limit": 0.1, "exempt": ["Z"]}, "no group is called 'Z'"),
        ({"metric": "selection_rate", "limit": 0.1, "over": ["nobody"]}, "'nobody' is not audited"),
        ({"metric": "log_loss", "limit": 0.1}, "'log_loss' is no metric of this audit"),
        ({"metric": "selection_rate", "limit": 0.1, "scope": "adjusted"}, "needs controls"),
    ],
)
def test_validate_refuses_the_rules_that_a_run_refuses(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], rule: dict[str, object], problem: str
) -> None:
    (tmp_path / "rows.csv").write_text("y,p,g\n" + "1,1,a\n0,1,b\n1,0,a\n0,0,b\n" * 5)
    data = {"path": "rows.csv", "columns": {"label": "y", "prediction": "p"}, "positive_label": 1}
    config = {"data": data, "attributes": ["g"], "policy": {"rules": [rule]}}
    (tmp_path / "audit.yaml").write_text(yaml.safe_dump(config))
    assert call(["validate", str(tmp_path / "audit.yaml")]) == ExitCode.USAGE
    assert problem in capsys.readouterr().err
