"""`audit validate` says what will be decided where a row has several decisions."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from audit.cli import call


def said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], rows: list[dict[str, Any]], **data: Any
) -> tuple[int, str]:
    (tmp_path / "rows.jsonl").write_text("\n".join(json.dumps(row) for row in rows))
    (tmp_path / "audit.yaml").write_text(json.dumps({"data": {"path": "rows.jsonl", **data}, "attributes": ["g"]}))
    code = call(["validate", str(tmp_path / "audit.yaml")])
    return code, "".join(capsys.readouterr())


ENTITIES = {"outcome": "entities", "columns": {"input": "w", "label": "t", "prediction": "p"}}


def tagged(words: list[str], tags: list[str], found: list[str], group: str = "a") -> dict[str, Any]:
    return {"w": words, "t": tags, "p": found, "g": group}


def test_entities(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [
        tagged(["Ann", "Lee", "left"], ["B-per", "I-per", "O"], ["B-per", "O", "O"]),
        tagged(["no", "one"], ["O", "O"], ["O", "B-per"], "b"),
        tagged([], [], [], "b"),
    ]
    code, text = said(tmp_path, capsys, rows, **ENTITIES)
    assert code == 0, text
    assert "one for each labelled entity, and for each other that is found" in text
    assert "t: tags are IOB2 (inferred)" in text
    assert "texts without a labelled entity: 2 of 3" in text
    # One type of entity is no pair of classes, of which one would have to be positive.
    assert "positive" not in text
    code, text = said(tmp_path, capsys, rows, scheme="BIO", **ENTITIES)
    assert "(as configured)" in text


def test_labels(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [{"l": ["rude", "threat"], "p": ["rude"], "g": "a"}, {"l": [], "p": [], "g": "b"}]
    code, text = said(tmp_path, capsys, rows, outcome="labels", columns={"label": "l", "prediction": "p"})
    assert code == 0, text
    assert "one for each label of each row, 2 for each of 2 rows" in text
    assert "rows of which no label is true: 1 of 2" in text


def test_tags_of_another_length_are_one_clear_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [tagged(["Ann", "left"], ["B-per", "O"], ["B-per"]), tagged(["x"], ["O"], ["O"], "b")]
    code, text = said(tmp_path, capsys, rows, **ENTITIES)
    assert code == 2
    assert "column 'p', row 1" in text
    assert "Traceback" not in text
