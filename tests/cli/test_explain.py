"""Decision sheets of single rows."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

import audit
from audit.cli import call
from audit.errors import ExitCode
from audit.report.sheet import sheet_name

Make = Callable[..., dict[str, Any]]


@pytest.fixture
def case(model_case: Make, tmp_path: Path) -> tuple[Path, Any]:
    config = model_case(explanations={"sample": 8, "shown": 3, "sanity": 0, "least_contrast": 0})
    (tmp_path / "audit.yaml").write_text(yaml.safe_dump(config))
    return Path(config["output"]["folder"]), audit.run(tmp_path / "audit.yaml")


def test_a_shown_row_needs_no_model(case: tuple[Path, Any], capsys: pytest.CaptureFixture[str]) -> None:
    folder, result = case
    row = result.explanations.shown[0]
    assert call(["explain", str(folder), "--row", row]) == ExitCode.PASSED
    path = Path(capsys.readouterr().out.strip())
    html = path.read_text()
    assert "default-src 'none'" in html
    assert "<script" not in html
    assert f"Decision {row}" in html


def test_any_row_is_explained_anew_with_other_methods(case: tuple[Path, Any], tmp_path: Path) -> None:
    folder, result = case
    other = next(f"r{i}" for i in range(60) if f"r{i}" not in result.explanations.shown)
    methods = ["input_x_gradient", "occlusion", "shapley"]
    arguments = ["explain", str(folder), "--row", other, "--row", result.explanations.shown[0], "--format", "json"]
    arguments += ["--config", str(tmp_path / "audit.yaml"), "--out", str(tmp_path / "sheets")]
    for method in methods:
        arguments += ["--method", method]
    assert call(arguments) == ExitCode.PASSED
    sheet = json.loads((tmp_path / "sheets" / f"{sheet_name(other)}.json").read_text())
    assert set(sheet["agreement"]) == set(methods)
    total = sum(unit["attribution"] for unit in sheet["units"]) + sheet["frame"]
    assert total - (sheet["f_input"] - sheet["f_baseline"]) == pytest.approx(sheet["convergence_delta"], abs=1e-5)
    # Shapley values are complete as well: they add up to the way from nothing to everything.
    shapley = sum(unit["others"]["shapley"] for unit in sheet["units"])
    assert shapley == pytest.approx(sheet["f_input"] - sheet["f_baseline"], abs=1e-4)
    for unit in sheet["units"]:
        assert sheet["text"][unit["start"] : unit["end"]] == unit["text"]


def test_the_sheet_of_the_run_is_the_sheet_made_anew(case: tuple[Path, Any], tmp_path: Path) -> None:
    folder, result = case
    row = result.explanations.shown[0]
    call(["explain", str(folder), "--row", row, "--format", "json", "--out", str(tmp_path / "a")])
    more = ["--config", str(tmp_path / "audit.yaml"), "--out", str(tmp_path / "b")]
    call(["explain", str(folder), "--row", row, "--format", "json", *more])
    a, b = (json.loads((tmp_path / name / f"{sheet_name(row)}.json").read_text()) for name in "ab")
    assert (a["outcome"], a["reason"]) == (b["outcome"], b["reason"])
    values = [[unit["attribution"] for unit in sheet["units"]] for sheet in (a, b)]
    np.testing.assert_allclose(values[0], values[1], atol=1e-5)


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["--row", "nobody"], "no row has the id 'nobody'"),
        (["--row", "r1", "--method", "occlusion"], "--method runs the model"),
    ],
)
def test_what_cannot_be_explained(
    case: tuple[Path, Any], capsys: pytest.CaptureFixture[str], arguments: list[str], problem: str
) -> None:
    assert call(["explain", str(case[0]), *arguments]) == ExitCode.USAGE
    assert problem in capsys.readouterr().err


def test_a_row_that_was_not_explained_says_how(case: tuple[Path, Any], capsys: pytest.CaptureFixture[str]) -> None:
    folder, result = case
    hidden = next(f"r{i}" for i in range(60) if f"r{i}" not in result.explanations.shown)
    assert call(["explain", str(folder), "--row", hidden]) == ExitCode.USAGE
    assert "--config" in capsys.readouterr().err


def test_other_data_is_refused(case: tuple[Path, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder, _ = case
    data = tmp_path / "texts.csv"
    data.write_text(data.read_text().replace("word1", "word2"))
    arguments = ["explain", str(folder), "--row", "r1", "--config", str(tmp_path / "audit.yaml")]
    assert call(arguments) == ExitCode.USAGE
    assert "not that of the run" in capsys.readouterr().err


def test_no_two_ids_share_a_file() -> None:
    ids = ["a/b", "a-b", "a b", "甲", "乙", "", "-", "x" * 200, "x" * 201, "A-B", "../../etc", "decision"]
    names = [sheet_name(row) for row in ids]
    assert len({name.lower() for name in names}) == len(ids)
    assert all(re.fullmatch(r"decision-[A-Za-z0-9_-]{1,80}", name) for name in names)
