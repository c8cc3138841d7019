"""Where data lie: what a path may be, what it is called, and which secrets it may not hold."""

from __future__ import annotations

from pathlib import Path, PureWindowsPath

import pytest

from audit.config import DataConfig, parse_config
from audit.config.place import DataPath, is_pattern, split_pattern
from audit.errors import ConfigError


@pytest.mark.parametrize("given", ["rows.csv", ["a.csv", "more/b-*.csv"], "s3://bucket/rows/*.parquet"])
def test_a_path_is_written_as_it_was_given(given: object) -> None:
    assert DataConfig.model_validate({"path": given}).model_dump(mode="json")["path"] == given


def test_relative_paths_start_at_the_folder_of_the_file_and_addresses_nowhere(tmp_path: Path) -> None:
    plain = {"data": {"path": ["a.csv", "/b.csv", "gs://bucket/c.csv"], "columns": {"prediction": "p"}}}
    config = parse_config(plain | {"attributes": ["g"]}, base=tmp_path)
    assert config.data.path.entries == (str(tmp_path / "a.csv"), "/b.csv", "gs://bucket/c.csv")
    assert config.data.path.portable().entries == ("a.csv", "b.csv", "gs://bucket/c.csv")


@pytest.mark.parametrize(
    ("given", "name", "stem"),
    [
        ("x/rows.csv", "rows.csv", "rows"),
        ("s3://bucket/x/rows.parquet?region=eu", "rows.parquet", "rows"),
        ("s3://bucket", "bucket", "bucket"),
        (["x/a.csv", "b.csv"], "a.csv, b.csv", "a.csv, b.csv"),
        ([f"{i}.csv" for i in range(9)], "0.csv, 1.csv, 2.csv +6", "0.csv, 1.csv, 2.csv +6"),
    ],
)
def test_names(given: object, name: str, stem: str) -> None:
    path = DataPath.of(given)
    assert (path.name, path.stem) == (name, stem)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ([], "names no file"),
        ("", "name a file"),
        (7, "name a file"),
        (["a.csv", "a.csv"], "named twice"),
        ("s3://KEY:SECRET@bucket/rows", "credentials come from the environment"),
        ("s3://KEY@bucket/rows", "credentials come from the environment"),
        ("gs://KEY@bucket/rows", "credentials come from the environment"),
        ("s3://anonymous@bucket/rows", "credentials come from the environment"),
        ("gs://anonymous:SECRET@bucket/rows", "credentials come from the environment"),
        ("sftp://me:word@host/rows", "credentials come from the environment"),
        ("s3://bucket/rows?access_key=KEY", r"'access_key' behind its question mark"),
        ("https://host/rows.csv?X-Amz-Signature=abc", "behind its question mark"),
    ],
)
def test_what_is_no_path_or_holds_a_secret_is_refused(given: object, said: str) -> None:
    with pytest.raises(ConfigError, match=said) as error:
        parse_config({"data": {"path": given, "columns": {"prediction": "p"}}, "attributes": ["g"]})
    assert "SECRET" not in str(error.value)


def test_an_address_may_say_where_a_store_is() -> None:
    text = "s3://bucket/rows?region=eu-north-1&endpoint_override=localhost:9000&scheme=http"
    assert DataPath.of(text).plain() == text
    assert DataPath.of("gs://anonymous@bucket/rows.csv").name == "rows.csv"
    assert DataPath.of("abfs://container@account/rows").stored
    assert DataPath.of("file:///x/a%20b.csv").entries == ("/x/a b.csv",)


def test_a_file_that_is_called_like_a_pattern_is_that_file(tmp_path: Path) -> None:
    (tmp_path / "rows[1].csv").touch()
    assert not is_pattern(str(tmp_path / "rows[1].csv"))
    assert is_pattern(str(tmp_path / "rows[2].csv"))


@pytest.mark.parametrize(
    ("pattern", "fixed", "sought"),
    [
        ("x/y/*.csv", "x/y/", "*.csv"),
        ("x/y*/z.csv", "x/", "y*/z.csv"),
        ("*.csv", ".", "*.csv"),
        ("s3://b/x/*/y", "s3://b/x/", "*/y"),
        ("s3://b*", "s3://", "b*"),
    ],
)
def test_the_folder_above_the_first_wildcard(pattern: str, fixed: str, sought: str) -> None:
    assert split_pattern(pattern) == (fixed, sought)


def test_a_pattern_as_windows_writes_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("audit.config.place.PurePath", PureWindowsPath)
    assert split_pattern("C:\\rows\\2026-*\\part-?.csv") == ("C:/rows/", "2026-*/part-?.csv")


def test_folders_that_paths_in_cells_start_at(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    for given, folder in (
        ([tmp_path / "a"], tmp_path / "a"),
        ([tmp_path / "a" / "rows.csv"], tmp_path / "a"),
        ([tmp_path / "a" / "*.csv"], tmp_path / "a"),
        ([tmp_path / "a", tmp_path / "b" / "rows.csv"], tmp_path),
    ):
        assert Path(DataPath.of(given).folder) == folder
