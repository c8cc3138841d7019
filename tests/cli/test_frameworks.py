"""`audit frameworks`, and the packs that `audit report` and `audit validate` are asked for."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from audit.cli import call
from audit.errors import ExitCode
from audit.frameworks.loading import all_packs

Make = Callable[..., dict[str, Any]]
Say = pytest.CaptureFixture[str]


@pytest.fixture
def config(stored: Make, table: Callable[..., Path], tmp_path: Path) -> Path:
    path = tmp_path / "audit.yaml"
    rows = table(y=[1, 0] * 40, p=[1, 1, 0, 0] * 20, g=["a", "b"] * 40)
    path.write_text(yaml.safe_dump(stored(rows)))
    return path


def test_the_list_names_every_pack_with_its_day_of_review(capsys: Say) -> None:
    assert call(["frameworks"]) == ExitCode.PASSED
    told = capsys.readouterr().out
    for pack in all_packs().values():
        assert f"{pack.id}: {pack.title['en']}" in told
    assert "adopted · from 2027-12-02 · reviewed 2026-11-30" in told


def test_one_pack_shows_what_its_clauses_need(capsys: Say) -> None:
    assert call(["frameworks", "us-reg-b"]) == ExitCode.PASSED
    told = capsys.readouterr().out
    assert "evidence: Decision sheets (decision_sheets)" in told
    assert "your words: documentation.adverse_notice, documentation.provider" in told
    call(["frameworks", "us-reg-b", "--lang", "zh"])
    assert "documentation.adverse_notice、documentation.provider" in capsys.readouterr().out
    call(["frameworks", "us-reg-b", "--format", "json"])
    assert json.loads(capsys.readouterr().out)["clauses"][0]["fields"] == ["adverse_notice", "provider"]


def test_a_pack_that_is_not_there_is_told_with_the_nearest(config: Path, tmp_path: Path, capsys: Say) -> None:
    run = str(tmp_path / "run")
    assert call(["frameworks", "us-reg-c"]) == ExitCode.USAGE
    assert "did you mean 'us-reg-b'?" in capsys.readouterr().err
    for command in (["validate", str(config), "--no-data"], ["run", str(config), "--quiet"]):
        assert call([*command, "--set", "frameworks=[nyc-l144]"]) == ExitCode.USAGE
        assert "frameworks: there is no framework 'nyc-l144'; did you mean 'nyc-ll144'?" in capsys.readouterr().err
    assert call(["run", str(config), "--quiet"]) == ExitCode.PASSED
    before = (tmp_path / "run" / "report.html").read_bytes()
    assert call(["report", run, "--framework", "nyc-l144"]) == ExitCode.USAGE
    assert (tmp_path / "run" / "report.html").read_bytes() == before


def test_a_report_goes_through_the_packs_it_is_asked_for(config: Path, tmp_path: Path, capsys: Say) -> None:
    run = tmp_path / "run"
    call(["run", str(config), "--quiet", "--set", "frameworks=[us-reg-b]"])
    summary = (run / "summary.md").read_text(encoding="utf-8")
    assert "### Regulation B, reasons for adverse action on credit" in summary
    assert call(["report", str(run), "--framework", "nyc-ll144", "--framework", "eu-ai-act"]) == ExitCode.PASSED
    page, summary = (run / "report.html").read_text("utf-8"), (run / "summary.md").read_text("utf-8")
    for framework, title in (("nyc-ll144", "New York City Local Law 144"), ("eu-ai-act", "EU AI Act")):
        assert f'id="framework-{framework}"' in page
        assert f"### {title}" in summary
    assert 'id="framework-us-reg-b"' not in page
    assert "](report.html#bias_audit)" in summary
    assert 'id="bias_audit"' in page
    # The manifest vouches for what was rendered, and without the option the audit's own packs are told of again.
    assert call(["verify", str(run)]) == ExitCode.PASSED
    call(["report", str(run)])
    assert 'id="framework-us-reg-b"' in (run / "report.html").read_text("utf-8")


def test_what_is_missing_is_a_note_and_no_error(config: Path, capsys: Say) -> None:
    asked = ["validate", str(config), "--no-data", "--set", "frameworks=[sg-ai-verify, nist-ai-800-3]"]
    assert call([*asked, "--set", "documentation.estimand=Applications like these."]) == ExitCode.PASSED
    told = capsys.readouterr().out
    assert "note: framework sg-ai-verify: 8 of 8 fields need your words: appeal_route, documentation: {" in told
    assert "does not ask for: Counterfactual exchanges (exchange)" in told
    assert "note: framework nist-ai-800-3: words are given for all 1 fields" in told
