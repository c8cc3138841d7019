"""A table that is cut into files of any size, format, packing and place says the same as the one file."""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import fsspec
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import audit
from audit.config import AuditConfig, parse_config
from audit.data.rows import RowReader
from audit.data.survey import survey
from audit.errors import DataError
from audit.store.runfolder import RunFolder
from audit.store.tables import read_table

PACKINGS = {
    "": lambda body: body,
    ".gz": gzip.compress,
    ".bz2": bz2.compress,
    ".xz": lzma.compress,
    ".zst": lambda body: pa.compress(body, "zstd", asbytes=True),
    ".lz4": lambda body: packed(body, "lz4"),
}
ROWS = pd.DataFrame(
    {
        "id": [f"r{i}" for i in range(24)],
        "y": [i * 7 % 3 % 2 for i in range(24)],
        "p": [i * 5 % 4 % 2 for i in range(24)],
        "s": [(i * 37 % 24) / 24 for i in range(24)],
        "g": ["å", "b, c", 'd "e"', ""] * 6,
        "c": [i // 3 for i in range(24)],
    }
)
COLUMNS = {"id": "id", "label": "y", "prediction": "p", "score": "s", "cluster": "c"}


def packed(body: bytes, codec: str) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.CompressedOutputStream(sink, codec) as stream:
        stream.write(body)
    return sink.getvalue().to_pybytes()


def written(frame: pd.DataFrame, kind: str, packing: str) -> tuple[str, bytes]:
    """Suffix and content of a file."""
    if kind == "parquet":
        sink = pa.BufferOutputStream()
        pq.write_table(pa.Table.from_pandas(frame, preserve_index=False), sink)
        return ".parquet", sink.getvalue().to_pybytes()
    if kind == "csv":
        body = frame.to_csv(index=False)
    else:
        body = "".join(json.dumps(row) + "\n" for row in frame.to_dict("records"))
    return f".{kind}{packing}", PACKINGS[packing](body.encode())


def configured(path: Any, **more: Any) -> AuditConfig:
    data = {"path": path, "columns": COLUMNS, "positive_label": 1, **more}
    return parse_config({"data": data, "attributes": ["g"]})


def read(config: AuditConfig) -> list[dict[str, Any]]:
    return pa.concat_tables(RowReader(config)).to_pylist()


@pytest.fixture(autouse=True)
def store() -> Iterator[Any]:
    memory = fsspec.filesystem("memory")
    yield memory
    memory.store.clear()
    memory.pseudo_dirs[:] = [""]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("whole") / "rows.csv"
    ROWS.to_csv(path, index=False)
    return path


@settings(max_examples=60, deadline=None)
@given(
    cuts=st.sets(st.integers(1, 23), max_size=4),
    kind=st.sampled_from(["csv", "jsonl", "parquet"]),
    packings=st.lists(st.sampled_from(sorted(PACKINGS)), min_size=5, max_size=5),
    how=st.sampled_from(["folder", "pattern", "list", "hive"]),
    stored=st.booleans(),
)
def test_any_split_gives_the_same_rows(
    tmp_path_factory: pytest.TempPathFactory,
    whole: Path,
    cuts: set[int],
    kind: str,
    packings: list[str],
    how: str,
    stored: bool,
) -> None:
    memory = fsspec.filesystem("memory")
    memory.store.clear()
    root = tmp_path_factory.mktemp("split")
    ends = [0, *sorted(cuts), len(ROWS)]
    places = []
    for number, (first, last) in enumerate(pairwise(ends)):
        suffix, body = written(ROWS.iloc[first:last], kind, packings[number])
        name = f"part={number}/rows{suffix}" if how == "hive" else f"rows-{number}{suffix}"
        if stored:
            memory.pipe(f"/split/{name}", body)
            places.append(f"memory://split/{name}")
        else:
            (root / name).parent.mkdir(exist_ok=True)
            (root / name).write_bytes(body)
            places.append(str(root / name))
    base = "memory://split" if stored else str(root)
    path = {"folder": base, "hive": base, "pattern": f"{base}/rows-*", "list": places}[how]
    config = configured(path)
    assert read(config) == read(configured(str(whole)))
    found, one = survey(config), survey(configured(str(whole)))
    assert found.files == len(places)
    assert (found.rows_read, found.clusters, found.groups) == (one.rows_read, one.clusters, one.groups)
    assert (found.labels, found.predictions) == (one.labels, one.predictions)


def test_an_audit_of_many_files_finds_what_that_of_one_does(tmp_path: Path, whole: Path, store: Any) -> None:
    for number, kind in enumerate((".csv", ".csv.gz", ".csv.xz")):
        suffix, body = written(ROWS.iloc[8 * number : 8 * number + 8], "csv", kind.removeprefix(".csv"))
        store.pipe(f"/rows/{number}{suffix}", body)
    results, decisions = [], []
    for name, path in (("one", str(whole)), ("many", "memory://rows")):
        plain = {"data": {"path": path, "columns": COLUMNS, "positive_label": 1}, "attributes": ["g"]}
        results.append(audit.run(plain | {"output": {"folder": str(tmp_path / name), "title": "rows"}}))
        decisions.append(read_table(RunFolder(tmp_path / name).decisions))
    assert decisions[0] == decisions[1]
    assert results[0].data.rows_sha256 == results[1].data.rows_sha256
    assert results[0].disparities == results[1].disparities
    assert [result.data.files for result in results] == [1, 3]
    assert "<dt>Files</dt><dd>3</dd>" in (tmp_path / "many" / "report.html").read_text()
    assert "<dt>Files</dt>" not in (tmp_path / "one" / "report.html").read_text()


@pytest.mark.parametrize(
    ("column", "cell", "said"),
    [
        ("s", "x", "column 's', row 2: 'x' is not a number"),
        ("s", "7", "column 's', row 2: 7.0 is not a probability"),
        ("p", "", "column 'p', row 2: no prediction"),
        ("id", "", "column 'id', row 2: the id is empty"),
        ("g", "(missing)", r"column 'g', row 2: the cell says"),
    ],
)
def test_an_error_names_the_file_and_the_row_in_it(tmp_path: Path, column: str, cell: str, said: str) -> None:
    for number in range(3):
        part = ROWS.iloc[8 * number : 8 * number + 8].astype(str)
        if number == 1:
            part.iloc[1, list(ROWS).index(column)] = cell
        part.to_csv(tmp_path / f"{number}.csv", index=False)
    with pytest.raises(DataError, match=rf"1\.csv: {said}"):
        survey(configured(str(tmp_path)))


def test_rows_that_where_drops_count_in_the_numbers_of_an_error(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("id,y,p,s,g,c\na,1,1,.5,x,1\nb,1,1,.5,y,1\n")
    (tmp_path / "b.csv").write_text("id,y,p,s,g,c\nc,1,1,.5,x,1\nd,1,1,.5,y,1\ne,1,1,nine,y,1\n")
    with pytest.raises(DataError, match=r"b\.csv: column 's', row 3: 'nine'"):
        survey(configured(str(tmp_path), where={"g": "y"}))


def test_an_id_in_two_files_is_told_with_both(tmp_path: Path) -> None:
    ROWS.iloc[:5].to_csv(tmp_path / "a.csv", index=False)
    ROWS.iloc[4:].to_csv(tmp_path / "b.csv", index=False)
    with pytest.raises(DataError, match=r"1 ids occur .* 'r4' in row 5 of .*a\.csv, row 1 of .*b\.csv"):
        survey(configured(str(tmp_path)))


def test_a_row_of_numbers_is_that_of_the_table(tmp_path: Path) -> None:
    ROWS.iloc[:5].to_csv(tmp_path / "a.csv", index=False)
    ROWS.iloc[5:].to_csv(tmp_path / "b.csv", index=False)
    assert [row["row"] for row in read(configured(str(tmp_path)))] == list(range(1, 25))


@pytest.mark.parametrize("packing", [".gz", ".bz2", ".xz", ".zst", ".lz4"])
def test_what_was_packed_and_cut_short_is_refused(tmp_path: Path, packing: str) -> None:
    body = PACKINGS[packing](ROWS.to_csv(index=False).encode() * 50)
    path = tmp_path / f"rows.csv{packing}"
    path.write_bytes(body[: len(body) // 2])
    with pytest.raises(DataError, match=r"rows\.csv"):
        survey(configured(str(path)))
    path.write_bytes(b"id,y\n1,2\n")
    with pytest.raises(DataError, match="is not packed as its name says"):
        survey(configured(str(path)))
