"""Patterns, lists and addresses: which files they mean, in which order, and what is refused."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import fsspec
import pandas as pd
import pytest

from audit.config import DataConfig
from audit.data.files import hash_files, table_files
from audit.data.patterns import matches
from audit.errors import DataError
from tests.data.reading import rows

TREE = ("b.csv", "a.csv", "sub/c.csv", "sub/deep/d.csv", ".hidden.csv", "_tmp/e.csv", "notes.txt", "day=2/f.csv")


@pytest.fixture(params=["disk", "store"])
def tree(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The same files on this machine and in a store; each holds its name."""
    memory = fsspec.filesystem("memory")
    for name in TREE:
        body = f"id\n{name}\n".encode()
        if request.param == "disk":
            (tmp_path / name).parent.mkdir(exist_ok=True, parents=True)
            (tmp_path / name).write_bytes(body)
        else:
            memory.pipe(f"/tree/{name}", body)
    yield str(tmp_path) if request.param == "disk" else "memory://tree"
    memory.store.clear()
    memory.pseudo_dirs[:] = [""]


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("*.csv", ["a.csv", "b.csv"]),
        ("[b-z].csv", ["b.csv"]),
        ("sub/**/*.csv", ["sub/c.csv", "sub/deep/d.csv"]),
        ("**/[a-d].csv", ["a.csv", "b.csv", "sub/c.csv", "sub/deep/d.csv"]),
        ("sub/**", ["sub/c.csv", "sub/deep/d.csv"]),
        ("s*", ["sub/c.csv", "sub/deep/d.csv"]),
        ("*/d*/*.csv", ["sub/deep/d.csv"]),
        (".h*", [".hidden.csv"]),
        ("_*/*", ["_tmp/e.csv"]),
    ],
)
def test_what_a_pattern_matches(tree: str, pattern: str, found: list[str]) -> None:
    assert [name for (name,) in rows(f"{tree}/{pattern}", "id")] == found


def test_a_list_is_read_in_its_order(tree: str) -> None:
    given = [f"{tree}/sub", f"{tree}/b.csv", f"{tree}/a*"]
    assert [name for (name,) in rows(given, "id")] == ["sub/c.csv", "sub/deep/d.csv", "b.csv", "a.csv"]
    same, other = (DataConfig.model_validate({"path": paths}) for paths in (given, given[::-1]))
    assert hash_files(same) != hash_files(other)


def test_folders_below_a_pattern_are_columns(tree: str) -> None:
    assert rows(f"{tree}/day=*/*.csv", "id", "day") == [("day=2/f.csv", "2")]
    assert rows(f"{tree}/d*", "id", "day") == [("day=2/f.csv", "2")]
    with pytest.raises(DataError, match="no column 'day'"):
        rows(f"{tree}/day=2/*.csv", "day")


def test_a_format_that_is_set_holds_for_all_that_a_pattern_matches(tree: str) -> None:
    with pytest.raises(DataError, match="matches no CSV, JSONL or Parquet file"):
        rows(f"{tree}/*.txt", "id")
    assert rows(f"{tree}/*.txt", "id", format="csv") == [("notes.txt",)]
    with pytest.raises(DataError, match="matches no parquet file"):
        rows(f"{tree}/none*", "id", format="parquet")


def test_a_file_that_two_entries_mean_is_refused(tree: str) -> None:
    with pytest.raises(DataError, match=r"b\.csv: is named twice"):
        rows([f"{tree}/b.csv", f"{tree}/*.csv"], "id")


def test_what_is_not_there(tree: str) -> None:
    for path in (f"{tree}/none.csv", f"{tree}/none/*.csv"):
        with pytest.raises(DataError, match=r"no such file|matches no"):
            rows(path, "id")


def test_the_hash_is_that_of_the_files_wherever_they_lie(tmp_path: Path) -> None:
    memory = fsspec.filesystem("memory")
    for name in ("a.csv", "x/b.csv"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("id\n1\n")
        memory.pipe(f"/same/{name}", b"id\n1\n")
    pairs = [(str(tmp_path), "memory://same"), (f"{tmp_path}/*", "memory://same/*")]
    pairs += [(f"{tmp_path}/a.csv", "memory://same/a.csv")]
    for disk, store in pairs:
        assert hash_files(DataConfig(path=disk)) == hash_files(DataConfig(path=store))
    memory.store.clear()


def test_formats_of_one_table_are_one(tmp_path: Path) -> None:
    pd.DataFrame({"id": [1]}).to_csv(tmp_path / "a.csv", index=False)
    pd.DataFrame({"id": [2]}).to_parquet(tmp_path / "b.parquet")
    with pytest.raises(DataError, match="formats 'csv', 'parquet'"):
        table_files(DataConfig.model_validate({"path": [str(tmp_path / "a.csv"), str(tmp_path / "b.parquet")]}))


def test_a_name_that_ends_in_a_folder_of_hidden_files() -> None:
    assert matches("a/b.csv", "a")
    assert not matches("a/.b.csv", "a")
    assert not matches("a/_x/b.csv", "**")
    assert matches("a.csv", "**/a.csv")


def test_a_scheme_without_a_driver() -> None:
    with pytest.raises(DataError, match=r"no driver knows carrier://"):
        rows("carrier://pigeon/rows.csv", "id")
    fsspec.register_implementation("absent", "no_such_package.Files", errtxt="Install no_such_package", clobber=True)
    with pytest.raises(DataError, match=r"needs a driver for absent://.*Install no_such_package"):
        rows("absent://host/rows.csv", "id")
