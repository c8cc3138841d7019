"""`audit verify`: numbers that do not follow from the decisions are found, even with every hash made anew."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import audit
from audit.cli import call
from audit.errors import ExitCode
from audit.pipeline.verify import verify
from audit.store.runfolder import RunFolder

Make = Callable[..., dict[str, Any]]


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("verify")
    rows = [f"{i % 2},{i // 2 % 2},{(i * 37 % 100) / 100},{'abc'[i % 3]},{'uv'[i // 7 % 2]},{i}" for i in range(300)]
    (place / "rows.csv").write_text("\n".join(["y,p,s,g,c,age", *rows]))
    config = {
        "data": {
            "path": str(place / "rows.csv"),
            "columns": {"label": "y", "prediction": "p", "score": "s"},
            "positive_label": "1",
        },
        # All metrics hold in other tests of this file; here they would be computed again for every change.
        "metrics": ["selection_rate", "true_positive_rate", "auc"],
        "attributes": ["g", {"column": "age", "bins": [100, 200]}],
        "crossings": [["g", "age"]],
        "controls": ["c"],
        "discovery": {"depth": 1},
        "policy": {
            "presets": ["four-fifths"],
            "rules": [
                {"metric": "selection_rate", "limit": 0.01, "exempt": ["c"]},
                {"metric": "selection_rate", "limit": 0.3, "scope": "adjusted"},
            ],
        },
        "output": {"folder": str(place / "run")},
    }
    audit.run(config)
    return place / "run"


@pytest.fixture
def run(finished: Path, tmp_path: Path) -> Path:
    shutil.copytree(finished, tmp_path / "run")
    return tmp_path / "run"


def sign(run: Path) -> None:
    manifest = json.loads((run / "manifest.json").read_text())
    for name in manifest["files"]:
        body = (run / name).read_bytes()
        manifest["files"][name] = {"sha256": hashlib.sha256(body).hexdigest(), "bytes": len(body)}
    (run / "manifest.json").write_text(json.dumps(manifest))


def test_an_untouched_run_holds(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = verify(RunFolder(run))
    assert found.wrong == []
    assert found.values > 300
    assert call(["verify", str(run)]) == ExitCode.PASSED
    assert "follow from the decisions" in capsys.readouterr().out


@pytest.mark.parametrize("field", ["value", "lower", "n"])
def test_a_number_changed_together_with_its_hash_is_named(
    field: str, run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    result = json.loads((run / "result.json").read_text())
    item = next(m for m in result["metrics"] if m["group"] == ["b"] and m["metric"] == "selection_rate")
    item[field] = item[field] + 1 if field == "n" else item[field] * 0.99
    (run / "result.json").write_text(json.dumps(result))
    assert call(["verify", str(run)]) == ExitCode.USAGE
    assert "result.json was changed" in capsys.readouterr().err
    sign(run)
    assert call(["verify", str(run)]) == ExitCode.USAGE
    told = capsys.readouterr().err
    assert f"selection_rate, 1: {field} is" in told
    assert "\x00" not in told


def test_decisions_of_another_audit_are_found(run: Path) -> None:
    import pyarrow.parquet as pq

    table = pq.read_table(run / "decisions.parquet")
    pq.write_table(table.slice(10), run / "decisions.parquet")
    sign(run)
    assert len(verify(RunFolder(run)).wrong) > 10


def test_damage_under_a_right_hash_is_named(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (run / "decisions.parquet").write_bytes((run / "decisions.parquet").read_bytes()[:-20] + b"x" * 12 + b"PAR1" * 2)
    sign(run)
    for command in (["verify", str(run)], ["compare", str(run), str(run)]):
        assert call(command) == ExitCode.USAGE
        assert "decisions.parquet: is damaged" in capsys.readouterr().err


def test_code_that_a_run_folder_names_is_not_run(run: Path) -> None:
    result = json.loads((run / "result.json").read_text())
    result["config"]["metrics"] = ["selection_rate", "evil_module_of_nobody:function"]
    (run / "result.json").write_text(json.dumps(result))
    sign(run)
    assert verify(RunFolder(run)).own == ["evil_module_of_nobody:function"]


def test_a_run_of_a_model_holds(model_case: Make, tmp_path: Path) -> None:
    audit.run(model_case(rows=40, explanations={"sample": 4, "shown": 1, "sanity": 0}))
    assert verify(RunFolder(tmp_path / "run")).wrong == []


def rows_of(tmp_path: Path, rows: list[str], **more: Any) -> Path:
    (tmp_path / "rows.csv").write_text("\n".join(["y,s,g,h", *rows]))
    data = {"path": str(tmp_path / "rows.csv"), "columns": {"label": "y", "score": "s"}, "positive_label": "1"}
    config = {"data": data | more.pop("data", {}), "output": {"folder": str(tmp_path / "run")}, **more}
    audit.run(config)
    return tmp_path / "run"


def test_scores_that_are_no_probabilities_hold(tmp_path: Path) -> None:
    rows = [f"{i % 2},{i * 37 % 100 - 50},{'abc'[i % 3]},u" for i in range(120)]
    run = rows_of(tmp_path, rows, data={"score_range": [-50, 50], "threshold": 3}, attributes=["g"])
    assert verify(RunFolder(run)).wrong == []


def test_a_crossing_that_was_left_out_is_not_missed(tmp_path: Path) -> None:
    rows = [f"{i % 2},{i * 37 % 100 / 100},a{i % 60},b{i // 60}" for i in range(1200)]
    run = rows_of(tmp_path, rows, attributes=["g", "h"], crossings=[["g", "h"]], metrics=["selection_rate"])
    found = verify(RunFolder(run))
    assert found.wrong == []
    assert "crossing_too_fine" in (run / "result.json").read_text()


@pytest.mark.parametrize(
    ("place", "change", "told"),
    [
        ("adjusted", {"value": 0.5, "lower": 0.4, "upper": 0.6}, "adjusted metric"),
        ("adverse_impact", {"impact_ratio": 1.0, "ratio_lower": 0.95}, "impact"),
        ("judgement", {"status": "pass"}, "verdict: pass"),
    ],
)
def test_what_follows_from_the_numbers_is_held_against_them(
    place: str, change: dict[str, Any], told: str, run: Path
) -> None:
    result = json.loads((run / "result.json").read_text())
    assert result["judgement"]["status"] != "pass"
    item = result[place] if isinstance(result[place], dict) else result[place][0]
    item.update(change)
    (run / "result.json").write_text(json.dumps(result))
    sign(run)
    wrong = verify(RunFolder(run)).wrong
    assert any(told in line for line in wrong), wrong


def test_a_rule_whose_verdict_was_changed_is_named(run: Path) -> None:
    result = json.loads((run / "result.json").read_text())
    for rule in result["judgement"]["rules"]:
        rule.update(status="pass")
    result["judgement"]["status"] = "pass"
    (run / "result.json").write_text(json.dumps(result))
    sign(run)
    assert any(line.startswith("verdict on selection_rate") for line in verify(RunFolder(run)).wrong)


def first(result: dict[str, Any], place: str) -> dict[str, Any]:
    item: dict[str, Any] = result[place][0]
    return item


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda r: r["slicings"][1]["groups"][0].update(share=0.5), "group g, a: share is 0.5"),
        (lambda r: first(r, "class_reports").update(support=1), "class report"),
        (lambda r: first(r, "stratified").update(odds_ratio=9.0), "stratified test"),
        (lambda r: first(r, "adverse_impact").update(minimum_detectable=0.9), "adverse impact"),
        (lambda r: first(r, "impact_ratios").update(unknown=7), "impact table"),
        (lambda r: first(r, "impact_ratios")["groups"][0].update(impact_ratio=0.99), "impact ratio"),
        (lambda r: first(r, "scores")["groups"][0].update(positives=1), "scores"),
        (lambda r: first(r, "metric_definitions").update(better="low"), "metric definition"),
        (lambda r: r["discovery"].update(slices=10_000), "discovery"),
        (lambda r: r["clear_gaps"].update(comparisons=1), "clear gaps"),
        (lambda r: r["findings"].update(items=r["findings"]["items"][1:]), "findings"),
        (lambda r: r["data"]["labels"].update({"1": 1}), "data: labels"),
        (lambda r: r["data"]["predictions"].update({"1": 1}), "data: predictions"),
        (lambda r: r["data"]["confusion"][0].update(n=1), "data: confusion"),
        (lambda r: r["data"].update(decisions=301), "data: decisions"),
        (lambda r: r["data"].update(rows_sha256="0" * 64), "data: rows_sha256"),
        (lambda r: r["config"].update(appeal_route="nowhere"), "config_sha256"),
        (lambda r: r.update(seed=7), "manifest.json: seed"),
        (lambda r: r["judgement"].update(policy_sha256="0" * 64), "policy"),
        (lambda r: r["judgement"]["rules"][0].update(low_value=0.99), "verdict on"),
        (lambda r: r["environment"].update(python="2.7"), "manifest.json: environment"),
    ],
)
def test_whatever_is_changed_together_with_its_hash_is_named(
    change: Callable[[dict[str, Any]], None], told: str, run: Path
) -> None:
    result = json.loads((run / "result.json").read_text())
    change(result)
    (run / "result.json").write_text(json.dumps(result))
    sign(run)
    wrong = verify(RunFolder(run)).wrong
    assert any(line.startswith(told) for line in wrong), wrong


def turn(run: Path, column: str, one: str, other: str) -> None:
    """Decide one row the other way round."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pq.read_table(run / "decisions.parquet")
    at, values = table.column_names.index(column), table[column].to_pylist()
    values[5] = one if values[5] == other else other
    pq.write_table(
        table.set_column(at, table.schema.field(at), pa.array(values, pa.string())), run / "decisions.parquet"
    )


def test_one_decision_turned_around_is_found(run: Path) -> None:
    turn(run, "y_pred", "1", "0")
    sign(run)
    wrong = verify(RunFolder(run)).wrong
    assert "data: predictions" in "".join(wrong)
    assert any(line.startswith("metric") for line in wrong)


@pytest.mark.parametrize("field", ["median_score", "y_pred"])
def test_decisions_are_cut_at_the_median_again(field: str, tmp_path: Path) -> None:
    rows = [f"{i % 2},{i * 37 % 100 - 50},{'abc'[i % 3]},u" for i in range(120)]
    run = rows_of(tmp_path, rows, data={"score_range": [-50, 50], "threshold": "median"}, attributes=["g"])
    assert verify(RunFolder(run)).wrong == []
    if field == "median_score":
        result = json.loads((run / "result.json").read_text())
        result["data"]["median_score"] += 1
        (run / "result.json").write_text(json.dumps(result))
    else:
        turn(run, "y_pred", "1", "0")
    sign(run)
    wrong = verify(RunFolder(run)).wrong
    told = {"median_score": "data: median_score", "y_pred": "decisions: 1 are not what their scores say"}[field]
    assert any(line.startswith(told) for line in wrong), wrong
