"""A rule that fails is named in every copy, also where its numbers are suppressed for the public."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

import audit
from audit.cli import call


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An audit whose rule fails by a group of which one decision alone is positive."""
    place = tmp_path_factory.mktemp("hidden")
    said = ["yes", "no"] * 60 + ["yes"] + ["no"] * 39
    groups = ["many"] * 120 + ["few"] * 40
    labels = ["yes", "yes", "no", "no"] * 40
    pd.DataFrame({"group": groups, "label": labels, "said": said}).to_csv(place / "rows.csv", index=False)
    rule = {"metric": "selection_rate", "at_least": 0.8, "evidence": "point", "name": "four-fifths"}
    audit.run(
        {
            "data": {
                "path": str(place / "rows.csv"),
                "columns": {"label": "label", "prediction": "said"},
                "positive_label": "yes",
            },
            "attributes": ["group"],
            "policy": {"rules": [rule]},
            "output": {"folder": str(place / "run")},
        }
    )
    return place / "run"


@pytest.mark.parametrize("kind", ["html", "md"])
def test_a_failure_without_numbers_is_named(run: Path, tmp_path: Path, kind: str) -> None:
    out = tmp_path / "public"
    assert call(["report", str(run), "--audience", "public", "--format", kind, "--out", str(out)]) == 0
    (text,) = [path.read_text() for path in out.iterdir() if path.suffix in {".html", ".md"}]
    assert "Rules that fail, but whose numbers are suppressed for the public: Selection rate" in text


@pytest.mark.parametrize("name", ["report.html", "summary.md"])
def test_where_numbers_are_told_nothing_is_hidden(run: Path, name: str) -> None:
    assert "whose numbers are suppressed for the public:" not in (run / name).read_text()
