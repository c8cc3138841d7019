"""Commands tell of an audit in the language of its configuration, or in the one that `--lang` names."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from audit.cli import call
from audit.errors import ExitCode
from audit.report.wording import Catalogue

Make = Callable[..., dict[str, Any]]
Say = pytest.CaptureFixture[str]


@pytest.fixture
def config(stored: Make, table: Callable[..., Path], tmp_path: Path) -> Path:
    path = tmp_path / "audit.yaml"
    rows = table(y=[1, 0] * 40, p=[1, 1, 0, 0] * 20, g=["a", "b"] * 40)
    path.write_text(yaml.safe_dump(stored(rows, policy={"rules": [{"metric": "selection_rate", "limit": 0.9}]})))
    return path


def test_the_configuration_says_the_language_of_every_document(config: Path, tmp_path: Path, capsys: Say) -> None:
    settings = yaml.safe_load(config.read_text())
    settings["output"]["language"] = "zh"
    config.write_text(yaml.safe_dump(settings))
    assert call(["run", str(config), "--quiet"]) == ExitCode.PASSED
    assert "公平性审计" in capsys.readouterr().out
    page = (tmp_path / "run" / "report.html").read_text(encoding="utf-8")
    assert '<html lang="zh-Hans">' in page
    assert "公平性审计" in page
    assert "公平性审计" in (tmp_path / "run" / "summary.md").read_text(encoding="utf-8")
    assert json.loads((tmp_path / "run" / "result.json").read_text())["config"]["output"]["language"] == "zh"
    # What is rendered or judged later keeps to it, and the option counts for more.
    call(["gate", str(tmp_path / "run")])
    assert Catalogue("zh")("verdict.pass") in capsys.readouterr().out
    call(["gate", str(tmp_path / "run"), "--lang", "en"])
    assert Catalogue("en")("verdict.pass") in capsys.readouterr().out
    call(["report", str(tmp_path / "run"), "--lang", "en"])
    assert '<html lang="en">' in (tmp_path / "run" / "report.html").read_text(encoding="utf-8")
    call(["report", str(tmp_path / "run")])
    assert (tmp_path / "run" / "report.html").read_text(encoding="utf-8") == page


def test_the_option_of_run_is_the_key_of_the_configuration(config: Path, tmp_path: Path, capsys: Say) -> None:
    assert call(["run", str(config), "--quiet", "--lang", "zh"]) == ExitCode.PASSED
    assert "公平性审计" in capsys.readouterr().out
    assert json.loads((tmp_path / "run" / "result.json").read_text())["config"]["output"]["language"] == "zh"


def test_comparisons_and_verdicts_of_another_language(config: Path, tmp_path: Path, capsys: Say) -> None:
    run = str(tmp_path / "run")
    call(["run", str(config), "--quiet"])
    assert "Fairness audit" in capsys.readouterr().out
    assert call(["compare", run, run, "--lang", "zh"]) == ExitCode.PASSED
    assert "逐个比较决策" in capsys.readouterr().out
    assert call(["gate", run, "--lang", "zh", "--out", str(tmp_path / "judged")]) == ExitCode.PASSED
    assert "通过" in capsys.readouterr().out
    assert '<html lang="zh-Hans">' in (tmp_path / "judged" / "report.html").read_text(encoding="utf-8")


def test_a_language_without_words_is_told(config: Path, tmp_path: Path, capsys: Say) -> None:
    assert call(["run", str(config), "--quiet", "--set", "output.language=tlh"]) == ExitCode.USAGE
    assert "output.language" in capsys.readouterr().err
    assert call(["report", str(tmp_path / "run"), "--lang", "tlh"]) == ExitCode.USAGE
    assert "'tlh'" in capsys.readouterr().err
