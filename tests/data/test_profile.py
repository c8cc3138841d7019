"""All columns of a table are looked at, whatever they hold."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from audit.config import DataConfig
from audit.data import profile as profiles
from audit.data.profile import profile
from audit.errors import DataError


def test_what_columns_hold(tmp_path: Path) -> None:
    n = 200
    frame = pd.DataFrame(
        {
            "id": range(n),
            "text": [f"some words about the thing number {i}" for i in range(n)],
            "zh": [f"这是关于第{i}件事情的一些话语" for i in range(n)],
            "when": ["2026-01-31"] * n,
            "file": [f"faces/{i}.jpg" for i in range(n)],
            "score": [i / 7 for i in range(n)],
            "g": ["a", "b", None, "b"] * (n // 4),
        }
    )
    frame.to_csv(tmp_path / "d.csv", index=False)
    found = profile(DataConfig(path=tmp_path / "d.csv"))
    by_name = {column.name: column for column in found.columns}
    assert (found.rows, found.whole, found.delimiter) == (n, True, None)
    assert by_name["id"].unique and by_name["id"].is_number and by_name["id"].whole == n
    assert by_name["text"].is_text and by_name["zh"].is_text and by_name["zh"].chinese == n
    assert by_name["when"].is_date and by_name["file"].is_picture
    assert (by_name["score"].lowest, by_name["score"].highest) == (0, pytest.approx(199 / 7))
    assert by_name["g"].values == {"a": 50, "b": 100} and by_name["g"].missing == 50


def test_keys_that_some_rows_leave_out_are_missing_there(tmp_path: Path) -> None:
    rows = [{"a": 1, "tags": ["O", "B-x"]}, {"b": "x"}, {"a": 2, "b": {"c": 1}}]
    (tmp_path / "d.jsonl").write_text("\n".join(map(json.dumps, rows)))
    a, tags, b = profile(DataConfig(path=tmp_path / "d.jsonl")).columns
    assert (a.rows, a.missing, b.rows, b.missing) == (3, 1, 3, 1)
    assert (tags.lists, tags.missing, dict(tags.values)) == (1, 2, {"O": 1, "B-x": 1})


def test_names_that_stand_twice_keep_their_places(tmp_path: Path) -> None:
    (tmp_path / "d.csv").write_text("a,b,a\n1,2,3\n")
    found = profile(DataConfig(path=tmp_path / "d.csv"))
    assert [(column.name, column.place, column.twice) for column in found.columns] == [
        ("a", 1, True), ("b", 2, False), ("a", 3, True),
    ]  # fmt: skip
    assert found.named("a") is None and found.named("b") is not None


def test_large_tables_are_looked_at_in_part(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(profiles, "LEAST_ROWS", 10)
    monkeypatch.setattr(profiles, "MOST_CELLS", 20)
    (tmp_path / "d.jsonl").write_text('{"a": 1, "b": 2}\n' * 9_000)
    found = profile(DataConfig(path=tmp_path / "d.jsonl"))
    assert not found.whole and 10 <= found.rows < 9_000


def test_what_is_no_table_is_refused(tmp_path: Path) -> None:
    (tmp_path / "d.parquet").write_bytes(b"PAR1 nothing")
    with pytest.raises(DataError, match="is damaged"):
        profile(DataConfig(path=tmp_path / "d.parquet"))
    (tmp_path / "d.csv").write_text('a,b\n1,"2\n')
    with pytest.raises(DataError, match="never closed"):
        profile(DataConfig(path=tmp_path / "d.csv"))
