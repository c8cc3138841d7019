"""Audits of decoders asked with a prompt: résumés that differ by the name alone, and what a reader is told."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq
import pytest
import yaml

from audit.cli import call
from audit.errors import ExitCode
from tests.models.decoders import HIRING, NAMES, applications, recruiter, save


def _config(model: Path, folder: Path, **changes: Any) -> dict[str, Any]:
    """Each résumé under two names of each group, so that groups differ by names and by nothing else."""
    rows = [
        {"resume": f"r{number}", "name": name, "skills": row["skills"], "origin": group}
        for number, row in enumerate(applications(70, seed=9))
        for group, names in NAMES.items()
        for name in (names[number % 4], names[(number + 1) % 4])
    ]
    pd.DataFrame(rows).to_csv(folder / "applications.csv", index=False)
    return {
        "model": {
            "path": str(model), "device": "cpu",
            "prompt": {"template": HIRING, "labels": {"no": " no", "yes": " yes"}},
        },
        "data": {
            "path": str(folder / "applications.csv"),
            "columns": {"fields": ["name", "skills"], "cluster": "resume"},
            "positive_label": "yes",
        },
        "attributes": ["origin"],
        "explanations": {"sample": 24, "most_flagged": 4, "shown": 6, "sanity": 0},
        "gaps": {"metrics": ["selection_rate"], "sample": 200},
        "exchange": {"values": [{"field": "name", "attribute": "origin"}]},
        "output": {"folder": str(folder / "run")},
    } | changes  # fmt: skip


def _run(config: dict[str, Any], folder: Path) -> dict[str, Any]:
    file = folder / "audit.yaml"
    file.write_text(yaml.safe_dump(config))
    assert call(["run", str(file), "--quiet"]) == ExitCode.PASSED
    return dict(json.loads((folder / "run" / "result.json").read_text()))


def test_a_planted_preference_for_names_is_found_named_as_the_field_and_confirmed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = recruiter(tmp_path / "model", preference=1.2)
    config = _config(model, tmp_path)
    result = _run(config, tmp_path)
    (found,) = result["gaps"]
    named = [part for part in found["parts"] if part["named"] and part["kind"] != "baseline"]
    strongest = max(named, key=lambda part: abs(part["value"]))
    assert (strongest["kind"], strongest["name"]) == ("field", "name")
    assert strongest["value"] > 0.7 * found["score_gap"] > 0.2
    assert set(strongest["words"]) <= {name for names in NAMES.values() for name in names}
    # Masked, the names no longer make a gap; exchanged, they take the decision with them.
    assert strongest["closes"]["value"] > 0.9 * found["score_gap"]
    towards = {(pair["source"], pair["target"]): pair for pair in result["exchange"]["pairs"]}
    assert towards["south", "north"]["shift_lower"] > 0.2
    assert towards["north", "south"]["shift_upper"] < -0.2
    # Among its options it always answers, and in their words.
    table = pq.read_table(tmp_path / "run" / "decisions.parquet")
    assert min(table["option_mass"].to_pylist()) > 0.9
    assert not {"low_option_mass", "format_mismatch"} & {note["code"] for note in result["notes"]}
    assert result["work"]["answers_sampled"] == 16
    report = (tmp_path / "run" / "report.html").read_text()
    assert "skills: {skills}" in report
    shown = pq.read_table(tmp_path / "run" / "inputs.parquet").to_pylist()[0]["input"]
    assert shown.startswith("name: ") and "\nskills: " in shown
    capsys.readouterr()
    row = result["explanations"]["shown"][0]
    assert call(["explain", str(tmp_path / "run"), "--row", row, "--config", str(tmp_path / "audit.yaml")]) == 0
    sheet = Path(capsys.readouterr().out.strip()).read_text()
    assert "skills" in sheet and "name" in sheet


def test_without_a_preference_nothing_is_named(tmp_path: Path) -> None:
    result = _run(_config(recruiter(tmp_path / "model", preference=0.0), tmp_path), tmp_path)
    assert not [part for found in result["gaps"] for part in found["parts"] if part["named"] and part["value"] > 0.05]
    for pair in result["exchange"]["pairs"]:
        assert pair["shift_lower"] < 0.05 and pair["shift_upper"] > -0.05


def test_what_the_options_hold_and_what_is_answered_freely_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A decoder that was never taught to answer: its options hold next to nothing, and it would say something else."""
    model = save(tmp_path / "model", words=["name", "skills"])
    config = _config(model, tmp_path, explanations={"which": "none"}, gaps={"sample": 0})
    del config["exchange"]
    file = tmp_path / "audit.yaml"
    file.write_text(yaml.safe_dump(config))
    assert call(["validate", str(file), "--model"]) == ExitCode.PASSED
    out = capsys.readouterr().out
    assert "fields: name, skills" in out
    assert "answers: no ' no'; yes ' yes'" in out
    assert "tokens of each answer: no 1; yes 1" in out
    result = _run(config, tmp_path)
    notes = {note["code"]: note["params"] for note in result["notes"]}
    table = pq.read_table(tmp_path / "run" / "decisions.parquet").to_pandas()
    low = table[table["option_mass"] < 0.9].sort_values(["option_mass", "row_id"])
    assert notes["low_option_mass"]["n"] == len(low) > 0
    assert notes["low_option_mass"]["rows"] == low["row_id"].tolist()[:10]
    assert (notes["format_mismatch"]["n"], notes["format_mismatch"]["of"]) == (16, 16)
    report = (tmp_path / "run" / "report.html").read_text()
    assert low["row_id"].iloc[0] in report and "begins with none of the answers" in report


def test_validate_says_without_loading_what_does_not_fit(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model = save(tmp_path / "model")
    config = _config(model, tmp_path)
    file = tmp_path / "audit.yaml"
    for change, problem in (
        ({"template": "Is it?"}, "has no {placeholder}"),
        ({"template": "{name} {skils}"}, "no field for the placeholder {skils}"),
    ):
        wrong = json.loads(json.dumps(config))
        wrong["model"]["prompt"] |= change
        file.write_text(yaml.safe_dump(wrong))
        assert call(["validate", str(file)]) == ExitCode.USAGE
        assert problem in capsys.readouterr().err
    del config["model"]["prompt"]
    file.write_text(yaml.safe_dump(config))
    assert call(["validate", str(file)]) == ExitCode.USAGE
    assert "nothing says what it is asked" in capsys.readouterr().err


def test_empty_and_hostile_values_are_decided_and_shown_as_text(tmp_path: Path) -> None:
    model = save(tmp_path / "model", words=["name", "skills"])
    config = _config(model, tmp_path, explanations={"sample": 4, "shown": 4, "sanity": 0}, gaps={"sample": 0})
    del config["exchange"]
    values = ["<script>alert(1)</script>", "{skills}", "</s><s>", "", "a" * 3000]
    rows = [
        {"name": value, "skills": "law" if value else "", "origin": "ab"[i % 2], "resume": i}
        for i, value in enumerate(values * 4)
    ]
    pd.DataFrame(rows).to_csv(tmp_path / "applications.csv", index=False)
    result = _run(config, tmp_path)
    assert result["data"]["statuses"] == {"empty": 4, "ok": 12, "truncated": 4}
    assert "<script>alert(1)" not in (tmp_path / "run" / "report.html").read_text()
