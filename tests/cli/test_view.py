"""`audit view` opens the report, says where it lies, and what to do where there is none."""

from __future__ import annotations

import webbrowser
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import audit
from audit.cli import call

Make = Callable[..., dict[str, Any]]


@pytest.fixture
def run(stored: Make, table: Callable[..., Path], tmp_path: Path) -> Path:
    audit.run(stored(table(y=[1, 0] * 20, p=[1, 1, 0, 0] * 10, g=["a", "b"] * 20)))
    return tmp_path / "run"


@pytest.mark.parametrize("there", [True, False])
def test_it_opens_the_report_and_says_where(
    run: Path, there: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    opened: list[str] = []
    monkeypatch.setattr(webbrowser, "open", lambda url: opened.append(url) or there)
    assert call(["view", str(run)]) == 0
    said = capsys.readouterr()
    assert opened == [(run / "report.html").resolve().as_uri()]
    assert said.out.strip() == str(run / "report.html")
    assert ("no browser was found" in said.err) is not there


def test_without_a_report_it_says_what_to_do(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (run / "report.html").unlink()
    assert call(["view", str(run)]) == 2
    assert f"hint: `audit report {run} --format html` renders it" in capsys.readouterr().err
    assert call(["view", str(run.parent / "nothing")]) == 2
    assert "no such folder" in capsys.readouterr().err
    assert call(["view", str(run.parent)]) == 2
    assert "holds no finished audit" in capsys.readouterr().err
