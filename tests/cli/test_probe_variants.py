"""`audit probe --probe NAME`: changes of a text can be seen without a model."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from audit.cli.probe import probe


def shown(*arguments: str) -> str:
    result = CliRunner().invoke(probe, list(arguments))
    assert result.exit_code == 0, result.output
    return result.output


def test_features_of_a_dialect() -> None:
    said = shown("They are leaving, and he doesn't care.", "--probe", "dialect")
    assert "african_american: They leaving, and he don't care." in said
    assert "not made, indian: there is no place for the feature" in said


def test_slips_and_substitutes() -> None:
    said = shown("The proposal was wonderful and plausible.", "--probe", "robustness")
    assert "upper_case" in said or "keyboard 1: " in said
    assert shown("The proposal was wonderful and plausible.", "--probe", "robustness") == said
    assert "adversarial 1: The proposal was" in shown("The proposal was wonderful.", "--probe", "adversarial")


@pytest.mark.parametrize("name", ["robustness", "dialect", "adversarial"])
def test_of_a_file_all_are_written(name: str, tmp_path: Path) -> None:
    file = tmp_path / "texts.csv"
    file.write_text("text\n" + "They are leaving the wonderful committee.\n" * 9 + "no\n")
    said = shown(str(file), "--probe", name, "--out", str(tmp_path / "out.jsonl"))
    lines = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    assert {line["row"] for line in lines} == set(range(10))
    made = [line for line in lines if line["changed"] is not None]
    assert made and f"texts: 10; changes: {len(made)}" in said
    assert all((line["changed"] is None) == (line["not_made"] is not None) for line in lines)
