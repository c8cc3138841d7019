"""Tables of a run folder are read through one door, which names the one that is damaged."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from audit.errors import RunFolderError
from audit.store.tables import count_rows, read_table


def test_columns_and_ids(tmp_path: Path) -> None:
    path = tmp_path / "some.parquet"
    pq.write_table(pa.table({"row_id": ["a", "b", "c"], "n": [1, 2, 3], "m": [4, 5, 6]}), path)
    assert read_table(path, ["row_id", "n"], ["c", "a"]).to_pylist() == [
        {"row_id": "a", "n": 1},
        {"row_id": "c", "n": 3},
    ]
    assert count_rows(path) == read_table(path).num_rows == 3


@pytest.mark.parametrize("damage", [b"", b"PAR1", b"PAR1\x00\x00PAR1", b"\x15\x00" * 60])
@pytest.mark.parametrize("read", [read_table, count_rows])
def test_damage_is_told_by_name(tmp_path: Path, damage: bytes, read: object) -> None:
    path = tmp_path / "decisions.parquet"
    path.write_bytes(damage)
    with pytest.raises(RunFolderError, match=r"decisions\.parquet: is damaged"):
        read(path)  # type: ignore[operator]


def test_nobody_reads_a_table_past_the_door() -> None:
    doors = {"tables.py", "decisions.py", "shards.py", "arrow_files.py"}
    for path in (Path(__file__).parents[2] / "audit").rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        assert path.name in doors or not ("pq.read_table" in text or "pq.ParquetFile" in text), path
