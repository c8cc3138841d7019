"""Columns of pictures: paths below the folder of the data, contents, and structs of both; and what is hashed."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from audit.config import AuditConfig, parse_config
from audit.config.place import DataPath
from audit.data.examples import Image, examples_of
from audit.data.image_files import ImageFiles, hash_data
from audit.data.rows import RowReader
from audit.data.survey import survey
from audit.errors import DataError

Write = Callable[..., AuditConfig]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """A table of pictures in Parquet, with files `a.png`, `b.png`, … beside it."""

    def make(cells: Any, name: str = "rows.parquet", **files: bytes) -> AuditConfig:
        for file, content in files.items():
            (tmp_path / f"{file}.png").write_bytes(content)
        column = cells if isinstance(cells, pa.Array) else pa.array(cells)
        n = len(column)
        table = pa.table({"picture": column, "y": ["x", "z"] * (n // 2) + ["x"] * (n % 2), "g": ["a"] * n})
        (tmp_path / name).parent.mkdir(exist_ok=True)
        pq.write_table(table, tmp_path / name)
        return parse_config(
            {
                "model": {"path": "model"},
                "data": {"path": name, "columns": {"image": "picture", "label": "y"}, "positive_label": "x"},
                "attributes": ["g"],
            },
            base=tmp_path,
        )

    return make


def read(config: AuditConfig) -> list[Any]:
    return [example for batch in RowReader(config) for example in examples_of(batch)]


def test_paths_start_at_the_folder_of_the_data(write: Write, tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    config = write(["a.png", " b .png", "sub/c.png", None, ""])
    names = ["a.png", " b .png", "sub/c.png"]
    assert read(config) == [*(Image(path=tmp_path / name) for name in names), Image(), Image()]


def test_of_a_folder_of_tables_paths_start_there(write: Write, tmp_path: Path) -> None:
    config = write(["a.png", "b.png"], "tables/part-0.parquet")
    config = config.model_copy(
        update={"data": config.data.model_copy(update={"path": DataPath.of(tmp_path / "tables")})}
    )
    assert read(config) == [Image(path=tmp_path / "tables" / name) for name in ("a.png", "b.png")]


@pytest.mark.parametrize("kind", [pa.binary(), pa.large_binary(), pa.binary(3)])
def test_contents(write: Write, kind: pa.DataType) -> None:
    assert read(write(pa.array([b"one", b"two", None], kind))) == [Image(b"one"), Image(b"two"), Image()]


def test_structs_as_datasets_writes_them(write: Write, tmp_path: Path) -> None:
    kind = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
    cells = [{"bytes": b"one", "path": "/elsewhere/x.png"}, {"bytes": None, "path": "a.png"}, None]
    # Beside content, a path is a name that nobody opens.
    assert read(write(pa.array(cells, kind))) == [Image(b"one"), Image(path=tmp_path / "a.png"), Image()]


def test_csv_and_a_saved_dataset(write: Write, tmp_path: Path) -> None:
    config = write(["a.png", "b.png"])
    (tmp_path / "rows.csv").write_text("picture,y,g\na.png,x,a\nb.png,z,a\n")
    of_csv = config.model_copy(
        update={"data": config.data.model_copy(update={"path": DataPath.of(tmp_path / "rows.csv")})}
    )
    assert read(of_csv) == read(config)
    datasets = pytest.importorskip("datasets")
    import PIL.Image

    rows = {"picture": [PIL.Image.new("RGB", (2, 2))] * 2, "y": ["x", "z"], "g": ["a", "a"]}
    datasets.disable_progress_bars()
    datasets.Dataset.from_dict(rows).cast_column("picture", datasets.Image()).save_to_disk(str(tmp_path / "saved"))
    saved = config.model_copy(update={"data": config.data.model_copy(update={"path": DataPath.of(tmp_path / "saved")})})
    assert [example.data[:4] for example in read(saved)] == [b"\x89PNG"] * 2


@pytest.mark.parametrize(
    ("cells", "problem"),
    [
        (["a.png", "/etc/passwd"], "column 'picture', row 2: '/etc/passwd' is an absolute path"),
        (["a.png", "../a.png"], "row 2: '../a.png' leads out of the folder"),
        (["sub/../../a.png", "a.png"], "row 1: 'sub/../../a.png' leads out of the folder"),
        (["a.png", "a\0.png"], "row 2: .* it holds a zero byte"),
        ([1, 2], "column 'picture', row 1 holds int64, which is no picture"),
        ([{"width": 3}] * 2, "which is no picture"),
        ([[b"x"]] * 2, "which is no picture"),
    ],
)
def test_what_is_no_picture_is_one_error(write: Write, cells: Any, problem: str) -> None:
    with pytest.raises(DataError, match=problem):
        read(write(cells))


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("gone.png", "column 'picture', row 2: 'gone.png': no such file"),
        ("http://example.com/a.png", "no such file"),
        ("a.png/b", "no such file"),
        ("folder", "'folder': is a folder, not a file"),
        ("pipe", "'pipe': is a named pipe, not a file"),
        ("link.png", "is a link out of the folder of the data"),
        ("x" * 300, "cannot be looked at"),
    ],
)
def test_what_is_no_file_is_one_error(write: Write, tmp_path: Path, name: str, problem: str) -> None:
    config = write(["a.png", name], "in/rows.parquet")
    folder, outside = tmp_path / "in", tmp_path / "outside.png"
    (folder / "a.png").write_bytes(b"a")
    (folder / "folder").mkdir()
    os.mkfifo(folder / "pipe")
    outside.write_bytes(b"x")
    (folder / "link.png").symlink_to(outside)
    with pytest.raises(DataError, match=problem):
        survey(config)


def test_names_may_be_anything(write: Write, tmp_path: Path) -> None:
    names = ["<script>alert(1)</script>.png", "a\nb.png", "-rf.png", "ж 图.png", "'; drop.png"]
    for name in names:
        (tmp_path / name.replace("/script", "\u2044script")).parent.mkdir(exist_ok=True, parents=True)
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(name.encode())
    assert survey(write(names)).rows_kept == len(names)


def test_the_hash_is_over_the_files_that_are_named(write: Write, tmp_path: Path) -> None:
    config = write(["a.png", "b.png", "a.png"], a=b"one", b=b"two", other=b"three")
    found = survey(config).sha256
    assert hash_data(config) == found
    (tmp_path / "other.png").write_bytes(b"changed")
    assert survey(config).sha256 == found
    (tmp_path / "b.png").write_bytes(b"changed")
    assert survey(config).sha256 != found
    assert survey(write(pa.array([b"one", b"two"]))).sha256 != found


def test_a_file_that_changed_after_it_was_hashed_is_an_error(write: Write, tmp_path: Path) -> None:
    config = write(["a.png", "b.png"], a=b"one", b=b"two")
    files = ImageFiles(config.data)
    (rows,) = list(RowReader(config))
    files.take(rows)
    files.check(rows)
    files.check()
    (tmp_path / "b.png").write_bytes(b"other")
    with pytest.raises(DataError, match=r"row 2: 'b\.png' is no longer the file that was hashed"):
        files.check(rows)
    (tmp_path / "b.png").unlink()
    with pytest.raises(DataError, match=r"'b\.png' is no longer"):
        files.check()
