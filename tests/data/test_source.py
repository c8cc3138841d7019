from __future__ import annotations

import gzip
import json
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest

from audit.config import DataConfig
from audit.data import source
from audit.data.files import data_format
from audit.data.source import read_batches
from audit.errors import DataError


def read(path: Path, columns: list[str], **keys: object) -> pd.DataFrame:
    batches = read_batches(DataConfig(path=path, **keys), dict.fromkeys(columns, "data.columns.x"))
    # Parts of a folder may differ in type where one of them holds nothing but missing values.
    return pa.concat_tables(batches, promote_options="permissive").to_pandas()


ROWS = pd.DataFrame({"a": ["x", "y", None], "b": [1, 2, 3], "c": [0.5, None, 1.5]})


@pytest.fixture(params=["csv", "tsv", "csv.gz", "jsonl", "parquet", "folder", "datasets"])
def saved(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    kind = request.param
    path = tmp_path / f"rows.{kind}"
    if kind in {"csv", "csv.gz"}:
        ROWS.to_csv(path, index=False)
    elif kind == "tsv":
        ROWS.to_csv(path, index=False, sep="\t")
    elif kind == "jsonl":
        ROWS.to_json(path, orient="records", lines=True)
    elif kind == "parquet":
        ROWS.to_parquet(path)
    elif kind == "folder":
        path.mkdir()
        ROWS.iloc[:2].to_parquet(path / "part-0.parquet")
        ROWS.iloc[2:].to_parquet(path / "part-1.parquet")
    else:
        datasets = pytest.importorskip("datasets")
        datasets.Dataset.from_pandas(ROWS).save_to_disk(path)
    return path


def test_every_format_gives_the_same_rows_in_the_order_asked_for(saved: Path) -> None:
    found = read(saved, ["b", "a"])
    assert list(found.columns) == ["b", "a"]
    assert found["b"].astype(int).tolist() == [1, 2, 3]
    assert found["a"].isna().tolist() == [False, False, True]


def test_missing_column_names_the_file_and_the_nearest(saved: Path) -> None:
    with pytest.raises(DataError, match=r"no column 'bb' \(data\.columns\.x\)\n.*did you mean 'b'") as error:
        read(saved, ["bb"])
    assert str(saved) in str(error.value)


def test_a_column_used_must_occur_once_others_may_repeat(tmp_path: Path) -> None:
    path = tmp_path / "twice.csv"
    path.write_text("a,b,b\n1,2,3\n")
    assert read(path, ["a"])["a"].tolist() == ["1"]
    with pytest.raises(DataError, match=r"'b' occurs more than once \(columns 2 and 3\)\n.*columns .* by number"):
        read(path, ["b"])


def test_ragged_rows_are_refused_with_their_numbers(tmp_path: Path) -> None:
    path = tmp_path / "ragged.csv"
    path.write_text("a,b\n1,2\n3\n4,5\n6,7,8\n")
    with pytest.raises(DataError, match=r"2 ragged rows.*row 2, 4"):
        read(path, ["a"])


def test_cells_may_hold_newlines_and_delimiters(tmp_path: Path) -> None:
    path = tmp_path / "quoted.csv"
    pd.DataFrame({"a": ['one\ntwo, "three"', "x"]}).to_csv(path, index=False)
    assert read(path, ["a"])["a"].tolist() == ['one\ntwo, "three"', "x"]


@pytest.mark.parametrize(
    ("suffix", "body"), [("csv", b"a\nok\ncaf\xe9\n"), ("jsonl", b'{"a": "ok"}\n{"a": "caf\xe9"}\n')]
)
def test_text_in_another_encoding_names_the_line(tmp_path: Path, suffix: str, body: bytes) -> None:
    path = tmp_path / f"latin.{suffix}"
    path.write_bytes(body)
    with pytest.raises(DataError, match=r"line \d is not utf-8.*\n.*latin-1"):
        read(path, ["a"])
    assert read(path, ["a"], encoding="latin-1")["a"].tolist() == ["ok", "café"]


def test_a_byte_order_mark_is_no_part_of_the_first_name(tmp_path: Path) -> None:
    path = tmp_path / "bom.csv"
    path.write_bytes(b"\xef\xbb\xbfa,b\n1,2\n")
    assert read(path, ["a"])["a"].tolist() == ["1"]


def test_only_the_configured_texts_are_missing(tmp_path: Path) -> None:
    path = tmp_path / "null.csv"
    path.write_text("a,b\nNull,1\nNA,2\n,3\n")
    assert read(path, ["a", "b"])["a"].tolist()[:2] == ["Null", "NA"]
    assert read(path, ["a"], missing_values=("", "NA"))["a"].isna().tolist() == [False, True, True]


def test_bad_json_names_the_line(tmp_path: Path) -> None:
    path = tmp_path / "bad.jsonl"
    path.write_text('{"a": 1}\n\n{"a": \n')
    with pytest.raises(DataError, match="line 3: is not JSON"):
        read(path, ["a"])
    path.write_text("[1]\n")
    with pytest.raises(DataError, match="row 1: is not a JSON object"):
        read(path, ["a"])


def test_mixed_json_types_become_text(tmp_path: Path) -> None:
    path = tmp_path / "mixed.jsonl"
    path.write_text("\n".join(json.dumps({"a": value}) for value in (1, "x", None, True)))
    assert read(path, ["a"])["a"].tolist()[:2] == ["1", "x"]


def test_batches_are_streamed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "many.jsonl"
    path.write_text("\n".join(json.dumps({"a": i}) for i in range(10)))
    monkeypatch.setattr(source, "BATCH_ROWS", 4)
    sizes = [batch.num_rows for batch in read_batches(DataConfig(path=path), {"a": "data.where"})]
    assert sizes == [4, 4, 2]


def test_a_split_must_be_named_and_class_labels_get_their_names(tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets")
    features = datasets.Features({"y": datasets.ClassLabel(names=["neg", "pos"])})
    rows = datasets.Dataset.from_dict({"y": [1, 0, -1]}, features=features)
    datasets.DatasetDict({"test": rows}).save_to_disk(tmp_path / "splits")
    with pytest.raises(DataError, match=r"splits 'test'"):
        read(tmp_path / "splits", ["y"])
    assert read(tmp_path / "splits" / "test", ["y"])["y"].tolist()[:2] == ["pos", "neg"]


def test_format_is_inferred_or_asked_for(tmp_path: Path) -> None:
    odd = tmp_path / "rows.data"
    odd.write_text("a\n1\n")
    with pytest.raises(DataError, match=r"set data.format"):
        data_format(DataConfig(path=odd))
    assert read(odd, ["a"], format="csv")["a"].tolist() == ["1"]
    with pytest.raises(DataError, match="no such file"):
        data_format(DataConfig(path=tmp_path / "none.csv"))
    with gzip.open(tmp_path / "z.jsonl.gz", "wt") as stream:
        stream.write('{"a": 1}\n')
    assert data_format(DataConfig(path=tmp_path / "z.jsonl.gz")) == "jsonl"


def test_a_file_that_is_not_parquet(tmp_path: Path) -> None:
    path = tmp_path / "no.parquet"
    path.write_text("hello")
    with pytest.raises(DataError, match="is damaged, or is not Parquet"):
        read(path, ["a"])
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match="no CSV, JSONL or Parquet file"):
        read(tmp_path / "empty", ["a"])


def test_a_name_that_tells_no_format_is_told_what_to_set(tmp_path: Path) -> None:
    (tmp_path / "export.txt").write_text("a\tb\n1\t2\n")
    with pytest.raises(DataError, match=r"cannot tell the format from the name\n.*set data\.format to csv \(also"):
        read(tmp_path / "export.txt", ["a"])
