from __future__ import annotations

import os
from pathlib import Path

import pyarrow as pa
import pytest

from audit.store.files import replacing, sha256, write_text
from audit.store.shards import Shards


def test_a_failed_write_leaves_the_old_file_and_no_other(tmp_path: Path) -> None:
    path = tmp_path / "file.txt"
    write_text(path, "old")
    with pytest.raises(ZeroDivisionError), replacing(path) as stream:
        stream.write(b"half")
        raise ZeroDivisionError
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_no_link_is_followed(tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.write_text("keep me")
    (tmp_path / "run").mkdir()
    for name in ("result.json", ".result.json.partial"):
        (tmp_path / "run" / name).symlink_to(precious)
    write_text(tmp_path / "run" / "result.json", "new")
    assert precious.read_text() == "keep me"
    assert not (tmp_path / "run" / "result.json").is_symlink()
    assert (tmp_path / "run" / "result.json").read_text() == "new"


def test_an_unfinished_file_has_a_name_that_nobody_can_plant(tmp_path: Path) -> None:
    names = set()
    for _ in range(3):
        with replacing(tmp_path / "file") as stream:
            names.add(next(path.name for path in tmp_path.iterdir() if path.name != "file"))
            stream.write(b"x")
    assert len(names) == 3


def test_a_name_as_long_as_the_disk_allows_can_be_written(tmp_path: Path) -> None:
    write_text(tmp_path / ("n" * 255), "x")
    assert (tmp_path / ("n" * 255)).read_text() == "x"


def test_files_get_the_rights_that_the_umask_gives(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        write_text(tmp_path / "file", "x")
    finally:
        os.umask(before)
    assert (tmp_path / "file").stat().st_mode & 0o777 == 0o640


def test_newlines_stay(tmp_path: Path) -> None:
    write_text(tmp_path / "a", "x\ny\r\n")
    assert (tmp_path / "a").read_bytes() == b"x\ny\r\n"


def test_hash_of_a_folder_sees_names_and_bytes(tmp_path: Path) -> None:
    for name, body in (("a", "1"), ("b", "2")):
        write_text(tmp_path / "x" / name, body)
        write_text(tmp_path / "y" / name, body)
    assert sha256(tmp_path / "x") == sha256(tmp_path / "y")
    (tmp_path / "y" / "b").rename(tmp_path / "y" / "c")
    assert sha256(tmp_path / "x") != sha256(tmp_path / "y")


def test_parts_join_in_order_and_their_counters_add_up(tmp_path: Path) -> None:
    shards = Shards(tmp_path / "stage")
    schema = pa.schema([("n", pa.int64())])
    for number in (1, 0):
        assert not shards.done(number)
        shards.write(number, pa.table({"n": [number]}, schema=schema), {"calls": 2, "tokens": number})
        assert shards.done(number)
    shards.join(tmp_path / "all.parquet", schema)
    assert pa.parquet.read_table(tmp_path / "all.parquet")["n"].to_pylist() == [0, 1]
    assert shards.counters() == {"calls": 4, "tokens": 1}
    assert Shards(tmp_path / "none").counters() == {}


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
@pytest.mark.parametrize("linked", [False, True])
def test_what_is_no_file_is_left_alone(tmp_path: Path, linked: bool) -> None:
    pipe = path = tmp_path / "pipe"
    os.mkfifo(pipe)
    if linked:
        path = tmp_path / "link"
        path.symlink_to(pipe)
    with pytest.raises(OSError, match="Is a device or a pipe, and no file"):
        write_text(path, "new")
    assert pipe.is_fifo()
    assert sorted(tmp_path.iterdir()) == sorted({pipe, path})
