"""`audit data`: without a model or torch, in every format, and nothing of the texts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from audit.cli import call
from audit.errors import ExitCode
from tests.cli.test_light_imports import modules
from tests.data_audit.data import table

CONFIG = """
data: {path: rows.csv, columns: {input: text, label: label, prediction: pred}, positive_label: "yes"}
attributes: [group]
data_audit: {columns: [height, town], reference: {group: {a: 0.5, b: 0.5}}}
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    frame = table(300)
    frame.loc[:40, "text"] = "<b>`same` | text</b>"
    frame.loc[frame["group"] == "b", "group"] = "b|<i>"
    frame.to_csv(tmp_path / "rows.csv", index=False)
    path = tmp_path / "audit.yaml"
    path.write_text(CONFIG.replace("b: 0.5", '"b|<i>": 0.5'))
    return path


def said(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    assert call(["data", *arguments]) == ExitCode.PASSED
    return capsys.readouterr().out


@pytest.mark.parametrize("kind", ["text", "markdown", "json"])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_it_prints_what_was_found_and_no_text(
    config: Path, kind: str, language: str, capsys: pytest.CaptureFixture[str]
) -> None:
    out = said([str(config), "--format", kind, "--lang", language], capsys)
    assert "same" not in out
    if kind == "json":
        found = json.loads(out)
        assert found["rows"] == 300
        assert {"under_represented", "duplicate"} <= {one["code"] for one in found["findings"]}
    else:
        assert "13.7\u00a0%" in out
        assert ("值得注意之处" if language == "zh" else "matters") in out or kind == "markdown"
    if kind == "markdown":
        assert "b\\|&lt;i>" in out
        assert "|<i>" not in out


def test_keys_can_be_overridden(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = json.loads(said([str(config), "--format", "json", "--set", "data_audit.sample=100"], capsys))
    assert found["sampled"] == 100


def test_a_typing_error_is_told_at_once(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(["data", str(config), "--set", "data_audit.refrence={}"]) == ExitCode.USAGE
    assert "reference" in capsys.readouterr().err


def test_it_never_touches_torch(config: Path) -> None:
    assert not modules("data", str(config)) & {"torch", "transformers", "captum", "plotly"}
