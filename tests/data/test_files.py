"""Which files make a table, what their folders say, and what is refused before it is opened."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest

from audit.config import DataConfig
from audit.data.files import data_format, hash_files, table_files
from audit.errors import DataError
from tests.data.reading import rows, table


@pytest.fixture
def hive(tmp_path: Path) -> Path:
    root = tmp_path / "hive"
    for country, part in (("NO", [1, 2]), ("__HIVE_DEFAULT_PARTITION__", [3]), ("C%C3%B4te d'Ivoire", [4])):
        folder = root / f"country={country}" / "year=2024"
        folder.mkdir(parents=True)
        pq.write_table(table([{"id": i} for i in part]), folder / "part-0.parquet")
    (root / "_SUCCESS").touch()
    (root / ".part.crc").touch()
    return root


def test_names_of_folders_become_columns_of_text(hive: Path) -> None:
    found = rows(hive, "id", "country", "year")
    assert found == [(4, "Côte d'Ivoire", "2024"), (1, "NO", "2024"), (2, "NO", "2024"), (3, None, "2024")]
    assert rows(hive / "country=NO", "id", "year") == [(1, "2024"), (2, "2024")]
    with pytest.raises(DataError, match=r"no column 'country'"):
        rows(hive / "country=NO", "country")


def test_the_hash_covers_the_names_of_folders(hive: Path) -> None:
    before = hash_files(DataConfig(path=hive))
    (hive / "country=NO").rename(hive / "country=SE")
    assert hash_files(DataConfig(path=hive)) != before


def test_a_column_in_file_and_folder_is_refused(hive: Path) -> None:
    pq.write_table(table([{"id": 1, "year": 2023}]), hive / "country=NO" / "year=2024" / "part-0.parquet")
    with pytest.raises(DataError, match=r"'year' .*name of its folder"):
        rows(hive, "id", "year")
    assert rows(hive / "country=NO" / "year=2024", "year") == [(2023,)]


def test_folders_of_other_keys_are_refused(hive: Path) -> None:
    pq.write_table(table([{"id": 9}]), hive / "stray.parquet")
    with pytest.raises(DataError, match=r"keys 'country', 'year'.*none|none.*keys"):
        rows(hive, "id")


@pytest.mark.parametrize("suffix", ["csv", "csv.gz", "jsonl", "parquet"])
def test_a_folder_is_one_table_in_the_order_of_its_paths(tmp_path: Path, suffix: str) -> None:
    for name, values in (("b", [3]), ("a", [1, 2]), ("sub/c", [4])):
        path = tmp_path / f"{name}.{suffix}"
        path.parent.mkdir(exist_ok=True)
        frame = pd.DataFrame({"id": values})
        if suffix == "parquet":
            frame.to_parquet(path)
        elif suffix == "jsonl":
            frame.to_json(path, orient="records", lines=True)
        else:
            frame.to_csv(path, index=False)
    (tmp_path / "README.md").write_text("about")
    (tmp_path / "dataset_infos.json").write_text("{}")
    assert [int(str(i)) for (i,) in rows(tmp_path, "id")] == [1, 2, 3, 4]


def test_a_folder_of_several_formats_or_none(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no CSV, JSONL or Parquet file"):
        data_format(DataConfig(path=tmp_path))
    (tmp_path / "a.csv").write_text("id\n1\n")
    (tmp_path / "b.jsonl").write_text('{"id": 2}\n')
    with pytest.raises(DataError, match=r"formats 'csv', 'jsonl'(.|\n)*data.format"):
        data_format(DataConfig(path=tmp_path))
    assert rows(tmp_path, "id", format="jsonl") == [("2",)]
    with pytest.raises(DataError, match="no parquet file"):
        rows(tmp_path, "id", format="parquet")


def test_a_folder_that_is_named_like_a_file(tmp_path: Path) -> None:
    folder = tmp_path / "rows.csv"
    folder.mkdir()
    with pytest.raises(DataError, match="in this folder"):
        rows(folder, "id")
    (folder / "part-0.csv").write_text("id\n1\n")
    assert rows(folder, "id") == [("1",)]


@pytest.mark.parametrize("inside", [False, True])
def test_a_pipe_is_refused_rather_than_waited_for(tmp_path: Path, inside: bool) -> None:
    os.mkfifo(tmp_path / "rows.csv")
    path = tmp_path if inside else tmp_path / "rows.csv"
    for read in (table_files, hash_files):
        with pytest.raises(DataError, match="is a named pipe"):
            read(DataConfig(path=path))


def test_devices_and_sockets_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="is a device"):
        rows(Path("/dev/zero"), "id", format="csv")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "s.csv"))
        with pytest.raises(DataError, match="is a socket"):
            rows(tmp_path / "s.csv", "id")


@pytest.mark.parametrize("name", ["none.csv", "rows.csv/none.csv", "x" * 300, "nul\0.csv"])
def test_what_is_not_there(tmp_path: Path, name: str) -> None:
    (tmp_path / "rows.csv").write_text("id\n1\n")
    with pytest.raises(DataError):
        rows(tmp_path / name, "id")


def test_a_link_that_leads_nowhere(tmp_path: Path) -> None:
    (tmp_path / "rows.csv").symlink_to(tmp_path / "gone.csv")
    with pytest.raises(DataError, match="no such file"):
        rows(tmp_path / "rows.csv", "id")


def test_a_folder_that_may_not_be_read_is_no_empty_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.csv").write_text("id\n1\n")
    (tmp_path / "closed").mkdir()
    scan = os.scandir

    def refuse(path: str) -> object:
        if str(path).endswith("closed"):
            raise PermissionError(13, "Permission denied", str(path))
        return scan(path)

    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(DataError, match="permission denied"):
        rows(tmp_path, "id")
